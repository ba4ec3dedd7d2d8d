"""Invariants that every shipped table inherits; they run on the data, not on code."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from payback.catalogue.catalogue import ROW_TYPES, Catalogue, load
from payback.catalogue.schema import Gpu, Offer
from payback.evidence import Grade

LAST_DAY = dt.date(2026, 11, 23)
"""No shipped fact may be younger than the day the tables were last edited."""
TERM = re.compile(r"on-demand|spot|monthly|capacity-block|committed-[13]y|reserved-[13]y-(no|partial|all)-upfront")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def rows_of(catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    for name in ROW_TYPES:
        table = getattr(catalogue, name, None)
        if name in ("gpu_aliases", "sources") or table is None:
            continue
        for row in table.values() if isinstance(table, dict) else table:
            yield name, row


def test_every_row_names_a_known_source(catalogue: Catalogue) -> None:
    """Each id in a source cell is an entry of SOURCES.yml."""
    unknown = {
        (name, source)
        for name, row in rows_of(catalogue)
        for source in row.source.split(" ; ")
        if source not in catalogue.sources
    }

    assert unknown == set()


@pytest.mark.parametrize(
    "table", ["catalogue/collect/instances.csv", "data/launch_gpus.csv", "data/launch_providers.csv"]
)
def test_rows_of_tables_outside_the_catalogue_name_a_known_source_too(catalogue: Catalogue, table: str) -> None:
    """Machine types and launchers' names are facts like any other."""
    with (files("payback") / table).open(encoding="utf-8") as file:
        named = {source for row in csv.DictReader(file) for source in row["source"].split(" ; ")}

    assert named
    assert named <= set(catalogue.sources)


def test_every_source_says_who_where_and_under_what_licence(catalogue: Catalogue) -> None:
    """Publisher, URL, licence and how it was obtained are never empty."""
    incomplete = [s.id for s in catalogue.sources.values() if not (s.publisher and s.url and s.licence and s.obtained)]

    assert incomplete == []


def test_every_row_has_a_locator(catalogue: Catalogue) -> None:
    """A source without the exact page cannot be checked."""
    assert [(name, row) for name, row in rows_of(catalogue) if not row.locator] == []


def test_prices_are_dated_and_not_of_the_future(catalogue: Catalogue) -> None:
    """Every price has a day, and it has passed."""
    for name, row in rows_of(catalogue):
        if name in ("gpus", "running_costs"):
            continue
        assert row.observed_on is not None, (name, row)
        assert dt.date(2012, 1, 1) <= row.observed_on <= LAST_DAY, (name, row)


def test_the_catalogue_is_as_large_as_promised(catalogue: Catalogue) -> None:
    """100 GPUs, 600 offers from 2016 to 2026, 25 machines, 60 countries, all states."""
    places = {row.place for row in catalogue.electricity}

    assert len(catalogue.gpus) >= 100
    assert len(catalogue.offers) >= 600
    assert set(range(2016, 2027)) == {row.observed_on.year for row in catalogue.offers if row.observed_on}
    assert len({row.machine for row in catalogue.prebuilts}) >= 25
    assert len([place for place in places if len(place) == 2]) >= 60
    assert len([place for place in places if place.startswith("US-")]) == 51


@pytest.mark.parametrize(
    "name",
    [
        "K80", "V100 SXM2 16GB", "V100 PCIe 32GB", "A100 SXM4 40GB", "A100 PCIe 80GB", "H100 SXM5 80GB",
        "H100 PCIe 80GB",
        "H200 SXM 141GB", "B200", "RTX 2080 Ti", "RTX 3090", "RTX 4090", "RTX 5090", "RTX 3080 10GB",
        "RTX 3080 12GB",
        "RTX PRO 6000 Blackwell Workstation", "RTX PRO 6000 Blackwell Max-Q", "RTX A6000", "L40S", "MI300X",
        "RX 7900 XTX", "GB10 (DGX Spark)", "GTX 1080 Ti",
    ],
)  # fmt: skip
def test_the_gpus_people_ask_for_are_there(catalogue: Catalogue, name: str) -> None:
    """With memory, bandwidth and power: what an answer needs."""
    gpu = catalogue.gpus[name]

    assert gpu.memory_gib
    assert gpu.bandwidth_gb_s
    assert gpu.board_power_w


def test_gpu_figures_are_physical(catalogue: Catalogue) -> None:
    """Ranges that no product has left, and FP32 accumulation at no more than the tensor rate."""
    for gpu in catalogue.gpus.values():
        assert 1 <= gpu.memory_gib <= 600, gpu.gpu
        assert gpu.bandwidth_gb_s is None or 30 <= gpu.bandwidth_gb_s <= 25_000, gpu.gpu
        assert gpu.board_power_w is None or 5 <= gpu.board_power_w <= 3_000, gpu.gpu
        assert gpu.fp16_tensor_tflops is None or 5 <= gpu.fp16_tensor_tflops <= 6_000, gpu.gpu
        assert gpu.launch_price_usd is None or 50 <= gpu.launch_price_usd <= 60_000, gpu.gpu
        _half_rate_is_not_the_headline(gpu)


