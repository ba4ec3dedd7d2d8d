"""The generated files before the programs that will read them: systemd, WireGuard, shellcheck, curl, nvidia-smi."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tests.operate.access.access_machine import Machine, kit_of, new_machine, program

from payback.operate.access import AccessRequest

PEER = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
LIMITS = 'case "$*" in *query*) printf "0, 100.00, 350.00, 400.00\\n1, 100.00, 350.00, 400.00\\n";; esac'


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return new_machine(tmp_path)


def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=more or None)


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    """Every script of the kit."""
    checker = program("shellcheck", "shellcheck")
    scripts = [(file.path, file.content) for file in kit_of().files if file.content.startswith("#!")]
    assert len(scripts) == 4

    for name, content in scripts:
        path = tmp_path / Path(name).name
        path.write_text(content)
        assert run(checker, str(path)).stdout == "", name


def test_systemd_understands_every_unit(machine: Machine, tmp_path: Path) -> None:
    """systemd-analyze verify has nothing to say, and does have where a key is misspelled."""
    checker = program("systemd-analyze", "systemd")
    machine.apply(LOGIN_USER="root", LOGIN_HOME="/root")
    units = tmp_path / "units"
    units.mkdir()
    for unit in (machine.root / "etc/systemd/system").glob("payback-*"):
        name = unit.name.replace("@", "@enp5s0")
        text = re.sub(r"^(Exec\w+=)\S+", r"\1/bin/true", unit.read_text(), flags=re.MULTILINE)
        (units / name).write_text(text)
    assert len(list(units.iterdir())) == 7

    assert run(checker, "verify", *map(str, units.iterdir())).stderr == ""
    broken = units / "payback-watch.service"
    broken.write_text(broken.read_text().replace("RestartSec", "RestrtSec"))
    assert "Unknown key" in run(checker, "verify", str(broken)).stderr


def test_wireguard_understands_both_ends(tmp_path: Path) -> None:
    """wg parses the machine's file with a peer, and the laptop's as apply.sh prints it; a misspelled one it refuses."""
    wg, machine = (
        program("wg", "wireguard-tools"),
        new_machine(tmp_path, kit_of(AccessRequest(peer_key=PEER, ddns_host="192.0.2.1"))),
    )
    said = machine.apply()
    here = (machine.root / "etc/wireguard/payback0.conf").read_text()
    laptop = said[said.index("# Written by payback: the end on your laptop") : said.index("What is left")]
    assert PEER in here
    assert "@" not in laptop.replace("wg-quick@", "")

    for text in (here, laptop):
        assert "parsing error" not in _parse(wg, text, tmp_path)
    assert "parsing error" in _parse(wg, here.replace("ListenPort", "ListenPrt"), tmp_path)


def _parse(wg: str, text: str, folder: Path) -> str:
    """What wg says to the keys that are its own; setting them fails without an interface, after they were parsed."""
    ours = [line for line in text.splitlines() if not re.match(r"(Address|PostUp)\b|#", line)]
    path = folder / "wg.conf"
    path.write_text("\n".join(ours) + "\n")
    return run(wg, "setconf", "payback-none", str(path)).stderr


def test_wg_quick_strips_the_file(tmp_path: Path) -> None:
    """wg-quick takes out Address and PostUp, which are its own."""
    import os

    quick = program("wg-quick", "wireguard-tools")
    if os.getuid() != 0:
        pytest.skip("wg-quick asks for root even to strip a file")
    machine = new_machine(tmp_path)
    machine.apply()

    done = run(quick, "strip", str(machine.root / "etc/wireguard/payback0.conf"))

    assert done.returncode == 0
    assert "ListenPort = 51820" in done.stdout
    assert "PostUp" not in done.stdout


def test_the_private_key_is_made_on_the_machine_and_stays_there(tmp_path: Path) -> None:
    """Two machines have two keys; none is in the kit; only root reads it; a second run keeps it."""
    program("wg", "wireguard-tools")
    keys = []
    for name in ("one", "two"):
        machine = new_machine(tmp_path / name)
        said = machine.apply()
        path = machine.root / "etc/wireguard/payback.key"
        keys.append(path.read_text().strip())
        machine.apply()
        assert path.read_text().strip() == keys[-1]
        assert path.stat().st_mode & 0o777 == 0o600
        assert keys[-1] not in said
        assert all(keys[-1] not in file.read_text() for file in machine.kit.rglob("*") if file.is_file())

    assert len(set(keys)) == 2


def test_the_power_cap_is_set_and_restored_on_every_gpu(machine: Machine) -> None:
    """280 W on two GPUs, then the maker's 350 W again; 90 W is below what the driver takes and is refused."""
    machine.fake("nvidia-smi", LIMITS)
    script = str(machine.kit / "files/usr/local/lib/payback/power-cap")
    environment = {"PATH": f"{machine.programs}:/usr/bin:/bin", "LOG": str(machine.log)}

    assert run(script, "set", "280", **environment).returncode == 0
    assert run(script, "restore", **environment).returncode == 0
    limits = [line for line in machine.log.read_text().splitlines() if "-pl" in line]

    assert [f"nvidia-smi -i {gpu} -pl {watts}" for watts in (280, 350) for gpu in (0, 1)] == limits
    assert run(script, "set", "90", **environment).returncode == 1


def test_the_token_of_the_provider_is_on_no_command_line(machine: Machine, tmp_path: Path) -> None:
    """curl reads the address from its standard input; anything but https is refused."""
    machine.fake("curl", 'cat >> "$LOG"')
    script = str(machine.kit / "files/usr/local/lib/payback/ddns-update")
    address = tmp_path / "url"
    environment = {"PATH": f"{machine.programs}:/usr/bin:/bin", "LOG": str(machine.log)}

    address.write_text("# my provider\nhttps://dns.example.org/update?token=secret\n")
    assert run(script, str(address), **environment).returncode == 0
    call, told = machine.log.read_text().splitlines()
    assert "secret" not in call
    assert told == 'url = "https://dns.example.org/update?token=secret"'

    for bad in ("http://dns.example.org/?token=secret", 'https://x/"\noutput = "/etc/passwd', ""):
        address.write_text(bad)
        assert run(script, str(address), **environment).returncode != 0
