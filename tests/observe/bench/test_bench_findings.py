"""A result beside the usual figures: what is slow and why."""

from __future__ import annotations

from typing import Any

import pytest
from tests.observe.bench.bench_documents import document, metric
from tests.observe.bench.bench_simulation import RTX_3090

from payback.observe.bench import BenchResult, Cause, Expected, Finding, Status, compare, expected_for
from payback.observe.bench.expected import catalogue_gpu, expected_rows, link_reference
from payback.observe.bench.findings import narrow_link
from payback.observe.bench.resultfile import sealed
from payback.observe.bench.schema import Gpu

USUAL = {
    "matmul.bf16": Expected(value=71, low=57, high=78, unit="TFLOPS"),
    "link.to_device.pinned": Expected(value=26, low=22, high=27.5, unit="GB/s"),
    "disk.read.sequential_1m": Expected(value=3400, low=1700, high=15_000, unit="MB/s"),
    "train.resnet50.synthetic": Expected(value=905, low=679, high=1222, unit="images/s"),
}


def machine(*metrics: dict[str, Any], gpus: list[Gpu] | None = None, **changes: Any) -> BenchResult:
    """A result of one RTX 3090 in order, with these metrics."""
    parts = {**document()["hardware"], "gpus": [g.model_dump() for g in gpus or [in_order()]]}
    return sealed(document(hardware=parts, metrics=list(metrics), **changes))


def in_order(**changes: Any) -> Gpu:
    """An RTX 3090 on 16 lanes of PCIe 4."""
    return RTX_3090.model_copy(update={"pcie_gen": 4, "pcie_width": 16, **changes})


def derived(name: str, value: float, device: str = "gpu0", **detail: Any) -> dict[str, Any]:
    """A derived quantity."""
    return {"name": name, "device": device, "unit": "share", "value": value, "formula": "x", "detail": detail}


def the(findings: list[Finding], cause: Cause) -> Finding:
    """The one finding with this cause."""
    found = [finding for finding in findings if finding.cause is cause]
    assert 1 == len(found), findings
    return found[0]


@pytest.mark.parametrize(
    ("median", "status"), [(50.0, Status.SLOW), (57.0, Status.USUAL), (78.0, Status.USUAL), (79.0, Status.FAST)]
)
def test_the_range_decides(median: float, status: Status) -> None:
    """57 to 78 TFLOPS need no explaining, its ends included."""
    assert [status] == [f.status for f in compare(machine(metric("matmul.bf16", median)), USUAL)]


def test_a_card_on_four_lanes_is_named() -> None:
    """6.4 GB/s of 26: the link has 4 lanes of 16; said once for the copy and once for the card."""
    result = machine(metric("link.to_device.pinned", 6.4, unit="GB/s"), gpus=[in_order(pcie_width=4)])

    slow, noted = compare(result, USUAL)

    assert (Status.SLOW, Cause.NARROW_LINK) == (slow.status, slow.cause)
    assert slow.ratio == pytest.approx(6.4 / 26)
    assert "4 lanes of at least 16" in slow.why
    assert (Status.NOTED, "link", "gpu0") == (noted.status, noted.metric, noted.device)


def test_a_slot_with_four_lanes_cannot_pass_itself_off_as_the_best() -> None:
    """Drivers give the most that card and slot can do together; fewer than 8 lanes are narrow all the same."""
    assert narrow_link(in_order(pcie_width=4, pcie_width_max=4)) is not None
    assert narrow_link(in_order(pcie_width=8, pcie_width_max=8)) is None
    assert (4, 8) == link_reference(in_order(pcie_width_max=4))


def test_a_link_that_stays_slow_under_load_is_named() -> None:
    """Generation 1 of 4 while data flowed."""
    assert "generation 1 of 4 under load" in str(narrow_link(in_order(pcie_gen=1)))


def test_nothing_known_about_a_link_is_no_finding() -> None:
    """A driver that does not tell is not blamed."""
    assert narrow_link(in_order(pcie_gen=None)) is None


