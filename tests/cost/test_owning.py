"""Owned machines, line by line."""

from __future__ import annotations

import pytest

from payback.cost.capital import Resale, fit_retention, straight_line_residual_usd
from payback.cost.owning import OwningPlan, owning_statement


def plan(**changes: object) -> OwningPlan:
    values: dict[str, object] = {
        "capital_usd": 3000.0,
        "wall_power_w": 1000.0,
        "busy_hours_per_month": 730.0,
        "price_usd_per_kwh": 0.20,
        "residual_usd": lambda month: straight_line_residual_usd(3000.0, month, 36),
        "months": 12,
    }
    return OwningPlan(**(values | changes))  # type: ignore[arg-type]


def test_the_articles_machine_after_a_year() -> None:
    """3,000 / 3 + 8,760 h x 1 kW x 0.20 = 1,000 + 1,752 = 2,752."""
    assert owning_statement(plan()).total_usd == pytest.approx(2752)


def test_idle_hours_cost_what_idling_draws() -> None:
    """8 h busy at 1 kW and 16 h idle at 70 W: 243.33 h x 0.20 + 486.67 h x 0.07 x 0.20 a month."""
    statement = owning_statement(plan(busy_hours_per_month=730 / 3, idle_power_w=70.0))

    assert statement.lines[1].usd == pytest.approx(12 * 730 / 3 * 0.20)
    assert statement.lines[2].usd == pytest.approx(12 * 730 * 2 / 3 * 0.07 * 0.20)


def test_tax_repairs_hosting_and_own_hours_are_lines_of_their_own() -> None:
    """8.82 % of 3,000; 2 % a year; 184 a month; 6 h at 30."""
    statement = owning_statement(
        plan(
            sales_tax_share=0.0882,
            repair_share_per_year=0.02,
            hosting_usd_per_month=184.0,
            setup_hours=6.0,
            hour_value_usd=30.0,
        )
    )
    by_name = {line.name: line.usd for line in statement.lines}

    assert by_name["sales tax"] == pytest.approx(264.60)
    assert by_name["repairs"] == pytest.approx(60)
    assert by_name["hosting"] == pytest.approx(2208)
    assert by_name["own hours"] == pytest.approx(180)


def test_an_unknown_residual_counts_nothing() -> None:
    """Where nobody knows the resale, the machine is worth nothing: the cautious side."""
    assert owning_statement(plan(residual_usd=lambda _: None)).residual_usd == (0.0,) * 13


def test_cooling_multiplies_the_electricity() -> None:
    """PUE 1.5 makes 1,752 into 2,628."""
    assert owning_statement(plan(pue=1.5)).lines[1].usd == pytest.approx(2628)


def test_retention_is_the_median_decay() -> None:
    """Cards at half price after 2, 3 and 4 years decay by ln 2 / age; the median is ln 2 / 3."""
    resales = [Resale(age_months=12 * years, kept_share=0.5, fact=str(years)) for years in (2, 3, 4) for _ in range(5)]
    curve = fit_retention(resales)

    assert curve is not None
    assert curve.kept_share(36) == pytest.approx(0.5)
    assert curve.observations == 15


def test_too_few_resales_say_nothing() -> None:
    """Eleven used prices are no curve."""
    assert fit_retention([Resale(age_months=24, kept_share=0.5, fact="x")] * 11) is None


def test_scarce_cards_do_not_make_machines_grow_in_value() -> None:
    """Even where used cards sell above their launch price, nobody is promised more than he paid."""
    curve = fit_retention([Resale(age_months=24, kept_share=1.5, fact="x")] * 20)

    assert curve is not None
    assert curve.kept_share(36) == 1.0
    assert curve.low_decay_per_year < 0
