"""The compiled Monte Carlo against NumPy, JAX, SALib and the machine itself, in one run.

200 options (half owned) over 60 months; random numbers are drawn inside every
timing, and every engine gives the same outputs: distribution of each option's
cost, payback of each owned one, who is cheapest, regret, value of information.
Engines take turns, so that a busy machine hits them alike; medians of the rounds' ratios are printed,
by the clock and by processor time (which other people's work does not lengthen).

Run: python benchmarks/monte_carlo.py [repeats]      optional peers: pip install jax SALib
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from payback.decision.uncertainty import (
    draws,
    features,
    kernel,
    kernel_costs,
    kernel_features,
    kernel_payback,
    kernel_scan,
    kernel_sobol,
    pack,
    reference,
    simulate,
    tally,
)
from payback.decision.uncertainty.indices import indices
from payback.decision.uncertainty.inputs import GROUPS, Failures, Inputs, PricePath, Resale, Wander
from payback.decision.uncertainty.lanes import LANES
from payback.decision.uncertainty.layout import TILE, Size
from payback.decision.uncertainty.model import Model, OwnedSide, RentedSide
from payback.decision.uncertainty.spread import Spread

OPTIONS, MONTHS, GPUS = 200, 60, 24
SEED = 20180926
FLOPS_PER_CELL = 6
"""Of the month scan: three multiply-adds; the comparison and the choice that follow are not counted."""
PEAK_CHAINS = 12
"""Independent chains of multiply-adds: two units of four cycles' latency need eight."""
PEAK_LANES = 16 * PEAK_CHAINS
SOBOL_BASE = 65_536
MOST_RSS_SCENARIOS = (100_000, 10_000_000)


