"""What fits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payback.errors import BadQuestionError
from payback.performance.memory import Plan, batch_share, exchange_gb, fit, need_gib, roomiest
from payback.performance.workload import WORKLOADS, workload


@pytest.mark.parametrize(
    ("work", "memory_gib", "precision", "run"),
    [
        ("bert-large", 24, "FP16", 28),
        ("bert-large", 48, "FP16", 64),
        ("bert-large", 80, "FP16", 112),
        ("bert-base", 24, "FP16", 96),
        ("bert-base", 16, "FP16", 48),
        ("resnet50", 11, "FP32", 100),
        ("resnet50", 24, "FP32", 224),
        ("resnet50", 16, "AMP", 256),
    ],
)
def test_batches_agree_with_those_that_were_run(work: str, memory_gib: float, precision: str, run: int) -> None:
    """Batches with which others filled the card (PyTorch 1.13; ResNet-50 on 11 GB 1.4): within 35 %."""
    assert fit(work, memory_gib, precision=precision).batch == pytest.approx(run, rel=0.35)


def test_adamw_takes_eighteen_bytes_a_parameter() -> None:
    """6.7e9 x (2 weights + 4 gradients + 4 copy + 8 moments) B = 112.3 GiB, + 1 runtime, + 1.13 GiB a sample."""
    need = need_gib(WORKLOADS["llm-7b-pretrain"], 0, plan=Plan())

    assert need == pytest.approx(18 * 6.7e9 / 2**30 + 1)


def test_sharding_divides_the_model() -> None:
    """On 8 GPUs an eighth of the 112.3 GiB, and two layers gathered at a time."""
    work = WORKLOADS["llm-7b-pretrain"]
    whole, shared = (need_gib(work, 0, 8, plan=Plan(sharding=on)) for on in (False, True))

    assert whole is not None
    assert shared == pytest.approx((whole - 1) / 8 + 1 + 2 * 2 * 6.7e9 / 32 / 2**30)


def test_measured_runs_fit() -> None:
    """MPT 7B on 8 x 80 GB with a batch of 6, 13B with 2, 30B with recomputing and 3: all were run."""
    assert (fit("llm-7b-pretrain", 80, 8).batch or 0) >= 6
    assert (fit("llm-13b-pretrain", 80, 8).batch or 0) >= 2
    thirty = fit("llm-30b-pretrain", 80, 8)
    assert thirty.plan.checkpointing
    assert (thirty.batch or 0) >= 3


def test_what_cannot_fit_says_what_it_would_take() -> None:
    """8B full fine-tuning with AdamW on one GPU of 80 GiB: 18 x 8.03e9 B = 134.6 GiB before any activation."""
    answer = fit("llm-8b-full", 80)

    assert answer.fits is False
    assert answer.batch is None
    assert answer.need_gib == pytest.approx(137.4, abs=0.5)
    assert "would take 137.4 of 80 GiB" in answer.why


def test_four_bits_bring_a_model_onto_a_small_card() -> None:
    """8B in 16 bits needs 15 GiB for its weights, in 4 bits 4: only the latter fits 12 GiB."""
    assert [False, True] == [fit(work, 12).fits for work in ("llm-8b-lora", "llm-8b-qlora")]


def test_eleven_instead_of_sixteen_gib_is_a_smaller_batch() -> None:
    """Claim C10: ResNet-50 fits both; the smaller batch costs less than 5 % of the speed."""
    small, large = fit("resnet50", 11), fit("resnet50", 16)

    assert small.batch
    assert large.batch
    assert small.batch < large.batch
    assert small.speed_share is not None
    assert large.speed_share is not None
    assert 0.95 < small.speed_share / large.speed_share < 1


def test_half_speed_where_the_overhead_equals_the_work() -> None:
    """0.4 TFLOP of overhead: a batch of 0.4e12 / 2.4534e10 = 16.3 images of ResNet-50."""
    assert batch_share(WORKLOADS["resnet50"], 0.4e12 / 2.4534e10) == pytest.approx(0.5)


def test_recomputing_costs_a_quarter() -> None:
    """Four passes instead of three."""
    answer = fit("bert-large", 24, batch=8, plan=Plan(checkpointing=True))
    plain = fit("bert-large", 24, batch=8, plan=Plan())

    assert answer.speed_share == pytest.approx(0.75 * (plain.speed_share or 0))


def test_offloading_has_no_known_price() -> None:
    """It fits, and nobody can say how fast."""
    answer = fit("llm-8b-full", 80, plan=Plan(offload=True, checkpointing=True))

    assert answer.fits
    assert answer.speed_share is None


def test_unknown_memory_is_unknown() -> None:
    """Mask R-CNN: neither yes nor no."""
    answer = fit("maskrcnn", 11)

    assert (answer.fits, answer.batch, answer.need_gib) == (None, None, None)
    assert "unknown" in answer.why


def test_an_asked_batch_is_checked() -> None:
    """BERT-large, 28 sequences on 24 GiB yes, 64 no."""
    assert fit("bert-large", 24, batch=28).fits
    assert fit("bert-large", 24, batch=64, plan=Plan()).fits is False


@pytest.mark.parametrize(("memory_gib", "count"), [(0, 1), (24, 0)])
def test_impossible_machines_are_refused(memory_gib: float, count: int) -> None:
    """No memory, no GPUs."""
    with pytest.raises(BadQuestionError, match="more than 0 GiB"):
        fit("resnet50", memory_gib, count)


@given(name=st.sampled_from(sorted(WORKLOADS)), small=st.floats(1, 200), more=st.floats(0, 200))
@settings(max_examples=80, deadline=None)
def test_more_memory_never_fits_less(name: str, small: float, more: float) -> None:
    """The batch does not fall while nothing else must be saved."""
    plan = Plan()
    one, two = fit(name, small, plan=plan), fit(name, small + more, plan=plan)

    assert (one.batch or 0) <= (two.batch or 0)
    assert not (one.fits and two.fits is False)


def test_several_gpus_take_the_roomiest_way() -> None:
    """A shared 7B model on 32 GiB: with recomputing the batch grows."""
    work = workload("llm-7b-pretrain")

    assert roomiest(work, 32, 8).plan.checkpointing
    assert not roomiest(workload("resnet50"), 11, 4).plan.sharding


def test_adapters_exchange_little() -> None:
    """8.03e9 parameters in 16 bits 16.06 GB; of LoRA 1 % of that, unless the base is shared."""
    work = WORKLOADS["llm-8b-lora"]

    assert exchange_gb(work, "bf16", Plan()) == pytest.approx(0.1606, abs=1e-3)
    assert exchange_gb(work, "bf16", Plan(sharding=True)) == pytest.approx(16.06, abs=0.01)
