# ScaiControl's house. Everything happens in .venv; `make` alone lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
PACKAGES := scaicontrol_core scaicontrol_adapters scaicontrol_http scaicontrol_cli scaicontrol_jobs
# What runs without a server and within two minutes.
FAST := $(wildcard tests/architecture tests/core tests/properties)

NODE := tests/services/node

T ?= tests
WORKERS ?= 2
S ?= docs/examples/scenarios/two_years.yaml
m ?=

.PHONY: help setup run test check style types imports fast bench properties requests simulate services migration docs examples pictures lock clean servers

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2 }'

setup: $(STAMP) ## create .venv and install what requirements.lock pins; a second time it does nothing

# The lock file has hashes, so whichever of uv and pip installs it, the result is the same.
$(STAMP): requirements.lock pyproject.toml .ci/system-packages
	@.ci/system-packages run
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv
	@echo "Installing $$(grep -c '==' requirements.lock) packages"
	@$(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock \
	  || { echo "uv did not manage; trying pip"; $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock; }
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

run: setup ## migrate, load the demo's year and serve it at http://localhost:8000
	@$(BIN)/scaicontrol migrate
	@$(BIN)/scaicontrol demo
	@exec $(BIN)/scaicontrol serve

test: setup servers ## everything except the benches, on real servers; T=tests/core runs a part, WORKERS=1 in one process
ifeq ($(T),tests)
	@$(MAKE) --no-print-directory style types imports
endif
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(T)

check: setup style types imports fast ## style, types, import rules and the fast tests: before every commit

style: setup
	@$(BIN)/ruff format --check --quiet . || { echo "ruff format would change these files: run $(BIN)/ruff format"; exit 1; }
	@$(BIN)/ruff check --quiet .

types: setup
	@$(BIN)/mypy

imports: setup
	@$(BIN)/lint-imports --cache-dir .ruff_cache/imports | sed -n '/^Contracts$$/,$$p'

fast: setup
	@$(BIN)/pytest -n $(WORKERS) -m "not services" $(FAST)

properties: setup ## the property tests with fifty times as many examples
	@HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -n $(WORKERS) tests/properties

requests: setup ## throw many more made-up requests at the API than `make test` does
	@HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -n $(WORKERS) --dist worksteal tests/http/features/test_generated_requests.py

bench: setup servers ## measure against the raw limits of this machine: one table, and bench.json
	@$(BIN)/pytest --override-ini 'python_files=bench_*.py' --quiet --capture=no tests/bench

simulate: setup ## live through two years with five hundred customers, and audit what is left; S=scenario.yaml for another
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; time $(BIN)/scaicontrol simulate $(S) --into "$$folder/business"

services: setup servers ## start MariaDB and the S3 servers of the tests, print their addresses, stop with Ctrl-C
	@exec $(BIN)/python -m tests.services

migration: setup ## write the next numbered migration from the row classes: make migration m="what it does"
	@[ -n "$(m)" ] || { echo 'say what it does: make migration m="add payments"'; exit 2; }
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; url="sqlite+aiosqlite:///$$folder/schema.sqlite3"; \
	  SCAICONTROL_DATABASE_URL="$$url" $(BIN)/scaicontrol migrate; \
	  $(BIN)/python -m scaicontrol_adapters.sql.migrate "$$url" "$(m)"

pictures: setup ## draw the documents shown in docs/images again, after a change of their look
	@$(BIN)/python -m docs.generating.pictures

docs: setup ## write the generated reference pages again
	@$(BIN)/python docs/generate.py

examples: setup ## record the examples in the API's description again, from its tests
	@$(BIN)/pytest -n0 --quiet -p docs.generating.recording -m "not services" tests/http/features tests/http/test_health.py tests/http/test_auth.py

lock: setup ## pin what pyproject.toml allows, anew, in requirements.lock
	@$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes --upgrade \
	  --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

clean: ## remove what the tools made (not .venv, not var/)
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# The second line: what receivers of webhooks use in JavaScript, as the lock file beside it pins it.
servers:
	@.ci/system-packages test
	@[ $(NODE)/node_modules/.package-lock.json -nt $(NODE)/package-lock.json ] || (cd $(NODE) && npm ci --silent && touch node_modules/.package-lock.json)
