# make run    install, load the demo exports when nothing was loaded yet, serve on http://localhost:8501
# make test   install, run every test, WORKERS at a time; tests in a browser are skipped where no Chromium is found
# make lint   style of Python and SQL, direction of imports, README tables against the contract
# make bench  speed and memory in short runs, written to bench/out/; `python -m bench` lists the long ones
# make spark  install what `python -m fuqi build --engine spark` and its tests need beside Java, 400 MB
# make lock   renew the requirements files from pyproject.toml

PYTHON ?= python3
PORT ?= 8501
WORKERS ?= auto
BIN := .venv/bin

.PHONY: run test lint bench spark lock

run: .venv/.installed
	@test -f data/warehouse/CURRENT || $(BIN)/python -m fuqi intake data/exports
	@$(BIN)/python -m fuqi serve --port $(PORT)

test: .venv/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint queries
	$(BIN)/lint-imports
	$(BIN)/python -m fuqi contract --check

bench: .venv/.installed-dev
	$(BIN)/python -m bench all

spark: .venv/.installed-spark

lock: .venv/.installed-dev
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header -o requirements.txt pyproject.toml
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header -c requirements.txt \
		--extra dev -o requirements-dev.txt pyproject.toml
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header -c requirements.txt \
		--extra spark -o requirements-spark.txt pyproject.toml

.venv/.created:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.installed: .venv/.created requirements.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.installed-dev: .venv/.created requirements-dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/.installed

.venv/.installed-spark: .venv/.created requirements-spark.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-spark.txt
	@touch $@ .venv/.installed
