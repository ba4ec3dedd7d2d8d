"""BuildCores OpenDB: specifications of PC parts, without prices.

Contract: one JSON object a part, with opendb_id, metadata.name and the figures
of its category; a file holds one part, a JSON array or JSON Lines, and is named
after its category or lies in a folder that is. Zero means unknown. Figures that
cannot be (a card 77 slots wide: its millimetres) refuse the whole record,
because nobody knows what else in it is wrong.

Contains information from BuildCores OpenDB, which is made available under the
ODC Attribution License.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Collector, Reading
from payback.catalogue.collect.documents import Document, name_words
from payback.catalogue.collect.quarantine import Believed, FileRefused, NotBelieved, Outcome, judge
from payback.catalogue.store.records import Cell, Spec
from payback.evidence import Grade

_IDENT = re.compile(r'"opendb_id"\s*:\s*"[0-9a-f-]{36}"')
CATEGORIES: Final = {
    "cpu": "cpu",
    "gpu": "gpu",
    "motherboard": "board",
    "ram": "memory",
    "psu": "psu",
    "pccase": "case",
    "cpucooler": "cooler",
    "storage": "drive",
    "casefan": "fan",
    "prebuiltdesktop": "prebuilt",
}
_TELLING: Final = {
    "gpu": "video_outputs",
    "board": "pcie_slots",
    "memory": "cas_latency",
    "psu": "wattage",
    "case": "supported_motherboard_form_factors",
    "cooler": "cpu_sockets",
    "drive": "nvme",
    "cpu": "coreFamily",
    "fan": "static_pressure",
}
"""A key that only this category has, for a part's file without its folder."""
NUMBERS: Final[Mapping[str, Mapping[str, tuple[str, float, float]]]] = {
    "cpu": {
        "cores": ("cores.total", 1, 512),
        "threads": ("cores.threads", 1, 1024),
        "tdp_w": ("specifications.tdp", 1, 1000),
    },
    "gpu": {
        "memory_gib": ("memory", 0.01, 1024),
        "length_mm": ("length", 50, 600),
        "board_power_w": ("tdp", 1, 2000),
        "slot_width": ("total_slot_width", 0.5, 6),
        "plugs_6_pin": ("power_connectors.pcie_6_pin", 1, 6),
        "plugs_8_pin": ("power_connectors.pcie_8_pin", 1, 6),
        "plugs_12vhpwr": ("power_connectors.pcie_12VHPWR", 1, 4),
        "plugs_12v_2x6": ("power_connectors.pcie_12V_2x6", 1, 4),
    },
    "board": {"max_memory_gb": ("memory.max", 2, 65_536), "slots": ("memory.slots", 1, 64)},
    "memory": {
        "modules": ("modules.quantity", 1, 16),
        "module_gb": ("modules.capacity_gb", 0.25, 1024),
        "capacity_gb": ("capacity", 0.25, 16_384),
        "speed_mt_s": ("speed", 100, 20_000),
        "cas_latency": ("cas_latency", 1, 100),
    },
    "psu": {
        "watts": ("wattage", 30, 5000),
        "length_mm": ("length", 40, 400),
        "plugs_12vhpwr": ("connectors.pcie_12vhpwr", 1, 12),
        "plugs_8_pin": ("connectors.pcie_6_plus_2_pin", 1, 24),
        "eps_plugs": ("connectors.eps_8_pin", 1, 8),
    },
    "case": {
        "max_gpu_length_mm": ("max_video_card_length", 50, 1000),
        "max_cooler_height_mm": ("max_cpu_cooler_height", 20, 250),
        "expansion_slots": ("expansion_slots", 1, 24),
    },
    "cooler": {
        "height_mm": ("height", 10, 250),
        "radiator_mm": ("radiator_size", 40, 600),
        "noise_dba": ("max_noise_level", 1, 80),
    },
    "drive": {"capacity_gb": ("capacity", 1, 300_000)},
    "fan": {"size_mm": ("size", 20, 400), "noise_dba": ("min_noise_level", 1, 80)},
    "prebuilt": {},
}
"""Field, where the record has it, and the least and most that such a part can have."""
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "cpu": {"socket": "socket", "architecture": "microarchitecture", "core_family": "coreFamily"},
    "gpu": {"chipset": "chipset", "memory_type": "memory_type", "cooling": "cooling"},
    "board": {
        "socket": "socket",
        "form_factor": "form_factor",
        "chipset": "chipset",
        "memory_type": "memory.ram_type",
    },
    "memory": {"memory_type": "ram_type", "registered": "registered", "ecc": "ecc"},
    "psu": {"form_factor": "form_factor", "efficiency": "efficiency_rating", "modular": "modular"},
    "case": {"form_factor": "form_factor"},
    "cooler": {"water_cooled": "water_cooled"},
    "drive": {"type": "type", "form_factor": "form_factor", "interface": "interface"},
    "fan": {},
    "prebuilt": {"maker": "metadata.manufacturer"},
}


