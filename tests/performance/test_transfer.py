"""Tasks measured on few GPUs."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from payback.catalogue.catalogue import load
from payback.performance.predict import shipped_model, speed
from payback.performance.tasks import family_of, is_core, proxy_of, scatter_of
from payback.performance.transfer import _generalised_least_squares, suite_of, transfer


def test_without_correlation_the_level_is_the_mean() -> None:
    """Two anchors 1 and 3 above their laws, unit variances: level 2, deviation of the answer sqrt(1 + 1/2)."""
    found = _generalised_least_squares(np.eye(3), np.array([1.0, 3.0]), 10.0)

    assert (found.log_speed, found.deviation) == pytest.approx((12.0, 1.5**0.5))


def test_a_like_gpu_pulls_the_answer_to_itself() -> None:
    """Correlation 1 with the second anchor: its level, no doubt left but the least."""
    matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    found = _generalised_least_squares(matrix, np.array([1.0, 3.0]), 10.0)

    assert found.log_speed == pytest.approx(13.0)
    assert found.deviation < 0.02


def test_h100_from_a100_on_language_models() -> None:
    """Without its rows: H100 over A100 80 GB was 1.81 to 3.04 in published pairs of 8-GPU runs, median 2.19."""
    laws = shipped_model().laws
    known = [one for one in laws.anchors("mpt_7b_seq2048", mixed=True) if one.row.gpu.startswith("A100")]
    h100 = load().gpus["H100 SXM5 80GB"]
    found = transfer(
        laws.proxy_cell(h100, "mpt_7b_seq2048", known), h100.vendor, known,
        model=laws.model, suite="mpt_", deviations=laws.parameters.transfer,
    )  # fmt: skip
    a100 = next(one for one in known if one.row.gpu == "A100 SXM4 80GB")

    assert found.log_speed - a100.log_speed == pytest.approx(log(85_144 / 37_130), abs=2.5 * found.deviation)
    assert found.log_speed - a100.log_speed == pytest.approx(log(2.19), abs=0.25)


@pytest.mark.parametrize(
    ("task", "proxy", "suite"),
    [
        ("mpt_125m_seq1024", "bert_base_squad", "mpt_"),
        ("mpt_7b_seq2048", "bert_large_squad", "mpt_"),
        ("mlperf_resnet", "resnet50", "mlperf_"),
        ("tv_vgg16", "resnet50", "tv_"),
        ("sdxl_lora", "ssd", ""),
    ],
)
def test_every_task_outside_the_fit_has_one_that_stands_for_it(task: str, proxy: str, suite: str) -> None:
    """The longest matching name decides."""
    assert (proxy, suite) == (proxy_of(task), suite_of(task))
    assert not is_core(task)


def test_all_measured_tasks_are_placed() -> None:
    """In the common fit or behind a proxy; with a family and a scatter."""
    for task in shipped_model().laws.by_task:
        assert is_core(task) or proxy_of(task), task
        assert family_of(task)
        assert scatter_of(task) in (0, 1, 2, 3)


def test_a_task_of_nothing_known_has_no_proxy() -> None:
    """Nothing is guessed."""
    assert proxy_of("weather") is None


def test_an_answer_from_a_proxy_names_what_was_measured() -> None:
    """RTX 5090 on Llama 8B LoRA rests on the RTX 4090 and the RTX A6000."""
    answer = speed("RTX 5090", workload="llm-8b-lora")

    assert answer.grade == "derived"
    assert "RTX 4090, RTX A6000" in answer.why
    assert {"torchtune"} == {fact.source for fact in answer.facts}
