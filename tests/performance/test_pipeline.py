"""Speed of whole machines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.errors import BadQuestionError
from payback.performance.pipeline import (
    cached_share,
    machine_speed,
    physical_cores,
    smooth_minimum,
    volume_of,
)
from payback.performance.workload import own

P3_CORES = physical_cores(8)
OWN_CORES = 12


def test_the_smooth_minimum_by_hand() -> None:
    """Two equal limits of 100: 100 x 2^(-1/6) = 89.1; one alone is itself."""
    assert smooth_minimum({"a": 100, "b": 100}) == pytest.approx(89.09, abs=0.01)
    assert smooth_minimum({"a": 100}) == pytest.approx(100)


@given(st.dictionaries(st.text(min_size=1), st.floats(1e-3, 1e9), min_size=1, max_size=5))
def test_no_machine_is_faster_than_its_slowest_part(values: dict[str, float]) -> None:
    """And none slower than that limit by more than the count allows: n^(1/6)."""
    found, least = smooth_minimum(values), min(values.values())

    assert least * len(values) ** (-1 / 6) * (1 - 1e-9) <= found <= least * (1 + 1e-9)


def test_the_cloud_processor_holds_a_v100_back() -> None:
    """4 cores x 12 pictures/s = 48 images/s; 12 cores allow 144, and there the GTX 1080 Ti binds."""
    cloud = machine_speed("V100 SXM2 16GB", 1, "unet-segmentation", cpu_cores=P3_CORES)
    mine = machine_speed("GTX 1080 Ti", 1, "unet-segmentation", cpu_cores=OWN_CORES)

    assert (cloud.binding, mine.binding) == ("cpu", "gpu")
    assert cloud.limits["cpu"] == pytest.approx(48)
    assert mine.limits["cpu"] == pytest.approx(144)
    assert cloud.value
    assert mine.value
    assert 0.8 < cloud.value / mine.value < 1.3


def test_where_the_gpu_binds_the_v100_is_three_times_as_fast() -> None:
    """ResNet-50 in mixed precision: 3.08 in the third article; nothing but the GPU binds on either machine."""
    cloud = machine_speed("V100 SXM2 16GB", 1, "resnet50", cpu_cores=P3_CORES, precision="mixed")
    mine = machine_speed("GTX 1080 Ti", 1, "resnet50", cpu_cores=OWN_CORES, precision="mixed")

    assert (cloud.binding, mine.binding) == ("gpu", "gpu")
    assert cloud.value
    assert mine.value
    assert cloud.low
    assert mine.high
    assert 3.0 < cloud.value / mine.value < 3.7


def test_preparation_alone_spans_the_articles_range() -> None:
    """The same network with pictures ever harder to prepare: from a GPU's 1.9 to a processor's 4 / 12."""
    ratios = []
    for rate in (200.0, 40.0, 12.0, 6.0, 1.0):
        cloud, mine = (
            machine_speed(
                gpu, 1, "unet-segmentation", cpu_cores=cores, precision="fp32", cpu_samples_per_s_per_core=rate
            )
            for gpu, cores in (("V100 SXM2 16GB", P3_CORES), ("GTX 1080 Ti", OWN_CORES))
        )
        ratios.append((cloud.value or 0) / (mine.value or 1))

    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] > 1.5
    assert ratios[-1] == pytest.approx(P3_CORES / OWN_CORES, rel=0.01)
    assert ratios[2] > 0.86 > ratios[3]


def test_a_slow_volume_binds_before_a_fast_gpu() -> None:
    """187.5 MB/s over 114 kB a picture = 1,645 images/s: below an H100's 2,700."""
    volume = volume_of("aws/p3.2xlarge")
    assert volume is not None
    found = machine_speed("H100 SXM5 80GB", 1, "resnet50", cpu_cores=64, disk_mb_per_s=volume.throughput_mb_s)

    assert found.binding == "disk"
    assert found.limits["disk"] == pytest.approx(187.5e6 / 114_000)


def test_data_in_memory_spares_the_disk() -> None:
    """Half of 146 GB in memory: twice the pictures; all of it: no limit."""
    half, whole = (
        machine_speed("RTX 3090", 1, "resnet50", disk_mb_per_s=100, memory_gb=gb, dataset_gb=146) for gb in (73, 200)
    )

    assert half.limits["disk"] == pytest.approx(2 * 100e6 / 114_000)
    assert "disk" not in whole.limits
    assert cached_share(200, 146) == 1


def test_the_link_is_shared_by_bytes() -> None:
    """Two cards at 1 GB/s each, 602,112 B a picture: 3,322 images/s."""
    found = machine_speed("RTX 3090", 2, "resnet50", link_gb_per_s=1.0)

    assert found.limits["link"] == pytest.approx(2e9 / 602_112)


def test_unstated_resources_are_named_and_limit_nothing() -> None:
    """Only the GPU is known."""
    found = machine_speed("RTX 3090", 1, "resnet50")

    assert found.unknown == ("cpu", "disk", "link", "heat")
    assert list(found.limits) == ["gpu"]


def test_packed_cards_are_slower() -> None:
    """Four side by side: 0.817 of four with room."""
    packed, open_air = (machine_speed("RTX 3090", 4, "resnet50", packed=state) for state in (True, False))

    assert packed.value
    assert open_air.value
    assert packed.value / open_air.value == pytest.approx(0.817)


def test_a_power_limit_costs_what_was_measured() -> None:
    """280 of 350 W: 95 %; lower limits than any measured are refused."""
    capped, full = (machine_speed("RTX 3090", 1, "resnet50", power_limit_share=share) for share in (0.8, None))

    assert capped.value
    assert full.value
    assert capped.value / full.value == pytest.approx(0.95)
    with pytest.raises(BadQuestionError, match="nobody measured"):
        machine_speed("RTX 3090", 1, "resnet50", power_limit_share=0.4)


def test_no_speed_without_memory() -> None:
    """What does not fit has no pipeline either."""
    found = machine_speed("RTX 3090", 1, "llm-70b-lora", cpu_cores=8)

    assert (found.value, found.binding) == (None, "unknown")


def test_ones_own_preparation_counts() -> None:
    """A workload without a shipped rate has no processor limit unless one is measured."""
    mine = own("mine", training_flops_per_unit=1e9, kind="cnn", stored_bytes_per_unit=1e6)

    assert "cpu" not in machine_speed("RTX 3090", 1, mine, cpu_cores=8).limits
    measured = machine_speed("RTX 3090", 1, mine, cpu_cores=8, cpu_samples_per_s_per_core=10)
    assert measured.limits["cpu"] == 80
    assert measured.binding == "cpu"
