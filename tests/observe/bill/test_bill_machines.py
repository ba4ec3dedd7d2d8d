"""Names on bills: which GPU they mean, and which stay unknown rather than be guessed."""

from __future__ import annotations

import pytest

from payback.catalogue.catalogue import load
from payback.observe.bill.focus_gpus import _GOOGLE_GPU
from payback.observe.bill.machines import MachineGpus, Machines


@pytest.fixture(scope="module")
def machines() -> Machines:
    """Names through the shipped catalogue."""
    return Machines(load())


@pytest.mark.parametrize(
    ("words", "gpu"),
    [
        ("Nvidia Tesla A100 GPU running in Americas", "A100 SXM4 40GB"),
        ("Nvidia Tesla A100 80GB GPU running in Iowa", "A100 SXM4 80GB"),
        ("Nvidia H100 80GB GPU running in Iowa", "H100 SXM5 80GB"),
        ("Nvidia H200 141GB GPU running in Iowa", "H200 SXM 141GB"),
        ("Nvidia L4 GPU running in Netherlands", "L4"),
        ("Nvidia Tesla T4 GPU attached to Spot Preemptible VMs running in Oregon", "T4"),
        ("Nvidia Tesla V100 GPU running in Taiwan", "V100 SXM2 16GB"),
        ("Nvidia Tesla K80 GPU running in Americas", "K80 half"),
        ("Nvidia H100 80GB Mega GPU running in Iowa", None),
        ("Nvidia Tesla Z900 GPU running in Americas", None),
    ],
)
def test_gpus_of_google_are_told_by_their_words(machines: Machines, words: str, gpu: str | None) -> None:
    """Google sells a K80 by the chip, an A100 as SXM4; words nobody has written down stay unknown."""
    found = _GOOGLE_GPU.search(words)

    assert found is not None
    assert machines.gpu("google-cloud", found["gpu"]) == gpu


@pytest.mark.parametrize(
    ("provider", "name", "found"),
    [
        ("aws", "p5.48xlarge", MachineGpus(gpu="H100 SXM5 80GB", count=8)),
        ("aws", "ml.g5.12xlarge", MachineGpus(gpu="A10G", count=4)),
        ("azure", "Standard_NC96ads_A100_v4", MachineGpus(gpu="A100 PCIe 80GB", count=4)),
        ("azure", "ND96isr H200 v5", MachineGpus(gpu="H200 SXM 141GB", count=8)),
        ("azure", "NV12ads_A10_v5 Spot", MachineGpus(gpu="A10", count=1, share=0.3333)),
        ("oci", "BM.GPU.H100.8", MachineGpus(gpu="H100 SXM5 80GB", count=8)),
        ("lambda", "gpu_8x_a100", MachineGpus(gpu="A100 SXM4 40GB", count=8)),
        ("lambda", "gpu_8x_b200_sxm6", MachineGpus(gpu="B200", count=8)),
        ("lambda", "gpu_1x_gh200", MachineGpus(gpu="GH200 96GB", count=1)),
        ("lambda", "gpu_1x_a100", None),
        ("aws", "g5g.xlarge", None),
        ("aws", "gpu_1x_a10", None),
    ],
)
def test_machine_types_are_looked_up(machines: Machines, provider: str, name: str, found: MachineGpus | None) -> None:
    """One A100 of Lambda's may be PCIe or SXM: unknown. Lambda's names mean nothing at Amazon's."""
    assert machines.machine(provider, name) == found


@pytest.mark.parametrize(
    ("name", "gpu"),
    [
        ("NVIDIA GeForce RTX 4090", "RTX 4090"), ("NVIDIA H100 80GB HBM3", "H100 SXM5 80GB"),
        ("NVIDIA A100 80GB PCIe", "A100 PCIe 80GB"), ("NVIDIA H200", "H200 SXM 141GB"),
        ("AMD Instinct MI300X OAM", "MI300X"), ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada"),
        ("NVIDIA RTX A2000", None),
    ],
)  # fmt: skip
def test_gpus_of_runpod_are_those_of_its_api(machines: Machines, name: str, gpu: str | None) -> None:
    """The names that its documents list; what the catalogue does not have is unknown."""
    assert machines.gpu("runpod", name) == gpu


@pytest.mark.parametrize(
    ("provider", "name", "is_gpu"),
    [
        ("aws", "p9.48xlarge", True), ("aws", "g5g.xlarge", True), ("aws", "m5.large", False),
        ("aws", "trn1.32xlarge", False), ("azure", "ND999isr GB900 v9", True), ("azure", "D4s v5", False),
        ("azure", "NP10s", False), ("google-cloud", "a4x-highgpu-4g", True), ("google-cloud", "n1-standard-8", False),
        ("oci", "BM.GPU.X.9", True), ("oci", "VM.Standard.E4.Flex", False), ("elsewhere", "p9.48xlarge", False),
    ],
)  # fmt: skip
def test_families_with_gpus_are_known_even_where_the_type_is_not(
    machines: Machines, provider: str, name: str, is_gpu: bool
) -> None:
    """Such a machine is an unknown GPU machine, not a machine without GPUs. Trainium and FPGAs are no GPUs."""
    assert machines.is_gpu_type(provider, name) == is_gpu
