"""Parts lists in and out: TOML, JSON lines and plain text are read; TOML, Markdown, CSV and text are written."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from payback.assembly.model import ListedLine, PartsList, demand_from_query
from payback.catalogue.component_names import category_of, resolve
from payback.catalogue.components import Components, load_components
from payback.errors import BadQuestionError

TOML_CATEGORIES: Final = "cpu, board, memory, gpu, psu, case, cooler, drive, fan, riser"
TABLE_COLUMNS: Final = ("quantity", "category", "name")
MARKDOWN_HEAD: Final = ["#", "part", "name"]
LINE: Final = re.compile(
    r"^\s*(?:[-*•]\s*)?(?:(\d+)\s*(?:x|×|pcs?|pieces?)\s+)?(.+?)(?:\s+[x×]\s*(\d+))?\s*$", re.IGNORECASE
)
PREFIX: Final = re.compile(
    r"^(cpu|processor|motherboard|mainboard|board|ram|memory|storage|drive|ssd|hdd|gpu|graphics card|psu|power supply"
    r"|case|cooler|cpu cooler|riser|fan|chassis)\s*[:=]\s*(.+)$",
    re.IGNORECASE,
)
MEMORY_SIGNS: Final = r"\bDDR\d\b.*(GB|DIMM)|GB.*\bDDR\d|\bDDR\d\b.*\d+ ?x ?\d+|[UR]DIMM"
TELLING: Final = (
    ("riser", r"\briser"),
    ("fan", r"\bfans?\b"),
    ("drive", r"\bSSD\b|\bHDD\b|NVMe|\bTB\b.*(PRO|EVO)|hard (disk|drive)"),
    ("psu", r"\b\d{3,4} ?W\b|80 ?\+|80 ?plus|\bPSU\b|power supply|SuperNOVA"),
    ("cpu", r"\b(Ryzen|Threadripper|EPYC|Xeon|Celeron|Pentium)\b|\bi[3579][- ]\d{4}|Core (i\d|Ultra)"),
    ("gpu", r"\b(RTX|GTX|Radeon|Titan|Quadro|Tesla|Arc Pro|A100|H100|V100|L40S?|RX ?\d{4})\b"),
    ("cooler", r"\bNH-|Hyper 212|Celsius|Kraken|Dark Rock|Liquid|H1\d\di|cooler\b"),
    ("board", r"\b[ABHQWXZ]\d{2,3}[A-Z]?\b|TRX\d\d|WRX\d\d|ROMED|GENOA|H1[123]SSL"),
)  # fmt: skip


def read_lists(path: Path) -> list[PartsList]:
    """Every parts list in a file, by its ending: .toml, .jsonl, .json, .csv, .md, anything else as plain text.

    Raises:
        BadQuestionError: The file cannot be read as its ending says; the message names the place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadQuestionError(str(path), str(error), "a readable text file with a parts list") from error
    if path.suffix == ".toml":
        return [read_toml(text, path.stem, where=path.name)]
    if path.suffix == ".jsonl":
        lines = enumerate(text.splitlines(), start=1)
        return [read_json(line, f"{path.stem}:{n}", where=f"{path.name}:{n}") for n, line in lines if line.strip()]
    if path.suffix == ".json":
        return [read_json(text, path.stem, where=path.name)]
    if path.suffix == ".csv":
        return [read_csv(text, path.stem, where=path.name)]
    if path.suffix == ".md":
        return [read_markdown(text, path.stem, where=path.name)]
    plain = read_plain(text, path.stem)
    if not plain.lines:
        raise BadQuestionError(str(path), "no parts", 'one part a line, e.g. "2x GeForce RTX 3090"')
    return [plain]


def read_toml(text: str, default_id: str, *, where: str = "list.toml") -> PartsList:
    """A list in the form of ``data/machines/*.toml``: ``id`` and ``[[part]] category, component, quantity``.

    Raises:
        BadQuestionError: Not TOML, or a part without category or component.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadQuestionError(where, str(error), "TOML") from error
    parts = document.get("part")
    if not isinstance(parts, list) or not parts:
        raise BadQuestionError(f"{where}: part", repr(parts), "at least one [[part]] with category and component")
    return PartsList(
        id=str(document.get("id", default_id)),
        label=str(document.get("label", "")),
        lines=tuple(_toml_line(part, f"{where}: part {n}") for n, part in enumerate(parts, start=1)),
        demand=demand_from_query(document.get("query", {})),
        whole=document.get("whole"),
        total_stated=document.get("stated_total_usd"),
    )


def _toml_line(part: Any, where: str) -> ListedLine:
    if not isinstance(part, dict) or not {"category", "component"} <= part.keys():
        raise BadQuestionError(where, repr(part), f"category ({TOML_CATEGORIES}) and component")
    name = part.get("card") or part["component"]
    return ListedLine(
        category=category_of(str(part["category"])), text=str(name), quantity=_count(part.get("quantity", 1), where)
    )


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 1:
        raise BadQuestionError(f"{where}: quantity", repr(value), "a whole number from 1")
    return int(value)


def read_json(text: str, default_id: str, *, where: str = "list.json") -> PartsList:
    """A list as a JSON object with ``parts`` (category, name, qty, price_total) and perhaps a ``query``.

    Raises:
        BadQuestionError: Not JSON, or not of that form.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadQuestionError(where, str(error), "one JSON object a line") from error
    if not isinstance(document, dict) or not isinstance(document.get("parts"), list):
        raise BadQuestionError(where, type(document).__name__, 'an object with "parts": [{category, name, qty}]')
    query = document.get("query")
    stated = document.get("total_stated")
    return PartsList(
        id=str(document.get("id", default_id)),
        lines=tuple(_json_line(part, f"{where}: part {n}") for n, part in enumerate(document["parts"], start=1)),
        demand=demand_from_query(query if isinstance(query, Mapping) else {}),
        whole=document.get("all_parts_named"),
        total_stated=float(stated) if isinstance(stated, int | float) else None,
    )


