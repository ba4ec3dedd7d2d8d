"""The simulation of a plan, from its inputs to its odds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

from payback.catalogue.catalogue import Catalogue
from payback.decision.plan import Plan
from payback.decision.uncertainty import outcome, reference, tally
from payback.decision.uncertainty.draws import draw, events_followed
from payback.decision.uncertainty.features import Features, features
from payback.decision.uncertainty.gather import gather
from payback.decision.uncertainty.inputs import Inputs
from payback.decision.uncertainty.model import Model, model_of
from payback.decision.uncertainty.outcome import Band, Fan, Odds
from payback.decision.uncertainty.pack import is_packable
from payback.decision.uncertainty.tally import Frame, Tally
from payback.errors import BadQuestionError

DEFAULT_SCENARIOS = 8_192
DEFAULT_SEED = 20180926
CHUNK = 4096
"""Scenarios a chunk; chunks are added up in their order, so their size is part of the answer's last bits."""
NUMPY_STEP = 1024
"""Scenarios that NumPy handles at a time: their tables of months fit the cache."""
LOOK = 2048
"""Scenarios of the first look that sets the bins, and of the fan."""
FEW_CELLS = 300_000_000
"""Scenarios x options x months from which the compiled kernel, which takes a while to load, is worth it."""
FAN_SIDE = 3
"""Options of each side in the fan, beside those the user named."""

Progress = Callable[[int, int], None]


def simulate(
    plan: Plan,
    catalogue: Catalogue,
    *,
    scenarios: int = DEFAULT_SCENARIOS,
    seed: int = DEFAULT_SEED,
    threads: int = 0,
    progress: Progress | None = None,
    inputs: Inputs | None = None,
    engine: str | None = None,
) -> Odds:
    """How sure a plan's choice is.

    The same plan, seed and engine give the same odds to the last bit, whatever
    the number of threads. Interrupted with Ctrl-C, it returns what was done.

    Args:
        plan: The deterministic answer.
        catalogue: Histories of prices; nothing after the day of the question is used.
        scenarios: How many futures to draw.
        seed: Any whole number from 0 to 2^64 − 1.
        threads: 0 = one a processor.
        progress: Called with scenarios done and asked, after every chunk.
        inputs: Other inputs than those gathered, for instance with hours from the user's own log.
        engine: "kernel" or "numpy"; by default the kernel where the work is large and numba is installed.

    Raises:
        BadQuestionError: `scenarios` or `engine` make no sense.
        MissingExtraError: The kernel was asked for and numba is not installed.
    """
    check_request(scenarios, seed)
    model = model_of(plan, gather(plan, catalogue) if inputs is None else inputs)
    events = events_followed(model.inputs.failures, model.months)
    look = scenarios_of(model, 0, min(LOOK, scenarios), seed, events)
    frame = tally.frame_of(model, reference.costs(model, look), look)
    runner = _runner(model, frame, seed, engine, scenarios)
    counted = run(runner, scenarios, threads or os.cpu_count() or 1, progress)
    return _odds(plan, model, frame, counted, look, scenarios, seed, runner.name)


def check_request(scenarios: int, seed: int) -> None:
    """Refuse what cannot be drawn.

    Raises:
        BadQuestionError: No scenarios, or a seed that is no word of the generator.
    """
    if scenarios < 1:
        raise BadQuestionError("scenarios", str(scenarios), "a whole number above zero")
    if not 0 <= seed < 2**64:
        raise BadQuestionError("seed", str(seed), "a whole number from 0 to 2^64 - 1")


class Runner(Protocol):
    """Something that simulates one chunk."""

    name: str
    model: Model
    frame: Frame

    def chunk(self, index: int, scenarios: int) -> Tally:
        """The tally of a chunk; may be called from several threads."""
        ...


@dataclass(slots=True)
class NumpyRunner:
    """Chunks in plain NumPy."""

    model: Model
    frame: Frame
    seed: int
    events: int
    name: str = "numpy"

    def chunk(self, index: int, scenarios: int) -> Tally:
        """The tally of a chunk."""
        total, first = tally.empty(self.model, self.frame), index * CHUNK
        for start in range(first, first + scenarios, NUMPY_STEP):
            count = min(NUMPY_STEP, first + scenarios - start)
            found = scenarios_of(self.model, start, count, self.seed, self.events)
            total.add(tally.tally_of(self.model, self.frame, reference.costs(self.model, found), found, index % 2))
        return total


