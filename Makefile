# `make demo` shows it, `make test` proves it. Both need Python 3.11 or newer and nothing else.
.PHONY: help venv demo test test-all lint audit i18n docs bench figures scale peers chaos long-run screenshots pictures lock clean chromium kannel
.DELETE_ON_ERROR:

PYTHON ?= python3
PYTEST ?= .venv/bin/pytest -n 2 --dist worksteal
BIN := .venv/bin
LOCK := constraints.txt setup.cfg pyproject.toml
UV = $(shell sed -n 's/^\(uv==[^ ;]*\).*/\1/p' constraints.txt)
IS_ROOT_APT = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null
HAS_CHROMIUM = { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null
HAS_KANNEL = { command -v bearerbox >/dev/null && [ -x /usr/lib/kannel/test/fakesmsc ]; }

help:
	@echo 'make demo      the whole system with invented data; Ctrl-C stops it'
	@echo 'make test      lint, types and tests, in 10 minutes or less'
	@echo 'make test-all  the same and what takes longer'
	@echo 'make venv      only .venv with feedback-hub in it'
	@echo 'make lint      format, rules and types only'
	@echo 'make audit     ask whether a library has a known fault; needs the network'
	@echo 'make i18n      strings from the code into the translations'
	@echo 'make docs      the documentation as a site, in build/docs'
	@echo 'make screenshots  the pictures of the README, from the demonstration'
	@echo 'make pictures  the pictures that the screens are held against, taken again'
	@echo 'make bench     measure, each figure against its goal'
	@echo 'make figures   docs/performance.md and docs/scale.md from what make bench kept'
	@echo 'make chaos     hurt everything under load and print what must be so'
	@echo 'make long-run  half an hour of load: does anything grow?'
	@echo 'make lock      new pins in constraints.txt, within the ranges of setup.cfg'
	@echo 'make clean     remove all that make has made'

venv: $(BIN)/.run

# No shell around it: a signal to make reaches the demo itself.
demo: $(BIN)/.run
	@$(BIN)/feedback-hub demo

test: lint chromium
	$(PYTEST) -m "not slow$$($(HAS_CHROMIUM) || echo ' and not browser')"

test-all: lint chromium kannel
	$(PYTEST) -m "$$($(HAS_CHROMIUM) || echo 'not browser')"

lint: $(BIN)/.test
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

# Of what is locked, by hash, without installing any of it. What could not be asked about fails it.
audit: $(BIN)/.test
	$(BIN)/uv tool run pip-audit --strict --require-hashes --disable-pip --requirement constraints.txt

# New and changed strings into the catalogue; translate them, then run it again.
i18n: $(BIN)/.test
	@mkdir -p build
	$(BIN)/pybabel -q extract -F babel.cfg -k N_ --no-location --sort-output -o build/messages.pot .
	$(BIN)/pybabel -q update -i build/messages.pot -d feedback_hub/web/translations -l pt \
	  --no-fuzzy-matching --ignore-obsolete
	$(BIN)/pybabel -q compile -d feedback_hub/web/translations

# A warning (a link that leads nowhere) fails; a test builds it too.
docs: $(BIN)/.test
	$(BIN)/python -m mkdocs build --strict --quiet
	@echo 'Open build/docs/index.html'

# PART="queue search" measures these only; ARGS="--quick" tries it out.
bench: $(BIN)/.test
	@$(BIN)/python -m bench $(PART) $(ARGS)

# The pages of figures, from what `make bench` kept in bench-results.
figures: $(BIN)/.test
	@$(BIN)/python -m bench.report && $(BIN)/python -m tests.scale_model

# docs/scale.md alone, from what docs/performance/measured.json has.
scale: $(BIN)/.test
	@$(BIN)/python -m tests.scale_model

# What `make bench PART=peers` compares with, each in a place of its own; filled ones are kept there too.
PEERS ?= $(HOME)/.cache/feedback_hub/peers
peers:
	@for peer in django-helpdesk roundup; do \
	  test -x $(PEERS)/$$peer/bin/python || python3 -m venv $(PEERS)/$$peer && \
	  $(PEERS)/$$peer/bin/pip install --quiet $$peer gunicorn || exit 1; \
	done
	@if [ -L $(PEERS)/request-tracker/usr/sbin/rt-setup-database ]; then :; \
	elif $(IS_ROOT_APT); then bench/peers/request_tracker.sh install $(PEERS)/request-tracker; \
	else echo 'Request Tracker is left out: only root can install it, with apt.' >&2; fi

chaos: $(BIN)/.test
	@$(BIN)/python -m tests.chaos $(ARGS)

# Half an hour of mixed load: nothing of the hub may grow.
long-run: $(BIN)/.test
	@$(BIN)/python -m tests.chaos.steady $(ARGS)

screenshots: $(BIN)/.test chromium
	@$(BIN)/python -m tests.e2e.screenshots

# Look at what changed before keeping it.
pictures: $(BIN)/.test chromium
	@PICTURES=renew $(BIN)/pytest -q -p no:xdist tests/e2e/test_pictures.py
	@git status --short tests/e2e/pictures

lock: $(BIN)/.test
	$(BIN)/uv pip compile setup.cfg --extra test --universal --python-version 3.11 \
	  --generate-hashes --no-header --upgrade --quiet --output-file constraints.txt

clean:
	rm -rf .venv build dist *.egg-info bench-results \
	  .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- What the targets stand on. A stamp is younger than what it was made from.

# $(call install,[extra]): uv takes seconds; where there is no uv, pip takes the whole lock file.
# All is compiled once, here: where Python may not keep what it compiles (PYTHONDONTWRITEBYTECODE,
# a read-only disk), each process would do it again, and starting would take twice as long.
define install
if [ -x $(BIN)/uv ]; then \
  $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python \
    --constraint constraints.txt --build-constraint constraints.txt --editable '.$(1)'; \
else \
  $(BIN)/python -m pip install --quiet --require-hashes --requirement constraints.txt && \
  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .; \
fi && $(BIN)/python -m compileall -q feedback_hub channels workers
endef

$(BIN)/.run: $(BIN)/.made $(LOCK)
	@echo 'Installing feedback_hub into .venv'
	@$(call install,[full])
	@touch $@

$(BIN)/.test: $(BIN)/.made $(LOCK)
	@echo 'Installing feedback_hub and its test tools into .venv'
	@$(call install,[test])
	@touch $(BIN)/.run $@

$(BIN)/.made:
	@for python in $(PYTHON) python3.14 python3.13 python3.12 python3.11 ''; do \
	  [ -n "$$python" ] || { echo "feedback_hub needs Python 3.11 or newer (make PYTHON=/path/to/python3)." >&2; exit 1; }; \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	done; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null && $(IS_ROOT_APT); then \
	  echo 'Installing python3-venv'; \
	  apt-get update -qq >/dev/null; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv >/dev/null; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$python cannot make virtual environments. Install them first: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(UV)' || \
	  echo 'No uv for this machine: pip does it, slower.'
	@touch $@

kannel:
	@if ! $(HAS_KANNEL) && $(IS_ROOT_APT); then \
	  echo 'Installing Kannel for the gateway tests'; \
	  apt-get update -qq >/dev/null; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
	    kannel kannel-extras >/dev/null; \
	fi; \
	$(HAS_KANNEL) || echo 'No Kannel here, so its tests are left out.' \
	  'Install it: apt-get install kannel kannel-extras' >&2

chromium:
	@if ! $(HAS_CHROMIUM) && $(IS_ROOT_APT); then \
	  echo 'Installing Chromium for the browser tests'; \
	  apt-get update -qq >/dev/null; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
	fi; \
	$(HAS_CHROMIUM) || { \
	  echo 'No Chromium here, so the browser tests are left out. Install it: apt-get install chromium' >&2; \
	  [ -z "$$CI" ]; }
