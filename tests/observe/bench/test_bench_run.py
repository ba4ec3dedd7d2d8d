"""Whole runs: on NumPy, on simulated GPUs, disturbed, interrupted, broken; and what they may not tell."""

from __future__ import annotations

import getpass
import json
import os
import re
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.observe.bench.bench_simulation import AT_WORK, RTX_3090, SimulatedBackend, SimulatedSensors, small_numpy

from payback.errors import BadQuestionError, MissingExtraError, UnknownNameError
from payback.observe.bench import BenchResult, Progress, cpu, disk, numpy_backend, quiet, read_result, run, run_bench
from payback.observe.bench.backend import DeviceOutOfMemoryError
from payback.observe.bench.machine import describe_disk
from payback.observe.bench.privacy import scrub
from payback.observe.bench.schema import Absence
from payback.observe.bench.tiers import SCALES, Tier

HOT = replace(AT_WORK, throttle=frozenset({"heat"}))
SIMULATED_UUID = "GPU-12345678-1234-1234-1234-123456789000"


@pytest.fixture(autouse=True)
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiet machine whose processor and disk were measured before: tests of runs are not about them."""
    monkeypatch.setattr(quiet, "load_per_core", lambda: 0.0)
    monkeypatch.setattr(cpu, "prepare_rates", lambda *_: [500.0, 501.0, 502.0, 503.0])
    monkeypatch.setattr(disk, "read_rates", lambda *_: [900.0, 901.0, 902.0, 903.0])
    monkeypatch.setattr(numpy_backend, "last_cache_bytes", lambda: 2**20)


def simulate(tmp_path: Path, backend: SimulatedBackend | None = None, **more: Any) -> BenchResult:
    """A tiny run on one simulated RTX 3090."""
    sensors = more.pop("sensors", SimulatedSensors())
    return run_bench("tiny", folder=tmp_path, backend=backend or SimulatedBackend(), sensors=sensors, **more)


def test_numpy_runs_the_whole_protocol_without_a_gpu(tmp_path: Path) -> None:
    """Every figure of CPU, memory and disk is there, and the file says plainly that no GPU was measured."""
    out = tmp_path / "bench.json"

    result = run_bench("tiny", out, folder=tmp_path, backend=small_numpy())

    names = {m.name for m in result.metrics}
    assert {"matmul.fp32", "memory.copy", "memory.triad", "disk.read.random_128k"} <= names
    assert {"train.mlp-images.synthetic", "train.mlp-images.real", "ingest.mlp-images.F"} <= names
    assert "sustained.mlp-images" in names
    assert {"cpu", "disk", "machine"} >= {m.device for m in result.metrics}
    assert not result.complete
    assert Absence.NO_GPU in {m.kind for m in result.missing if m.what == "GPU figures"}
    assert result.verdict().startswith("Partial; missing: GPU figures")
    assert result == read_result(out)
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]


def test_a_quiet_gpu_gives_a_clean_file(tmp_path: Path) -> None:
    """One simulated card, everything measured, nothing disturbed (Pillow may be lacking)."""
    result = simulate(tmp_path)

    lacking = [m for m in result.missing if m.lacking and m.kind is not Absence.NOT_INSTALLED]
    assert lacking == []
    assert result.disturbed == []
    assert result.rate("ResNet-50") == 500
    assert result.gpu_power_w == 300
    assert [(gpu.pcie_gen, gpu.pcie_width) for gpu in result.hardware.gpus] == [(4, 16)]


@pytest.mark.parametrize(
    ("sensors", "reason"),
    [
        (SimulatedSensors(programs=(1, 2)), "another program computed on gpu0 before the start"),
        (SimulatedSensors(programs=(0, 3)), "2 other programs computed on gpu0 at the end"),
        (SimulatedSensors(reading=HOT), "slowed down (heat) before the start"),
        (SimulatedSensors(reading=replace(AT_WORK, utilisation=0.6)), "gpu0 was 60% busy before the start"),
    ],
)
def test_a_disturbed_run_is_not_called_clean(tmp_path: Path, sensors: SimulatedSensors, reason: str) -> None:
    """Other programs, heat before the start, a busy card: each is said, and the file is not clean."""
    result = simulate(tmp_path, sensors=sensors)

    assert any(reason in said for said in result.disturbed)
    assert not result.clean
    assert reason in result.verdict()


def test_a_busy_cpu_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0.9 programs per core were waiting."""
    monkeypatch.setattr(quiet, "load_per_core", lambda: 0.9)

    result = simulate(tmp_path)

    assert result.disturbed == ["the load average was 0.90 per core before the start (at most 0.25 is quiet)"]


