"""One public function a question: the only thing the command line, the web app and the assistants call."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from payback.catalogue import market
from payback.catalogue.catalogue import Catalogue, load
from payback.catalogue.merged import catalogue_on
from payback.decision.claims import Claim
from payback.decision.plan import Plan
from payback.decision.plan import plan as make_plan
from payback.question import Question

if TYPE_CHECKING:
    from collections.abc import Callable

    from payback.assembly.model import Judgement
    from payback.assembly.prebuilt_compare import PrebuiltComparison
    from payback.assembly.search import Build, WhyNot
    from payback.assembly.upgrade import UpgradePath
    from payback.catalogue.collect import SourceReport
    from payback.catalogue.collect.sources import SourceInfo
    from payback.catalogue.history import Move
    from payback.catalogue.store import Quarantined
    from payback.decision.backtest import Backtest
    from payback.decision.claim import ClaimCheck
    from payback.decision.fleet_prices import FleetPrices
    from payback.decision.sizing.search import SizingResult
    from payback.observe.bench import BenchResult, Finding, Progress
    from payback.performance.speeds import Speed


def plan(question: Question, catalogue: Catalogue | None = None) -> Plan:
    """Build, buy or rent: every option ranked at equal work, the choice, and when it pays back.

    Args:
        question: What is asked; see `payback.question`.
        catalogue: Facts to use; the shipped ones and the user's collected prices if None.

    Raises:
        NoFeasibleOptionError: Nothing does the work at a known price.
        BadInputError: The question names something unknown.

    Example:
        >>> import datetime as dt
        >>> from payback.question import Question
        >>> answer = plan(Question(as_of=dt.date(2026, 11, 23)))
        >>> answer.advice.verdict in {"build", "buy", "rent"}
        True
    """
    return make_plan(question, catalogue or catalogue_on(question.as_of))


def article(catalogue: Catalogue | None = None) -> list[Claim]:
    """The claims of the 2018 article, recomputed from the catalogue, in their order."""
    from payback.decision.article import all_claims
    from payback.question_file import shipped_question

    question = shipped_question("article-2018", as_of=dt.date(2018, 9, 26))
    return all_claims(question, catalogue or load())


def prices(item: str | None, as_of: dt.date, catalogue: Catalogue | None = None) -> list[market.MarketPrice]:
    """What an item costs new, used and rented as of a day; every priced GPU if none is named.

    Args:
        item: A GPU, part or offer (``aws/p3.2xlarge``); None for all GPUs.
        as_of: Day of the question.
        catalogue: Facts to use; the shipped ones if None.

    Raises:
        UnknownNameError: Nothing is called so.
    """
    facts = catalogue or catalogue_on(as_of)
    if item is not None:
        return [market.market_price(facts, market.item_name(facts, item), as_of)]
    every = [market.market_price(facts, gpu, as_of) for gpu in facts.gpus]
    return [price for price in every if price.new or price.used or price.rents]


def price_history(item: str, as_of: dt.date, catalogue: Catalogue | None = None) -> list[market.PriceEvent]:
    """Every observation of an item up to a day, oldest first.

    Raises:
        UnknownNameError: Nothing is called so.
    """
    facts = catalogue or catalogue_on(as_of)
    return market.history(facts, market.item_name(facts, item), as_of)


def check(path: Path) -> list[Judgement]:
    """Do the parts of each list in a file fit together? One judgement a list.

    Args:
        path: A ``.toml`` list, a ``.jsonl`` of many, or plain text with one part a line.

    Raises:
        BadQuestionError: The file is no parts list; the message names the place.
    """
    from payback.assembly.check import check_list
    from payback.assembly.partslist import read_lists
    from payback.catalogue.components import load_components

    components = load_components()
    return [check_list(parts_list, components) for parts_list in read_lists(path)]


def claim(path: Path, catalogue: Catalogue | None = None) -> ClaimCheck:
    """Recompute a published rent-or-buy analysis and name the first step that does not follow.

    Args:
        path: The analysis as TOML; see docs/method/claims.md.
        catalogue: Facts for the cheapest baseline of its day; the shipped ones if None.

    Raises:
        BadQuestionError: The file is no analysis; the message names the place.
    """
    from payback.decision.claim import check_claim, read_claim

    return check_claim(read_claim(path), catalogue or load())


def backtest(catalogue: Catalogue | None = None, *, progress: Callable[[int, int], None] | None = None) -> Backtest:
    """Advice given on past days with what was known then, against what then happened."""
    from payback.decision.backtest import backtest as run

    return run(catalogue or load(), progress=progress)


def speed(gpu: str | None = None, workload: str | None = None, *, gpu_count: int = 1) -> list[Speed]:
    """How fast GPUs train, each figure with an interval that holds four times out of five.

    Args:
        gpu: A GPU; every one whose figures are known if None.
        workload: A kind of work or a measured task; ResNet-50 (or, for one GPU, every kind of work) if None.
        gpu_count: GPUs of one kind in one machine.

    Raises:
        UnknownNameError: No such GPU or workload.
    """
    from payback.performance.predict import speeds
    from payback.performance.workload import WORKLOADS

    names = [workload] if workload else (list(WORKLOADS) if gpu else ["resnet50"])
    return list(speeds(gpus=[gpu] if gpu else None, workloads=names, gpu_count=gpu_count))


def bench(tier: str, out: Path | None, progress: Callable[[Progress], None] | None = None) -> BenchResult:
    """Measure this machine.

    Args:
        tier: "quick", "standard" or "soak".
        out: Where the result is written as JSON; nowhere if None.
        progress: Called before each measurement.

    Raises:
        UnknownNameError: No such tier.
    """
    from payback.observe.bench import run_bench

    return run_bench(tier, out, progress)


def bench_compare(path: Path) -> list[Finding]:
    """A result of `bench` beside what the same parts should show, the slow first.

    Raises:
        BadQuestionError: The file is no result.
    """
    from payback.observe.bench import compare, expected_for, read_result

    result = read_result(path)
    return compare(result, expected_for(result))


def size(
    log: Path,
    *,
    question: Question,
    format: str | None = None,  # noqa: A002 - the flag's name
    columns: str | None = None,
    owned: list[int] | None = None,
    queue: Literal["fifo", "easy"] = "fifo",
    burst_after_s: int | None = 3600,
    own_usd_per_gpu_h: float | None = None,
    rent_usd_per_gpu_h: float | None = None,
    catalogue: Catalogue | None = None,
) -> tuple[SizingResult, FleetPrices | None]:
    """How many GPUs to own for a lab's job log, and how much to rent.

    Args:
        log: The job log; its format is told from its beginning if not named.
        question: The kind of machine; gives the two hourly prices where they are not stated.
        format: "sacct", "philly", "helios", "alibaba", "swf", "csv"...
        columns: For "csv": ``submit=NAME,duration=NAME,gpus=NAME``.
        owned: Numbers of GPUs to replay; a search if None.
        queue: First come first served, or with backfilling.
        burst_after_s: A job that has waited so long is rented; None = never. [s]
        own_usd_per_gpu_h: Cost of owning a GPU for an hour. [USD/h]
        rent_usd_per_gpu_h: Price of renting one. [USD/h]
        catalogue: Facts to use; the shipped ones if None.

    Raises:
        BadQuestionError: The log cannot be read.
        NoFeasibleOptionError: No price is known, or no number of GPUs keeps up.
    """
    from payback.decision.fleet_prices import fleet_prices
    from payback.decision.sizing.search import size as search
    from payback.observe.joblog.read import read_joblog

    jobs = read_joblog(log, format=format, columns=columns)
    prices = None
    if own_usd_per_gpu_h is None or rent_usd_per_gpu_h is None:
        prices = fleet_prices(plan(question, catalogue))
    result = search(
        jobs,
        own_usd_per_gpu_h=_stated_or(own_usd_per_gpu_h, prices.own_usd_per_gpu_h if prices else None),
        rent_usd_per_gpu_h=_stated_or(rent_usd_per_gpu_h, prices.rent_usd_per_gpu_h if prices else None),
        owned=owned,
        queue=queue,
        burst_after_s=burst_after_s,
    )
    return result, prices


def _stated_or(stated: float | None, found: float | None) -> float:
    value = found if stated is None else stated
    assert value is not None
    return value


def refresh(
    source: str | None, from_path: Path | None, progress: Callable[[str, int], None] | None = None
) -> list[SourceReport]:
    """Collect prices into the user's store, from the network or from local files of the same formats.

    Args:
        source: One source; all live ones if None.
        from_path: A file or folder to read instead of the network.
        progress: Called with what is read and the rows so far.

    Raises:
        UnknownNameError: No source is called so.
    """
    from payback.catalogue.collect import refresh as collect
    from payback.catalogue.store import Store

    with Store() as store:
        return collect(store, source, from_path, progress)


def price_sources() -> list[SourceInfo]:
    """Every source of collected prices, with its age and licence."""
    from payback.catalogue.collect import sources
    from payback.catalogue.store import Store

    with Store() as store:
        return sources(store)


def price_quarantine(source: str | None = None) -> list[Quarantined]:
    """Rows that were not believed, with file, line, field and reason."""
    from payback.catalogue.store import Store

    with Store() as store:
        return store.quarantine(source)


def export_prices(path: Path) -> int:
    """Write all collected prices to a .csv or .parquet file; returns the rows written."""
    from payback.catalogue.store import Store
    from payback.catalogue.store import export as write

    with Store() as store:
        return write(store, path)


def price_movers(until: dt.date, days: int, *, rising: bool = False) -> list[Move]:
    """What fell (or rose) most among collected prices within some days."""
    from payback.catalogue.history import movers
    from payback.catalogue.store import Store

    with Store() as store:
        return movers(store, until - dt.timedelta(days=days), until, rising=rising)


def assemble(
    question: Question, *, top: int = 1, pareto: bool = False, catalogue: Catalogue | None = None
) -> list[Build]:
    """The cheapest machines that fit together and do what is asked, each proved.

    Args:
        question: What the machine must do; the work, site, budget and options count.
        top: How many kinds of machine, best first.
        pareto: Every machine that no other beats in both cost and throughput, instead.
        catalogue: Prices to use; the shipped ones and the user's collected prices if None.

    Raises:
        NotPricedError: Some category has no part with a price that may be used on that day.
        NoFeasibleOptionError: No combination of priced parts fits.
    """
    from payback.assembly import search
    from payback.catalogue.components import load_components

    demand = search.demand_from_question(question)
    facts, components = catalogue or catalogue_on(question.as_of), load_components()
    if pareto:
        return search.pareto(demand, facts, components, question.as_of)
    return search.assemble(demand, facts, components, question.as_of, top=top)


def why_not(part: str, question: Question, catalogue: Catalogue | None = None) -> WhyNot:
    """Why a part is not in the best machine: what forcing it costs, and the first rule it breaks.

    Raises:
        UnknownNameError: Nothing is called so.
    """
    from payback.assembly import search
    from payback.catalogue.components import load_components

    demand = search.demand_from_question(question)
    facts = catalogue or catalogue_on(question.as_of)
    return search.why_not(part, demand, facts, load_components(), question.as_of)


def upgrade_path(build: Build) -> UpgradePath:
    """What is bought now, what can be added later, and what a GPU then costs."""
    from payback.assembly.upgrade import upgrade_path_of_build
    from payback.catalogue.components import load_components

    return upgrade_path_of_build(build, load_components())


def prebuilts_like(build: Build, catalogue: Catalogue | None = None) -> list[PrebuiltComparison]:
    """The same GPUs bought ready-made: mark-up and hours saved."""
    from payback.assembly.prebuilt_compare import compare_build

    return compare_build(build, catalogue or catalogue_on(build.as_of))
