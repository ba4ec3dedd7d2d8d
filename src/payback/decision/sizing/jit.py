"""The one place where numba enters: replay kernels are compiled on first use.

numba is the optional extra ``engine``. Modules that hold kernels import this one, and everything else imports
those modules inside the function that needs them, so that ``import payback`` works without numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from payback.errors import MissingExtraError

try:
    import numba
except ImportError as error:
    raise MissingExtraError("Replaying a job log", "engine") from error

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def kernel(function: Kernel) -> Kernel:
    """Compile a function of integers and arrays; it runs without the interpreter lock and is cached on disk.

    Releasing the lock is what lets a sweep run on plain threads.
    """
    return cast("Kernel", numba.njit(nogil=True, cache=True)(function))


def part(function: Kernel) -> Kernel:
    """Compile a piece of a kernel, pasted in where it is called: passing a dozen arrays can cost more than it."""
    return cast("Kernel", numba.njit(nogil=True, cache=True, inline="always")(function))