def _json_line(part: Any, where: str) -> ListedLine:
    if not isinstance(part, dict) or not {"category", "name"} <= part.keys():
        raise BadQuestionError(where, repr(part), "category and name")
    price = part.get("price_total")
    return ListedLine(
        category=category_of(str(part["category"])),
        text=str(part["name"]),
        quantity=_count(part.get("qty", 1), where),
        price_total=float(price) if isinstance(price, int | float) and not isinstance(price, bool) else None,
    )


def read_plain(text: str, list_id: str, components: Components | None = None) -> PartsList:
    """A list with one part a line: ``2x RTX 3090``, ``PSU: EVGA SuperNOVA 1600 P2``; ``#`` starts a comment.

    Example:
        >>> [(line.quantity, line.category, line.text) for line in read_plain("2x RTX 3090", "mine").lines]
        [(2, 'gpu', 'RTX 3090')]
    """
    known = components or load_components()
    lines = []
    for raw in text.splitlines():
        bare = raw.split("#")[0].strip()
        if bare:
            lines.append(_plain_line(bare, known))
    return PartsList(id=list_id, lines=tuple(lines))


def _plain_line(bare: str, components: Components) -> ListedLine:
    labelled = PREFIX.match(bare)
    found = LINE.match(labelled.group(2) if labelled else bare)
    before, name, after = found.groups() if found else (None, bare, None)
    category = category_of(labelled.group(1)) if labelled else guess_category(name, components)
    return ListedLine(category=category, text=name, quantity=int(before or after or 1))


def guess_category(name: str, components: Components) -> str:
    """The category of a part: memory by its sizes, else by the catalogue, else by telling words; else ``other``."""
    if re.search(MEMORY_SIGNS, name, re.IGNORECASE):
        return "memory"
    for category in ("case", "cooler", "board", "psu", "cpu", "drive"):
        if resolve(category, name, components).kind in ("exact", "family"):
            return category
    return next((category for category, signs in TELLING if re.search(signs, name, re.IGNORECASE)), "other")


def read_csv(text: str, list_id: str, *, where: str = "list.csv") -> PartsList:
    r"""A list as CSV with the columns quantity, category, name, in any order; further columns are passed over.

    Raises:
        BadQuestionError: A column is missing, a quantity is no whole number, or there is no part.

    Example:
        >>> read_csv("quantity,category,name\n2,gpu,RTX 3090\n", "mine").lines[0].text
        'RTX 3090'
    """
    return _tabular(list(csv.DictReader(io.StringIO(text))), list_id, where)


def read_markdown(text: str, list_id: str, *, where: str = "list.md") -> PartsList:
    """The first table of a Markdown text whose columns are ``#``, ``part`` and ``name``.

    Raises:
        BadQuestionError: There is no such table, or a quantity is no whole number.
    """
    rows = [_cells(line) for line in text.splitlines() if line.lstrip().startswith("|")]
    titled = next((n for n, row in enumerate(rows) if row[:3] == MARKDOWN_HEAD), None)
    if titled is None:
        raise BadQuestionError(where, "no such table", f"a table with the columns {', '.join(MARKDOWN_HEAD)}")
    named = [dict(zip(TABLE_COLUMNS, row, strict=False)) for row in rows[titled + 2 :]]
    return _tabular(named, list_id, where)


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _tabular(rows: Sequence[Mapping[str, str | None]], list_id: str, where: str) -> PartsList:
    if not rows or not set(TABLE_COLUMNS) <= rows[0].keys():
        found = ", ".join(map(str, rows[0])) if rows else "no row"
        raise BadQuestionError(where, found, f"the columns {', '.join(TABLE_COLUMNS)} and at least one part")
    return PartsList(
        id=list_id,
        lines=tuple(
            ListedLine(
                category=category_of(str(row["category"])),
                text=str(row["name"]),
                quantity=_count(_number(row["quantity"]), f"{where}: part {number}"),
            )
            for number, row in enumerate(rows, start=1)
        ),
    )


def _number(cell: str | None) -> object:
    return int(cell) if cell is not None and cell.strip().isdecimal() else cell


def write_toml(parts_list: PartsList) -> str:
    """The list in the form that `read_toml` reads."""
    head = [f"id = {_quoted(parts_list.id)}"] + ([f"label = {_quoted(parts_list.label)}"] if parts_list.label else [])
    blocks = [
        f"\n[[part]]\ncategory = {_quoted(line.category)}\ncomponent = {_quoted(line.text)}\nquantity = {line.quantity}"
        for line in parts_list.lines
    ]
    return "\n".join(head + blocks) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def write_markdown(parts_list: PartsList) -> str:
    """The list as a Markdown table."""
    rows = [f"| {line.quantity} | {line.category} | {_escaped(line.text)} |" for line in parts_list.lines]
    return "\n".join(["| # | part | name |", "| ---: | --- | --- |", *rows]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def write_csv(parts_list: PartsList) -> str:
    """The list as CSV with the columns quantity, category, name."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(TABLE_COLUMNS)
    writer.writerows([line.quantity, line.category, line.text] for line in parts_list.lines)
    return buffer.getvalue()


def write_plain(parts_list: PartsList) -> str:
    """The list as text that `read_plain` reads: ``gpu: 2x RTX 3090``."""
    return "".join(f"{line.category}: {line.quantity}x {line.text}\n" for line in parts_list.lines)
