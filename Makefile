# Each target sets up .venv by itself. After the first time it needs no network.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check docs fuzz notebooks bench clean

demo: .venv/base
	$(BIN)/oodflow demo

# Everything: style, types, import direction, then unit, contract and doc tests.
test: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile -q

# Damaged files for every reader, FUZZ of each; FUZZ_SEED makes others. build/fuzz.jsonl counts them, for
# `oodflow reliability --fuzz build/fuzz.jsonl`.
FUZZ ?= 600
FUZZ_SEED ?= 1
fuzz: .venv/dev
	mkdir -p build && rm -f build/fuzz.jsonl
	OODFLOW_FUZZ=$(FUZZ) OODFLOW_FUZZ_SEED=$(FUZZ_SEED) OODFLOW_FUZZ_TO=build/fuzz.jsonl \
		$(BIN)/pytest -n 2 -q -rP tests/fuzz

# The package as a user gets it: built, installed into an empty environment, used.
check: test
	rm -rf build/check && mkdir -p build/check
	$(BIN)/python -m build --wheel --outdir build/check .
	$(PYTHON) -m venv build/check/venv
	build/check/venv/bin/pip install -q -c constraints.txt build/check/*.whl
	cd build/check && venv/bin/oodflow demo --scale smoke --out run

# The notebooks, executed where they lie, at cpu scale: the first time they train five flows, in minutes each, into runs/.
# Two of them take data sets (oodflow data get). NOTEBOOKS names others, SCALE another scale.
SCALE ?= cpu
NOTEBOOKS ?= $(wildcard notebooks/*.ipynb)
notebooks: .venv/notebooks
	OODFLOW_SCALE=$(SCALE) OODFLOW_RUNS=../runs $(BIN)/python notebooks/execute.py $(NOTEBOOKS)

# The site: open build/docs/index.html, which needs neither network nor server. What Sphinx warns of is an error, dead links
# and anchors too.
docs: .venv/docs
	$(BIN)/python docs/build.py build/docs

# Speed and memory on this machine, beside its limit and other libraries. BENCH takes arguments: make bench BENCH='--scale cpu'
bench: .venv/bench
	$(BIN)/oodflow bench $(BENCH)

clean:
	rm -rf .venv build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "oodflow needs Python 3.11 or newer; name one with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/base: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	@touch $@

.venv/bench: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[bench]'
	@touch $@ .venv/base

.venv/docs: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[docs]'
	@touch $@ .venv/base

.venv/notebooks: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[notebooks]'
	@touch $@ .venv/base

.venv/dev: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $@ .venv/base .venv/docs .venv/notebooks
