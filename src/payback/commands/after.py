"""Commands after the decision: reach the machine from outside, launch the work where it is cheapest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from payback.commands.common import day, print_json
from payback.errors import BadQuestionError

if TYPE_CHECKING:
    from payback.operate.launch import Launch
    from payback.question import Question


def launch(
    question: Path | None = None,
    *,
    option: str | None = None,
    tool: Literal["skypilot", "dstack"] = "skypilot",
    own: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    own_gpu: str | None = None,
    identity: str | None = None,
    idle_minutes: int = 30,
    run: str = "nvidia-smi",
    as_of: str | None = None,
    out: Path | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Write a SkyPilot or dstack file for the chosen rent; work runs at home first if you name your machine.

    Nothing is launched: the files, the commands to run and the expected bill are printed.

    Args:
        question: A question file (TOML); the default question if absent.
        option: Id of a rented option (`payback plan --json` lists them). Default: the cheapest that can be launched.
        tool: Launcher the file is for.
        own: Your machines as user@host, or names of ~/.ssh/config.
        own_gpu: The GPU in them. Default: that of the question's own machine.
        identity: Private key that opens them; dstack needs it.
        idle_minutes: Minutes without work until a rented machine is stopped or ended.
        run: Command of the task.
        as_of: Day of the prices, YYYY-MM-DD. Default: the file's, else today.
        out: Also write the files, this one first; nothing is overwritten.
        json: Print as JSON.
    """
    from payback import answers
    from payback.operate.launch import LaunchRequest, OwnHost
    from payback.operate.launch.words import launch_text
    from payback.report.progress import spinner

    request = LaunchRequest(
        tool=tool,
        option=option,
        own=tuple(OwnHost.parse(host) for host in own or ()),
        own_gpu=own_gpu,
        identity=identity,
        idle_minutes=idle_minutes,
        command=run,
        file_name=out.name if out else None,
    )
    with spinner("comparing every way to do the work"):
        found = answers.launch(_asked(question, as_of), request)
    if json:
        print_json(found.as_dict())
    else:
        sys.stdout.write(launch_text(found))
    if out:
        _write_launch(found, out)


def _write_launch(found: Launch, out: Path) -> None:
    from payback.report.files import write_new

    for index, file in enumerate(found.files):
        path = out if index == 0 else out.with_name(file.name)
        write_new(path, file.content)
        sys.stderr.write(f"wrote {path}\n")


def _asked(question: Path | None, as_of: str | None) -> Question:
    from payback.question_file import default_question, read_question

    asked = read_question(question, as_of=day(as_of)) if question else default_question(as_of=day(as_of))
    return asked if as_of is None else asked.model_copy(update={"as_of": day(as_of)})


def access(
    question: Path | None = None,
    *,
    tunnel: Literal["wireguard", "tailscale"] = "wireguard",
    ddns: Literal["curl", "ddclient", "none"] | None = None,
    ddns_host: str | None = None,
    peer_key: str | None = None,
    jupyter: bool = False,
    gpu: str | None = None,
    power_cap: str | None = None,
    line_mbit_s: float | None = None,
    as_of: str | None = None,
    out: Path | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Files that make your machine reachable without a fixed address, and how long your data take over its line.

    Nothing is changed: every file is printed; --out writes them with apply.sh and undo.sh.

    Args:
        question: A question file (TOML): data, line and GPU; the default question if absent.
        tunnel: wireguard (needs a port at your router) or tailscale (needs an account).
        ddns: How the line's address reaches its name. Default: curl with WireGuard, none with Tailscale.
        ddns_host: Name of your line, e.g. my-box.example.org.
        peer_key: WireGuard public key of your laptop.
        jupyter: Also a unit for JupyterLab, on the machine's own address alone.
        gpu: The GPU in the machine. Default: that of the question's own machine.
        power_cap: Watts a GPU, or auto: the lowest limit measured to keep 95 % of the speed.
        line_mbit_s: Speed of your line towards the machine. Default: the question's, else the mean of the country.
        as_of: Day of the facts, YYYY-MM-DD. Default: the file's, else today.
        out: Write the kit into this new folder.
        json: Print as JSON.
    """
    from payback import answers
    from payback.operate.access import AccessRequest, write_kit
    from payback.operate.access.words import access_text

    request = AccessRequest(
        tunnel=tunnel,
        ddns=ddns,
        ddns_host=ddns_host,
        peer_key=peer_key,
        jupyter=jupyter,
        gpu=gpu,
        power_cap=power_cap,
    )
    kit = answers.access(_with_line(_asked(question, as_of), line_mbit_s), request)
    if json:
        print_json(kit.as_dict())
    else:
        sys.stdout.write(access_text(kit))
    if out:
        write_kit(kit, out)
        sys.stderr.write(f"wrote {out}\n")


def _with_line(asked: Question, line_mbit_s: float | None) -> Question:
    if line_mbit_s is None:
        return asked
    if not 0 < line_mbit_s < float("inf"):
        raise BadQuestionError("--line-mbit-s", f"{line_mbit_s:g}", "a speed above 0 in Mbit/s")
    return asked.model_copy(update={"site": asked.site.model_copy(update={"download_mbit_s": line_mbit_s})})
