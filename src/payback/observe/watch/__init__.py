"""Watching GPUs at work: samples from sensors, energy and hours from samples, a log that survives.

A sensor that is silent is unknown, never 0. What happened between two samples is known only when they lie close
together; a gap is written down as a gap.
"""

from __future__ import annotations

from payback.observe.watch.intervals import Interval, between
from payback.observe.watch.sample import GpuReading, Moment, Sample

__all__ = ["GpuReading", "Interval", "Moment", "Sample", "between"]
