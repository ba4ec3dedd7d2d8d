"""A real market of some 6,500 parts: BuildCores OpenDB specifications joined by name with prices of July 2025.

Contains information from BuildCores OpenDB (https://github.com/buildcores/buildcores-open-db), which is made available
under the ODC Attribution License. Neither source knows lanes of processors or positions of slots: they are filled in
by socket, which is good enough to time and to cross-check a search, and for nothing else.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from payback.assembly.search.candidates import Candidate, Candidates, candidates_of
from payback.assembly.search.plausible import disbelief
from payback.catalogue.components import Board, BoardSlot, Case, Cooler, Cpu, Drive, GpuCard, Memory, PowerSupply
from payback.evidence import Grade

DATA = Path(__file__).parents[4] / "shared" / "data"
SPECS, PRICES = DATA / "buildcores_opendb", DATA / "docyx_parts_2025-07-23"
SOURCE: dict[str, Any] = {"source": "buildcores-opendb", "grade": Grade.LISTED}
PLATFORMS: dict[str, tuple[str, int, int]] = {
    "AM4": ("Ryzen", 20, 2), "AM5": ("Ryzen", 24, 2), "LGA1151": ("Coffee Lake", 16, 2), "LGA1200": ("Core", 20, 2),
    "LGA1700": ("Core", 20, 2), "LGA1851": ("Core", 20, 2), "LGA2066": ("Core X", 44, 4), "LGA2011-3": ("Core", 40, 4),
    "sTR4": ("Threadripper", 60, 4), "sTRX4": ("Threadripper", 56, 4), "sTR5": ("Threadripper", 48, 4),
}  # fmt: skip
"""Family, lanes and memory channels by socket."""
FORMS = {"ATX": "ATX", "Micro ATX": "micro-ATX", "Mini-ITX": "mini-ITX", "EATX": "E-ATX", "SSI CEB": "SSI-CEB"}
SIZE = re.compile(r"\b\d+ GB\b")
WORDS = re.compile(r"[a-z0-9.+]+")


def available() -> bool:
    """Whether both data sets lie beside the repository."""
    return SPECS.is_dir() and PRICES.is_dir()


def real_market() -> Candidates:
    """Every part with a specification that can be read and a price whose name is contained in its own."""
    offers: list[Candidate] = []
    for category, (specs, prices, read, agree) in READERS.items():
        offers += _priced(category, _records(specs), _listed(prices), read, agree)
    return candidates_of(offer for offer in offers if disbelief(offer.part) is None)


def multiplied(market: Candidates, times: int) -> Candidates:
    """The market with every part so many times over, each copy under its own name and a little dearer."""
    copies = []
    for category, offers in market.of.items():
        for number in range(times):
            for offer in offers:
                name = f"{offer.name} #{number}" if number else offer.name
                field = {"gpu": "card"}.get(category, category)
                part = replace(offer.part, **{field: name})  # type: ignore[arg-type]
                copies.append(replace(offer, part=part, price_usd=round(offer.price_usd * (1.0 + 0.003 * number), 2)))
    return candidates_of(copies)


def _records(name: str) -> list[dict[str, Any]]:
    with gzip.open(SPECS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _listed(name: str) -> list[dict[str, Any]]:
    with gzip.open(PRICES / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        return [row for row in json.load(file) if row["price"]]


def _words(text: str) -> frozenset[str]:
    return frozenset(WORDS.findall(text.casefold().replace("-", " ")))


def _priced(
    category: str,
    records: Iterable[dict[str, Any]],
    prices: Iterable[dict[str, Any]],
    read: Callable[[dict[str, Any], str], Any],
    agree: Callable[[Any, dict[str, Any]], bool],
) -> Iterator[Candidate]:
    """Each priced name goes to the readable record that contains all its words and fewest others."""
    parts: list[tuple[Any, frozenset[str]]] = []
    for record in records:
        name = record["metadata"]["name"] or ""
        part = read(record, name)
        if part is not None:
            parts.append((part, _words(name)))
    holding: dict[str, set[int]] = {}
    for number, (_, words) in enumerate(parts):
        for word in words:
            holding.setdefault(word, set()).add(number)
    best: dict[int, float] = {}
    for row in prices:
        wanted = _words(SIZE.sub(" ", row["name"]) if category == "memory" else row["name"])
        found = set.intersection(*(holding.get(word, set()) for word in wanted)) if wanted else set()
        agreeing = [number for number in found if agree(parts[number][0], row)]
        if agreeing:
            number = min(agreeing, key=lambda n: (len(parts[n][1] - wanted), n))
            best[number] = min(best.get(number, row["price"]), row["price"])
    taken: set[str] = set()
    for number, usd in sorted(best.items()):
        part = parts[number][0]
        if part.name not in taken:
            taken.add(part.name)
            listed = part.gpu if isinstance(part, GpuCard) else part.name
            yield Candidate(category=category, part=part, price_usd=float(usd), listed=listed)


def _socket(text: str | None) -> str:
    return {"TR4": "sTR4"}.get(text or "", (text or "").replace("LGA ", "LGA"))


def _cpu(record: dict[str, Any], name: str) -> Cpu | None:
    socket, specs = _socket(record.get("socket")), record.get("specifications") or {}
    if socket not in PLATFORMS or not specs.get("tdp") or not record["cores"]["total"]:
        return None
    family, lanes, channels = PLATFORMS[socket]
    if socket == "LGA1151" and not re.search(r"i\d-[89]\d{3}|G49|G54", name):
        family = "Skylake"
    most_gb = (specs["memory"] or {}).get("maxSupport") or 0
    return Cpu(
        cpu=name, socket=socket, family=family, cores=record["cores"]["total"], threads=record["cores"]["threads"] or 0,
        tdp_w=float(specs["tdp"]), peak_power_w=float(specs["ppt"]) if specs.get("ppt") else None, pcie_lanes=lanes,
        lanes_grade=Grade.LISTED, pcie_gen=4, memory_channels=channels, max_memory_gb=most_gb if most_gb > 8 else None,
        boxed_cooler=bool(specs.get("includesCooler")), integrated_graphics=False, **SOURCE,
    )  # fmt: skip


def _board(record: dict[str, Any], name: str) -> Board | None:
    socket, form = _socket(record.get("socket")), FORMS.get(record.get("form_factor") or "")
    memory = record.get("memory") or {}
    wide = [slot for slot in record.get("pcie_slots") or () if slot.get("lanes") == 16]
    if socket not in PLATFORMS or form is None or not memory.get("ram_type"):
        return None
    channels, count = PLATFORMS[socket][2], min(4, sum(slot.get("quantity") or 1 for slot in wide)) or 1
    m2 = [slot for slot in record.get("m2_slots") or () if slot.get("key") == "M"]
    most_gb = memory.get("max") or 0
    return Board(
        board=name, maker=record["metadata"].get("manufacturer") or "", socket=socket,
        chipset=(record.get("chipset") or "").split(" ")[-1], form_factor=form, memory_type=memory["ram_type"],
        dimm_slots=memory.get("slots") or None, dimm_class="RDIMM" if socket == "sTR5" else "UDIMM",
        max_memory_gb=float(most_gb) if most_gb > 8 else None, memory_channels=channels, m2_slots=len(m2) or None,
        m2_unshared=1, sata_ports=(record.get("storage_devices") or {}).get("sata_6_gb_s") or None,
        full_lanes=PLATFORMS[socket][1], slots_complete=True, slots=tuple(_slots(name, count, channels)), **SOURCE,
    )  # fmt: skip


def _slots(board: str, count: int, channels: int) -> Iterator[BoardSlot]:
    places = {1: (1,), 2: (1, 4), 3: (1, 3, 5), 4: (1, 3, 5, 7)}[count]
    for index, place in enumerate(places, 1):
        full = channels > 2 or index == 1
        attached: Any = "cpu" if channels > 2 or index < 3 else "chipset"
        shares = (2,) if index == 1 else (1,)
        yield BoardSlot(
            board=board, slot_index=index, position=place, attached=attached, gen=4,
            lanes_alone=16 if full else 8 if index == 2 else 4, lanes_shared=8 if channels == 2 and index < 3 else None,
            shares_with=shares if channels == 2 and index < 3 and count > 1 else (), **SOURCE,
        )  # fmt: skip


def _gpu(record: dict[str, Any], name: str) -> GpuCard | None:
    chip, power = record.get("chipset") or "", record.get("tdp") or 0
    if not re.search(r"RTX|TITAN (RTX|V)|Arc B|RX [79]\d{3}|W7\d00", chip) or not power or not record.get("memory"):
        return None
    plugs = record.get("power_connectors") or {}
    kinds = (("pcie_8_pin", "8-pin"), ("pcie_6_pin", "6-pin"), ("pcie_12VHPWR", "12VHPWR"), ("pcie_12V_2x6", "12V-2x6"))
    asked = " + ".join(f"{plugs[key]}x {kind}" for key, kind in kinds if plugs.get(key))
    blower = "Blower" in (record.get("cooling") or "") or record.get("cooling") == "1 Fan"
    return GpuCard(
        card=name, gpu=f"{chip} {record['memory']} GB", cooler="blower" if blower else "open",
        length_mm=record.get("length") or None, slot_width=record.get("total_slot_width") or None,
        power_connectors=asked or (None if power > 75 else "none"), board_power_w=float(power), video_outputs=True,
        memory_gib=float(record["memory"]), nvlink=False, pcie_gen=4, **SOURCE,
    )  # fmt: skip


def _memory(record: dict[str, Any], name: str) -> Memory | None:
    modules = record.get("modules") or {"quantity": 0, "capacity_gb": 0}
    if record.get("ram_type") not in ("DDR4", "DDR5") or not modules["quantity"] or not modules["capacity_gb"]:
        return None
    if "SODIMM" in (record.get("form_factor") or "").replace("-", ""):
        return None
    return Memory(
        memory=name, memory_type=record["ram_type"], module_count=modules["quantity"], ecc=record.get("ecc") == "ECC",
        module_gb=float(modules["capacity_gb"]), speed_mt_s=record.get("speed"),
        dimm_class="RDIMM" if record.get("registered") == "Registered" else "UDIMM", **SOURCE,
    )  # fmt: skip


def _psu(record: dict[str, Any], name: str) -> PowerSupply | None:
    watts, plugs = record.get("wattage") or 0, record.get("connectors") or {}
    if watts < 450 or record.get("form_factor") not in ("ATX", "SFX"):
        return None
    rating = (record.get("efficiency_rating") or "").replace("80+", "80 Plus").strip()
    eight, native = plugs.get("pcie_6_plus_2_pin") or 0, plugs.get("pcie_12vhpwr") or 0
    known = eight + native > 0
    return PowerSupply(
        psu=name, watts=float(watts), form=record["form_factor"], efficiency=rating or None,
        length_mm=record.get("length") or None, pcie_8pin=eight if known else None,
        pcie_12v=native if known else None, eps=plugs.get("eps_8_pin") or None, **SOURCE,
    )  # fmt: skip


def _case(record: dict[str, Any], name: str) -> Case | None:
    forms = tuple(FORMS[form] for form in record.get("supported_motherboard_form_factors") or () if form in FORMS)
    if not forms:
        return None
    height = record.get("max_cpu_cooler_height") or 0
    return Case(
        case=name, kind="tower", board_forms=forms, forms_complete="E-ATX" in forms, psu_forms=("ATX", "SFX"),
        max_gpu_mm=record.get("max_video_card_length") or None, max_cooler_mm=height if 30 < height < 220 else None,
        slots=record.get("expansion_slots") or None, **SOURCE,
    )  # fmt: skip


def _cooler(record: dict[str, Any], name: str) -> Cooler | None:
    sockets = tuple(dict.fromkeys(_socket(text) for text in record.get("cpu_sockets") or ()))
    liquid = bool(record.get("water_cooled"))
    if not set(sockets) & PLATFORMS.keys():
        return None
    return Cooler(
        cooler=name, kind="liquid" if liquid else "air", sockets=sockets,
        height_mm=None if liquid else record.get("height") or None,
        radiator_mm=record.get("radiator_size") or None if liquid else None, **SOURCE,
    )  # fmt: skip


def _drive(record: dict[str, Any], name: str) -> Drive | None:
    if record.get("type") != "SSD" or not record.get("capacity"):
        return None
    form, interface = record.get("form_factor") or "", record.get("interface") or ""
    kind: Any = "M.2 NVMe" if "M.2 PCIe" in interface else "SATA" if form == '2.5"' else None
    return Drive(drive=name, kind=kind, capacity_gb=float(record["capacity"]), spinning=False, **SOURCE)


def _always(_part: Any, _row: dict[str, Any]) -> bool:
    return True


READERS: dict[str, tuple[str, str, Callable[[dict[str, Any], str], Any], Callable[[Any, dict[str, Any]], bool]]] = {
    "cpu": ("CPU", "cpu", _cpu, lambda part, row: part.cores == row["core_count"]),
    "board": ("Motherboard", "motherboard", _board, lambda part, row: part.socket == _socket(row["socket"])),
    "gpu": ("GPU", "video-card", _gpu, lambda part, row: part.memory_gib == row["memory"] and row["chipset"][-4:] in part.gpu),
    "memory": (
        "RAM", "memory", _memory,
        lambda part, row: [part.module_count, part.module_gb] == row["modules"] and part.speed_mt_s == row["speed"][1],
    ),
    "psu": ("PSU", "power-supply", _psu, lambda part, row: part.watts == row["wattage"]),
    "case": ("PCCase", "case", _case, _always),
    "cooler": ("CPUCooler", "cpu-cooler", _cooler, lambda part, row: row["size"] in (None, part.radiator_mm)),
    "drive": ("Storage", "internal-hard-drive", _drive, lambda part, row: abs(part.capacity_gb - row["capacity"]) <= 24),
}  # fmt: skip


def speeds(market: Candidates) -> dict[str, float]:
    """A stand-in for speed that grows with power and memory: figures to rank by, not to believe."""
    found: dict[str, float] = {}
    for offer in market["gpu"]:
        part: Any = offer.part
        found[part.gpu] = max(found.get(part.gpu, 0.0), round(part.board_power_w * (1 + part.memory_gib / 64), 3))
    return found
