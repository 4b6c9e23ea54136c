#!/usr/bin/env bash
# Install the programs the tests start: debian_packages.sh PROGRAM:PACKAGE ... Only root on Debian can; others are told
# by the parts that need a missing program.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
missing=()
for pair in "$@"; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
if [[ ${#missing[@]} -eq 0 || $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
  exit 0
fi
echo "installing ${missing[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
