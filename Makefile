# make song     install what is needed, then write a song folder under songs/
# make test     install what tests need, then run the tests
# make plugins  compile our own VST3 instrument and effect into plugins/ (needs g++ and dpf-source)
# make test-daw slower tests that open our files in Ardour and other programs
# The rest: install, check, bench, clean.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PROMPT ?= my grandmother's kitchen is empty now, and the radio still plays her waltz
PRESET ?=
SEED   ?= 0

.PHONY: install song test test-daw check bench plugins clean

$(VENV)/song.stamp: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "DAiW needs Python 3.11 or newer; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/install.stamp: $(VENV)/song.stamp
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

install: $(VENV)/install.stamp

song: $(VENV)/song.stamp
	$(BIN)/daiw make "$(PROMPT)" $(if $(PRESET),--preset $(PRESET)) --seed $(SEED)

test: $(VENV)/install.stamp
	$(BIN)/python -m pytest -n 2

test-daw: $(VENV)/install.stamp
	tests/daw/install.sh
	$(BIN)/python -m pytest tests/daw -m daw

check: $(VENV)/install.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/install.stamp
	$(BIN)/python -m pytest tests/benchmarks -m bench -s -q

plugins: $(VENV)/song.stamp
	$(BIN)/daiw plugins build

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