def test_shaky_figures_are_said(tmp_path: Path) -> None:
    """Runs that take 0.9 and 1.1 of their time in turn are far beyond 3 %."""
    result = simulate(tmp_path, SimulatedBackend(jitter=(0.9, 1.1)))

    assert any("train.resnet50.synthetic on gpu0 varied" in said for said in result.disturbed)


def test_out_of_memory_ends_one_measurement_only(tmp_path: Path) -> None:
    """Training never fits: missing with the reason; the rest is measured."""
    result = simulate(tmp_path, SimulatedBackend(fits=0))

    missing = {m.what: m.why for m in result.missing if m.lacking}
    assert "out of memory on gpu0" in missing["train.resnet50"]
    assert "sustained load" in missing
    assert result.metric("matmul.bf16") is not None
    assert not result.complete


@pytest.mark.parametrize(
    "error", [RuntimeError("CUDA error: unspecified launch failure\nlong"), DeviceOutOfMemoryError("full")]
)
def test_a_breakage_is_written_down_and_the_run_goes_on(tmp_path: Path, error: Exception) -> None:
    """The first line of the error is the reason; what comes later is measured."""
    result = simulate(tmp_path, SimulatedBackend(raises={"train": error}))

    failed = [m for m in result.missing if m.kind is Absence.FAILED]
    assert failed
    assert all("long" not in m.why for m in failed)
    assert result.metric("disk.read.random_128k") is not None


def test_an_interruption_keeps_what_was_done(tmp_path: Path) -> None:
    """Ctrl-C while training: the figures before it are in the file, the rest is named as stopped."""
    out = tmp_path / "bench.json"

    result = simulate(tmp_path, SimulatedBackend(raises={"train": KeyboardInterrupt()}), out=out)

    assert result.metric("matmul.bf16") is not None
    assert [m.what for m in result.missing if m.kind is Absence.STOPPED] == [
        "training",
        "several GPUs",
        "sustained load",
    ]
    assert not result.complete
    assert result == read_result(out)
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]


def test_a_machine_that_dies_leaves_what_it_did(tmp_path: Path) -> None:
    """A power supply that gives up under load: the last checkpoint is a readable, unfinished file."""

    class PowerCut(BaseException):
        pass

    with pytest.raises(PowerCut):
        simulate(tmp_path, SimulatedBackend(raises={"train": PowerCut()}), out=tmp_path / "bench.json")

    left = read_result(tmp_path / "bench.partial.json")
    assert left.metric("matmul.bf16") is not None
    assert ("the rest", Absence.STOPPED) in {(m.what, m.kind) for m in left.missing}
    assert not (tmp_path / "bench.json").exists()


def test_the_quick_tier_says_what_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer tiers measure it, so it does not make the file incomplete."""
    short = replace(SCALES[Tier.TINY], real_pipeline=False, several_gpus=False, sustained_s=0)
    monkeypatch.setattr(run, "SCALES", {Tier.QUICK: short})

    result = run_bench("quick", folder=tmp_path, backend=SimulatedBackend(), sensors=SimulatedSensors())

    left_out = {m.what for m in result.missing if m.kind is Absence.OTHER_TIER}
    assert {"training from real files", "several GPUs", "sustained load"} == left_out


def test_progress_is_told(tmp_path: Path) -> None:
    """Nine measurements in order, the last one still to be done when it is announced."""
    told: list[Progress] = []

    simulate(tmp_path, progress=told.append)

    assert [step.name for step in run.PROTOCOL_STEPS] == list(dict.fromkeys(p.measurement for p in told))
    assert all(p.done < p.total == 9 for p in told)


def test_without_pytorch_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One card is seen by its driver; the file says what to install to measure it."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "payback.observe.bench.torch_backend", raising=False)
    monkeypatch.setattr(run, "NumpyBackend", small_numpy)
    monkeypatch.setattr(run, "open_sensors", lambda: (SimulatedSensors(programs=(0, 0)), ""))

    result = run_bench("tiny", folder=tmp_path)

    why = next(m.why for m in result.missing if m.what == "GPU figures")
    assert "1 NVIDIA GPU was seen, but not measured" in why
    assert "pip install 'payback[bench]'" in why


def test_the_torch_backend_asks_for_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imported by itself it says what to install."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "payback.observe.bench.torch_backend", raising=False)

    with pytest.raises(MissingExtraError, match=r"measuring this machine needs an optional package.*payback\[bench\]"):
        import payback.observe.bench.torch_backend  # noqa: F401 - the import is what is tested


def test_without_sensors_power_is_missing(tmp_path: Path) -> None:
    """The GPU is measured, its watts are not, and the file says so."""
    result = simulate(tmp_path, sensors=None)

    assert "power, temperature, clocks, links of the GPUs" in {m.what for m in result.missing}
    assert result.gpu_power_w is None
    assert [gpu.power_limit_w for gpu in result.hardware.gpus] == [None]
    assert result.rate("resnet50") == 500


def test_nothing_tells_whose_machine_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No host or user name, no folder, no UUID, no serial number, no address anywhere in the file."""
    monkeypatch.setattr(socket, "gethostname", lambda: "deepthought")
    monkeypatch.setattr(getpass, "getuser", lambda: "zaphod")
    words = f"deepthought: zaphod cannot use {SIMULATED_UUID} at {tmp_path}/x 00000000:01:00.0"
    error = RuntimeError(words)
    out = tmp_path / "bench.json"

    simulate(tmp_path, SimulatedBackend(raises={"train": error}), out=out)

    text = out.read_text()
    assert "<id>" in text
    for secret in ("deepthought", "zaphod", str(tmp_path), f"{Path.home()}/", SIMULATED_UUID, "00000000:01:00.0"):
        assert secret not in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)
    keys = set(re.findall(r'"(\w+)":', text))
    assert not {key for key in keys if re.search(r"serial|uuid|host|user|mac|bus|pci_id|path|folder", key)}


