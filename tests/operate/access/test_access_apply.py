"""apply.sh and undo.sh against a folder that stands for a machine: the same twice, and undone byte for byte."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.operate.access.access_machine import EVERYTHING, Machine, kit_of, new_machine, tree

EXAMPLES = int(os.environ.get("PAYBACK_ACCESS_EXAMPLES", "4"))
"""Generated machines, and moments of being killed; 400 and 120 (on two machines each) were run by hand."""
KILLED_AFTER_MS = [round(20 + 480 * step / max(EXAMPLES - 1, 1)) for step in range(EXAMPLES)]
INSTALLED = sorted(file.installs.lstrip("/") for file in kit_of().files if file.installs and "ssh" not in file.installs)
WATCH = "etc/systemd/system/payback-watch.service"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return new_machine(tmp_path)


def test_a_dry_run_changes_nothing(machine: Machine) -> None:
    """It says what it would create, and the tree is the same afterwards."""
    before = tree(machine.root)

    said = machine.apply("--dry-run")

    assert f"create    /{WATCH}" in said
    assert "Nothing was changed." in said
    assert before == tree(machine.root)


def test_applying_twice_is_applying_once(machine: Machine) -> None:
    """The second run finds everything as it should be and leaves it, times of change included."""
    machine.apply()
    once = tree(machine.root)

    said = machine.apply()

    assert "Nothing to change." in said
    assert once == tree(machine.root)


def test_undo_after_apply_restores_every_byte(machine: Machine) -> None:
    """Content, mode and time of change of a file and a link that stood in the way come back."""
    machine.write(WATCH, "# mine\n", 0o600)
    link = machine.root / "etc/systemd/system/payback-idle.service"
    link.symlink_to("/dev/null")
    before = tree(machine.root)
    assert "replace" in machine.apply()
    assert tree(machine.root)[WATCH] != before[WATCH]

    done = machine.run("undo.sh")

    assert done.returncode == 0, done.stdout + done.stderr
    assert before == tree(machine.root)


def test_undo_works_from_the_machine_itself(machine: Machine) -> None:
    """The kit's folder may be gone: undo.sh was kept beside the backups."""
    before = tree(machine.root)
    machine.apply()
    kept = machine.root / "var/lib/payback-access/undo.sh"
    elsewhere = Machine(root=machine.root, kit=kept.parent, programs=machine.programs, log=machine.log)

    assert elsewhere.run("undo.sh").returncode == 0
    assert before == tree(machine.root)


def test_what_somebody_changed_since_is_kept_and_named(machine: Machine) -> None:
    """Undo removes the rest, names the file, and ends with status 3; apply leaves it alone as well."""
    machine.apply()
    (machine.root / WATCH).write_text("# edited by hand\n")

    assert f"kept      /{WATCH}" in machine.apply()
    done = machine.run("undo.sh")

    assert done.returncode == 3
    assert f"kept      /{WATCH}: changed since by somebody else" in done.stdout
    assert (machine.root / WATCH).read_text() == "# edited by hand\n"
    assert not (machine.root / "etc/systemd/system/payback-idle.service").exists()


def test_a_newer_kit_updates_and_undo_still_finds_the_first_state(tmp_path: Path) -> None:
    """280 W, then 250 W: one unit; and undo leads back to before both."""
    machine = new_machine(tmp_path)
    before = tree(machine.root)
    machine.apply()
    newer = new_machine(tmp_path / "newer", kit_of(EVERYTHING_AT_250))
    second = Machine(root=machine.root, kit=newer.kit, programs=machine.programs, log=machine.log)

    assert "update    /etc/systemd/system/payback-power-cap.service" in second.apply()
    assert second.run("undo.sh").returncode == 0
    assert before == tree(machine.root)


EVERYTHING_AT_250 = type(EVERYTHING)(jupyter=True, power_cap="250", ddns_host="box.example.org")


