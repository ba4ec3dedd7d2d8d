"""The machines that the search finds for a question, as options beside the shipped lists.

The search is asked once for a state of prices, parts and rules; its answer, which parts to buy, is then kept in the
user's cache folder under a hash of that state, as predicted speeds are. Prices are looked up anew every time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from payback.assembly.priced import PricedPart, price_part
from payback.catalogue import compiled
from payback.catalogue.catalogue import Catalogue
from payback.catalogue.machines import ListedPart
from payback.catalogue.tables import data_folder
from payback.errors import NoFeasibleOptionError, NotPricedError
from payback.question import Question

if TYPE_CHECKING:
    from payback.assembly.search import Build, BuildDemand

PART_TABLES: Final = (
    "boards", "board_slots", "cases", "coolers", "cpus", "drives", "gpu_cards", "gpu_chip_ranges", "memory", "psus",
)  # fmt: skip
FORM: Final = "payback.machines/1"


def searched(
    question: Question, catalogue: Catalogue, folder: Path | None = None
) -> Iterator[tuple[dict[str, Any], tuple[PricedPart, ...]]]:
    """The machines to buy for a question, each as plain data with its parts at the prices of the day.

    At most three: the cheapest, the one of most throughput a dollar, and the cheapest of new parts alone.

    Args:
        question: What is asked.
        catalogue: Prices.
        folder: Where the cache lives; the user's cache folder if None.
    """
    for machine in _machines(question, catalogue, folder):
        parts = tuple(
            price_part(
                catalogue,
                ListedPart(category=part["category"], component=part["component"], quantity=part["quantity"]),
                question.as_of,
                condition=part["condition"],
                market=question.site.country,
            )
            for part in machine["parts"]
        )
        yield machine, parts


def _machines(question: Question, catalogue: Catalogue, folder: Path | None) -> list[dict[str, Any]]:
    path = compiled.cache_path(f"machines-{_key(question, catalogue)}.json", folder)
    known = compiled.read_json(path)
    if "machines" not in known:
        known = {"machines": [_plain(build) for build in _found(question, catalogue)]}
        compiled.write_json(path, known)
    found: list[dict[str, Any]] = known["machines"]
    return found


def _found(question: Question, catalogue: Catalogue) -> list[Build]:
    from payback.assembly.search import demand_from_question

    asked = demand_from_question(question)
    builds = _best(asked, question, catalogue)
    if asked.used and any(part.condition == "used" for build in builds for part in build.parts):
        builds += _best(asked.without(used=False), question, catalogue)[:1]
    distinct = {_parts_of(build): build for build in reversed(builds)}
    return list(reversed(distinct.values()))


def _best(demand: BuildDemand, question: Question, catalogue: Catalogue) -> list[Build]:
    """The cheapest machine, and of those that none beats in cost and throughput the one with most of it a dollar."""
    from payback.assembly.search import assemble, pareto
    from payback.catalogue.components import load_components

    components = load_components()
    try:
        cheapest = assemble(demand, catalogue, components, question.as_of)
        front = pareto(demand, catalogue, components, question.as_of)
    except (NotPricedError, NoFeasibleOptionError):
        return []
    return [*cheapest, max(front, key=lambda build: (build.throughput or 0.0) / build.total_usd)]


def _parts_of(build: Build) -> tuple[tuple[str, int, str], ...]:
    return tuple((part.component, part.quantity, part.condition) for part in build.parts)


def _plain(build: Build) -> dict[str, Any]:
    return {
        "id": build.id,
        "label": build.label,
        "gpu": build.gpu,
        "gpu_count": build.gpu_count,
        "gpu_slots": build.grown_gpus,
        "wall_power_w": build.wall_power_w,
        "warnings": [*(f"{finding.rule}: {finding.why}" for finding in build.open_questions), *build.cautions],
        "parts": [
            {
                "category": part.category,
                "component": part.component,
                "quantity": part.quantity,
                "condition": part.condition,
            }
            for part in build.parts
        ],
    }


def _key(question: Question, catalogue: Catalogue) -> str:
    """Hash of prices, parts, GPUs and rules, and of all of the question that a machine depends on."""
    work, site, options = question.work, question.site, question.options
    asked = (
        question.as_of, work.gpus, work.vram_gib, work.expand_to_gpus, work.data_gb, site.outlet, site.noise_dba,
        site.country, question.finance.budget_usd, options.used, options.cuda_only, options.max_price_age_days,
    )  # fmt: skip
    digest = hashlib.blake2b(digest_size=16)
    for row in catalogue.component_prices:
        digest.update(f"{row.component}|{row.condition}|{row.price_usd}|{row.market}|{row.observed_on}".encode())
    for gpu in catalogue.gpus.values():
        digest.update(f"{gpu.gpu}|{gpu.vendor}|{gpu.memory_gib}|{gpu.fp16_tensor_tflops}|{gpu.board_power_w}".encode())
    root = data_folder() / "components"
    code = sorted((file for file in _sources(files("payback.assembly"))), key=lambda file: str(file))
    tables = [root / f"{name}.csv" for name in PART_TABLES]
    return compiled.files_hash([*tables, *code], FORM, repr(asked), digest.hexdigest())


def _sources(folder: Any) -> Iterator[Any]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry)
        elif entry.name.endswith(".py"):
            yield entry
