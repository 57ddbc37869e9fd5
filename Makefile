# Two commands matter: `make demo` and `make test`. Both make .venv from the hash-locked lists, both may be run
# twice, both work offline once installed. ARGS goes to the command: make demo ARGS="--seconds 30".

PYTHON ?= python3
ARGS ?=

FAULTS := tests/fault tests/domain/test_escalation.py
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip

# Modules, not scripts: a script's first line names the folder it was made in, and folders get moved.
LAYERS := $(PY) -c 'import sys; from importlinter.cli import lint_imports_command as run; sys.argv[0] = "lint-imports"; run()'

# A clone has no .venv; a replaced Python or a broken-off run leaves one that is worth nothing. Both are made anew.
AGAIN := $(if $(shell $(PY) -c 'import pip' 2>/dev/null && echo works),,again)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export PIP_NO_INPUT := 1

.DELETE_ON_ERROR:
.PHONY: again help demo test fault fault-long check lint format types spelling layers bench lock clean

help:
	@echo "make demo   watch simulated exchanges, with pages, a mailbox and a webhook receiver (ARGS=\"--seconds 30\")"
	@echo "make test   every check and every test (ARGS=\"-k drift\")"
	@echo "make fault  the faults alone, each with its figures, as in make test: four minutes at most on two idle cores"
	@echo "make fault-long  the same at full length: some four hours, the figures of docs/RELIABILITY.md"
	@echo "make check  the checks alone: lint, format, types, spelling, layers"
	@echo "make bench  the ratios of docs/PERFORMANCE.md"
	@echo "make lock   pin every dependency again"
	@echo "make clean  remove .venv and all caches"

demo: $(VENV)/.installed
	@$(PY) -m hedgewatch demo $(ARGS)

test: $(VENV)/.installed-for-tests
	@$(PY) -m pytest $(ARGS)

fault: $(VENV)/.installed-for-tests
	@$(PY) -m pytest $(FAULTS) -s $(ARGS)

fault-long: $(VENV)/.installed-for-tests
	@HEDGEWATCH_FAULT=long $(PY) -m pytest $(FAULTS) -s $(ARGS)

check: lint format types spelling layers

lint: $(VENV)/.installed-for-tests
	@$(PY) -m ruff check .

format: $(VENV)/.installed-for-tests
	@$(PY) -m ruff format --check .

types: $(VENV)/.installed-for-tests
	@$(PY) -m mypy

spelling: $(VENV)/.installed-for-tests
	@$(PY) -m codespell_lib

layers: $(VENV)/.installed-for-tests
	@$(LAYERS)

bench: $(VENV)/.installed-for-tests
	@for each in tests/benchmarks/bench_*.py; do $(PY) "$$each" $(ARGS) || exit 1; done

# Three lists from one resolution: requirements-test.lock holds everything, the other two are cut from it.
# uv reads no pip configuration: a mirror is given to it by UV_DEFAULT_INDEX. ARGS="--upgrade-package NAME" moves one pin.
COMPILE = "$$tools/bin/uv" pip compile --universal --generate-hashes --no-header --no-annotate --quiet

lock:
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	$(PYTHON) -m venv "$$tools"; "$$tools/bin/python" -m pip install --quiet uv; \
	$(COMPILE) pyproject.toml --all-extras $(ARGS) -o requirements-test.lock; \
	$(COMPILE) pyproject.toml --extra demo -c requirements-test.lock -o requirements.lock; \
	$(COMPILE) --group build -c requirements-test.lock -o requirements-build.lock

# $(call install,LISTS): wheels are checked against their hashes; bytecode is compiled on all cores, which pip does not do;
# the package itself is built by the locked hatchling, so nothing unlocked is fetched.
define install
	@echo "installing into $(VENV), a minute on the first run"
	@$(PIP) install --quiet --no-compile --require-hashes $(1)
	@$(PIP) install --quiet --no-compile --no-deps --no-build-isolation --editable .
	@$(PY) -m compileall -q -j 0 $(VENV)/lib >/dev/null || true
	@touch $@
endef

$(VENV)/.installed: requirements.lock requirements-build.lock pyproject.toml $(AGAIN) | $(PY)
	$(call install,-r requirements.lock -r requirements-build.lock)

$(VENV)/.installed-for-tests: requirements-test.lock pyproject.toml $(AGAIN) | $(PY)
	$(call install,-r requirements-test.lock)
	@touch $(VENV)/.installed

$(PY): $(AGAIN)
	@command -v $(PYTHON) >/dev/null || { \
	  echo "make: no $(PYTHON) here: install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $$($(PYTHON) --version) is too old, 3.11 or newer is needed; name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: this Python cannot make a virtual environment (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find hedgewatch tests migrations -name __pycache__ -type d -prune -exec rm -rf {} +
