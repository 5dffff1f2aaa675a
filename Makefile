PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help run test test-fast soak coverage check bench format lock schema messages screenshots
export PYTHONDONTWRITEBYTECODE =  # the tests start many processes, which would compile every module again

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run  ## Serve the demo registry on 127.0.0.1:8000 (PORT=… for another port)
	@$(BIN)/python manage.py run --port $(PORT)

test: $(VENV)/.develop  ## Run the whole test suite
	$(BIN)/python -m pytest $(ARGS)

test-fast: $(VENV)/.develop  ## Run the tests that need no database
	$(BIN)/python -m pytest tests/unit tests/contracts -m "not django_db" -n logical -p no:schemathesis $(ARGS)

soak: $(VENV)/.develop  ## Search for rare faults, for an hour or more
	KILLS=50 STOPS=10 WRITE_SECONDS=30 JOB_PATIENTS=6000 IMPORT_ROWS=100000 SOAK_SECONDS=600 GENERATED=20000 FLOOD_SECONDS=30 \
		$(BIN)/python -m pytest -m "soak or hypothesis" --hypothesis-profile=soak $(ARGS)

coverage: $(VENV)/.develop  ## Measure branch coverage: 100 % of the core is required
	$(BIN)/python -m pytest tests/unit tests/contracts tests/http_api -k "not sqlite and not postgres and not costs" \
		--cov --cov-report= $(ARGS)
	$(BIN)/coverage report
	$(BIN)/coverage report --include='src/core/*' --show-missing --fail-under=100

check: $(VENV)/.develop  ## Run the quality gate
	$(BIN)/black --check --quiet .
	$(BIN)/isort --check-only --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/pyright
	PYTHONPATH=src $(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive src --configfile pyproject.toml
	$(BIN)/pylint --disable=all --enable=duplicate-code --min-similarity-lines=8 --ignore-patterns='^0.*' src
	$(BIN)/python manage.py makemigrations --check --dry-run
	DJANGO_ENV=production SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') \
		ALLOWED_HOSTS=registry.example DATABASE_URL=sqlite:///var/check.sqlite3 GRANIAN_WORKERS=1 $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py spectacular --format openapi-json --validate --fail-on-warn --file $(VENV)/openapi.json
	cmp $(VENV)/openapi.json docs/openapi.json

bench: $(VENV)/.develop  ## Compare the registry with its peers (ARGS=--quick for two minutes)
	$(BIN)/python -m benchmarks $(ARGS)

format: $(VENV)/.develop  ## Format the code
	$(BIN)/isort --quiet .
	$(BIN)/black --quiet .

lock: $(VENV)/.develop  ## Lock the dependencies, for every platform
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header pyproject.toml --extra server -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header pyproject.toml --extra server --group dev -c requirements.txt -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --no-deps --generate-hashes --no-header --group data -o requirements-data.txt

schema: $(VENV)/.develop  ## Write docs/openapi.json
	$(BIN)/python manage.py spectacular --format openapi-json --validate --file docs/openapi.json

messages: $(VENV)/.develop  ## Collect the texts of pages, to be translated, and compile the translations (needs GNU gettext)
	cd src/adapters/web && PYTHONPATH=../.. $(abspath $(BIN))/django-admin makemessages --locale de --locale ar --no-location --no-wrap --no-obsolete
	cd src/adapters/web && for one in locale/*/LC_MESSAGES/django.po; do sed -i.old '/^"POT-Creation-Date/d' $$one && rm $$one.old; done
	cd src/adapters/web && $(abspath $(BIN))/django-admin compilemessages

screenshots: $(VENV)/.develop  ## Take the pictures in docs/screenshots (needs Chromium)
	PYTHONPATH=src:. $(BIN)/python -m tests.browser.screenshots

$(VENV)/.run: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.develop: requirements-dev.txt requirements-data.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-data.txt
	@touch $@ $(VENV)/.run
