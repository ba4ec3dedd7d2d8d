"""What people train."""

from __future__ import annotations

import pytest

from payback.errors import BadQuestionError, UnknownNameError
from payback.performance.predict import speed
from payback.performance.workload import ALIASES, OWN_BASIS, WORKLOADS, measured_tasks, own, preparations, workload


def test_workloads_people_have_are_there() -> None:
    """Vision, segmentation, detection, language models of 1 to 70 billion parameters, diffusion."""
    names = {
        "resnet50", "unet", "unet-segmentation", "ssd", "maskrcnn", "bert-base", "bert-large", "gpt2-124m",
        "llm-1b-pretrain", "llm-7b-pretrain", "llm-13b-pretrain", "llm-70b-pretrain", "llm-1b-lora", "llm-7b-lora",
        "llm-8b-lora", "llm-8b-qlora", "llm-13b-lora", "llm-70b-lora", "llm-70b-qlora", "sd-pretrain", "sdxl-lora",
    }  # fmt: skip

    assert names <= set(WORKLOADS)


def test_every_workload_rests_on_something_measured() -> None:
    """Its own task, or that of the workload it is scaled from; and both sides have operations to scale by."""
    for row in WORKLOADS.values():
        basis = WORKLOADS[row.scaled_from] if row.scaled_from else row
        assert basis.task in measured_tasks(), row.workload
        if row.scaled_from:
            assert row.training_flops_per_unit, row.workload
            assert basis.training_flops_per_unit, row.workload


def test_every_preparation_is_known() -> None:
    """Tokens and latents need none worth counting."""
    named = {row.preparation for row in WORKLOADS.values()}

    assert named <= {*preparations(), "tokens", ""}


def test_aliases_lead_to_workloads() -> None:
    """No alias points at nothing."""
    assert set(ALIASES.values()) | set(OWN_BASIS.values()) <= set(WORKLOADS)


def test_units_are_those_of_the_measured_task() -> None:
    """A speed in images is not one in tokens."""
    for row in WORKLOADS.values():
        if row.task:
            assert measured_tasks()[row.task].unit == row.unit, row.workload


@pytest.mark.parametrize("task", ["resnet50", "mpt_7b_seq2048", "tv_vgg16", "mlperf_bert", "tacotron2"])
def test_measured_tasks_are_workloads(task: str) -> None:
    """Their names are understood as they stand."""
    assert workload(task).task == task


def test_a_task_without_its_batch_means_the_largest() -> None:
    """BERT-large of 512 tokens was run with 2 and 8 sequences."""
    assert workload("bert_large_seq512_train").task == "bert_large_seq512_train_b8"


def test_a_misspelt_name_gets_the_nearest() -> None:
    """The error is a help."""
    with pytest.raises(UnknownNameError, match="'resnet50'"):
        workload("resnet51")


@pytest.mark.parametrize("flops", [0.0, -1.0])
def test_work_without_operations_is_refused(flops: float) -> None:
    """Its speed would be infinite."""
    with pytest.raises(BadQuestionError, match="operations above 0"):
        own("mine", training_flops_per_unit=flops)


def test_operations_of_resnet_by_hand() -> None:
    """4.089e9 multiply-adds x 2 x 3 passes."""
    assert WORKLOADS["resnet50"].training_flops_per_unit == pytest.approx(4.089e9 * 2 * 3)


def test_operations_of_a_language_model_by_hand() -> None:
    """3 x (2 x 6.7e9 + 4 x 32 layers x 4,096 x 2,048 tokens)."""
    assert WORKLOADS["llm-7b-pretrain"].training_flops_per_unit == pytest.approx(3 * (2 * 6.7e9 + 4 * 32 * 4096 * 2048))


def test_published_utilisation_is_met() -> None:
    """MPT 7B on 8 A100: 37,130 tokens/s x 43e9 FLOP / (8 x 312 TFLOPS) = 64 %, as the source prints."""
    answer = speed("A100 SXM4 80GB", workload="llm-7b-pretrain", gpu_count=8)
    flops = WORKLOADS["llm-7b-pretrain"].training_flops_per_unit

    assert answer.value
    assert flops
    assert answer.value * flops / (8 * 312e12) == pytest.approx(0.64, abs=0.02)


def test_a_sequence_has_many_tokens() -> None:
    """A sample of a language model is a sequence; its speed counts tokens."""
    assert workload("llm-8b-lora").units_per_sample == 2048
    assert workload("bert-base").units_per_sample == 1
