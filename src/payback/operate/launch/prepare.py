"""From a plan to files for a launcher. Nothing is started: the user runs the printed commands."""

from __future__ import annotations

from collections.abc import Iterator

from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.decision.rent_candidates import RentCandidate
from payback.errors import BadQuestionError
from payback.operate.launch import dstack, skypilot
from payback.operate.launch.bill import bill_facts, expected_bill, hours_and_machines
from payback.operate.launch.choose import home_of, launchable
from payback.operate.launch.names import TITLES, also_called
from payback.operate.launch.request import DEFAULT_COMMAND, Home, Launch, LaunchFile, LaunchRequest, Place


def prepare(plan: Plan, request: LaunchRequest) -> Launch:
    """Files that launch the chosen offer, the commands, and the expected bill.

    Args:
        plan: The answer of `payback plan`.
        request: Tool, option, hosts at home, idle minutes.

    Raises:
        NotLaunchableError: The launcher does not know the seller or the GPU.
        BadQuestionError: The option cannot be rented, or a host or number makes no sense.
    """
    if request.idle_minutes < 1:
        raise BadQuestionError("--idle-minutes", str(request.idle_minutes), "1 or more")
    option, place, passed_over = launchable(request, plan)
    home = home_of(request, plan)
    _, machines = hours_and_machines(option, plan)
    bill = expected_bill(option, plan)
    files, commands = _written(place, home, request, machines, _comment(option, plan))
    return Launch(
        tool=request.tool,
        option=option.id,
        label=option.candidate.label,
        files=files,
        commands=commands,
        bill=bill,
        months=plan.question.work.months,
        notes=tuple(note for note in (passed_over, *_notes(option, place, home, request, machines, plan)) if note),
        facts=bill_facts(bill, plan),
    )


def _written(
    place: Place, home: Home | None, request: LaunchRequest, machines: int, why: str
) -> tuple[tuple[LaunchFile, ...], tuple[str, ...]]:
    if request.tool == "skypilot":
        return (
            skypilot.files(place, home, request, why),
            skypilot.commands(place, home, request, machines),
        )
    return dstack.files(place, home, request, why, machines), dstack.commands(home, request, machines)


def _comment(option: Option, plan: Plan) -> str:
    return (
        f"{option.candidate.label}, at prices known on {plan.question.as_of}. Written by payback; nothing runs yet.\n"
        "The price is a ceiling: where nothing is that cheap any more, nothing starts."
    )


def _notes(
    option: Option, place: Place, home: Home | None, request: LaunchRequest, machines: int, plan: Plan
) -> Iterator[str]:
    title, offer = TITLES[request.tool], option.candidate
    assert isinstance(offer, RentCandidate)
    if request.option is None and plan.advice.choice.is_owned:
        yield f"the plan's choice is to own: {plan.advice.choice.candidate.label}; this is what renting beside it takes"
    if home is not None:
        yield "work goes to your own machine first, to the cloud when it is busy; the bill is for all of it in a cloud"
        yield _at_home(request)
    own = next((candidate.gpu_count for candidate in plan.world.own if candidate.named), None)
    if home is not None and own is not None and own < place.gpu_count:
        yield f"your machine has {own} GPUs and a task takes {place.gpu_count}: it never runs at home"
    if machines > 1:
        yield f"the plan counts {machines} machines side by side; a task takes one: launch it {machines} times"
    others = also_called(place.gpu)
    if others and place.instance is None and place.cpus is None:
        yield f"{title} calls {', '.join(others)} by the same name {place.gpu.name}: look at what it offers before yes"
    if place.gpu.note:
        yield f"name {place.gpu.name}: {place.gpu.note}"
    if place.seller.note:
        yield f"{place.seller.name}: {place.seller.note}"
    yield _idle_note(place, request)
    if request.command == DEFAULT_COMMAND:
        yield f"the task only looks at the GPU ({DEFAULT_COMMAND}): give your own with --run, or write it into the file"
    if plan.question.work.data_gb:
        yield "your data is not copied by this file: say where it lies (a bucket or a volume) before a machine is ended"


def _idle_note(place: Place, request: LaunchRequest) -> str:
    title, minutes = TITLES[request.tool], request.idle_minutes
    if place.when_idle == "never":
        return f"{title} cannot stop this machine by itself: run `payback watch idle` on it, and end it yourself"
    if place.when_idle == "run":
        return "the machine ends with its run; an idle run is ended by the utilisation policy where there is one GPU"
    act = "stopped (its disk is still paid)" if place.when_idle == "stop" else "ended (what is on its disk is lost)"
    hung = "it looks at jobs and logins, so a job that hangs is not idle to it: `payback watch idle` looks at the GPU"
    if request.tool == "dstack":
        hung = "idle means without a run; a run whose single GPU does nothing is ended by the utilisation policy"
    return f"after {minutes} idle minutes the machine is {act}; {hung}"


def _at_home(request: LaunchRequest) -> str:
    if request.tool == "skypilot":
        return (
            "`sky ssh up` installs Kubernetes (k3s) and NVIDIA's operator on your machine; its user needs sudo. "
            "`sky ssh down` takes them away"
        )
    return "dstack installs its agent on your machine; its user needs sudo without a password, and Docker"
