"""How fast files become believed rows in the store, beside reading the same file with nothing checked.

Run: ``python benchmarks/import_speed.py FILE [FILE...]``. Seconds of processor
time, so that other work on the machine does not count.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from payback.catalogue.collect import refresh
from payback.catalogue.collect.documents import Document, open_path
from payback.catalogue.store import Store


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    times = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def import_file(path: Path) -> tuple[int, int]:
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "prices.sqlite3") as store:
        reports = refresh(store, from_path=path)
    return sum(report.rows for report in reports), sum(report.accepted for report in reports)


def count_rows(text: str) -> int:
    return sum(1 for _ in csv.DictReader(io.StringIO(text, newline="")))


def main() -> None:
    import polars

    head = ("rows", "accepted", "import s", "rows/s", "csv s", "polars s", "times csv")
    print(f"{'file':<48}" + "".join(f"{name:>11}" for name in head))
    for name in sys.argv[1:]:
        path = Path(name)
        document = next(one for one in open_path(path, dt.date.today()) if isinstance(one, Document))  # noqa: DTZ011
        text = document.text
        rows, accepted = import_file(path)
        ours = seconds(partial(import_file, path), 2)
        if document.columns:
            plain = seconds(partial(count_rows, text))
            fast = seconds(partial(polars.read_csv, text.encode(), infer_schema_length=0, truncate_ragged_lines=True))
            beside = f"{plain:>11.2f}{fast:>11.2f}{ours / plain:>11.1f}"
        else:
            beside = ""
        print(f"{document.name[-46:]:<48}{rows:>11}{accepted:>11}{ours:>11.2f}{rows / ours:>11.0f}{beside}")


if __name__ == "__main__":
    main()
