# Two commands do all the set-up: `make demo` and `make test`. They need Python 3.11 or newer, with venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
# Test files run beside each other, one process a processor.
JOBS ?= auto
PYTEST := $(BIN)/pytest --numprocesses $(JOBS) --dist loadfile

.PHONY: demo test check lint ruff-check ruff-format types quick docs clean

demo: $(VENV)/.installed
	$(BIN)/touchline demo --out demo-out

test: lint types
	$(PYTEST)

# Under 90 seconds: what to run while working. `make test` runs the same and every other test.
check: lint types quick

lint: ruff-check ruff-format

ruff-check: $(VENV)/.installed-dev
	$(BIN)/ruff check .

ruff-format: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy
	$(BIN)/mypy examples

quick: $(VENV)/.installed-dev
	$(PYTEST) tests/test_architecture.py tests/test_public_names.py tests/core tests/formats

docs: $(VENV)/.installed-dev
	$(BIN)/sphinx-build --fail-on-warning --builder html docs docs/_build

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev]'
	$(PIP) --no-deps SoccerNet  # its metric, to compare with; its dependencies weigh 440 MB
	$(PIP) --no-deps trackers supervision trackeval  # to compare with; they ask for OpenCV's window build
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) demo-out build dist docs/_build src/*.egg-info
