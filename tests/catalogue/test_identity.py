"""One name per GPU, whatever people call it."""

from __future__ import annotations

import pytest

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.identity import fold
from payback.errors import UnknownNameError


@pytest.mark.parametrize(
    "spelling",
    ["GTX 1080 Ti", "NVIDIA GeForce GTX 1080 Ti", "1080 Ti", "GTX-1080-Ti 11GB"],
)
def test_spellings_of_one_card(small: Catalogue, spelling: str) -> None:
    """Case, makers, hyphens and the memory size do not matter."""
    assert "GTX 1080 Ti" == small.gpu_names.resolve(spelling).gpu


def test_a_family_reads_as_its_slowest_member(small: Catalogue) -> None:
    """ "V100 16GB" may be SXM2 at 900 or PCIe at 898 GB/s: the cautious reading is 898."""
    assert {"V100 SXM2 16GB", "V100 PCIe 16GB"} == set(small.gpu_names.members("V100 16GB"))
    assert "V100 PCIe 16GB" == small.gpu_names.resolve("v100-16gb").gpu


def test_another_memory_size_is_another_card(small: Catalogue) -> None:
    """There is no GTX 1080 Ti with 24 GB."""
    assert () == small.gpu_names.members("GTX 1080 Ti 24GB")


def test_an_unknown_card_is_not_guessed(small: Catalogue) -> None:
    """The nearest names are offered, none is taken."""
    with pytest.raises(UnknownNameError, match="GTX 1080 Ti"):
        small.gpu_names.resolve("GTX 1080 Tx")


def test_folding_keeps_what_distinguishes() -> None:
    """Letters, digits, dots and plus signs stay."""
    assert "rtx 3090 ti" == fold("  RTX-3090_Ti ")
    assert fold("MI250X") != fold("MI250")
