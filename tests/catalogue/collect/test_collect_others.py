"""Electricity, exchange rates and the user's own prices."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalogue.collect.collecting import FILES, Read

from payback.evidence import Grade


def test_cents_become_dollars_and_a_month_ends_on_its_last_day(tmp_path: Path) -> None:
    """California 32.1 cents in August 2026; transport, a null, and $12.30 a kWh are refused."""
    read = Read(tmp_path, FILES / "eia_api.json")

    assert {(row.place, row.sector): row.price_usd_per_kwh for row in read.tariffs} == {
        ("US-CA", "residential"): 0.321,
        ("US", "commercial"): 0.134,
    }
    assert {str(row.observed_on) for row in read.tariffs} == {"2026-08-31"}
    assert read.refused() == [
        (3, "sectorid", "a sector the questions do not know"),
        (4, "price", "no price"),
        (5, "price", "impossible for a price in USD per kWh"),
    ]


def test_the_average_of_a_year_is_dated_to_its_end(tmp_path: Path) -> None:
    """Nobody could know the average of 2023 before it was over."""
    read = Read(tmp_path, FILES / "electricity_prices_2023.csv")

    assert {row.place: str(row.observed_on) for row in read.tariffs} == {"US-HI": "2023-12-31", "US": "2023-12-31"}
    assert read.refused() == [(4, "stateid", "not a state")]


def test_countries_are_dated_by_the_quarter_they_name(tmp_path: Path) -> None:
    """Q4 2025 is mid November; zero and a country without a code are refused."""
    read = Read(tmp_path, FILES / "countries.json")

    assert {row.place: (row.price_usd_per_kwh, str(row.observed_on)) for row in read.tariffs} == {
        "US": (0.184, "2025-11-15"),
        "DE": (0.404, "2025-11-15"),
    }
    assert [row.reason for row in read.quarantine] == ["a price of 0 means no price", "not a country code"]


def test_the_right_cells_of_a_eurostat_cube(tmp_path: Path) -> None:
    """Band 2500-4999, all taxes, euros: cells 2 to 4 of the cube are DE and Greece (EL); cell 5 is missing."""
    read = Read(tmp_path, FILES / "nrg_pc_204.json")

    found = {(row.place, str(row.observed_on)): row for row in read.tariffs}
    assert set(found) == {("DE", "2025-06-30"), ("DE", "2025-12-31"), ("GR", "2025-06-30")}
    note = found["DE", "2025-12-31"].note
    assert note.startswith("0.23 EUR at ")
    assert found["DE", "2025-12-31"].price_usd_per_kwh == pytest.approx(0.23 * float(note.split()[3]), rel=1e-3)


def test_rates_of_the_central_bank(tmp_path: Path) -> None:
    """1.1172 on Friday 2026-10-30 holds on Saturday; a day of 2099 is refused; N/A is no rate."""
    read = Read(tmp_path, FILES / "eurofxref.csv")

    assert read.eur == 1.1172
    assert read.refused() == [(4, "Date", "a date in the future")]


def test_a_quote_received_by_mail(tmp_path: Path) -> None:
    """An offer, a part in euros that was sold, a machine; quoted unless it says otherwise."""
    read = Read(tmp_path, FILES / "quotes.toml")

    (offer,) = read.offers
    assert (offer.gpu, offer.term, offer.price_usd_per_h, offer.grade, offer.note) == (
        "H100 SXM5 80GB",
        "committed-1y",
        15.2,
        Grade.QUOTED,
        "e-mail of the sales desk",
    )
    (board,) = read.parts
    assert (board.price, board.currency, board.grade, board.via) == (520.0, "EUR", Grade.SOLD, "owner")
    assert [machine.gpu for machine in read.prebuilts] == ["RTX 5090"]
    assert read.refused() == [(2, "gpu", "no GPU")]


def test_quotes_as_a_table(tmp_path: Path) -> None:
    """Two prices of one card on one day are one item; tomorrow's price and a lease are refused."""
    read = Read(tmp_path, FILES / "quotes.csv")

    assert [(part.component, part.price) for part in read.parts] == [("RTX 3090", 690.0)]
    assert read.refused() == [
        (3, "observed_on", "a date in the future"),
        (4, "kind", "neither offer, part nor machine"),
    ]
