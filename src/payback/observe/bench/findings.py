"""A result beside what such parts usually do: what is slow, and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payback.observe.bench.expected import Expected, link_reference
from payback.observe.bench.schema import BenchResult, Gpu, Metric

WARM_RATIO: Final = 0.97
"""A card that keeps less than this of its first minute's speed is losing work to heat."""
CAPPED_SHARE: Final = 0.98
"""A limit below this part of the card's own default was set by somebody."""
FED: Final = 0.9
"""Real data at less than this part of the synthetic speed: the card waits."""


class Status(StrEnum):
    """Where a figure lies."""

    SLOW = "slow"
    USUAL = "usual"
    FAST = "fast"
    NOTED = "noted"
    """Worth knowing; there is no figure to compare it with."""


class Cause(StrEnum):
    """Why something is slow, where the result itself says so."""

    NARROW_LINK = "narrow link"
    HEAT = "heat"
    POWER_CAP = "power cap"
    SLOW_DISK = "slow disk"
    FEW_CORES = "too few cores"
    DISTURBED = "disturbed run"
    SMALL_BATCH = "small batch"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to know about this machine."""

    metric: str
    device: str
    status: Status
    why: str
    measured: float | None = None
    unit: str = ""
    expected: Expected | None = None
    cause: Cause | None = None
    remedy: str = ""

    @property
    def ratio(self) -> float | None:
        """Measured over expected; None where nothing is expected."""
        return None if self.measured is None or self.expected is None else self.measured / self.expected.value


def compare(result: BenchResult, expected: Mapping[str, Expected]) -> list[Finding]:
    """Set a result beside the usual figures and name what is slow and why; the slow first.

    Args:
        result: A measured machine.
        expected: By the name of the metric; see `expected_for`.

    Returns:
        One finding a compared metric, and one for each weakness that the result shows by itself:
        a narrow link, heat, a lowered power limit, too few cores, a slow disk.
    """
    compared = [
        _judge(result, metric, expected[metric.name]) for metric in _comparable(result) if metric.name in expected
    ]
    findings = [*compared, *_links(result), *_heat(result), *_power_limits(result), *_starved(result)]
    order = [Status.SLOW, Status.NOTED, Status.FAST, Status.USUAL]
    return sorted(findings, key=lambda finding: order.index(finding.status))


def _comparable(result: BenchResult) -> list[Metric]:
    """Every metric; in a machine with different GPUs, of the first GPU only, whose figures are expected."""
    if len({gpu.name for gpu in result.hardware.gpus}) <= 1:
        return result.metrics
    return [m for m in result.metrics if not m.device.startswith("gpu") or m.device == "gpu0"]


def _judge(result: BenchResult, metric: Metric, usual: Expected) -> Finding:
    status = Status.USUAL
    if metric.median < usual.low:
        status = Status.SLOW
    elif metric.median > usual.high:
        status = Status.FAST
    cause, why, remedy = (None, _beside(metric, usual), "")
    if status is Status.SLOW:
        cause, reason, remedy = _explain(result, metric)
        why = f"{why}; {reason}"
    return Finding(
        metric=metric.name,
        device=metric.device,
        status=status,
        why=why,
        measured=metric.median,
        unit=metric.unit,
        expected=usual,
        cause=cause,
        remedy=remedy,
    )


def _beside(metric: Metric, usual: Expected) -> str:
    share = metric.median / usual.value
    return f"{metric.median:.4g} {metric.unit}, {share:.0%} of the usual {usual.value:.4g}"


Explanation = tuple[Cause, str, str]


def _explain(result: BenchResult, metric: Metric) -> Explanation:
    """The first cause that the result gives evidence of."""
    for clue in (_by_link, _by_disk, _by_heat, _by_power_cap, _by_batch, _by_disturbance):
        found = clue(result, metric)
        if found is not None:
            return found
    return (
        Cause.UNKNOWN,
        "the result shows no cause",
        "look at driver and library versions, and test the part elsewhere",
    )


def _by_link(result: BenchResult, metric: Metric) -> Explanation | None:
    gpu = _gpu_of(result, metric)
    if gpu is None or not metric.name.startswith("link."):
        return None
    narrow = narrow_link(gpu)
    return None if narrow is None else (Cause.NARROW_LINK, narrow, "move the card to a slot wired with 16 lanes")


def _by_disk(result: BenchResult, metric: Metric) -> Explanation | None:
    if not metric.name.startswith("disk."):
        return None
    if metric.detail.get("direct") is False:
        return (
            Cause.SLOW_DISK,
            f"reads were not direct: {metric.detail.get('why_not_direct')}",
            "measure on another file system",
        )
    kind = result.hardware.disk.kind or "disk of unknown kind"
    return (
        Cause.SLOW_DISK,
        f"the {kind} delivers less than its kind does",
        "look at its health, its slot's lanes, its fill",
    )


def _by_heat(result: BenchResult, metric: Metric) -> Explanation | None:
    share = _of_device(result, "throttle.heat", metric)
    if not share or not metric.device.startswith("gpu"):
        return None
    return (
        Cause.HEAT,
        f"the card slowed itself for heat in {share:.0%} of the readings",
        "more air between the cards, or blower cards",
    )


def _by_power_cap(result: BenchResult, metric: Metric) -> Explanation | None:
    gpu = _gpu_of(result, metric)
    why = None if gpu is None else lowered_limit(gpu)
    return None if why is None else (Cause.POWER_CAP, why, "raise the limit if supply and cooling allow it")


def _by_batch(result: BenchResult, metric: Metric) -> Explanation | None:  # noqa: ARG001 - one signature for all clues
    refused = metric.detail.get("out_of_memory_at")
    if not isinstance(refused, list) or not refused:
        return None
    return Cause.SMALL_BATCH, f"only batch {metric.detail.get('batch')} fits into memory", "a card with more memory"


def _by_disturbance(result: BenchResult, metric: Metric) -> Explanation | None:  # noqa: ARG001
    if not result.disturbed:
        return None
    return Cause.DISTURBED, f"the run was disturbed: {result.disturbed[0]}", "measure again on a quiet machine"


def narrow_link(gpu: Gpu) -> str | None:
    """What is wrong with the card's link; None when nothing is, or nothing is known."""
    reference = link_reference(gpu)
    if reference is None or gpu.pcie_gen is None or gpu.pcie_width is None:
        return None
    generation, width = reference
    if gpu.pcie_width < width:
        return f"the link has {gpu.pcie_width} lanes of at least {width} (PCIe {gpu.pcie_gen} x{gpu.pcie_width})"
    if gpu.pcie_gen < generation:
        return f"the link runs at PCIe generation {gpu.pcie_gen} of {generation} under load"
    return None


