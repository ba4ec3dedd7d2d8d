"""A SkyPilot task: work runs at home while a host there is free, and bursts to the chosen offer.

Read with SkyPilot 0.14.1: `infra` and `ordered` resources, `autostop` per place,
`max_hourly_cost`, and SSH node pools. SkyPilot's autostop looks at jobs and
logins, not at the GPU.
"""

from __future__ import annotations

from typing import Any

from payback.operate.launch.request import Home, LaunchFile, LaunchRequest, Place
from payback.operate.launch.text import as_yaml, stem

POOL = "payback-home"
CLUSTER = "payback"


def files(place: Place, home: Home | None, request: LaunchRequest, why: str) -> tuple[LaunchFile, ...]:
    """The task, and the pool of one's own machines where there are some."""
    name = f"{stem(request)}.yaml"
    task = LaunchFile(name=name, what="the task", content=as_yaml(task_dict(place, home, request), why))
    if home is None:
        return (task,)
    pool = LaunchFile(
        name=f"{stem(request)}.pools.yaml",
        what="your own machine as an SSH node pool",
        content=as_yaml(pool_dict(home), "Add this to ~/.sky/ssh_node_pools.yaml and keep what stands there."),
    )
    return task, pool


def task_dict(place: Place, home: Home | None, request: LaunchRequest) -> dict[str, Any]:
    """The task as SkyPilot reads it."""
    cloud = _cloud(place, request)
    resources = cloud if home is None else {"ordered": [_home(place, home, request), cloud]}
    return {"name": CLUSTER, "resources": resources, "run": request.command}


def pool_dict(home: Home) -> dict[str, Any]:
    """The content of ssh_node_pools.yaml."""
    hosts: list[Any] = [
        host.host if host.user is None else {"ip": host.host, "user": host.user} | _identity(home)
        for host in home.hosts
    ]
    return {POOL: {"hosts": hosts}}


def commands(place: Place, home: Home | None, request: LaunchRequest, machines: int) -> tuple[str, ...]:
    """What to type, in order."""
    first = () if home is None else (f"sky ssh up --infra {POOL}",)
    name = f"{stem(request)}.yaml"
    clusters = [CLUSTER] if machines == 1 else [f"{CLUSTER}-{number}" for number in range(1, machines + 1)]
    stop = "" if place.when_idle != "never" else "   # and yourself, when done: sky down " + CLUSTER
    return (*first, *(f"sky launch -c {cluster} {name}{stop}" for cluster in clusters))


def _cloud(place: Place, request: LaunchRequest) -> dict[str, Any]:
    infra = place.seller.name + (f"/{place.region}" if place.region else "")
    found: dict[str, Any] = {"infra": infra, "accelerators": {place.gpu.name: place.gpu_count}}
    if place.cpus is not None:
        found["cpus"] = place.cpus
    found |= {"use_spot": place.spot, "max_hourly_cost": place.ceiling_usd_per_h}
    if place.when_idle != "never":
        found["autostop"] = {"idle_minutes": request.idle_minutes, "down": place.when_idle != "stop"}
    return found


def _home(place: Place, home: Home, request: LaunchRequest) -> dict[str, Any]:
    return {
        "infra": f"ssh/{POOL}",
        "accelerators": {home.gpu.name: place.gpu_count},
        "autostop": {"idle_minutes": request.idle_minutes, "down": True},
    }


def _identity(home: Home) -> dict[str, str]:
    return {} if home.identity is None else {"identity_file": home.identity}
