"""Advice given on past days against what then happened."""

from payback.decision.backtest.calibration import Calibration, calibrate
from payback.decision.backtest.result import Backtest, Outcome, Summary, Trial
from payback.decision.backtest.run import backtest
from payback.decision.backtest.settings import USERS, Settings, User

__all__ = [
    "USERS",
    "Backtest",
    "Calibration",
    "Outcome",
    "Settings",
    "Summary",
    "Trial",
    "User",
    "backtest",
    "calibrate",
]