def lowered_limit(gpu: Gpu) -> str | None:
    """That somebody lowered the power limit; None when nobody did, or nothing is known."""
    if gpu.power_limit_w is None or gpu.default_power_limit_w is None:
        return None
    if gpu.power_limit_w >= CAPPED_SHARE * gpu.default_power_limit_w:
        return None
    return f"the power limit is {gpu.power_limit_w:.0f} W of {gpu.default_power_limit_w:.0f} W"


def _links(result: BenchResult) -> list[Finding]:
    remedy = "check slot, riser and the board's setting for the slot"
    return _each_gpu(result, "link", narrow_link, Cause.NARROW_LINK, remedy)


def _power_limits(result: BenchResult) -> list[Finding]:
    return _each_gpu(result, "power limit", lowered_limit, Cause.POWER_CAP, "intended? It saves power and costs speed")


def _each_gpu(
    result: BenchResult, what: str, judge: Callable[[Gpu], str | None], cause: Cause, remedy: str
) -> list[Finding]:
    found = [(f"gpu{index}", judge(gpu)) for index, gpu in enumerate(result.hardware.gpus)]
    return [
        Finding(metric=what, device=device, status=Status.NOTED, why=why, cause=cause, remedy=remedy)
        for device, why in found
        if why is not None
    ]


def _heat(result: BenchResult) -> list[Finding]:
    found = []
    for derived in result.derived:
        if (
            derived.name.endswith(".last_over_first")
            and derived.value < WARM_RATIO
            and derived.device.startswith("gpu")
        ):
            hot = result.derived_value("temperature.highest", derived.device)
            degrees = "" if hot is None else f" at {hot:.0f} degrees"
            why = f"the last minute ran at {derived.value:.0%} of the first{degrees}"
            heat = result.derived_value("throttle.heat", derived.device)
            cause = Cause.HEAT if heat else Cause.UNKNOWN
            found.append(
                Finding(metric=derived.name, device=derived.device, status=Status.SLOW, why=why, measured=derived.value,
                        unit="share", cause=cause, remedy="more air between the cards, or a lower power limit")
            )  # fmt: skip
    return found


def _starved(result: BenchResult) -> list[Finding]:
    """Training that waits for CPU or disk."""
    found = []
    for derived in result.derived:
        if not (derived.name.startswith("ingest.") and derived.name.endswith(".bound")):
            continue
        workload = derived.name.removeprefix("ingest.").removesuffix(".bound")
        gpu = result.metric(f"train.{workload}.synthetic")
        devices = derived.detail.get("devices")
        wanted = None if gpu is None or not isinstance(devices, int) else gpu.median * devices
        if wanted is None or derived.value >= FED * wanted:
            continue
        binding = str(derived.detail.get("binding"))
        cause = Cause.SLOW_DISK if binding == "disk" else Cause.FEW_CORES
        why = f"{binding} feeds {derived.value:.4g} {derived.unit}, the device could take {wanted:.4g}"
        remedy = _remedy(result, workload, wanted, cause)
        found.append(
            Finding(metric=derived.name, device="machine", status=Status.SLOW, why=why, measured=derived.value,
                    unit=derived.unit, cause=cause, remedy=remedy)
        )  # fmt: skip
    return found


def _remedy(result: BenchResult, workload: str, wanted: float, cause: Cause) -> str:
    if cause is Cause.SLOW_DISK:
        return "keep the data set in memory or on a faster disk"
    cores, prepared = result.hardware.cpu.physical_cores, result.metric(f"ingest.{workload}.P")
    if cores is None or prepared is None:
        return "more cores, or decoding on the GPU"
    return f"about {math.ceil(wanted / (prepared.median / cores))} cores like these, or decoding on the GPU"


def _gpu_of(result: BenchResult, metric: Metric) -> Gpu | None:
    number = metric.device.removeprefix("gpu")
    known = metric.device.startswith("gpu") and number.isdigit() and int(number) < len(result.hardware.gpus)
    return result.hardware.gpus[int(number)] if known else None


def _of_device(result: BenchResult, name: str, metric: Metric) -> float | None:
    return result.derived_value(name, metric.device)
