# Everything runs in .venv, which the first target that needs it creates.
PYTHON ?= python3
BIN := .venv/bin
# Two processes with two threads each on two cores slow one another down many times over.
export OMP_NUM_THREADS ?= 1

.PHONY: help demo test check test-all notebooks figures docs bench gpu

help:  ## Show the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: .venv/installed  ## Run the study on embedded data: about a minute, ends with the path of a report.
	$(BIN)/lamp study --preset demo --out demo

test: .venv/installed  ## Run the quick tests.
	$(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile

check: .venv/installed  ## Lint, check types and the layering.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-all: .venv/installed  ## Run all tests, the slow ones too.
	$(BIN)/python -m pytest

notebooks: .venv/installed  ## Execute the notebooks.
	$(BIN)/python -m pytest --nbmake --nbmake-timeout=600 notebooks

.venv/docs: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

PICTURES := docs/pictures
$(PICTURES)/drawn: .venv/installed $(addprefix docs/,index.md gallery.md recipes.md reading.md anomalies.md pictures.py)
	rm -rf $(PICTURES)
	mkdir $(PICTURES)
	cd $(PICTURES) && $(CURDIR)/$(BIN)/python ../pictures.py
	touch $@

figures: $(PICTURES)/drawn  ## Draw the pictures of all pages, by the code beside them: docs/pictures.

docs: .venv/docs figures  ## Build the documentation: docs/_build/html/index.html; a warning or a broken link is an error.
	$(BIN)/python -m sphinx -E -W --keep-going -q -b html docs docs/_build/html

# Without the peers the benchmarks run all the same and say what is missing.
PEERS := benchmarks/.cache/peers
$(PEERS)/installed: .venv/installed benchmarks/peers.txt
	rm -rf $(PEERS)
	if $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--target $(PEERS) -r benchmarks/peers.txt; then touch $@; fi

bench: $(PEERS)/installed  ## Measure speed and memory beside the peers: 25 minutes. DATA=DIR has MNIST; ARGS=--quick.
	$(BIN)/python -m benchmarks $(if $(DATA),--data-root "$(DATA)") $(ARGS)

gpu: $(PEERS)/installed  ## On a machine with a CUDA device: the tests that need one, and the benchmarks there.
	$(BIN)/python -m pytest -m gpu
	$(BIN)/python -m benchmarks --device cuda --only peers --only tolerance $(if $(DATA),--data-root "$(DATA)") $(ARGS)
