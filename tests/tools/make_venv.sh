#!/usr/bin/env bash
# Make a virtual environment: make_venv.sh PYTHON FOLDER. Debian keeps what that takes in a package of its own.
set -euo pipefail
python=$1 folder=$2

if [[ -z $python ]]; then
  echo "No Python 3.10 or newer was found. Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
  else
    echo "$python cannot make a virtual environment: as root, run 'apt-get install python3-venv', then try again." >&2
    exit 1
  fi
fi
"$python" -m venv "$folder"
