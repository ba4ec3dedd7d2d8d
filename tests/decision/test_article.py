"""The claims of the 2018 article come out of the catalogue, within 5 % of the article's own arithmetic."""

from __future__ import annotations

import pytest

from payback import answers
from payback.decision.claims import Claim


@pytest.fixture(scope="module")
def claims() -> dict[str, Claim]:
    return {claim.id: claim for claim in answers.article()}


def test_all_seventeen_are_there_in_order(claims: dict[str, Claim]) -> None:
    """C1 to C17."""
    assert [f"C{n}" for n in range(1, 18)] == list(claims)


@pytest.mark.parametrize(
    ("name", "arithmetic"),
    [
        ("C1", 26_806 / 2_752),
        ("C2", 11_668 / 2_752),
        ("C3", 107_222 / 5_204),
        ("C4", 26_806 / 2_919),
        ("C5", 3_000 / ((3.06 - 0.20) * 720)),
        ("C6", 5_100 / ((12.24 - 0.40) * 720)),
        ("C7", 2 / 36),
        ("C12", 100.0),
    ],
)
def test_money_claims_agree_with_the_articles_arithmetic(
    claims: dict[str, Claim], name: str, arithmetic: float
) -> None:
    """Own: 3,000/3 + 8,760 h x 1 kW x 0.20; rent: 8,760 h x 3.06; and so on, each within 5 %."""
    assert claims[name].computed == pytest.approx(arithmetic, rel=0.05)
    assert claims[name].holds is True


def test_ranges_span_the_articles_cases(claims: dict[str, Claim]) -> None:
    """C2: 4.24 to 6.65; C4: 4.0 to 9.2."""
    assert claims["C2"].computed_range == pytest.approx((4.24, 6.65), rel=0.01)
    assert claims["C4"].computed_range == pytest.approx((4.0, 9.18), rel=0.01)


def test_speed_claims_come_from_the_performance_stage(claims: dict[str, Claim]) -> None:
    """C8 near 0.9 because the instance's processor binds; C9 3 to 4 times; C15 25 to 80 % slower."""
    assert claims["C8"].computed == pytest.approx(0.9, abs=0.1)
    assert "bound by cpu" in claims["C8"].detail
    assert 2.8 <= (claims["C9"].computed or 0) <= 4.2
    assert 0.25 <= (claims["C15"].computed or 0) <= 0.80


def test_failing_machines_fail_for_the_articles_reasons(claims: dict[str, Claim]) -> None:
    """C13: lanes, slots, supply, cores."""
    for rule in ("CPU_LANES", "GPU_SLOT_WIDTH", "PSU_POWER", "CPU_CORES"):
        assert rule in claims["C13"].detail


def test_figures_lead_back_to_facts(claims: dict[str, Claim]) -> None:
    """Prices name the source and the day they were seen, not after the article's."""
    for name in ("C1", "C2", "C3", "C4", "C9", "C12", "C15", "C17"):
        facts = claims[name].facts
        assert facts, name
        for fact in facts:
            assert fact.source
            if fact.currency and fact.source != "question":
                assert fact.observed_on is not None
                assert fact.observed_on.isoformat() <= "2018-09-26"


def test_weak_assumptions_are_said(claims: dict[str, Claim]) -> None:
    """Around the clock for years is not how people use a machine, and 1 kW is well above one GPU."""
    assert "not how people use" in claims["C1"].weak
    assert "1 kW" in claims["C1"].weak
