"""Watching for a terminal: the GPUs now, the hours so far, what they cost and would have cost rented."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from payback.decision.watch_prices import WatchPrices
from payback.observe.watch.intervals import utilisation_of
from payback.observe.watch.sample import GpuReading, Sample
from payback.observe.watch.tally import Tally
from payback.observe.watch.usage import Usage, Use
from payback.report.money import money
from payback.units import SECONDS_PER_HOUR

UNKNOWN = "?"


def live(
    sample: Sample, tally: Tally, usage: Usage | None, prices: WatchPrices | None, cpu_share: float | None
) -> RenderableType:
    """The live view.

    Args:
        sample: The newest one.
        tally: Sums since the watcher began.
        usage: The whole log, if one is written.
        prices: Money, if it can be counted.
        cpu_share: Processor share of the watcher; one core is 1.
    """
    return Group(*_live_blocks(sample, tally, usage, prices, cpu_share))


def _live_blocks(
    sample: Sample, tally: Tally, usage: Usage | None, prices: WatchPrices | None, cpu_share: float | None
) -> Iterator[RenderableType]:
    yield Text(_clock(sample.at.unix_s) + (f"  sensors lost: {sample.lost}" if sample.lost else ""), style="dim")
    yield gpu_table(sample.gpus)
    yield Text("")
    table = _use_table()
    machine_h = tally.machine_s / SECONDS_PER_HOUR
    table.add_row("since the start", *_use_cells(tally.total(), machine_h, prices))
    if usage is not None:
        today = list(usage.by_day.items())[-1:]
        for day, use in today:
            table.add_row(day, *_use_cells(use, use.watched_h / max(1, len(usage.cards)), prices))
        whole_h = usage.total.watched_h / max(1, len(usage.cards))
        table.add_row("the whole log", *_use_cells(usage.total, whole_h, prices))
    yield table
    yield from _notes(prices)
    if usage is not None and usage.in_use_share is not None:
        yield Text(f"In use {usage.in_use_share:.0%} of the time over {usage.days:.1f} days.")
    if cpu_share is not None:
        yield Text(f"The watcher itself uses {cpu_share:.2%} of one core.", style="dim")


def gpu_table(gpus: tuple[GpuReading, ...]) -> Table:
    """The GPUs now; "?" is unknown."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("GPU", overflow="fold")
    for name in ("in use", "watts", "memory", "cores", "memory clock"):
        table.add_column(name, justify="right", no_wrap=True)
    for gpu in gpus:
        used, total = _number(gpu.memory_used_gib, ".1f"), _number(gpu.memory_total_gib, ".1f")
        state = "asleep" if gpu.asleep else _percent(utilisation_of(gpu))
        clocks = (_number(gpu.sm_clock_mhz, ".0f", " MHz"), _number(gpu.memory_clock_mhz, ".0f", " MHz"))
        table.add_row(f"{gpu.name} {gpu.key}", state, _number(gpu.power_w, ".0f", " W"), f"{used}/{total} GiB", *clocks)
    return table


def summary(usage: Usage, prices: WatchPrices) -> RenderableType:
    """A log by day and by GPU, with money."""
    return Group(*_summary_blocks(usage, prices))


def _summary_blocks(usage: Usage, prices: WatchPrices) -> Iterator[RenderableType]:
    yield Text(headline(usage), style="bold")
    table = _use_table()
    cards = max(1, len(usage.cards))
    for day, use in usage.by_day.items():
        table.add_row(day, *_use_cells(use, use.watched_h / cards, prices))
    for each in usage.cards:
        table.add_row(f"{each.card.name} {each.card.key}", *_use_cells(each.use, each.use.watched_h / cards, prices))
    table.add_row("all", *_use_cells(usage.total, usage.total.watched_h / cards, prices), style="bold")
    yield table
    yield from _notes(prices)


def headline(usage: Usage) -> str:
    """The finding in a sentence."""
    if usage.in_use_share is None or usage.busy_gpu_h_per_day is None or usage.covered_share is None:
        return "Nothing is known yet: the log holds no two samples that lie close together."
    away = f", {usage.away_h:.1f} h switched off or suspended" if usage.away_h else ""
    return (
        f"In use {usage.in_use_share:.0%} of the time: {usage.busy_gpu_h_per_day:.1f} GPU-hours a day "
        f"over {usage.days:.1f} days, {usage.covered_share:.0%} of them known{away}."
    )


