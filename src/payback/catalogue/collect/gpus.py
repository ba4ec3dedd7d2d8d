"""One name per GPU, whatever a seller calls it and however he counts its memory.

A name that the catalogue does not know is kept as it is, never guessed; a
known name with a memory size that no such GPU has is another, unknown thing
(a 4090 rebuilt with 48 GB is no 4090).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any, Final

from payback.catalogue import tables
from payback.catalogue.collect.cleaning import literal
from payback.catalogue.collect.quarantine import NotBelieved
from payback.catalogue.identity import GpuNames, fold
from payback.catalogue.schema import Gpu, GpuAlias

MEMORY_TOLERANCE: Final = 0.10
"""Sellers give 22.4 to 24 GiB for a 24 GB card: error correction and drivers take some, and GB and GiB are mixed."""
LARGEST_GIB: Final = 1024.0
_SIZE = re.compile(r"(?<![a-z\d.])(?<!gpu-)(\d{1,4})\s?(?:gb|gib|g)(?![a-z0-9])", re.IGNORECASE)
_NOISE = re.compile(r"nvidia|amd|intel|geforce|tesla|radeon|graphics|card|gpu|\blhr\b")
"""Makers and brands; LHR cards compute like the others, only mining was slowed."""
_FORMS: Final = (("SXM", re.compile(r"sxm|hgx")), ("NVL", re.compile(r"nvl(?!ink)")), ("PCIe", re.compile(r"pcie")))
_SPLIT: Final = "\t"


@dataclass(frozen=True, slots=True)
class SeenGpu:
    """A GPU as a source describes it: its name, the memory figures that may be meant, and other words around it."""

    name: str
    memory_gib: tuple[float, ...] = ()
    """Readings of the source's memory figure, the likeliest first."""
    hints: str = ""
    """Instance type and the like: "p4d.24xlarge", "gpu_8x_h100_sxm5"."""
    card: str = ""
    """The exact product, where a price is filed under its GPU."""

    def pack(self) -> str:
        """The form in which the store keeps a spelling, so that it can be resolved again later."""
        sizes = " ".join(f"{size:g}" for size in self.memory_gib)
        return _SPLIT.join((self.name, sizes, self.hints, self.card))

    @classmethod
    def unpack(cls, packed: str) -> SeenGpu:
        """The spelling behind a stored variant."""
        name, sizes, hints, card = [*packed.split(_SPLIT), "", "", ""][:4]
        return cls(name, tuple(float(size) for size in sizes.split()), hints, card)


@dataclass(frozen=True)
class Gpus:
    """Resolves spellings to names of the catalogue."""

    names: GpuNames
    families: Mapping[frozenset[str], str]
    """Variants that one name covers, and that name as the alias table writes it."""
    cache: dict[SeenGpu, str] = field(default_factory=dict, compare=False)

    @cached_property
    def _squeezed(self) -> Mapping[str, tuple[str, ...]]:
        return {key.replace(" ", ""): members for key, members in self.names.exact.items()}

    def resolve(self, seen: SeenGpu) -> str:
        """The catalogue's name of a GPU, of a family if the variants cannot be told apart, or the source's own.

        Raises:
            NotBelieved: The memory figure is impossible for any GPU.
        """
        if seen not in self.cache:
            self.cache[seen] = self._resolve(seen)
        return self.cache[seen]

    def _resolve(self, seen: SeenGpu) -> str:
        if seen.memory_gib and not any(0 < size <= LARGEST_GIB for size in seen.memory_gib):
            raise NotBelieved("gpu memory", "impossible GPU memory", f"{seen.name} with {seen.memory_gib[0]:g} GiB")
        members = self.members(seen.name)
        if not members:
            return seen.name
        fitting = self._with_memory(members, seen)
        if not fitting:
            return f"{_SIZE.sub('', seen.name).strip()} {_sensible(seen.memory_gib)}GB"
        fitting = self._with_form(fitting, f"{seen.name} {seen.hints}".casefold())
        if len(fitting) == 1:
            return fitting[0]
        covering = [members for members in self.families if members.issuperset(fitting)]
        return self.families[min(covering, key=len)] if covering else seen.name

    def members(self, name: str) -> tuple[str, ...]:
        """The catalogue's GPUs that a spelling may mean; empty if none.

        Marketplaces write `RTX_4070S_Ti` and `RTX5090`, so spaces are ignored
        and a trailing S is read as Super.
        """
        for candidate in _spellings(name):
            found = self.names.members(candidate) or self._squeezed.get(fold(candidate).replace(" ", ""), ())
            known = tuple(member for member in found if member in self.names.gpus)
            if known:
                return known
        return ()

    def _with_memory(self, members: tuple[str, ...], seen: SeenGpu) -> tuple[str, ...]:
        if not seen.memory_gib:
            return members
        for size in seen.memory_gib:
            fitting = tuple(member for member in members if self._fits(member, size))
            if fitting:
                return fitting
        for size in seen.memory_gib:
            other = self.names.members(f"{seen.name} {size:g}GB")
            fitting = tuple(member for member in other if member in self.names.gpus and self._fits(member, size))
            if fitting:
                return fitting
        return ()

    def _fits(self, member: str, size: float) -> bool:
        gib = self.names.gpus[member].memory_gib
        return abs(gib - size) <= MEMORY_TOLERANCE * gib

    def _with_form(self, members: tuple[str, ...], words: str) -> tuple[str, ...]:
        for form, pattern in _FORMS:
            if pattern.search(words):
                fitting = tuple(member for member in members if self._form(member) == form)
                return fitting or members
        return members

    def _form(self, member: str) -> str:
        if "NVL" in member:
            return "NVL"
        form = self.names.gpus[member].form
        return "SXM" if form.startswith("SXM") else form


