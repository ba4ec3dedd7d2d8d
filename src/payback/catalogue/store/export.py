"""The store as a table for other programs: CSV, or Parquet where polars is installed."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

from payback.catalogue.store import reading
from payback.catalogue.store.records import CODECS, Kind
from payback.catalogue.store.store import Store
from payback.errors import BadQuestionError, MissingExtraError

COLUMNS: Final = (
    "kind", "name", "gpu", "gpu_count", "term", "region", "condition", "category", "currency", "price",
    "valid_from", "last_seen", "gone_on", "source", "locator", "identity", "conditions",
)  # fmt: skip


def export(store: Store, path: Path) -> int:
    """Write every price event to a file, one row an event.

    Args:
        store: An open store.
        path: A file ending in .csv or .parquet.

    Returns:
        Number of events written.

    Raises:
        BadQuestionError: The file has another ending.
        MissingExtraError: Parquet was asked for and polars is not installed.
    """
    ending = path.suffix.casefold()
    if ending not in (".csv", ".parquet"):
        raise BadQuestionError("--export", str(path), "a file ending in .csv or .parquet")
    rows = list(_rows(store))
    return _to_csv(path, rows) if ending == ".csv" else _to_parquet(path, rows)


def _to_csv(path: Path, rows: list[tuple[Any, ...]]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return len(rows)


def _to_parquet(path: Path, rows: list[tuple[Any, ...]]) -> int:
    try:
        import polars
    except ImportError as error:
        raise MissingExtraError("Parquet export", "collect") from error
    dates = {"valid_from": polars.Date, "last_seen": polars.Date, "gone_on": polars.Date}
    numbers = {"price": polars.Float64, "gpu_count": polars.Int64}
    schema = {name: dates.get(name) or numbers.get(name) or polars.String for name in COLUMNS}
    polars.DataFrame(rows, schema=schema, orient="row").write_parquet(path)
    return len(rows)


def _rows(store: Store) -> Iterator[tuple[Any, ...]]:
    kinds: tuple[Kind, ...] = get_args(Kind)
    for kind in kinds:
        codec = CODECS[kind]
        for event in reading.events(store.connection, kind):
            told: dict[str, Any] = dict(zip(codec.identity, event.identity, strict=False))
            told |= dict(zip(codec.detail, event.detail, strict=True))
            days = [event.valid_from, event.last_seen, event.gone_on]
            first, last, gone = (dt.date.fromordinal(day) if day else None for day in days)
            told |= {
                "kind": kind,
                "name": event.name,
                "gpu": event.gpu,
                "price": event.price,
                "currency": told.get("currency", "USD"),
                "valid_from": first,
                "last_seen": last,
                "gone_on": gone,
                "source": event.source,
                "locator": event.first_locator,
                "identity": json.dumps(event.identity, ensure_ascii=False),
                "conditions": json.dumps(event.detail, ensure_ascii=False),
            }
            yield tuple(told.get(column) for column in COLUMNS)
