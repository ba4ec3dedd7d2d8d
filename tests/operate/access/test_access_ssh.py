"""Nobody is locked out: passwords go only where a key is known to work, and come back by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.operate.access.access_machine import HOME, KEYS_ONLY, SSHD_CONFIG, Machine, new_machine, program, tree

HARDENING = "etc/ssh/sshd_config.d/00-payback.conf"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = new_machine(tmp_path)
    made.install_sshd()
    return made


def effective(machine: Machine, setting: str) -> str:
    """What the real sshd makes of all files together."""
    import subprocess

    text = (machine.root / SSHD_CONFIG).read_text().replace("Include /etc", f"Include {machine.root}/etc")
    config = machine.programs / "config"
    config.write_text(text)
    command = [program("sshd", "openssh-server"), "-T", "-f", str(config)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
    return next(line.partition(" ")[2] for line in lines if line.startswith(f"{setting} "))


def test_without_a_key_passwords_stay_on(machine: Machine) -> None:
    """The rest is hardened; the file that forbids passwords is refused, with the way to a key."""
    said = machine.apply()

    assert f"REFUSED   /{KEYS_ONLY}" in said
    assert "ssh-copy-id" in said
    assert (machine.root / HARDENING).exists()
    assert not (machine.root / KEYS_ONLY).exists()
    assert effective(machine, "passwordauthentication") == "yes"


def test_who_logs_in_as_root_by_password_still_can(tmp_path: Path) -> None:
    """Without a key nothing that let somebody in before is closed."""
    machine = new_machine(tmp_path)
    machine.install_sshd("PermitRootLogin yes", "MaxAuthTries 6")

    machine.apply()

    assert effective(machine, "permitrootlogin") == "yes"
    assert effective(machine, "maxauthtries") == "6"
    assert effective(machine, "permitemptypasswords") == "no"


def test_with_a_key_passwords_go_off_although_another_file_turns_them_on(machine: Machine) -> None:
    """The first value wins in sshd_config, and ours is read before cloud-init's."""
    machine.authorize()

    machine.apply()

    assert effective(machine, "passwordauthentication") == "no"
    assert effective(machine, "kbdinteractiveauthentication") == "no"
    assert effective(machine, "pubkeyauthentication") == "yes"
    assert effective(machine, "permitrootlogin") == "without-password"


@pytest.mark.parametrize(
    ("line", "mode", "why"),
    [
        ("", 0o600, "an empty file"),
        ("not a key\n", 0o600, "no key"),
        ('command="/usr/bin/backup" {key}', 0o600, "a key that opens no shell"),
        ("{key}", 0o620, "a file that its group may write, which sshd ignores"),
    ],
    ids=["empty", "nonsense", "restricted", "writable"],
)
def test_a_key_that_opens_nothing_is_no_key(machine: Machine, line: str, mode: int, why: str) -> None:
    """Each of these would have been a lock-out."""
    machine.authorize(line or "\n", mode)

    said = machine.apply()

    assert f"REFUSED   /{KEYS_ONLY}" in said, why


def test_a_second_factor_by_keyboard_keeps_its_keyboard(tmp_path: Path) -> None:
    """Where sshd asks for key and code, switching the keyboard off would lock out everybody."""
    machine = new_machine(tmp_path)
    machine.install_sshd("AuthenticationMethods publickey,keyboard-interactive")
    machine.authorize()

    assert "asks for more than a key" in machine.apply()
    assert not (machine.root / KEYS_ONLY).exists()


def test_keys_in_another_place_keep_passwords_on(tmp_path: Path) -> None:
    """sshd does not read .ssh/authorized_keys here, so a key in it proves nothing."""
    machine = new_machine(tmp_path)
    machine.install_sshd("AuthorizedKeysFile /etc/ssh/keys/%u")
    machine.authorize()

    assert f"REFUSED   /{KEYS_ONLY}" in machine.apply()


def test_when_the_key_is_gone_passwords_come_back(machine: Machine) -> None:
    """Applying again without a key withdraws the file that forbids passwords."""
    key = machine.authorize()
    machine.apply()
    key.unlink()

    machine.apply()

    assert not (machine.root / KEYS_ONLY).exists()
    assert (machine.root / HARDENING).exists()
    assert effective(machine, "passwordauthentication") == "yes"


def test_settings_that_are_broken_already_are_not_touched(tmp_path: Path) -> None:
    """sshd -t fails before we begin: nothing is changed, so nobody blames or needs us."""
    machine = new_machine(tmp_path)
    machine.install_sshd("PortNumber 22")
    before = tree(machine.root)

    done = machine.run("apply.sh")

    assert done.returncode == 1
    assert "mend them first, nothing was changed" in done.stderr
    assert before == tree(machine.root)


def test_new_settings_that_sshd_refuses_are_put_back_and_not_reloaded(machine: Machine) -> None:
    """A typing error in a drop-in: its files go, sshd keeps running with the old ones."""
    (machine.kit / f"files/{HARDENING}").write_text("MaxAuthTrys 4\n")

    done = machine.run("apply.sh", live=True)

    assert done.returncode == 1
    assert "sshd -t refuses the new settings" in done.stderr
    assert not (machine.root / HARDENING).exists()
    assert not machine.log.exists()


def test_passwords_come_back_by_themselves_unless_confirmed(machine: Machine) -> None:
    """The timer that brings them back is set before sshd is reloaded; --confirm stops it."""
    machine.authorize()

    said = machine.apply(live=True)
    calls = machine.log.read_text().splitlines()
    timer = next(i for i, line in enumerate(calls) if line.startswith("systemd-run") and "--on-active=10min" in line)

    assert "Keep this session open" in said
    assert f"--only /{KEYS_ONLY}" in calls[timer]
    assert timer < calls.index("systemctl reload ssh")
    assert not any("restart ssh" in line or "stop ssh" in line for line in calls)

    machine.apply("--confirm", live=True)
    assert machine.log.read_text().splitlines()[-1] == "systemctl stop payback-access-rollback.timer"


def test_what_the_timer_runs_brings_passwords_back(machine: Machine) -> None:
    """The very command: undo.sh --only the file, from the machine's own copy."""
    machine.authorize()
    machine.apply(live=True)
    call = next(line for line in machine.log.read_text().splitlines() if line.startswith("systemd-run"))
    script = Path(next(word for word in call.split() if word.endswith("undo.sh")))
    own = Machine(root=machine.root, kit=script.parent, programs=machine.programs, log=machine.log)

    assert own.run("undo.sh", "--only", f"/{KEYS_ONLY}", live=True).returncode == 0
    assert effective(machine, "passwordauthentication") == "yes"
    assert (machine.root / HARDENING).exists()


def test_without_a_timer_passwords_stay_on(machine: Machine) -> None:
    """If nothing could bring them back, they are not given up."""
    machine.authorize()
    machine.fake("systemd-run", "exit 1")

    done = machine.run("apply.sh", live=True)

    assert done.returncode == 1
    assert not (machine.root / KEYS_ONLY).exists()
    assert "systemctl reload ssh" not in machine.log.read_text()


def test_undo_restores_the_servers_folder(machine: Machine) -> None:
    """With sshd there, apply and undo leave it as it was."""
    machine.authorize()
    before = tree(machine.root)
    machine.apply()
    assert (machine.root / KEYS_ONLY).exists()

    assert machine.run("undo.sh").returncode == 0
    assert before == tree(machine.root)
    assert HOME.lstrip("/") in before