def _half_rate_is_not_the_headline(gpu: Gpu) -> None:
    """GeForce from Turing to Blackwell accumulates in FP32 at half rate: RTX 4090 165 TFLOPS, not 330."""
    if gpu.geforce_licence and gpu.gpu.startswith("RTX") and gpu.fp16_tensor_tflops and gpu.fp32_tflops:
        assert gpu.fp16_tensor_tflops <= 4.2 * gpu.fp32_tflops, gpu.gpu


def test_offers_are_plausible(catalogue: Catalogue) -> None:
    """A GPU-hour costs 2 cents to 20 dollars; terms are of the vocabulary; GPUs are known."""
    for row in catalogue.offers:
        assert 0.02 <= row.price_usd_per_gpu_h <= 20, row
        assert TERM.fullmatch(row.term), row
        assert catalogue.gpu_names.members(row.gpu), row
        assert row.gpu_count >= 1, row
        assert row.valid_until is None or (row.observed_on and row.valid_until >= row.observed_on), row


def test_no_offer_is_listed_twice(catalogue: Catalogue) -> None:
    """One price for one offer on one day from one place in a source."""
    keys = Counter(
        (row.name, row.region, row.term, row.gpu, row.gpu_count, row.observed_on, row.valid_until)
        for row in catalogue.offers
    )

    assert [key for key, count in keys.items() if count > 1] == []


def newest(catalogue: Catalogue, name: str, term: str, day: dt.date) -> Offer | None:
    return catalogue.offer(name, term, day, region="us-east-1")


@pytest.mark.parametrize(
    ("name", "term", "day", "usd_per_h"),
    [
        ("aws/p3.2xlarge", "on-demand", dt.date(2018, 9, 26), 3.06),
        ("aws/p3.8xlarge", "on-demand", dt.date(2018, 9, 26), 12.24),
        ("aws/p2.xlarge", "on-demand", dt.date(2018, 9, 26), 0.90),
        ("aws/p3.2xlarge", "reserved-1y-no-upfront", dt.date(2018, 9, 26), 2.088),
        ("aws/p3.2xlarge", "reserved-1y-all-upfront", dt.date(2018, 9, 26), 1.949),
        ("aws/p3.2xlarge", "reserved-3y-no-upfront", dt.date(2018, 9, 26), 1.332),
        ("aws/p5.48xlarge", "on-demand", dt.date(2025, 6, 4), 98.32),
        ("aws/p5.48xlarge", "on-demand", dt.date(2025, 6, 5), 55.04),
        ("aws/p4d.24xlarge", "on-demand", dt.date(2023, 1, 1), 32.77),
        ("aws/p4d.24xlarge", "on-demand", dt.date(2026, 11, 1), 21.957642),
    ],
)
def test_known_prices_of_known_days(catalogue: Catalogue, name: str, term: str, day: dt.date, usd_per_h: float) -> None:
    """Price changes are events: each day has its own price."""
    row = newest(catalogue, name, term, day)

    assert row is not None
    assert row.price_usd_per_h == pytest.approx(usd_per_h, rel=0.002)


def test_component_prices_are_sane(catalogue: Catalogue) -> None:
    """Positive, in a known currency, taxed at less than 30 %, sold or asked but never assumed."""
    for row in catalogue.component_prices:
        assert 1 <= row.price_usd <= 60_000, row
        assert row.tax_included_share is None or 0 <= row.tax_included_share < 0.30, row
        assert row.grade is not Grade.ASSUMED, row


def test_aliases_lead_to_known_gpus(catalogue: Catalogue) -> None:
    """Every member of every alias is a row of gpus.csv."""
    unknown = {member for members in catalogue.gpu_names.exact.values() for member in members} - set(catalogue.gpus)

    assert unknown == set()


@pytest.mark.parametrize(
    ("spelling", "gpu"),
    [
        ("NVIDIA GeForce RTX 3090", "RTX 3090"),
        ("NVIDIA GeForce RTX 3090 24GB", "RTX 3090"),
        ("GeForce GTX 1080 Ti", "GTX 1080 Ti"),
        ("RTXA6000", "RTX A6000"),
        ("A6000", "RTX A6000"),
        ("H100-SXM", "H100 SXM5 80GB"),
        ("Tesla V100-SXM2-16GB", "V100 SXM2 16GB"),
        ("rtx 4090", "RTX 4090"),
    ],
)
def test_spellings_resolve(catalogue: Catalogue, spelling: str, gpu: str) -> None:
    """Marketing names, driver names and cloud names of one card are one GPU."""
    assert gpu == catalogue.gpu_names.resolve(spelling).gpu


def test_variants_of_one_name_stay_apart(catalogue: Catalogue) -> None:
    """ "A100 80GB" may be PCIe or SXM; the cautious reading is the slower one."""
    members = catalogue.gpu_names.members("A100 80GB")

    assert {"A100 PCIe 80GB", "A100 SXM4 80GB"} == set(members)
    assert catalogue.gpu_names.resolve("A100 80GB").gpu == "A100 PCIe 80GB"


def test_machines_are_whole_and_of_their_day(catalogue: Catalogue) -> None:
    """Every list has a board, a processor, memory, a drive, a power supply, a case and a known GPU."""
    for machine in catalogue.machines:
        categories = {part.category for part in machine.parts}
        assert {"gpu", "cpu", "board", "memory", "drive", "psu", "case"} <= categories, machine.id
        assert machine.gpu in catalogue.gpus, machine.id
        assert machine.gpu_count <= machine.gpu_slots, machine.id
