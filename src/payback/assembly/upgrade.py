"""What is bought now, what later, and what a GPU costs then: the host is paid once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from payback.assembly import priced
from payback.assembly.check import check_list
from payback.assembly.model import Demand, Finding, ListedLine, PartsList, Policy, Severity, Status
from payback.assembly.search.assemble import assemble
from payback.assembly.search.build import Build
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.components import Components
from payback.catalogue.machines import MachineList
from payback.catalogue.schema import Condition
from payback.errors import NoFeasibleOptionError, NotPricedError
from payback.evidence import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeStep:
    """The machine with so many GPUs."""

    gpus: int
    added_usd: float
    """What this step costs. [USD]"""
    total_usd: float
    """What the machine has cost so far. [USD]"""
    basis: str
    """``stated`` by the source of the list, or ``priced`` from the catalogue."""
    problems: tuple[Finding, ...] = ()
    """Hard rules that the machine breaks with so many GPUs: something else must be bought too."""
    cautions: tuple[Finding, ...] = ()
    """Soft rules that it breaks with so many GPUs."""

    @property
    def usd_per_gpu(self) -> float:
        """What one GPU costs with its share of the host. [USD]"""
        return self.total_usd / self.gpus

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print a step."""
        return {
            "gpus": self.gpus,
            "added_usd": self.added_usd,
            "total_usd": self.total_usd,
            "usd_per_gpu": self.usd_per_gpu,
            "basis": self.basis,
            "problems": [finding.as_dict() for finding in self.problems],
            "cautions": [finding.as_dict() for finding in self.cautions],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradePath:
    """A machine from its first GPU to the last it takes."""

    label: str
    gpu: str
    gpu_usd: float
    """Price of one more GPU on the day. [USD]"""
    as_of: dt.date
    steps: tuple[UpgradeStep, ...]
    facts: tuple[Fact, ...] = ()

    @property
    def host_usd(self) -> float:
        """What is paid once, for everything but the GPUs. [USD]"""
        first = self.steps[0]
        return first.total_usd - first.gpus * self.gpu_usd

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print a path."""
        return {
            "label": self.label,
            "gpu": self.gpu,
            "gpu_usd": self.gpu_usd,
            "host_usd": self.host_usd,
            "as_of": self.as_of.isoformat(),
            "steps": [step.as_dict() for step in self.steps],
            "facts": [fact.id for fact in self.facts],
        }


def upgrade_path(
    machine: MachineList,
    catalogue: Catalogue,
    components: Components,
    as_of: dt.date | None = None,
    *,
    gpu_condition: Condition = "new",
    market: str = "US",
) -> UpgradePath:
    """The path of a listed machine, one GPU at a time up to its slots (B17).

    A total that the list's source states is taken as it stands; so is that of a list which differs in the number of
    GPUs alone. Steps between are priced: total(n) = total(first) + (n - first) · price of a GPU on the day.

    Args:
        machine: The machine with its first GPUs.
        catalogue: Prices, and the other lists.
        components: Specifications, for what the machine can carry.
        as_of: Day of the prices; that of the list by default.
        gpu_condition: Whether the later GPUs are bought new or used.
        market: Country whose shops count first.

    Raises:
        NotPricedError: Neither a stated total nor a price of every part is known, or the GPU has no price.

    Example:
        >>> from payback.catalogue.catalogue import load
        >>> from payback.catalogue.components import load_components
        >>> catalogue = load()
        >>> path = upgrade_path(catalogue.machine("article-2018-1gpu"), catalogue, load_components())
        >>> [(step.gpus, step.total_usd, step.usd_per_gpu) for step in path.steps]
        [(1, 3000, 3000.0), (2, 3700.0, 1850.0), (3, 4400.0, 1466.6666666666667), (4, 5100, 1275.0)]
    """
    day = as_of or machine.as_of
    if machine.gpu is None:
        raise NotPricedError(f"{machine.id} lists no GPU, so there is nothing to add.")
    quote = catalogue.component_quote(machine.gpu, day, condition=gpu_condition, market=market)
    if quote is None:
        raise NotPricedError(
            f"no {gpu_condition} price of {machine.gpu} was seen by {day}; a missing price is never guessed"
        )
    first_usd, basis, facts = _first_total(machine, catalogue, day, market)
    steps = _steps(machine, first_usd, basis, quote.mid_usd, _stated_totals(machine, catalogue, day), components)
    return UpgradePath(
        label=machine.label,
        gpu=machine.gpu,
        gpu_usd=quote.mid_usd,
        as_of=day,
        steps=tuple(steps),
        facts=(*facts, *priced.quote_facts(quote)),
    )


def upgrade_path_of_build(build: Build, components: Components) -> UpgradePath:
    """The path of an assembled machine up to the GPUs it was made for, at the prices of its day (B17)."""
    gpu = next(part for part in build.parts if part.category == "gpu")
    machine = replace(build.machine_list(), gpu_slots=build.grown_gpus)
    each_usd = gpu.unit_price_usd or 0.0
    return UpgradePath(
        label=build.label,
        gpu=build.gpu,
        gpu_usd=each_usd,
        as_of=build.as_of,
        steps=tuple(_steps(machine, build.total_usd, "priced", each_usd, {}, components)),
        facts=gpu.facts,
    )


def growth_paths(
    build: Build, catalogue: Catalogue, components: Components, counts: Iterable[int] = (2, 4)
) -> list[UpgradePath]:
    """For each larger number of GPUs, the cheapest machine with as many now that takes so many later, and its path.

    Its first step less the price of `build` is what the room to grow costs today. Numbers for which nothing passes
    are left out.

    Args:
        build: The machine without that room.
        catalogue: Prices.
        components: Specifications.
        counts: Numbers of GPUs to make room for.
    """
    paths = []
    for count in counts:
        if count > build.grown_gpus:
            roomy = replace(build.demand, expand_to_gpus=count, policy=Policy.WARN)
            with suppress(NoFeasibleOptionError):
                found = assemble(roomy, catalogue, components, build.as_of)
                paths.append(upgrade_path_of_build(found[0], components))
    return paths


def _first_total(
    machine: MachineList, catalogue: Catalogue, day: dt.date, market: str
) -> tuple[float, str, tuple[Fact, ...]]:
    if machine.stated_total_usd is not None and machine.as_of <= day:
        return machine.stated_total_usd, "stated", (priced.stated_total_fact(machine),)
    parts = priced.price_machine(catalogue, machine, day, market=market)
    total = priced.total_usd(parts)
    if total is None:
        raise NotPricedError(f"{machine.id} has parts without a price on {day}: {', '.join(priced.unpriced(parts))}")
    return total, "priced", tuple(fact for part in parts for fact in part.facts)


def _stated_totals(machine: MachineList, catalogue: Catalogue, day: dt.date) -> dict[int, float]:
    """Totals stated for the same machine with other numbers of GPUs."""
    return {
        other.gpu_count: other.stated_total_usd
        for other in catalogue.machines
        if other.stated_total_usd is not None
        and other.as_of <= day
        and other.source == machine.source
        and _host(other) == _host(machine)
    }


def _host(machine: MachineList) -> tuple[tuple[str, str, int], ...]:
    """Everything of a list but how many GPUs it holds."""
    return tuple(
        (part.category, part.component, 1 if part.category == "gpu" else part.quantity) for part in machine.parts
    )


def _steps(
    machine: MachineList,
    first_usd: float,
    basis: str,
    gpu_usd: float,
    stated: dict[int, float],
    components: Components,
) -> Iterator[UpgradeStep]:
    paid = 0.0
    for count in range(machine.gpu_count, max(machine.gpu_slots, machine.gpu_count) + 1):
        first = count == machine.gpu_count
        said = first_usd if first else stated.get(count)
        total = said if said is not None else paid + gpu_usd
        found = _findings(machine, count, components)
        yield UpgradeStep(
            gpus=count,
            added_usd=total - paid,
            total_usd=total,
            basis=basis if first else ("stated" if said is not None else "priced"),
            problems=tuple(f for f in found if f.severity is Severity.ERROR),
            cautions=tuple(f for f in found if f.severity is Severity.WARNING),
        )
        paid = total


def _findings(machine: MachineList, count: int, components: Components) -> list[Finding]:
    """The rules that the machine breaks with so many GPUs."""
    lines = tuple(
        ListedLine(
            category=part.category,
            text=part.card or part.component,
            quantity=count if part.category == "gpu" else part.quantity,
        )
        for part in machine.parts
    )
    judgement = check_list(PartsList(id=machine.id, lines=lines), components, Demand())
    return [finding for finding in judgement.findings if finding.status is Status.VIOLATED]
