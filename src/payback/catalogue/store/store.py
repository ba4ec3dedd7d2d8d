"""The price store: every public price somebody collected on this computer, with its history.

One SQLite file in the user's data folder (`PAYBACK_HOME` or an argument puts it
elsewhere). Prices are events that are added and never rewritten; a refresh is
one transaction, so a crash leaves the store as it was.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import platformdirs

from payback.catalogue.schema import ComponentPrice, Offer, Prebuilt, StoragePrice, Tariff
from payback.catalogue.store import layout, reading
from payback.catalogue.store.apply import apply
from payback.catalogue.store.batch import Batch
from payback.catalogue.store.records import Quarantined, Spec

FILE_NAME = "prices.sqlite3"


def default_path() -> Path:
    """Where the store lives: `$PAYBACK_HOME`, else the user's data folder."""
    home = os.environ.get("PAYBACK_HOME")
    return Path(home or platformdirs.user_data_dir("payback")).expanduser() / FILE_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What the store knows of one source: how fresh it is and whether the last try failed."""

    source: str
    files: int
    items: int
    events: int
    quarantined: int
    observed_on: dt.date | None
    """The newest day any of its rows was true."""
    tried_at: str | None
    succeeded_at: str | None
    error: str | None


class Store:
    """An open price store; use it as a context manager.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> with Store(Path(folder.name) / "prices.sqlite3") as store:
        ...     store.offers()
        []
        >>> folder.cleanup()
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self.connection: sqlite3.Connection = layout.connect(self.path)

    @classmethod
    def open_existing(cls, path: Path | None = None) -> Store | None:
        """The store if somebody has made one, else None: reading a catalogue must not leave files behind."""
        path = path or default_path()
        return cls(path) if path.exists() else None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def apply(self, batches: Sequence[Batch], now: dt.datetime) -> None:
        """Write what several sources said, in one transaction."""
        apply(self.connection, batches, now)

    def offers(self, as_of: dt.date | None = None, *, gpu: str | None = None) -> list[Offer]:
        """Rental prices of machines with GPUs.

        Without a day: every price event as one row when first seen and one when
        last seen, so that `asof.latest_offers` finds the truth of any day. With
        a day: only the newest row of each item. A listed region is no stock.

        Args:
            as_of: The day of the question; None for the whole history.
            gpu: A GPU of the catalogue; None for all.
        """
        return reading.offers(self.connection, "offer", as_of, gpu)

    def other_offers(self, as_of: dt.date | None = None) -> list[Offer]:
        """Rental prices that answer no GPU question: no GPU, a share of one, another system, another commitment."""
        return reading.offers(self.connection, "other-offer", as_of, None)

    def component_prices(self, as_of: dt.date | None = None, *, component: str | None = None) -> list[ComponentPrice]:
        """Prices of parts, as `offers` gives those of rents."""
        return reading.component_prices(self.connection, as_of, component)

    def prebuilts(self, as_of: dt.date | None = None) -> list[Prebuilt]:
        """Prices of ready-made machines."""
        return reading.prebuilts(self.connection, as_of)

    def cloud_storage(self, as_of: dt.date | None = None) -> list[StoragePrice]:
        """Prices of cloud storage."""
        return reading.plain(self.connection, "storage", StoragePrice, as_of)

    def tariffs(self, as_of: dt.date | None = None) -> list[Tariff]:
        """Electricity tariffs."""
        return reading.plain(self.connection, "tariff", Tariff, as_of)

    def specs(self, category: str | None = None, *, source: str | None = None) -> list[Spec]:
        """Newest specifications of parts and GPUs, one a record of a source."""
        return reading.specs(self.connection, category, source)

    def usd_per_unit(self, currency: str, on: dt.date) -> float | None:
        """Dollars for one unit of a currency at the newest collected rate not after a day; None without one."""
        return reading.usd_per_unit(self.connection, currency, on)

    def quarantine(self, source: str | None = None) -> list[Quarantined]:
        """Rows that were not believed, by source, file and line."""
        return reading.quarantine(self.connection, source)

    def states(self) -> list[SourceState]:
        """Freshness of every source the store has heard of."""
        return [SourceState(**row) for row in reading.source_states(self.connection)]

    def note_failure(self, source: str, error: str, now: dt.datetime) -> None:
        """Remember that a source could not be read; its data stay as old as they are."""
        self.connection.execute(
            "INSERT INTO source_state VALUES (?1, ?2, NULL, ?3) "
            "ON CONFLICT (source) DO UPDATE SET tried_at = ?2, error = ?3",
            (source, now.isoformat(timespec="seconds"), error),
        )

    def reidentify(self, resolve: Callable[[str], str], state: str) -> int:
        """Give items their catalogue name again after the alias table has changed.

        Args:
            resolve: From the variant an item was stored with to the GPU's name today.
            state: A digest of the tables behind `resolve`; the same state again does nothing.

        Returns:
            Number of items whose name changed.
        """
        key = "identity"
        row = self.connection.execute("SELECT value FROM note WHERE key = ?", (key,)).fetchone()
        if row is not None and row[0] == state:
            return 0
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            changes = list(self._renamed(resolve))
            self.connection.executemany("UPDATE item SET gpu = ?, name = ? WHERE id = ?", changes)
            self.connection.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (key, state))
            self.connection.execute("COMMIT")
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        return len(changes)

    def _renamed(self, resolve: Callable[[str], str]) -> Iterator[tuple[str, str, int]]:
        rows = self.connection.execute(
            "SELECT id, kind, name, gpu, identity FROM item WHERE gpu <> '' AND kind IN ('offer', 'other-offer', "
            "'component')"
        ).fetchall()
        today: dict[str, str] = {}
        for item_id, kind, name, gpu, identity in rows:
            variant = json.loads(identity)[-1]
            if variant and variant not in today:
                today[variant] = resolve(variant)
            if variant and today[variant] != gpu:
                yield today[variant], today[variant] if kind == "component" else name, item_id
