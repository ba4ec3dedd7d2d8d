"""The same GPUs bought ready-made: mark-up and hours saved."""

from __future__ import annotations

import datetime as dt

import pytest

from payback.assembly.prebuilt_compare import compare_build, compare_prebuilts
from payback.assembly.search import BuildDemand, assemble
from payback.catalogue.catalogue import load
from payback.catalogue.components import load_components


def test_the_articles_ready_made_machine() -> None:
    """5,000 ready-made against 3,000 in parts: two thirds more, 2,000 dollars for six hours, 333 an hour."""
    [comparison] = compare_prebuilts("GTX 1080 Ti", 1, 3000, load(), dt.date(2018, 9, 26))

    assert comparison.markup_usd == 2000
    assert comparison.markup_share == pytest.approx(2 / 3)
    assert comparison.usd_per_hour_saved == pytest.approx(333.333, abs=0.001)
    assert comparison.facts


def test_nothing_seen_later_is_compared() -> None:
    """In 2010 nobody sold it."""
    assert compare_prebuilts("GTX 1080 Ti", 1, 3000, load(), dt.date(2010, 1, 1)) == []


def test_old_prices_can_be_left_out() -> None:
    """Eight years later the machine is history."""
    day = dt.date(2026, 11, 23)

    assert compare_prebuilts("GTX 1080 Ti", 1, 3000, load(), day)
    assert compare_prebuilts("GTX 1080 Ti", 1, 3000, load(), day, max_age_days=400) == []


def test_differences_are_named() -> None:
    """A ready-made machine that does not say its memory is not called the same."""
    [comparison] = compare_prebuilts("GTX 1080 Ti", 1, 3000, load(), dt.date(2018, 9, 26), memory_gb=64)

    assert "its memory is not known" in comparison.differences


def test_an_assembled_machine_is_compared_by_its_gpus() -> None:
    """Six RX 7900 XTX are sold ready-made; one is not."""
    day = dt.date(2026, 11, 23)
    [build] = assemble(BuildDemand(must_have=("RX 7900 XTX",)), load(), load_components(), day)

    assert all(c.gpu_count == 1 for c in compare_build(build, load()))
    assert compare_prebuilts("RX 7900 XTX", 6, 15000, load(), day)[0].gpu_count == 6
