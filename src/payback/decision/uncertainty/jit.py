"""The one place where numba enters: kernels are compiled on first use and kept on disk.

numba is the optional extra ``engine``. Modules that hold kernels import this
one; everything else imports those modules inside the function that needs
them, so that the NumPy engine works without numba.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from payback.errors import MissingExtraError

try:
    import numba
except ImportError as error:
    raise MissingExtraError("The compiled simulation", "engine") from error

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

STRICT = {"contract", "nsz"}
"""Multiply and add may be fused; nothing is reordered, because range reduction relies on the order."""
SUMS = {"contract", "nsz", "reassoc"}
"""Sums over lanes may also be reordered; the order is fixed when the kernel is compiled, not by the threads."""


KERNEL_SOURCES = (
    "elementary",
    "inputs",
    "jit",
    "kernel",
    "kernel_costs",
    "kernel_features",
    "kernel_payback",
    "kernel_scan",
    "kernel_sobol",
    "lanes",
    "layout",
    "model",
    "pack",
    "philox",
    "tally",
)
"""Modules whose code or constants end up in compiled code."""


_njit: Any = numba.njit
COMMON: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""No reference counts: kernels make no arrays, and counting the views of theirs takes longer than the arithmetic."""


def entry(function: Kernel) -> Kernel:
    """Compile a function that Python calls; it runs without the interpreter lock and is kept on disk.

    numba keeps it beside the source, or in the user's cache where that cannot be
    written. Where neither can, it is compiled anew in each process.
    """
    try:
        return cast("Kernel", _njit(cache=True, fastmath=STRICT, **COMMON)(function))
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        return cast("Kernel", _njit(fastmath=STRICT, **COMMON)(function))


def kernel(function: Kernel) -> Kernel:
    """Compile a function that other kernels call; it is kept as part of them."""
    return cast("Kernel", _inner(STRICT)(function))


def summing(function: Kernel) -> Kernel:
    """Compile a kernel whose sums may be reordered."""
    return cast("Kernel", _inner(SUMS)(function))


def part(function: Kernel) -> Kernel:
    """Compile a piece that is pasted where it is called."""
    return cast("Kernel", _njit(fastmath=STRICT, inline="always", **COMMON)(function))


def _inner(fastmath: set[str]) -> Callable[[Any], Any]:
    made = _njit(fastmath=fastmath, no_cpython_wrapper=True, no_cfunc_wrapper=True, **COMMON)
    return cast("Callable[[Any], Any]", made)


def source_stamp() -> str:
    """A digest of the source that kernels are made of.

    numba keeps a compiled function until the file it stands in changes; an
    entry that closes over the stamp is compiled anew when any file changes.
    """
    digest = hashlib.blake2b(digest_size=8)
    for name in KERNEL_SOURCES:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()
