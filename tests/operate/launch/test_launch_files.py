"""Files for SkyPilot and dstack: the chosen offer in the launcher's own words, home first, nothing guessed."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from payback import answers
from payback.catalogue.catalogue import Catalogue
from payback.decision.plan import Plan
from payback.errors import BadQuestionError, NotLaunchableError, UnknownNameError
from payback.operate.launch import Launch, LaunchRequest, OwnHost, prepare
from payback.operate.launch.choose import place_of
from payback.operate.launch.names import gpu_of, provider_of
from payback.operate.launch.request import Place
from payback.question import Preferences, Question, Rent, Site, Work
from payback.question_file import read_question

DAY = dt.date(2026, 11, 23)
EXAMPLE = Path(__file__).parents[3] / "examples" / "home-and-cloud.toml"
ACCEPTED = json.loads((Path(__file__).parent / "files" / "skypilot-0.14.1.json").read_text())
HOME = (OwnHost(host="10.77.0.1", user="me"), OwnHost(host="box2"))
COMMUNITY = "rent:runpod/rtx-4090-community-x1:1xrtx-4090:on-demand"
KEY = "~/.ssh/id_ed25519"


@pytest.fixture(scope="module")
def plan() -> Plan:
    """The example: two RTX 3090 at home, two GPUs asked."""
    return answers.plan(read_question(EXAMPLE, as_of=DAY))


def rents(*offers: str, term: str = "on-demand", gpus: int = 1, **work: Any) -> Plan:
    """A plan that may only rent what is named."""
    question = Question(
        as_of=DAY,
        work=Work(gpus=gpus, equal="hours", **work),
        options=Preferences(kinds=(), max_price_age_days=9999),
        rent=tuple(Rent(offer=offer, term=term) for offer in offers),
    )
    return answers.plan(question)


def documents(launch: Launch) -> list[dict[str, Any]]:
    return [yaml.safe_load(file.content) for file in launch.files]


def test_a_task_runs_at_home_first_and_bursts_to_the_chosen_offer(plan: Plan) -> None:
    """`ordered` resources: the SSH node pool, then the cloud; the pool's file names both hosts."""
    task, pool = documents(prepare(plan, LaunchRequest(own=HOME)))

    home, cloud = task["resources"]["ordered"]
    assert (home["infra"], home["accelerators"]) == ("ssh/payback-home", {"RTX3090": 1})
    assert (cloud["infra"], cloud["accelerators"]) == ("runpod", {"RTX4090": 1})
    assert pool == {"payback-home": {"hosts": [{"ip": "10.77.0.1", "user": "me"}, "box2"]}}


def test_without_hosts_there_is_one_place_and_no_pool(plan: Plan) -> None:
    """The task names the cloud alone."""
    launch = prepare(plan, LaunchRequest())

    assert len(launch.files) == 1
    assert documents(launch)[0]["resources"]["infra"] == "runpod"
    assert not any("sky ssh" in command for command in launch.commands)


def test_only_keys_that_skypilot_accepts_are_written(plan: Plan) -> None:
    """Against the keys of version 0.14.1, recorded; clouds and RunPod's GPU names as well."""
    task = documents(prepare(plan, LaunchRequest(own=HOME)))[0]

    assert set(task) <= set(ACCEPTED["task"])
    assert set(task["resources"]) <= set(ACCEPTED["resources"]) | set(ACCEPTED["resources_more"])
    for place in task["resources"]["ordered"]:
        assert set(place) <= set(ACCEPTED["resources"])
        assert set(place["autostop"]) <= set(ACCEPTED["autostop"])
        assert place["infra"].partition("/")[0] in ACCEPTED["clouds"]
    assert set(task["resources"]["ordered"][1]["accelerators"]) <= set(ACCEPTED["runpod"])


def test_a_machine_of_amazon_is_picked_by_processors_region_and_price() -> None:
    """aws/g5.xlarge in us-east-1 by GPU and its 4 processors: what is idle is stopped; never dearer than its price."""
    plan = rents("aws/g5.xlarge")
    offer = plan.advice.choice.candidate

    task = documents(prepare(plan, LaunchRequest(idle_minutes=45)))[0]["resources"]

    assert (task["infra"], task["cpus"]) == ("aws/us-east-1", 4)
    assert "instance_type" not in task  # with one, SkyPilot does not look at max_hourly_cost
    assert task["accelerators"] == {"A10G": 1}
    assert task["autostop"] == {"idle_minutes": 45, "down": False}
    assert task["use_spot"] is False
    assert task["max_hourly_cost"] == pytest.approx(ceil(plan.world.rent[0].price_usd_per_h * 100) / 100)  # type: ignore[operator]
    assert "g5.xlarge" in offer.label


def test_a_spot_machine_is_ended_since_it_cannot_be_stopped() -> None:
    """SkyPilot refuses to stop spot machines of Amazon and Azure."""
    task = documents(prepare(rents("aws/p5en.48xlarge", term="spot"), LaunchRequest()))[0]["resources"]

    assert task["use_spot"] is True
    assert task["autostop"]["down"] is True
    assert task["accelerators"] == {"H200": 8}


