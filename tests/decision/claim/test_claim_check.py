"""Whole checks: conventions, slips, double counting, strawmen, gaps."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from payback.decision.claim import ClaimCheck, analysis_from_dict, check_claim
from payback.report.claim_text import print_claim

INPUTS = {
    "servers": 2,
    "server_usd": 65_800,
    "operation_usd_per_server_year": 5_000,
    "rent_usd_per_h": 32.77,
    "spot_usd_per_h": 12,
    "used_hours_per_month": 176,
    "power_usd_per_month": 300,
    "utilisation_share": 0.25,
}

OWN_LINES = ("power", "host machine", "network", "labour")
LABELLED = {"gpu_usd": {"value": 1, "label": "with host, staff and internet"}, "rent_usd_per_h": 4}


def check(formula: str, stated: object, **more: Any) -> ClaimCheck:
    step = {"name": "figure", "formula": formula, "stated": stated}
    return check_claim(analysis_from_dict({"inputs": INPUTS, "step": [step], **more}))


def cause(found: ClaimCheck) -> str:
    assert found.first_failure is not None
    assert found.first_failure.causes, found.first_failure.why
    return found.first_failure.causes[0]


TOTAL = "servers * server_usd + servers * operation_usd_per_server_year * 4"
BREAK_EVEN = "server_usd / (rent_usd_per_h * used_hours_per_month - power_usd_per_month)"


@pytest.mark.parametrize(
    ("formula", "stated", "expected"),
    [
        (TOTAL, 303_200, "server_usd had been counted twice"),
        (TOTAL, 131_600, "operation_usd_per_server_year had been left out"),
        (TOTAL, 85_800, "it had been for one of servers = 2 only"),
        (BREAK_EVEN, 11.4, "power_usd_per_month had been left out"),
        (BREAK_EVEN, 144.4, "months and years had been confused"),
        (BREAK_EVEN, 36.3, "spot_usd_per_h had stood in place of rent_usd_per_h"),
        ("server_usd / (rent_usd_per_h * 730)", "2.789 months", "730 had been 720 h"),
        ("rent_usd_per_h * 8760 * utilisation_share", 287_065, "utilisation_share had been left out (taken as 1)"),
        ("server_usd - power_usd_per_month * 12", 69_400, "the sign of power_usd_per_month * 12 had been turned"),
    ],
)  # fmt: skip
def test_a_slip_is_named(formula: str, stated: object, expected: str) -> None:
    """E.g. 2 x 131,600 + 40,000 = 303,200; 65,800 / (32.77 x 176) = 11.41; 12.03 x 12 = 144.4."""
    failure = check(formula, stated).first_failure

    assert failure is not None
    assert expected in failure.causes


def test_a_figure_follows_under_another_month_if_none_is_stated() -> None:
    """65,800 / (32.77 x 720) = 2.789; with 730 h it is 2.751."""
    found = check("rental_months(server_usd, rent_usd_per_h, hours_per_month)", 2.789)

    assert found.first_failure is None
    assert found.steps[0].how == "follows with a month of 720 h (30 days)"
    assert found.steps[0].recomputed == pytest.approx(65_800 / 32.77 / 720)


def test_a_stated_month_binds() -> None:
    """The same figure fails where the analysis says its months have 730 h, and the cause is named."""
    formula = "rental_months(server_usd, rent_usd_per_h, hours_per_month)"
    found = check(formula, 2.789, conventions={"month": "730 h"})

    assert cause(found) == "it had used a month of 720 h (30 days)"
    assert check(formula, 2.789, conventions={"hours_per_month": 720}).first_failure is None


def test_mixed_months_are_a_warning() -> None:
    """One figure with months of 720 h, another with 4 weeks: both follow, and that is said."""
    formula = "rental_months(server_usd, rent_usd_per_h, hours_per_month)"
    steps = [
        {"name": "one", "formula": formula, "stated": 2.789},
        {"name": "two", "formula": formula, "stated": 2.988},
    ]
    found = check_claim(analysis_from_dict({"inputs": INPUTS, "step": steps}))

    assert found.first_failure is None
    assert "the analysis mixes lengths of month or year" in found.warnings


def test_an_error_is_carried_on_and_the_first_step_is_named() -> None:
    """A wrong total makes the half of it wrong; the first is named, the second says on what it rests."""
    steps = [
        {"name": "half", "formula": "total / 2", "stated": 100_000},
        {"name": "total", "formula": TOTAL, "stated": 200_000},
    ]
    found = check_claim(analysis_from_dict({"inputs": INPUTS, "step": steps}))

    assert found.first_failure is not None
    assert found.first_failure.step.name == "total"
    assert found.steps[0].causes[0] == "the printed figure of 'total' was right"


def test_rounding_on_the_way_is_no_error() -> None:
    """100 / 3 printed as 33.3, three times that as 99.9."""
    steps = [
        {"name": "third", "formula": "100 / 3", "stated": "33.3"},
        {"name": "whole", "formula": "third * 3", "stated": "99.9"},
    ]
    found = check_claim(analysis_from_dict({"inputs": INPUTS, "step": steps}))

    assert found.first_failure is None
    assert found.steps[1].how == "follows from the rounded figures printed before it"


def test_hardware_paid_and_depreciated_is_counted_twice() -> None:
    """Price on day one and 36 monthly depreciations of the same price; repairs of 10 % are no double count."""
    steps = [
        {"name": "depreciation", "formula": "server_usd / 36"},
        {"name": "total", "formula": "server_usd + depreciation * 36 + power_usd_per_month * 36", "stated": 142_400},
    ]
    doubled = check_claim(analysis_from_dict({"inputs": INPUTS, "step": steps}))
    repaired = check("server_usd + 0.1 * server_usd * 3 + power_usd_per_month", 85_840)

    assert doubled.outcome == "a step fails"
    assert doubled.counted_twice[0][0] == "total"
    assert "server_usd is counted 2 times: in 'server_usd' and 'depreciation * 36'" in doubled.verdict
    assert repaired.counted_twice == ()
    assert repaired.outcome != "a step fails"


def test_residual_value_is_no_double_count() -> None:
    """Price less 40 % of it is one count."""
    assert check("server_usd - 0.9 * server_usd", 6_580).counted_twice == ()


ALTERNATIVES = [
    {"name": "build", "side": "own", "total": 24_360},
    {"name": "big cloud", "side": "rent", "total": 27_947},
    {"name": "small cloud", "side": "rent", "total": 21_532},
]


def test_a_strawman_is_found_among_its_own_alternatives() -> None:
    """24,360 beats 27,947 and loses to 21,532."""
    found = check(
        "server_usd", 65_800, alternative=ALTERNATIVES, verdict={"recommends": "build", "against": "big cloud"}
    )

    assert found.outcome == "the conclusion fails"
    assert found.baseline is not None
    assert found.baseline.alternative.name == "small cloud"
    assert "strawman baseline" in found.verdict


def test_an_infeasible_alternative_is_no_baseline() -> None:
    """If the small machine cannot do the work, the build is right."""
    rows = [*ALTERNATIVES[:2], {**ALTERNATIVES[2], "feasible": False, "why": "8 GiB are too few"}]
    found = check("server_usd", 65_800, alternative=rows, verdict={"recommends": "build", "against": "big cloud"})

    assert found.comparison is not None
    assert found.comparison.holds
    assert found.baseline is not None
    assert found.baseline.alternative.name == "big cloud"


def test_unequal_work_is_compared_per_unit() -> None:
    """24,360 for 312 runs is 78 a run; 27,947 for 400 runs is 70."""
    rows = [{**ALTERNATIVES[0], "work": 312, "recommended": True}, {**ALTERNATIVES[1], "work": 400}]
    found = check("server_usd", 65_800, alternative=rows)

    assert found.comparison is not None
    assert found.comparison.per_work
    assert found.comparison.holds is False
    assert float(found.comparison.totals[0].usd) == pytest.approx(69.8675)


def test_what_no_name_mentions_is_left_out() -> None:
    """A GPU and a rent: power, host, network and labour are missing, and use is taken as full."""
    found = check_claim(
        analysis_from_dict(
            {
                "inputs": {"gpu_usd": 30_000, "rent_usd_per_gpu_h": 4},
                "step": [{"name": "m", "formula": "gpu_usd / rent_usd_per_gpu_h / hours_per_month", "stated": 10.3}],
            }
        )
    )

    assert found.left_out == OWN_LINES
    assert found.full_use


@pytest.mark.parametrize(
    ("more", "left_out", "full_use"),
    [
        ({"inputs": {"gpu_usd": 1, "rent_usd_per_h": 4, "gpu_power_w": 300}}, OWN_LINES[1:], True),
        ({"scope": {"covers": ["power", "labour"]}}, OWN_LINES[1:3], True),
        ({"scope": {"covers": ["use"], "excerpt": True}}, (), False),
        ({"inputs": {"gpu_usd": 1, "rent_usd_per_h": 4, "hours_per_day": 8}}, OWN_LINES, False),
        ({"inputs": LABELLED}, OWN_LINES[:1], True),
    ],
)
def test_names_labels_and_scope_cover_lines(more: dict[str, Any], left_out: tuple[str, ...], full_use: bool) -> None:
    """A name, a label or the scope block shows that a line is in."""
    document = {
        "inputs": {"gpu_usd": 1, "rent_usd_per_h": 4},
        "step": [{"name": "m", "formula": "gpu_usd / rent_usd_per_h / hours_per_month"}],
        **more,
    }
    found = check_claim(analysis_from_dict(document))

    assert left_out == found.left_out
    assert full_use == found.full_use


def test_a_figure_that_does_not_exist_is_a_failure_not_a_crash() -> None:
    """A machine dearer to run than the rent never pays back."""
    found = check("simple_payback_months(server_usd, power_usd_per_month, power_usd_per_month)", "12 months")

    assert found.steps[0].holds is False
    assert found.steps[0].recomputed is None
    assert "never pays back" in found.verdict


def test_the_report_shows_stated_beside_recomputed() -> None:
    """A person reads the step, both figures, the verdict and the honest baseline."""
    found = check(TOTAL, 303_200, alternative=ALTERNATIVES, verdict={"recommends": "build", "against": "big cloud"})
    console = Console(width=120, record=True, file=io.StringIO())
    print_claim(found, console)
    text = console.export_text()

    assert "303,200" in text
    assert "171,600" in text
    assert "NO" in text
    assert "the honest baseline" in text
    assert "Verdict: a step fails." in text
