# Runs a command of a server, unless a fault is set: faulty.sh NAME FAULTS LINK test|reload COMMAND...
# The file FAULTS has lines of three words: a name, what is wrong with which command, and the target of LINK with which all
# is well.
while read -r name fault well; do
  [ "$name" = "$1" ] && break
done < "$2"
link=$3
step=$4
shift 4
if [ "$fault" = test-broken ] && [ "$step" = test ]; then
  echo "something else is wrong" >&2
  exit 7
fi
if [ "$(readlink "$link")" != "$well" ]; then
  case $step-$fault in
    test-test-refuses) echo "this certificate is not for me" >&2; exit 8 ;;
    reload-reload-fails) exit 9 ;;
    reload-reload-hangs) sleep 300 ;;
    reload-reload-lies) exit 0 ;;
    reload-reload-holds) sleep 30 & ;;
  esac
fi
exec "$@"
