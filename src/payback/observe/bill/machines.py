"""Which GPUs are behind the names of a bill: machine types through the catalogue's tables, GPUs through its aliases.

What the tables do not know is unknown; nothing is guessed from the look of a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import permutations

from payback.catalogue.catalogue import Catalogue
from payback.catalogue.collect.instances import instance_gpus
from payback.catalogue.identity import fold

AWS, AZURE, GOOGLE, OCI, LAMBDA = "aws", "azure", "google-cloud", "oci", "lambda"
_COUNTED = re.compile(r"gpu_(\d+)x_(\w+)")
_FORM = re.compile(r"sxm\d|pcie")
_GPU_FAMILY = {
    AWS: re.compile(r"(p\d|g\d|gr\d|cg\d)[a-z0-9-]*\.[a-z0-9-]+"),
    AZURE: re.compile(r"n[cdgv]\d+[a-z0-9_]*"),
    GOOGLE: re.compile(r"(a2|a3|a4|a4x|g2|g4)-[a-z]+-\d+g?[a-z-]*"),
    OCI: re.compile(r"(vm|bm)\.gpu[a-z0-9.-]*"),
}
"""Families of which every type has GPUs: a type of them that no table knows is an unknown GPU machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineGpus:
    """The GPUs of one machine type; `count` is None where the name does not tell."""

    gpu: str
    count: int | None
    share: float | None = None


class Machines:
    """Looks names up in the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._names = catalogue.gpu_names
        self._types: dict[tuple[str, str], MachineGpus] = {}
        self._sold: dict[str, set[str]] = {}
        for offer in catalogue.offers:
            found = MachineGpus(gpu=offer.gpu, count=offer.gpu_count)
            self._types[offer.provider, plain_type(offer.instance)] = found
            self._sold.setdefault(offer.provider, set()).add(offer.gpu)
        self._accelerators: dict[tuple[str, str], str] = {}
        for (provider, instance), machine in instance_gpus().items():
            self._types[provider, plain_type(instance)] = MachineGpus(
                gpu=machine.gpu, count=machine.gpu_count, share=machine.gpu_share
            )
            self._sold.setdefault(provider, set()).add(machine.gpu)
            for name in machine.accelerators:
                self._accelerators[provider, fold(name)] = machine.gpu

    def machine(self, provider: str, name: str) -> MachineGpus | None:
        """The GPUs of a machine type; None if no table knows it."""
        found = self._types.get((provider, plain_type(name)))
        return found or (self._counted(name) if provider == LAMBDA else None)

    def anywhere(self, name: str) -> tuple[str, MachineGpus] | None:
        """The one provider that has a machine type of this name, and its GPUs; None where none or several have."""
        wanted = plain_type(name)
        found = [(provider, gpus) for (provider, instance), gpus in self._types.items() if instance == wanted]
        if len(found) == 1:
            return found[0]
        counted = self._counted(name)
        return None if found or counted is None else (LAMBDA, counted)

    def is_gpu_type(self, provider: str, name: str) -> bool:
        """Whether a machine type belongs to a family of GPU machines."""
        pattern = _GPU_FAMILY.get(provider)
        return pattern is not None and pattern.fullmatch(plain_type(name)) is not None

    def gpu(self, provider: str, name: str) -> str | None:
        """The one GPU a text names, as this provider sells it; None if it names none or may mean several.

        A board of two chips, such as the K80, is sold by the chip.
        """
        sold = self._sold.get(provider, set())
        known = self._accelerators.get((provider, fold(re.sub(r"(?i)nvidia|tesla|amd", " ", name))))
        if known is not None:
            return known
        members = {f"{gpu} half" if f"{gpu} half" in sold else gpu for gpu in self._names.members(name)}
        if len(members) > 1:
            members &= sold
        return members.pop() if len(members) == 1 else None

    def _counted(self, name: str) -> MachineGpus | None:
        """Lambda's names say it all: gpu_8x_h100_sxm5."""
        counted = _COUNTED.fullmatch(plain_type(name))
        if counted is None:
            return None
        words = counted[2].split("_")
        single = self._named(words) or self._named([word for word in words if not _FORM.fullmatch(word)])
        return MachineGpus(gpu=single.pop(), count=int(counted[1])) if len(single) == 1 else None

    def _named(self, words: list[str]) -> set[str]:
        """The GPUs that some words name in one order or another."""
        orders = permutations(words) if len(words) <= 4 else iter(())
        return {gpu for order in orders if (gpu := self.gpu(LAMBDA, " ".join(order))) is not None}


def plain_type(name: str) -> str:
    """A machine type without what providers put around it.

    Example:
        >>> plain_type("Standard_NC24ads_A100_v4"), plain_type("NC24ads A100 v4 Spot"), plain_type("ml.p3.2xlarge")
        ('nc24ads_a100_v4', 'nc24ads_a100_v4', 'p3.2xlarge')
    """
    plain = re.sub(r"( |/)(spot|low priority)$", "", name.strip().casefold())
    return re.sub(r"\s+", "_", plain).removeprefix("standard_").removeprefix("ml.")