class KernelRunner:
    """Chunks in the compiled kernel, each thread with its own scratch."""

    name = "kernel"

    def __init__(self, model: Model, frame: Frame, seed: int) -> None:
        from payback.decision.uncertainty import kernel, kernel_features, pack

        self.model, self.frame = model, frame
        self._kernel, self._features = kernel, kernel_features
        self._packed, self._streams = pack.pack(model, seed), pack.streams()
        self._spare: list[Any] = []

    def chunk(self, index: int, scenarios: int) -> Tally:
        """The tally of a chunk."""
        scratch = self._spare.pop() if self._spare else self._scratch()
        board = self._kernel.board(self.model, self.frame)
        self._kernel.run_chunk(self._packed, self._streams, index * CHUNK, scenarios, *scratch, board)
        self._spare.append(scratch)
        return self._kernel.as_tally(board, scenarios, index % 2, tally.empty(self.model, self.frame))

    def _scratch(self) -> tuple[Any, Any]:
        return self._features.workspace(self._packed), self._kernel.pad(self.model)


def _runner(model: Model, frame: Frame, seed: int, engine: str | None, scenarios: int) -> Runner:
    if engine not in {None, "kernel", "numpy"}:
        raise BadQuestionError("engine", repr(engine), '"kernel" or "numpy"')
    large = scenarios * (model.options + model.owned.place.size * model.months) > FEW_CELLS
    wanted = engine == "kernel" or (engine is None and large and find_spec("numba") is not None)
    if wanted and is_packable(model):
        return KernelRunner(model, frame, seed)
    return NumpyRunner(model=model, frame=frame, seed=seed, events=events_followed(model.inputs.failures, model.months))


def scenarios_of(model: Model, first: int, scenarios: int, seed: int, events: int) -> Features:
    """Features of some scenarios, in plain NumPy."""
    drawn = draw(first, scenarios, months=model.months, gpus=len(model.gpus), events=events, seed=seed)
    return features(model, drawn)


def run(runner: Runner, scenarios: int, threads: int, progress: Progress | None) -> Tally:
    """All chunks, added up in their order; those done so far if interrupted."""
    total = tally.empty(runner.model, runner.frame)
    sizes = [min(CHUNK, scenarios - start) for start in range(0, scenarios, CHUNK)]
    done = 0
    try:
        for part in _chunks(runner, sizes, threads):
            total.add(part)
            done += part.scenarios
            if progress is not None:
                progress(done, scenarios)
    except KeyboardInterrupt:
        if done == 0:
            raise
    return total


def _chunks(runner: Runner, sizes: list[int], threads: int) -> Iterator[Tally]:
    """Tallies in the order of the chunks, a few ahead of what was asked for."""
    if threads == 1 or len(sizes) == 1:
        yield from (runner.chunk(index, size) for index, size in enumerate(sizes))
        return
    pool = ThreadPoolExecutor(threads)
    waiting: list[Future[Tally]] = []
    try:
        for index, size in enumerate(sizes):
            waiting.append(pool.submit(runner.chunk, index, size))
            if len(waiting) > 2 * threads:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _odds(
    plan: Plan, model: Model, frame: Frame, counted: Tally, look: Features, asked: int, seed: int, engine: str
) -> Odds:
    options = outcome.option_odds(model, frame, counted)
    return Odds(
        seed=seed,
        scenarios=counted.scenarios,
        asked=asked,
        engine=engine,
        inputs=model.inputs.named,
        options=options,
        measure_first=outcome.value_of_information(model, frame, counted),
        perfect_information_usd=outcome.perfect_information_usd(model, counted),
        least_expected=min(options, key=lambda name: options[name].mean_usd),
        fan=fan(plan, model, look),
    )


def fan(plan: Plan, model: Model, found: Features) -> dict[str, Fan]:
    """Payments and net cost by month of the options a reader looks at, from the scenarios of the first look."""
    baseline = reference.baseline_of(model, found)
    owned = {int(place): one for one, place in enumerate(model.owned.place)}
    rented = {int(place): one for one, place in enumerate(model.rented.place)}
    shown = {}
    for place, option in enumerate(plan.options):
        if not _is_shown(plan, place):
            continue
        if place in owned:
            cash = reference.owned_cash(model, found, owned[place], baseline)
            net = cash - reference.owned_residual(model, found, owned[place])
        else:
            cash = reference.rented_cash(model, found, rented[place], baseline)
            net = reference.rented_net(model, found, rented[place], baseline)
        label = option.candidate.label
        shown[option.id] = Fan(label=label, is_owned=option.is_owned, cash=Band.of(cash), net=Band.of(net))
    return shown


def _is_shown(plan: Plan, place: int) -> bool:
    option = plan.options[place]
    if option.candidate.named:
        return True
    ahead = [other for other in plan.options[:place] if other.is_owned == option.is_owned and not other.candidate.named]
    return len(ahead) < FAN_SIDE