def test_where_skypilot_cannot_stop_it_says_so_and_writes_no_autostop() -> None:
    """Verda: neither stop nor end; a key that would be refused is not written, the note says who stops it."""
    launch = prepare(rents("verda/a100-sxm-80gb-x1"), LaunchRequest())

    assert "autostop" not in documents(launch)[0]["resources"]
    assert any("cannot stop this machine by itself" in note for note in launch.notes)


def test_the_cheapest_is_passed_over_aloud_where_the_launcher_cannot_start_it(plan: Plan) -> None:
    """SkyPilot's catalogue of RunPod holds the secure cloud alone: a community price must not be promised."""
    launch = prepare(plan, LaunchRequest())

    assert plan.advice.baseline is not None
    assert plan.advice.baseline.id == COMMUNITY
    assert "secure" in launch.option
    assert "not the cheapest rent" in launch.notes[0]


def test_a_named_offer_is_launched_or_refused(plan: Plan) -> None:
    """The refusal says why, what to do by hand with the price and the page, and what could be launched."""
    with pytest.raises(NotLaunchableError) as refused:
        prepare(plan, LaunchRequest(option=COMMUNITY))

    said = str(refused.value)
    assert "SkyPilot cannot launch runpod 1x RTX 4090" in said
    assert "By hand: rent rtx-4090-community-x1 at runpod (0.34 USD/h, seen at" in said
    assert "--option 'rent:runpod/rtx-4090-secure-x1" in said


@pytest.mark.parametrize(
    ("offer", "term", "why"),
    [
        ("hyperstack/l40-x1", "on-demand", "it does not know the seller 'hyperstack'"),
        ("aws/g5.xlarge", "reserved-1y-no-upfront", "a contract with the seller"),
        ("nebius/rtx-pro-6000-server-x1", "on-demand", "it has no name for a RTX PRO 6000 Blackwell Server at nebius"),
    ],
)
def test_what_is_not_known_is_refused_and_never_guessed(offer: str, term: str, why: str) -> None:
    """An unknown seller, a contract, an unknown GPU."""
    with pytest.raises(NotLaunchableError, match=why):
        prepare(rents(offer, term=term), LaunchRequest())


def test_an_offer_of_ones_own_has_no_seller_to_launch_at() -> None:
    """A price the user stated says nothing about where."""
    question = Question(as_of=DAY, work=Work(equal="hours"), options=Preferences(kinds=()),
                        rent=(Rent(gpu="RTX 4090", price_usd_per_h=0.3),))  # fmt: skip

    with pytest.raises(NotLaunchableError, match="an offer of your own"):
        prepare(answers.plan(question), LaunchRequest())


@pytest.mark.parametrize("option", ["rent:nobody/x1:on-demand", "own:0:the-box-at-home"])
def test_an_option_that_is_none_is_an_error(plan: Plan, option: str) -> None:
    """An unknown id, or a machine to own."""
    own = next(o.id for o in plan.options if o.is_owned)
    wanted = own if option.startswith("own") else option
    error = BadQuestionError if option.startswith("own") else UnknownNameError

    with pytest.raises(error):
        prepare(plan, LaunchRequest(option=wanted))


def test_the_bill_is_the_statement_of_the_plan(plan: Plan) -> None:
    """price x hours x machines + storage, each with facts; times the months it is the option's total."""
    launch = prepare(plan, LaunchRequest())
    option = next(o for o in plan.options if o.id == launch.option)

    assert launch.usd_per_month * launch.months == pytest.approx(option.total_usd)
    rent, storage = launch.bill
    assert rent.how.startswith("0.74 USD/h x 211.7 h a month x 2 machines")
    assert rent.usd_per_month == pytest.approx(0.74 * 2 * 10 / option.speed.value * 365 / 12, rel=1e-3)
    assert storage.usd_per_month == pytest.approx(500 * 0.07)
    assert all(line.facts for line in launch.bill)
    assert {fact for line in launch.bill for fact in line.facts} == set(launch.facts)


def test_each_machine_of_the_plan_is_a_command(plan: Plan) -> None:
    """Two machines side by side are two clusters; the pool comes first."""
    assert prepare(plan, LaunchRequest(own=HOME, file_name="mine.yaml")).commands == (
        "sky ssh up --infra payback-home",
        "sky launch -c payback-1 mine.yaml",
        "sky launch -c payback-2 mine.yaml",
    )


def test_the_same_for_dstack(plan: Plan) -> None:
    """A task on two fleets, home first; the cloud's fleet is limited in price, number and idle time."""
    request = LaunchRequest(tool="dstack", own=HOME, identity=KEY, idle_minutes=20, command="python train.py")

    task, cloud, home = documents(prepare(plan, request))

    assert task["fleets"] == ["payback-home", "payback-cloud"]
    assert task["commands"] == ["python train.py"]
    assert task["resources"]["gpu"] == {"name": ["RTX3090", "RTX4090"], "memory": "24GB..", "count": 1}
    assert task["utilization_policy"] == {"min_gpu_utilization": 5, "time_window": "20m"}
    assert (cloud["backends"], cloud["nodes"]) == (["runpod"], {"min": 0, "max": 2})
    assert (cloud["max_price"], cloud["idle_duration"]) == (0.34, "20m")
    assert home["ssh_config"]["hosts"] == [{"hostname": "10.77.0.1", "user": "me"}, "box2"]


