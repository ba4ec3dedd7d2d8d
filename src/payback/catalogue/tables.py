"""Reading the shipped tables: text cells become typed rows, or an error that names file, line and field."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from payback.catalogue.currency import usd_per_unit
from payback.catalogue.schema import ComponentPrice, Prebuilt
from payback.errors import BadCatalogueError
from payback.evidence import Source

RowType = TypeVar("RowType")
RENAMED_COLUMNS = {"class": "storage_class"}
"""Column names that Python cannot use as field names."""


def data_folder() -> Traversable:
    """The folder of shipped facts, wherever the package is installed."""
    return resources.files("payback") / "data"


def read_table(file: Traversable, row_type: type[RowType]) -> list[RowType]:
    """Every row of one CSV table as typed objects.

    Raises:
        BadCatalogueError: A cell does not fit its field; the message names file, line and field.
    """
    adapter = TypeAdapter(row_type)
    rows = []
    _check_header(file, row_type)
    for line, cells in _cells(file):
        try:
            rows.append(adapter.validate_python(cells))
        except ValidationError as error:
            first = error.errors()[0]
            where = f"data/{file.name}:{line}: {'.'.join(map(str, first['loc']))}"
            raise BadCatalogueError(f"{where}: {first['msg']} (found {first.get('input')!r})") from error
    return rows


def read_priced(file: Traversable, row_type: type[RowType]) -> list[RowType]:
    """Rows of a price table with the exchange rate of their day filled in."""
    return [_with_rate(row) for row in read_table(file, row_type)]


def read_sources(file: Traversable) -> list[Source]:
    """The sources named in SOURCES.yml."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader, C or Python
    adapter = TypeAdapter(Source)
    return [adapter.validate_python({"id": name, **entry}) for name, entry in entries.items()]


def read_toml(file: Traversable) -> dict[str, Any]:
    """One TOML file of the data folder."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _check_header(file: Traversable, row_type: type[Any]) -> None:
    known = {field.name for field in fields(row_type)}
    with file.open("r", encoding="utf-8") as handle:
        header = next(csv.reader(handle), [])
    unknown = [name for name in header if RENAMED_COLUMNS.get(name, name) not in known]
    if unknown:
        raise BadCatalogueError(
            f"data/{file.name}:1: unknown column {unknown[0]!r}; expected {', '.join(sorted(known))}"
        )


def _cells(file: Traversable) -> Iterator[tuple[int, dict[str, str]]]:
    with file.open("r", encoding="utf-8") as handle:
        reader = csv.DictReader(handle)
        for cells in reader:
            kept = {RENAMED_COLUMNS.get(name, name): cell.strip() for name, cell in cells.items() if cell}
            yield reader.line_num, {name: cell for name, cell in kept.items() if cell}


def _with_rate(row: RowType) -> RowType:
    if isinstance(row, ComponentPrice | Prebuilt) and row.currency != "USD" and row.observed_on:
        return replace(row, usd_per_unit=usd_per_unit(row.currency, row.observed_on))
    return row
