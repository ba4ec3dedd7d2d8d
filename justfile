# Recipes of the house; `just` runs the first one.

python := ".venv/bin/python"

# lint, types, tests
default: lint test

# install everything for work on payback
setup:
    python3 -m venv .venv
    {{python}} -m pip install -q -e '.[dev]'

# style and types
lint:
    {{python}} -m ruff check .
    {{python}} -m ruff format --check .
    {{python}} -m mypy

# put the style right
fix:
    {{python}} -m ruff check --fix .
    {{python}} -m ruff format .

# all tests
test *arguments:
    {{python}} -m pytest {{arguments}}

# ratios to peers, measured in one run (slow)
bench:
    {{python}} benchmarks/cold_start.py
    {{python}} benchmarks/prediction_error.py
    {{python}} benchmarks/replay.py

# the claims of the 2018 article, recomputed
article:
    {{python}} -m payback article
