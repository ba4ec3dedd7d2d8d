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
    {{python}} benchmarks/search.py
    {{python}} benchmarks/check_builds.py
    {{python}} benchmarks/monte_carlo.py
    {{python}} benchmarks/replay.py
    {{python}} benchmarks/joblog_read.py
    {{python}} benchmarks/watch_load.py

# every check of the web app: pages, browser, 10,000 cases against the API, 50 users (half an hour)
web:
    PAYBACK_API_CASES=1400 {{python}} -m pytest tests/web tests/browser tests/test_mcp.py
    {{python}} benchmarks/web_load.py

# the randomised tests at the counts that were run by hand (an hour)
thorough:
    PAYBACK_SEQUENCES=100000 {{python}} -m pytest tests/operate/idle/test_idle_invariant.py
    PAYBACK_KILLS=100 {{python}} -m pytest tests/observe/watch/test_watch_kill.py tests/catalogue/test_store_kill.py
    PAYBACK_TRACES=8000 {{python}} -m pytest tests/decision/sizing
    PAYBACK_ACCESS_EXAMPLES=400 {{python}} -m pytest tests/operate/access

# the claims of the 2018 article, recomputed
article:
    {{python}} -m payback article
