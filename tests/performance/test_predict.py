"""Speeds and ratios from the shipped facts."""

from __future__ import annotations

import datetime as dt

import pytest

from payback.errors import BadQuestionError, UnknownNameError
from payback.evidence import Grade
from payback.performance.measurements import load_eras
from payback.performance.predict import relative_speed, shipped_model, speed, speeds
from payback.performance.workload import own


def test_a_measured_speed_is_given_as_measured() -> None:
    """GTX 1080 Ti, ResNet-50 in FP32: 196.717 images/s in the log of 2020-03-03."""
    answer = speed("GTX 1080 Ti", workload="resnet50")

    assert answer.grade == "measured"
    assert answer.value == pytest.approx(196.717, rel=1e-5)
    assert (answer.unit, answer.precision, answer.era) == ("images/s", "FP32", "pytorch-1.4")
    assert [fact.grade for fact in answer.facts] == [Grade.MEASURED]
    assert answer.low is not None
    assert answer.high is not None
    assert answer.low < 196.717 < answer.high


def test_mixed_precision_is_the_default_with_tensor_cores() -> None:
    """RTX 3090: 905 images/s with automatic mixed precision (PyTorch 1.13)."""
    answer = speed("RTX 3090", workload="resnet50")

    assert answer.precision == "AMP"
    assert answer.value == pytest.approx(905.44, rel=1e-4)


@pytest.mark.parametrize("word", ["fp16", "mixed", "AMP", "bf16", "FP16"])
def test_precisions_are_understood_in_many_words(word: str) -> None:
    """BERT was logged as FP16; all of these mean its mixed runs."""
    assert speed("RTX 3090", workload="bert-large", precision=word).precision == "FP16"


def test_an_unmeasured_precision_is_an_error() -> None:
    """The message names those there are."""
    with pytest.raises(BadQuestionError, match="one of AMP, FP16, FP32"):
        speed("RTX 3090", workload="resnet50", precision="int4")


def test_names_are_those_of_the_catalogue() -> None:
    """Another spelling means the same card; a misspelt one gets the nearest names."""
    assert speed("4090", workload="resnet50").gpu == "RTX 4090"
    with pytest.raises(UnknownNameError, match="RTX 3090"):
        speed("RTX 309O", workload="resnet50")
    with pytest.raises(UnknownNameError, match="resnet50"):
        speed("RTX 3090", workload="resnet5O")


def test_other_software_is_derived_from_the_same_card() -> None:
    """RTX 3090 with PyTorch 2.5, measured with 1.7 and 1.13: within 15 % of the latter."""
    answer = speed("RTX 3090", workload="resnet50", as_of=dt.date(2026, 11, 23))

    assert (answer.grade, answer.era) == ("derived", "pytorch-2.5")
    assert answer.value == pytest.approx(905, rel=0.15)
    assert "the same card" in answer.why


def test_the_day_of_the_question_chooses_the_software() -> None:
    """In 2018 nothing newer than the oldest measured software may be used."""
    assert speed("RTX 3090", workload="resnet50", as_of=dt.date(2018, 9, 26)).era == "pytorch-1.4"


def test_a_k80_half_is_three_to_four_times_slower_than_a_1080_ti() -> None:
    """Claim C9, on ResNet-50 and on the task a K80 was measured on."""
    for task in ("resnet50", "tf_resnet50"):
        ratio = relative_speed("GTX 1080 Ti", "K80 half", workload=task)

        assert ratio.value is not None
        assert 3 <= ratio.value <= 4, task


def test_a_v100_is_one_and_a_half_to_two_times_a_1080_ti_in_fp32() -> None:
    """What the article says it is on paper."""
    ratio = relative_speed("V100 SXM2 16GB", "GTX 1080 Ti", workload="resnet50", precision="fp32")

    assert ratio.value is not None
    assert 1.5 <= ratio.value <= 2


@pytest.mark.parametrize("gpu", ["GTX 1080 Ti", "RTX 5090", "MI300X"])
def test_a_gpu_is_exactly_as_fast_as_itself(gpu: str) -> None:
    """Measured or not."""
    ratio = relative_speed(gpu, gpu, workload="resnet50")

    assert (ratio.value, ratio.low, ratio.high) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("work", ["resnet50", "llm-8b-lora", "unet-segmentation"])
def test_the_ratio_turned_round_is_its_inverse(work: str) -> None:
    """Value and interval."""
    one = relative_speed("RTX 5090", "A100 SXM4 80GB", workload=work)
    two = relative_speed("A100 SXM4 80GB", "RTX 5090", workload=work)

    assert None not in (one.value, one.low, one.high, two.value, two.low, two.high)
    assert (one.value, one.low, one.high) == pytest.approx(
        (1 / (two.value or 1), 1 / (two.high or 1), 1 / (two.low or 1))
    )


