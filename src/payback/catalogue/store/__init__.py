"""The price store: collected prices and their history in one SQLite file."""

from __future__ import annotations

from payback.catalogue.store.batch import Batch, FileRecord
from payback.catalogue.store.disputes import Dispute, disputes, mark_disputed
from payback.catalogue.store.export import export
from payback.catalogue.store.records import Quarantined, Rate, Rejected, Sighting, Spec
from payback.catalogue.store.store import SourceState, Store, default_path

__all__ = [
    "Batch",
    "Dispute",
    "FileRecord",
    "Quarantined",
    "Rate",
    "Rejected",
    "Sighting",
    "SourceState",
    "Spec",
    "Store",
    "default_path",
    "disputes",
    "export",
    "mark_disputed",
]
