"""The one place where numba enters: replay kernels are compiled on first use and kept on disk.

numba is the optional extra ``engine``. Modules that hold kernels import this one, and everything else imports
those modules inside the function that needs them, so that ``import payback`` works without numba.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import platformdirs

from payback.errors import MissingExtraError

try:
    import numba
except ImportError as error:
    raise MissingExtraError("Replaying a job log", "engine") from error

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def kernel(function: Kernel) -> Kernel:
    """Compile a function of integers and arrays that runs without the interpreter lock and owns no memory.

    Releasing the lock is what lets a sweep run on plain threads. A kernel works on arrays its caller owns and holds,
    so it need not count references to them: counting them took two thirds of the time of a backfilling replay, and
    slowed threads that share a trace. In return it cannot make arrays; ``allocating`` can.
    """
    return cast("Kernel", _compiled(function, _nrt=False))


def part(function: Kernel) -> Kernel:
    """Compile a piece of a kernel, pasted in where it is called: passing a dozen arrays can cost more than it."""
    return cast("Kernel", _compiled(function, _nrt=False, inline="always"))


def allocating(function: Kernel) -> Kernel:
    """Compile a function that makes arrays of its own."""
    return cast("Kernel", _compiled(function))


def _compiled(function: Callable[..., object], **options: Any) -> Callable[..., object]:
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = cache_folder()
    try:
        return cast("Callable[..., object]", numba.njit(nogil=True, cache=True, **options)(function))
    except (OSError, RuntimeError):
        return cast("Callable[..., object]", numba.njit(nogil=True, **options)(function))
    finally:
        config.CACHE_DIR = before


@cache
def cache_folder() -> str:
    """Where compiled kernels are kept, one folder for every state of the sources.

    numba keeps a kernel as long as the kernel's own file is unchanged, though it may have pasted in functions of
    other files; after an update it would run the old ones. So the folder's name is a digest of all files here.
    """
    digest = sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return str(Path(platformdirs.user_cache_dir("payback", appauthor=False)) / "kernels" / digest.hexdigest()[:16])