def test_heat_is_named_before_anything_else_on_a_gpu() -> None:
    """Training at 60 % of usual while the card named heat in 40 % of the readings."""
    hot = [derived("throttle.heat", 0.4), derived("temperature.highest", 89)]
    result = machine(metric("train.resnet50.synthetic", 543.0), derived=hot)

    found = the(compare(result, USUAL), Cause.HEAT)

    assert "heat in 40% of the readings" in found.why


def test_a_slower_last_minute_is_a_finding_of_its_own() -> None:
    """81 % of the first minute at 89 degrees; 98 % would be none."""
    hot = [
        derived("sustained.resnet50.last_over_first", 0.81),
        derived("temperature.highest", 89),
        derived("throttle.heat", 0.4),
    ]

    found = the(compare(machine(derived=hot), {}), Cause.HEAT)

    assert "the last minute ran at 81% of the first at 89 degrees" == found.why
    assert [] == compare(machine(derived=[derived("sustained.resnet50.last_over_first", 0.98)]), {})


def test_a_lowered_power_limit_is_named() -> None:
    """280 W of 350 W; 345 W is within 2 % and nobody's doing."""
    slow, noted = compare(machine(metric("matmul.bf16", 50.0), gpus=[in_order(power_limit_w=280.0)]), USUAL)

    assert Cause.POWER_CAP == slow.cause == noted.cause
    assert "280 W of 350 W" in slow.why
    assert [] == compare(machine(gpus=[in_order(power_limit_w=345.0)]), {})


def test_a_slow_disk_is_named_by_its_kind() -> None:
    """500 MB/s from an NVMe drive."""
    found = the(compare(machine(metric("disk.read.sequential_1m", 500.0, "disk", "MB/s")), USUAL), Cause.SLOW_DISK)

    assert "the NVMe SSD delivers less" in found.why


def test_an_indirect_reading_is_no_verdict_on_the_disk() -> None:
    """Where O_DIRECT was refused, that is the first suspect."""
    reads = metric("disk.read.sequential_1m", 500.0, "disk", "MB/s", direct=False, why_not_direct="refused")

    assert "reads were not direct: refused" in the(compare(machine(reads), USUAL), Cause.SLOW_DISK).why


def test_a_small_batch_is_named() -> None:
    """Only 32 fit."""
    speed = metric("train.resnet50.synthetic", 543.0, batch=32, out_of_memory_at=[64.0])

    assert "only batch 32 fits" in the(compare(machine(speed), USUAL), Cause.SMALL_BATCH).why


def test_a_disturbed_run_is_the_last_excuse() -> None:
    """Nothing else explains it, and the run was disturbed."""
    result = machine(metric("matmul.bf16", 50.0), disturbed=["another program computed on gpu0"])

    assert "another program" in the(compare(result, USUAL), Cause.DISTURBED).why


def test_an_unexplained_figure_is_said_to_be_so() -> None:
    """No clue in the file: unknown, with what to try."""
    found = the(compare(machine(metric("matmul.bf16", 50.0)), USUAL), Cause.UNKNOWN)

    assert "driver" in found.remedy


def test_too_few_cores_are_counted() -> None:
    """Two cards take 1,810 images/s, 4 cores prepare 620, 155 each: 11.7, so about 12 cores."""
    bound = derived("ingest.resnet50.bound", 620.0, "machine", binding="CPU preparation", devices=2)
    prepared = metric("ingest.resnet50.P", 620.0, "cpu")
    result = machine(metric("train.resnet50.synthetic", 905.0), prepared, derived=[bound])

    found = the(compare(result, {}), Cause.FEW_CORES)

    assert "CPU preparation feeds 620 share, the device could take 1810" == found.why
    assert "about 12 cores like these, or decoding on the GPU" == found.remedy


def test_a_starving_disk_is_told_from_a_starving_cpu() -> None:
    """F binds: memory or a faster disk, not more cores."""
    bound = derived("ingest.resnet50.bound", 300.0, "machine", binding="disk", devices=1)

    found = the(compare(machine(metric("train.resnet50.synthetic", 905.0), derived=[bound]), {}), Cause.SLOW_DISK)

    assert "faster disk" in found.remedy


def test_a_fed_gpu_is_no_finding() -> None:
    """95 % of what it could take is enough."""
    bound = derived("ingest.resnet50.bound", 860.0, "machine", binding="CPU preparation", devices=1)

    assert [] == compare(machine(metric("train.resnet50.synthetic", 905.0), derived=[bound]), {})


