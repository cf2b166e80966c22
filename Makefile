# Every target does its own set-up; what is made stays in .venv and build/, so a second run starts at once.
# PYTHON=... chooses the Python of .venv (3.11 or later), SLUICE_MICROPYTHON=... a MicroPython of your own.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check conformance bench romfs size tables lock clean

BIN := .venv/bin
ENVIRONMENT := .venv/.made
MICROPYTHON := build/micropython/.made
WHEELS := build/wheels/.made
ROMFS := build/romfs/sluice-x86.romfs
CERTIFICATES := build/micropython/.certificates
READY := $(ENVIRONMENT) $(WHEELS) $(MICROPYTHON) $(CERTIFICATES) $(ROMFS)
TOOLCHAIN := image constants privates
SOURCES := $(shell find firmware shared boards -name '*.py' -o -name '*.json' -o -type d ! -name __pycache__)

PYTHONS := python3 python3.14 python3.13 python3.12 python3.11
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON = $(firstword $(foreach python,$(PYTHONS),$(shell $(python) $(NEW_ENOUGH) 2>/dev/null && echo $(python))))

help: ## this text
	@printf 'Sluice: a gateway that keeps a site inside its dynamic operating envelope.\n\n'
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

setup: $(READY) ## .venv with the command `sluice`, 32-bit MicroPython, the gateway's image
	@echo 'setup: ready; the command is $(BIN)/sluice'

demo: $(READY) ## a day of a simulated house under the limits of a utility server; ends in build/demo/
	@$(BIN)/sluice demo

test: $(READY) ## all tests, core tests on CPython and on MicroPython; ARGS='-k xml' chooses
	@$(BIN)/pytest -q $(ARGS)

check: $(READY) ## what CI runs: lint, types, all tests
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/pytest -q

conformance: $(READY) ## the national test procedures against the gateway, in virtual time; ARGS='GEN-01' chooses
	@$(BIN)/sluice conformance $(ARGS)

bench: $(READY) ## heap, speed and size against what is promised, into build/bench.json (about twenty minutes)
	@$(BIN)/python tests/bench/bench.py $(ARGS)

romfs: $(ENVIRONMENT) ## the gateway's image for each architecture, in build/romfs/
	@$(BIN)/python -m sluice_tools.toolchain.image --all

size: $(ENVIRONMENT) ## bytes of .mpy per module and in total, and the change since the last commit
	@$(BIN)/python -m sluice_tools.toolchain.image --size

tables: $(ENVIRONMENT) ## tables.py of sep2 (out of its documents.py) and of modbus
	@$(BIN)/python firmware/make_tables.py

lock: $(ENVIRONMENT) ## newest versions of all packages into requirements.lock
	@$(BIN)/python -m pip install -q uv
	@$(BIN)/uv pip compile -q --system-certs --universal --generate-hashes --python-version 3.11 --all-extras --upgrade \
	    --no-header --no-annotate pyproject.toml -o requirements.lock

clean: ## removes everything that the other targets made
	@rm -rf .venv build .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(ENVIRONMENT): requirements.lock pyproject.toml
	@$(or $(PYTHON),false) $(NEW_ENOUGH) || { echo 'setup: no Python 3.11 or later: install one, or name it: make PYTHON=/path/to/python3' >&2; exit 1; }
	@PYTHONPATH=host_tools $(PYTHON) -m sluice_tools.toolchain.environment
	@touch $@

$(WHEELS): wheels.lock | $(ENVIRONMENT)
	@rm -rf $(@D)
	@$(BIN)/python -m pip download -qq --no-deps --ignore-requires-python --require-hashes -r $< -d $(@D)
	@touch $@

# Without one the tests that need it are skipped at a desk, which is tried again next time; in CI it is a failure.
$(MICROPYTHON): host_tools/sluice_tools/toolchain/interpreter.py $(ENVIRONMENT)
	@if $(BIN)/python -m sluice_tools.toolchain.interpreter; then mkdir -p $(@D) && touch $@; else [ "$$CI" != true ]; fi

$(CERTIFICATES): host_tools/sluice_tools/toolchain/certificates.py $(wildcard boards/sep2_certificates/*) $(MICROPYTHON)
	@if $(BIN)/python -m sluice_tools.toolchain.certificates; then mkdir -p $(@D) && touch $@; else [ "$$CI" != true ]; fi

$(ROMFS): $(TOOLCHAIN:%=host_tools/sluice_tools/toolchain/%.py) $(SOURCES) $(ENVIRONMENT)
	@$(BIN)/python -m sluice_tools.toolchain.image
