# gkportal: `make run` and `make test` are all that is needed; both set up what they miss.
# Windows: make.bat run, make.bat test.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$p; break; fi; done)
PY := .venv/bin/python
# Two worker processes; files stay together, because a test file shares its fixtures.
PYTEST_WORKERS ?= -n 2 --dist loadfile
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup dev run demo worker test test-fast browser lint format bench pins clean check-python

help: ## Show the commands
	@echo "gkportal"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  Further words go through ARGS, e.g. make test ARGS=\"tests/frame -x\""

check-python:
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is needed (python3.11, python3.12 or python3.13)"; exit 1; }

setup: check-python ## Make the environment: packages with hashes, front-end files, fonts
	@$(PYTHON) scripts/setup.py

dev: check-python ## The same, with what tests and checks need (Chromium too)
	@$(PYTHON) scripts/setup.py --dev

run: setup ## Set up, bring the database up to date, fill an empty one with the demo office, serve
	@$(PY) app.py init
	@$(PY) app.py demo --if-empty
	@exec $(PY) app.py serve $(ARGS)

worker: setup ## Do background jobs in a process of its own (serve does them too)
	@exec $(PY) app.py worker

test: dev ## Run all tests, browser included
	@$(PY) -m pytest $(PYTEST_WORKERS) $(ARGS)

test-fast: dev ## Run the tests that need no browser
	@$(PY) -m pytest $(PYTEST_WORKERS) -m "not browser and not slow" $(ARGS)

lint: dev ## Style, complexity, security rules, format, and the direction of imports
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && .venv/bin/lint-imports --no-logo

format: dev ## Rewrite the code in the common format
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

bench: dev ## Measure against the floors of the same machine and print ratios
	@$(PY) -m bench $(ARGS)

# Pins come from the public index only: settings of this machine (mirrors, local wheels) are left out.
COMPILE = env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL -u PIP_INDEX_URL PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND="make pins" \
	.venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

pins: dev ## Write requirements*.txt anew from requirements*.in (ARGS=--upgrade for newer versions)
	@$(COMPILE) $(ARGS) -o requirements.txt requirements.in
	@$(COMPILE) $(ARGS) -o requirements-node.txt requirements-node.in
	@$(COMPILE) $(ARGS) -o requirements-dev.txt requirements-dev.in

clean: ## Remove everything that setup and tests made; the office's data in instance/ stays
	@rm -rf .venv node_modules static/vendor fonts .pytest_cache .ruff_cache .import_linter_cache .hypothesis test-results .coverage
	@find . -name __pycache__ -type d -not -path './instance/*' -prune -exec rm -rf {} +
