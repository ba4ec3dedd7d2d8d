"""The work in hours, and how many hours another GPU needs for the same work."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from payback.catalogue.catalogue import Catalogue
from payback.errors import BadQuestionError
from payback.evidence import Assumption, Fact
from payback.question import Question
from payback.units import WEEKS_PER_MONTH

REFERENCE_BY_DATE: tuple[tuple[dt.date, str], ...] = (
    (dt.date(2014, 11, 17), "K80"),
    (dt.date(2017, 3, 10), "GTX 1080 Ti"),
    (dt.date(2020, 9, 24), "RTX 3090"),
    (dt.date(2022, 10, 12), "RTX 4090"),
)
"""The card people mean by "an hour of GPU work", by the day it went on sale: a convention, stated in every answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedRatio:
    """How fast an option's GPU does the work, the reference GPU = 1."""

    value: float
    low: float
    high: float
    why: str
    facts: tuple[Fact, ...] = ()


SAME_HOURS = SpeedRatio(value=1.0, low=1.0, high=1.0, why="compared at equal hours")


def hours_per_month(question: Question) -> float:
    """Hours of work a month on the reference GPUs: hours a day x days a week x weeks a month. [h]"""
    return question.work.hours_per_day * question.work.days_per_week * WEEKS_PER_MONTH


def reference_gpu(question: Question, catalogue: Catalogue, named: str | None) -> tuple[str, Assumption]:
    """The GPU whose hours the question counts, and why it is that one.

    Args:
        question: The question.
        catalogue: Knows the names.
        named: GPU of the first machine the user named, if any.
    """
    if question.work.reference_gpu:
        gpu = catalogue.gpu_names.resolve(question.work.reference_gpu).gpu
        return gpu, _assumption(gpu, "named in the question")
    if named:
        return named, _assumption(named, "the GPU of the first machine named in the question")
    known = [name for day, name in REFERENCE_BY_DATE if day <= question.as_of]
    if not known:
        raise BadQuestionError("as_of", str(question.as_of), f"a day from {REFERENCE_BY_DATE[0][0]} on")
    gpu = known[-1]
    return gpu, _assumption(gpu, "the usual card on the day of the question; set work.reference_gpu to change it")


def _assumption(gpu: str, why: str) -> Assumption:
    return Assumption(name="hours are counted on", value=gpu, unit="GPU", why=why)
