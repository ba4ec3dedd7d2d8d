"""A folder that stands for the root of a machine, and the kit's scripts run against it."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from payback import answers
from payback.operate.access import AccessKit, AccessRequest, write_kit
from payback.question_file import read_question

EXAMPLE = Path(__file__).parents[3] / "examples" / "home-and-cloud.toml"
EVERYTHING = AccessRequest(jupyter=True, power_cap="280", ddns_host="box.example.org")
HOME = "/home-of-the-user"
SSHD_CONFIG = "etc/ssh/sshd_config"
KEYS_ONLY = "etc/ssh/sshd_config.d/01-payback-keys-only.conf"
Tree = dict[str, tuple[str, int, bytes, int]]


@cache
def kit_of(request: AccessRequest = EVERYTHING) -> AccessKit:
    """The kit of the example."""
    return answers.access(read_question(EXAMPLE, as_of=dt.date(2026, 11, 23)), request)


def program(name: str, package: str) -> str:
    """A real program, or a skip that says how to get it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed here (apt-get install {package})")
    return found


def tree(root: Path) -> Tree:
    """Every path below a folder: kind, mode, content or target, and time of change of a file or link."""
    found: Tree = {}
    for path in sorted(root.rglob("*")):
        state = path.lstat()
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = ("link", 0, str(path.readlink()).encode(), state.st_mtime_ns)
        elif path.is_dir():
            found[name] = ("folder", stat.S_IMODE(state.st_mode), b"", 0)
        else:
            found[name] = ("file", stat.S_IMODE(state.st_mode), path.read_bytes(), state.st_mtime_ns)
    return found


@dataclass(frozen=True)
class Machine:
    """A root folder, a kit, and programs that only exist for the test."""

    root: Path
    kit: Path
    programs: Path
    log: Path

    def run(self, script: str, *arguments: str, live: bool = False, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the kit; live means that it also starts and reloads (what it finds on PATH is the test's)."""
        environment = self.environment()
        if live:
            environment["PAYBACK_ACCESS_LIVE"] = "1"
        command = [str(self.kit / script), *arguments]
        return subprocess.run(command, env=environment | more, capture_output=True, text=True, check=False, timeout=60)

    def environment(self) -> dict[str, str]:
        """What the scripts find: programs of the test first, and this root."""
        return {
            "PATH": f"{self.programs}:{os.environ['PATH']}:/usr/sbin:/sbin",
            "DESTDIR": str(self.root),
            "LOGIN_USER": getpass.getuser(),
            "LOGIN_HOME": HOME,
            "INTERFACE": "enp5s0",
            "LOG": str(self.log),
        }

    def apply(self, *arguments: str, live: bool = False, **more: str) -> str:
        """Run apply.sh, which must succeed; what it says."""
        done = self.run("apply.sh", *arguments, live=live, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def fake(self, name: str, script: str = "") -> None:
        """A program that writes its arguments down, and then does what the script says."""
        path = self.programs / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> "$LOG"\n{script}\n')
        path.chmod(0o755)

    def write(self, name: str, text: str, mode: int = 0o644) -> Path:
        """A file of the machine."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def authorize(self, line: str | None = None, mode: int = 0o600) -> Path:
        """A key that can log in, as ssh-copy-id leaves it."""
        program("ssh-keygen", "openssh-client")
        private = self.programs / "key"
        if not private.exists():
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(private)]
            subprocess.run(command, check=True, timeout=60)
        key = (self.programs / "key.pub").read_text()
        (self.root / HOME.lstrip("/") / ".ssh").mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.write(f"{HOME.lstrip('/')}/.ssh/authorized_keys", line.format(key=key) if line else key, mode)

    def install_sshd(self, *settings: str) -> None:
        """An SSH server as Debian leaves it, with a host key of its own."""
        program("sshd", "openssh-server")
        program("ssh-keygen", "openssh-client")
        host_key = self.programs / "host_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host_key)], check=True, timeout=60)
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd asks for it, and Debian makes it when the service starts
        lines = ["Include /etc/ssh/sshd_config.d/*.conf", f"HostKey {host_key}", *settings]
        self.write(SSHD_CONFIG, "\n".join(lines) + "\n")
        self.write("etc/ssh/sshd_config.d/50-cloud-init.conf", "PasswordAuthentication yes\n", 0o600)


def new_machine(folder: Path, kit: AccessKit | None = None) -> Machine:
    """A machine with systemd's folder, payback, Jupyter, a GPU driver and nothing else."""
    machine = Machine(root=folder / "root", kit=folder / "kit", programs=folder / "programs", log=folder / "log")
    (machine.root / "etc/systemd/system").mkdir(parents=True)
    machine.programs.mkdir()
    write_kit(kit or kit_of(), machine.kit)
    for name in ("payback", "jupyter", "nvidia-smi", "systemctl", "systemd-run", "curl", "ethtool"):
        machine.fake(name)
    return machine
