"""Stage 5, money: statements whose lines add up."""
