"""How long data take over the line at home: the number behind "slow downloads" (claim C16).

hours = GB · 8000 / (Mbit/s) / 3600                                    (X1)
"""

from __future__ import annotations

from dataclasses import dataclass

from payback.catalogue.catalogue import Catalogue
from payback.decision.naming import stated
from payback.evidence import Fact
from payback.question import Question
from payback.units import MBIT_PER_GB, SECONDS_PER_HOUR

IMAGENET_GB = 146.0
"""ImageNet as stored, the data set of the article's day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpeed:
    """The speed of a line in one direction; None where neither the user nor a fact of the place says it."""

    mbit_s: float | None
    fact: Fact | None
    why: str


def transfer_hours(data_gb: float, mbit_s: float) -> float:
    """Hours that data take over a line running at its full speed all the time (X1).

    Args:
        data_gb: The data. [GB]
        mbit_s: The line. [Mbit/s]

    Example:
        >>> round(transfer_hours(146, 95.25), 2)
        3.41
    """
    return data_gb * MBIT_PER_GB / mbit_s / SECONDS_PER_HOUR


def download_speed(question: Question, catalogue: Catalogue) -> LineSpeed:
    """Speed of the line towards the machine: stated, else the newest mean of its country. [Mbit/s]"""
    return _speed(question, catalogue, question.site.download_mbit_s, "download_mbit_s", "home_download_mbit_s")


def upload_speed(question: Question, catalogue: Catalogue) -> LineSpeed:
    """Speed of the line away from the machine: stated, else the newest mean of its country. [Mbit/s]"""
    return _speed(question, catalogue, question.site.upload_mbit_s, "upload_mbit_s", "home_upload_mbit_s")


def _speed(question: Question, catalogue: Catalogue, said: float | None, key: str, what: str) -> LineSpeed:
    if said is not None:
        fact = stated(f"site.{key}", said, "Mbit/s")
        return LineSpeed(mbit_s=said, fact=fact, why="as you say")
    rows = [
        row
        for row in catalogue.running_costs
        if row.what == what
        and row.place == question.site.country
        and row.observed_on is not None
        and row.observed_on <= question.as_of
    ]
    newest = max(rows, key=lambda row: str(row.observed_on), default=None)
    if newest is None:
        return LineSpeed(mbit_s=None, fact=None, why=f"unknown in {question.site.country}; state site.{key}")
    assert newest.observed_on is not None
    years = (question.as_of - newest.observed_on).days / 365.25
    age = f", {years:.0f} years before the question: state site.{key}" if years >= 2 else ""
    why = f"{newest.subject} in {newest.place} on {newest.observed_on}{age}"
    return LineSpeed(mbit_s=newest.value, fact=newest.fact(), why=why)
