"""Stage 1, facts: what exists, what it costs, who says so."""
