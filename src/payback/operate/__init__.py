"""Stage 8, after the decision."""
