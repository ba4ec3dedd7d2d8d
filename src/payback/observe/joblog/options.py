"""What a caller may ask of every reader."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from payback.observe.tables.arrays import Int64Array, UInt64Array
from payback.observe.tables.clock import Clock
from payback.observe.tables.fields import Memory
from payback.observe.tables.table import Column

_SLICE = re.compile(r"\d+g\.\d+gb", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read times, and whether to keep a trace of users."""

    clock: Clock = field(default_factory=Clock)
    user_salt: bytes | None = None
    """Users are dropped unless a salt is given; with one, a keyed hash of each name is kept and never the name."""
    pool_column: str | None = None
    """Column of the table that tells pools apart, in place of the format's own, such as a partition."""
    priority_column: str | None = None
    """Column of the table with priorities as numbers, higher ones first, in place of the format's own."""

    def users(self, column: Column | None, memory: Memory) -> UInt64Array | None:
        """Hashes of the users named, if they were asked for."""
        if self.user_salt is None or column is None:
            return None
        return memory.labels(column, self.hash_of).astype(np.uint64)

    def hash_of(self, user: str) -> int:
        """63 bits that stand for a user; without the salt nobody can tell whose they are."""
        digest = hashlib.blake2b(user.encode(), key=(self.user_salt or b"")[:64], digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 1


class Names:
    """Numbers the names of pools in the order they are met."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._memory = Memory()

    def codes(self, column: Column | None) -> Int64Array | None:
        """The number of each field's name."""
        return None if column is None else self._memory.labels(column, self.code)

    def slices(self, codes: Int64Array) -> npt.NDArray[np.bool_]:
        """Where the name is that of a slice of a GPU, such as 1g.5gb."""
        return np.array([bool(_SLICE.search(name)) for name in self.names] or [False])[codes]

    def code(self, name: str) -> int:
        """The number of one name."""
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)
