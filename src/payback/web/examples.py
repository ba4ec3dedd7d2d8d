"""What the package ships to try things with."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from payback.catalogue.tables import data_folder


@cache
def claim_examples() -> Mapping[str, Path]:
    """Name and file of each analysis that comes with payback."""
    return {path.stem: path for path in sorted((Path(str(data_folder())) / "claims").glob("*.toml"))}


@cache
def claim_titles() -> Mapping[str, str]:
    """Name and title of each."""
    return {name: _title(path) for name, path in claim_examples().items()}


def _title(path: Path) -> str:
    analysis = tomllib.loads(path.read_text(encoding="utf-8")).get("analysis", {})
    by = ", ".join(str(analysis[key]) for key in ("author", "date") if key in analysis)
    return f"{analysis.get('title', path.stem)} ({by})" if by else str(analysis.get("title", path.stem))
