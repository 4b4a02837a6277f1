#!/usr/bin/env bash
# Installs what the tests need beside Go: a C compiler for the race detector,
# Redis, and the programs that the tests of test/clients connect with.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup-apt.sh gcc libc6-dev redis-server python3-websockets chromium
scripts/setup-node.sh
scripts/npm-ci.sh test/clients
