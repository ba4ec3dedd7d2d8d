"""Parts with prices, joined to parts with specifications, by name.

PCPartPicker's parts have prices and hardly any figures; OpenDB's have figures
and no prices, and no part number is shared that can be trusted. So two records
are one part when the figures both have agree and every word of the priced name
stands in the other one. Words left over there are counted: none or one is
accepted, the record with the fewest wins, and a tie is said to be one. A black
part is not joined to a white one where both say their colour.

Known traps: `LGA1700` and `LGA 1700`, `i9-9900K` and `i9 9900K`, Gray and Grey,
1000 GB sold as 1 TB or 1024 GB, sockets and clock speeds inside the other name.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from payback.catalogue.identity import fold
from payback.catalogue.store.records import Cell, Spec

MOST_EXTRA_WORDS: Final = 1


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GLUED = re.compile(r"\b(lga|socket) ?-?(\d+)")
_FIGURES = re.compile(
    r"\b80 ?(?:\+|plus)(?: (?:bronze|silver|gold|platinum|titanium))?|\bddr\d ?\d{3,5}\b"
    r"|\busb [\d.]+(?: gen ?\d)?(?: type [ac])?|\bpcie [\d.]+(?: x\d+)?\b|\bcl ?\d+\b|\b\d+ ?x ?\d+ ?gb\b"
    r"|\b\d{1,2}g\b|\b\d+(?:\.\d+)? ?(?:ghz|mhz|w|watts|gb|tb|mm|mt s|gb s|cfm|inch|core|dba|rpm)\b"
)
_COLOURS: Final = frozenset(
    ["black", "white", "silver", "grey", "red", "blue", "green", "pink", "gold", "beige", "purple", "yellow", "copper"]
)
_NOISE: Final = _set(
    """
    atx eatx micro mini itx matx mid full tower certified modular fully semi non computer case power supply motherboard
    desktop memory dimm pin cpu processor cooler aio rpm nvme pcie m.2 ssd hdd sata 2.5 3.5 2280 6.0
    internal solid state drive hard graphics card gddr5 gddr5x gddr6 gddr6x gddr7 geforce radeon nvidia amd intel arc
    core cores gb of for the with and series edition tempered glass side panel front window tinted usb oem tray standard
    folding box boxed watts rating
    """
)
"""Words that either list adds freely."""
_TELLING: Final = _set(
    """
    2 3 4 5 ii iii iv v vi pro plus max ti super xt xtx xl oc ex fx lite ultra evo mini se elite v2 v3 ddr3 ddr4 ddr5 d4
    d5 wifi ax be argb rgb lcd kf k f x xs 3d titanium platinum bronze dark extreme ultimate apex alpha
    """
)
"""Words that make another product; one of them left over is too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A priced part and the specification it was joined to."""

    category: str
    priced: str
    """Ident of the priced part."""
    spec: str | None
    """Ident of the specification; None where none fits."""
    spec_name: str
    extra_words: int
    tied: int
    """Other specifications that fit as well."""

    @property
    def accepted(self) -> bool:
        """Whether the two are taken for one part."""
        return self.spec is not None and self.extra_words <= MOST_EXTRA_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRate:
    """How much of a category could be joined."""

    category: str
    priced: int
    matched: int
    accepted: int
    tied: int


_COOLING: Final = _set("air liquid water")
"""Said of every cooler, but part of the name of a case."""


def words(name: str, category: str = "") -> frozenset[str]:
    """The words of a name that tell parts apart.

    Example:
        >>> sorted(words("Intel Core i9-9900K 3.6 GHz 8-Core LGA1151"))
        ['9900k', 'i9', 'lga1151']
    """
    text = re.sub(r"\bgray\b", "grey", fold(name))
    text = _FIGURES.sub(" ", _GLUED.sub(r"\1\2", text))
    noise = _NOISE | _COOLING if category == "cooler" else _NOISE
    return frozenset(word for word in text.split() if word not in noise)


def join(priced: Iterable[Spec], specs: Iterable[Spec]) -> list[Match]:
    """Each priced part with the specification that fits it best.

    Args:
        priced: Parts of the list with prices (`Store.specs(source="docyx")`).
        specs: Parts of the list with figures (`Store.specs(source="buildcores-opendb")`).
    """
    blocks: dict[Hashable, list[tuple[Spec, frozenset[str]]]] = defaultdict(list)
    for spec in specs:
        for key in _blocks(spec):
            blocks[spec.category, key].append((spec, words(spec.name, spec.category)))
    return [_best(part, blocks) for part in priced]


def rates(matches: Iterable[Match]) -> list[JoinRate]:
    """How much of each category could be joined."""
    grouped: dict[str, list[Match]] = defaultdict(list)
    for match in matches:
        grouped[match.category].append(match)
    return [
        JoinRate(
            category=category,
            priced=len(group),
            matched=sum(match.spec is not None for match in group),
            accepted=sum(match.accepted for match in group),
            tied=sum(match.accepted and match.tied > 0 for match in group),
        )
        for category, group in sorted(grouped.items())
    ]


def _best(part: Spec, blocks: Mapping[Hashable, Sequence[tuple[Spec, frozenset[str]]]]) -> Match:
    needed = words(_priced_name(part), part.category)
    colours = frozenset(fold(str(part.fields.get("colour") or "")).replace("gray", "grey").split()) & _COLOURS
    fitting = []
    for key in _blocks(part):
        for spec, has in blocks.get((part.category, key), ()):
            if needed <= has and _agree(part, spec):
                painted = has & _COLOURS
                if colours and painted and not (colours <= painted or painted <= colours):
                    continue
                left = has - needed - _explained(spec) - (_COLOURS if colours else frozenset())
                count = len(left) + (MOST_EXTRA_WORDS if any(_tells(word) for word in left) else 0)
                fitting.append((count, spec.ident, spec.name))
    if not fitting:
        return Match(category=part.category, priced=part.ident, spec=None, spec_name="", extra_words=0, tied=0)
    fitting = sorted(set(fitting))
    extra, ident, name = fitting[0]
    tied = sum(one[0] == extra for one in fitting) - 1
    return Match(category=part.category, priced=part.ident, spec=ident, spec_name=name, extra_words=extra, tied=tied)


def _tells(word: str) -> bool:
    """Whether a word left over makes another product: a version, a grade, a year."""
    return word in _TELLING or re.fullmatch(r"20[12]\d", word) is not None


def _priced_name(part: Spec) -> str:
    """The name, with the chip for a card: names such as "ASRock Challenger OC" leave it out."""
    chip = str(part.fields.get("chipset") or "") if part.category == "gpu" else ""
    return f"{part.name} {chip}"


def _explained(spec: Spec) -> frozenset[str]:
    """Words of a name that only repeat the record's own figures."""
    repeated = [spec.fields.get(key) for key in ("socket", "form_factor", "chipset", "memory_type", "efficiency")]
    return frozenset().union(*(words(str(value)) for value in repeated if value))