def _use_table() -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", overflow="fold")
    for name in ("watched GPU-h", "in use h", "mean", "kWh", "electricity", "rented, by use", "rented, left on"):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _use_cells(use: Use, machine_h: float, prices: WatchPrices | None) -> tuple[str, ...]:
    known = (
        f"{use.watched_h:,.1f}",
        f"{use.busy_h:,.1f}" if use.known_h else UNKNOWN,
        _percent(use.mean_utilisation),
        _number(use.energy_kwh, ",.2f"),
    )
    if prices is None:
        return (*known, UNKNOWN, UNKNOWN, UNKNOWN)
    amounts = (
        prices.electricity_usd(use.energy_kwh, machine_h),
        prices.rent_usd(use.busy_h) if use.known_h else None,
        prices.rent_usd(use.watched_h),
    )
    return (*known, *(UNKNOWN if usd is None else money(usd) for usd in amounts))


def _notes(prices: WatchPrices | None) -> Iterator[RenderableType]:
    if prices is None:
        return
    if prices.price_usd_per_kwh is None:
        yield Text(f"Electricity: {prices.why_no_tariff}", style="yellow")
    else:
        rest = (
            "without the rest of the machine (--rest-w)"
            if prices.rest_power_w is None
            else (f"and {prices.rest_power_w:g} W for the rest")
        )
        tariff = f"{prices.price_usd_per_kwh:.3f} USD/kWh in {prices.place} (--question names another place)"
        yield Text(f"Electricity of the GPUs' boards at {tariff}, {rest}.", style="dim")
    if prices.rent_usd_per_gpu_h is None:
        yield Text(f"Rent: {prices.rent}", style="yellow")
    else:
        yield Text(
            f"Rented: {prices.rent}, {prices.rent_usd_per_gpu_h:.3f} USD for the work of a GPU-hour.", style="dim"
        )


def prices_as_dict(prices: WatchPrices | None) -> dict[str, Any] | None:
    """The prices behind the money, with their facts."""
    if prices is None:
        return None
    return {
        "place": prices.place,
        "price_usd_per_kwh": prices.price_usd_per_kwh,
        "rest_power_w": prices.rest_power_w,
        "rent_usd_per_gpu_h": prices.rent_usd_per_gpu_h,
        "rent": prices.rent,
        "facts": {fact.id: fact.as_dict() for fact in prices.facts},
    }


def costs_as_dict(use: Use, machine_h: float, prices: WatchPrices | None) -> dict[str, float | None]:
    """What some hours cost and would have cost rented; null is unknown."""
    if prices is None:
        return {"electricity_usd": None, "rent_by_use_usd": None, "rent_left_on_usd": None}
    return {
        "electricity_usd": prices.electricity_usd(use.energy_kwh, machine_h),
        "rent_by_use_usd": prices.rent_usd(use.busy_h) if use.known_h else None,
        "rent_left_on_usd": prices.rent_usd(use.watched_h),
    }


def sample_as_dict(sample: Sample, tally: Tally, prices: WatchPrices | None) -> dict[str, Any]:
    """One sample with sums and money, for ``--json``."""
    use, machine_h = tally.total(), tally.machine_s / SECONDS_PER_HOUR
    return {
        "schema": "payback.watch/1",
        "sample": sample.as_dict(),
        "use": use.as_dict(),
        "machine_h": machine_h,
        "unwatched_h": tally.unwatched_s / SECONDS_PER_HOUR,
        "away_h": tally.away_s / SECONDS_PER_HOUR,
        "costs": costs_as_dict(use, machine_h, prices),
        "prices": prices_as_dict(prices),
    }


def summary_as_dict(usage: Usage, prices: WatchPrices, events: list[dict[str, Any]]) -> dict[str, Any]:
    """A log with money, for ``--json``."""
    machine_h = usage.total.watched_h / max(1, len(usage.cards))
    return {
        "schema": "payback.watch-summary/1",
        **usage.as_dict(),
        "costs": costs_as_dict(usage.total, machine_h, prices),
        "prices": prices_as_dict(prices),
        "events": events,
    }


def _clock(unix_s: float) -> str:
    return dt.datetime.fromtimestamp(unix_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _number(value: float | None, form: str, unit: str = "") -> str:
    return UNKNOWN if value is None else f"{value:{form}}{unit}"


def _percent(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.0%}"
