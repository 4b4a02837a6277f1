#!/usr/bin/env bash
# Runs each fuzz target of the given packages in turn, for the given duration.
set -euo pipefail
cd "$(dirname "$0")/.."
duration=$1
shift

ran=0
for package in $(go list "$@"); do
  for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
    echo "== $package $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$duration" "$package"
    ran=$((ran + 1))
  done
done
echo "$ran fuzz targets ran for $duration each"
((ran > 0))
