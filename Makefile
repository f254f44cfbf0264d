# The two commands a newcomer needs: `make demo` and `make test`. Each sets up what it needs by itself.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
DEMO_ARGS ?=
TEST_ARGS ?=
FUZZ_SECONDS ?= 300
TORTURE_ARGS ?=

.PHONY: help demo test check torture bench fuzz lock clean

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/ready  ## see it at work; DEMO_ARGS=--once exits after the first pass
	$(BIN)/wellbeing-intake demo $(DEMO_ARGS)

test: .venv/ready  ## every test that this machine can run; ends by naming what it could not
	$(BIN)/python -m pytest -n auto --dist loadfile $(TEST_ARGS)

check: .venv/ready  ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy intake classifiers tests
	$(BIN)/lint-imports

torture: .venv/ready  ## the promise under fire; TORTURE_ARGS="--messages 10000 --kills 500 --seed 7"
	$(BIN)/python -m tests.torture $(TORTURE_ARGS)

bench: .venv/ready  ## the figures in docs/figures.md, measured on this machine
	@.bench/bin/python -c 'import splink' 2>/dev/null || { $(PYTHON) -m venv .bench \
	    && .bench/bin/python -m pip install --quiet --disable-pip-version-check 'splink>=5,<6'; }
	$(BIN)/python -m tests.bench

fuzz: .venv/ready  ## hostile bytes for what reads messages, guided by coverage, for FUZZ_SECONDS (Linux)
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check atheris
	$(BIN)/python -m tests.fuzz.coverage_guided $(FUZZ_SECONDS)

lock:  ## resolve the dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	    --upgrade pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	    --upgrade pyproject.toml --extra dev -o requirements-dev.lock

.venv/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch .venv/ready

clean:  ## remove what was set up
	rm -rf .venv .bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
