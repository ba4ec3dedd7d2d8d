"""Stopping a machine that idles: a rule, a notice, an action, and what it saved.

The rule is a pure state machine (`state.step`) over samples; what it promises stands in its docstring and is tested
against generated sequences. Dry run is the default everywhere.
"""

from __future__ import annotations

from payback.operate.idle.rule import Condition, Rule
from payback.operate.idle.state import Decision, State, reported, step

__all__ = ["Condition", "Decision", "Rule", "State", "reported", "step"]
