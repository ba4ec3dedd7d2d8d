"""Commands that stop this machine when it idles, and say what that saved."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from payback.commands.common import print_json, print_json_line
from payback.commands.sampling import deadline, ended_by_signal, log_of, print_lines, question_of, seconds_of
from payback.errors import BadQuestionError

if TYPE_CHECKING:
    from payback.answers.idle import Worth
    from payback.operate.idle.conditions import Asked
    from payback.operate.idle.rule import Rule

idle_app = App(name="idle", help="Stop this machine when all its GPUs idle. A dry run unless --act is given.")
Json = Annotated[bool, Parameter(name="--json")]
Yes = Parameter(negative="")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFlags:
    """When the machine is idle."""

    below: float = 0.05
    """A GPU idles below this utilisation, 0 to 1."""
    window: Annotated[str, Parameter(name="--for")] = "30m"
    """All GPUs must have idled so long: 30m, 2h."""
    grace: str = "5m"
    """From the notice to the action, idling on."""
    gap: str | None = None
    """A gap between samples longer than this starts the window anew; by default 60 s or three periods."""
    below_memory: float | None = None
    """Also: memory in use below this share on every GPU, 0 to 1."""
    no_processes: Annotated[bool, Yes] = False
    """Also: no program holds a compute context."""
    gpus: int | None = None
    """Also: so many GPUs must answer."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionFlags:
    """What besides the GPUs keeps the machine."""

    below_network: float | None = None
    """Also: network traffic below so many MB/s."""
    no_logins: Annotated[bool, Yes] = False
    """Also: nobody is logged in."""
    slurm: Annotated[bool, Yes] = False
    """Also: Slurm runs no job on this machine."""
    busy_if: str | None = None
    """Also: this command prints nothing; what it prints is work."""
    keep_alive: Path | None = None
    """Also: this file does not exist; touch it to keep the machine."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class WorthFlags:
    """What an hour of this machine is worth."""

    price_usd_per_h: float | None = None
    """Rent of the whole machine."""
    offer: str | None = None
    """Or its name in the catalogue, e.g. aws/p3.2xlarge."""
    provider: str | None = None
    """The cloud, for what storage costs; that of the offer by default."""
    storage_gb: float | None = None
    """Size of the disk that stays."""
    rest_power_w: Annotated[float | None, Parameter(name="--rest-w")] = None
    """Power at the wall of everything but the GPUs, for an owned machine. [W]"""


@idle_app.default
def idle(
    *,
    rule: RuleFlags | None = None,
    conditions: ConditionFlags | None = None,
    worth: WorthFlags | None = None,
    act: str | None = None,
    command: str | None = None,
    instance: str | None = None,
    destroys_data: Annotated[bool, Yes] = False,
    webhook: str | None = None,
    wall: bool = True,
    period: str = "10s",
    source: str = "auto",
    log: Path | None = None,
    no_log: Annotated[bool, Parameter(name="--no-log", negative="")] = False,
    duration: Annotated[str, Parameter(name="--run-for")] = "never",
    replay: Path | None = None,
    question: Path | None = None,
    as_of: str | None = None,
    json: Json = False,
) -> None:
    """Stop this machine when all its GPUs idle: a window, a notice, a grace period, then the action.

    Without --act nothing is ever done: it says what it would do. What is not known counts as busy.

    Args:
        rule: When the GPUs are idle.
        conditions: What besides the GPUs keeps the machine.
        worth: What an hour is worth, for --replay.
        act: shutdown, aws, google, azure, lambda, runpod, vast, or command.
        command: The program to run with --act command, and its arguments.
        instance: Number of this instance, where the cloud does not tell it (Lambda).
        destroys_data: The disk may be lost (Lambda can only terminate).
        webhook: Also send the notice here, as {"text": ...}.
        wall: Write the notice to every terminal of this machine.
        period: Time between samples.
        source: auto, nvml, amd, amd-smi, or the address of a DCGM or nvitop exporter.
        log: The log of samples and events; by default one in your data folder.
        no_log: Write no log.
        duration: End after so long; by default never.
        replay: Apply the rule to a recording instead: what it would have done and saved.
        question: A question file; its site decides the tariff of an owned machine.
        as_of: Day of the prices, YYYY-MM-DD. Default: today.
        json: Print events as JSON lines, or one object with --replay.
    """
    from payback import answers
    from payback.answers.idle import IdleWatch
    from payback.operate.idle import words
    from payback.operate.idle.clouds import Setting
    from payback.operate.idle.notice import Notice

    period_s = seconds_of("--period", period)
    wanted = _rule(rule or RuleFlags(), period_s)
    if replay is not None:
        past, saving = answers.idle_replay(replay, wanted, question_of(question, as_of), _worth(worth))
        if json:
            print_json(words.replay_as_dict(past, saving))
        else:
            print_lines([*map(words.event_line, past), *words.saving_lines(saving)])
        return
    setting = Setting(environment=os.environ, command=command, instance=instance, destroys_data=destroys_data)
    asked = IdleWatch(
        rule=wanted,
        notice=Notice(terminals=wall, webhook=webhook),
        asked=_asked(conditions or ConditionFlags()),
        action=act or "shutdown",
        setting=setting,
        act=act is not None,
        source=source,
        period_s=period_s,
        log=None if no_log else log_of(log),
    )
    events = answers.idle(asked, stopping=deadline(duration))
    sys.stderr.write(words.rule_line(wanted, asked.action, act=asked.act) + "\n")
    with ended_by_signal():
        for event in events:
            if json:
                print_json_line(words.event_as_dict(event))
            else:
                print_lines([words.event_line(event)])
            sys.stdout.flush()


@idle_app.command
def report(
    *,
    log: Path | None = None,
    worth: WorthFlags | None = None,
    question: Path | None = None,
    as_of: str | None = None,
    json: Json = False,
) -> None:
    """Hours and money that stopping saved on this machine, and what its storage still costs.

    Args:
        log: The log; by default the one in your data folder.
        worth: What an hour is worth.
        question: A question file; its site decides the tariff of an owned machine.
        as_of: Day of the prices, YYYY-MM-DD. Default: today.
        json: Print it as JSON.
    """
    from payback import answers
    from payback.operate.idle import words

    saving = answers.idle_report(log_of(log), question_of(question, as_of), _worth(worth))
    if json:
        print_json({"schema": "payback.idle/1", **saving.as_dict()})
    else:
        print_lines(list(words.saving_lines(saving)))


def _rule(flags: RuleFlags, period_s: float) -> Rule:
    from payback.operate.idle.rule import Rule

    gap_s = max(60.0, 3 * period_s) if flags.gap is None else seconds_of("--gap", flags.gap)
    if gap_s <= period_s:
        raise BadQuestionError("--gap", str(flags.gap), f"more than the period of {period_s:g} s")
    return Rule(
        below_utilisation=flags.below,
        window_s=seconds_of("--for", flags.window),
        grace_s=seconds_of("--grace", flags.grace),
        longest_gap_s=gap_s,
        below_memory_share=flags.below_memory,
        no_processes=flags.no_processes,
        gpus=flags.gpus,
    )


def _asked(flags: ConditionFlags) -> Asked:
    from payback.operate.idle.conditions import SLURM, Asked

    if flags.slurm and flags.busy_if is not None:
        raise BadQuestionError("--slurm", "--busy-if as well", "one of the two")
    return Asked(
        below_network_mb_s=flags.below_network,
        no_logins=flags.no_logins,
        busy_if=SLURM.format(host=platform.node()) if flags.slurm else flags.busy_if,
        keep_alive=flags.keep_alive,
    )


def _worth(flags: WorthFlags | None) -> Worth:
    from payback.answers.idle import Worth

    flags = flags or WorthFlags()
    return Worth(
        rent_usd_per_h=flags.price_usd_per_h,
        offer=flags.offer,
        provider=flags.provider,
        storage_gb=flags.storage_gb,
        rest_power_w=flags.rest_power_w,
    )
