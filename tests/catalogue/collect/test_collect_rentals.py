"""Rental price lists, each with the traps its files are known for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalogue.collect.collecting import FILES, Read

from payback.catalogue.collect.gpus import load_gpus
from payback.catalogue.collect.instances import instance_gpus


def test_google_machines_get_the_price_of_their_gpus(tmp_path: Path) -> None:
    """a2-highgpu-1g 0.73948 + A100 2.93391 = 3.67339; eight A100 5.91582 + 23.47128 = 29.3871."""
    read = Read(tmp_path, FILES / "skypilot" / "gcp.csv")

    assert read.price("a2-highgpu-1g").price_usd_per_h == pytest.approx(3.67339)
    assert read.price("a2-highgpu-1g", "spot").price_usd_per_h == pytest.approx(0.36975 + 1.46695)
    assert read.price("a2-highgpu-8g").price_usd_per_h == pytest.approx(29.3871)
    assert ("google-cloud", "A100 SXM4 40GB", 8) == (
        read.price("a2-highgpu-8g").provider,
        read.price("a2-highgpu-8g").gpu,
        read.price("a2-highgpu-8g").gpu_count,
    )


def test_a_google_machine_without_the_price_of_its_gpu_is_refused(tmp_path: Path) -> None:
    """In europe-west4 the file has the machine and not the A100: 0.81 USD/h is no price of an A100."""
    read = Read(tmp_path, FILES / "skypilot" / "gcp.csv")

    assert [
        (3, "Price", "the price leaves out the GPU, and no row of the file gives it"),
        (9, "Price", "700 stands for no price"),
        (10, "", "a repeated row"),
    ] == read.refused()


def test_tpu_slices_are_counted_in_chips(tmp_path: Path) -> None:
    """v6e-64 has 64 chips, v5p-128 has 128 cores on 64 chips; a spot price of 700 is none."""
    read = Read(tmp_path, FILES / "skypilot" / "gcp.csv")

    assert ("TPU v6e", 64, 2.7) == (
        read.price("tpu-v6e-64").gpu,
        read.price("tpu-v6e-64").gpu_count,
        read.price("tpu-v6e-64").price_usd_per_gpu_h,
    )
    assert ("TPU v5p", 64) == (read.price("tpu-v5p-128").gpu, read.price("tpu-v5p-128").gpu_count)
    assert ["on-demand"] == [offer.term for offer in read.offers if offer.instance == "tpu-v6e-64"]


def test_a_marketplace_is_read_by_model_and_memory_not_by_its_folded_name(tmp_path: Path) -> None:
    """RTX4070 is a 4070 Ti Super, RTX3060 a 3060 Ti, H100 with 94 GB an NVL, and a 4090 with 48 GB no 4090."""
    read = Read(tmp_path, FILES / "skypilot" / "vast.csv")

    found = {(offer.instance.split("-")[1], offer.region): offer.gpu for offer in read.offers}

    assert found == {
        ("H100_NVL", "Bulgaria, BG, EU"): "H100 NVL 94GB",
        ("RTX_4070S_Ti", "Bulgaria, BG, EU"): "RTX 4070 Ti Super",
        ("RTX_4090", "Germany, DE, EU"): "RTX 4090",
        ("RTX_4090", "Hong Kong, HK, AS"): "RTX4090 48GB",
        ("H200", "US, NA"): "H200",
        ("RTX_3060_Ti", "Michigan, US, NA"): "RTX 3060 Ti",
    }
    assert {"on-demand"} == {offer.term for offer in read.offers}


def test_memory_multiplied_twice_is_divided_back(tmp_path: Path) -> None:
    """8 x 80 GB written as 655,360 and 5,242,880 MiB, CRLF line ends, a spot price without an on-demand one."""
    read = Read(tmp_path, FILES / "skypilot" / "primeintellect.csv")

    assert ("A100 SXM4 80GB", "V100 16GB", "A100 80GB") == tuple(offer.gpu for offer in read.offers)
    assert [("spot", 0.53)] == [
        (offer.term, offer.price_usd_per_h) for offer in read.offers if offer.instance.endswith("SPOT")
    ]
    assert "US" == read.offers[0].region


def test_a_sixth_of_a_gpu_is_not_sold_as_one(tmp_path: Path) -> None:
    """NV6ads holds a sixth of an A10 for 0.454; the whole one in NV36ads costs 3.20. The cloud is the folder."""
    read = Read(tmp_path, FILES / "skypilot" / "v5")

    assert [3.2] == [offer.price_usd_per_h for offer in read.offers if offer.term == "on-demand"]
    assert ["a 0.1667 share of one GPU"] == [
        offer.note for offer in read.others if offer.instance == "Standard_NV6ads_A10_v5" and offer.term == "on-demand"
    ]
    assert [(4, "Price", "no price")] == read.refused()


def test_zones_of_a_region_give_the_cheapest_and_say_so(tmp_path: Path) -> None:
    """Spot at 0.918 and 0.905 in two zones of us-east-1."""
    spot = Read(tmp_path, FILES / "skypilot" / "aws.csv").price("p3.2xlarge", "spot")

    assert (0.905, "lowest of 2 listed together, 0.905 to 0.918") == (spot.price_usd_per_h, spot.note)


def test_rows_that_contradict_what_the_cloud_sells_are_refused(tmp_path: Path) -> None:
    """16 GPUs in a p3.16xlarge, T4 in a p3.8xlarge, spot above on demand, price 0, a month as an hour, half a row."""
    read = Read(tmp_path, FILES / "skypilot" / "aws.csv")

    assert [
        (4, "gpu count", "another number of GPUs than the machine has"),
        (5, "gpu", "another GPU than the machine has"),
        (6, "SpotPrice", "a spot price above the on-demand price"),
        (10, "Price", "a price of 0 means no price"),
        (11, "price", "impossible for a price in USD per GPU-hour"),
        (12, "", "cells do not match the columns"),
    ] == read.refused()
    assert ("p4d" not in {offer.instance for offer in read.offers}, "RTX7090") == (True, read.price("g9.future").gpu)
    assert ["on-demand"] == [offer.term for offer in read.offers if offer.instance == "g5.xlarge"]


def test_a_machine_without_gpus_and_a_slice_of_one_are_kept_apart(tmp_path: Path) -> None:
    """r6g.large has no GPU and g6f.large an eighth of one: their prices are kept, and answer no GPU question."""
    read = Read(tmp_path, FILES / "skypilot" / "aws.csv")

    assert {"r6g.large", "g6f.large"} == {offer.instance for offer in read.others}


def test_old_encodings_and_another_order_of_columns_are_read(tmp_path: Path) -> None:
    """Latin-1, CRLF, columns in another order, an empty region."""
    read = Read(tmp_path, FILES / "latin1" / "seeweb.csv")

    assert [("Hafnarfjarðarkaupstaður", "L40S", 0.85), (None, "H100", 1.89)] == [
        (offer.region, offer.gpu, offer.price_usd_per_h) for offer in read.offers
    ]


def test_gpuhunt_reads_every_provider_of_a_zip(tmp_path: Path) -> None:
    """The GPU is in Google's price here; TPUs get their prefix back; the provider is the file's name."""
    read = Read(tmp_path, FILES / "gpuhunt" / "20260818-42.zip", day=None)

    assert (3.673385, "google-cloud") == (
        read.price("a2-highgpu-1g").price_usd_per_h,
        read.price("a2-highgpu-1g").provider,
    )
    assert ("TPU v5e", 4) == (read.price("v5litepod-4").gpu, read.price("v5litepod-4").gpu_count)
    assert "aws" == read.price("p3.2xlarge").provider
    assert "2026-08-18" == str(read.price("p3.2xlarge").observed_on)
    assert [
        (6, "instance_name", "no name"),
        (7, "price", "no price"),
        (8, "spot", "neither True nor False"),
    ] == read.refused()


def test_commitments_that_are_not_cheaper_are_no_prices(tmp_path: Path) -> None:
    """a2-ultragpu-1g: a year at the full price and three years at 0; spot above on demand; a month that is no month."""
    read = Read(tmp_path, FILES / "pricing_2024-03-01.yml", day=None)

    assert [
        ("month_1y", "a commitment not cheaper than on demand"),
        ("month_3y", "a price of 0 means no price"),
        ("hour_spot", "a spot price above the on-demand price"),
        ("month", "hour and month disagree"),
    ] == [(field, reason) for _, field, reason in read.refused()]
    assert (14, 10, 4) == (read.reports[0].rows, read.reports[0].accepted, read.reports[0].quarantined)


def test_a_commitment_is_an_hourly_price_without_anything_on_day_one(tmp_path: Path) -> None:
    """1,689.37 USD a month / 730 h = 2.314207 USD/h, dated by the file's name."""
    committed = Read(tmp_path, FILES / "pricing_2024-03-01.yml", day=None).price("a2-highgpu-1g", "committed-1y")

    assert (2.314207, 0.0, "2024-03-01") == (
        committed.price_usd_per_h,
        committed.upfront_usd,
        str(committed.observed_on),
    )


