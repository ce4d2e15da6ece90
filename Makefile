# The commands of this project. Each target does its own set-up; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# Where `make run` keeps its accounts, keys and footage, and what its fourth camera plays (any .mp4; a drawn scene without).
DATA ?= data
DEMO_FILE ?=
# How long `make soak` goes on, and with what.
SOAK_SECONDS ?= 3600
SOAK_CAMERAS ?= 40
SOAK_VISITORS ?= 20
# How often `make soak` kills the server before.
SOAK_CRASHES ?= 200
FUZZ_SECONDS ?= 60

CARGO := cargo
target := $(or $(CARGO_TARGET_DIR),target)
# Every target at once: the same features, and so the same artefacts, as `cargo test --workspace`.
build-all := $(CARGO) build --locked --workspace --all-targets
rig := $(target)/debug/rig
benches := -p media -p policy -p control --bench stages --bench decide --bench ask
say = @printf '\n==> %s\n'

.PHONY: always help run build test bench fuzz soak fmt setup-run setup-test fmt-check tidy web web-test clippy rust-test counts evidence e2e

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build everything, start the server with four demo cameras, print one address (DATA=./data, DEMO_FILE=an .mp4)
	$(say) 'starting the server; footage and accounts are kept in $(DATA)/ (Ctrl-C stops it)'
	@exec $(target)/release/atipcam demo --data $(DATA) $(if $(DEMO_FILE),--file $(DEMO_FILE))

build: setup-run web ## The release binary with the web app inside: target/release/atipcam
	$(say) 'building the server in release mode: about 450 crates; 10 to 15 minutes on 2 cores the first time, a minute after a change'
	@$(CARGO) build --release --locked -p atipcam

test: setup-test fmt-check tidy web-test clippy rust-test counts evidence e2e ## Every check and test there is, from a fresh clone: under 30 minutes on 2 cores
	$(say) 'all checks and tests passed'

bench: setup-test build ## What the media path costs beside ffmpeg, GStreamer and nginx, in a release build; figures in target/bench/
	$(say) 'building the benchmarks'
	@$(build-all)
	@$(CARGO) bench --locked --no-run $(benches)
	$(say) 'measuring: about five minutes; leave the machine alone meanwhile'
	@$(rig) bench --server $(target)/release/atipcam --json $(target)/bench
	@$(CARGO) bench --locked $(benches)

fuzz: setup-test ## Made-up bytes through every parser of what comes from outside, a minute each (FUZZ_SECONDS): no crash
	$(say) 'fuzzing every door for $(FUZZ_SECONDS) s'
	@scripts/fuzz $(FUZZ_SECONDS)

soak: setup-test build fuzz ## A minute of fuzzing a parser, two hundred crashes, then an hour of forty cameras and twenty viewers who come and go: nothing is lost or grows
	$(say) 'soaking for $(SOAK_SECONDS) s; 4 GB of footage go into the folder for temporary files'
	@$(build-all)
	@$(rig) crash --server $(target)/release/atipcam --rounds $(SOAK_CRASHES)
	@$(rig) backfill --server $(target)/release/atipcam --seconds 60
	@$(rig) soak --server $(target)/release/atipcam --seconds $(SOAK_SECONDS) --cameras $(SOAK_CAMERAS) --visitors $(SOAK_VISITORS) --json $(target)/bench/soak.json

fmt: web/node_modules/.package-lock.json ## Format everything
	@$(CARGO) fmt --all
	@cd web && npm run --silent format

setup-run:
	@scripts/setup run

setup-test:
	@scripts/setup test

fmt-check:
	$(say) 'format'
	@$(CARGO) fmt --all --check

tidy:
	$(say) 'laws of the house'
	@$(CARGO) xtask tidy

# The web app is built before any crate, because the server embeds it.
web: web/build/index.html

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	$(say) 'web: installing'
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# What is newer than the last build; a list of all would not do, for make reads the brackets of routes' names as patterns.
web-changed := $(shell find web/src web/static web/*.* -newer web/build/index.html -print -quit 2>/dev/null || echo none)

web/build/index.html: web/node_modules/.package-lock.json $(if $(web-changed),always)
	$(say) 'web: building'
	@cd web && npm run --silent build
	@touch $@

web-test: web/node_modules/.package-lock.json
	$(say) 'web: types, lint, unit tests, build, size'
	@cd web && npm run --silent check
	@cd web && npm run --silent lint
	@cd web && npm run --silent unit
	@$(MAKE) --no-print-directory web
	@cd web && npm run --silent size

clippy: web
	$(say) 'clippy'
	@$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

# Twice as many at a time as by themselves: most of what they do is waiting for cameras to play in real time.
rust-test: web
	$(say) 'Rust tests'
	@rm -rf $(target)/evidence
	@CLAUSE_EVIDENCE=$(abspath $(target))/evidence RUST_TEST_THREADS=$$(($$(nproc) * 2)) $(CARGO) test --locked --workspace

# RENEW=1 makes what is counted the budget, crates/testkit/budget.json.
counts: web
	$(say) 'instructions a unit of the media path, against their budget'
	@$(build-all)
	@$(rig) count $(if $(RENEW),--renew)

# RENEW=1 writes policy/clause-evidence.json anew.
evidence:
	$(say) 'clauses of the policy: what keeps each, which test shows it, and that the test fails without it'
	@$(CARGO) xtask evidence $(if $(RENEW),--renew)

e2e: web
	$(say) 'the journeys in Chromium against the real server'
	@$(build-all)
	@$(rig) all --server $(target)/debug/atipcam
