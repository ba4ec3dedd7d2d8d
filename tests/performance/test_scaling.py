"""Several GPUs in one machine."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from statistics import median

import pytest

from payback.catalogue.catalogue import load
from payback.performance.measurements import load_measurements
from payback.performance.scaling import (
    Exchange,
    Observed,
    efficiency,
    heat_share,
    heat_table,
    link_of,
    observe,
    power_cap_share,
)

GPUS = load().gpus
OBSERVED = observe(load_measurements(), GPUS)
SHARED = Path(__file__).parents[2] / ".." / "shared" / "data" / "throughput" / "scaling_summary.csv"


def at(gpu: str, task: str, count: int, **more: object) -> float:
    return efficiency(GPUS[gpu], task, count, observed=OBSERVED, **more).value  # type: ignore[arg-type]


def test_one_gpu_waits_for_nobody() -> None:
    """Exactly 1."""
    assert at("RTX 4090", "resnet50", 1) == 1


@pytest.mark.parametrize(
    ("gpu", "task", "count", "low", "high"),
    [
        ("H100 SXM5 80GB", "resnet50", 8, 0.94, 1.0),
        ("H100 SXM5 80GB", "bert_large_squad", 8, 0.84, 0.97),
        ("RTX A6000", "resnet50", 4, 0.95, 1.0),
        ("RTX 4090", "resnet50", 2, 0.93, 1.0),
        ("RTX 3090", "tf_resnet50", 4, 0.6, 0.9),
    ],
)
def test_links_and_tasks_decide(gpu: str, task: str, count: int, low: float, high: float) -> None:
    """Modules lose little, consumer cards more, and more in TensorFlow."""
    assert low <= at(gpu, task, count) <= high


def test_consumer_cards_lose_more_than_professional_ones() -> None:
    """Same bus, no direct transfers."""
    assert at("RTX 3090", "bert_large_squad", 4) < 0.7 * at("RTX A6000", "bert_large_squad", 4)


def test_more_gpus_are_never_more_efficient() -> None:
    """On ResNet-50, up to the eight that were measured, with a tolerance for their medians."""
    shares = [at("RTX 4090", "resnet50", count) for count in (1, 2, 3, 4, 6, 8)]

    assert all(later <= earlier + 0.01 for earlier, later in itertools.pairwise(shares))


def test_the_exchange_model_by_hand() -> None:
    """4 professional cards, 3 GB of gradients, a step of 2 s: 2 x 3/4 x 3 / 15 / 2 = 0.15, waiting 0.02: 1 / 1.17."""
    exchange = Exchange(gradient_gb=3.0, step_s=2.0, sharded=False)
    found = efficiency(GPUS["RTX A6000"], "llama_x", 4, observed=(), exchange=exchange)

    assert found.basis == "exchange model"
    assert found.value == pytest.approx(1 / 1.17)
    assert found.low == pytest.approx(1 / (1 + 2.5 * 0.17))


def test_sharded_models_use_nvlink() -> None:
    """8 H100, 14 GB of weights, 1.2 s: 3 x 7/8 x 14 x 0.5 / (450 x 0.8) / 1.2 = 4.3 %; consumer cards lose most."""
    exchange = Exchange(gradient_gb=14.0, step_s=1.2, sharded=True)
    fast, slow = (
        efficiency(GPUS[gpu], "mpt_x", 8, observed=(), exchange=exchange).value
        for gpu in ("H100 SXM5 80GB", "RTX 5090")
    )

    assert fast == pytest.approx(1 / (1 + 0.03 + 3 * 7 / 8 * 14 * 0.5 / 360 / 1.2))
    assert slow < 0.15


def test_without_any_knowledge_the_interval_is_wide() -> None:
    """From two thirds to all."""
    found = efficiency(GPUS["RTX 4090"], "weather", 2, observed=())

    assert found.low < 0.67
    assert found.high == 1


def test_fewer_lanes_lengthen_the_exchange() -> None:
    """8 lanes instead of 16: an exchange of 5 % takes 10 %; ResNet-50 keeps more than nine tenths."""
    exchange = Exchange(gradient_gb=0.0512, step_s=0.5, sharded=False)
    full, half = (at("RTX A6000", "resnet50", 2, exchange=exchange, lanes=lanes) for lanes in (16, 8))

    assert 0.9 * full < half < full
    assert at("H100 SXM5 80GB", "resnet50", 2, exchange=exchange, lanes=8) == at(
        "H100 SXM5 80GB", "resnet50", 2, exchange=exchange
    )


def test_bridged_cards_are_a_link_of_their_own() -> None:
    """A bridge makes a PCIe card neither a module nor a plain card."""
    assert link_of(GPUS["RTX 3090"], "nvlink-bridge") == "nvlink-bridge"
    assert link_of(GPUS["RTX A6000"]) == "pcie-professional"
    assert link_of(GPUS["MI300X"]) == "sxm"


def test_broken_hosts_are_left_out() -> None:
    """No efficiency below 10 % or above 115 %; none of the hosts that scale badly on everything."""
    assert all(0.1 < one.value < 1.15 for one in OBSERVED)
    assert not any("scales badly" in one.fact.note for one in OBSERVED)


def test_like_machines_are_named() -> None:
    """The facts behind an efficiency are measured runs with that count."""
    found = efficiency(GPUS["RTX 5090"], "resnet50", 4, observed=OBSERVED)

    assert found.basis == "like machines"
    assert found.facts
    assert all("x4" in fact.id for fact in found.facts)


def test_the_middle_of_four_packed_cards_loses_a_fifth() -> None:
    """10.78 instead of 8.69 ms an image on ResNet-152 is 0.806; the median of three networks 0.817."""
    share, low, high, row = heat_share(packed=True)

    assert (share, low, high) == (0.817, 0.806, 0.97)
    assert row.source == "northcutt-benchmark"
    assert heat_share(packed=False)[0] > 0.95
    assert len(heat_table()) == 5


@pytest.mark.parametrize(("power", "mixed", "expected"), [(0.8, True, 0.95), (1.0, True, 1.0), (1.2, False, 1.0)])
def test_a_3090_at_280_w_keeps_95_percent(power: float, mixed: bool, expected: float) -> None:
    """280 of 350 W."""
    assert expected == power_cap_share(power, mixed=mixed)


def test_limits_nobody_measured_have_no_answer() -> None:
    """Half the power: unknown."""
    assert power_cap_share(0.5, mixed=True) is None
    assert (power_cap_share(0.72, mixed=False) or 1) < (power_cap_share(0.72, mixed=True) or 0)


@pytest.mark.skipif(not SHARED.exists(), reason="the collected throughput data lie beside the repository")
def test_medians_agree_with_the_collected_cells() -> None:
    """Our medians by link, task and count against those computed from all raw cells: nine of ten within 8 points."""
    links = {"SXM/NVSwitch": {"sxm"}, "PCIe only": {"pcie-consumer", "pcie-professional"}}
    apart = []
    with SHARED.open() as file:
        for row in csv.DictReader(file):
            kinds = links.get(row["kind"], set())
            mine = [o.value for o in OBSERVED if _is(o, kinds, row["task"], int(row["gpu_count"]))]
            if len(mine) >= 5:
                apart.append(abs(median(mine) - float(row["median"])))

    assert len(apart) > 20
    assert sorted(apart)[int(0.9 * len(apart))] < 0.08


def _is(one: Observed, kinds: set[str], task: str, count: int) -> bool:
    return one.link in kinds and (one.task, one.gpu_count) == (task, count)
