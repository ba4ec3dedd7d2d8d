"""One run from beginning to end: what is measured, in which order, and what happens when something breaks."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from payback.errors import BadQuestionError, MissingExtraError, UnknownNameError
from payback.observe.bench import compute, cpu, disk, quiet, several, sustained, training
from payback.observe.bench.backend import Backend, DeviceOutOfMemoryError, NotSupportedError
from payback.observe.bench.context import Bench
from payback.observe.bench.document import result_of, unfinished
from payback.observe.bench.machine import describe_disk
from payback.observe.bench.numpy_backend import NumpyBackend
from payback.observe.bench.resultfile import write_result
from payback.observe.bench.schema import Absence, BenchResult
from payback.observe.bench.sensors import Sensors, open_sensors
from payback.observe.bench.tiers import SCALES, Scale, Tier

BREAKAGES: Final = (
    DeviceOutOfMemoryError,
    NotSupportedError,
    RuntimeError,
    OSError,
    ValueError,
    MemoryError,
)
"""What may break one measurement without breaking the run. PyTorch's own errors are RuntimeErrors."""
GPU_FIGURES: Final = "GPU figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is."""

    measurement: str
    done: int
    total: int
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One entry of the protocol."""

    name: str
    do: Callable[[Bench], None]
    wanted: Callable[[Scale], bool] = lambda scale: True


PROTOCOL_STEPS: Final = (
    Measurement(name="warm-up", do=compute.warm_up),
    Measurement(name="matrix products", do=compute.measure_matmul),
    Measurement(name="memory", do=compute.measure_memory),
    Measurement(name="links", do=compute.measure_links),
    Measurement(name="disk", do=disk.measure_disk),
    Measurement(name="CPU preparation", do=cpu.measure_preparation),
    Measurement(name="training", do=training.measure_training),
    Measurement(name="several GPUs", do=several.measure_several, wanted=lambda scale: scale.several_gpus),
    Measurement(name="sustained load", do=sustained.measure_sustained, wanted=lambda scale: scale.sustained_s > 0),
)


def run_bench(
    tier: Tier | str = Tier.QUICK,
    out: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    folder: Path | None = None,
    backend: Backend | None = None,
    sensors: Sensors | None = None,
) -> BenchResult:
    """Measure this machine.

    Args:
        tier: `quick` (about 3 minutes), `standard` (12) or `soak` (30).
        out: Where the result file is written, whole or not at all; None writes none.
        progress: Told what is being measured.
        folder: On the disk to be measured; else the system's folder for temporary files.
        backend: What computes; else PyTorch where it is installed, else NumPy.
        sensors: The GPUs' sensors; else NVIDIA's.

    Returns:
        What was measured. Interrupted or broken off, it holds what was done and says what is missing.

    Raises:
        UnknownNameError: No such tier.
        BadQuestionError: The result or the scratch files cannot be written where asked.
    """
    chosen = _tier(tier)
    scratch = _scratch_folder(folder)
    if out is not None:
        _check_writable(out)
    why = "no sensors were given"
    if backend is None and sensors is None:
        sensors, why = open_sensors()
    bench = Bench(scale=SCALES[chosen], backend=NumpyBackend(), sensors=sensors, folder=scratch)
    begin, created = time.monotonic(), dt.datetime.now(tz=dt.UTC).replace(microsecond=0)
    quiet.check_before(bench)
    bench.backend = backend or _open_backend(bench)
    _match_sensors(bench, why)
    _measure_all(bench, chosen, progress or (lambda step: None), _checkpoint(bench, chosen, created, begin, out))
    quiet.check_after(bench)
    result = result_of(bench, chosen, created, time.monotonic() - begin)
    if out is not None:
        write_result(result, out)
        _partial(out).unlink(missing_ok=True)
    return result


def _measure_all(
    bench: Bench, tier: Tier, progress: Callable[[Progress], None], checkpoint: Callable[[], None]
) -> None:
    steps = [step for step in PROTOCOL_STEPS if step.wanted(bench.scale)]
    _note_other_tiers(bench, tier)
    for number, step in enumerate(steps):
        bench.tell = _teller(progress, step.name, number, len(steps))
        bench.tell("")
        try:
            _measure(bench, step)
            checkpoint()
        except KeyboardInterrupt:
            for left in steps[number:]:
                bench.sheet.lacks(left.name, Absence.STOPPED, "the run was interrupted before this was finished")
            return


def _teller(tell: Callable[[Progress], None], name: str, done: int, total: int) -> Callable[[str], None]:
    return lambda message: tell(Progress(measurement=name, done=done, total=total, message=message))


def _measure(bench: Bench, step: Measurement) -> None:
    try:
        step.do(bench)
    except BREAKAGES as error:
        first = str(error).strip().splitlines()
        bench.sheet.lacks(step.name, Absence.FAILED, f"{type(error).__name__}: {first[0] if first else 'no message'}")
    bench.backend.release()


def _note_other_tiers(bench: Bench, tier: Tier) -> None:
    if not bench.scale.real_pipeline:
        bench.sheet.lacks(
            "training from real files", Absence.OTHER_TIER, f"the {tier} tier leaves it out: use standard"
        )
    for step in PROTOCOL_STEPS:
        if not step.wanted(bench.scale):
            bench.sheet.lacks(step.name, Absence.OTHER_TIER, f"the {tier} tier leaves it out: use standard or soak")


def _open_backend(bench: Bench) -> Backend:
    try:
        from payback.observe.bench.torch_backend import TorchBackend
    except MissingExtraError as error:
        seen = 0 if bench.sensors is None else len(bench.sensors.gpus())
        found = f"{seen} NVIDIA GPU{'s were' if seen != 1 else ' was'} seen, but not measured; " if seen else ""
        bench.sheet.lacks(GPU_FIGURES, Absence.NOT_INSTALLED, f"{found}PyTorch is not installed; {error}")
        return NumpyBackend()
    return TorchBackend()


def _match_sensors(bench: Bench, why: str) -> None:
    """Put the sensors in the backend's order, and say which GPU figures cannot be had."""
    count = bench.backend.gpu_count
    if count and bench.sensors is not None:
        bench.sensors.match(bench.backend.device_ids())
    if count and (bench.sensors is None or len(bench.sensors.gpus()) != count):
        bench.sensors = None
        reason = why or "the sensors see other GPUs than the program may use"
        bench.sheet.lacks("power, temperature, clocks, links of the GPUs", Absence.NOT_INSTALLED, reason)
    if not count and not any(m.what == GPU_FIGURES for m in bench.sheet.missing):
        bench.sheet.lacks(GPU_FIGURES, Absence.NO_GPU, "no GPU that this PyTorch can use; the figures are the CPU's")


