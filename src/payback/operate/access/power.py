"""A GPU power limit in watts: the user's, or the lowest that measurements show to keep nearly all of the speed."""

from __future__ import annotations

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.schema import Gpu
from payback.decision.own_candidates import owned
from payback.errors import BadQuestionError
from payback.evidence import Fact, Grade
from payback.operate.access.request import AccessRequest, PowerCap
from payback.performance.scaling import PowerCap as Measured
from payback.performance.scaling import power_cap_table
from payback.question import Question

SPEED_KEPT = 0.95
"""`auto` takes the lowest measured limit that keeps so much of the speed."""


def gpu_in(question: Question, request: AccessRequest, catalogue: Catalogue) -> Gpu | None:
    """The GPU in the machine: the one named, else that of the question's own machine, else unknown.

    Raises:
        UnknownNameError: No GPU is called so.
    """
    if request.gpu is not None:
        return catalogue.gpu_names.resolve(request.gpu)
    if not question.own:
        return None
    return next((candidate.gpu for candidate in owned(question, catalogue) if candidate.named), None)


def power_cap(text: str | None, gpu: Gpu | None) -> PowerCap | None:
    """The limit to set; None if none is asked.

    Args:
        text: Watts, or "auto".
        gpu: The GPU, if known.

    Raises:
        BadQuestionError: Neither watts nor "auto", above the board's own power, or nothing was measured for "auto".
    """
    if text is None:
        return None
    if text == "auto":
        return _lowest_harmless(gpu)
    if not text.isdecimal() or int(text) < 1:
        raise BadQuestionError("--power-cap", repr(text), "whole watts a GPU, or auto")
    watts = int(text)
    if gpu is not None and gpu.board_power_w is not None and watts > gpu.board_power_w:
        raise BadQuestionError("--power-cap", f"{watts} W", f"at most the {gpu.board_power_w:g} W of a {gpu.gpu}")
    known = known_caps(gpu)
    why = "; ".join(_said(row, gpu) for row in known) if known else f"nobody measured {_name(gpu)} under a limit"
    return PowerCap(watts=watts, why=why, facts=tuple(_fact(row) for row in known))


def known_caps(gpu: Gpu | None) -> list[Measured]:
    """Measured limits of a GPU, mildest first."""
    rows = [row for row in power_cap_table() if gpu is not None and row.gpu == gpu.gpu]
    return sorted(rows, key=lambda row: -row.power_share)


def _lowest_harmless(gpu: Gpu | None) -> PowerCap:
    rows = [row for row in known_caps(gpu) if row.grade is Grade.MEASURED and (row.low or 0.0) >= SPEED_KEPT]
    if not rows or gpu is None or gpu.board_power_w is None:
        raise BadQuestionError("--power-cap", f"auto, but no measured limit of {_name(gpu)}", "watts of your own")
    row = min(rows, key=lambda row: row.power_share)
    watts = round(row.power_share * gpu.board_power_w)
    return PowerCap(watts=watts, why=_said(row, gpu), facts=(_fact(row), gpu.fact("board_power_w", "W")))


def _said(row: Measured, gpu: Gpu | None) -> str:
    power = "" if gpu is None or gpu.board_power_w is None else f" ({row.power_share * gpu.board_power_w:.0f} W)"
    return f"{row.power_share:.0%} of its power{power} keeps {row.speed_share:.0%} of its {row.precision} speed"


def _name(gpu: Gpu | None) -> str:
    return "this GPU (say which: --gpu)" if gpu is None else f"a {gpu.gpu}"


def _fact(row: Measured) -> Fact:
    return Fact(
        id=f"power-cap:{row.gpu}/{row.precision}/{row.power_share:g}/{row.source}",
        value=row.speed_share,
        unit="share of speed",
        source=row.source,
        observed_on=row.observed_on,
        grade=row.grade,
        locator=row.locator,
        note=row.note,
    )
