# One command for each thing one does with the project. `make demo` and `make test` set everything up by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.askwise-ready
TORCH ?= torch==2.13.0
WORKERS ?= 2
export ASKWISE_DATA ?= $(abspath ../shared/data)

.PHONY: setup demo test test-all check format lint types docs bench clean contract contract-numpy mutants published statements peers test-labelstudio front front-test front-lock front-rebuild

setup: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable ".[dev,docs]"
	touch $(STAMP)

demo: setup
	$(BIN)/askwise demo

test: setup
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not browser"

test-all: setup
	$(BIN)/python -m pytest -n $(WORKERS)

contract: setup
	$(BIN)/python -m askwise.testing

contract-numpy: setup
	ASKWISE_BACKEND=numpy $(BIN)/python -m askwise.testing
	ASKWISE_BACKEND=numpy $(BIN)/python -m pytest -n $(WORKERS) -m "not browser" tests/pick tests/reference tests/kernels tests/score tests/engine

mutants: setup
	$(BIN)/python benchmarks/mutants/run.py --workers $(WORKERS) --write docs/results/mutants.md

published: setup
	$(BIN)/python benchmarks/published/run.py --workers $(WORKERS) --write docs/results/published.md

statements: setup
	$(BIN)/python benchmarks/published/statements.py --workers $(WORKERS) --write docs/results/statements.md

peers: setup
	$(BIN)/python -m benchmarks.peers setup
	$(BIN)/python -m benchmarks.peers run

test-labelstudio: setup .labelstudio/bin/label-studio
	$(BIN)/python -m benchmarks.interop.label_studio .labelstudio/bin/label-studio

.labelstudio/bin/label-studio:
	$(PYTHON) -m venv .labelstudio
	.labelstudio/bin/pip install --quiet label-studio==1.23.2

judge: setup
	$(BIN)/python -m benchmarks.judge.run --workers $(WORKERS) --write docs/results

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

check: lint types test

# The page. Users need no Node: what `make front` writes under src/askwise/server/static is committed.
front/node_modules: front/package-lock.json
	cd front && npm ci
	touch front/node_modules

front: front/node_modules
	cd front && npm run build

front-rebuild: front # in the middle of a rebase that conflicts in built files
	git add -A front src/askwise/server/static

front-test: front/node_modules
	cd front && npm test

front-lock:
	cd front && npm install && node trim-lock.mjs

docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) .peers site dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