def test_a_month_of_sustained_use_is_a_term_of_its_own(tmp_path: Path) -> None:
    """n1-standard-1: 24.2725 / 730 = 0.03325 against 0.0475 an hour, 30 % less, because Google says so."""
    read = Read(tmp_path, FILES / "pricing_2024-03-01.yml")

    assert {"on-demand": 0.0475, "monthly": 0.03325} == {
        offer.term: offer.price_usd_per_h for offer in read.others if offer.instance == "n1-standard-1"
    }


def test_amazon_terms_with_what_is_paid_on_day_one(tmp_path: Path) -> None:
    """All upfront at 1.949 is 1.949 x 8760 = 17,073.24 USD on day one; of a part nobody knows how much."""
    read = Read(tmp_path, FILES / "instances.json")

    assert {"no": 0.0, "all": 17073.24, "partial": None} == {
        paid: read.price("p3.2xlarge", f"reserved-1y-{paid}-upfront").upfront_usd for paid in ("no", "all", "partial")
    }
    assert ("V100 SXM2 16GB", 1) == (read.price("p3.2xlarge").gpu, read.price("p3.2xlarge").gpu_count)
    assert {"convertible-3y-no-upfront", "savings-1y-no-upfront"} <= {offer.term for offer in read.others}
    assert ("Tesla M2050", 2) == (read.price("cg1.4xlarge").gpu, read.price("cg1.4xlarge").gpu_count)
    assert [(7, "price", "a commitment not cheaper than on demand"), (10, "price", "no price")] == read.refused()


