"""Speeds of the options' GPUs over the reference GPU, predicted once and then remembered.

A prediction takes a second, an answer should not: ratios are kept in a cache
file named after a hash of every table they were made of, so that a changed
measurement simply looks for another file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payback.catalogue import compiled
from payback.catalogue.tables import data_folder
from payback.decision.reference import SAME_HOURS, SpeedRatio
from payback.evidence import Fact
from payback.question import Question
from payback.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from payback.performance.speeds import Ratio

SPEED_TABLES = (
    "gpus.csv",
    "gpu_aliases.csv",
    "software_eras.csv",
    "speed_model.csv",
    "workloads.csv",
    "cpu_preparation.csv",
    "components/cpus.csv",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What feeds one GPU: the processor cores an option has for each GPU it uses; unknown cores are no limit."""

    vcpus_per_gpu: float | None = None
    """Of a rented instance."""
    cpu: str | None = None
    """Of an owned machine: the processor's name in the catalogue of parts."""
    gpus: int = 1
    """GPUs that share an owned processor."""

    @property
    def key(self) -> str:
        """The host in a word."""
        if self.vcpus_per_gpu is not None:
            return f"vcpus:{self.vcpus_per_gpu:g}"
        return f"cpu:{self.cpu}/{self.gpus}" if self.cpu else ""


REFERENCE_KEY = "the reference GPU itself"
Asked = tuple[str, Host]
"""A GPU and what feeds it."""


def speed_ratios(
    asked: Iterable[Asked], reference: str, question: Question, folder: Path | None = None
) -> dict[Asked, SpeedRatio | None]:
    """Speed of each GPU in its host over the reference GPU alone; None where nobody can say.

    Args:
        asked: GPUs, each with what feeds it.
        reference: The GPU that counts as 1.
        question: Says the workload, the day and whether work or hours are equal.
        folder: Where the cache lives; the user's cache folder if None.

    Raises:
        UnknownNameError: No such workload.
    """
    wanted = set(asked)
    if question.work.equal == "hours":
        return dict.fromkeys(wanted, SAME_HOURS)
    path = compiled.cache_path(f"speeds-{_key(reference, question)}.json", folder)
    known = compiled.read_json(path)
    missing = sorted((pair for pair in wanted if _name(pair) not in known), key=_name)
    if missing:
        known |= _Predictor(reference, question).ratios(missing)
        compiled.write_json(path, known)
    return {pair: _from_plain(known[_name(pair)]) for pair in wanted}


def work_unit(reference: str, question: Question, folder: Path | None = None) -> tuple[float, str] | None:
    """What one reference GPU does in an hour, and in which unit; None where hours count or nobody can say."""
    if question.work.equal == "hours":
        return None
    path = compiled.cache_path(f"speeds-{_key(reference, question)}.json", folder)
    known = compiled.read_json(path)
    if REFERENCE_KEY not in known:
        from payback.performance import predict

        speed = predict.speed(reference, workload=question.work.workload, as_of=question.as_of)
        per_hour = None if speed.value is None else [speed.value * SECONDS_PER_HOUR, speed.unit.removesuffix("/s")]
        known |= {REFERENCE_KEY: per_hour}
        compiled.write_json(path, known)
    found = known[REFERENCE_KEY]
    return (float(found[0]), str(found[1])) if found else None


def _name(asked: Asked) -> str:
    return f"{asked[0]}|{asked[1].key}"


class _Predictor:
    """Asks the performance stage once a GPU and once for the processor; hosts are arithmetic."""

    def __init__(self, reference: str, question: Question) -> None:
        from payback.performance import pipeline

        self.reference, self.question = reference, question
        one_core = pipeline.machine_speed(reference, 1, question.work.workload, cpu_cores=1.0, as_of=question.as_of)
        self.samples_per_core = one_core.limits.get("cpu")
        self.host_facts = one_core.facts

    def ratios(self, asked: Iterable[Asked]) -> dict[str, Any]:
        """The ratio of each GPU in its host as plain data, None where nobody can say."""
        asked = list(asked)
        alone = {gpu: self._alone(gpu) for gpu in sorted({gpu for gpu, _ in asked})}
        return {_name((gpu, host)): self._in_host(*alone[gpu], host) for gpu, host in asked}

    def _alone(self, gpu: str) -> tuple[Ratio, float | None]:
        from payback.performance import predict

        work, day = self.question.work.workload, self.question.as_of
        ratio = predict.relative_speed(gpu, self.reference, workload=work, as_of=day)
        return ratio, predict.speed(gpu, workload=work, as_of=day).value

    def _in_host(self, ratio: Ratio, samples: float | None, host: Host) -> dict[str, Any] | None:
        if ratio.value is None or ratio.low is None or ratio.high is None:
            return None
        share = self._share(samples, host)
        held_back = share < 0.98
        facts = {fact.id: fact.as_dict() for fact in (*ratio.facts, *(self.host_facts if held_back else ()))}
        why = f"{ratio.why}; held back to {share:.0%} by the processor" if held_back else ratio.why
        low, high = ratio.low * share, ratio.high * share
        return {"value": ratio.value * share, "low": low, "high": high, "why": why, "facts": facts}

    def _share(self, samples: float | None, host: Host) -> float:
        """Share of a GPU's speed that the processor's data preparation lets it reach."""
        from payback.performance import pipeline

        cores = _cores(host)
        if not samples or not cores or not self.samples_per_core:
            return 1.0
        fed = pipeline.smooth_minimum({"gpu": samples, "cpu": cores * self.samples_per_core})
        return min(1.0, fed / samples)


def _cores(host: Host) -> float | None:
    from payback.catalogue.components import load_components
    from payback.performance import pipeline

    if host.vcpus_per_gpu is not None:
        return pipeline.physical_cores(host.vcpus_per_gpu)
    cpu = load_components().cpus.get(host.cpu) if host.cpu else None
    return cpu.cores / host.gpus if cpu is not None and cpu.cores else None


def _from_plain(plain: dict[str, Any] | None) -> SpeedRatio | None:
    if plain is None:
        return None
    facts = tuple(Fact.from_dict(name, fact) for name, fact in plain["facts"].items())
    return SpeedRatio(value=plain["value"], low=plain["low"], high=plain["high"], why=plain["why"], facts=facts)


def _key(reference: str, question: Question) -> str:
    """Hash of the tables, the reference, the workload and the newest software one could have that day."""
    root = data_folder()
    files = [root.joinpath(*name.split("/")) for name in SPEED_TABLES]
    files += sorted((root / "throughput").iterdir(), key=lambda file: file.name)
    released = [day for day in _release_days(root / "software_eras.csv") if day <= question.as_of.isoformat()]
    return compiled.files_hash(files, reference, question.work.workload, max(released, default=""))


def _release_days(file: Traversable) -> list[str]:
    return [row["released"] for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())]
