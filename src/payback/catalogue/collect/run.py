"""Reading sources into the store: from the network or from files, one transaction for all of it."""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from payback.catalogue.collect import registry
from payback.catalogue.collect.collector import Collector, Reading
from payback.catalogue.collect.documents import Document, FileProblem, open_path
from payback.catalogue.collect.fetch import Fetcher
from payback.catalogue.collect.gpus import Gpus, SeenGpu, load_gpus
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved
from payback.catalogue.collect.reports import FileReport, SourceReport, file_report, source_report
from payback.catalogue.store.batch import Batch, FileRecord
from payback.catalogue.store.records import Rate, Rejected, Sighting, Spec
from payback.catalogue.store.store import Store
from payback.errors import BadQuestionError

Progress = Callable[[str, int], None]
"""Called with what is being read and how many rows of it have been."""
EVERY_ROWS: Final = 5000
UNRECOGNISED: Final = "unrecognised"
ODD_FORM: Final = (KeyError, TypeError, AttributeError, IndexError, ValueError, ArithmeticError, RecursionError)
"""What a reader raises on a file that has another form than its source's contract says."""


@dataclass(slots=True)
class _Work:
    """One collector's share of a refresh."""

    collector: Collector
    batch: Batch
    reports: list[FileReport] = field(default_factory=list)
    error: str = ""


def refresh(
    store: Store,
    source: str | None = None,
    from_path: Path | None = None,
    progress: Progress | None = None,
    *,
    observed_on: dt.date | None = None,
    now: dt.datetime | None = None,
    fetcher: Fetcher | None = None,
) -> list[SourceReport]:
    """Read prices into the store: all of what was read, or, after a crash, none of it.

    Args:
        store: An open store.
        source: One source; None for every one that has an address, or, with `from_path`, whichever fits each file.
        from_path: A file or folder to read instead of the network.
        progress: Told how far the reading is.
        observed_on: The day the figures were true, for files that do not say.
        now: The moment of the run, if not this one.
        fetcher: Replaces the network in tests.

    Raises:
        BadQuestionError: There is nothing at `from_path`.
        UnknownNameError: No source is called so.
    """
    moment = now or dt.datetime.now(tz=dt.UTC)
    gpus = load_gpus()
    _reidentify(store, gpus)
    run = _Run(store, gpus, moment, progress or (lambda _what, _rows: None))
    with _without_collector():
        if from_path is not None:
            run.read_path(from_path, registry.collector(source) if source else None, observed_on)
        else:
            chosen = [registry.collector(source)] if source else [one for one in registry.COLLECTORS if one.remote]
            downloads = store.path.parent / "downloads"
            run.read_network(chosen, fetcher or Fetcher(store.connection, downloads, moment.date()))
        return run.finish()