def test_dstack_ends_no_run_of_several_gpus_for_one_that_rests() -> None:
    """Its policy ends a run if any GPU idles; ours asks for all, so with several GPUs it is left out."""
    request = LaunchRequest(tool="dstack")

    assert "utilization_policy" not in documents(prepare(rents("aws/g5.12xlarge", gpus=4), request))[0]
    assert "utilization_policy" in documents(prepare(rents("aws/g5.xlarge"), request))[0]


def test_dstack_needs_the_key_of_the_hosts(plan: Plan) -> None:
    """Which key opens them is not guessed."""
    with pytest.raises(BadQuestionError, match="--identity FILE"):
        prepare(plan, LaunchRequest(tool="dstack", own=HOME))


def test_one_name_for_two_cards_is_said() -> None:
    """Lambda's H100 may be the PCIe or the SXM card to SkyPilot; the price is a ceiling, the form is not."""
    notes = prepare(rents("lambda/h100-sxm-x1"), LaunchRequest()).notes

    assert any("calls H100 PCIe 80GB by the same name H100" in note for note in notes)


def test_hosts_need_a_gpu_that_is_known() -> None:
    """Without [[own]] nobody knows what stands at home; a card without a SkyPilot name is refused."""
    plan = rents("aws/g5.xlarge")

    with pytest.raises(BadQuestionError, match="--own-gpu NAME"):
        prepare(plan, LaunchRequest(own=HOME))
    with pytest.raises(NotLaunchableError, match="no name of this GPU is known"):
        prepare(plan, LaunchRequest(own=HOME, own_gpu="RX 7900 XTX"))


def test_a_task_too_large_for_home_is_said_to_run_in_the_cloud_alone() -> None:
    """Two GPUs at home, four a task."""
    asked = read_question(EXAMPLE, as_of=DAY)
    rent = (Rent(offer="aws/g5.12xlarge"),)
    plan = answers.plan(
        asked.model_copy(update={"rent": rent, "options": Preferences(kinds=(), max_price_age_days=9999)})
    )

    notes = prepare(plan, LaunchRequest(own=HOME)).notes

    assert "your machine has 2 GPUs and a task takes 4: it never runs at home" in notes


@pytest.mark.parametrize("host", ["", "me@", "me@a b", "-oProxyCommand=x", "me@host;reboot", "a\nb", "me@box:2222"])
def test_a_host_is_a_host(host: str) -> None:
    """What ends up in a file that SSH reads is a plain name."""
    with pytest.raises(BadQuestionError):
        OwnHost.parse(host)


def test_idle_minutes_are_at_least_one(plan: Plan) -> None:
    """0 would stop a machine before its job begins."""
    with pytest.raises(BadQuestionError, match="1 or more"):
        prepare(plan, LaunchRequest(idle_minutes=0))


@given(price=st.floats(0.01, 500))
def test_the_ceiling_is_the_price_rounded_up_to_the_cent(price: float) -> None:
    """Never below the price, so that a catalogue rounding to cents still finds it; less than a cent above."""
    seller, gpu = provider_of("skypilot", "aws"), gpu_of("skypilot", "aws", "T4")
    assert seller is not None
    assert gpu is not None
    place = Place(
        seller=seller, gpu=gpu, gpu_count=1, instance=None, cpus=None, region=None, spot=False, price_usd_per_h=price
    )

    assert price - 1e-6 <= place.ceiling_usd_per_h < price + 0.01 + 1e-6


def test_a_price_in_whole_cents_is_its_own_ceiling() -> None:
    """0.34, 0.74, 3.06 and 1.1 are not pushed up by floating point."""
    seller, gpu = provider_of("skypilot", "aws"), gpu_of("skypilot", "aws", "T4")
    assert seller is not None
    assert gpu is not None
    place = Place(
        seller=seller, gpu=gpu, gpu_count=1, instance=None, cpus=None, region=None, spot=False, price_usd_per_h=1
    )

    for price in (0.34, 0.74, 3.06, 1.1, 0.29, 12.24):
        assert replace(place, price_usd_per_h=price).ceiling_usd_per_h == price


def test_a_small_catalogue_is_enough(small: Catalogue) -> None:
    """V100 at Amazon in 2018: the choice is a place, whatever the day."""
    question = Question(as_of=dt.date(2018, 9, 26), work=Work(equal="hours"), options=Preferences(kinds=()),
                        site=Site(region="CA"), rent=(Rent(offer="aws/p3.2xlarge"),))  # fmt: skip
    option = answers.plan(question, small).advice.choice

    place = place_of("skypilot", option)

    assert isinstance(place, Place)
    assert (place.gpu.name, place.region, place.when_idle) == ("V100", "us-east-1", "stop")
