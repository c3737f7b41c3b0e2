# Two commands matter: `make demo` and `make test`.  Each makes what it needs on a machine with
# Python 3.11 or newer and nothing else; a second call finds it made.

PYTHON ?= python3
JOBS   ?= 2
VENV   := .venv
BIN    := $(VENV)/bin
BENCHES := $(sort $(patsubst bench/%.py,bench.%,$(wildcard bench/bench_*.py)))

.DEFAULT_GOAL := help
.PHONY: help demo test peers check lint types imports format bench screenshots clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## Find two planted faults in the New York flights of 2013
	$(BIN)/vedette demo

test: $(VENV)/.dev ## Run the tests, JOBS files at a time
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

peers: ## Make the environments of other projects' programs that tests talk to
	$(PYTHON) tests/peers/make.py

check: lint types imports test ## Lint, types, imports and tests: what continuous integration runs

lint: $(VENV)/.dev ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## Check types
	$(BIN)/mypy

imports: $(VENV)/.dev ## Check that imports go one way
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## Mend style and formatting where that can be done by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure every promise, one bench after another, in quick form
	@failed=; for bench in $(BENCHES); do \
	  echo; echo "== $$bench --quick"; $(BIN)/python -m $$bench --quick || failed="$$failed $$bench"; \
	done; if [ -n "$$failed" ]; then echo "missed:$$failed" >&2; exit 1; fi

screenshots: $(VENV)/.dev ## Make pictures of every page of the dashboard, with the demo's flights
	$(BIN)/python docs/screenshots.py

clean: ## Remove what was made, the virtual environment included
	rm -rf $(VENV) build dist .bench .screenshots .peers .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "vedette needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Stamps: an extra is installed again only when its declaration may have changed.
$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
