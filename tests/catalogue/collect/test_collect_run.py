"""A refresh: bad files are refused and said, good ones are read, and the sum is always right."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import shutil
from pathlib import Path

import pytest
from tests.catalogue.collect.collecting import DAY, FILES, NOW, Read

from payback.catalogue.collect import refresh, sources
from payback.catalogue.collect.documents import MAX_RATIO
from payback.catalogue.collect.registry import COLLECTORS
from payback.catalogue.store import Store
from payback.errors import BadQuestionError, UnknownNameError

SKYPILOT_HEAD = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,GpuInfo,SpotPrice\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder for files to read, away from the store."""
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def test_every_row_is_accepted_or_quarantined_for_one_reason(tmp_path: Path) -> None:
    """Over all small files: rows = accepted + quarantined, and the reasons add up."""
    read = Read(tmp_path, FILES)

    assert len(read.reports) == len(COLLECTORS) + 1, "every source has a small file, and some files belong to none"
    for report in read.reports:
        assert report.rows == report.accepted + report.quarantined, report.name
        assert sum(report.reasons.values()) == report.quarantined, report.name
    assert sum(report.quarantined for report in read.reports) == len(read.quarantine)


def test_bad_files_are_refused_each_for_its_own_reason(tmp_path: Path) -> None:
    """A cut gzip, a bomb, a page, an empty file, an open quote, anchors; XML is not even a price file's ending."""
    read = Read(tmp_path, FILES / "bad")

    assert {row.file.removeprefix("bad/"): row.reason for row in read.quarantine} == {
        "aws.csv.gz": "gzip file cut short",
        "bomb.zip": "unpacks to more than a price file can be",
        "lambda.csv": "a form that no collector reads",
        "nebius.csv": "a web page or XML instead of data",
        "oci.csv": "an empty file",
        "runpod.csv": "a quotation mark is never closed",
        "yaml_anchors.yml": "no prices under compute.instance.TYPE.cost.REGION",
    }
    assert read.offers == []


def test_a_renamed_column_is_named(tmp_path: Path) -> None:
    """Asked for by name, the file's source says which column is missing and which there are."""
    read = Read(tmp_path, FILES / "bad" / "lambda.csv", "skypilot")

    (row,) = read.quarantine
    assert (row.reason, row.found.split(", ")[5]) == ("no column 'Price'", "HourlyCost")


def test_xml_under_another_name_is_refused(tmp_path: Path, home: Path) -> None:
    """Entities that multiply are never expanded: XML is refused at its first character."""
    shutil.copy(FILES / "bad" / "prices.xml", home / "nebius.csv")

    assert [row.reason for row in Read(tmp_path, home).quarantine] == ["a web page or XML instead of data"]


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"as_of": ', b'[{"instance_type": 5, "pricing": 7}]', b"\xff\xfe\x00", b"[]", b"null"]
)
@pytest.mark.parametrize(
    "source", ["cloudprice", "ec2instances", "opendb", "eia", "eurostat", "idealo", "docyx", "quotes", "gcp"]
)
def test_broken_json_breaks_no_reader(tmp_path: Path, home: Path, content: bytes, source: str) -> None:
    """Deep nesting, a cut file, other types than promised: refused rows or none at all, never a crash."""
    (home / "cpu.json").write_bytes(content)
    read = Read(tmp_path, home, source)

    assert sum(report.accepted for report in read.reports) == 0


def test_a_gzip_bomb_is_refused(tmp_path: Path, home: Path) -> None:
    """Zeros that grow more than any table does."""
    (home / "nebius.csv.gz").write_bytes(gzip.compress(b"0" * (4096 * MAX_RATIO + 1)))

    assert [row.reason for row in Read(tmp_path, home).quarantine] == ["unpacks to more than a price file can be"]


def test_the_day_of_a_file(tmp_path: Path, home: Path) -> None:
    """An argument wins, then the name of file or folder, then the file's own time: never the day of the import."""
    row = "a,T4,1,4,16,0.5,eu,,\n"
    (home / "nebius.csv").write_text(SKYPILOT_HEAD + row)
    os.utime(home / "nebius.csv", (1_600_000_000, 1_600_000_000))
    dated = home / "prices_2021-03-04"
    dated.mkdir()
    (dated / "lium.csv").write_text(SKYPILOT_HEAD + row)

    told = {
        offer.provider: (str(offer.observed_on), offer.locator) for offer in Read(tmp_path / "a", home, day=None).offers
    }
    assert told["nebius"][0] == "2020-09-13"
    assert told["nebius"][1].endswith(", dated by the file's time")
    assert told["lium"][0] == "2021-03-04"
    assert {str(offer.observed_on) for offer in Read(tmp_path / "b", home, day=DAY).offers} == {str(DAY)}


def test_a_file_from_the_future_is_refused(tmp_path: Path, home: Path) -> None:
    """A clock that was set wrong dates no prices."""
    (home / "nebius.csv").write_text(SKYPILOT_HEAD + "a,T4,1,4,16,0.5,eu,,\n")
    os.utime(home / "nebius.csv", (4_000_000_000, 4_000_000_000))

    assert [row.reason for row in Read(tmp_path, home, day=None).quarantine] == ["dated in the future"]
    with pytest.raises(BadQuestionError, match="which is to come"):
        Read(tmp_path / "b", home, day=dt.date(2030, 1, 1))


