"""Stage 4, machines: what fits together, and the cheapest that does."""
