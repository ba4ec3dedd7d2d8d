"""Training, real data and several GPUs on simulated devices."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.observe.bench.bench_simulation import RESNET, SimulatedBackend, new_bench

from payback.observe.bench import ingest
from payback.observe.bench.preparation import SampleFolder
from payback.observe.bench.schema import Absence
from payback.observe.bench.several import measure_several
from payback.observe.bench.training import first_batch, fitting_batch, measure_training


def test_the_first_batch_follows_from_memory(tmp_path: Path) -> None:
    """16 samples a GiB and 16 GiB: 256; with 80 GiB the workload's limit of 512; with 11 GiB 176, so 128."""
    assert first_batch(new_bench(tmp_path, SimulatedBackend(free_gib=16)), RESNET, 0) == 256
    assert first_batch(new_bench(tmp_path, SimulatedBackend(free_gib=80)), RESNET, 0) == 512
    assert first_batch(new_bench(tmp_path, SimulatedBackend(free_gib=11)), RESNET, 0) == 128


def test_out_of_memory_halves_the_batch_and_is_recorded(tmp_path: Path) -> None:
    """256 and 128 do not fit, 64 does: the metric says all three."""
    bench = new_bench(tmp_path, SimulatedBackend(fits=100), real_pipeline=False)

    measure_training(bench)

    metric = bench.sheet.find("train.resnet50.synthetic", "gpu0")
    assert metric is not None
    assert metric.detail == {"batch": 64, "out_of_memory_at": [256, 128]}
    assert metric.median == 500


def test_a_workload_that_never_fits_is_missing(tmp_path: Path) -> None:
    """Not even one sample fits: an entry that says so, and no metric."""
    bench = new_bench(tmp_path, SimulatedBackend(fits=0))

    measure_training(bench)

    assert bench.sheet.metrics == []
    assert [m.why for m in bench.sheet.missing] == ["out of memory on gpu0 at every batch from 256 down to 1"]


def test_halving_ends_at_one(tmp_path: Path) -> None:
    """8 halvings of 256: 256, 128, 64, 32, 16, 8, 4, 2 fail, 1 fits."""
    batch, refused = fitting_batch(new_bench(tmp_path, SimulatedBackend(fits=1)), RESNET, 0)

    assert (batch, refused) == (1, [256, 128, 64, 32, 16, 8, 4, 2])


def test_steps_stop_at_the_time_or_the_count(tmp_path: Path) -> None:
    """256 images at 500/s take 0.512 s a step: 30 s are 59 steps, below the limit of 100."""
    bench = new_bench(
        tmp_path, real_pipeline=False, train_seconds=30, train_steps=100, train_warm_up_steps=20, train_cap_s=60
    )

    measure_training(bench)

    metric = bench.sheet.find("train.resnet50.synthetic")
    assert metric is not None
    assert metric.n == 59


def test_real_data_give_the_three_rates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G = 500 on each of 2 GPUs; F = 250 from the disk binds: bound 250, and nobody else is blamed."""
    monkeypatch.setattr(ingest, "fetch_rates", lambda dataset: [250.0] * 5)
    monkeypatch.setattr(ingest, "_preparation_rates", lambda *_: [800.0] * 5)
    monkeypatch.setattr("payback.observe.bench.training.actual_task", lambda task: "jpeg224")
    monkeypatch.setattr("payback.observe.bench.training.write_samples", _empty_files)
    bench = new_bench(tmp_path, SimulatedBackend(gpu_count=2, free_gib=0.5))

    measure_training(bench)

    bound = next(d for d in bench.sheet.derived if d.name == "ingest.resnet50.bound")
    assert (bound.value, bound.detail["binding"], bound.detail["devices"]) == (250, "disk", 2)
    stalled = {d.name.rsplit(".")[-1]: d.value for d in bench.sheet.derived}
    assert stalled["preparation_stall"] == pytest.approx(1 - 800 / 1000)
    assert stalled["fetch_stall"] == pytest.approx((800 - 250) / 1000)
    assert list(tmp_path.iterdir()) == []


def test_files_are_read_after_they_were_dropped(tmp_path: Path) -> None:
    """Five cold rounds over the files of a data set, each a rate above zero."""
    dataset = _empty_files(tmp_path, "jpeg224", 4, 10, (3, 224, 224))

    rates = ingest.fetch_rates(dataset)

    assert len(rates) == 5
    assert all(rate > 0 for rate in rates)


def test_one_gpu_has_nobody_to_share_with(tmp_path: Path) -> None:
    """A single GPU lacks nothing by having no neighbour; a machine without GPUs lacks GPUs."""
    single, none = new_bench(tmp_path), new_bench(tmp_path, SimulatedBackend(gpu_count=0))

    measure_several(single)
    measure_several(none)

    assert [m.kind for m in single.sheet.missing] == [Absence.NOT_APPLICABLE]
    assert [m.kind for m in none.sheet.missing] == [Absence.NO_GPU]


def test_several_gpus_are_measured_in_pairs_and_together(tmp_path: Path) -> None:
    """3 GPUs: 6 ordered pairs, all-reduce at 10 GB/s x 2 x 2 / 3 on the bus, scaling on 1, 2, 3."""
    bench = new_bench(tmp_path, SimulatedBackend(gpu_count=3), real_pipeline=False)

    measure_training(bench)
    measure_several(bench)

    names = [m.name for m in bench.sheet.metrics]
    assert sum(name.startswith("peer.") for name in names) == 6
    reduced = bench.sheet.find("all_reduce.1048576")
    assert reduced is not None
    assert reduced.median == pytest.approx(13.3333, rel=1e-4)
    efficiency = {d.name: d.value for d in bench.sheet.derived if d.name.endswith(".efficiency")}
    assert efficiency == {
        "scaling.resnet50.1.efficiency": 1.0,
        "scaling.resnet50.2.efficiency": 0.9,
        "scaling.resnet50.3.efficiency": 0.9,
    }


def _empty_files(folder: Path, _task: object, count: int, classes: int, shape: tuple[int, ...]) -> SampleFolder:
    dataset = SampleFolder(folder, "jpeg224", count, classes, shape)
    for index in range(count):
        dataset.path(index).write_bytes(b"x" * 100)
    return dataset
