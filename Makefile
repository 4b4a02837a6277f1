# Every target installs what it lacks: on a fresh machine Go and apt are
# enough. Built tools and programs go to bin/, which git ignores.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# A Node of our own, where the machine's is missing or too old.
export PATH := $(CURDIR)/bin/node/bin:$(PATH)

# The tools carry their version in their name, so that raising it in
# tools/go.mod builds them anew.
tool_version = $(shell awk '$$1 == "$(1)" && $$2 ~ /^v/ { print $$2 }' tools/go.mod)
GOLANGCI := bin/golangci-lint-$(call tool_version,github.com/golangci/golangci-lint/v2)
GOTESTSUM := bin/gotestsum-$(call tool_version,gotest.tools/gotestsum)

# Narrow a target to some packages: make test PACKAGES=./httpapi/... The module
# bench, whose dependencies must not reach users, goes with all packages.
PACKAGES ?= ./...
WHOLE := $(filter ./...,$(PACKAGES))

RACE := $(GOTESTSUM) --format pkgname-and-test-fails -- -race -shuffle=on

run: ## Start a service with a demo market on http://localhost:8000/
	scripts/build.sh
	bin/outcry serve --dev --demo

build: ## Build bin/outcry, with its web page where Node is installed
	scripts/build.sh

test: $(GOTESTSUM) ## Run every test, over both transports, with the race detector and the foreign clients
	scripts/setup-tests.sh
	scripts/build-page.sh
	$(RACE) -tags embedui $(PACKAGES)
ifneq ($(WHOLE),)
	OUTCRY_TEST_TRANSPORT=goroutine $(RACE) . ./test/faults
	cd bench && ../$(RACE) ./...
endif
	npm --prefix web test

lint: $(GOLANGCI) ## Check style, imports, types and module files
	$(GOLANGCI) run $(PACKAGES)
	go mod tidy -diff
ifneq ($(WHOLE),)
	cd bench && ../$(GOLANGCI) run --config ../.golangci.yml ./...
	cd bench && go mod tidy -diff
endif
	scripts/setup-apt.sh shellcheck
	shellcheck scripts/*.sh .ci/run
	scripts/setup-node.sh
	scripts/npm-ci.sh web
	npm --prefix web run check
	npm --prefix web run lint
	web/node_modules/.bin/biome check --config-path=web test/clients

cross: ## Compile everything for other systems, and test frames where an int has 32 bits
	scripts/cross.sh $(PACKAGES)

cover: ## Measure the coverage of the root package; below 85 % fails
	scripts/cover.sh 85

bench: ## Compare with other servers, soak for ten minutes, and write docs/performance.md
	go build -C bench -o ../bin/compare .
	bin/compare run -out bin/bench
	bin/compare soak -out bin/bench
	bin/compare report -in bin/bench -docs docs

bench-quick: ## Run each benchmark and each comparison briefly, to see that it works
	go test -run '^$$' -bench . -benchtime 50ms $(PACKAGES)
	go build -C bench -o ../bin/compare .
	bin/compare run -quick -out bin/bench-quick

fuzz: DURATION ?= 30s
fuzz: ## Run each fuzz target in turn: make fuzz DURATION=30s
	scripts/fuzz.sh $(DURATION) $(PACKAGES)

soak: DURATION ?= 10m
soak: ## Check every delivery under load for a while: make soak DURATION=24h
	go run ./test/soak -duration $(DURATION)

clean: ## Remove everything that was built or downloaded into the tree
	rm -rf bin web/dist web/node_modules test/clients/node_modules

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(GOLANGCI):
	go build -C tools -trimpath -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(GOTESTSUM):
	go build -C tools -trimpath -o ../$@ gotest.tools/gotestsum

.PHONY: run build test lint cross cover bench bench-quick fuzz soak clean help