def test_a_source_has_several_names_and_a_wrong_one_a_hint(tmp_path: Path, home: Path) -> None:
    """The id in SOURCES.yml and the name of a folder are understood; a slip of the pen gets an offer."""
    with Store(tmp_path / "prices.sqlite3") as store:
        names = ("skypilot", "skypilot-catalog", "skypilot_catalog_v8", "SkyPilot")
        assert {refresh(store, name, FILES / "latin1", observed_on=DAY, now=NOW)[0].name for name in names} == {
            "skypilot"
        }
        with pytest.raises(UnknownNameError, match=r"Did you mean 'skypilot'"):
            refresh(store, "skypilott", home)
        with pytest.raises(BadQuestionError, match="where there is nothing"):
            refresh(store, None, home / "nowhere")


def test_reading_the_same_files_again_changes_nothing(tmp_path: Path) -> None:
    """Two refreshes from the same folder leave the same events and the same quarantine."""

    def events(store: Store) -> list[object]:
        return store.connection.execute("SELECT * FROM event ORDER BY 1, 2, 3").fetchall()

    with Store(tmp_path / "prices.sqlite3") as store:
        refresh(store, None, FILES, observed_on=DAY, now=NOW)
        before = (events(store), store.quarantine())
        refresh(store, None, FILES, observed_on=DAY, now=NOW)
        assert (events(store), store.quarantine()) == before


def test_progress_is_told(tmp_path: Path) -> None:
    """The caller hears of each file with its rows."""
    told: list[tuple[str, int]] = []
    with Store(tmp_path / "prices.sqlite3") as store:
        refresh(store, None, FILES / "skypilot", lambda what, rows: told.append((what, rows)), observed_on=DAY, now=NOW)

    assert ("skypilot: skypilot/vast.csv", 6) in told


def test_the_report_prints_as_promised(tmp_path: Path) -> None:
    """`refresh --json` has five keys a source."""
    report = Read(tmp_path, FILES / "latin1").reports[0]

    assert json.dumps(report.as_dict()) == (
        '{"name": "skypilot", "rows": 2, "accepted": 2, "quarantined": 0, "reasons": {}}'
    )


def test_sources_show_their_age_and_their_licence(tmp_path: Path) -> None:
    """A source never read has no age; the others count from the newest day of their figures."""
    with Store(tmp_path / "prices.sqlite3") as store:
        refresh(store, None, FILES / "latin1", observed_on=DAY, now=NOW)
        told = {info.name: info for info in sources(store, NOW.date())}

    assert (told["skypilot"].age_days, told["skypilot"].items, told["skypilot"].live) == (22, 2, True)
    assert (told["gcp"].age_days, told["gcp"].licence) == (None, "Apache-2.0")
    assert told["eia"].needs_key == "EIA_API_KEY"
    assert all(info.licence and info.publisher for info in told.values())


def test_a_gpu_nobody_has_heard_of_keeps_its_name(tmp_path: Path) -> None:
    """RTX7090 is stored as RTX7090, not as the nearest card we know."""
    read = Read(tmp_path, FILES / "skypilot" / "aws.csv")

    assert [offer.gpu for offer in read.offers if offer.instance == "g9.future"] == ["RTX7090"]


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("aws_vms_v8.csv", "aws"),
        ("v8_gcp.csv", "google-cloud"),
        ("skypilot-runpod-2026-01-02.csv", "runpod"),
        ("newcloud.csv", "newcloud"),
    ],
)
def test_the_cloud_is_found_in_the_name_of_the_file(tmp_path: Path, home: Path, name: str, provider: str) -> None:
    """People rename files; the cloud's name stands somewhere in it."""
    (home / name).write_text(SKYPILOT_HEAD + "a,H100,1,4,16,2.5,eu,,\n")

    assert [offer.provider for offer in Read(tmp_path, home).offers] == [provider]


def test_a_nameless_file_is_known_by_its_places_or_refused(tmp_path: Path, home: Path) -> None:
    """A `vms.csv` with us-east-1 is Amazon's; one with "eu" could be anybody's."""
    (home / "vms.csv").write_text(SKYPILOT_HEAD + "a,H100,1,4,16,2.5,us-east-1,,\n")
    assert [offer.provider for offer in Read(tmp_path / "a", home / "vms.csv").offers] == ["aws"]

    (home / "vms.csv").write_text(SKYPILOT_HEAD + "a,H100,1,4,16,2.5,eu,,\n")
    refused = Read(tmp_path / "b", home / "vms.csv").quarantine
    assert [row.reason for row in refused] == ["cannot tell which cloud this is; call the file CLOUD.csv"]


def test_a_part_without_its_folder_is_known_by_its_figures(tmp_path: Path, home: Path) -> None:
    """One JSON of OpenDB, named after its id only."""
    record = json.loads((FILES / "opendb" / "GPU" / "07052230.json").read_text())
    (home / "07052230.json").write_text(json.dumps({"video_outputs": {}, **record}))

    assert [spec.category for spec in Read(tmp_path, home / "07052230.json").specs] == ["gpu"]


def test_semicolons_separate_as_well(tmp_path: Path, home: Path) -> None:
    """A table saved by a European spreadsheet."""
    (home / "quotes.csv").write_text(
        "kind;component;category;condition;price;currency;observed_on\npart;RTX 3090;gpu;used;690;EUR;2026-10-30\n"
    )

    assert [(part.component, part.price) for part in Read(tmp_path, home).parts] == [("RTX 3090", 690.0)]
