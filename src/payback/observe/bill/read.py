"""Reading a bill of any kind: the one function the rest of payback calls."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from payback.catalogue.catalogue import Catalogue
from payback.errors import BadQuestionError, UnknownNameError
from payback.observe.bill import runpod
from payback.observe.bill.detect import FORMATS, FORMS, form_of
from payback.observe.bill.files import WHAT, streams
from payback.observe.bill.form import Form
from payback.observe.bill.lines import Bill
from payback.observe.bill.machines import Machines
from payback.observe.bill.mapped import parse_form
from payback.observe.bill.reader import BillReader
from payback.observe.tables.header import Header, read_header
from payback.observe.tables.jsonstream import objects
from payback.observe.tables.table import Block, blocks, blocks_of


def read_bill(
    path: Path | str,
    catalogue: Catalogue,
    *,
    format: str | None = None,  # noqa: A002 - the flag's name
    columns: str | None = None,
    currency: str = "USD",
) -> Bill:
    """Read a bill; gzip, bzip2, xz and zip are read as they are, a zip may hold several tables of one format.

    Args:
        path: The bill.
        catalogue: Knows which GPUs are in which machine.
        format: One of ``FORMATS``; None: told from the header, or ``csv`` where columns are given.
        columns: For ``csv``: which column holds what, see ``mapped.parse_form``.
        currency: Of rows that name none.

    Returns:
        Lines that add up to the total of the rows that could be read, and an account of those that could not.

    Raises:
        BadQuestionError: The file cannot be read, or is like no known format.
        UnknownNameError: A format or column nobody has heard of.
    """
    path = Path(path)
    form, reader = _asked(format, columns), None
    machines = Machines(catalogue)
    for stream in streams(path):
        header, rows = _table(stream)
        found = form or form_of(header)
        if found is None:
            raise BadQuestionError(
                f"bill {str(path)!r}",
                f"a table with the columns {', '.join(header.names[:8])}",
                f"a bill like one of {', '.join(FORMATS[:-1])}; or name its columns with --columns",
            )
        if reader is None:
            reader = BillReader(found, machines, currency)
        elif reader.form is not found:
            raise BadQuestionError(
                f"bill {str(path)!r}", f"tables of {reader.form.name} and {found.name}", "one format"
            )
        reader.read(header, rows)
    assert reader is not None
    return reader.bill()


def _asked(name: str | None, columns: str | None) -> Form | None:
    if name is not None and name not in FORMATS:
        raise UnknownNameError("bill format", name, FORMATS, f"Known: {', '.join(FORMATS)}.")
    if name == "csv" or (name is None and columns is not None):
        if columns is None:
            raise BadQuestionError("columns", "nothing", "cost=NAME,start=NAME,hours=NAME,instance=NAME for a csv")
        return parse_form(columns)
    if columns is not None:
        raise BadQuestionError("columns", repr(columns), f"no columns with format {name}, or format csv")
    return FORMS[name] if name else None


def _table(stream: io.BufferedReader[Any]) -> tuple[Header, Iterator[Block]]:
    if stream.peek(64)[:64].lstrip().startswith((b"[", b"{")):
        header = Header(names=runpod.FIELDS, delimiter=b"\x1f")
        return header, blocks_of(_records(stream), len(header.names))
    header = read_header(stream, WHAT, "charge")
    return header, blocks(stream, header.delimiter, len(header.names))


def _records(stream: BinaryIO) -> Iterator[tuple[Any, ...]]:
    for number, record in enumerate(objects(stream)):
        if number == 0 and "amount" not in record:
            raise BadQuestionError("bill", "JSON without amounts", "records of RunPod's API, or a table as CSV")
        kind = next((kind for key, kind in runpod.KINDS if record.get(key)), "")
        yield tuple(kind if field == "kind" else runpod.field(record, field) for field in runpod.FIELDS)
