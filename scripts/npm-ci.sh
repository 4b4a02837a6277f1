#!/usr/bin/env bash
# Installs the npm packages that a folder's lock file names, unless they are
# there already.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/bin/node/bin:$PATH"
cd "$1"

if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --no-fund --no-audit
  cp package-lock.json node_modules/.installed
fi
