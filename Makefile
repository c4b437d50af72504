# Two commands do all the set-up: `make demo` and `make test`. They need Python 3.11 or newer, with venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
PYTEST := $(BIN)/pytest
# Half of the tests' time; the other half is everything else, run beside it.
LEARNING := tests/training tests/models tests/synthetic tests/studies
# Half of the time of the bad inputs.
MEDIA := tests/media tests/fuzzing tests/cases tests/formats tests/analysis

.PHONY: demo test test-learning test-rest check lint ruff-check ruff-format types quick robustness robustness-media robustness-rest fuzz docs graphs frontend frontend-check clean

demo: $(VENV)/.installed
	$(BIN)/touchline demo --out demo-out

test: lint types
	$(MAKE) --jobs 2 --output-sync --no-print-directory test-learning test-rest

test-learning: $(VENV)/.installed-dev
	$(PYTEST) $(LEARNING)

test-rest: $(VENV)/.installed-dev
	$(PYTEST) tests $(LEARNING:%=--ignore=%)

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

# Every bad input and fault, the slow ones too; prints one table and writes it into the documentation.
robustness: $(VENV)/.installed-dev
	-$(MAKE) --jobs 2 --keep-going --no-print-directory robustness-media robustness-rest
	$(BIN)/python tests/robustnessreport.py .robustness-media.json .robustness-rest.json --out docs/robustness-table.txt

robustness-media:
	$(PYTEST) $(MEDIA) -m robustness --robustness-report .robustness-media.json

robustness-rest:
	$(PYTEST) tests $(MEDIA:%=--ignore=%) -m robustness --robustness-report .robustness-rest.json

# Damaged files of every kind: minutes; fails if a reader crashes, hangs, takes much memory or names no file.
fuzz: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/fuzz.py --each 200 --keep fuzz-faults

docs: $(VENV)/.installed-dev
	$(BIN)/sphinx-build --fail-on-warning --builder html docs docs/_build

# The graphs by which a CPU runs the built-in models without torch. Commit what it writes: a test compares.
graphs: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/write_graphs.py

# The scripts of the report and of the review tool, from TypeScript; needs node and npm. Commit what it writes:
# a test builds them again and compares.
frontend: frontend-check
	cd frontend && npm run build

frontend-check: frontend/node_modules
	cd frontend && npm run check

frontend/node_modules: frontend/package.json frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund
	touch $@

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[review]'
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev]'
	$(PIP) --no-deps SoccerNet  # its metric, to compare with; its dependencies weigh 440 MB
	$(PIP) --no-deps trackers supervision trackeval  # to compare with; they ask for OpenCV's window build
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) demo-out build dist docs/_build src/*.egg-info