def test_a_ratio_is_surer_than_its_two_speeds() -> None:
    """Two unmeasured sisters share their errors: RTX 4070 and RTX 4070 Super."""
    one, two = (speed(name, workload="gnmt") for name in ("RTX 4070", "RTX 4070 Super"))
    ratio = relative_speed("RTX 4070 Super", "RTX 4070", workload="gnmt")

    assert one.low
    assert one.high
    assert two.low
    assert two.high
    assert ratio.low
    assert ratio.high
    independent = (one.high / one.low) * (two.high / two.low)
    assert ratio.high / ratio.low < independent**0.75


def test_measured_ratios_compare_the_same_software() -> None:
    """RTX 2080 Ti over GTX 1080 Ti with PyTorch 1.4, AMP: 529.2 and 239.7 images/s."""
    ratio = relative_speed("RTX 2080 Ti", "GTX 1080 Ti", workload="resnet50", precision="AMP")

    assert ratio.value == pytest.approx(529.2 / 239.7, rel=0.01)
    assert ratio.why.count("PyTorch 1.4") == 2


def test_what_does_not_fit_has_no_speed() -> None:
    """Llama 70B LoRA on 24 GiB; the answer says how much it would take."""
    answer = speed("RTX 4090", workload="llm-70b-lora")

    assert (answer.value, answer.low, answer.high) == (None, None, None)
    assert "of 24 GiB" in answer.why


def test_a_gpu_without_figures_has_no_speed() -> None:
    """TPU v4: FP32 rate unknown, never measured."""
    answer = speed("TPU v4", workload="resnet50")

    assert answer.value is None
    assert "fp32_tflops unknown" in answer.why
    assert relative_speed("TPU v4", "RTX 3090", workload="resnet50").value is None


def test_other_makers_have_wider_intervals() -> None:
    """No card of theirs takes part in the common fit."""
    amd, nvidia = (speed(name, workload="resnet50") for name in ("RX 7900 XTX", "RTX 4080"))

    assert amd.high
    assert amd.low
    assert nvidia.high
    assert nvidia.low
    assert amd.high / amd.low > 2 * nvidia.high / nvidia.low


def test_several_gpus_measured_together_are_given_so() -> None:
    """8 A100 SXM4 80GB, MPT 7B: 37,130 tokens/s in the published table."""
    answer = speed("A100 SXM4 80GB", workload="llm-7b-pretrain", gpu_count=8)

    assert answer.grade == "measured"
    assert answer.value == pytest.approx(37_130)


def test_several_gpus_give_less_than_their_sum() -> None:
    """4 RTX 4090 on ResNet-50: 85 to 100 % of four times one."""
    one, four = (speed("RTX 4090", workload="resnet50", gpu_count=n).value for n in (1, 4))

    assert one
    assert four
    assert 0.85 < four / (4 * one) < 1


def test_work_of_ones_own_scales_with_its_operations() -> None:
    """Twice the operations of ResNet-50: half the speed, with a wide interval."""
    mine = own("mine", training_flops_per_unit=2 * 2.4534e10, kind="cnn")
    known, answer = speed("RTX 3090", workload="resnet50"), speed("RTX 3090", workload=mine)

    assert known.value
    assert answer.value == pytest.approx(known.value / 2)
    assert answer.low
    assert answer.high
    assert answer.high / answer.low > 2


def test_every_shipped_workload_and_task_has_an_answer_somewhere() -> None:
    """No name is understood and then refused on every GPU."""
    model = shipped_model()
    for name in sorted(model.laws.by_task):
        gpus = {row.gpu for row in model.laws.by_task[name]}
        assert any(speed(gpu, workload=name).value for gpu in gpus), name


def test_rows_have_the_keys_of_the_contract() -> None:
    """What ``payback speed --json`` prints."""
    rows = speeds(gpus=["RTX 3090"], workloads=["ssd"])

    assert [row.precision for row in rows] == ["AMP", "FP32"]
    keys = ["gpu", "form", "gpu_count", "workload", "precision", "value", "unit", "low", "high", "grade", "era"]
    assert [keys, keys] == [list(row.as_dict()) for row in rows]


def test_all_software_can_be_asked_for() -> None:
    """Newest first, each once."""
    eras = [row.era for row in speeds(gpus=["RTX 3090"], workloads=["ssd"], all_eras=True) if row.precision == "FP32"]
    released = [load_eras()[era].released for era in eras]

    assert eras[0] == "pytorch-2.5"
    assert len(eras) == len(set(eras)) >= 5
    assert released == sorted(released, reverse=True)


def test_more_is_never_slower() -> None:
    """A card with every figure better is faster: RTX 4070 to 4090 on four tasks."""
    ladder = ["RTX 4070", "RTX 4070 Ti Super", "RTX 4080 Super", "RTX 4090"]
    for task in ("resnet50", "bert-large", "gnmt", "ssd"):
        values = [speed(gpu, workload=task).value or 0 for gpu in ladder]
        assert values == sorted(values), task
