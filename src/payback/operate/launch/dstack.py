"""The same as dstack reads it: a task, a fleet of the chosen offer, and a fleet of one's own machines.

Read with dstack 0.22.5: fleets by `ssh_config`, `idle_duration`, `max_price`,
and a `utilization_policy` that ends a run whose GPU does nothing.
"""

from __future__ import annotations

from typing import Any

from payback.operate.launch.request import LEAST_USE_PERCENT, Home, LaunchFile, LaunchRequest, Place
from payback.operate.launch.text import as_yaml, stem

HOME_FLEET, CLOUD_FLEET, TASK = "payback-home", "payback-cloud", "payback"
LEAST_WINDOW_MINUTES = 5
"""dstack accepts no shorter window of utilisation. [min]"""


def files(place: Place, home: Home | None, request: LaunchRequest, why: str, machines: int) -> tuple[LaunchFile, ...]:
    """The task and its fleets."""
    base = stem(request)
    cloud = as_yaml(cloud_fleet_dict(place, request, machines), why)
    found = [
        LaunchFile(name=f"{base}.yaml", what="the task", content=as_yaml(task_dict(place, home, request), why)),
        LaunchFile(name=f"{base}.cloud.yaml", what="the fleet of the chosen offer", content=cloud),
    ]
    if home is not None:
        text = as_yaml(home_fleet_dict(home), "Your own machine: dstack logs in by SSH and installs its agent.")
        found.append(LaunchFile(name=f"{base}.home.yaml", what="the fleet of your own machine", content=text))
    return tuple(found)


def task_dict(place: Place, home: Home | None, request: LaunchRequest) -> dict[str, Any]:
    """The task; its GPUs are those of the offer or of the machine at home."""
    gpus = [place.gpu] if home is None else [home.gpu, place.gpu]
    names = list(dict.fromkeys(gpu.name for gpu in gpus))
    memory = min(gpu.memory_gb for gpu in gpus if gpu.memory_gb is not None)
    task: dict[str, Any] = {
        "type": "task",
        "name": TASK,
        "commands": [request.command],
        "resources": {"gpu": {"name": names, "memory": f"{memory}GB..", "count": place.gpu_count}},
        "fleets": [CLOUD_FLEET] if home is None else [HOME_FLEET, CLOUD_FLEET],
        "spot_policy": "spot" if place.spot else "on-demand",
        "max_price": place.ceiling_usd_per_h,
    }
    if place.gpu_count == 1:
        window = max(request.idle_minutes, LEAST_WINDOW_MINUTES)
        policy = {"min_gpu_utilization": LEAST_USE_PERCENT, "time_window": f"{window}m"}
        task["utilization_policy"] = policy
    return task


def cloud_fleet_dict(place: Place, request: LaunchRequest, machines: int) -> dict[str, Any]:
    """A fleet that rents a machine of the offer when a task needs it, and never more than the plan counts."""
    gpu = {"name": [place.gpu.name], "memory": f"{place.gpu.memory_gb}GB", "count": place.gpu_count}
    fleet: dict[str, Any] = {
        "type": "fleet",
        "name": CLOUD_FLEET,
        "nodes": {"min": 0, "max": machines},
        "backends": [place.seller.name],
        "resources": {"gpu": gpu},
        "spot_policy": "spot" if place.spot else "on-demand",
        "max_price": place.ceiling_usd_per_h,
        "idle_duration": f"{request.idle_minutes}m",
    }
    if place.region:
        fleet["regions"] = [place.region]
    if place.instance:
        fleet["instance_types"] = [place.instance]
    return fleet


def home_fleet_dict(home: Home) -> dict[str, Any]:
    """A fleet of machines one owns."""
    hosts: list[Any] = [host.host if host.user is None else _host(host.host, host.user) for host in home.hosts]
    return {"type": "fleet", "name": HOME_FLEET, "ssh_config": {"identity_file": home.identity, "hosts": hosts}}


def commands(home: Home | None, request: LaunchRequest, machines: int) -> tuple[str, ...]:
    """What to type, in order."""
    base = stem(request)
    first = () if home is None else (f"dstack apply -f {base}.home.yaml",)
    again = () if machines == 1 else tuple(f"dstack apply -f {base}.yaml -n {TASK}-{n}" for n in range(2, machines + 1))
    return (*first, f"dstack apply -f {base}.cloud.yaml", f"dstack apply -f {base}.yaml", *again)


def _host(host: str, user: str) -> dict[str, str]:
    return {"hostname": host, "user": user}
