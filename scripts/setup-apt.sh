#!/usr/bin/env bash
# Installs the named Debian packages that are missing.
set -euo pipefail

missing=()
for package in "$@"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [[ $status == 'install ok installed' ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null; then
  echo "these Debian packages are needed, and there is no apt-get to install them: ${missing[*]}" >&2
  exit 1
fi

echo "installing with apt-get: ${missing[*]}"
root=()
((EUID == 0)) || root=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get update -qq
"${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
