"""Where samples come from: NVIDIA's and AMD's sensors, other people's exporters, recordings."""

from __future__ import annotations

from payback.observe.watch.sources.base import SensorLostError, Source
from payback.observe.watch.sources.choose import SOURCES, open_source
from payback.observe.watch.sources.recorded import read_recording

__all__ = ["SOURCES", "SensorLostError", "Source", "open_source", "read_recording"]
