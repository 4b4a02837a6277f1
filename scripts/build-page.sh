#!/usr/bin/env bash
# Bundles the web page into web/dist, from where the build tag embedui takes it.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/bin/node/bin:$PATH"

scripts/setup-node.sh
scripts/npm-ci.sh web
npm --prefix web run build
