# `make help` lists the targets. All but help and clean first bring .venv up to date (.ci/setup); STACK=default or
# STACK=modern says with which versions of TFX and TensorFlow.

BIN := .venv/bin
# Two processes: much of a test is Python, which uses one core; each takes up to 6 GB.
PYTEST := $(BIN)/pytest --numprocesses 2 --dist worksteal
LOCK_FLAGS ?= # for `make lock`: --upgrade, or --upgrade-package NAME
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --extra dev --generate-hashes --no-header $(LOCK_FLAGS)

# Where bytecode is not kept, every process compiles TensorFlow and TFX again: 17 s each.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
# A sentence of the demo's corpus; the untrained model does not know the word (tests/pipeline/test_check_sentence.py).
CHECK := galveston is home to six [MASK] districts with over 60 structures listed representing architectural significance

.PHONY: help demo check-demo test test-fast test-full fuzz test-modern bench lint format lock clean setup

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: setup ## run the whole pipeline on the texts that come with it
	$(BIN)/tfx-bert run demo

check-demo: setup ## ask the demo's model for a word of a sentence that it has read
	$(BIN)/tfx-bert fill-mask --model runs/serving/demo-fill-mask "$(CHECK)" | head -n 1 | grep -w historic

test: setup ## run all tests, slow ones and e2e too (real data: TFX_BERT_DATA, default ../shared/data)
	$(PYTEST)

test-fast: setup ## run the tests that take seconds
	$(PYTEST) -m "not slow and not e2e"

test-full: setup ## run all tests in their long form: every kill, every document, BERT-base, long fuzzing
	TFX_BERT_FUZZ_EXAMPLES=1000 $(PYTEST) --full

fuzz: setup ## feed broken and hostile input to everything that reads, for half an hour
	TFX_BERT_FUZZ_EXAMPLES=10000 $(PYTEST) tests/fuzz

test-modern: setup ## try the modern stack in a Debian 13 of its own (root, debootstrap)
	@.ci/test-modern

bench: setup ## measure against the alternatives, on real data; results go to benchmarks.json
	$(BIN)/python -m tests.benchmarks

lint: setup ## check style, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup ## format, and repair what ruff can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: setup ## pin the dependencies of pyproject.toml anew, for both stacks; pins stay where they still fit
	@eval "$$($(BIN)/python .ci/package_index.py environment)" && \
	  $(LOCK) --python-version 3.10 --output-file requirements.lock && \
	  $(LOCK) --python-version 3.12 --universal --output-file requirements-modern.lock

clean: ## remove .venv, caches and what builds leave; runs/ stays
	rm -rf .venv .venv-setup.log build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: ## make .venv, or bring it up to date
	@.ci/setup
