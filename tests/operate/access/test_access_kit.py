"""What is in the kit, for which request; what the answer says about the line, the GPU and what is left to do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.operate.access.access_machine import EXAMPLE, kit_of

from payback import answers
from payback.errors import BadQuestionError, UnknownNameError
from payback.operate.access import AccessRequest, write_kit
from payback.operate.access.words import access_text
from payback.question import Question, Site, Work

DAY = dt.date(2026, 11, 23)
KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def installed(request: AccessRequest) -> set[str]:
    return {Path(file.installs).name for file in kit_of(request).files if file.installs}


def test_every_file_is_shown_before_anything_is_written() -> None:
    """The text holds each file in full."""
    text = access_text(kit_of())

    for file in kit_of().files:
        assert file.path in text
        assert file.content.rstrip("\n") in text


def test_wireguard_brings_a_key_place_and_a_name_service_and_tailscale_neither() -> None:
    """Tailscale finds the machine by itself."""
    assert {"payback0.conf", "payback-ddns.timer", "ddns-update"} <= installed(AccessRequest())
    assert not {"payback0.conf", "payback-ddns.timer"} & installed(AccessRequest(tunnel="tailscale"))


def test_extras_come_when_asked() -> None:
    """Jupyter and the power cap are not there by default."""
    assert not {"payback-jupyter.service", "payback-power-cap.service"} & installed(AccessRequest())
    assert {"payback-jupyter.service", "power-cap"} <= installed(AccessRequest(jupyter=True, power_cap="280"))
    assert "ddns-update" not in installed(AccessRequest(ddns="ddclient"))


def test_jupyter_listens_on_the_machine_alone() -> None:
    """127.0.0.1, so the tunnel and SSH are the only ways in."""
    unit = next(file.content for file in kit_of().files if file.path.endswith("payback-jupyter.service"))

    assert "--ServerApp.ip=127.0.0.1" in unit
    assert "0.0.0.0" not in unit


def test_no_key_and_no_address_is_invented() -> None:
    """Placeholders are words, not values; the laptop's key appears only if it was given."""
    kit = kit_of(AccessRequest())
    files = {file.path: file.content for file in kit.files}

    assert "[Peer]" not in files["files/etc/wireguard/payback0.conf"]
    assert "THE-NAME-OR-ADDRESS-OF-YOUR-LINE:51820" in files["client/payback0.conf"]
    assert "PrivateKey" not in "".join(files.values())
    given = {file.path: file.content for file in kit_of(AccessRequest(peer_key=KEY)).files}
    assert f"PublicKey = {KEY}" in given["files/etc/wireguard/payback0.conf"]


@pytest.mark.parametrize("key", ["", "short", KEY[:-1], KEY + "\nPostUp = rm", "é" * 44, "!" * 44])
def test_a_peer_key_is_what_wg_pubkey_prints(key: str) -> None:
    """It ends up in a file that root runs, so nothing else passes."""
    with pytest.raises(BadQuestionError, match="--peer-key"):
        AccessRequest(peer_key=key)


@pytest.mark.parametrize("name", ["", "-x", "a b", "a;b", "x" * 300, "box.example.org\nX", "a..b"])
def test_the_name_of_the_line_is_a_host_name(name: str) -> None:
    """It ends up in a configuration file as well."""
    with pytest.raises(BadQuestionError, match="--ddns-host"):
        AccessRequest(ddns_host=name)


def test_the_power_cap_comes_from_what_was_measured() -> None:
    """RTX 3090: 80 % of 350 W kept at least 95 % of the speed (Puget Systems, 2020), so auto is 280 W."""
    cap = kit_of(AccessRequest(power_cap="auto")).power_cap

    assert cap is not None
    assert cap.watts == 280
    assert cap.facts[0].source == "puget-1974"


@pytest.mark.parametrize(
    ("cap", "gpu", "found"),
    [("auto", "RTX 4090", "no measured limit"), ("400", "RTX 3090", "at most the 350 W"), ("0", None, "whole watts"),
     ("280W", None, "whole watts")],
)  # fmt: skip
def test_a_cap_that_nobody_measured_or_that_makes_no_sense_is_refused(cap: str, gpu: str | None, found: str) -> None:
    """No number is made up for a card without a measurement."""
    with pytest.raises(BadQuestionError, match=found):
        kit_of(AccessRequest(power_cap=cap, gpu=gpu))


def test_downloads_are_part_of_the_answer() -> None:
    """500 GB at 300 Mbit/s down and 30 up: 3.7 and 37 hours."""
    hours = {(t.what, t.direction): t.hours for t in kit_of().transfers}

    assert hours["your data", "down"] == pytest.approx(3.704, abs=0.001)
    assert hours["your data", "up"] == pytest.approx(37.04, abs=0.01)
    assert hours["ImageNet as stored", "down"] == pytest.approx(146 * 8000 / 300 / 3600)


def test_an_unknown_line_is_said_to_be_unknown() -> None:
    """No mean of Germany is known, so no hours are printed."""
    kit = answers.access(Question(as_of=DAY, work=Work(data_gb=10), site=Site(country="DE")), AccessRequest())

    assert all(transfer.hours is None for transfer in kit.transfers)
    assert "10 GB to the machine: unknown" in access_text(kit)


@pytest.mark.parametrize(
    ("gpu", "said"),
    [("GTX 1080 Ti", "needs the proprietary kernel modules"), ("RTX 3090", "choose the open kernel modules"),
     ("RTX 5090", "takes the open kernel modules only"), ("K80", "legacy"), ("RX 7900 XTX", "no NVIDIA card"),
     (None, "Driver:")],
)  # fmt: skip
def test_the_driver_note_is_about_the_card(gpu: str | None, said: str) -> None:
    """Pascal, Ampere, Blackwell, Kepler, AMD, unknown."""
    question = Question(as_of=DAY)

    assert any(said in note for note in answers.access(question, AccessRequest(gpu=gpu)).notes)


def test_an_unknown_gpu_is_an_error() -> None:
    """With the nearest names."""
    with pytest.raises(UnknownNameError):
        kit_of(AccessRequest(gpu="RTX 9999 Ultra"))


def test_the_folder_is_new_or_not_written(tmp_path: Path) -> None:
    """Whole, with scripts that run; never over something; nothing half-made is left."""
    folder = tmp_path / "kit"
    write_kit(kit_of(), folder)

    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        file.path for file in kit_of().files
    }
    assert (folder / "apply.sh").stat().st_mode & 0o777 == 0o755
    (folder / "apply.sh").write_text("mine")
    with pytest.raises(BadQuestionError, match="nothing is overwritten"):
        write_kit(kit_of(), folder)
    assert (folder / "apply.sh").read_text() == "mine"
    with pytest.raises(BadQuestionError):
        write_kit(kit_of(), tmp_path / "no" / "such" / "folder")
    assert [folder] == list(tmp_path.iterdir())


def test_the_example_is_the_question() -> None:
    """The GPU of the machine at home is found in the question."""
    assert EXAMPLE.exists()
    assert any("RTX 3090 (Ampere)" in note for note in kit_of().notes)
