# What to do with this project; `make` alone lists it. Needs git, make and Python 3.11 to 3.13.

PYTHON ?= python3
PORT ?= 8000
MODEL ?=
PYTEST ?=
SECONDS ?= 300
TARGET ?= all
KILLS ?= 200
MINUTES ?= 30
# What the zip is built for; an image is built for its base.
LAMBDA_PYTHON ?= 3.13
ARCHITECTURE ?= x86_64

# Tests and servers start hundreds of processes: compile each module once, whoever switched it off.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
SOURCE := api cli inference training tests benchmarks scripts

.DEFAULT_GOAL := help
.PHONY: help serve test check lint types audit format bench openapi fuzz-api fuzz kill-test soak \
	lock clean install-serve install-tensorflow install-dev package image-check install-package \
	screenshots build-ClassifyFunction build-IngestFunction

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 28

serve: install-serve ## install what serving needs and serve a model (PORT=8000 MODEL=…)
	@exec $(BIN)/microlens serve --port $(PORT) $(if $(MODEL),--model '$(MODEL)')

test: check ## install everything, TensorFlow too, and run lint, types and all tests
	@echo "test: running all tests"
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder \
	  $(or $(PYTEST),--cov --cov-report=)

check: lint types audit ## run lint, types and the audit of dependencies, without the tests

lint: install-dev ## look for mistakes and for unformatted code
	@echo "lint: ruff"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@echo "lint: hadolint, compose.yaml"
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml

types: install-dev ## check the types of source and tests
	@echo "types: mypy --strict"
	@$(BIN)/mypy $(wildcard $(SOURCE))

audit: install-dev ## ask whether anything is known against what is deployed
	@$(BIN)/python -m scripts.audit

format: install-dev ## format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

bench: install-dev ## measure us beside our peers, 20 minutes (QUICK=1: 4; PICTURES=folder)
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(if $(PICTURES),--pictures '$(PICTURES)')

screenshots: install-dev ## photograph the page anew for docs/screenshots, and print when it paints
	@SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/page/test_looks.py -q -s

package: install-package ## build the Lambda zip into dist/ (ARCHITECTURE=arm64, LAMBDA_PYTHON=3.12)
	@$(BIN)/python -m scripts.package --python $(LAMBDA_PYTHON) --architecture $(ARCHITECTURE)

# What `sam build` calls for the functions that are zips.
build-ClassifyFunction build-IngestFunction: install-package
	@$(BIN)/python -m scripts.package --python $(LAMBDA_PYTHON) --architecture $(ARCHITECTURE) \
	  --into "$(ARTIFACTS_DIR)"

image-check: install-dev ## build both container images and run them as Lambda does (needs root, buildah)
	@$(BIN)/python -m scripts.image_check

openapi: install-dev ## write docs/openapi.json anew after a change of the HTTP interface
	@$(BIN)/python -m scripts.openapi

fuzz-api: install-dev ## let schemathesis loose on a running service (SECONDS=300)
	@$(BIN)/python -m tests.api.fuzzing $(SECONDS)

fuzz: install-dev ## let atheris loose on what strangers send (SECONDS=300 for each TARGET=all)
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/fuzz.lock
	@$(BIN)/python -m tests.fuzzing $(SECONDS) $(TARGET)

kill-test: install-dev ## SIGKILL while publishing, swapping, serving, training, … (KILLS=200)
	@$(BIN)/python -m tests.killing $(KILLS)

soak: install-dev ## all doors, faults and swaps for half an hour; writes docs/soak.md (MINUTES=30)
	@$(BIN)/python -m tests.soak $(MINUTES)

lock: install-dev ## write requirements/* anew after a change in pyproject.toml
	@scripts/lock

clean: ## remove everything that these commands have made
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install-serve: ## install what serving needs: microlens, without training and publishing
	@$(PYTHON) scripts/install.py serve

install-tensorflow: ## install what making, measuring and publishing models needs, too
	@$(PYTHON) scripts/install.py tensorflow

install-package:
	@$(PYTHON) scripts/install.py package

install-dev: ## install everything, the tests' servers and the linters too
	@$(PYTHON) scripts/install.py dev
