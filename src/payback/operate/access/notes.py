"""What the kit does not do for you: driver, containers, router, firmware. Notes, with where they come from."""

from __future__ import annotations

from collections.abc import Iterator

from payback.catalogue.schema import Gpu
from payback.operate.access.request import AccessRequest

MODULES_PAGE = "https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/kernel-modules.html"
TOOLKIT_PAGE = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
BEFORE_OPEN_MODULES = ("Maxwell", "Pascal", "Volta")
EITHER_MODULES = ("Turing", "Ampere", "Ada", "Hopper")
ONLY_OPEN_MODULES = ("Blackwell",)
HEADING = "What the kit does not do"


def driver_note(gpu: Gpu | None) -> str:
    """Which flavour of NVIDIA's kernel modules a GPU takes."""
    if gpu is None:
        return f"Driver: say which GPU (--gpu); Turing and newer take the open kernel modules. {MODULES_PAGE}"
    if gpu.vendor != "NVIDIA":
        return f"Driver: the {gpu.gpu} is no NVIDIA card; the power cap and the driver notes here are for NVIDIA alone."
    kind = gpu.architecture.split()[0]
    if kind in BEFORE_OPEN_MODULES:
        return (
            f"Driver: the {gpu.gpu} ({kind}) needs the proprietary kernel modules; series 580 is the last with "
            f"them for it. {MODULES_PAGE}"
        )
    if kind in ONLY_OPEN_MODULES:
        return f"Driver: the {gpu.gpu} ({kind}) takes the open kernel modules only. {MODULES_PAGE}"
    if kind in EITHER_MODULES:
        return f"Driver: for the {gpu.gpu} ({kind}) choose the open kernel modules where there are any. {MODULES_PAGE}"
    return f"Driver: the {gpu.gpu} ({kind}) is older than the drivers these notes are about; it takes a legacy one."


def reach_notes(request: AccessRequest) -> Iterator[str]:
    """What router, provider and firmware must do."""
    if request.tunnel == "wireguard":
        yield (
            "Router: forward UDP 51820 to this machine. Behind a provider's shared address (CGNAT) that cannot "
            "work: --tunnel tailscale."
        )
        if request.ddns_host is None:
            yield "Name: without --ddns-host the laptop's file has no address to call; fill it in."
        if request.peer_key is None:
            yield (
                "Laptop: no key given (--peer-key), so nobody can enter yet; make one there, run again with it, "
                "apply again."
            )
    else:
        yield (
            "Tailscale: install it from your distribution or tailscale.com, then `sudo tailscale up`; no port is "
            "opened at the router."
        )
        yield (
            "Tailscale: a machine's key expires unless you switch that off for it in the admin console; else you "
            "lock yourself out."
        )
    if request.ddns_way == "curl":
        yield (
            "Dynamic DNS: put the provider's update address (https://...) into /etc/payback/ddns.url, mode 0600; "
            "until then the timer does nothing."
        )
    if request.jupyter:
        yield (
            "Jupyter: ssh -L 8888:127.0.0.1:8888 USER@MACHINE, then http://127.0.0.1:8888; `jupyter server list` "
            "shows the token."
        )
    yield (
        "Wake-on-LAN: switch it on in the firmware; the packet must come from the same network (a router or small "
        "computer there)."
    )


def software_notes(gpu: Gpu | None) -> Iterator[str]:
    """Driver and containers."""
    yield driver_note(gpu)
    yield (
        "Containers: install nvidia-container-toolkit, then `sudo nvidia-ctk runtime configure --runtime=docker` and "
        f"restart docker; try `docker run --rm --gpus all ubuntu nvidia-smi`. {TOOLKIT_PAGE}"
    )


def readme(files: str, notes: tuple[str, ...]) -> str:
    """The kit's own page."""
    listed = "\n".join(f"- {note}" for note in notes)
    return (
        "# Reach this machine from outside\n\n"
        "Written by payback. Read the files, then:\n\n"
        "    sudo ./apply.sh --dry-run    # says what would change\n"
        "    sudo ./apply.sh              # changes it; twice is the same as once\n"
        "    sudo ./apply.sh --confirm    # after a login by key from a second terminal: keep passwords off\n"
        "    sudo ./undo.sh               # puts everything back\n\n"
        "What apply.sh replaces it keeps in /var/lib/payback-access, and undo.sh restores it byte for byte.\n"
        "A file you changed since is kept and named.\n"
        "If you are connected through the tunnel, undo.sh cuts it.\n\n"
        f"## Files\n\n{files}\n\n## {HEADING}\n\n{listed}\n"
    )


def next_steps(notes: tuple[str, ...]) -> str:
    """What apply.sh prints at its end."""
    return "What is left to you:\n" + "".join(f"  {note}\n" for note in notes)