def category_of(document: Document) -> str | None:
    """The category of a file, from its name, its folder, or the figures its first part has."""
    for word in name_words(document.name):
        if word in CATEGORIES:
            return CATEGORIES[word]
    return next((category for category, key in _TELLING.items() if f'"{key}"' in document.head), None)


def read(reading: Reading) -> Iterator[Outcome]:
    """Parts of one category."""
    category = category_of(reading.document)
    if category is None:
        raise FileRefused("neither file nor folder is named after a category of parts", reading.document.name)
    records = reading.document.json
    listed: Iterable[Any] = records if isinstance(records, list) else [records]
    yield from judge(enumerate(listed, start=1), lambda record: _record(reading, category, record))


def _record(reading: Reading, category: str, record: Any) -> Believed:
    if not isinstance(record, dict):
        raise NotBelieved("", "not a part", str(record)[:80])
    ident, name = str(record.get("opendb_id") or ""), str(_at(record, "metadata.name") or "").strip()
    if not ident or not name:
        raise NotBelieved("metadata.name" if ident else "opendb_id", "no name", ident)
    fields = {field: _number(record, *rule) for field, rule in NUMBERS[category].items()}
    fields |= {field: _text(_at(record, path)) for field, path in WORDS[category].items()}
    _agree(category, fields)
    spec = Spec(
        source=reading.source,
        locator=f"{reading.document.locator} {ident}",
        observed_on=reading.observed_on,
        grade=Grade.LISTED,
        category=category,
        ident=ident,
        name=name,
        fields=fields,
    )
    return Believed((spec,))


def _number(record: Mapping[str, Any], path: str, least: float, most: float) -> Cell:
    value = cleaning.known(_at(record, path), path)
    if value is not None and not least <= value <= most:
        raise NotBelieved(path, "impossible for such a part", f"{value:g}")
    return value


def _agree(category: str, fields: Mapping[str, Cell]) -> None:
    """Figures of one record must not contradict each other.

    Raises:
        NotBelieved: They do.
    """
    if category != "memory":
        return
    modules, each, capacity = (fields[key] for key in ("modules", "module_gb", "capacity_gb"))
    if (
        isinstance(modules, float)
        and isinstance(each, float)
        and isinstance(capacity, float)
        and abs(modules * each - capacity) > 0.5
    ):
        raise NotBelieved("capacity", "modules and capacity disagree", f"{modules:g} x {each:g} is not {capacity:g}")


def _at(record: Mapping[str, Any], path: str) -> Any:
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> Cell:
    return value if isinstance(value, bool) else (str(value).strip() or None) if value is not None else None


def recognises(document: Document) -> bool:
    """Whether this holds parts of the data base."""
    return _IDENT.search(document.head) is not None and ".json" in document.name.casefold()


COLLECTOR: Final = Collector(
    name="opendb",
    source="buildcores-opendb",
    publisher="BuildCores OpenDB",
    url="https://github.com/buildcores/buildcores-open-db",
    licence="ODC-By 1.0",
    recognises=recognises,
    read=read,
    scope=lambda document: category_of(document) or "",
    aliases=("buildcores_opendb", "buildcores-opendb", "buildcores"),
)
