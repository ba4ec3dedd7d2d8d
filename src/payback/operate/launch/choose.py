"""Which offer is launched: the named one, the chosen one, else the cheapest feasible rent."""

from __future__ import annotations

from payback.decision.options import Option
from payback.decision.plan import Plan
from payback.decision.rent_candidates import RentCandidate
from payback.errors import BadQuestionError, NotLaunchableError, UnknownNameError
from payback.operate.launch.names import HOME, TITLES, LaunchGpu, Tool, gpu_names, gpu_of, provider_of
from payback.operate.launch.request import Home, LaunchRequest, Place

LAUNCHABLE_TERMS = ("on-demand", "spot")


def rented_option(plan: Plan, option_id: str | None) -> Option:
    """The option to launch.

    Raises:
        UnknownNameError: No option has that id.
        BadQuestionError: It is a machine to own, was rejected, or nothing can be rented.
    """
    if option_id is None:
        found = plan.advice.baseline if plan.advice.choice.is_owned else plan.advice.choice
        if found is None:
            raise BadQuestionError(
                "the question", "no rented option that does the work", "one: see payback plan --json"
            )
        return found
    for option in plan.options:
        if option.id == option_id:
            if option.is_owned:
                raise BadQuestionError(
                    "--option", f"{option_id}, a machine to own", "a rented option; --own names hosts"
                )
            return option
    for rejected in plan.rejected:
        if rejected.id == option_id:
            raise BadQuestionError(
                "--option", f"{option_id}, rejected: {'; '.join(rejected.reasons)}", "a feasible one"
            )
    ids = [option.id for option in plan.options if not option.is_owned]
    raise UnknownNameError("option", option_id, ids, "Their ids: payback plan --json")


def place_of(tool: Tool, option: Option) -> Place | str:
    """The offer in the launcher's words, or why the launcher cannot start it."""
    offer = option.candidate
    assert isinstance(offer, RentCandidate)
    assert offer.price_usd_per_h is not None
    if offer.instance is None:
        return "it is an offer of your own, so the seller is not known"
    if offer.term not in LAUNCHABLE_TERMS:
        return f"a term of {offer.term!r} is a contract with the seller; launchers start on-demand and spot machines"
    seller = provider_of(tool, offer.provider)
    if seller is None:
        return f"it does not know the seller {offer.provider!r}"
    if seller.refuses(offer.instance):
        return seller.refused_why
    if offer.term == "spot" and not seller.spot:
        return f"it rents no spot machines at {offer.provider}"
    gpu = gpu_of(tool, offer.provider, offer.gpu.gpu)
    if gpu is None:
        return f"it has no name for a {offer.gpu.gpu} at {offer.provider} that we have seen"
    return Place(
        seller=seller,
        gpu=gpu,
        gpu_count=offer.gpu_count,
        instance=seller.instance_type(offer.instance),
        cpus=int(offer.vcpus) if seller.cpus and offer.vcpus else None,
        region=offer.region if seller.regions else None,
        spot=offer.term == "spot",
        price_usd_per_h=offer.price_usd_per_h,
    )


def launchable(request: LaunchRequest, plan: Plan) -> tuple[Option, Place, str | None]:
    """The option to launch, in the launcher's words, and what was passed over to get there.

    A named option is launched or refused. Without a name, the cheapest that
    the launcher can start is taken, and the note says what it passes over.

    Raises:
        NotLaunchableError: The launcher cannot start it; says what to do by hand and what it could start.
    """
    option = rented_option(plan, request.option)
    found = place_of(request.tool, option)
    if isinstance(found, Place):
        return option, found, None
    other = _cheapest_launchable(request.tool, plan)
    if request.option is not None or other is None:
        by_hand = _by_hand(request.tool, option, plan)
        raise NotLaunchableError(option.candidate.label, TITLES[request.tool], found, by_hand)
    place = place_of(request.tool, other)
    assert isinstance(place, Place)
    more = other.total_usd - option.total_usd
    note = (
        f"not the cheapest rent: {option.candidate.label} costs {more:,.0f} USD less over the whole time, but "
        f"{TITLES[request.tool]} cannot launch it ({found})"
    )
    return other, place, note


def _cheapest_launchable(tool: Tool, plan: Plan) -> Option | None:
    return next((o for o in plan.options if not o.is_owned and isinstance(place_of(tool, o), Place)), None)


def _by_hand(tool: Tool, option: Option, plan: Plan) -> str:
    offer = option.candidate
    assert isinstance(offer, RentCandidate)
    price = f"{offer.price_usd_per_h:g} USD/h" if offer.price_usd_per_h is not None else "its price"
    seen = next((fact.locator for fact in offer.price_facts if fact.locator), "")
    text = f"rent {offer.instance or offer.label} at {offer.provider} ({price}{', seen at ' + seen if seen else ''})"
    other = _cheapest_launchable(tool, plan)
    if other is None:
        return f"{text}; no option of this question can be launched by {TITLES[tool]}"
    launches = f"The cheapest option that {TITLES[tool]} can launch ({other.total_usd:,.0f} USD)"
    return f"{text}. {launches}: --option '{other.id}'"


def home_of(request: LaunchRequest, plan: Plan) -> Home | None:
    """The machines at home; None if none are named.

    Raises:
        BadQuestionError: Nothing says which GPU they have, or the launcher has no name for it.
    """
    if not request.own:
        return None
    name = request.own_gpu or next((c.gpu.gpu for c in plan.world.own if c.named), None)
    if name is None:
        raise BadQuestionError("--own", "hosts without a known GPU", "--own-gpu NAME, or [[own]] in the question")
    gpu = gpu_of(request.tool, HOME, name)
    if gpu is None:
        raise NotLaunchableError(
            f"a machine with a {name}",
            TITLES[request.tool],
            "no name of this GPU is known",
            _known_at_home(request.tool),
        )
    if request.tool == "dstack" and request.identity is None:
        raise BadQuestionError("--own", "no private key for dstack", "--identity FILE, the key that opens these hosts")
    return Home(hosts=request.own, gpu=gpu, identity=request.identity)


def _known_at_home(tool: Tool) -> str:
    known: list[LaunchGpu] = [row for row in gpu_names() if row.launcher == tool and row.provider in (None, HOME)]
    return "log in and run it there; known at home are " + ", ".join(row.gpu for row in known)
