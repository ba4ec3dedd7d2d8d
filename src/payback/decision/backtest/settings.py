"""Who asks, on which days, and how far ahead: the grid of a backtest."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass
from typing import Literal

from payback.question import Finance, Preferences, Question, Site, Work
from payback.units import MONTHS_PER_YEAR

FIRST_DAY = dt.date(2016, 11, 1)
"""The oldest rent in the catalogue was seen in October 2016."""
QUARTER_MONTHS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A kind of user: GPUs and hours of the day's usual card."""

    name: str
    gpus: int
    hours_per_day: float
    vram_gib: float
    """Memory every GPU must have. [GiB]"""


USERS = (
    User(name="student", gpus=1, hours_per_day=3.0, vram_gib=8.0),
    User(name="researcher", gpus=1, hours_per_day=8.0, vram_gib=11.0),
    User(name="lab", gpus=4, hours_per_day=12.0, vram_gib=11.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The grid of a backtest and the rules of what counts as known."""

    until: dt.date
    """Last day of the record; advice whose horizon ends later cannot be judged yet."""
    users: tuple[User, ...] = USERS
    months: int = 24
    """Horizon of each question. [months]"""
    first: dt.date = FIRST_DAY
    every_months: int = QUARTER_MONTHS
    equal: Literal["work", "hours"] = "work"
    max_price_age_days: int = 400
    """Older prices are not acted on. Some years have two observations a seller, hence more than a year. [days]"""
    seen_days: int = 400
    """An offer not seen for longer, and never again, has ended. [days]"""
    resale_window_days: int = 183
    """A used price farther from the day of the sale than this does not count. [days]"""
    sales_tax_share: float = 0.0
    """Purchase tax: its rate is recorded for few past years, so none is charged unless you set one."""

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Days on which advice is asked: those whose horizon lies within the record.

        Example:
            >>> settings = Settings(until=dt.date(2019, 6, 1), first=dt.date(2016, 11, 1))
            >>> [day.isoformat() for day in settings.days]
            ['2016-11-01', '2017-02-01', '2017-05-01']
        """
        found, day = [], self.first
        while add_months(day, self.months) <= self.until:
            found.append(day)
            day = add_months(day, self.every_months)
        return tuple(found)

    def as_dict(self) -> dict[str, object]:
        """The form in which `payback backtest --json` prints the grid."""
        return {
            "first": self.first.isoformat(),
            "until": self.until.isoformat(),
            "every_months": self.every_months,
            "months": self.months,
            "equal": self.equal,
            "max_price_age_days": self.max_price_age_days,
            "seen_days": self.seen_days,
            "resale_window_days": self.resale_window_days,
            "sales_tax_share": self.sales_tax_share,
            "users": [
                {"name": u.name, "gpus": u.gpus, "hours_per_day": u.hours_per_day, "vram_gib": u.vram_gib}
                for u in self.users
            ],
        }


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day some months later, or the last one of a shorter month.

    Example:
        >>> add_months(dt.date(2016, 11, 30), 3)
        datetime.date(2017, 2, 28)
    """
    index = day.year * MONTHS_PER_YEAR + day.month - 1 + months
    year, month = divmod(index, MONTHS_PER_YEAR)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def question_of(user: User, day: dt.date, settings: Settings) -> Question:
    """What a kind of user asks on a day: at home in the United States, prices of the country."""
    return Question(
        as_of=day,
        work=Work(
            gpus=user.gpus,
            hours_per_day=user.hours_per_day,
            months=settings.months,
            vram_gib=user.vram_gib,
            equal=settings.equal,
        ),
        site=Site(country="US"),
        finance=Finance(sales_tax=settings.sales_tax_share),
        options=Preferences(max_price_age_days=settings.max_price_age_days),
    )
