# `make demo` and `make test` do all the set-up themselves, as often as they are called.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv --quiet pip install --python $(BIN)/python --require-hashes --build-constraints requirements/build.txt
# What the tests of the card, of the terminal's page, of documents and of mails, and the independent verifiers need.
TEST_PACKAGES := chromium chromium-driver dovecot-imapd gcc ghostscript imagemagick libpcsclite-dev opensc openssl pcscd \
	python3-dev qpdf swig vsmartcard-vpcd xmlsec1

.PHONY: help install demo up test lint format histories bench lock debian-packages clean

help:  ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/run  ## Install into .venv what running takes

demo: .venv/run  ## Watch one whole application, from the form to the new card
	@$(BIN)/zairyu demo

up: .venv/run  ## Run everything until Ctrl-C: server, sandbox, worker, terminal
	@$(BIN)/zairyu up

test: .venv/dev  ## Run all tests
	@if scripts/debian_packages.sh $(TEST_PACKAGES) && $(UV) -r requirements/card.txt; then \
		$(BIN)/pytest -n auto --dist worksteal; \
	else \
		echo "The tests of the real PC/SC daemon, the terminal's page, documents made by other programs, the" >&2; \
		echo "outside verifiers and the IMAP server are left out where this machine lacks what they need." >&2; \
		ZAIRYU_NO_PCSC=1 ZAIRYU_NO_DOCUMENT_TOOLS=1 ZAIRYU_NO_DOVECOT=1 $(BIN)/pytest -n auto --dist worksteal; \
	fi

lint: .venv/dev  ## Check style, types and imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/dev  ## Put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

histories: .venv/dev  ## Record the stories in tests/histories afresh
	$(BIN)/python -m tests.histories.record

bench: .venv/dev  ## Measure, side by side in one run
	$(BIN)/python -m bench

lock: .venv/dev  ## Choose new versions of the libraries, with their hashes
	$(BIN)/python scripts/lock.py

debian-packages:  ## Install what the tests take from Debian
	@scripts/debian_packages.sh $(TEST_PACKAGES)

clean:  ## Remove the environment, all caches, and the embedded server's data
	rm -rf .venv .zairyu .hypothesis .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || scripts/debian_packages.sh python3-venv
	@echo "Setting up .venv (once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/uv.txt
	@touch $@

.venv/run: .venv/bin/uv requirements/run.txt requirements/build.txt pyproject.toml
	@$(UV) -r requirements/build.txt -r requirements/run.txt
	@$(BIN)/uv --quiet pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/run requirements/dev.txt
	@$(UV) -r requirements/dev.txt
	@touch $@
