# Everything that a person needs on a fresh machine: make, Python >= 3.11 with venv and pip, network to PyPI.
#   make demo    a good version is promoted, a bad one rolled back, in this terminal (about two minutes, installation included)
#   make test    every check there is; what needs Go, PostgreSQL or kubectl is said when it is missing
#   make bench   the benchmarks, as ratios and milliseconds
#   make bench-judgement, bench-judgement-quick   how often verdicts are right, peers beside: a quarter of an hour, or a minute

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
LAB    ?= 1

.PHONY: help demo test bench bench-judgement bench-judgement-quick lint types contracts unit lab crd clean

help:
	@sed -n '2,5s/^#   //p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Canary needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@echo "==> private environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.product: $(BIN)/python pyproject.toml constraints.txt
	@echo "==> installing Canary and the sandbox (half a minute)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[sandbox]'
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	@echo "==> installing Canary and its tools (a minute)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.product

demo: $(VENV)/.product
	@$(BIN)/canary demo

test: lint types contracts lab
	@echo "==> tests"
	@$(BIN)/python -m pytest

lint: $(VENV)/.dev
	@echo "==> ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .

types: $(VENV)/.dev
	@echo "==> mypy --strict"
	@$(BIN)/mypy

contracts: $(VENV)/.dev
	@echo "==> import contracts"
	@$(BIN)/lint-imports

lab: $(VENV)/.dev
	@echo "==> real parts for the end-to-end tests (minutes the first time, then cached)"
	@$(BIN)/python -m tests.lab.build || [ -z "$$CI" ]

unit: $(VENV)/.dev
	@$(BIN)/python -m pytest -m "not lab"

bench: $(VENV)/.dev lab
	@$(BIN)/python -m tests.bench

bench-judgement: $(VENV)/.dev
	@$(BIN)/python -m tests.bench.judgement

bench-judgement-quick: $(VENV)/.dev
	@$(BIN)/python -m tests.bench.judgement --quick

crd: $(VENV)/.dev
	@$(BIN)/python -m canary.api.crd > canary/crds/canaries.canary.delivery.yaml

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
