.PHONY: help demo test test-all check format frontend types screenshot lock wheel clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo: ## the product at work, without a bot token
	scripts/demo

test: ## the quick tests, within two minutes or so
	scripts/test --quick

test-all: ## every test
	scripts/test

check: ## what CI runs: format, lint, types, front end, every test
	scripts/check
	scripts/test

format: ## write the formatting, mend what lint can mend
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

frontend: ## build frontend/ into frontend_dist/
	scripts/build-frontend

types: ## the front end's types of the API, from its OpenAPI document
	scripts/types

screenshot: ## the pictures of the README, taken from the running demo
	scripts/screenshot

lock: ## new lock files after a change of dependencies
	scripts/lock

wheel: ## dist/appliance-*.whl
	.venv/bin/python -m build --wheel

clean: ## what can be made again
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
