#!/usr/bin/env bash
# Builds bin/outcry. The web page needs Node; without it the service is built
# all the same.
set -euo pipefail
cd "$(dirname "$0")/.."

tags=()
if scripts/setup-node.sh --check; then
  scripts/build-page.sh
  tags=(-tags embedui)
else
  echo 'Node 20.19 or newer is missing: building without the web page (scripts/setup-node.sh installs it)' >&2
fi

version=$(git describe --tags --always --dirty 2>/dev/null || echo unknown)
go build "${tags[@]}" -ldflags "-X main.version=$version" -o bin/outcry ./cmd/outcry
