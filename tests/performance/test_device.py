"""Which arithmetic rate a precision runs at."""

from __future__ import annotations

import pytest

from payback.catalogue.catalogue import load
from payback.performance.device import Rate, has_tensor_cores, tflops, unknown_for_speed

GPUS = load().gpus


@pytest.mark.parametrize(
    ("gpu", "rate", "expected"),
    [
        ("GTX 1080 Ti", Rate.TENSOR16, 11.34),
        ("GTX 1080 Ti", Rate.TF32, 11.34),
        ("RTX 4090", Rate.TENSOR16, 165.2),
        ("V100 SXM2 16GB", Rate.TENSOR16, 125.0),
        ("V100 SXM2 16GB", Rate.TF32, 15.7),
        ("A100 SXM4 80GB", Rate.TF32, 156.0),
        ("A100 SXM4 80GB", Rate.FP32, 19.49),
    ],
)
def test_each_precision_runs_on_its_own_units(gpu: str, rate: Rate, expected: float) -> None:
    """Pascal has one rate; Volta's FP32 knows no tensor cores; Ampere's does unless true FP32 is asked."""
    assert expected == tflops(GPUS[gpu], rate)


def test_tensor_cores_begin_with_volta() -> None:
    """Mixed precision is the default from there on."""
    assert [False, True] == [has_tensor_cores(GPUS[name]) for name in ("GTX 1080 Ti", "V100 PCIe 16GB")]


def test_what_is_missing_is_named() -> None:
    """A TPU's FP32 rate is not published."""
    assert unknown_for_speed(GPUS["TPU v4"]) == ("fp32_tflops",)
    assert unknown_for_speed(GPUS["RTX 4090"]) == ()


def test_an_unknown_rate_is_an_error_not_a_guess() -> None:
    """Asking for the TFLOPS of a TPU in FP32 raises."""
    with pytest.raises(ValueError, match="FP32 rate unknown"):
        tflops(GPUS["TPU v4"], Rate.FP32)
