"""payback: build, buy or rent a deep-learning computer, which exactly, and when does it pay back?

>>> import datetime as dt, payback
>>> answer = payback.plan(payback.Question(as_of=dt.date(2026, 11, 23)))
>>> answer.advice.verdict
'rent'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payback.answers import plan
    from payback.catalogue.catalogue import load as load_catalogue
    from payback.question import Question

__all__ = ["Question", "load_catalogue", "plan"]
_HOMES = {
    "Question": ("payback.question", "Question"),
    "load_catalogue": ("payback.catalogue.catalogue", "load"),
    "plan": ("payback.answers", "plan"),
}


def __getattr__(name: str) -> Any:
    """Public names, imported when first used so that ``import payback`` stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'payback' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
