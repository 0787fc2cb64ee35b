# What to do with this project; `make` alone lists it. Needs git, make and Python 3.11 to 3.13.

PYTHON ?= python3
PORT ?= 8000
MODEL ?=
PYTEST ?=

BIN := .venv/bin
SOURCE := api cli inference training tests benchmarks scripts

.DEFAULT_GOAL := help
.PHONY: help serve test check lint types format bench lock clean install-serve \
	install-tensorflow install-dev

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 28

serve: install-serve ## install what serving needs and serve a model (PORT=8000 MODEL=…)
	@exec $(BIN)/microlens serve --port $(PORT) $(if $(MODEL),--model '$(MODEL)')

test: check ## install everything, TensorFlow too, and run lint, types and all tests
	@echo "test: running all tests"
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(PYTEST) --cov

check: lint types ## run lint and types, without the tests

lint: install-dev ## look for mistakes and for unformatted code
	@echo "lint: ruff"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet

types: install-dev ## check the types of source and tests
	@echo "types: mypy --strict"
	@$(BIN)/mypy $(wildcard $(SOURCE))

format: install-dev ## format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

bench: install-dev ## measure us beside our peers, 20 minutes (QUICK=1: 4; PICTURES=folder)
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(if $(PICTURES),--pictures '$(PICTURES)')

lock: install-dev ## write requirements/* anew after a change in pyproject.toml
	@scripts/lock

clean: ## remove everything that these commands have made
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install-serve:
	@$(PYTHON) scripts/install.py serve

install-tensorflow: ## install what publishing models needs, beside serving
	@$(PYTHON) scripts/install.py tensorflow

install-dev:
	@$(PYTHON) scripts/install.py dev
