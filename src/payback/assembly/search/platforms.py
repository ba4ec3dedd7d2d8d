"""Every pair of a processor and a board that go together, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from payback.assembly.rules_memory import CLOCKED_SOCKETS
from payback.assembly.rules_platform import canonical_socket
from payback.assembly.search.candidates import Candidate
from payback.assembly.search.court import Court
from payback.assembly.search.dominance import board_face, board_layout, board_shape

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Platforms:
    """Processors and boards by number, and the pairs of them that pass SOCKET and CPU_CHIPSET_SUPPORT."""

    def __init__(
        self,
        cpus: Sequence[Candidate],
        boards: Sequence[Candidate],
        court: Court,
        allowed: frozenset[str] | None,
    ) -> None:
        self.cpus, self.boards = cpus, boards
        self.cpu_parts: list[Any] = [offer.part for offer in cpus]
        self.board_parts: list[Any] = [offer.part for offer in boards]
        self._pair(court, allowed)
        self.base_usd: Floats = _of(cpus, _usd)[self.cpu_of] + _of(boards, _usd)[self.board_of]
        self.cpu_w: Floats = _of(self.cpu_parts, lambda cpu: cpu.full_power_w)[self.cpu_of]
        self.cores: Floats = _of(self.cpu_parts, lambda cpu: cpu.cores)[self.cpu_of]
        self.slots: Floats = _of(self.board_parts, lambda board: len(board.slots))[self.board_of]
        self.forms, form_numbers = numbered([board_face(board) for board in self.board_parts])
        self.form_of: Ints = form_numbers[self.board_of]
        self._memory_profiles()
        _, socket_numbers = numbered([canonical_socket(board.socket) for board in self.board_parts])
        self.socket_of: Ints = socket_numbers[self.board_of]

    def __len__(self) -> int:
        return len(self.cpu_of)

    def _pair(self, court: Court, allowed: frozenset[str] | None) -> None:
        by_socket: dict[str, list[int]] = {}
        for number, cpu in enumerate(self.cpu_parts):
            by_socket.setdefault(canonical_socket(cpu.socket), []).append(number)
        taken: dict[tuple[str, str], list[int]] = {}
        cpu_of: list[int] = []
        board_of: list[int] = []
        for number, board in enumerate(self.board_parts):
            key = (board.socket, board.chipset)
            if key not in taken:
                alike = by_socket.get(canonical_socket(board.socket), ())
                taken[key] = [cpu for cpu in alike if court.platform(self.cpu_parts[cpu], board, allowed)]
            cpu_of += taken[key]
            board_of += [number] * len(taken[key])
        self.cpu_of: Ints = np.array(cpu_of, dtype=np.int64)
        self.board_of: Ints = np.array(board_of, dtype=np.int64)

    def _memory_profiles(self) -> None:
        """Number the pairs by what decides which memory they take; `profile_first` has one pair of each number."""
        _, by_cpu = numbered([(cpu.max_memory_gb, cpu.memory_channels) for cpu in self.cpu_parts])
        _, by_board = numbered([_memory_traits(board) for board in self.board_parts])
        both = by_cpu[self.cpu_of] * (len(self.board_parts) + 1) + by_board[self.board_of]
        _, first, numbers = np.unique(both, return_index=True, return_inverse=True)
        self.profile_first: list[int] = first.tolist()
        self.profile_of: Ints = numbers.astype(np.int64)

    def cpu(self, platform: int) -> Any:
        """The processor of a pair."""
        return self.cpu_parts[self.cpu_of[platform]]

    def board(self, platform: int) -> Any:
        """The board of a pair."""
        return self.board_parts[self.board_of[platform]]

    def name(self, platform: int) -> str:
        """What counts as one platform: the socket."""
        return canonical_socket(self.board(platform).socket)

    def shape(self, platform: int) -> int:
        """A number that boards share if cards and drives stand on them alike."""
        return int(self._shapes[self.board_of[platform]])

    @cached_property
    def _shapes(self) -> Ints:
        return numbered([board_shape(board) for board in self.board_parts])[1]

    def layout(self, platform: int) -> int:
        """A number that boards share if cards find slots on them alike."""
        return int(self.layout_of[platform])

    @cached_property
    def layout_of(self) -> Ints:
        """Number the pairs by the layout of their board."""
        return numbered([board_layout(board) for board in self.board_parts])[1][self.board_of]

    @cached_property
    def shape_of(self) -> Ints:
        """Number the pairs by the shape of their board."""
        numbers: Ints = self._shapes[self.board_of]
        return numbers

    @cached_property
    def place_of(self) -> Ints:
        """Number the pairs by what decides whether cards find room on them: shape and form."""
        return _joined(self.shape_of, self.form_of)

    @cached_property
    def stance_of(self) -> Ints:
        """Number the pairs by what decides whether cards stand on them: shape, form, lanes of the processor."""
        _, by_cpu = numbered([(cpu.pcie_lanes, cpu.pcie_gen, cpu.lanes_trusted, cpu.socket) for cpu in self.cpu_parts])
        return _joined(self.place_of, by_cpu[self.cpu_of])


def _usd(offer: Candidate) -> float:
    return offer.price_usd


def _of(things: Sequence[Any], value: Callable[[Any], float]) -> Floats:
    return np.array([value(thing) for thing in things], dtype=np.float64)


def _joined(one: Ints, other: Ints) -> Ints:
    """Number pairs of numbers."""
    width = int(other.max()) + 1 if len(other) else 1
    numbers: Ints = np.unique(one * width + other, return_inverse=True)[1].astype(np.int64)
    return numbers


def numbered(values: Sequence[Any]) -> tuple[list[int], Ints]:
    """Number equal values alike; also the position of the first of each."""
    numbers: dict[Any, int] = {}
    first: list[int] = []
    found = []
    for position, value in enumerate(values):
        number = numbers.setdefault(value, len(numbers))
        if number == len(first):
            first.append(position)
        found.append(number)
    return first, np.array(found, dtype=np.int64)


def _memory_traits(board: Any) -> tuple[Any, ...]:
    clocked = board.socket in CLOCKED_SOCKETS
    return board.memory_type, board.dimm_class, board.dimm_slots, board.max_memory_gb, board.memory_channels, clocked
