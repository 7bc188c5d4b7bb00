# Everything from a fresh clone: each target first builds what it needs, from the lock files alone.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
PYTEST_ARGS ?=
DEMO_ARGS ?=

.PHONY: help env demo test check bench faults browser lock clean

help:
	@echo "make demo    the whole system on this machine, and two questions walked through it"
	@echo "make test    lint, types, import rules, pages of guidance and every test"
	@echo "make check   lint, types, import rules and pages of guidance alone"
	@echo "make faults  every test that kills something"
	@echo "make bench   measure, and write benchmarks/RESULTS.md"
	@echo "make env     the environment (.venv) alone"
	@echo "make lock    bring the lock files up to date with pyproject.toml"

env: $(VENV)/.runtime

$(VENV)/bin/python:
	@python=$$(./.ci/find-python $(PYTHON)) && "$$python" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Weerzien needs into $(VENV) (once, about a minute) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "Installing what the tests need ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.runtime
	@exec $(BIN)/weerzien demo $(DEMO_ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/weerzien content lint

browser:
	@./.ci/install-browser

# Whatever the environment says of it: a run starts hundreds of processes, and each would compile every module.
test faults: export PYTHONDONTWRITEBYTECODE :=

test: check browser
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

faults: $(VENV)/.dev
	$(BIN)/python -m pytest tests/faults --all-faults $(PYTEST_ARGS)

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" --extra build pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" --extra build --extra dev --constraint requirements.lock \
		pyproject.toml --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .weerzien .mypy_cache .ruff_cache .pytest_cache
