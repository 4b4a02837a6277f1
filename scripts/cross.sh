#!/usr/bin/env bash
# Compiles every package and its tests for systems other than this one, and
# runs the tests of frames and messages where an int has 32 bits.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0

for system in linux/arm64 darwin/arm64 windows/amd64; do
  echo "== $system"
  GOOS=${system%/*} GOARCH=${system#*/} go vet "$@"
done
echo '== linux/386'
GOOS=linux GOARCH=386 go test ./internal/wire ./protocol
