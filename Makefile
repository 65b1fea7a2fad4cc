# Thin: each target is one command that can be typed by hand. `make lab` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export SOSC_IMAGES ?= auto

.DEFAULT_GOAL := help
.PHONY: help lab test test-engine test-apart test-machines test-alone lint bench outputs pictures lock setup clean

help:            ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

lab: setup       ## everything set up, the lab running, JupyterLab open on the first section
	$(BIN)/sosc lab

test: lint       ## the library, the lab and every notebook tested; with SOSC_TESTS=all what takes hours too
	$(BIN)/sosc setup --yes --tests
	SOSC_IMAGES=offline $(BIN)/sosc prefetch
	@$(MAKE) --no-print-directory --keep-going --jobs 3 $(BESIDE); status=$$?; \
	    for target in $(AFTER) test-alone; do $(MAKE) --no-print-directory $$target || status=2; done; exit $$status

# On two cores that three streams keep busy a test may need luck: a few are tried once more, and told of with what they
# met. Not so what was left behind, which a second try would not find, and who hung once.
TRY := $(BIN)/pytest --reruns 1 --max-suite-reruns 5 --rerun-show-tracebacks \
    --rerun-except 'left behind' --rerun-except Timeout

# None has to do with the others, so they run side by side: the engine's before one's eyes; what was said of engines of
# their own and of the virtual machines is shown when they are done, and of the machines how far they are.
test-engine test-apart test-machines test-alone: export SOSC_IMAGES = offline
test-engine:
	@$(TRY) -m '(engine or not vm) and not apart and not alone and not benchmark'

test-apart:
	@mkdir -p build
	@$(BIN)/python -m tests.own_engine $(TRY) -m 'apart and not alone and not benchmark' >build/apart.log 2>&1; \
	    status=$$?; cat build/apart.log; exit $$status

test-machines: SHELL := /bin/bash
test-machines: .SHELLFLAGS := -o pipefail -c
test-machines:
	@mkdir -p build
	@$(TRY) -m 'vm and not engine and not apart and not alone and not benchmark' 2>&1 \
	    | tee -ip build/machines.log | sed --unbuffered --quiet 's/^  · /  · machines: /p'; \
	    status=$$?; cat build/machines.log; exit $$status

test-alone:
	@$(TRY) -m alone

# A second engine takes root and an engine's programs. Where there is but one, one run at a time has it to itself.
BESIDE := test-engine test-machines
AFTER  := test-apart
ifeq ($(shell test "$$(id -u)" = 0 && which dockerd ip unshare >/dev/null && echo yes),yes)
BESIDE += test-apart
AFTER  :=
endif

lint: $(VENV)/ready ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup     ## the benchmarks, as a table
	SOSC_IMAGES=offline $(BIN)/pytest -m benchmark tests/benchmarks

outputs: setup   ## run every notebook and store its outputs
	SOSC_IMAGES=offline $(BIN)/sosc run --update

pictures: setup  ## take the README's picture anew
	$(BIN)/sosc setup --yes --tests
	$(BIN)/pytest tests/browser -k picture_for_the_readme
	cp build/pictures/section.png data/pictures/section.png

lock: $(VENV)/ready ## resolve the versions anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links --upgrade --extra test pyproject.toml -o requirements.lock

setup: $(VENV)/ready
	$(BIN)/sosc setup --yes

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "Python's venv module is missing: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:           ## remove what the build made (the lab's own files stay: `sosc destroy` removes those)
	rm -rf build $(VENV)
