# make run    install into .venv and run the proxy on the demo MUD
# make test   install what the checks need and run all of them

PYTHON ?= python3
BIN := .venv/bin
# Windows puts the programs of a virtual environment elsewhere.
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
endif

# The tests start the proxy hundreds of times: without bytecode half of that would be compiling.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test lint types contracts tests bench docs clean

run: .venv/installed
	$(BIN)/bastproxy run --demo

test: lint types contracts tests

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

contracts: .venv/installed-dev
	$(BIN)/lint-imports

tests: .venv/installed-dev
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist loadfile -m "not heavy"
	$(BIN)/coverage combine -q
	$(BIN)/coverage report
	$(BIN)/python -m pytest -n auto --dist loadfile -m heavy

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks

docs: .venv/installed-dev
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/conformance.py

clean:
	rm -rf .venv .venv-evennia .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/installed-dev: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@ .venv/installed
