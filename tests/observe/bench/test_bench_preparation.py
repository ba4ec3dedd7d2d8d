"""What the CPU prepares, with and without Pillow."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from tests.observe.bench.bench_simulation import new_bench

from payback.observe.bench import cpu, preparation
from payback.observe.bench.cpu import measure_preparation, worker_counts
from payback.observe.bench.preparation import (
    SampleFolder,
    Task,
    actual_task,
    prepare,
    stored_labels,
    stored_sample,
    write_samples,
)
from payback.observe.bench.schema import Absence, Cpu

HAS_PILLOW = importlib.util.find_spec("PIL") is not None
needs_pillow = pytest.mark.skipif(not HAS_PILLOW, reason="JPEG needs Pillow")
TASKS: list[object] = [
    pytest.param("jpeg224", marks=needs_pillow),
    "array224",
    pytest.param("segmentation", marks=needs_pillow),
    "array-segmentation",
]


@pytest.mark.parametrize("task", TASKS)
def test_a_prepared_sample_is_what_training_wants(task: Task) -> None:
    """Channels first, float32, normalised around zero; a street scene has a class for each pixel."""
    rng = np.random.default_rng(0)

    image, labels = prepare(task, stored_sample(task, 0), stored_labels(task, 0), rng)

    edge = 224 if "224" in task else 512
    assert (3, edge, edge) == image.shape
    assert np.float32 == image.dtype
    assert abs(float(image.mean())) < 1.5
    assert ((edge, edge) if edge == 512 else ()) == labels.shape
    assert 0 <= labels.min() <= labels.max() < 19


@needs_pillow
def test_a_photograph_is_as_large_as_those_of_imagenet() -> None:
    """146 GB in 1.28 million files are 114 kB each; ours lie within 15 % of that."""
    assert len(stored_sample("jpeg224", 0)) == pytest.approx(114_000, rel=0.15)


@pytest.mark.parametrize(("length", "shape"), [(384, (2,)), (1024, (1024,))])
def test_words_come_with_spans_or_with_the_next_word(tmp_path: Path, length: int, shape: tuple[int, ...]) -> None:
    """BERT is asked for the ends of a span, GPT for the word after each."""
    dataset = write_samples(tmp_path, "tokens", 2, 30_000, (length,))

    words, labels = dataset[1]

    assert (length,) == words.shape
    assert shape == labels.shape
    if length > 512:
        assert (words[1:] == labels[:-1]).all()


def test_a_data_set_is_files_of_its_own(tmp_path: Path) -> None:
    """20 samples of 16 pictures: 20 files and 20 label maps, each readable."""
    dataset = write_samples(tmp_path, "array-segmentation", 2, 19, (3, 512, 512))

    assert len(list(tmp_path.iterdir())) == 4
    assert len(dataset) == 2
    assert dataset[0][0].shape == (3, 512, 512)


def test_classes_follow_from_the_number_of_the_sample(tmp_path: Path) -> None:
    """Sample 13 of 10 classes is of class 3."""
    folder = SampleFolder(tmp_path, "array224", 14, 10, (3, 224, 224))
    folder.path(13).write_bytes(stored_sample("array224", 0))

    assert int(folder[13][1]) == 3


@pytest.mark.parametrize(("asked", "done"), [("jpeg224", "array224"), ("segmentation", "array-segmentation")])
def test_without_pillow_a_stand_in_has_its_own_name(
    asked: Literal["jpeg224", "segmentation"], done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure without JPEG must never be taken for one with it."""
    monkeypatch.setattr(preparation, "has_pillow", lambda: False)

    assert done == actual_task(asked)


def test_workers_double_up_to_every_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """12 cores: 1, 2, 4, 8, 12; 8 cores: 1, 2, 4, 8; without a sweep all of them only."""
    monkeypatch.setattr(cpu, "usable_cores", lambda: 12)
    assert worker_counts(sweep=True) == [1, 2, 4, 8, 12]
    assert worker_counts(sweep=False) == [12]

    monkeypatch.setattr(cpu, "usable_cores", lambda: 8)
    assert worker_counts(sweep=True) == [1, 2, 4, 8]


def test_the_rate_is_told_per_physical_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """600 samples/s by 8 threads on 4 cores are 150 a core; without Pillow the file says what was not measured."""
    monkeypatch.setattr(preparation, "has_pillow", lambda: False)
    monkeypatch.setattr(cpu, "prepare_rates", lambda *_: [590.0, 600.0, 610.0])
    monkeypatch.setattr(cpu, "describe_cpu", lambda: Cpu(physical_cores=4, logical_cores=8))
    bench = new_bench(tmp_path)

    measure_preparation(bench)

    assert {d.name: d.value for d in bench.sheet.derived} == {
        "preparation.array224.per_core": 150,
        "preparation.array-segmentation.per_core": 150,
    }
    assert [m.kind for m in bench.sheet.missing] == [Absence.NOT_INSTALLED]


def test_workers_really_work() -> None:
    """One process prepares arrays for 60 ms and tells a rate a window."""
    rates = cpu.prepare_rates("array224", 1, 0.06, 0.02)

    assert len(rates) >= 2
    assert all(rate > 0 for rate in rates)


def test_a_worker_that_fails_says_why() -> None:
    """The last line of its complaint comes through."""
    wrong: Task = "tokens"

    with pytest.raises(RuntimeError, match="KeyError: 'tokens'"):
        cpu.prepare_rates(wrong, 1, 0.06, 0.02)
