"""Stage 6, the honest odds: how sure a choice is, and what to measure first."""