def _spellings(name: str) -> Iterator[str]:
    plain = re.sub(r"[_]+", " ", name).strip()
    yield plain
    bare = _SIZE.sub(" ", _NOISE.sub(" ", fold(plain))).strip()
    yield bare
    yield re.sub(r"(\d{4}) ?s\b(?: ti)?", lambda m: f"{m[1]} ti super" if "ti" in m[0] else f"{m[1]} super", bare)
    yield re.sub(r"\b(?:ws|wk)$", "workstation", bare)
    yield re.sub(r"\bhgx\b", "sxm", bare)
    yield f"rtx {bare}"
    yield re.sub(r"(6000|4500) ?s$", r"\1 server", bare)


def _sensible(sizes: tuple[float, ...]) -> int:
    return round(next(size for size in sizes if 0 < size <= LARGEST_GIB))


def memory_readings(
    texts: Iterable[str], per_gpu: float | None, total: float | None, count: float
) -> tuple[float, ...]:
    """What a memory figure may mean per GPU, the likeliest first. [GiB]

    Sellers give it per GPU, for all GPUs together, twice multiplied by their
    number, or in GB where MiB is written. A size in a name comes first: people
    choose names, programs fill in figures.

    Args:
        texts: Names that may hold a size, such as ``8xA100_80GB``.
        per_gpu: The figure given for one GPU, as written. [MiB, or what passes for it]
        total: The figure given for all. [same]
        count: Number of GPUs.

    Example:
        >>> memory_readings(["8xA100_80GB"], 655360, 5242880, 8)[0]
        80.0
        >>> memory_readings([], 48, 96, 2), round(memory_readings([], 49128, 49128, 2)[0])
        ((48.0, 24.0), 24)
    """
    named = [float(match[1]) for text in texts for match in _SIZE.finditer(text)]
    figures: list[float] = []
    if per_gpu and total and count > 1 and abs(per_gpu - total) < 1e-6 * total:
        per_gpu, total = None, total
    for figure, shares in ((per_gpu, (1.0, count)), (total, (count, count * count))):
        if figure:
            gib = figure if figure <= LARGEST_GIB * 0.5 else figure / 1024.0
            figures += [gib / share for share in shares]
    return tuple(dict.fromkeys(size for size in (*named, *figures) if size >= 1.0 or size in named))


def described(info: object) -> tuple[str, float | None, float | None]:
    """Name and memory figures inside a GpuInfo cell, whichever way it is nested.

    Example:
        >>> described("{'Gpus': [{'Name': 'T4', 'MemoryInfo': {'SizeInMiB': 16384}, 'TotalGpuMemoryInMiB': 16384}]}")
        ('T4', 16384.0, 16384.0)
        >>> described("V100-32GB")
        ('V100-32GB', None, None)
    """
    value = literal(info) if isinstance(info, str) else info
    if not isinstance(value, dict):
        return (str(value or ""), None, None)
    gpus = value.get("Gpus")
    gpu: Any = gpus[0] if isinstance(gpus, list) and gpus and isinstance(gpus[0], dict) else {}
    memory = gpu.get("MemoryInfo")
    per_gpu = memory.get("SizeInMiB") if isinstance(memory, dict) else None
    total = value.get("TotalGpuMemoryInMiB", gpu.get("TotalGpuMemoryInMiB"))
    return (str(gpu.get("Name") or ""), _positive(per_gpu), _positive(total))


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


def load_gpus(root: Traversable | None = None) -> Gpus:
    """The GPUs and aliases we ship."""
    folder = root or tables.data_folder()
    gpus: list[Gpu] = tables.read_table(folder / "gpus.csv", Gpu)
    aliases: list[GpuAlias] = tables.read_table(folder / "gpu_aliases.csv", GpuAlias)
    return Gpus(GpuNames.from_tables(gpus, aliases), _family_names(aliases))


def _family_names(aliases: Iterable[GpuAlias]) -> Mapping[frozenset[str], str]:
    """The plainest spelling of each family: the start of a member's name if there is one, words rather than hyphens."""
    spelled: dict[frozenset[str], list[str]] = {}
    for alias in aliases:
        if alias.kind == "family":
            spelled.setdefault(frozenset(alias.members), []).append(alias.alias)
    return {
        members: min(names, key=lambda name: (not any(m.startswith(name) for m in members), "-" in name, -len(name)))
        for members, names in spelled.items()
    }
