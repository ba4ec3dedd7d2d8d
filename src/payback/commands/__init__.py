"""Commands grouped by what they are about; `payback.cli` puts them together."""
