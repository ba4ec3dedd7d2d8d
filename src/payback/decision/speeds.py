"""Speeds of the options' GPUs over the reference GPU, predicted once and then remembered.

A prediction takes a second, an answer should not: ratios are kept in a cache
file named after a hash of every table they were made of, so that a changed
measurement simply looks for another file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from payback.catalogue import compiled
from payback.catalogue.tables import data_folder
from payback.decision.reference import SAME_HOURS, SpeedRatio
from payback.evidence import Fact
from payback.question import Question

SPEED_TABLES = ("gpus.csv", "gpu_aliases.csv", "software_eras.csv", "speed_model.csv", "workloads.csv")


def speed_ratios(
    gpus: Iterable[str], reference: str, question: Question, folder: Path | None = None
) -> dict[str, SpeedRatio | None]:
    """Speed of each GPU over the reference on the question's workload; None where nobody can say.

    Args:
        gpus: Names of the catalogue.
        reference: The GPU that counts as 1.
        question: Says the workload, the day and whether work or hours are equal.
        folder: Where the cache lives; the user's cache folder if None.

    Raises:
        UnknownNameError: No such workload.
    """
    wanted = sorted(set(gpus))
    if question.work.equal == "hours":
        return dict.fromkeys(wanted, SAME_HOURS)
    path = compiled.cache_path(f"speeds-{_key(reference, question)}.json", folder)
    known = compiled.read_json(path)
    missing = [gpu for gpu in wanted if gpu not in known]
    if missing:
        known |= {gpu: _predict(gpu, reference, question) for gpu in missing}
        compiled.write_json(path, known)
    return {gpu: _from_plain(known[gpu]) for gpu in wanted}


def _predict(gpu: str, reference: str, question: Question) -> dict[str, Any] | None:
    from payback.performance import predict

    ratio = predict.relative_speed(gpu, reference, workload=question.work.workload, as_of=question.as_of)
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return None
    facts = {fact.id: fact.as_dict() for fact in ratio.facts}
    return {"value": ratio.value, "low": ratio.low, "high": ratio.high, "why": ratio.why, "facts": facts}


def _from_plain(plain: dict[str, Any] | None) -> SpeedRatio | None:
    if plain is None:
        return None
    facts = tuple(Fact.from_dict(name, fact) for name, fact in plain["facts"].items())
    return SpeedRatio(value=plain["value"], low=plain["low"], high=plain["high"], why=plain["why"], facts=facts)


def _key(reference: str, question: Question) -> str:
    """Hash of the tables, the reference, the workload and the newest software one could have that day."""
    root = data_folder()
    files = [root / name for name in SPEED_TABLES]
    files += sorted((root / "throughput").iterdir(), key=lambda file: file.name)
    released = [day for day in _release_days(root / "software_eras.csv") if day <= question.as_of.isoformat()]
    return compiled.files_hash(files, reference, question.work.workload, max(released, default=""))


def _release_days(file: Traversable) -> list[str]:
    return [row["released"] for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())]