@contextmanager
def _without_collector() -> Iterator[None]:
    """No search for cyclic garbage while hundreds of thousands of rows are made: there is none among them."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _reidentify(store: Store, gpus: Gpus) -> None:
    """Names that could not be told apart last time may be known today."""

    def name(variant: str) -> str:
        seen = SeenGpu.unpack(variant)
        try:
            return gpus.resolve(seen)
        except NotBelieved:
            return seen.name

    tables = repr((sorted(gpus.names.exact.items()), sorted(gpus.names.gpus)))
    store.reidentify(name, hashlib.blake2b(tables.encode(), digest_size=16).hexdigest())


@dataclass(slots=True)
class _Run:
    store: Store
    gpus: Gpus
    moment: dt.datetime
    progress: Progress
    works: dict[str, _Work] = field(default_factory=dict)

    def read_path(self, path: Path, chosen: Collector | None, observed_on: dt.date | None) -> None:
        """Read every file at a path."""
        if not path.exists():
            raise BadQuestionError("--from", f"{path}, where there is nothing", "a file or folder that exists")
        if observed_on is not None and observed_on > self.moment.date():
            raise BadQuestionError("--observed-on", f"{observed_on}, which is to come", "a day that has been")
        for document in open_path(path, self.moment.date(), observed_on):
            self._read(document, chosen)

    def read_network(self, chosen: Iterable[Collector], fetcher: Fetcher) -> None:
        """Read the newest files of several sources; one that fails stops no other."""
        for collector in chosen:
            work = self._work(collector)
            if collector.remote is None:
                work.error = f"{collector.name} has no address; read its files with --from"
            elif collector.needs_key and not fetcher.environment.get(collector.needs_key):
                work.error = f"needs your own free key in {collector.needs_key}; see {collector.url}"
            else:
                self.progress(f"{collector.name}: asking", 0)
                for document in collector.remote(fetcher):
                    self._read(document, collector)
                for problem in fetcher.problems:
                    self._refuse(work, problem.name, problem.refusal)
                if fetcher.problems and not any(report.accepted for report in work.reports):
                    work.error = str(fetcher.problems[-1].refusal)
                fetcher.problems.clear()

    def finish(self) -> list[SourceReport]:
        """Write what was read, in one transaction, and report."""
        silent = [work for work in self.works.values() if work.error]
        telling = [work.batch for work in self.works.values() if not work.error]
        self.store.apply(telling, self.moment)
        for work in silent:
            self.store.note_failure(work.collector.source, work.error, self.moment)
        return [source_report(work.collector.name, work.reports, work.error) for work in self.works.values()]

    def _work(self, collector: Collector) -> _Work:
        work = self.works.get(collector.name)
        if work is None:
            work = self.works[collector.name] = _Work(collector, Batch(collector.source))
        return work

    def _read(self, document: Document | FileProblem, chosen: Collector | None) -> None:
        if isinstance(document, FileProblem):
            self._refuse(self._work(chosen or _NOBODY), document.name, document.refusal)
            return
        try:
            collector = chosen or registry.recognise(document)
        except FileRefused as refusal:
            self._refuse(self._work(_NOBODY), document.name, refusal)
            return
        if collector is None:
            self._refuse(
                self._work(_NOBODY),
                document.name,
                FileRefused("a form that no collector reads", ", ".join(document.columns)),
            )
            return
        self._read_with(self._work(collector), document)

    def _read_with(self, work: _Work, document: Document) -> None:
        began, collector = time.perf_counter(), work.collector
        try:
            record = FileRecord(
                name=document.name,
                scope=collector.scope(document),
                locator=document.locator,
                observed_on=document.observed_on,
                digest=document.digest,
                snapshot=collector.snapshot,
            )
            work.batch.files.append(record)
            self._take(work, record, document)
        except FileRefused as refusal:
            work.batch.discard(document.name)
            self._refuse(work, document.name, refusal)
            return
        except ODD_FORM as failure:
            work.batch.discard(document.name)
            found = f"{type(failure).__name__}: {failure}"
            self._refuse(work, document.name, FileRefused("not of the form this source has", found))
            return
        if document.dated_by == "file time" and not record.rows_dated:
            record.locator += ", dated by the file's time"
        work.reports.append(file_report(record, document.dated_by, time.perf_counter() - began))
        self.progress(f"{collector.name}: {document.name}", record.rows)

    def _take(self, work: _Work, record: FileRecord, document: Document) -> None:
        reading = Reading(document, self.gpus, self.moment.date(), work.collector.source)
        for outcome in work.collector.read(reading):
            record.rows += 1
            if record.rows % EVERY_ROWS == 0:
                self.progress(f"{work.collector.name}: {document.name}", record.rows)
            if isinstance(outcome, Rejected):
                record.rejected.append(outcome)
            else:
                record.accepted += 1
                _keep(work.batch, outcome)
                record.ignored.update(outcome.ignored)

    def _refuse(self, work: _Work, name: str, refusal: FileRefused) -> None:
        rejected = Rejected(line=None, field="", reason=refusal.reason, found=refusal.found)
        record = FileRecord(
            name=name,
            scope="",
            locator=name,
            observed_on=self.moment.date(),
            digest="",
            rows=1,
            rejected=[rejected],
        )
        work.batch.files.append(record)
        work.reports.append(file_report(record, "", 0.0))


def _keep(batch: Batch, believed: Believed) -> None:
    for finding in believed.findings:
        match finding:
            case Sighting():
                batch.add(finding)
            case Spec():
                batch.add_spec(finding)
            case Rate():
                batch.rates.append(finding)


def _nothing(_: Reading) -> Iterator[Believed]:
    return iter(())


_NOBODY: Final = Collector(
    name=UNRECOGNISED,
    source=UNRECOGNISED,
    publisher="",
    url="",
    licence="",
    recognises=lambda _: False,
    read=_nothing,
)
"""Stands for the files that belong to no source."""
