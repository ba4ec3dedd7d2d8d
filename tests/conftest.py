"""A small catalogue made of a handful of real rows, for tests that must not change when a price is added."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import numpy as np
import pytest

from payback.catalogue.catalogue import Catalogue, from_tables
from payback.catalogue.machines import ListedPart, MachineList
from payback.catalogue.schema import ComponentPrice, Gpu, GpuAlias, Offer, Prebuilt, StoragePrice, Tariff, TaxRate
from payback.cli import main
from payback.evidence import Grade, Source


@pytest.fixture(autouse=True, scope="session")
def _no_store_of_the_developer(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Collected prices of whoever runs the tests must not decide them."""
    os.environ["PAYBACK_HOME"] = str(tmp_path_factory.mktemp("home"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command line in this process; gives exit status, standard output, standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            main(list(arguments))
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return call


np.seterr(all="raise", under="ignore")
ARTICLE_DAY = dt.date(2018, 9, 26)


def offer(instance: str, price: float, term: str = "on-demand", day: str = "2017-11-12", **more: object) -> Offer:
    """A row of the offers table."""
    values: dict[str, object] = {
        "provider": "aws",
        "region": "us-east-1",
        "gpu": "V100 SXM2 16GB",
        "gpu_count": 1,
        "billing_granularity_s": 1,
    }
    return Offer(
        instance=instance,
        price_usd_per_h=price,
        term=term,
        observed_on=dt.date.fromisoformat(day),
        source="archive",
        grade=Grade.LISTED,
        **(values | more),  # type: ignore[arg-type]
    )


def part_price(component: str, price: float, day: str, **more: object) -> ComponentPrice:
    """A row of a component price table."""
    values: dict[str, object] = {"category": "other", "condition": "new", "currency": "USD", "market": "US"}
    return ComponentPrice(
        component=component,
        price=price,
        observed_on=dt.date.fromisoformat(day),
        tax_included_share=0.0,
        source="shop",
        grade=Grade.LISTED,
        **(values | more),  # type: ignore[arg-type]
    )


def _gpu(name: str, memory_gib: float, power_w: float, *, geforce: bool, bandwidth: float) -> Gpu:
    return Gpu(
        gpu=name,
        vendor="NVIDIA",
        architecture="Pascal",
        form="PCIe",
        memory_gib=memory_gib,
        board_power_w=power_w,
        bandwidth_gb_s=bandwidth,
        geforce_licence=geforce,
        launch_date=dt.date(2017, 3, 10),
        launch_price_usd=699.0,
        source="sheet",
        grade=Grade.LISTED,
    )


@pytest.fixture
def small() -> Catalogue:
    """Two GPUs, four offers, one parts list, one prebuilt; figures of 2017 and 2018."""
    upfront = 1.949 * 8760
    rows: dict[str, list[object]] = {
        "gpus": [
            _gpu("GTX 1080 Ti", 11, 250, geforce=True, bandwidth=484),
            _gpu("V100 SXM2 16GB", 16, 300, geforce=False, bandwidth=900),
            _gpu("V100 PCIe 16GB", 16, 250, geforce=False, bandwidth=898),
        ],
        "gpu_aliases": [
            GpuAlias(alias="V100 16GB", gpu="V100 SXM2 16GB ; V100 PCIe 16GB", kind="family"),
            GpuAlias(alias="1080 Ti", gpu="GTX 1080 Ti", kind="alias"),
        ],
        "offers": [
            offer("p3.2xlarge", 3.06),
            offer("p3.2xlarge", 2.088, "reserved-1y-no-upfront"),
            offer("p3.2xlarge", 1.949, "reserved-1y-all-upfront", upfront_usd=upfront),
            offer("p3.2xlarge", 1.332, "reserved-3y-no-upfront"),
            offer("p3.2xlarge", 2.50, day="2019-06-01"),
        ],
        "cloud_storage": [
            StoragePrice(
                provider="aws",
                item="block_gb_month",
                storage_class="gp2",
                price_usd=0.10,
                observed_on=dt.date(2018, 1, 1),
                source="archive",
                grade=Grade.LISTED,
            )
        ],
        "component_prices": [
            part_price("GTX 1080 Ti", 720, "2018-07-15", category="gpu"),
            part_price("GTX 1080 Ti", 700, "2018-09-20", category="gpu"),
            part_price("GTX 1080 Ti", 600, "2018-09-20", category="gpu", condition="used"),
            part_price("GTX 1080 Ti", 650, "2018-12-15", category="gpu"),
            part_price("computer", 2300, "2018-09-01"),
        ],
        "prebuilts": [
            Prebuilt(
                machine="DGX Station",
                category="workstation",
                gpu="V100 SXM2 16GB",
                gpu_count=4,
                price=49000,
                currency="USD",
                tax_included_share=0.0,
                observed_on=ARTICLE_DAY,
                source="shop",
                grade=Grade.LISTED,
            )
        ],
        "electricity": [
            Tariff(
                place="US-CA",
                sector="residential",
                price_usd_per_kwh=0.19,
                observed_on=dt.date(2018, 1, 1),
                source="eia",
                grade=Grade.LISTED,
            )
        ],
        "sales_tax": [
            TaxRate(place="US-CA", rate_share=0.0854, observed_on=dt.date(2018, 1, 1), source="tax", grade=Grade.LISTED)
        ],
        "running_costs": [],
        "sources": [
            Source(id=name, publisher=name, url="", licence="", obtained="")
            for name in ("archive", "shop", "sheet", "eia", "tax")
        ],
    }
    machine = MachineList(
        id="box",
        label="Box",
        as_of=dt.date(2018, 9, 1),
        tier="good",
        gpu_slots=4,
        parts=(
            ListedPart(category="gpu", component="GTX 1080 Ti"),
            ListedPart(category="other", component="computer"),
        ),
        source="shop",
    )
    return from_tables(rows, [machine])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go last: their driver leaves an event loop running that tests of our own loops would meet."""
    items.sort(key=lambda item: "browser" in item.path.parts)
