"""Prices of every item as of a day, at a million events, beside a plain scan of the same index.

Run: ``python benchmarks/store_asof.py [ITEMS] [EVENTS_PER_ITEM]``. Both sides
give (item, price); the plain side is what SQL offers without the store's shape:
group the events by item and keep the newest.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from payback.catalogue.store import Store

FIRST = dt.date(2017, 1, 1).toordinal()
DAYS = 3600
STORE_QUERY = """
SELECT item.id, (SELECT price FROM event WHERE event.item = item.id AND valid_from <= :day
                 ORDER BY valid_from DESC, seq DESC LIMIT 1) FROM item
"""
PLAIN_QUERY = """
SELECT item, price FROM plain JOIN (SELECT item AS i, max(valid_from) AS day FROM plain
WHERE valid_from <= :day GROUP BY item) ON item = i AND valid_from = day
"""


def fill(store: Store, items: int, each: int) -> None:
    generator = random.Random(7)
    connection = store.connection
    connection.execute("BEGIN")
    connection.execute("INSERT INTO file VALUES (1, 'made', '', 'made', 'made@0', ?, '', '', 0, 0, 0)", (FIRST,))
    connection.execute('INSERT INTO detail VALUES (1, \'[8,61,null,0.0,null,"archive","listed",""]\')')
    connection.execute("CREATE TABLE plain (item INTEGER, valid_from INTEGER, price REAL)")
    for item in range(1, items + 1):
        identity = f'["made","machine-{item}","region-{item % 20}",1,"on-demand","V100\\t\\t\\t"]'
        connection.execute(
            "INSERT INTO item VALUES (?, 'offer', 'made', '', ?, 'V100', ?)", (item, f"made/machine-{item}", identity)
        )
        days = sorted(generator.sample(range(FIRST, FIRST + DAYS), each))
        rows = [(item, day, 0, generator.uniform(0.5, 90.0), day, 1, 1, 1) for day in days]
        connection.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO plain VALUES (?, ?, ?)", [(row[0], row[1], row[3]) for row in rows])
    connection.execute("CREATE INDEX plain_item ON plain (item, valid_from, price)")
    connection.execute("COMMIT")


def median_s(work: Callable[[], object], runs: int = 5) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def rows_of(store: Store, query: str, day: int) -> list[tuple[int, float]]:
    return store.connection.execute(query, {"day": day}).fetchall()


def main() -> None:
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    each = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "prices.sqlite3") as store:
        fill(store, items, each)
        for share in (0.1, 0.5, 1.0):
            day = FIRST + int(DAYS * share)
            ours = rows_of(store, STORE_QUERY, day)
            plain = rows_of(store, PLAIN_QUERY, day)
            assert sorted(row for row in ours if row[1] is not None) == sorted(plain)
            fast = median_s(partial(rows_of, store, STORE_QUERY, day))
            slow = median_s(partial(rows_of, store, PLAIN_QUERY, day))
            rows = median_s(partial(store.offers, dt.date.fromordinal(day)), 3)
            print(
                f"{items * each} events, {len(plain)} items known by then: store {fast * 1e3:.0f} ms, "
                f"index scan {slow * 1e3:.0f} ms, {slow / fast:.1f} times; as rows of the catalogue {rows * 1e3:.0f} ms"
            )


if __name__ == "__main__":
    main()
