# The commands of this project; CONTRACT of each: README.md.
# Every step that installs or builds leaves a stamp, so a second call starts in seconds.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 8000
V := .venv
BIN := $(V)/bin
S := .stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q

.PHONY: help run serve test coverage faults bench check lowest format lock docs screenshots clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make run      the micro-app against the local sandbox, on http://127.0.0.1:8000/
run: $(S)/run $(S)/assets
	@exec $(BIN)/python -m dingbridge.sandbox --port $(PORT)

## make serve    production: gunicorn with settings from the environment
serve: $(S)/run $(S)/assets
	@exec $(BIN)/gunicorn -c gunicorn.conf.py 'app:app'

## make test     every test, with real nginx, Chromium, Redis and PostgreSQL
test: $(S)/dev $(S)/assets $(S)/npm-dev $(S)/apt
	$(BIN)/python tests/run.py

## make coverage the same tests, and which lines they reach: at least nine in ten
coverage: $(S)/dev $(S)/assets $(S)/npm-dev $(S)/apt
	$(BIN)/python tests/run.py --coverage

## make faults   the long campaigns
faults: $(S)/dev $(S)/assets $(S)/npm-dev $(S)/apt
	$(BIN)/python tests/run.py --faults

## make bench    the benchmarks; writes bench/results.json
bench: $(S)/dev $(S)/assets $(S)/npm-dev $(S)/apt
	$(BIN)/python -m bench

## make check    formatter, linters, types, import directions
check: $(S)/dev $(S)/npm-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python assets/node.py node_modules/eslint/bin/eslint.js --max-warnings 0 .

## make lowest   the tests without a browser on the oldest dependency versions that are allowed
lowest: $(S)/lowest $(S)/assets $(S)/npm-dev $(S)/apt
	.venv-lowest/bin/python -m pytest -q -m "not faults" -n 3 --dist loadfile --ignore=tests/browser

## make format   lets the formatter and the linter mend what they can
format: $(S)/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

## make docs     writes what is generated: docs/errors.md
docs: $(S)/dev
	$(BIN)/python -m dingbridge.catalogue > docs/errors.md

## make screenshots  the pictures of the README
screenshots: $(S)/dev $(S)/assets $(S)/apt
	$(BIN)/python assets/screenshots.py

## make lock     resolves the lock files anew
lock: $(S)/dev
	$(BIN)/python requirements/lock.py

clean:
	rm -rf $(V) $(S) node_modules static/vendor

$(V)/pyvenv.cfg:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(V)

$(S)/run: $(V)/pyvenv.cfg requirements/run.txt pyproject.toml
	@echo "setting up: Python packages" >&2
	$(PIP) install --no-deps --require-hashes -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@mkdir -p $(S) && touch $@

$(S)/dev: $(S)/run requirements/dev.txt
	@echo "setting up: tools for tests and checks" >&2
	$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	@mkdir -p $(S) && touch $@

$(S)/npm: $(S)/run package.json package-lock.json .npmrc requirements/node.txt assets/node.py
	@echo "setting up: the client SDK" >&2
	$(BIN)/python assets/node.py --npm ci --omit=dev --ignore-scripts --no-audit --no-fund
	@mkdir -p $(S) && rm -f $(S)/npm-dev && touch $@

$(S)/npm-dev: $(S)/npm
	@echo "setting up: browser linters" >&2
	$(BIN)/python assets/node.py --npm ci --ignore-scripts --no-audit --no-fund
	@mkdir -p $(S) && touch $@

# Which APIs the SDK build holds is read from the templates, so they are what it depends on.
$(S)/assets: $(S)/npm $(wildcard assets/* microapp/charts/* microapp/spa/* static/*.*) $(shell find templates -name '*.html' 2>/dev/null)
	@echo "building: browser assets" >&2
	$(BIN)/python assets/build.py
	@touch $@

$(S)/apt: tests/apt.sh
	bash tests/apt.sh
	@mkdir -p $(S) && touch $@

$(S)/lowest: requirements/lowest.txt pyproject.toml
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip -q install --no-deps --require-hashes -r requirements/lowest.txt
	.venv-lowest/bin/python -m pip -q install --no-deps --no-build-isolation -e .
	@mkdir -p $(S) && touch $@
