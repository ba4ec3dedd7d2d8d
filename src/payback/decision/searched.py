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
from payback.question import Question

if TYPE_CHECKING:
    from payback.assembly.search import Build

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
    path = compiled.cache_path(f"machines-{_state(catalogue)}.json", folder)
    known, asked = compiled.read_json(path), _asked(question)
    if asked not in known:
        known[asked] = [_plain(build) for build in _found(question, catalogue)]
        compiled.write_json(path, known)
    found: list[dict[str, Any]] = known[asked]
    return found


def _found(question: Question, catalogue: Catalogue) -> list[Build]:
    from payback.assembly.search import demand_from_question, worth_a_look
    from payback.catalogue.components import load_components

    asked, components = demand_from_question(question), load_components()
    builds = worth_a_look(asked, catalogue, components, question.as_of)
    if asked.used and any(part.condition == "used" for build in builds for part in build.parts):
        builds += worth_a_look(asked.without(used=False), catalogue, components, question.as_of)[:1]
    distinct = {_parts_of(build): build for build in reversed(builds)}
    return list(reversed(distinct.values()))


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


def _asked(question: Question) -> str:
    """All of a question that a machine depends on."""
    work, site, options = question.work, question.site, question.options
    return repr((
        question.as_of.isoformat(), work.gpus, work.vram_gib, work.expand_to_gpus, work.data_gb, site.outlet,
        site.noise_dba, site.country, question.finance.budget_usd, options.used, options.cuda_only,
        options.max_price_age_days,
    ))  # fmt: skip


def _state(catalogue: Catalogue) -> str:
    """Hash of prices, GPUs, parts and rules."""
    digest = hashlib.blake2b(digest_size=16)
    for row in catalogue.component_prices:
        digest.update(f"{row.component}|{row.condition}|{row.price_usd}|{row.market}|{row.observed_on}".encode())
    for gpu in catalogue.gpus.values():
        digest.update(f"{gpu.gpu}|{gpu.vendor}|{gpu.memory_gib}|{gpu.fp16_tensor_tflops}|{gpu.board_power_w}".encode())
    root = data_folder() / "components"
    code = sorted(_sources(files("payback.assembly")), key=lambda file: str(file))
    return compiled.files_hash([*(root / f"{name}.csv" for name in PART_TABLES), *code], FORM, digest.hexdigest())


def _sources(folder: Any) -> Iterator[Any]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry)
        elif entry.name.endswith(".py"):
            yield entry