@pytest.mark.parametrize("after_ms", KILLED_AFTER_MS)
def test_a_run_that_is_killed_is_understood_by_undo_and_by_the_next(tmp_path: Path, after_ms: int) -> None:
    """kill -9 anywhere in apply.sh: undo leads back to before, and applying again completes it."""
    for name, last in (("undone", "undo.sh"), ("completed", "apply.sh")):
        machine = new_machine(tmp_path / name)
        (machine.root / "var/lib").mkdir(parents=True)
        machine.write(WATCH, "# mine\n", 0o600)
        before = tree(machine.root)
        _killed(machine, after_ms / 1000)

        done = machine.run(last)

        assert done.returncode == 0, done.stdout + done.stderr
        if last == "apply.sh":
            assert "kept" not in done.stdout
            assert machine.run("undo.sh").returncode == 0
        assert before == tree(machine.root)


def _killed(machine: Machine, after_s: float) -> None:
    with subprocess.Popen([machine.kit / "apply.sh"], env=machine.environment(), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, start_new_session=True) as running:  # fmt: skip
        try:
            running.wait(after_s)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)


def test_undo_without_apply_changes_nothing(machine: Machine) -> None:
    """There is nothing to undo, and that is no failure."""
    before = tree(machine.root)

    done = machine.run("undo.sh")

    assert (done.returncode, done.stdout) == (0, "Nothing to undo.\n")
    assert before == tree(machine.root)


def test_units_name_the_programs_and_people_of_the_machine(machine: Machine) -> None:
    """No placeholder is left in what is installed."""
    machine.apply()

    unit = (machine.root / WATCH).read_text()
    assert f"ExecStart={machine.programs}/payback watch\n" in unit
    installed = [text for name, (kind, _, text, _) in tree(machine.root).items() if name in INSTALLED]
    assert len(installed) == len(INSTALLED)
    assert not any(b"@" in _bare(text) for text in installed)


def _bare(text: bytes) -> bytes:
    """Without the names of template units, which are written with an @, and without scripts."""
    return b"" if text.startswith(b"#!") else text.replace(b"payback-wake@", b"")


def test_a_missing_program_skips_its_files_and_says_so(machine: Machine) -> None:
    """Without payback there is no unit that could only fail."""
    (machine.programs / "payback").unlink()

    said = machine.apply(PATH=f"{machine.programs}:/usr/bin:/bin", PAYBACK="")

    assert f"skipped   /{WATCH}: no payback found" in said
    assert not (machine.root / WATCH).exists()


def test_a_hostile_name_is_refused(machine: Machine) -> None:
    """A name that would end up as more than a name in a unit is taken for no name."""
    said = machine.apply(PAYBACK="/bin/true\nExecStartPre=/bin/false")

    assert f"skipped   /{WATCH}" in said
    assert not (machine.root / WATCH).exists()


def test_a_folder_in_the_way_stops_the_kit(machine: Machine) -> None:
    """Where a file should go stands a folder: nothing is moved over it."""
    (machine.root / WATCH).mkdir()

    done = machine.run("apply.sh")

    assert done.returncode == 1
    assert "is a folder; expected a file or nothing" in done.stderr
    assert (machine.root / WATCH).is_dir()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    there=st.dictionaries(
        st.sampled_from(INSTALLED),
        st.tuples(st.sampled_from(["file", "link", "dangling"]), st.sampled_from([0o600, 0o640, 0o755]), st.binary()),
    ),
    applications=st.integers(1, 2),
)
def test_any_machine_comes_back(
    there: dict[str, tuple[str, int, bytes]], applications: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stood where the kit writes - files, links, dangling links, any mode - undo restores it."""
    machine = new_machine(tmp_path_factory.mktemp("machine"))
    for name, (kind, mode, content) in there.items():
        _put(machine.root / name, kind, mode, content)
    before = tree(machine.root)

    for _ in range(applications):
        machine.apply()
    assert machine.run("undo.sh").returncode == 0

    assert before == tree(machine.root)


def _put(path: Path, kind: str, mode: int, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "file":
        path.write_bytes(content)
        path.chmod(mode)
    else:
        path.symlink_to("/dev/null" if kind == "link" else "no/such/file")
