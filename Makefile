# One command each: run, test, check, bench. Everything they need is installed here.
PYTHON ?= python3.11
PORT ?= 8000
BIN := .venv/bin
SOURCES := portal declarations signing risk_gateway interop

.PHONY: run test check unit e2e bench format clean

run: .venv/ready portal/static/manifest.json
	SHEKARA_DEMO=1 exec $(BIN)/shekara demo --port $(PORT)

test: check unit e2e

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: .venv/ready portal/static/manifest.json
	@command -v softhsm2-util >/dev/null || [ "$$(id -u)" != 0 ] || (apt-get update -q && apt-get install -y -q softhsm2)
	$(BIN)/pytest tests -n 2

e2e: .venv/ready portal/static/manifest.json
	@command -v chromium-headless-shell >/dev/null || [ "$$(id -u)" != 0 ] || (apt-get update -q && apt-get install -y -q chromium-headless-shell) || true
	@command -v chromium-headless-shell chromium chromium-browser google-chrome >/dev/null || (apt-get update -q && apt-get install -y -q chromium) || $(BIN)/playwright install chromium
	$(BIN)/pytest e2e -n 2 --dist loadgroup --no-loadscope-reorder

bench: .venv/ready
	$(BIN)/python -m bench

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

portal/static/manifest.json: package-lock.json $(shell find assets -type f)
	npm ci --no-fund --no-audit --loglevel=error
	npm run build --silent

clean:
	rm -rf .venv node_modules portal/static var
