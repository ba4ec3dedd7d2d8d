"""Which files a kit is made of: each a reviewed template with the few words of this request filled in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from payback.operate.access.request import AccessRequest, KitFile, PowerCap

SYSTEMD = "/etc/systemd/system"
LIBRARY = "/usr/local/lib/payback"
SSHD = "/etc/ssh/sshd_config.d"
WIREGUARD = "/etc/wireguard"
UNSET_ENDPOINT = "THE-NAME-OR-ADDRESS-OF-YOUR-LINE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the manifest that apply.sh reads: what to put where, and what the machine must have for it."""

    kind: str
    path: str
    needs: str
    mode: str = "0644"
    source: str = "-"

    def text(self) -> str:
        """Five fields joined by tabs; none is empty."""
        return "\t".join((self.kind, self.mode, self.path, self.needs, self.source))


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Files and lines of the manifest that belong together."""

    files: tuple[KitFile, ...] = ()
    lines: tuple[Line, ...] = ()


def template(name: str) -> str:
    """A shipped template as it stands."""
    folder = resources.files("payback.operate.access") / "templates"
    return (folder / name).read_text(encoding="utf-8")


def pieces(request: AccessRequest, cap: PowerCap | None) -> Iterator[Piece]:
    """The parts of the kit, in the order in which apply.sh installs them."""
    yield _installed("payback-watch.service", SYSTEMD, "payback", "the meter: what the GPUs do and cost")
    yield _enabled("payback-watch.service", "payback")
    yield _installed("payback-idle.service", SYSTEMD, "payback", "the idle rule; a dry run until you arm it")
    yield _enabled("payback-idle.service", "payback")
    yield from _wake()
    if cap is not None:
        yield from _power_cap(cap)
    if request.jupyter:
        yield _installed(
            "payback-jupyter.service", SYSTEMD, "jupyter", "JupyterLab, on this machine's own address alone"
        )
        yield _enabled("payback-jupyter.service", "jupyter")
    yield from _ddns(request)
    if request.tunnel == "wireguard":
        yield _wireguard(request)
    why = "SSH without empty passwords and dead sessions; nobody's way in is closed"
    yield _installed("sshd-hardening.conf", SSHD, "sshd", why, name="00-payback.conf")
    why = "no passwords, root by key alone; refused unless a key that can log in exists"
    yield _installed("sshd-keys-only.conf", SSHD, "authorized-key", why, name="01-payback-keys-only.conf")


def _installed(
    source: str,
    folder: str,
    needs: str,
    why: str,
    *,
    name: str | None = None,
    mode: int = 0o644,
    text: str | None = None,
) -> Piece:
    path = f"{folder}/{name or source}"
    content = template(source) if text is None else text
    file = KitFile(path=f"files{path}", content=content, why=why, mode=mode, installs=path, needs=needs)
    return Piece(files=(file,), lines=(Line(kind="file", path=path, needs=needs, mode=f"{mode:04o}", source=path),))


def _enabled(unit: str, needs: str, *, wants: str = "multi-user.target", instance: str | None = None) -> Piece:
    """What `systemctl enable` does: a link, made by hand so that it can be undone exactly."""
    link = f"{SYSTEMD}/{wants}.wants/{instance or unit}"
    return Piece(lines=(Line(kind="link", path=link, needs=needs, mode="-", source=f"{SYSTEMD}/{unit}"),))


def _wake() -> Iterator[Piece]:
    unit = "payback-wake@.service"
    why = "wake-on-LAN stays armed on the network card"
    yield _installed(unit, SYSTEMD, "ethtool", why)
    yield _enabled(unit, "ethtool,interface", instance="payback-wake@@INTERFACE@.service")


def _power_cap(cap: PowerCap) -> Iterator[Piece]:
    unit, needs = "payback-power-cap.service", "nvidia-smi"
    yield _installed("power-cap", LIBRARY, needs, "sets and restores the GPUs' power limit", mode=0o755)
    text = template(unit).replace("@WATTS@", str(cap.watts))
    yield _installed(unit, SYSTEMD, needs, f"{cap.watts} W a GPU at every boot", text=text)
    yield _enabled(unit, needs)


def _ddns(request: AccessRequest) -> Iterator[Piece]:
    if request.ddns_way == "curl":
        yield _installed("ddns-update", LIBRARY, "curl", "tells the provider the line's address", mode=0o755)
        yield _installed("payback-ddns.service", SYSTEMD, "curl", "idle until /etc/payback/ddns.url exists")
        yield _installed("payback-ddns.timer", SYSTEMD, "curl", "every five minutes")
        yield _enabled("payback-ddns.timer", "curl", wants="timers.target")
    elif request.ddns_way == "ddclient":
        host = request.ddns_host or "NAME-OF-YOUR-LINE"
        text = template("ddclient.conf").replace("@ENDPOINT@", host)
        yield Piece(
            files=(KitFile(path="examples/ddclient.conf", content=text, why="an example; it is not installed"),)
        )


def _wireguard(request: AccessRequest) -> Piece:
    machine = template("wireguard-machine.conf")
    if request.peer_key:
        machine += template("wireguard-peer.conf").replace("@PEER_KEY@", request.peer_key)
    client = template("wireguard-client.conf").replace("@ENDPOINT@", request.ddns_host or UNSET_ENDPOINT)
    path, unit = f"{WIREGUARD}/payback0.conf", "wg-quick@payback0.service"
    link = f"{SYSTEMD}/multi-user.target.wants/{unit}"
    return Piece(
        files=(
            KitFile(
                path=f"files{path}", content=machine, why="the tunnel's end here", installs=path, needs="wg", mode=0o600
            ),
            KitFile(path="client/payback0.conf", content=client, why="the tunnel's end on your laptop"),
        ),
        lines=(
            Line(kind="key", path=f"{WIREGUARD}/payback.key", needs="wg", mode="0600"),
            Line(kind="file", path=path, needs="wg", mode="0600", source=path),
            Line(kind="link", path=link, needs="wg", mode="-", source="/usr/lib/systemd/system/wg-quick@.service"),
        ),
    )
