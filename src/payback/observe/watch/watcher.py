"""The watcher: reads the sensors on time, writes the log, outlives drivers that go away.

It holds no thread and sleeps between samples. When the sensors do not answer it writes that down at every due time
and tries to connect again at 1, 2, 4... and at most every 60 s, so that a driver can be unloaded and loaded in peace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from payback.observe.watch.clocks import Clocks
from payback.observe.watch.sample import Moment, Sample
from payback.observe.watch.sources.base import SensorLostError, Source

MOST_PATIENCE_S: Final = 60.0
LEAST_PERIOD_S: Final = 0.2


class Watcher:
    """Takes samples of a source at a period.

    Args:
        source: The sensors.
        period_s: Time from one sample to the next. [s]
        clocks: What tells the time.
    """

    def __init__(self, source: Source, period_s: float, clocks: Clocks) -> None:
        self.source = source
        self.period_s = max(LEAST_PERIOD_S, period_s)
        self._clocks = clocks
        self._begun = clocks.now()
        self._cpu_begun_s = clocks.cpu_s()
        self._retry_s = 0.0
        self._retry_at_s: float | None = None
        self._lost: str | None = None

    def sample(self) -> Sample:
        """One sample now; a lost sensor is a sample that says so."""
        at = self._clocks.now()
        if self._retry_at_s is not None and _seconds(at) < self._retry_at_s:
            return Sample(at=at, lost=self._lost, next_s=self.period_s)
        try:
            gpus = self.source.read()
        except SensorLostError as error:
            self._wait_longer(at, str(error))
            return Sample(at=at, lost=self._lost, next_s=self.period_s)
        self._retry_s, self._retry_at_s, self._lost = 0.0, None, None
        return Sample(at=at, gpus=gpus, next_s=self.period_s)

    def run(self, stopping: Callable[[], bool] = lambda: False) -> Iterator[Sample]:
        """Samples at even times until `stopping`; a late one is not made up for.

        Args:
            stopping: Asked before each sample and after each sleep.
        """
        due_s = _seconds(self._clocks.now())
        while not stopping():
            yield self.sample()
            now_s = _seconds(self._clocks.now())
            due_s = max(due_s + self.period_s, now_s)
            self._clocks.sleep(max(0.0, due_s - now_s))

    @property
    def cpu_share(self) -> float | None:
        """Processor time this process used since the watcher began, over the time passed; one core is 1."""
        passed_s = _seconds(self._clocks.now()) - _seconds(self._begun)
        return (self._clocks.cpu_s() - self._cpu_begun_s) / passed_s if passed_s > 0 else None

    def _wait_longer(self, at: Moment, why: str) -> None:
        self._lost = why
        self._retry_s = min(MOST_PATIENCE_S, self._retry_s * 2 or 1.0)
        self._retry_at_s = _seconds(at) + self._retry_s


def _seconds(at: Moment) -> float:
    """A clock that only runs forward, where there is one."""
    return at.unix_s if at.elapsed_s is None else at.elapsed_s