def model(options: int = OPTIONS, months: int = MONTHS) -> Model:
    """A plan of plausible attributes; every input varies."""
    generator = np.random.default_rng(1)
    half = options // 2
    month = np.arange(months + 1)
    capital = generator.uniform(1500, 6000, half)
    monthly = generator.uniform(0, 12, half)
    gpu_kept, rest_kept = np.exp(-0.12 * month / 12), np.exp(-0.3 * month / 12)
    places = generator.permutation(options)
    speeds = tuple((gpu, Spread.lognormal(0.85, 1.0, 1.2)) for gpu in range(GPUS))
    paths = (("list", 0), ("list", 12), ("market", 0))
    owned = OwnedSide(
        place=places[:half],
        speed=generator.integers(0, GPUS, half),
        failure_class=generator.integers(1, 3, half),
        fixed_usd=capital[:, None] * 1.08 + monthly[:, None] * month,
        busy_usd_per_h=generator.uniform(0.05, 0.4, half),
        idle_usd_per_h=generator.uniform(0.005, 0.02, half),
        load=generator.uniform(0.1, 0.5, half),
        repair_usd=0.3 * capital,
        gpu_residual_usd=0.6 * capital[:, None] * gpu_kept,
        rest_residual_usd=0.4 * capital[:, None] * rest_kept,
    )
    rented = RentedSide(
        place=places[half:],
        speed=generator.integers(0, GPUS, options - half),
        path=generator.integers(0, 3, options - half),
        fixed_usd=generator.uniform(0, 20, options - half)[:, None] * month,
        used_usd=generator.uniform(90, 500, options - half),
        flat_usd=np.zeros(options - half),
        upfront_usd=np.zeros(options - half),
        owed_usd=np.zeros((options - half, months + 1)),
        load=np.zeros(options - half),
        is_spot=np.zeros(options - half),
    )
    base = np.zeros(options)
    base[owned.place] = owned.fixed_usd[:, -1] + 730 * months * owned.load * owned.busy_usd_per_h
    base[rented.place] = rented.used_usd * months
    wander = Wander(lasting_variance_per_year=0.03, swing_variance=0.02, reversion_per_year=4.0)
    path = PricePath(drift=Spread.gaussian(-0.05, 0.14), wander=wander, jumps_per_year=0.5, jump_sizes=(-0.3, 0.3))
    inputs = Inputs(
        hours=Spread.lognormal(0.3, 0.7, 1.4),
        most_hours=3.0,
        rents={"market": path, "list": path, "spot": path},
        resale=Resale(
            decay=Spread.gaussian(0.12, 0.1),
            wander=wander,
            rent_correlation=0.5,
            next_generation_months=(3, 20),
            generation_interval_months=24,
            generation_step=Spread.normal(0, 0.1, 0.2),
            rest_power=Spread.lognormal(0.6, 1, 1.8),
        ),
        electricity_growth=Spread.gaussian(0.03, 0.02),
        failures=Failures(
            rate_per_year=Spread.lognormal(0.03, 0.07, 0.14),
            shape=1.5,
            warranty_months=36,
            downtime_days=Spread.lognormal(3, 10, 30),
        ),
        spot_overhead=Spread.lognormal(0.005, 0.03, 0.15),
        speeds={f"option {place}": Spread.lognormal(0.85, 1.0, 1.2) for place in range(options)},
    )
    return Model(
        months=months,
        ids=tuple(f"option {place}" for place in range(options)),
        base_usd=base,
        owned=owned,
        rented=rented,
        baseline=int(np.argsort(rented.used_usd)[(options - half) // 3]),
        gpus=tuple(f"GPU {place}" for place in range(GPUS)),
        speeds=speeds,
        paths=paths,
        inputs=inputs,
        gpu_kept=gpu_kept,
        rest_kept=rest_kept,
    )


def by_month(made: Model, found: features.Features) -> reference.Costs:
    """Months times options as most people write it: every payment of every option in every month, summed."""
    baseline = reference.baseline_of(made, found)
    assert baseline is not None
    own, rent = made.owned, made.rented
    use = own.load[:, None] * found.hours / found.speeds[own.speed]
    power = 730 * (
        own.idle_usd_per_h[:, None] + (own.busy_usd_per_h - own.idle_usd_per_h)[:, None] * np.minimum(use, 1)
    )
    beyond = 1 - 1 / np.maximum(use, 1)
    energy, breaks = np.diff(found.energy, axis=0, prepend=0), np.diff(found.breakdowns, axis=1, prepend=0)
    paid, lost = np.diff(baseline.cash_usd, axis=0, prepend=0), np.diff(baseline.downtime_usd, axis=0, prepend=0)
    payments = np.diff(own.fixed_usd, axis=1, prepend=0)[:, :, None] + power[:, None, :] * energy
    payments += own.repair_usd[:, None, None] * breaks[own.failure_class]
    payments += beyond[:, None, :] * paid + (1 - beyond)[:, None, :] * lost
    cash = np.cumsum(payments, axis=1)
    total = np.empty((made.options, found.hours.size))
    left = own.gpu_residual_usd[:, -1:] * found.resale[-1] + own.rest_residual_usd[:, -1:] * found.rest[-1]
    total[own.place] = cash[:, -1] - left
    gap = np.moveaxis(cash - baseline.cash_usd, 1, 0).reshape(made.months + 1, -1)
    work = found.hours / found.speeds[rent.speed] * (1 + found.spot * rent.is_spot[:, None])
    bills = (rent.used_usd[:, None] * work + rent.flat_usd[:, None])[:, None, :] * found.term_rent[rent.path][:, 1:]
    fixed = rent.fixed_usd[:, -1:] + rent.upfront_usd[:, None] * found.upfront[rent.path][:, -1]
    total[rent.place] = fixed + bills.sum(axis=1)
    return reference.Costs(total_usd=total, payback_months=reference.crossings(gap).reshape(use.shape))


Engine = Callable[[int], Any]


def native_draws(made: Model, events: int, scenarios: int, generator: np.random.Generator) -> draws.Draws:
    """The draws of some scenarios by NumPy's own fastest generator instead of Philox."""
    months, normal = made.months, generator.standard_normal
    singles = {name: normal(scenarios) for name in ("hours", "drift", "decay", "stray", "rest", "step", "growth")}
    return draws.Draws(
        **singles,
        rate=normal(scenarios),
        downtime=normal(scenarios),
        spot=normal(scenarios),
        swings=normal((months, scenarios)),
        jumps=generator.integers(0, 2**32, (months, scenarios), np.uint64),
        generation=generator.random(scenarios),
        waits=generator.standard_exponential((events, scenarios)),
        speeds=normal((len(made.gpus), scenarios)),
    )


def numpy_engine(made: Model, frame: tally.Frame, chunk: int, costs: Callable[..., reference.Costs]) -> Engine:
    """Scenarios in NumPy, a chunk at a time, with NumPy's own random numbers."""
    events, generator = (
        draws.events_followed(made.inputs.failures, made.months),
        np.random.Generator(np.random.SFC64(1)),
    )

    def run(scenarios: int) -> tally.Tally:
        total = tally.empty(made, frame)
        for _ in range(0, scenarios, chunk):
            found = features.features(made, native_draws(made, events, chunk, generator))
            total.add(tally.tally_of(made, frame, costs(made, found), found, 0))
        return total

    return run


def kernel_engine(made: Model, frame: tally.Frame, threads: int) -> Engine:
    """Scenarios in the compiled kernel."""
    runner = simulate.KernelRunner(made, frame, SEED)
    return lambda scenarios: simulate.run(runner, scenarios, threads, None)


def seconds(call: Callable[[], Any]) -> tuple[float, float]:
    """Wall time of one call, and processor time of all threads."""
    start, busy = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - start, time.process_time() - busy


def timings(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, np.ndarray[Any, Any]]:
    """Wall and processor time of each call in each round, the calls taking turns; rounds x 2."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].append(seconds(call))
    return {name: np.array(values) for name, values in times.items()}


def medians(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median wall time of each."""
    return {name: median(values[:, 0]) for name, values in timings(calls, repeats).items()}


OURS = "kernel, 2 threads"


def kinds_of(made: Model, frame: tally.Frame) -> dict[str, tuple[Engine, int]]:
    """Every engine and how many scenarios a turn of it takes."""
    kinds: dict[str, tuple[Engine, int]] = {
        OURS: (kernel_engine(made, frame, 2), 131_072),
        "kernel, 1 thread": (kernel_engine(made, frame, 1), 65_536),
    }
    for chunk in (32, 64, 128):
        kinds[f"NumPy month by month, chunk {chunk}"] = (numpy_engine(made, frame, chunk, by_month), 256)
    for chunk in (256, 1024):
        kinds[f"NumPy, our algebra, chunk {chunk}"] = (numpy_engine(made, frame, chunk, reference.costs), 1024)
    try:
        import monte_carlo_jax as peer
    except ImportError:
        print("JAX is not installed")
        return kinds
    for batch in (64, 256, 1024):
        kinds[f"JAX month by month, batch {batch}"] = (peer.engine(made, frame, batch, peer.costs_by_month), 2048)
    for batch in (128, 512):
        kinds[f"JAX, our algebra, batch {batch}"] = (peer.engine(made, frame, batch), 8192)
    return kinds


def engines(made: Model, frame: tally.Frame, repeats: int) -> None:
    """Scenarios a second of every engine, and how many times as many ours makes: medians of the rounds' ratios."""
    kinds = kinds_of(made, frame)
    calls = {name: (lambda run=run, count=count: run(count)) for name, (run, count) in kinds.items()}
    rates = {name: kinds[name][1] / times for name, times in timings(calls, repeats).items()}
    print(f"{'engine':36} {'scenarios/s':>12} {'a CPU second':>13} {'ours/it':>9} {'a CPU second':>13}")
    for name, rate in rates.items():
        wall, busy = np.median(rates[OURS] / rate, axis=0)
        print(f"{name:36} {median(rate[:, 0]):12,.0f} {median(rate[:, 1]):13,.0f} {wall:9.1f} {busy:13.1f}")


def _peak_code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Chains of multiply-adds on sixteen lanes, as many as hide the latency and fit the registers."""
    data = make_array(signature.args[1])(context, builder, args[1]).data
    b, vector = builder, kernel_scan.VECTOR
    factor = make_array(signature.args[0])(context, builder, args[0]).data
    splat = kernel_scan.splat
    times, plus = (splat(b, b.load(b.gep(factor, [ir.Constant(kernel_scan.INT, one)]))) for one in (0, 1))
    chains = []
    for chain in range(PEAK_CHAINS):
        place = b.gep(data, [ir.Constant(kernel_scan.INT, chain * kernel_scan.WIDTH)])
        chains.append(b.bitcast(place, vector.as_pointer()))
    values = [b.load(place, align=4) for place in chains]
    for _ in range(32):
        values = [b.fadd(b.fmul(one, times, flags=kernel_scan.FUSE), plus, flags=kernel_scan.FUSE) for one in values]
    for one, place in zip(values, chains, strict=True):
        b.store(one, place, align=4)
    return context.get_dummy_value()


@intrinsic
def _chains(_typing: Any, factor: Any, values: Any) -> Any:
    return types.void(factor, values), _peak_code


@numba.njit(_nrt=False)
def _multiply_add(factor: Any, rounds: int, values: Any) -> None:
    for _ in range(rounds):
        _chains(factor, values)


@numba.njit(_nrt=False)
def _scan(packed: Any, w: Any, scratch: Any, rounds: int) -> None:
    for _ in range(rounds):
        for one in range(0, packed.owned.shape[1] - TILE + 1, TILE):
            kernel_payback.scan(packed, one, TILE, w, scratch)


def peak_share(made: Model, repeats: int) -> None:
    """Share of the measured multiply-add peak of one core that the month scan reaches; every month is looked at."""
    packed = pack.pack(made, SEED)
    w, scratch = kernel_features.workspace(packed), kernel.pad(made)
    w.narrow[:], scratch.wide[kernel_costs.KEPT :] = 1.0, 1e9
    factor, values = np.array([0.99, 0.001], np.float32), np.full(PEAK_LANES, 0.5, np.float32)
    took = medians(
        {
            "peak": lambda: _multiply_add(factor, 500, values),
            "scan": lambda: _scan(packed, w, scratch, 20),
        },
        3 * repeats,
    )
    peak = 500 * PEAK_LANES * 32 * 2 / took["peak"]
    cells = made.owned.place.size // TILE * TILE * packed.sizes[Size.MONTHS_PADDED] * LANES
    scan = 20 * cells * FLOPS_PER_CELL / took["scan"]
    print(f"month scan: {scan / 1e9:.1f} of {peak / 1e9:.1f} GFLOP/s measured on one core, 32-bit: {scan / peak:.0%}")


def sobol_engine(made: Model, base: int) -> None:
    """Indices of all options with intervals, random numbers and simulation included."""
    samples = [(0,) * len(GROUPS), (1,) * len(GROUPS), *(draws.swapped(one) for one in range(len(GROUPS)))]
    packed = pack.pack(made, SEED)
    w, scratch = kernel_features.workspace(packed), kernel.pad(made)
    space = kernel_sobol.sample_space(len(samples), made.options)
    table = np.array([pack.streams(sample) for sample in samples])
    chunks, size = [], base // 64
    for start in range(0, base, size):
        sums = np.zeros((4 + 3 * len(GROUPS), made.options))
        kernel_sobol.sobol_chunk(packed, table, start, size, w, scratch, space, sums)
        chunks.append(sums)
    indices(np.array(chunks), np.full(len(chunks), float(size)), seed=SEED)


def sobol(made: Model, repeats: int) -> None:
    """Sobol indices of all options against SALib's analysis of one output, simulation not counted for SALib."""
    try:
        from SALib.analyze import sobol as salib
    except ImportError:
        print("Sobol: SALib is not installed")
        return
    problem = {"num_vars": len(GROUPS), "names": list(GROUPS), "bounds": [[0, 1]] * len(GROUPS)}
    values = np.random.default_rng(3).standard_normal(SOBOL_BASE * (len(GROUPS) + 2))
    took = medians(
        {
            "ours": lambda: sobol_engine(made, SOBOL_BASE),
            "SALib": lambda: salib.analyze(problem, values, calc_second_order=False, seed=1),
        },
        max(3, repeats // 3),
    )
    ratio = took["SALib"] * made.options / took["ours"]
    print(
        f"Sobol, N = {SOBOL_BASE:,}, {len(GROUPS)} inputs, {made.options} outputs with intervals: {took['ours']:.2f} s "
        f"simulation included; SALib {took['SALib']:.2f} s an output, analysis alone: {ratio:,.0f}x"
    )


def memory() -> None:
    """Growth of the peak memory of a process from few to many scenarios."""
    peaks = []
    for scenarios in MOST_RSS_SCENARIOS:
        out = subprocess.run(
            [sys.executable, __file__, "--rss", str(scenarios)], check=True, capture_output=True, text=True
        )
        peaks.append(float(out.stdout))
    growth = peaks[1] - peaks[0]
    print(f"peak memory: {peaks[0]:.0f} MB at 1e5 scenarios, {peaks[1]:.0f} MB at 1e7: growth {growth:.1f} MB")


def framed(made: Model) -> tally.Frame:
    """Bins from a first look."""
    events = draws.events_followed(made.inputs.failures, made.months)
    look = simulate.scenarios_of(made, 0, simulate.LOOK, SEED, events)
    return tally.frame_of(made, reference.costs(made, look), look)


def main() -> None:
    """Print every table."""
    made = model()
    frame = framed(made)
    if "--rss" in sys.argv:
        kernel_engine(made, frame, 2)(int(sys.argv[-1]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(f"{OPTIONS} options, {made.owned.place.size} of them owned, {MONTHS} months; medians of {repeats}")
    engines(made, frame, repeats)
    peak_share(made, repeats)
    sobol(made, repeats)
    memory()


if __name__ == "__main__":
    main()
