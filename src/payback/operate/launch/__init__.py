"""Hand-off to a launcher: SkyPilot or dstack files for the chosen offer, home first, with the expected bill."""

from payback.operate.launch.prepare import prepare
from payback.operate.launch.request import DEFAULT_IDLE_MINUTES, Launch, LaunchRequest, OwnHost

__all__ = ["DEFAULT_IDLE_MINUTES", "Launch", "LaunchRequest", "OwnHost", "prepare"]
