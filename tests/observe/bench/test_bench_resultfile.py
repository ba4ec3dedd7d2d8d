"""Result files: sealed, validated, whole."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.observe.bench.bench_documents import document, metric

from payback.errors import BadQuestionError
from payback.observe.bench import BenchResult, Metric, read_result, record_wall_power, write_result
from payback.observe.bench.resultfile import digest, sealed
from payback.observe.bench.schema import Absence


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Writing and reading give the same object, and no half-written file lies beside it."""
    result = sealed(document())

    write_result(result, tmp_path / "new" / "bench.json")

    assert result == read_result(tmp_path / "new" / "bench.json")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["bench.json"]


def test_the_seal_is_the_hash_of_everything_else(tmp_path: Path) -> None:
    """SHA-256 over sorted keys without spaces, recomputed here with the standard library alone."""
    import hashlib

    write_result(sealed(document()), tmp_path / "bench.json")
    content = json.loads((tmp_path / "bench.json").read_text())
    seal = content.pop("sha256")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert hashlib.sha256(text.encode()).hexdigest() == seal


def test_a_changed_figure_breaks_the_seal(tmp_path: Path) -> None:
    """905 images/s edited into 9,050 are refused, with the next step."""
    path = tmp_path / "bench.json"
    write_result(sealed(document()), path)
    path.write_text(path.read_text().replace("905.0", "9050.0"))

    with pytest.raises(BadQuestionError, match=r"changed after it was measured; measure again with `payback bench`"):
        read_result(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "text that is not JSON"),
        ("[]", "list; expected one JSON object"),
        ("{}", "schema: found None; expected 'payback.bench/1'"),
        ('{"schema": "payback.bench/2"}', "found 'payback.bench/2'"),
        ('{"schema": "payback.bench/1"}', "protocol: found"),
    ],
)
def test_other_files_are_refused_with_where_and_why(tmp_path: Path, text: str, message: str) -> None:
    """Each message names the file, what stood there and what was expected."""
    path = tmp_path / "other.json"
    path.write_text(text)

    with pytest.raises(BadQuestionError, match=re.escape(message)) as caught:
        read_result(path)

    assert "other.json" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path and the reason, not a traceback."""
    with pytest.raises(BadQuestionError, match="No such file"):
        read_result(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("field", "value"),
    [("serial_number", "1"), ("complete", "yes"), ("elapsed_s", "170"), ("protocol", 0), ("metrics", [{"name": "x"}])],
)
def test_fields_out_of_form_are_refused(tmp_path: Path, field: str, value: object) -> None:
    """An unknown field, text for a truth value or a number, a protocol before the first, half a metric."""
    content: dict[str, Any] = json.loads(sealed(document()).model_dump_json(by_alias=True)) | {field: value}
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(content | {"sha256": digest(content)}))

    with pytest.raises(BadQuestionError, match=field):
        read_result(path)


def test_not_a_number_is_not_json() -> None:
    """NaN cannot be sealed."""
    with pytest.raises(ValueError, match="finite"):
        sealed(document(elapsed_s=float("nan")))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills up while writing: what stood there still stands, and no rest lies about."""
    path = tmp_path / "bench.json"
    write_result(sealed(document()), path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BadQuestionError, match="No space left"):
        write_result(sealed(document(tier="soak")), path)

    assert before == path.read_bytes()
    assert [entry.name for entry in tmp_path.iterdir()] == ["bench.json"]


def test_rates_are_found_under_any_spelling() -> None:
    """A question says "ResNet-50", the file "resnet50"; real and synthetic are kept apart; unknown is None."""
    result = sealed(document())

    assert result.rate("ResNet-50") == 905
    assert result.rate("resnet50", pipeline="real") == 700
    assert result.rate("BERT-base") is None


def test_what_a_plan_needs_is_none_until_measured() -> None:
    """No disk, no power, no preparation in this file: None, never 0."""
    result = sealed(document())

    assert (result.disk_mb_per_s, result.wall_power_w, result.gpu_power_w) == (None, None, None)
    assert result.cpu_samples_per_s_per_core() is None


def test_what_a_plan_needs_is_read_off() -> None:
    """The random 128 KiB figure is the disk's, the derived figure per core the CPU's."""
    derived = {
        "name": "preparation.jpeg224.per_core",
        "device": "cpu",
        "unit": "samples/s",
        "value": 155.0,
        "formula": "x",
    }
    result = sealed(
        document(
            metrics=[
                metric("disk.read.random_128k", 2500.0, "disk", "MB/s"),
                metric("power.gpus", 640.0, "machine", "W"),
            ],
            derived=[derived],
        )
    )

    assert (result.disk_mb_per_s, result.gpu_power_w) == (2500, 640)
    assert result.cpu_samples_per_s_per_core("jpeg224") == 155


def test_wall_power_is_added_by_a_person(tmp_path: Path) -> None:
    """The figure is in the file, the file is sealed anew, the gap is closed; a second reading replaces the first."""
    gap = {"what": "power at the wall", "kind": Absence.BY_HAND, "why": "no program can read it"}
    path = tmp_path / "bench.json"
    write_result(sealed(document(missing=[gap])), path)

    record_wall_power(path, 400.0)
    record_wall_power(path, 412.5)

    result = read_result(path)
    assert result.wall_power_w == 412.5
    assert result.missing == []
    assert len([m for m in result.metrics if m.name == "power.wall"]) == 1


@pytest.mark.parametrize("watts", [0.0, -1.0, 1e6])
def test_an_impossible_wall_power_is_refused(tmp_path: Path, watts: float) -> None:
    """No machine draws nothing, and none a megawatt."""
    write_result(sealed(document()), tmp_path / "bench.json")

    with pytest.raises(BadQuestionError, match="in watts"):
        record_wall_power(tmp_path / "bench.json", watts)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Complete and clean."),
        ({"disturbed": ["noise"]}, "Complete but not clean; disturbed: noise."),
        (
            {"complete": False, "missing": [{"what": "disk", "kind": Absence.REFUSED, "why": "full"}]},
            "Partial; missing: disk.",
        ),
    ],
)
def test_the_verdict_says_whether_to_rely_on_it(changes: dict[str, Any], sentence: str) -> None:
    """One sentence for each kind of end."""
    result = sealed(document(**changes))

    assert sentence == result.verdict()
    assert result.clean is (sentence == "Complete and clean.")


def test_models_do_not_change() -> None:
    """A result cannot be edited in memory either."""
    result = sealed(document())

    assert isinstance(result, BenchResult)
    assert isinstance(result.metrics[0], Metric)
    with pytest.raises(ValueError, match="frozen"):
        result.tier = "soak"
