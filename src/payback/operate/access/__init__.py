"""A kit that makes an owned machine reachable without a fixed address: shown first, undone exactly."""

from payback.operate.access.kit import make_kit
from payback.operate.access.request import AccessKit, AccessRequest
from payback.operate.access.write import write_kit

__all__ = ["AccessKit", "AccessRequest", "make_kit", "write_kit"]
