# Two commands do all the set-up: `make demo` and `make test`. They need Python 3.11 or newer, with venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types clean

demo: $(VENV)/.installed
	$(BIN)/touchline demo --out demo-out

test: lint types
	$(BIN)/pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --no-deps SoccerNet==0.2.0  # its metric, to compare with; its dependencies weigh 440 MB
	$(BIN)/python -m pip install --quiet --no-deps trackers==2.6.1 supervision==0.31.2 trackeval==1.3.0  # to compare with; they ask for OpenCV's window build
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) demo-out build dist src/*.egg-info
