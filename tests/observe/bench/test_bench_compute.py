"""Matrix products, memory and links on simulated GPUs."""

from __future__ import annotations

from pathlib import Path

from tests.observe.bench.bench_simulation import SimulatedBackend, SimulatedSensors, new_bench

from payback.observe.bench.backend import DeviceOutOfMemoryError
from payback.observe.bench.compute import measure_links, measure_matmul, measure_memory, warm_up
from payback.observe.bench.schema import Absence


def test_matmul_reports_the_best_shape_in_tflops(tmp_path: Path) -> None:
    """Cubes run at half of 100 TFLOPS in the simulation, the other shape at all of it: 100."""
    bench = new_bench(tmp_path)

    measure_matmul(bench)

    metric = bench.sheet.find("matmul.bf16", "gpu0")
    assert metric is not None
    assert metric.median == 100
    assert metric.detail["shape"] == "128 x 128 x 64"
    assert metric.detail["median_of_each_shape"] == {"64 x 64 x 64": 50.0, "128 x 128 x 64": 100.0}


def test_every_run_gets_fresh_data(tmp_path: Path) -> None:
    """Data are renewed before each run, the warm-up included: 2 trials, 1 warm-up, 5 runs."""
    backend = SimulatedBackend(tflops={"bf16": 100.0})
    bench = new_bench(tmp_path, backend)

    measure_matmul(bench)

    assert [work.refreshed for work in backend.works] == [8, 8]


def test_other_cards_repeat_the_best_shape_only(tmp_path: Path) -> None:
    """Card 0 does 2 precisions, card 1 one: the same card nearly always, but not always as fast."""
    bench = new_bench(tmp_path, SimulatedBackend(gpu_count=2))

    measure_matmul(bench)

    assert [m.name for m in bench.sheet.metrics if m.device == "gpu0"] == ["matmul.bf16", "matmul.fp32"]
    assert [m.name for m in bench.sheet.metrics if m.device == "gpu1"] == ["matmul.bf16"]


def test_a_slow_card_makes_fewer_runs(tmp_path: Path) -> None:
    """1e-6 TFLOPS: 524 ms a run and a cap of 0.2 s leave the 4 runs that a spread needs."""
    backend = SimulatedBackend(tflops={"bf16": 1e-6})
    bench = new_bench(tmp_path, backend, matmul_shapes=((64, 64, 64),))

    measure_matmul(bench)

    assert [m.n for m in bench.sheet.metrics] == [4]


def test_no_memory_for_any_shape_is_said(tmp_path: Path) -> None:
    """Out of memory on every shape leaves an entry, not a zero."""
    bench = new_bench(tmp_path, SimulatedBackend(raises={"matmul": DeviceOutOfMemoryError("full")}))

    measure_matmul(bench)

    assert bench.sheet.metrics == []
    assert {"matmul.bf16", "matmul.fp32"} == {m.what for m in bench.sheet.missing}
    assert {Absence.FAILED} == {m.kind for m in bench.sheet.missing}


def test_unsteady_figures_mark_the_run(tmp_path: Path) -> None:
    """Times of 0.9 and 1.1 in turn vary by far more than 3 %."""
    bench = new_bench(tmp_path, SimulatedBackend(jitter=(0.9, 1.1), tflops={"bf16": 100.0}))

    measure_matmul(bench)

    assert any("matmul.bf16 on gpu0 varied by" in reason for reason in bench.sheet.disturbed)


def test_steady_figures_do_not(tmp_path: Path) -> None:
    """Times of 0.995 and 1.005 in turn vary by less than 3 %."""
    bench = new_bench(tmp_path, SimulatedBackend(jitter=(0.995, 1.005), tflops={"bf16": 100.0}))

    measure_matmul(bench)

    assert bench.sheet.disturbed == []


def test_memory_buffers_are_four_times_the_last_cache(tmp_path: Path) -> None:
    """The simulated cache is 40 MiB, so 160 MiB; copies run at 1,000 GB/s."""
    bench = new_bench(tmp_path)

    measure_memory(bench)

    assert [m.median for m in bench.sheet.metrics] == [1000, 1000]
    assert {160 * 2**20} == {m.detail["buffer_bytes"] for m in bench.sheet.metrics}


def test_links_are_measured_each_way_and_both(tmp_path: Path) -> None:
    """Pinned memory at 20 GB/s, pageable at 5, three directions each."""
    bench = new_bench(tmp_path)

    measure_links(bench)

    assert {
        f"link.{way}.{kind}" for way in ("to_device", "from_device", "both") for kind in ("pinned", "pageable")
    } == {m.name for m in bench.sheet.metrics}
    assert {20, 5} == {m.median for m in bench.sheet.metrics}


def test_the_link_is_read_under_load(tmp_path: Path) -> None:
    """At rest the card says generation 1; after a copy it says 4, and that is written down."""
    bench = new_bench(tmp_path, sensors=SimulatedSensors())

    measure_links(bench)

    assert [(gpu.pcie_gen, gpu.pcie_width) for gpu in bench.gpus()] == [(4, 16)]


def test_warm_up_lasts_as_long_as_it_should(tmp_path: Path) -> None:
    """The machine's own clock stands at 30 s or a few runs more."""
    backend = SimulatedBackend(tflops={"bf16": 1e-6})
    bench = new_bench(tmp_path, backend, warm_up_s=30)

    warm_up(bench)

    assert 30 <= backend.now() < 34
