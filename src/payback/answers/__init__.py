"""One public function a question: the only thing the command line, the web app and the assistants call."""

from __future__ import annotations

from payback.answers.after import access, launch
from payback.answers.bill import bill
from payback.answers.choice import article, backtest, calibration, claim, odds, plan
from payback.answers.idle import idle, idle_replay, idle_report
from payback.answers.lab import StatedPrices, size
from payback.answers.machines import (
    assemble,
    check,
    check_lists,
    prebuilts_like,
    stated_machines,
    upgrade_path,
    ways_to_save,
    why_not,
)
from payback.answers.market import (
    export_prices,
    price_history,
    price_movers,
    price_quarantine,
    price_sources,
    prices,
    prices_edition,
    refresh,
)
from payback.answers.measure import bench, bench_compare, speed
from payback.answers.watch import watch, watch_replay, watch_summary

__all__ = [
    "StatedPrices",
    "access",
    "article",
    "assemble",
    "backtest",
    "bench",
    "bench_compare",
    "bill",
    "calibration",
    "check",
    "check_lists",
    "claim",
    "export_prices",
    "idle",
    "idle_replay",
    "idle_report",
    "launch",
    "odds",
    "plan",
    "prebuilts_like",
    "price_history",
    "price_movers",
    "price_quarantine",
    "price_sources",
    "prices",
    "prices_edition",
    "refresh",
    "size",
    "speed",
    "stated_machines",
    "upgrade_path",
    "watch",
    "watch_replay",
    "watch_summary",
    "ways_to_save",
    "why_not",
]
