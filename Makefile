# Two commands do everything from a fresh clone: `make run` and `make test`.
# What they need on the machine: python3 (3.11 or newer), a JDK 17, Maven, Node 20.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
UV := VIRTUAL_ENV=.venv $(BIN)/uv

# Of `make run`: the edge's port, and `sample` or `none`.
PORT ?= 3002
FEED ?= sample

# Of `make bench`: a folder of benchmarks/.
BENCH ?= stream
PEERS_fanout := .venv/.peers-fanout
PEERS_stream := .venv-peers/.synced

GROUPS := --all-extras --group devstack --group sample --group test --group lint

.PHONY: help
help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: run
run: .venv/.synced dashboard/node_modules/.built ## Run everything on this machine (PORT=3002, FEED=sample or none)
	@exec $(BIN)/tidemark dev --port $(PORT) --feed $(FEED)

.PHONY: test
test: .venv/.synced dashboard/node_modules/.built browser ## Run all tests (ARGS= for pytest)
	@echo "== dashboard"
	cd dashboard && npm run --silent unit
	@echo "== python"
	$(BIN)/pytest -q $(ARGS)

.PHONY: chaos
chaos: .venv/.synced ## Break everything under load, and tell how long it took to catch up (ARGS= for pytest)
	$(BIN)/pytest -q -s -m chaos tests/chaos $(ARGS)

.PHONY: compat
compat: .venv/.synced ## Test on other PostgreSQLs (POSTGRES="/path/to/14/bin /path/to/16/bin")
	POSTGRES_BINARIES="$(POSTGRES)" $(BIN)/pytest -q tests/integration/test_postgres_versions.py $(ARGS)

.PHONY: bench
bench: .venv/.synced $(PEERS_$(BENCH)) ## Measure, beside peers in the same run (BENCH=stream, fanout ..., ARGS=)
	@$(BIN)/python -m benchmarks.$(BENCH).run $(ARGS)

.PHONY: lint
lint: .venv/.synced dashboard/node_modules/.installed ## Check style, formatting and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(UV) pip check
	cd dashboard && npm run --silent lint

.PHONY: types
types: .venv/.synced dashboard/node_modules/.installed ## Check types, Python's and TypeScript's
	$(BIN)/mypy
	cd dashboard && npm run --silent typecheck

.PHONY: format
format: .venv/.synced dashboard/node_modules/.installed ## Format the code
	$(BIN)/ruff check --fix-only --exit-zero .
	$(BIN)/ruff format .
	cd dashboard && npm run --silent format

.PHONY: setup
setup: .venv/.synced dashboard/node_modules/.built ## Install all that run and test need

# The locks are pip's requirement files rather than a uv.lock, since that one records
# the address of the registry it was made with for every package and file; these hold
# names, versions and hashes, and work with any registry or mirror.
.PHONY: lock
lock: $(BIN)/uv ## Bring the Python locks up to date with pyproject.toml
	$(UV) pip compile --quiet $(LOCK_OPTIONS) pyproject.toml --output-file requirements.lock
	$(UV) pip compile --quiet $(LOCK_OPTIONS) pyproject.toml $(GROUPS) \
		--constraint requirements.lock --output-file requirements-dev.lock
	$(UV) pip compile --quiet $(LOCK_OPTIONS) benchmarks/stream/peers/peers.in \
		--output-file benchmarks/stream/peers/peers.lock

LOCK_OPTIONS := --universal --generate-hashes --no-annotate --no-emit-index-url \
	--no-emit-package tidemark-client --custom-compile-command 'make lock'

.PHONY: clean
clean: ## Remove what was built, the virtual environment and the data of `make run`
	rm -rf .venv .tidemark .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	rm -rf dashboard/dist dashboard/dist-lib dashboard/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Python -----------------------------------------------------------------------

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tidemark needs Python 3.11 or newer: say which by PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "Python has no ensurepip: install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo "== a virtual environment in .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.synced: $(BIN)/uv requirements-dev.lock pyproject.toml client/pyproject.toml
	@echo "== Python packages"
	@$(UV) pip install --quiet --require-hashes --requirement requirements-dev.lock
	@$(UV) pip install --quiet --no-deps --editable . --editable ./client
	@touch $@

# Peers are measured against, not built upon: they are in no lock.
.venv/.peers-fanout: .venv/.synced benchmarks/fanout/package-lock.json
	@echo "== peers of the fan-out"
	@$(UV) pip install --quiet --group fanout
	@cd benchmarks/fanout && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# An environment of their own: Quix Streams and Tidemark can't agree on a version of pydantic-settings.
.venv-peers/.synced: .venv/.synced benchmarks/stream/peers/peers.lock
	@echo "== peers of the stream"
	@$(UV) pip install --quiet --group bench
	@$(BIN)/uv venv --quiet --allow-existing .venv-peers
	@VIRTUAL_ENV=.venv-peers $(BIN)/uv pip install --quiet --require-hashes \
		--requirement benchmarks/stream/peers/peers.lock
	@touch $@

# Dashboard --------------------------------------------------------------------

DASHBOARD_SOURCES := $(shell find dashboard -path dashboard/node_modules -prune -o -path 'dashboard/dist*' -prune \
	-o -type f ! -name '*.tsbuildinfo' -print)

dashboard/node_modules/.installed: dashboard/package-lock.json
	@command -v npm >/dev/null || { echo "the dashboard needs Node 20 with npm: install it" >&2; exit 1; }
	@echo "== npm packages"
	@cd dashboard && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

dashboard/node_modules/.built: dashboard/node_modules/.installed $(DASHBOARD_SOURCES)
	@echo "== the dashboard"
	@cd dashboard && npm run --silent build
	@touch $@

# Debian's: the browser tests' browser, the deployment test's proxy, an example's tools.
.PHONY: browser
browser:
	@.ci/install-debian chromium nginx-light kcat jq pgbouncer
