"""The launchers' own parsers read what we write, where they are installed.

Both are too heavy for the development extras. Point PAYBACK_SKYPILOT_PYTHON or
PAYBACK_DSTACK_PYTHON at a Python that has them; without one these tests skip.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from payback import answers
from payback.operate.launch import Launch, LaunchRequest, OwnHost, prepare
from payback.question import Preferences, Question, Rent, Work
from payback.question_file import read_question

DAY = dt.date(2026, 11, 23)
EXAMPLE = Path(__file__).parents[3] / "examples" / "home-and-cloud.toml"
OWN = (OwnHost(host="10.77.0.1", user="me"),)
SKY = """
import json, sys, sky
from sky.ssh_node_pools import utils
task = sky.Task.from_yaml(sys.argv[1])
places = list(task.resources)
if len(sys.argv) > 2:
    pools = utils.get_cluster_config(utils.load_ssh_targets(sys.argv[2]))
    hosts = utils.prepare_hosts_info("payback-home", pools["payback-home"])
else:
    hosts = []
print(json.dumps({
    "clouds": [str(place.cloud) for place in places],
    "accelerators": [place.accelerators for place in places],
    "idle": [None if place.autostop_config is None else
             [place.autostop_config.idle_minutes, place.autostop_config.down] for place in places],
    "hosts": [[host["ip"], host["user"]] for host in hosts],
}))
"""
FEASIBLE = """
import json, sys, sky
place, = sky.Task.from_yaml(sys.argv[1]).resources
print(json.dumps([one.instance_type for one in place.cloud._get_feasible_launchable_resources(place).resources_list]))
"""
DSTACK = """
import json, sys, yaml
from dstack._internal.core.models.configurations import parse_apply_configuration
found = [parse_apply_configuration(yaml.safe_load(open(name))) for name in sys.argv[1:]]
print(json.dumps([{"kind": type(one).__name__, "idle": one.idle_duration, "price": one.max_price,
                   "gpu": None if one.resources is None else one.resources.gpu.name} for one in found]))
"""


def python_with(module: str) -> str:
    """A Python that can import the launcher, or a skip that says how to name one."""
    variable = {"sky": "PAYBACK_SKYPILOT_PYTHON", "dstack": "PAYBACK_DSTACK_PYTHON"}[module]
    if os.environ.get(variable):
        return os.environ[variable]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed here; {variable}=/path/to/python of an environment that has it")
    return sys.executable


def read_by(python: str, program: str, launch: Launch, folder: Path) -> Any:
    """What the launcher makes of the files."""
    for file in launch.files:
        (folder / file.name).write_text(file.content)
    names = [str(folder / file.name) for file in launch.files]
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "SKYPILOT_DISABLE_USAGE_COLLECTION": "1"}
    done = subprocess.run([python, "-c", program, *names], env=environment, capture_output=True, text=True,
                          check=False, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_skypilot_reads_the_task_and_the_pool(tmp_path: Path) -> None:
    """Two places in order, their GPUs under names it keeps, autostop on both, the host of the pool."""
    python = python_with("sky")
    launch = prepare(answers.plan(read_question(EXAMPLE, as_of=DAY)), LaunchRequest(own=OWN, idle_minutes=25))

    assert read_by(python, SKY, launch, tmp_path) == {
        "clouds": ["SSH", "RunPod"],
        "accelerators": [{"RTX3090": 1}, {"RTX4090": 1}],
        "idle": [[25, True], [25, True]],
        "hosts": [["10.77.0.1", "me"]],
    }


@pytest.mark.parametrize(
    ("offer", "cloud", "gpu", "idle"),
    [
        ("aws/g5.xlarge", "AWS", {"A10G": 1}, [30, False]),
        ("lambda/h100-sxm-x1", "Lambda", {"H100": 1}, [30, True]),
        ("google-cloud/a2-highgpu-1g", "GCP", {"A100": 1}, [30, False]),
        ("vast-ai/rtx-5090-x1", "Vast", {"RTX5090": 1}, [30, False]),
        ("verda/a100-sxm-80gb-x1", "Verda", {"A100-80GB": 1}, None),
    ],
)
def test_skypilot_reads_every_kind_of_place(
    offer: str, cloud: str, gpu: dict[str, int], idle: list[object] | None, tmp_path: Path
) -> None:
    """With and without a machine type, a region, a stop."""
    python = python_with("sky")
    question = Question(as_of=DAY, work=Work(equal="hours"), rent=(Rent(offer=offer),),
                        options=Preferences(kinds=(), max_price_age_days=9999))  # fmt: skip

    found = read_by(python, SKY, prepare(answers.plan(question), LaunchRequest()), tmp_path)

    assert (found["clouds"], found["accelerators"], found["idle"]) == ([cloud], [gpu], [idle])


def test_skypilot_keeps_the_ceiling(tmp_path: Path) -> None:
    """In a catalogue that asks the offer's price the machine is found; in one that asks a cent more, nothing is."""
    python = python_with("sky")
    question = Question(as_of=DAY, work=Work(equal="hours"), rent=(Rent(offer="aws/g5.xlarge"),),
                        options=Preferences(kinds=(), max_price_age_days=9999))  # fmt: skip
    plan = answers.plan(question)
    price = plan.world.rent[0].price_usd_per_h
    assert price is not None
    launch = prepare(plan, LaunchRequest())

    found = []
    for name, asked in (("same", price), ("dearer", price + 0.02)):
        catalogue = tmp_path / name / ".sky/catalogs/v8/aws/vms.csv"
        catalogue.parent.mkdir(parents=True)
        row = f"g5.xlarge,A10G,1.0,4.0,16.0,,{asked},,us-east-1,use1-az1,x86_64\n"
        header = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region"
        catalogue.write_text(f"{header},AvailabilityZone,Arch\n{row}")
        found.append(read_by(python, FEASIBLE, launch, tmp_path / name))

    assert found == [["g5.xlarge"], []]


def test_dstack_reads_the_task_and_both_fleets(tmp_path: Path) -> None:
    """A task and two fleets; 25 idle minutes are 1,500 seconds."""
    python = python_with("dstack")
    request = LaunchRequest(tool="dstack", own=OWN, identity="~/.ssh/id_ed25519", idle_minutes=25)
    launch = prepare(answers.plan(read_question(EXAMPLE, as_of=DAY)), request)

    assert read_by(python, DSTACK, launch, tmp_path) == [
        {"kind": "TaskConfiguration", "idle": None, "price": 0.34, "gpu": ["RTX3090", "RTX4090"]},
        {"kind": "FleetConfiguration", "idle": 1500, "price": 0.34, "gpu": ["RTX4090"]},
        {"kind": "FleetConfiguration", "idle": None, "price": None, "gpu": None},
    ]
