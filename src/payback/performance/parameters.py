"""What the speed model learned from the measurements, shipped so that a run need not learn it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final
from zlib import crc32

from payback.catalogue.schema import Row
from payback.catalogue.tables import data_folder, read_table
from payback.performance.cells import Cell
from payback.performance.measurements import Measurement

PARAMETERS_FILE: Final = Path(str(resources.files("payback") / "data" / "speed_model.csv"))
HYPER, INTERVAL, TRANSFER, DIGEST = "log/", "interval/", "transfer/", "training digest"
OTHER_VENDOR: Final = "other vendor"
"""Transfer deviation added for GPUs of makers whose cards are not in the common fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRow(Row):
    """One line of ``speed_model.csv``."""

    parameter: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Parameters of the covariance, widths of intervals, and how far a task strays from the one that stands for it."""

    hyper: Mapping[str, float]
    scales: Mapping[str, float]
    """Factor on the model's deviation by task; "" for any other task."""
    transfer: Mapping[str, float]
    """Standard deviation of the logarithm, by suite; "" for any other suite."""
    digest: int
    """Checksum of the cells the parameters were fitted to."""

    def rows(self) -> Iterator[tuple[str, float, str]]:
        """Name, value and meaning of each parameter, as the table has them."""
        for name, value in self.hyper.items():
            yield HYPER + name, value, "natural logarithm"
        for task, value in sorted(self.scales.items()):
            yield INTERVAL + task, value, "" if task else "tasks without held-out cells of their own"
        for suite, value in sorted(self.transfer.items()):
            yield TRANSFER + suite, value, "standard deviation of the logarithm of speed"
        yield DIGEST, self.digest, "checksum of the measured cells"


def training_digest(cells: Sequence[Cell], rows: Sequence[Measurement]) -> int:
    """A checksum that changes with any figure the model is fitted to, and with any measured speed."""
    speeds = sorted(f"{row.fact().id} {row.throughput!r} {row.quality}" for row in rows)
    return crc32("\n".join([*map(repr, cells), *speeds]).encode())


@cache
def load_parameters() -> Parameters:
    """The shipped parameters.

    Example:
        >>> 0.02 < 2.718 ** load_parameters().hyper["noise"] < 0.1
        True
    """
    values = {row.parameter: row.value for row in read_table(data_folder() / "speed_model.csv", ParameterRow)}
    return Parameters(
        hyper=_under(values, HYPER),
        scales=_under(values, INTERVAL),
        transfer=_under(values, TRANSFER),
        digest=int(values[DIGEST]),
    )


def _under(values: Mapping[str, float], prefix: str) -> dict[str, float]:
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
