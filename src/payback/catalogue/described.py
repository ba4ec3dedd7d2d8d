"""Parts that a list describes instead of naming: "2TB HDD", "64GB DDR4 (4x16GB)", "RTX 3090" of whatever make."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, Literal

from payback.catalogue.components import Drive, GpuCard, GpuRange, Memory
from payback.evidence import Grade

MODULES: Final = re.compile(r"(\d+)\s*[x×]\s*(\d+)\s*(?:gb)?", re.IGNORECASE)
PLUG: Final = re.compile(r"(\d+)x (6-pin|8-pin|12VHPWR|12V-2x6|EPS)")


def stated_gb(text: str) -> float | None:
    """Size that a name states, e.g. 2000 of "980 Pro 2 TB". [GB]"""
    found = re.search(r"(\d+(?:\.\d+)?) ?(TB|GB)\b", text, re.IGNORECASE)
    return float(found.group(1)) * (1000 if found.group(2).upper() == "TB" else 1) if found else None


def stated_watts(text: str) -> float | None:
    """Power that a name states, e.g. 1250 of "Great Wall Gold 1250W". [W]"""
    found = re.search(r"\b(\d{3,4}) ?W(?:att)?s?\b", text, re.IGNORECASE)
    return float(found.group(1)) if found else None


def described_drive(text: str) -> Drive | None:
    """A drive as its description says: "2TB HDD", "4TB PCIe Gen4 NVMe"; None if the text describes none.

    An M.2 drive that does not say SATA is taken for NVMe, which asks more of the board.
    """
    words = text.casefold()
    size = re.search(r"(\d+(?:\.\d+)?) ?(tb|gb)\b", words)
    if not size and not re.search(r"ssd|hdd|nvme|hard", words):
        return None
    capacity = None if size is None else float(size.group(1)) * (1000 if size.group(2) == "tb" else 1)
    spinning = bool(re.search(r"hdd|hard dis|hard dri|rpm", words))
    sata = spinning or bool(re.search(r"sata|2\.5", words))
    nvme = bool(re.search(r"nvme|pcie|pci-e", words)) or ("m.2" in words and not sata)
    kind: Literal["M.2 NVMe", "SATA"] | None = "M.2 NVMe" if nvme else "SATA" if sata else None
    return Drive(drive=text, kind=kind, capacity_gb=capacity, spinning=spinning, source="list", grade=Grade.QUOTED)


def described_memory(text: str, line: Memory | None) -> Memory | None:
    """Memory as its description says; `line` is the product line named in it, if any. None if nothing is said."""
    words = text.casefold()
    modules = MODULES.search(re.sub(r"ddr\d-?\d*", " ", words))
    total = re.search(r"(\d+)\s?gb", words)
    generation = re.search(r"ddr(\d)", words)
    speed = re.search(r"ddr\d[- ](\d{4})", words)
    base = line or Memory(memory=text, source="list", grade=Grade.QUOTED)
    part = replace(
        base,
        memory=text,
        memory_type=f"DDR{generation.group(1)}" if generation else base.memory_type,
        module_count=int(modules.group(1)) if modules else None,
        module_gb=float(modules.group(2)) if modules else None,
        speed_mt_s=int(speed.group(1)) if speed else None,
        dimm_class=_stated_class(words) or base.dimm_class,
        ecc=True if re.search(r"\becc\b", words) else None,
        note=f"{total.group(1)} GB in all" if total and not modules else "",
    )
    return None if part.memory_type is None and modules is None and total is None else part


def _stated_class(words: str) -> Literal["UDIMM", "RDIMM"] | None:
    if re.search(r"rdimm|lrdimm|registered|reg\b", words):
        return "RDIMM"
    return "UDIMM" if re.search(r"udimm|unbuffered|non-ecc", words) else None


def extreme_cards(card: GpuCard, known: GpuRange | None) -> tuple[GpuCard, ...]:
    """The smallest and the largest card of a chip, with the lightest and the heaviest sets of plugs.

    What holds for all of them holds for every card in between, so that "RTX 3090"
    without a maker can be judged where all its cards agree.

    Args:
        card: Any card of the chip; what it states already is kept.
        known: The chip's cards on record; None if there are none.

    Returns:
        The cards to judge; `card` alone where nothing is known of the chip's cards.
    """
    if known is None:
        return (card,)
    small, large = (
        replace(
            card,
            length_mm=card.length_mm or length,
            slot_width=card.slot_width or width,
            source=known.source,
            locator=known.locator,
            grade=known.grade,
        )
        for length, width in (
            (known.shortest_mm, known.narrowest_slots),
            (known.longest_mm, known.widest_slots),
        )
    )
    light, heavy = _lightest(known.plug_sets), _heaviest(known.plug_sets)
    found = [replace(small, power_connectors=plugs) for plugs in light]
    return (*found, *(replace(large, power_connectors=plugs) for plugs in heavy))


def plug_demand(plugs: str) -> tuple[int, int]:
    """Plugs that a set asks of a supply: of the 8-pin kind (an EPS socket takes two through its adapter), and 16-pin.

    Example:
        >>> plug_demand("1x 8-pin + 1x 6-pin"), plug_demand("1x 12V-2x6"), plug_demand("1x EPS")
        ((2, 0), (0, 1), (2, 0))
    """
    eight = native = 0
    for count, kind in PLUG.findall(plugs):
        if kind.startswith("12V"):
            native += int(count)
        else:
            eight += int(count) * (2 if kind == "EPS" else 1)
    return eight, native


def _lightest(plug_sets: tuple[str, ...]) -> list[str]:
    return [plugs for plugs in _distinct(plug_sets) if not any(_less(o, plugs) for o in plug_sets)]


def _heaviest(plug_sets: tuple[str, ...]) -> list[str]:
    return [plugs for plugs in _distinct(plug_sets) if not any(_less(plugs, o) for o in plug_sets)]


def _distinct(plug_sets: tuple[str, ...]) -> list[str]:
    return list({plug_demand(plugs): plugs for plugs in plug_sets}.values())


def _less(left: str, right: str) -> bool:
    a, b = plug_demand(left), plug_demand(right)
    return a != b and a[0] <= b[0] and a[1] <= b[1]