def _checkpoint(bench: Bench, tier: Tier, created: dt.datetime, begin: float, out: Path | None) -> Callable[[], None]:
    """After each measurement, so that a machine that dies under load leaves what it did."""

    def write() -> None:
        if out is not None:
            result = result_of(bench, tier, created, time.monotonic() - begin)
            write_result(unfinished(result), _partial(out))

    return write


def _scratch_folder(folder: Path | None) -> Path:
    if folder is not None:
        if not folder.is_dir():
            raise BadQuestionError("folder", str(folder), "an existing folder on the disk to be measured")
        return folder
    usual = Path(tempfile.gettempdir())
    if describe_disk(usual).kind != "memory":
        return usual
    cache = user_cache_path("payback")
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def _check_writable(out: Path) -> None:
    if out.is_dir():
        raise BadQuestionError("out", f"the folder {out}", "the name of a file to write, e.g. bench.json")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise BadQuestionError("out", f"{out} ({error.strerror})", "a file in a folder you may write to") from error


def _partial(out: Path) -> Path:
    return out.with_name(f"{out.stem}.partial{out.suffix}")


def _tier(name: Tier | str) -> Tier:
    try:
        return Tier(name)
    except ValueError as error:
        raise UnknownNameError("tier", str(name), [t.value for t in Tier if t != Tier.TINY]) from error
