"""The form: each field of a question in plain words, with the bounds of its slider and the help of its docstring."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from payback.catalogue.catalogue import load
from payback.catalogue.tables import data_folder, read_table
from payback.performance.workload import Workload
from payback.question import Question
from payback.web.state import query_from_question


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input of the form."""

    key: str
    label: str
    unit: str = ""
    kind: str = "number"
    """number, slider, select, switch or date."""
    low: float | None = None
    high: float | None = None
    slider_high: float | None = None
    step: str = "any"
    choices: Sequence[tuple[str, str]] = ()
    placeholder: str = ""

    @property
    def id(self) -> str:
        """Its id on the page."""
        return self.key.replace(".", "-")


MEMORY_SIZES = ("8", "11", "12", "16", "24", "32", "48", "80", "96", "141", "192")
WORK = (
    Field(key="work.gpus", label="GPUs at the same time", kind="slider", low=1, high=1024, slider_high=8, step="1"),
    Field(
        key="work.vram_gib",
        label="Memory, at least",
        unit="GiB",
        kind="select",
        choices=(("", "any"), *((size, size) for size in MEMORY_SIZES)),
    ),
    Field(key="work.hours_per_day", label="Hours of work a day", unit="h", kind="slider", low=0, high=24, step="0.5"),
    Field(key="work.days_per_week", label="Days a week", kind="slider", low=0, high=7, step="0.5"),
    Field(key="work.months", label="For how long", unit="months", kind="slider", low=1, high=240, slider_high=60,
          step="1"),
)  # fmt: skip
MORE = (
    Field(key="work.data_gb", label="Data kept all month", unit="GB", low=0),
    Field(key="work.egress_gb_per_month", label="Data taken out of the cloud", unit="GB a month", low=0),
    Field(key="work.forgotten_hours_per_month", label="Hours left on by mistake", unit="h a month", low=0),
    Field(key="work.expand_to_gpus", label="Must take this many GPUs later", low=1, high=64, step="1",
          placeholder="not asked"),
    Field(key="finance.budget_usd", label="Most to spend on day one", unit="USD", low=0, placeholder="no limit"),
    Field(key="finance.hour_value_usd", label="An hour of your time is worth", unit="USD", low=0),
    Field(key="finance.discount_rate", label="Yearly discount rate", unit="share", low=0, high=1),
    Field(key="finance.sales_tax", label="Sales tax", unit="share", low=0, high=1, placeholder="of the place"),
    Field(key="finance.currency", label="Show money in", kind="select",
          choices=tuple((code, code) for code in ("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD"))),
    Field(key="site.kind", label="It stands", kind="select",
          choices=(("home", "at home"), ("office", "in an office"), ("datacentre", "in a data centre"))),
    Field(key="work.equal", label="Compare options that do", kind="select",
          choices=(("work", "the same work"), ("hours", "the same hours"))),
    Field(key="options.used", label="Used parts are fine", kind="switch"),
    Field(key="options.spot", label="Machines that may be taken away are fine", kind="switch"),
    Field(key="as_of", label="Day of the question", kind="date"),
)  # fmt: skip
ELECTRICITY = Field(
    key="site.price_usd_per_kwh", label="Electricity", unit="USD/kWh", kind="slider", low=0, high=10, slider_high=0.8,
    step="0.001", placeholder="tariff",
)  # fmt: skip


def value_at(question: Question, key: str) -> Any:
    """The value of a field such as ``work.gpus``."""
    value: Any = question
    for step in key.split("."):
        value = getattr(value, step)
    return value


def text_at(question: Question, key: str) -> str:
    """A field's value as an input shows it; empty for none."""
    value = value_at(question, key)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def help_of(key: str) -> str:
    """What the question's definition says of a field."""
    model: Any = Question
    steps = key.split(".")
    for step in steps[:-1]:
        model = model.model_fields[step].annotation
    return model.model_fields[steps[-1]].description or ""


@cache
def workloads() -> tuple[tuple[str, str], ...]:
    """Name and title of every workload we ship."""
    rows = read_table(data_folder() / "workloads.csv", Workload)
    return tuple((row.workload, row.title) for row in rows)


@cache
def countries() -> tuple[str, ...]:
    """Countries we have a tariff of."""
    return tuple(sorted({row.place for row in load().electricity if "-" not in row.place}))


@cache
def states() -> tuple[str, ...]:
    """States of the US we have a tariff of."""
    return tuple(sorted({row.place[3:] for row in load().electricity if row.place.startswith("US-")}))


def carried(question: Question, keys: frozenset[str]) -> list[tuple[str, str]]:
    """What the question says beyond the form's fields; hidden inputs keep it when the form is sent."""
    pairs = parse_qsl(query_from_question(question), keep_blank_values=True)
    return [(key, value) for key, value in pairs if key not in keys]


FORM_KEYS = frozenset(
    {field.key for field in (*WORK, *MORE, ELECTRICITY)} | {"work.workload", "site.country", "site.region"}
)
"""Keys of an address that the form has an input for."""


def form_values(question: Question) -> dict[str, Any]:
    """What the question's form needs, on whichever page it stands."""
    return {
        "question": question,
        "form": sys.modules[__name__],
        "share": query_from_question(question),
        "carried": carried(question, FORM_KEYS),
    }
