"""What is asked of a machine that does not exist yet, and what a careful builder asks without being told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from payback.assembly.model import Demand, Outlet, Policy
from payback.question import Question

Objective = Literal["cost", "throughput"]
LEAST_RAM_GB: Final = 32.0
LEAST_CORES: Final = 6
CORES_PER_GPU: Final = 2
"""Eight cores for four GPUs, as Chen (2018) asks."""
LEAST_STORAGE_GB: Final = 1000.0
SYSTEM_STORAGE_GB: Final = 200.0
"""Room for the operating system and environments beside the data."""
FAST_MOVING: Final = frozenset({"gpu", "memory", "drive"})
"""Categories whose prices doubled within a year (memory rose fivefold from 2025 to 2026): an old one is no price."""
SLOW_PRICE_AGE_DAYS: Final = 548
"""Eighteen months: cases, coolers, supplies, boards and processors moved little within that time."""
OUTLIER_SHARES: Final = (0.4, 2.5)
"""A price outside these multiples of its class's median is a mistake or a collector's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildDemand:
    """A machine to be assembled. None = not asked; every default is one a careful builder would choose."""

    gpus: int | None = 1
    """GPUs to buy now; None for any number up to `max_gpus`."""
    max_gpus: int = 4
    vram_gib: float | None = None
    """Memory of each GPU at least. [GiB]"""
    total_vram_gib: float | None = None
    """Memory of all GPUs together at least. [GiB]"""
    throughput: float | None = None
    """Speed of all GPUs together at least, in the unit of `speed`."""
    speed: Mapping[str, float] | None = None
    """Speed of one GPU by chip; the data sheet's dense tensor TFLOPS if None."""
    expand_to_gpus: int | None = None
    """GPUs that the machine must take later without changing another part."""
    budget_usd: float | None = None
    """Most that the parts may cost before tax. [USD]"""
    objective: Objective = "cost"
    """Least cost, or most throughput (which needs a budget)."""
    outlet: Outlet | None = None
    noise_dba: float | None = None
    rack_units: int | None = None
    board_forms: tuple[str, ...] | None = None
    """Board forms that are small enough, e.g. ("mini-ITX", "micro-ATX")."""
    only_brands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Brands allowed, by category; ``gpu`` also understands the chip's maker."""
    refused_brands: tuple[str, ...] = ()
    used: bool = True
    """Whether used parts are acceptable."""
    must_have: tuple[str, ...] = ()
    must_not_have: tuple[str, ...] = ()
    """Names of parts or of GPU chips."""
    min_ram_gb: float = LEAST_RAM_GB
    ram_covers_vram: bool = True
    """Whether there must be as much main memory as GPU memory (rule RAM_SIZE)."""
    min_cores: int | None = None
    """Cores at least; two a GPU and six in all if None."""
    min_storage_gb: float = LEAST_STORAGE_GB
    lanes_per_gpu: int = 8
    """Lanes of every card at least."""
    power_cap_w: float | None = None
    """Power limit set on each GPU. [W]"""
    psu_headroom_share: float = 0.15
    max_psus: int = 1
    nvlink: bool = False
    cuda_only: bool = True
    """Leave out GPUs that do not run CUDA (AMD, Intel): most training code is written for it (B20)."""
    needs_tensor_units: bool = True
    """Leave out GPUs whose tensor throughput is unknown or none."""
    policy: Policy = Policy.WARN
    """STRICT: every hard rule is proved; WARN: what a tape measure settles may stay open; OPTIMISTIC: anything may."""
    proof_premium_share: float = 0.03
    """Under `Policy.WARN`, a machine of which everything is proved is preferred if it costs at most this much more."""
    workmanship: bool = True
    """Whether to ask what a careful builder asks beyond the rulebook (formulas B7 to B10)."""
    market: str = "US"
    max_price_age_days: int = 180
    """Older prices of GPUs, memory and drives are not acted on. [days]"""

    def counts(self) -> tuple[int, ...]:
        """Numbers of GPUs to consider buying."""
        return (self.gpus,) if self.gpus is not None else tuple(range(1, self.max_gpus + 1))

    def grown_to(self, count: int) -> int:
        """GPUs that the machine must carry when `count` are bought."""
        return max(count, self.expand_to_gpus or 0)

    def ram_gb(self, count: int, memory_gib: float) -> float:
        """Main memory wanted for `count` GPUs of `memory_gib` each (B5). [GB]

        Example:
            >>> BuildDemand().ram_gb(4, 24), BuildDemand(ram_covers_vram=False).ram_gb(4, 24)
            (96, 32.0)
        """
        return max(self.min_ram_gb, count * memory_gib if self.ram_covers_vram else 0.0)

    def cores(self, count: int) -> int:
        """Cores wanted for `count` GPUs (B6).

        Example:
            >>> [BuildDemand().cores(count) for count in (1, 2, 4)]
            [6, 6, 8]
        """
        return self.min_cores if self.min_cores is not None else max(LEAST_CORES, CORES_PER_GPU * count)

    def price_age_limit_days(self, category: str) -> int:
        """Age up to which a price of that category is acted on. [days]"""
        return self.max_price_age_days if category in FAST_MOVING else max(SLOW_PRICE_AGE_DAYS, self.max_price_age_days)

    def rules_demand(self, count: int, memory_gib: float) -> Demand:
        """The demand that the rulebook judges a machine with `count` such GPUs by."""
        return Demand(
            outlet=self.outlet,
            power_cap_w=self.power_cap_w,
            lanes_per_gpu=self.lanes_per_gpu,
            expand_to_gpus=self.expand_to_gpus,
            noise_dba=self.noise_dba,
            rack_units=self.rack_units,
            nvlink=self.nvlink,
            min_ram_gb=self.ram_gb(count, memory_gib),
            min_cores=self.cores(self.grown_to(count)),
            psu_headroom_share=self.psu_headroom_share,
        )

    def without(self, **changes: object) -> BuildDemand:
        """The same demand with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]  # field names are checked by replace itself


def demand_from_question(question: Question) -> BuildDemand:
    """The machine that a question asks for.

    Example:
        >>> import datetime as dt
        >>> from payback.question import Question, Work
        >>> asked = Question(as_of=dt.date(2026, 11, 23), work=Work(gpus=2, vram_gib=24, data_gb=3000))
        >>> demand = demand_from_question(asked)
        >>> demand.gpus, demand.vram_gib, demand.min_storage_gb
        (2, 24.0, 3200.0)
    """
    work, site = question.work, question.site
    outlet = Outlet(volts=site.outlet.volts, amps=site.outlet.amps) if site.outlet else None
    return BuildDemand(
        gpus=work.gpus,
        vram_gib=work.vram_gib,
        expand_to_gpus=work.expand_to_gpus,
        outlet=outlet,
        noise_dba=site.noise_dba,
        budget_usd=question.finance.budget_usd,
        used=question.options.used,
        cuda_only=question.options.cuda_only,
        min_storage_gb=max(LEAST_STORAGE_GB, work.data_gb + SYSTEM_STORAGE_GB),
        market=site.country,
        max_price_age_days=question.options.max_price_age_days,
    )
