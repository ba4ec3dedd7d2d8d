"""One name per GPU: spellings in, the catalogue's name (or the variants it may mean) out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from payback.catalogue.schema import Gpu, GpuAlias
from payback.errors import UnknownNameError

_NOISE = re.compile(
    r"\b(nvidia|amd|geforce|tesla|radeon|quadro(?= gtx)|graphics|card|gpu|generation|edition|founders|corporation)\b"
)
_MEMORY = re.compile(r"\b\d+\s?(gb|gib|g)\b")


@dataclass(frozen=True, slots=True)
class GpuNames:
    """Every spelling of a GPU that the catalogue understands."""

    gpus: Mapping[str, Gpu]
    exact: Mapping[str, tuple[str, ...]]
    """Folded spelling to the variants it may mean; one variant means the name is unambiguous."""

    @classmethod
    def from_tables(cls, gpus: Iterable[Gpu], aliases: Iterable[GpuAlias]) -> GpuNames:
        """Collect canonical names, aliases and families."""
        by_name = {gpu.gpu: gpu for gpu in gpus}
        exact = {fold(alias.alias): alias.members for alias in aliases}
        exact |= {fold(name): (name,) for name in by_name}
        return cls(by_name, exact)

    def members(self, name: str) -> tuple[str, ...]:
        """The catalogue's GPUs that `name` may mean; empty if none."""
        folded = fold(name)
        for candidate in (folded, _squeeze(_NOISE.sub(" ", folded))):
            if candidate in self.exact:
                return self.exact[candidate]
        without_memory = _squeeze(_MEMORY.sub(" ", _NOISE.sub(" ", folded)))
        found = self.exact.get(without_memory, ())
        asked = _MEMORY.search(folded)
        return tuple(m for m in found if asked is None or self._has_memory(m, asked.group()))

    def resolve(self, name: str) -> Gpu:
        """The one GPU called `name`; of a family, the variant with the least bandwidth.

        A rented "A100 80GB" may be the PCIe or the SXM card. The cautious
        reading is the slower one.

        Raises:
            UnknownNameError: No GPU is called so; the message names the nearest.
        """
        found = [self.gpus[member] for member in self.members(name) if member in self.gpus]
        if not found:
            raise UnknownNameError("GPU", name, self.gpus, "See them all: payback speed")
        return min(found, key=lambda gpu: (gpu.bandwidth_gb_s or 0.0, gpu.fp16_tensor_tflops or 0.0, gpu.gpu))

    def _has_memory(self, member: str, asked: str) -> bool:
        size = re.match(r"\d+", asked)
        return member in self.gpus and size is not None and abs(self.gpus[member].memory_gib - int(size.group())) < 1


def fold(name: str) -> str:
    """A spelling without case, punctuation and doubled spaces.

    Example:
        >>> fold("GeForce  RTX-3090")
        'geforce rtx 3090'
    """
    return _squeeze(re.sub(r"[^a-z0-9.+]+", " ", name.casefold()))


def _squeeze(text: str) -> str:
    return " ".join(text.split())