def test_only_known_fields_describe_the_hardware(tmp_path: Path) -> None:
    """A new field about the machine must be added here, after asking whether it identifies somebody."""
    hardware = json.loads(simulate(tmp_path).model_dump_json())["hardware"]

    assert {"gpus", "cpu", "memory_gib", "disk", "virtualised"} == set(hardware)
    assert set(RTX_3090.model_dump()) == set(hardware["gpus"][0])
    assert {"model", "physical_cores", "logical_cores", "quota_cores"} == set(hardware["cpu"])
    assert {"kind", "filesystem"} == set(hardware["disk"])


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("no /data/ada/x.bin here", "no <path> here"),
        (r"no C:\Users\ada\x here", "no <path> here"),
        ("at 10.0.0.7 or aa:bb:cc:dd:ee:ff", "at <address> or <address>"),
        ("1,200 images/s and/or 3 GB/s", "1,200 images/s and/or 3 GB/s"),
        ("PyTorch 2.15.0, driver 580.1", "PyTorch 2.15.0, driver 580.1"),
    ],
)
def test_free_text_is_scrubbed_and_nothing_else(text: str, clean: str) -> None:
    """Paths and addresses go, units and versions stay."""
    assert clean == scrub(text)


def test_host_and_user_names_are_scrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As whole words only: a user called "ada" does not cut "cuda" in two."""
    monkeypatch.setattr(socket, "gethostname", lambda: "deepthought.example.org")
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")

    assert scrub("ada on deepthought: cuda failed for ada") == "<name> on <name>: cuda failed for <name>"


def test_an_unknown_tier_is_refused() -> None:
    """A near miss is named; the scale of the tests is not offered."""
    with pytest.raises(UnknownNameError, match="Did you mean 'quick'"):
        run_bench("quik")


def test_an_unwritable_place_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    """A folder where a file is wanted; and minutes of measuring are not lost to it."""
    backend = SimulatedBackend()

    with pytest.raises(BadQuestionError, match="the name of a file"):
        simulate(tmp_path, backend, out=tmp_path)
    with pytest.raises(BadQuestionError, match="an existing folder"):
        run_bench("tiny", folder=tmp_path / "nowhere", backend=backend)

    assert backend.works == []


def test_memory_folders_give_way_to_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /tmp lies in memory, scratch files go to the user's cache folder."""
    tmpfs = describe_disk(tmp_path).model_copy(update={"kind": "memory"})
    monkeypatch.setattr(run, "describe_disk", lambda _: tmpfs)
    monkeypatch.setattr(run, "user_cache_path", lambda _: tmp_path / "cache")

    assert tmp_path / "cache" == run._scratch_folder(None)
    assert (tmp_path / "cache").is_dir()


def test_load_is_told_per_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """A load of 3 on 2 cores is 1.5; a system without load averages says nothing."""
    monkeypatch.undo()
    monkeypatch.setattr(os, "getloadavg", lambda: (3.0, 0.0, 0.0))
    monkeypatch.setattr(quiet, "usable_cores", lambda: 2)
    assert quiet.load_per_core() == 1.5

    monkeypatch.delattr(os, "getloadavg")
    assert quiet.load_per_core() is None
