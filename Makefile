# Everything a newcomer needs: `make demo` shows the kiosk, `make test` proves it; each sets up what it needs by itself.
# Works on Debian and Raspberry Pi OS with python3 3.11 or newer; uses sudo only if a package is missing.

PYTHON ?= python3
MINUTES ?= 60
VENV := .venv
BIN := $(VENV)/bin
# tests commit tens of thousands of times, and what must reach a disk is proven on a simulated one
SCRATCH := $(shell [ "$$(df -k --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 2000000 ] 2>/dev/null && echo /dev/shm || echo /tmp)
APT_PACKAGES := python3-venv git mosquitto mosquitto-clients openssl chromium libzbar0

HAS_VENV := $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null

define CHECK_PYTHON
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || { echo "python3 3.11 or newer is needed; this is $$($(PYTHON) --version)"; exit 1; }
endef

# the lock is whole: with --no-deps pip resolves nothing, and a release newer than the lock cannot disturb it
define install
$(PYTHON) -m venv $(VENV)
$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(1)
$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endef

.PHONY: demo test lint bench proof diagram words lock clean

# make demo DEMO_OPTIONS='--port 8081 --no-browser'
demo:
	@$(MAKE) --question $(VENV)/ready 2>/dev/null || $(MAKE) --silent --no-print-directory $(VENV)/demo
	@$(BIN)/kiosk demo $(DEMO_OPTIONS)

test: $(VENV)/ready
	TMPDIR=$(SCRATCH) $(BIN)/pytest --quiet tests/core --cov=kiosk.core --cov-branch --cov-fail-under=100 --cov-report=
	TMPDIR=$(SCRATCH) $(BIN)/pytest --ignore=tests/core $(PYTEST_OPTIONS)

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/ready
	$(BIN)/python -m tests.bench

# goes on with simulated days, power cuts, lives on paper, kills, seized kiosks and a full matrix from fresh seeds, then with
# small faults in core and ledger that tests must notice, for MINUTES each; proof/*.json add up over runs
proof: $(VENV)/ready
	$(BIN)/python -m tests.cuts --minutes $(MINUTES)
	$(BIN)/python -m tests.lives --minutes $(MINUTES)
	$(BIN)/python -m tests.cage --minutes $(MINUTES)
	$(BIN)/python -m tests.privacy --minutes $(MINUTES)
	$(BIN)/python -m tests.matrix --minutes $(MINUTES)
	$(BIN)/python -m tests.mutation --minutes $(MINUTES)

diagram: $(VENV)/ready
	$(BIN)/python -m tests.architecture.draw

# Take new texts into every kiosk.po, then compile them; what is not translated is shown in English.
words: $(VENV)/ready
	cd web && ../$(BIN)/pybabel -q extract -F translations/babel.cfg -k N_ --no-location --sort-output -o ../$(VENV)/kiosk.pot .
	$(BIN)/pybabel -q update -D kiosk -i $(VENV)/kiosk.pot -d web/translations -N --ignore-obsolete --ignore-pot-creation-date -w 110
	$(BIN)/pybabel -q compile -D kiosk -d web/translations

# what the demo needs, and no more: no package of the system but python3-venv
$(VENV)/demo: pyproject.toml requirements-demo.lock
	$(CHECK_PYTHON)
	@$(HAS_VENV) || $(MAKE) apt APT_PACKAGES=python3-venv
	$(call install,requirements-demo.lock)
	touch $@

$(VENV)/ready: pyproject.toml requirements-dev.lock
	$(CHECK_PYTHON)
	@$(HAS_VENV) && PATH="$$PATH:/usr/sbin" which mosquitto mosquitto_sub openssl chromium >/dev/null \
	  && $(PYTHON) -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("zbar"))' || $(MAKE) apt
	$(call install,requirements-dev.lock)
	touch $@

.PHONY: apt
apt:
	@echo "installing: $(APT_PACKAGES)"
	$(if $(filter 0,$(shell id -u)),,sudo )apt-get update -q
	$(if $(filter 0,$(shell id -u)),,sudo )apt-get install -q -y $(APT_PACKAGES)

# Pin new versions; the lock files record hashes and no addresses.
lock: $(VENV)/ready
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --extra cards --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --extra cards --extra demo --output-file requirements-demo.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --extra cards --extra demo --extra dev \
	  --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
