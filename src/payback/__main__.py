"""``python -m payback`` is the command line."""

from payback.cli import main

main()
