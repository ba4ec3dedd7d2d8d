"""The forms in which speeds are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from payback.evidence import Fact

SpeedGrade = Literal["measured", "derived"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast one machine's GPUs train a workload; `low` to `high` holds four times out of five."""

    gpu: str
    form: str
    gpu_count: int
    workload: str
    precision: str
    value: float | None
    """Of all GPUs together; None where nobody can say, and `why` says why."""
    unit: str
    low: float | None
    high: float | None
    grade: SpeedGrade
    era: str
    """The software the speed holds for."""
    facts: tuple[Fact, ...] = ()
    why: str = ""

    def as_dict(self) -> dict[str, object]:
        """The row that ``payback speed --json`` prints."""
        return {
            "gpu": self.gpu,
            "form": self.form,
            "gpu_count": self.gpu_count,
            "workload": self.workload,
            "precision": self.precision,
            "value": self.value,
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "grade": self.grade,
            "era": self.era,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How many times as fast one GPU is as another; the interval knows what both have in common."""

    value: float | None
    low: float | None
    high: float | None
    facts: tuple[Fact, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Logarithm of the speed of one GPU, and where it comes from."""

    log_speed: float
    deviation: float
    """Calibrated: 80 % of measurements lie within 1.28 of it."""
    grade: SpeedGrade
    facts: tuple[Fact, ...]
    why: str
