"""The watcher keeps time, outlives its driver, and knows what it costs itself."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from tests.observe.watch.watch_fakes import FakeCard, FakeNvml, FakeTime

from payback.observe.watch.sources.nvml import NvmlSource
from payback.observe.watch.watcher import Watcher


def test_samples_come_at_even_times(tmp_path: Path) -> None:
    """Reading takes 0.3 s; the sleeps make up for it: samples at 0, 10, 20 s."""
    time = FakeTime()
    library = FakeNvml(FakeCard())
    source = NvmlSource(library, tmp_path)
    whole = source.read
    source.read = lambda: (time.pass_by(0.3), whole())[1]  # type: ignore[method-assign, func-returns-value]
    found = list(islice(Watcher(source, 10.0, time.clocks()).run(), 3))

    assert [each.at.elapsed_s for each in found] == pytest.approx([1000.0, 1010.0, 1020.0])
    assert time.slept == pytest.approx([9.7, 9.7])


def test_a_sample_that_came_late_is_not_made_up_for(tmp_path: Path) -> None:
    """After a suspend of an hour there is one sample, not 360."""
    time = FakeTime()
    samples = Watcher(NvmlSource(FakeNvml(FakeCard()), tmp_path), 10.0, time.clocks()).run()
    next(samples)
    time.suspend(3600)
    found = list(islice(samples, 2))

    assert [each.at.elapsed_s for each in found] == pytest.approx([4600.0, 4610.0])


def test_a_lost_driver_is_written_down_and_tried_again_ever_more_patiently(tmp_path: Path) -> None:
    """Lost from 10 s on, back after 300 s: samples say so all the time, and the library is asked a dozen times only."""
    time, library = FakeTime(), FakeNvml(FakeCard())
    watcher = Watcher(NvmlSource(library, tmp_path), 1.0, time.clocks())
    samples = watcher.run()
    assert next(samples).lost is None
    library.gone, library.calls = True, 0
    lost = list(islice(samples, 300))
    calls = library.calls
    library.gone = False
    after = list(islice(samples, 70))

    assert all(each.lost is not None and each.gpus == () for each in lost)
    assert calls <= 14
    assert after[-1].lost is None
    assert after[-1].gpus[0].power_w == 300.0


def test_the_watcher_reports_its_own_load(tmp_path: Path) -> None:
    """0.05 s of processor in 100 s is 0.05 %."""
    time = FakeTime()
    watcher = Watcher(NvmlSource(FakeNvml(FakeCard()), tmp_path), 10.0, time.clocks())
    assert watcher.cpu_share is None
    time.pass_by(100)
    time.cpu_s = 0.05

    assert watcher.cpu_share == pytest.approx(0.0005)
