"""Commands that watch the GPUs of this machine, and stop it when it idles."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from payback.commands.common import print_json, print_json_line, print_wide
from payback.commands.idle import idle_app
from payback.commands.sampling import deadline, ended_by_signal, log_of, question_of, seconds_of

if TYPE_CHECKING:
    from payback.answers.watch import Watched

watch_app = App(
    name="watch", help="What the GPUs of this machine do, cost, and would have cost rented; stop it when it idles."
)
watch_app.command(idle_app)
Json = Annotated[bool, Parameter(name="--json")]
Rest = Annotated[float | None, Parameter(name="--rest-w")]


@watch_app.default
def watch(
    *,
    period: str = "10s",
    source: str = "auto",
    log: Path | None = None,
    no_log: Annotated[bool, Parameter(name="--no-log", negative="")] = False,
    once: bool = False,
    duration: Annotated[str, Parameter(name="--for")] = "never",
    replay: Path | None = None,
    prometheus: int | None = None,
    question: Path | None = None,
    rest_power_w: Rest = None,
    as_of: str | None = None,
    json: Json = False,
) -> None:
    """Sample the GPUs and log them; on a terminal, show use, watts, cost so far and the same hours rented.

    Args:
        period: Time between samples: 1s, 10s, 1m.
        source: auto, nvml, amd, amd-smi, or the address of a DCGM or nvitop exporter (http://host:9400/metrics).
        log: The log; by default one in your data folder. `plan --usage` and `size` read it.
        no_log: Write no log.
        once: Take one sample and end.
        duration: End after 90s, 30m, 8h; by default never.
        replay: A recording instead of sensors: JSON lines of --json, or CSV of nvidia-smi --query-gpu.
        prometheus: Also serve the figures for Prometheus on this port of the loopback address.
        question: A question file; its site and preferences decide the money. Default: the default question.
        rest_power_w: Power at the wall of everything but the GPUs, if you metered it [W]; else not counted.
        as_of: Day of the prices, YYYY-MM-DD. Default: today.
        json: Print samples as JSON lines (a recording), or one object with --once or --replay.
    """
    from payback import answers

    asked = question_of(question, as_of)
    with ended_by_signal():
        if replay is not None:
            written = None if no_log else log
            _finish(answers.watch_replay(replay, asked, log=written, rest_power_w=rest_power_w), json=json)
            return
        samples = answers.watch(
            asked,
            source=source,
            period_s=seconds_of("--period", period),
            log=None if no_log or once else log_of(log),
            rest_power_w=rest_power_w,
            money=once or (not json and sys.stdout.isatty()),
            stopping=deadline(duration),
        )
        if once:
            _show_once(next(samples), json=json)
        else:
            _follow(samples, prometheus, json=json)


@watch_app.command
def serve(
    *,
    port: int = 9835,
    period: str = "10s",
    source: str = "auto",
    log: Path | None = None,
    no_log: Annotated[bool, Parameter(name="--no-log", negative="")] = False,
) -> None:
    """Watch without a display and serve the figures for Prometheus on the loopback address.

    Args:
        port: Port on this machine's loopback address.
        period: Time between samples.
        source: auto, nvml, amd, amd-smi, or the address of a DCGM or nvitop exporter.
        log: The log; by default one in your data folder.
        no_log: Write no log.
    """
    from payback import answers

    samples = answers.watch(
        question_of(None, None),
        source=source,
        period_s=seconds_of("--period", period),
        log=None if no_log else log_of(log),
        money=False,
    )
    with ended_by_signal():
        _follow(samples, port, json=False, display=False)


@watch_app.command
def summary(
    *,
    log: Path | None = None,
    question: Path | None = None,
    rest_power_w: Rest = None,
    as_of: str | None = None,
    json: Json = False,
) -> None:
    """The use of the GPUs by day and by GPU, what it cost, and what the same hours would have cost rented.

    Args:
        log: The log; by default the one in your data folder.
        question: A question file; its site and preferences decide the money.
        rest_power_w: Power at the wall of everything but the GPUs, if you metered it. [W]
        as_of: Day of the prices, YYYY-MM-DD. Default: today.
        json: Print it as JSON.
    """
    from payback import answers
    from payback.report import watch_text

    found = answers.watch_summary(log_of(log), question_of(question, as_of), rest_power_w=rest_power_w)
    if json:
        events = [{"unix_s": event.unix_s, "kind": event.kind, **event.detail} for event in found.events]
        print_json(watch_text.summary_as_dict(found.usage, found.prices, events))
    else:
        print_wide(watch_text.summary(found.usage, found.prices))


def _follow(samples: Iterator[Watched], port: int | None, *, json: bool, display: bool = True) -> None:
    from rich.console import Console
    from rich.live import Live

    from payback.observe.watch.exporter import Endpoint, page
    from payback.report import watch_text

    with ExitStack() as stack:
        endpoint = stack.enter_context(Endpoint(port)) if port is not None else None
        if endpoint is not None:
            sys.stderr.write(f"serving http://127.0.0.1:{endpoint.port}/metrics\n")
        console = Console(highlight=False)
        shows = display and not json and console.is_terminal
        screen = stack.enter_context(Live(console=console, auto_refresh=False)) if shows else None
        for seen in samples:
            if endpoint is not None:
                endpoint.text = page(seen.sample, seen.tally, seen.cpu_share)
            if json:
                print_json_line(seen.sample.as_dict())
                sys.stdout.flush()
            elif screen is not None:
                view = watch_text.live(seen.sample, seen.tally, seen.usage, seen.prices, seen.cpu_share)
                screen.update(view, refresh=True)


def _finish(samples: Iterator[Watched], *, json: bool) -> None:
    """Go through a recording and show where it ends."""
    (last,) = deque(samples, maxlen=1)
    _show_once(last, json=json)


def _show_once(seen: Watched, *, json: bool) -> None:
    from payback.report import watch_text

    if json:
        print_json(watch_text.sample_as_dict(seen.sample, seen.tally, seen.prices))
    else:
        print_wide(watch_text.live(seen.sample, seen.tally, None, seen.prices, None))
