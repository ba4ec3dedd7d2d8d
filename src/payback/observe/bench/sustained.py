"""Measurements 9 and 10: all devices at once for minutes, with watts, degrees and clocks beside the speed.

One cold card alone says little: in a full case the middle cards breathe the
heat of their neighbours, and only all of them together find the power supply's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from payback.observe.bench.backend import Sustained, Workload
from payback.observe.bench.context import Bench, device_name
from payback.observe.bench.energy import integrate_j, per_unit_j
from payback.observe.bench.schema import Absence, Detail, Trace
from payback.observe.bench.sensors import HEAT, POWER_CAP, Reading
from payback.observe.bench.stats import median
from payback.observe.bench.training import fitting_batch

WINDOW_S: Final = 60.0
"""The last minute over the first; a quarter of the run when that is shorter."""
BLOCK_TICKS: Final = 10
RAMP_SHARE: Final = 0.05
"""The start, while queues fill and algorithms are chosen, is not counted."""
NO_WALL_METER: Final = (
    "no program can read it: put a meter between wall and machine, and write what it shows under load into this file "
    "(record_wall_power)"
)


@dataclass(slots=True)
class Log:
    """What was read at each tick."""

    times_s: list[float] = field(default_factory=list)
    units: list[list[float]] = field(default_factory=list)
    readings: list[list[Reading]] = field(default_factory=list)


def measure_sustained(bench: Bench) -> None:
    """Train on every device at once; speed at the end over speed at the beginning; power, heat, energy."""
    workload = bench.workloads[0]
    batch = _known_batch(bench, workload) or fitting_batch(bench, workload, bench.devices[0])[0]
    if batch == 0:
        bench.sheet.lacks("sustained load", Absence.FAILED, f"{workload.name} does not fit into memory")
        return
    running = bench.backend.sustain(workload, batch)
    try:
        log, counted_j = _watch(bench, running)
    finally:
        running.stop()
    _write_speed(bench, workload, batch, log)
    _write_power(bench, workload, log, counted_j)
    bench.sheet.lacks("power at the wall", Absence.BY_HAND, NO_WALL_METER)


def _watch(bench: Bench, running: Sustained) -> tuple[Log, list[float] | None]:
    backend, log = bench.backend, Log()
    ramp = RAMP_SHARE * bench.scale.sustained_s
    backend.sleep(ramp)
    before = None if bench.sensors is None else bench.sensors.energy_j()
    begin = backend.now()
    while (elapsed := backend.now() - begin) <= bench.scale.sustained_s - ramp:
        log.readings.append(bench.observe())
        log.times_s.append(elapsed)
        log.units.append(running.units_done())
        backend.sleep(bench.scale.tick_s)
    after = None if bench.sensors is None else bench.sensors.energy_j()
    if before is None or after is None:
        return log, None
    return log, [end - start for start, end in zip(before, after, strict=True)]


def _write_speed(bench: Bench, workload: Workload, batch: int, log: Log) -> None:
    name = f"sustained.{workload.name}"
    for index, device in enumerate(bench.devices):
        done = [units[index] for units in log.units]
        rates = _block_rates(log.times_s, done)
        if not rates:
            bench.sheet.lacks(name, Absence.FAILED, f"{device_name(device)} finished nothing while it was watched")
            continue
        detail: dict[str, Detail] = {"batch": batch, "devices": len(bench.devices)}
        bench.sheet.measured(name, device_name(device), workload.unit, rates, detail)
        ratio = last_over_first(log.times_s, done)
        if ratio is not None:
            bench.sheet.computed(
                f"{name}.last_over_first", device_name(device), "share", ratio, "last minute / first minute"
            )


def last_over_first(times_s: Sequence[float], done: Sequence[float]) -> float | None:
    """Speed in the last minute over speed in the first; quarters of a run shorter than four minutes.

    Args:
        times_s: Of each reading [s], ascending.
        done: Units finished by then.

    Returns:
        A share; 1 means that heat cost nothing. None when too little was read.

    Example:
        >>> last_over_first([0, 1, 2, 3, 4], [0, 10, 20, 30, 38])
        0.8
    """
    if len(times_s) < 5:
        return None
    window = min(WINDOW_S, (times_s[-1] - times_s[0]) / 4)
    early = [i for i, t in enumerate(times_s) if t <= times_s[0] + window][-1]
    late = next(i for i, t in enumerate(times_s) if t >= times_s[-1] - window)
    if early == 0 or late == len(times_s) - 1:
        return None
    first = (done[early] - done[0]) / (times_s[early] - times_s[0])
    last = (done[-1] - done[late]) / (times_s[-1] - times_s[late])
    return last / first if first > 0 else None


def _write_power(bench: Bench, workload: Workload, log: Log, counted_j: list[float] | None) -> None:
    if bench.backend.gpu_count == 0 or bench.sensors is None:
        return
    for device in bench.devices:
        _write_trace(bench, workload, log, device, None if counted_j is None else counted_j[device])
    totals = [_total(readings) for readings in log.readings]
    known = [total for total in totals if total is not None]
    if known:
        bench.sheet.measured("power.gpus", "machine", "W", known)
        if counted_j is None:
            _write_energy(bench, workload, log, integrate_j(log.times_s, totals), "machine", "integral of power")
        else:
            _write_energy(bench, workload, log, sum(counted_j), "machine", "energy counters")


def _write_trace(bench: Bench, workload: Workload, log: Log, device: int, counted_j: float | None) -> None:
    readings, where = [all_[device] for all_ in log.readings], device_name(device)
    powers = [reading.power_w for reading in readings]
    bench.sheet.traces.append(
        Trace(
            device=where,
            time_s=[round(time, 2) for time in log.times_s],
            power_w=powers,
            temperature_c=[reading.temperature_c for reading in readings],
            sm_clock_mhz=[reading.sm_clock_mhz for reading in readings],
            throttle=[sorted(reading.throttle) for reading in readings],
        )
    )
    if known := [power for power in powers if power is not None]:
        bench.sheet.measured("power.gpu", where, "W", known)
    if degrees := [r.temperature_c for r in readings if r.temperature_c is not None]:
        bench.sheet.computed("temperature.highest", where, "degC", max(degrees), "greatest reading under load")
    if clocks := [r.sm_clock_mhz for r in readings if r.sm_clock_mhz is not None]:
        bench.sheet.computed("clock.median", where, "MHz", median(clocks), "median reading under load")
    _write_throttle(bench, where, readings)
    if counted_j is None:
        _write_energy(bench, workload, log, integrate_j(log.times_s, powers), where, "integral of power", device)
    else:
        _write_energy(bench, workload, log, counted_j, where, "energy counter", device)


def _write_throttle(bench: Bench, where: str, readings: Sequence[Reading]) -> None:
    for reason in sorted({reason for reading in readings for reason in reading.throttle} | {HEAT, POWER_CAP}):
        share = sum(reason in reading.throttle for reading in readings) / max(1, len(readings))
        name = f"throttle.{reason.replace(' ', '_')}"
        bench.sheet.computed(name, where, "share", share, "readings under load that name this reason")
        if reason != POWER_CAP and share > 0:
            bench.sheet.disturb(f"{where} slowed itself down ({reason}) in {share:.0%} of the readings under full load")


def _write_energy(
    bench: Bench, workload: Workload, log: Log, energy_j: float | None, where: str, how: str, device: int | None = None
) -> None:
    done = [last - first for first, last in zip(log.units[0], log.units[-1], strict=True)]
    each = per_unit_j(energy_j, sum(done) if device is None else done[device])
    if each is not None:
        unit = f"J/{workload.unit.removesuffix('s/s')}"
        bench.sheet.computed(
            f"energy.{workload.name}", where, unit, each, f"{how} / {workload.unit.removesuffix('/s')}"
        )


def _block_rates(times_s: Sequence[float], done: Sequence[float]) -> list[float]:
    step = max(1, min(BLOCK_TICKS, (len(times_s) - 1) // 4))
    marks = range(0, len(times_s) - step, step)
    rates = [(done[i + step] - done[i]) / (times_s[i + step] - times_s[i]) for i in marks]
    return rates if any(rates) else []


def _total(readings: Sequence[Reading]) -> float | None:
    powers = [reading.power_w for reading in readings if reading.power_w is not None]
    return sum(powers) if powers and len(powers) == len(readings) else None


def _known_batch(bench: Bench, workload: Workload) -> int | None:
    metric = bench.sheet.find(f"train.{workload.name}.synthetic")
    batch = None if metric is None else metric.detail.get("batch")
    return batch if isinstance(batch, int) else None