def test_the_slow_come_first() -> None:
    """Slow, noted, fast, usual."""
    result = machine(
        metric("disk.read.sequential_1m", 3400.0, "disk", "MB/s"),
        metric("link.to_device.pinned", 30.0, unit="GB/s"),
        metric("matmul.bf16", 50.0),
        gpus=[in_order(power_limit_w=280.0)],
    )

    assert [Status.SLOW, Status.NOTED, Status.FAST, Status.USUAL] == [f.status for f in compare(result, USUAL)]


def test_unlike_cards_are_not_measured_by_the_first_ones_figures() -> None:
    """The expected figures are those of gpu0; another model beside it is left out."""
    cards = [in_order(), in_order(name="NVIDIA GeForce GTX 1080 Ti")]
    result = machine(metric("matmul.bf16", 70.0), metric("matmul.bf16", 11.0, "gpu1"), gpus=cards)

    assert ["gpu0"] == [f.device for f in compare(result, USUAL)]


@pytest.mark.parametrize(
    ("name", "memory_gib", "catalogue"),
    [
        ("NVIDIA GeForce RTX 3090", 24.0, "RTX 3090"),
        ("NVIDIA GeForce RTX 3080", 10.0, "RTX 3080 10GB"),
        ("NVIDIA H100 80GB HBM3", 79.6, "H100 SXM5 80GB"),
        ("NVIDIA H100 PCIe", 79.6, "H100 PCIe 80GB"),
        ("NVIDIA H200", 139.7, "H200 SXM 141GB"),
        ("NVIDIA A100-SXM4-80GB", 79.2, "A100 SXM4 80GB"),
        ("NVIDIA A100 80GB PCIe", 79.2, "A100 PCIe 80GB"),
        ("Tesla V100-SXM2-16GB", 15.8, "V100 SXM2 16GB"),
        ("Tesla T4", 14.6, "T4"),
        ("NVIDIA L40S", 44.5, "L40S"),
        ("NVIDIA RTX A6000", 47.5, "RTX A6000"),
        ("NVIDIA GeForce GTX 1080 Ti", 10.9, "GTX 1080 Ti"),
        ("NVIDIA TITAN RTX", 23.6, "Titan RTX"),
        ("Tesla K80", 11.2, "K80 half"),
        ("Voodoo 2", 0.01, None),
    ],
)
def test_drivers_names_lead_to_the_catalogue(name: str, memory_gib: float, catalogue: str | None) -> None:
    """What nvidia-smi prints is found in the catalogue, or nothing is."""
    found = catalogue_gpu(Gpu(name=name, memory_gib=memory_gib))

    assert catalogue == (None if found is None else found.gpu)


def test_published_figures_are_looked_up_by_part() -> None:
    """An RTX 3090: 905 images/s (Lambda, PyTorch 1.13), 936 GB/s on the data sheet, 26 GB/s over PCIe 4 x16."""
    found = expected_for(machine())

    assert found["train.resnet50.synthetic"].value == pytest.approx(905.44)
    assert found["train.resnet50.synthetic"].low == pytest.approx(0.75 * 905.44)
    assert found["memory.copy"].high == 936
    assert found["link.to_device.pinned"].value == 26
    assert found["disk.read.sequential_1m"].unit == "MB/s"


def test_half_a_link_is_half_the_figure() -> None:
    """8 lanes of PCIe 4: 13 GB/s."""
    found = expected_for(machine(gpus=[in_order(pcie_width=8, pcie_width_max=8)]))

    assert found["link.to_device.pinned"].value == 13


def test_unknown_parts_have_no_expectations() -> None:
    """A CPU-only machine with a disk of unknown kind."""
    parts = {**document()["hardware"], "disk": {}}

    assert {} == expected_for(sealed(document(hardware=parts)))


def test_the_table_of_figures_is_in_order() -> None:
    """Value within its range, a source each, one row a subject and metric."""
    rows = expected_rows()

    assert all(0 < row.low <= row.value <= row.high and row.source for row in rows)
    assert len(rows) == len({(row.subject, row.metric) for row in rows})