def test_a_python_dict_in_a_cell_is_several_prices_and_no_program(tmp_path: Path) -> None:
    """The g2 rows of 2015; the miscounted p3.16xlarge gets its 8 GPUs; a day of 2031 is not believed."""
    read = Read(tmp_path, FILES / "aws_history.csv")

    assert {"all": 0.435, "no": 0.474, "partial": 0.445} == {
        paid: read.price("g2.2xlarge", f"reserved-1y-{paid}-upfront").price_usd_per_h
        for paid in ("all", "no", "partial")
    }
    assert 8 == read.price("p3.16xlarge").gpu_count
    assert [
        (6, "term", "an unknown term"),
        (7, "price", "no price"),
        (8, "snapshot_date", "a date in the future"),
    ] == read.refused()


def test_a_timeline_says_when_a_price_was_first_and_last_seen(tmp_path: Path) -> None:
    """55.04 from 2025-06-05 to 2026-08-22; a price somebody typed off a page says that it was hand-kept."""
    read = Read(tmp_path, FILES / "timeline.csv")

    p5 = [offer for offer in read.offers if offer.instance == "p5.48xlarge"]
    assert ["2025-06-05", "2026-08-22"] == [str(offer.observed_on) for offer in p5]
    assert "hand-kept" == read.price("p3.2xlarge", "spot").via


def test_list_prices_typed_by_an_author(tmp_path: Path) -> None:
    """The file's own day counts; four GPUs in a p4d.24xlarge are refused; storage comes with snapshots."""
    read = Read(tmp_path, FILES / "2026-05-17.json")

    assert (55.04, "2026-05-17", "hand-kept") == (
        read.price("p5.48xlarge").price_usd_per_h,
        str(read.price("p5.48xlarge").observed_on),
        read.price("p5.48xlarge").via,
    )
    assert [("block_gb_month", 0.08), ("snapshot_gb_month", 0.05)] == [
        (row.item, row.price_usd) for row in read.storage
    ]
    assert [(None, "gpu count", "another number of GPUs than the machine has")] == read.refused()


def test_dirty_cells_of_a_table_kept_by_hand(tmp_path: Path) -> None:
    """`$2.2.44` and `$3,14159` are no numbers, `$-` is no price; euros become dollars; 200-240 is left aside."""
    read = Read(tmp_path, FILES / "cloud-gpus_2025-03-07.csv", day=None)

    assert [
        (5, "On-demand", "not a number"),
        (6, "On-demand", "not a number"),
        (7, "On-demand", "no price"),
        (8, "Per-GPU", "price and price per GPU disagree"),
    ] == read.refused()
    euro = next(offer for offer in read.offers if offer.provider == "ovh")
    assert euro.note.startswith("asked 1.97 EUR, at ")
    assert euro.price_usd_per_h == pytest.approx(1.97 * 1.0843, rel=0.01)
    assert ("H100 SXM5 80GB", None) == (read.price("gpu_8x_h100").gpu, read.price("gpu_8x_h100").vcpus)
    assert {"vCPUs: not a number": 1} == read.reports[0].ignored


def test_every_gpu_of_the_table_of_machines_is_one_we_ship_or_none() -> None:
    """Names in instances.csv are exact: they resolve to themselves, or to nothing at all."""
    gpus = load_gpus()

    for machine in instance_gpus().values():
        assert machine.gpu in gpus.names.gpus or not gpus.members(machine.gpu), machine.gpu