def _blocks(part: Spec) -> Iterator[Hashable]:
    """Figures that must agree exactly; only parts of one block are compared."""
    fields = part.fields
    match part.category:
        case "gpu":
            yield _chip(fields), _rounded(fields.get("memory_gib"))
        case "board":
            yield _socket(fields.get("socket")), fold(str(fields.get("form_factor") or ""))
        case "memory":
            yield _memory(fields)
        case "case":
            yield fold(str(fields.get("form_factor") or "")).replace(" ", "")
        case "psu":
            yield _rounded(fields.get("watts"))
        case "drive":
            size = _number(fields.get("capacity_gb"))
            at = int(size).bit_length() if size else None
            yield from (at,) if at is None else (at - 1, at, at + 1)
        case _:
            yield ""


def _agree(part: Spec, spec: Spec) -> bool:
    if part.category == "drive":
        one, other = _number(part.fields.get("capacity_gb")), _number(spec.fields.get("capacity_gb"))
        alike = one is not None and other is not None and abs(one - other) <= 0.03 * one
        return alike and all(_same(part, spec, key, pattern) for key, pattern in _DRIVE_WORDS.items())
    if part.category == "cooler":
        return _number(part.fields.get("radiator_mm")) == _number(spec.fields.get("radiator_mm"))
    return True


_DRIVE_WORDS: Final = {
    "interface": re.compile(r"msata|sas|sata|pcie"),
    "form_factor": re.compile(r"m\.2|msata|2\.5|3\.5|1\.8"),
}


def _same(part: Spec, spec: Spec, key: str, pattern: re.Pattern[str]) -> bool:
    """Whether both say the same of a figure, or one of them nothing."""
    one, other = (pattern.search(str(each.fields.get(key) or "").casefold()) for each in (part, spec))
    return one is None or other is None or one[0] == other[0]


def _chip(fields: Mapping[str, Cell]) -> str:
    chip = re.sub(r"\b(geforce|radeon|nvidia|amd|intel)\b|\b\d+ ?gb\b", " ", fold(str(fields.get("chipset") or "")))
    return "".join(chip.split())


def _socket(value: Cell) -> str:
    socket = fold(str(value or "")).replace(" ", "")
    return {"str4": "tr4"}.get(socket, socket)


def _memory(fields: Mapping[str, Cell]) -> Hashable:
    """Generation, speed, number and size of the modules; written as lists by one source and as figures by the other."""
    if isinstance(fields.get("speed"), str) and isinstance(fields.get("modules"), str):
        generation, speed = json.loads(str(fields["speed"]))
        count, size = json.loads(str(fields["modules"]))
        return generation, speed, count, size
    generation = re.sub(r"\D", "", str(fields.get("memory_type") or ""))
    figures = [fields.get(key) for key in ("speed_mt_s", "modules", "module_gb")]
    return (int(generation or 0), *(_rounded(figure) for figure in figures))


def _rounded(value: Cell) -> int | None:
    number = _number(value)
    return None if number is None else round(number)


def _number(value: Cell) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
