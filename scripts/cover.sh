#!/usr/bin/env bash
# Measures the statement coverage of the root package by its own tests, and
# fails below the given percentage.
set -euo pipefail
cd "$(dirname "$0")/.."
floor=$1

mkdir -p bin
go test -coverprofile bin/cover.out .
go tool cover -html bin/cover.out -o bin/cover.html
total=$(go tool cover -func bin/cover.out | awk '$1 == "total:" { sub("%", "", $3); print $3 }')
echo "root package: $total % of statements covered (bin/cover.html shows which)"
awk -v total="$total" -v floor="$floor" 'BEGIN { exit !(total >= floor) }' || {
  echo "less than $floor %" >&2
  exit 1
}
