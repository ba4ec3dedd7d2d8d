"""Stage 6, choice: options, comparisons, advice."""
