"""The one seam through which many replays run: on threads of this machine, or on the workers of a Dask cluster.

Kernels release the interpreter lock, so threads scale; a cluster is worth its start only for hours of work. Either
way a batch is a pure function of what is shared and of the batch itself, so results do not depend on where it ran.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from payback.errors import BadQuestionError, MissingExtraError

Shared = TypeVar("Shared")
Batch = TypeVar("Batch")
Result = TypeVar("Result")
CONNECT_S = 30
RETRIES = 3
"""Times a batch is given to another worker after its own one died."""


def run_batches(
    function: Callable[[Shared, Batch], Result],
    batches: Sequence[Batch],
    *,
    shared: Shared,
    cluster: str | None = None,
    threads: int | None = None,
) -> list[Result]:
    """Apply a function to every batch; results come in the order of the batches.

    Args:
        function: Pure function of ``shared`` and one batch; for a cluster it must be importable there.
        batches: What differs between calls; keep each to a tenth of a second or more.
        shared: What all calls share, such as the trace; sent to every worker once.
        cluster: Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``; None for this machine.
        threads: Threads on this machine; None for one a processor.

    Raises:
        MissingExtraError: A cluster is named and ``distributed`` is not installed.
        BadQuestionError: Nobody answers at that address.

    Example:
        >>> run_batches(lambda factor, batch: [factor * item for item in batch], [(1, 2), (3,)], shared=10, threads=2)
        [[10, 20], [30]]
    """
    if cluster is not None:
        return _on_cluster(function, batches, shared, cluster)
    threads = threads or os.cpu_count() or 1
    if threads == 1 or len(batches) < 2:
        return [function(shared, batch) for batch in batches]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda batch: function(shared, batch), batches))


def dealt(items: Sequence[Batch], hands: int) -> list[tuple[Batch, ...]]:
    """Deal items round like cards, so that hands of neighbouring, similar items cost alike.

    Example:
        >>> dealt([1, 2, 3, 4, 5], 2)
        [(1, 3, 5), (2, 4)]
    """
    return [hand for start in range(hands) if (hand := tuple(items[start::hands]))]


def _on_cluster(
    function: Callable[[Shared, Batch], Result], batches: Sequence[Batch], shared: Shared, address: str
) -> list[Result]:
    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError("Replaying on a cluster", "cluster") from error
    connect: Any = distributed.Client
    died: type[Exception] = distributed.KilledWorker
    try:
        client = connect(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise BadQuestionError(
            "cluster", repr(address), f"the address of a running Dask scheduler ({error})"
        ) from error
    results: dict[int, Result] = {}
    with client:
        for _ in range(RETRIES):
            everywhere = _sent(client, shared)
            if everywhere is None:
                continue
            waiting = {
                number: client.submit(function, everywhere, batch, pure=False, retries=RETRIES)
                for number, batch in enumerate(batches)
                if number not in results
            }
            for number, future in waiting.items():
                # Cancelled: the workers that held the shared data have died, and with it goes what depends on it.
                with suppress(CancelledError, died):
                    results[number] = future.result()
            if len(results) == len(batches):
                return [results[number] for number in range(len(batches))]
    raise BadQuestionError("cluster", f"workers that died {RETRIES} times", f"workers that stay at {address}")


def _sent(client: Any, shared: object) -> Any:
    """What all batches share, on every worker; None if one died while it was on its way."""
    with suppress(OSError, TimeoutError):
        return client.scatter(shared, broadcast=True)
    return None
