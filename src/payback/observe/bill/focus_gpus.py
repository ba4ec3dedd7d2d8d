"""GPUs billed apart from their machine: Google Cloud's and Oracle's way.

Google bills a machine as cores, memory and GPUs. Families that exist only with GPUs (A2, A3, A4, G2, G4) are told by
the words for their cores and memory, whose cost then belongs to the GPUs; cores of N1 may have GPUs or not, and
count as other.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from payback.catalogue.collect.instances import instance_gpus
from payback.observe.bill import lines
from payback.observe.bill.lines import LineKey
from payback.observe.bill.machines import GOOGLE, OCI, MachineGpus, Machines
from payback.observe.bill.rules import EFFECTIVE, Rule, Texts, gpu_key, hours_factor

_GOOGLE_GPU: Final = re.compile(r"nvidia (?P<gpu>[\w ]+?) gpus? (attached to|running in)", re.IGNORECASE)
_GOOGLE_HOST: Final = re.compile(r"\b(?P<family>a2|a3|a4x?|g2|g4)( \w+)? instance (core|ram) running in", re.IGNORECASE)
_OCI_GPU: Final = re.compile(r"\bgpu( standard)?\s*-\s*(?P<gpu>[\w .-]+)", re.IGNORECASE)


def gpu_sku_rule(texts: Texts, provider: str, machines: Machines, term: str) -> Rule | None:
    """The rule of a row that bills GPUs by themselves, or the rest of their machine; None for any other row."""
    words = [texts.get(name, "") for name in ("meter", "description")]
    if provider == GOOGLE:
        return _google(texts, words, machines, term)
    if provider == OCI:
        return _found(texts, OCI, _OCI_GPU, words, machines, term)
    return None


def _google(texts: Texts, words: list[str], machines: Machines, term: str) -> Rule | None:
    host = next((found for word in words if (found := _GOOGLE_HOST.search(word))), None)
    if host is not None:
        item = host["family"].casefold()
        key = LineKey(category=lines.GPU, provider=GOOGLE, item=item, term=term, currency=texts["currency"])
        return Rule(key=key, effective=EFFECTIVE)
    return _found(texts, GOOGLE, _GOOGLE_GPU, words, machines, term)


def _found(
    texts: Texts, provider: str, pattern: re.Pattern[str], words: list[str], machines: Machines, term: str
) -> Rule | None:
    named = next((found["gpu"].strip() for word in words if (found := pattern.search(word))), None)
    hours = hours_factor(texts.get("unit", ""))
    if named is None:
        return None
    gpu = machines.gpu(provider, named)
    if gpu is None:
        key = LineKey(
            category=lines.UNKNOWN,
            provider=provider,
            item=f"{named} GPU",
            term=term,
            unit="gpu_h",
            currency=texts["currency"],
        )
        return Rule(key=key, factor=hours, effective=EFFECTIVE)
    item = _family(gpu) if provider == GOOGLE else f"{named} GPU"
    key = gpu_key(provider, item, term, MachineGpus(gpu=gpu, count=1), texts["currency"], unit="gpu_h")
    return Rule(key=key, factor=hours, effective=EFFECTIVE)


@cache
def _family(gpu: str) -> str:
    """The family of machines in which Google sells a GPU: "a2"; "n1" for those that are attached."""
    families = {
        instance.partition("-")[0]
        for (provider, instance), machine in instance_gpus().items()
        if provider == GOOGLE and machine.gpu == gpu
    }
    return families.pop() if len(families) == 1 else "n1"
