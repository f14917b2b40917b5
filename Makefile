# Two commands do everything: `make demo` and `make test`. Each sets itself up from the lock file.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo-night

.PHONY: help demo test lint bench docs lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo      open the window on the demo night (without a screen: draw its pictures)"
	@echo "make test      run the tests"
	@echo "make lint      check style, types and architecture"
	@echo "make bench     measure speed against named peers"
	@echo "make docs      draw the pictures of the documentation (and of the help) anew"
	@echo "make lock      resolve the dependencies anew"
	@echo "make clean     remove .venv and the demo night"

$(VENV): $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml tools/doctor.py
	@$(PYTHON) tools/doctor.py before
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(VENV)/.ready
	@sh tools/demo.sh $(BIN) $(DEMO)

test: $(VENV)/.ready
	@$(BIN)/python tools/doctor.py qt
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest

lint: $(VENV)/.ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(VENV)/.ready
	@$(BIN)/python tools/doctor.py qt
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m benchmarks

docs: $(VENV)/.ready
	@$(BIN)/python tools/doctor.py qt
	@sh tools/docs.sh $(BIN)

lock: $(VENV)/.ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --group build --generate-hashes \
		--no-emit-index-url --no-header pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) $(DEMO)
