"""What a backtest found: trials, their summary, and how many could be judged at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean, median

from payback.decision.backtest.settings import Settings, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one option was expected to cost, and what it cost."""

    option: str
    label: str
    kind: str
    expected_usd: float
    realised_usd: float | None
    """None where a price it depends on was not recorded."""
    assumed_usd: float = 0.0
    """Part of the resale that is assumed, because nobody records used cases and boards. [USD]"""
    why_unknown: str = ""
    facts: tuple[str, ...] = ()
    """Later observations it rests on."""

    @property
    def is_owned(self) -> bool:
        """Whether one owned the machine."""
        return self.kind != "rent"

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print an outcome."""
        return {
            "option": self.option,
            "label": self.label,
            "kind": self.kind,
            "expected_usd": self.expected_usd,
            "realised_usd": self.realised_usd,
            "assumed_usd": self.assumed_usd,
            "why_unknown": self.why_unknown,
            "facts": list(self.facts),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One piece of advice and what became of it."""

    day: dt.date
    user: User
    verdict: str | None
    """None where no advice could be given."""
    advised: Outcome | None
    best: Outcome | None
    """Cheapest in hindsight among the options of the day whose outcome is known."""
    best_owned: Outcome | None
    best_rented: Outcome | None
    """The cheapest known outcome of either side."""
    on_offer: int
    """Options of the day."""
    evaluated: int
    """Those whose outcome is known."""
    why: str = ""
    """Why it could not be judged."""

    @property
    def judged(self) -> bool:
        """Whether the outcome of the advice is known."""
        return self.advised is not None and self.advised.realised_usd is not None

    @property
    def complete(self) -> bool:
        """Whether the outcome of every option of the day is known; if not, the regret may be larger than shown."""
        return self.judged and self.evaluated == self.on_offer

    @property
    def regret_usd(self) -> float | None:
        """What the advice cost more than the best known option. [USD]"""
        if self.advised is None or self.best is None or self.advised.realised_usd is None:
            return None
        assert self.best.realised_usd is not None
        return self.advised.realised_usd - self.best.realised_usd

    @property
    def regret_share(self) -> float | None:
        """The same over the cost of the best."""
        regret = self.regret_usd
        if regret is None or self.best is None or not self.best.realised_usd or self.best.realised_usd < 0:
            return None
        return regret / self.best.realised_usd

    @property
    def right_side(self) -> bool | None:
        """Whether own-or-rent was right; None unless an owned and a rented outcome are known."""
        if not self.judged or self.advised is None or self.best_owned is None or self.best_rented is None:
            return None
        assert self.best_owned.realised_usd is not None
        assert self.best_rented.realised_usd is not None
        return self.advised.is_owned == (self.best_owned.realised_usd < self.best_rented.realised_usd)

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print a trial."""
        return {
            "day": self.day.isoformat(),
            "user": self.user.name,
            "verdict": self.verdict,
            "advised": self.advised.as_dict() if self.advised else None,
            "best": self.best.as_dict() if self.best else None,
            "best_owned": self.best_owned.as_dict() if self.best_owned else None,
            "best_rented": self.best_rented.as_dict() if self.best_rented else None,
            "regret_usd": self.regret_usd,
            "regret_share": self.regret_share,
            "right_side": self.right_side,
            "on_offer": self.on_offer,
            "evaluated": self.evaluated,
            "complete": self.complete,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Trials of one year and one kind of user."""

    year: int | None
    """None for all years."""
    user: str
    trials: int
    judged: int
    median_regret_share: float | None
    mean_regret_share: float | None
    worst_regret_share: float | None
    best_chosen: int
    """How often the advice was the best known option."""
    sides_judged: int
    """How often an owned and a rented outcome are both known."""
    right_side: int
    """How often own-or-rent was right among those."""

    def as_dict(self) -> dict[str, object]:
        """The form in which answers print a summary."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """All trials of a grid."""

    settings: Settings
    trials: tuple[Trial, ...]

    @property
    def judged(self) -> tuple[Trial, ...]:
        """Trials whose outcome is known."""
        return tuple(trial for trial in self.trials if trial.judged)

    def summaries(self) -> list[Summary]:
        """By year and user, then over all years."""
        return [*self._by_year(), *(self._summary(None, user.name) for user in self.settings.users)]

    def _by_year(self) -> Iterator[Summary]:
        for year in sorted({trial.day.year for trial in self.trials}):
            for user in self.settings.users:
                yield self._summary(year, user.name)

    def _summary(self, year: int | None, user: str) -> Summary:
        trials = [t for t in self.trials if t.user.name == user and year in (None, t.day.year)]
        shares = [trial.regret_share for trial in trials if trial.regret_share is not None]
        sides = [trial.right_side for trial in trials if trial.right_side is not None]
        return Summary(
            year=year,
            user=user,
            trials=len(trials),
            judged=sum(trial.judged for trial in trials),
            median_regret_share=median(shares) if shares else None,
            mean_regret_share=mean(shares) if shares else None,
            worst_regret_share=max(shares, default=None),
            best_chosen=sum(trial.regret_usd == 0 for trial in trials),
            sides_judged=len(sides),
            right_side=sum(sides),
        )

    def as_dict(self) -> dict[str, object]:
        """The form in which `payback backtest --json` prints the whole."""
        return {
            "schema": "payback.backtest/1",
            "settings": self.settings.as_dict(),
            "coverage": {
                "trials": len(self.trials),
                "judged": len(self.judged),
                "complete": sum(trial.complete for trial in self.trials),
                "own_or_rent_judged": sum(trial.right_side is not None for trial in self.trials),
                "options_on_offer": sum(trial.on_offer for trial in self.trials),
                "options_evaluated": sum(trial.evaluated for trial in self.trials),
            },
            "summary": [summary.as_dict() for summary in self.summaries()],
            "trials": [trial.as_dict() for trial in self.trials],
        }
