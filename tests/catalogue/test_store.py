"""The price store: what goes in comes out, nothing is rewritten, and a file of another make is left alone."""

from __future__ import annotations

import csv
import datetime as dt
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from payback.catalogue.asof import latest_offers
from payback.catalogue.schema import ComponentPrice, Offer, Tariff
from payback.catalogue.store import Batch, FileRecord, Rate, Rejected, Sighting, Spec, Store, export, mark_disputed
from payback.catalogue.store.disputes import disputes
from payback.catalogue.store.layout import VERSION
from payback.catalogue.store.store import default_path
from payback.errors import BadQuestionError
from payback.evidence import Grade

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 1)


def offer(price: float, *, day: dt.date = DAY, region: str = "eu", term: str = "on-demand", source: str = "s") -> Offer:
    return Offer(
        source=source, observed_on=day, grade=Grade.LISTED, provider="cloud", instance="one", region=region, gpu="T4",
        gpu_count=1, vcpus=8.0, memory_gib=61.0, term=term, price_usd_per_h=price, upfront_usd=0.0, via="archive",
    )  # fmt: skip


def batch(*offers: Offer, day: dt.date = DAY, source: str = "s", snapshot: bool = False, name: str = "f.csv") -> Batch:
    record = FileRecord(
        name=name, scope="cloud", locator=f"{name}@1", observed_on=day, digest=f"{name}{day}", snapshot=snapshot
    )
    out = Batch(source, [record])
    for row in offers:
        out.add(Sighting(row=row, kind="offer", variant="T4\t\t\t"))
    return out


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "prices.sqlite3") as opened:
        yield opened


def test_an_offer_comes_back_as_it_went_in(store: Store) -> None:
    """Every column of the row survives; the locator is the file's."""
    store.apply([batch(offer(3.06))], NOW)

    (found,) = store.offers()

    assert ("cloud/one", "eu", "T4", 1, 8.0, 61.0, "on-demand", 3.06, 0.0, "archive", Grade.LISTED, DAY, "f.csv@1") == (
        found.name, found.region, found.gpu, found.gpu_count, found.vcpus, found.memory_gib, found.term,
        found.price_usd_per_h, found.upfront_usd, found.via, found.grade, found.observed_on, found.locator,
    )  # fmt: skip


def test_history_lets_the_catalogue_find_the_price_of_any_day(store: Store) -> None:
    """3.06 in January and February, 2.50 from March: a question about February is answered with 3.06."""
    for month, price in [(1, 3.06), (2, 3.06), (3, 2.5)]:
        day = dt.date(2026, month, 1)
        store.apply([batch(offer(price, day=day), day=day)], NOW)

    rows = store.offers()

    def on(day: dt.date) -> list[float]:
        return [row.price_usd_per_h for row in latest_offers(rows, day)]

    assert [[], [3.06], [3.06], [2.5]] == [
        on(dt.date(*day)) for day in [(2025, 12, 31), (2026, 1, 1), (2026, 2, 15), (2026, 4, 1)]
    ]
    assert [3.06] == [row.price_usd_per_h for row in store.offers(dt.date(2026, 2, 15))]


def test_the_age_of_a_price_is_that_of_its_last_sighting(store: Store) -> None:
    """A price first seen in 2017 and again yesterday is a day old, not nine years."""
    for day in (dt.date(2017, 10, 26), dt.date(2026, 11, 22)):
        store.apply([batch(offer(3.06, day=day), day=day)], NOW)

    assert [dt.date(2026, 11, 22)] == [row.observed_on for row in store.offers(dt.date(2026, 11, 23))]
    assert [dt.date(2017, 10, 26)] == [row.observed_on for row in store.offers(dt.date(2020, 1, 1))]


def test_what_a_full_list_leaves_out_has_been_withdrawn(store: Store) -> None:
    """Listed with another machine in January, missing in February while the other is there: gone since February."""
    january, february = dt.date(2026, 1, 1), dt.date(2026, 2, 1)
    both = [offer(1.0, day=january), offer(2.0, day=january, region="us")]
    store.apply([batch(*both, day=january, snapshot=True)], NOW)
    store.apply([batch(offer(1.0, day=february), day=february, snapshot=True)], NOW)

    assert {"eu": None, "us": february} == {
        row.region: row.valid_until for row in store.offers() if row.observed_on == january
    }
    assert ["eu"] == [row.region for row in store.offers(february)]


def test_a_sample_withdraws_nothing(store: Store) -> None:
    """One of four offers in a file is a sample or a broken feed; the other three still stand."""
    january, february = dt.date(2026, 1, 1), dt.date(2026, 2, 1)
    four = [offer(1.0, day=january, region=name) for name in "abcd"]
    store.apply([batch(*four, day=january, snapshot=True)], NOW)
    store.apply([batch(offer(1.0, day=february, region="a"), day=february, snapshot=True)], NOW)

    assert 4 == len(store.offers(february))


def test_a_file_that_lists_an_item_twice_gives_its_lowest_price(store: Store) -> None:
    """Two zones of a region at 0.30 and 0.20: who rents takes 0.20, and the note says both."""
    store.apply([batch(offer(0.3), offer(0.2))], NOW)

    (found,) = store.offers()

    assert (0.2, "lowest of 2 listed together, 0.2 to 0.3") == (found.price_usd_per_h, found.note)


def test_importing_a_file_again_adds_nothing(store: Store) -> None:
    """The same content of the same day is known already."""
    for _ in range(2):
        store.apply([batch(offer(3.06))], NOW)

    assert [(1, 1)] == [(state.files, state.events) for state in store.states()]


def test_the_quarantine_of_a_file_is_that_of_its_newest_import(store: Store) -> None:
    """A row that was refused yesterday and mended today is no longer refused."""
    bad = batch()
    bad.files[0].rejected.append(Rejected(line=7, field="Price", reason="no price", found="$-"))
    store.apply([bad], NOW)

    (row,) = store.quarantine()
    assert ("f.csv", 7, "Price", "no price", "$-", "s", NOW.date()) == (
        row.file, row.line, row.field, row.reason, row.found, row.source, row.seen_on,
    )  # fmt: skip
    store.apply([batch(offer(1.0))], NOW)
    assert [] == store.quarantine()


def test_a_price_in_euros_gets_the_collected_rate_of_its_day(store: Store) -> None:
    """119 EUR with 19 % VAT at 1.10 USD is 110 USD before tax; a weekend takes Friday's rate."""
    friday, sunday = dt.date(2026, 1, 2), dt.date(2026, 1, 4)
    card = ComponentPrice(
        source="s", observed_on=sunday, grade=Grade.LISTED, component="T4", category="gpu", condition="new",
        price=119.0, currency="EUR", tax_included_share=0.19, market="DE", seller="shop", via="transcribed",
    )  # fmt: skip
    prices = batch(day=sunday)
    prices.add(Sighting(row=card, kind="component", variant="T4\t16\t\tBoard X"))
    prices.rates.append(Rate(day=friday, currency="USD", units_per_eur=1.1))
    store.apply([prices], NOW)

    (found,) = store.component_prices(component="T4")

    assert 110.0 == pytest.approx(found.price_usd)
    assert "card: Board X" == found.note


def test_a_rate_once_published_stays(store: Store) -> None:
    """A later file cannot change the dollars of an old answer."""
    for value in (1.1, 9.9):
        rates = batch()
        rates.rates.append(Rate(day=DAY, currency="USD", units_per_eur=value))
        store.apply([rates], NOW)

    assert 1.1 == store.usd_per_unit("EUR", DAY)
    assert store.usd_per_unit("EUR", DAY - dt.timedelta(days=1)) is None


def test_a_rate_of_long_ago_is_no_rate(store: Store) -> None:
    """A fortnight bridges holidays; after that nobody knows the rate."""
    rates = batch()
    rates.rates.append(Rate(day=DAY, currency="USD", units_per_eur=1.1))
    store.apply([rates], NOW)

    assert 1.1 == store.usd_per_unit("EUR", DAY + dt.timedelta(days=14))
    assert store.usd_per_unit("EUR", DAY + dt.timedelta(days=15)) is None


def test_tariffs_and_specifications_come_back(store: Store) -> None:
    """A tariff as a row, a specification with its unknown figures still unknown."""
    mixed = batch()
    tariff = Tariff(
        source="s", observed_on=DAY, grade=Grade.LISTED, place="DE", sector="residential", price_usd_per_kwh=0.4
    )
    mixed.add(Sighting(row=tariff, kind="tariff"))
    mixed.add_spec(
        Spec(
            source="s",
            observed_on=DAY,
            grade=Grade.LISTED,
            category="psu",
            ident="1",
            name="PSU",
            fields={"watts": None},
        )
    )
    store.apply([mixed], NOW)

    assert [("DE", 0.4)] == [(row.place, row.price_usd_per_kwh) for row in store.tariffs(DAY)]
    assert [{"watts": None}] == [spec.fields for spec in store.specs("psu")]


def test_a_failed_source_keeps_its_data_and_says_why(store: Store) -> None:
    """After a dead feed the old price stands, with the error beside its true age."""
    store.apply([batch(offer(1.0))], NOW)
    store.note_failure("s", "the server answered 503", NOW + dt.timedelta(days=1))

    (state,) = store.states()

    assert (DAY, "the server answered 503", NOW.isoformat(timespec="seconds")) == (
        state.observed_on, state.error, state.succeeded_at,
    )  # fmt: skip
    assert 1 == len(store.offers(NOW.date()))


def test_names_are_resolved_again_when_the_aliases_have_changed(store: Store) -> None:
    """A GPU stored under a name nobody knew gets its name once somebody does; the same tables again do nothing."""
    store.apply([batch(offer(1.0))], NOW)

    assert [1, 0] == [store.reidentify(lambda variant: f"new {variant.split(chr(9))[0]}", "tables 2") for _ in range(2)]
    assert ["new T4"] == [row.gpu for row in store.offers()]


def test_a_store_of_a_newer_payback_is_refused_and_left_alone(tmp_path: Path) -> None:
    """What cannot be understood must not be written to."""
    path = tmp_path / "prices.sqlite3"
    Store(path).close()
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version = {VERSION + 1}")
    raw.execute("PRAGMA journal_mode = DELETE")
    raw.close()
    before = path.read_bytes()

    with pytest.raises(BadQuestionError, match=rf"version {VERSION + 1}.*at most version {VERSION}"):
        Store(path)

    assert before == path.read_bytes()
    assert ["prices.sqlite3"] == sorted(file.name for file in tmp_path.iterdir())


@pytest.mark.parametrize(
    "content", [b"no database at all, just text" * 9, b"SQLite format 3\0" + bytes(44) + b"\0\0\0\x05" + bytes(60)]
)
def test_a_file_of_another_program_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    """Text, or a database with another program's mark, is not ours to open."""
    path = tmp_path / "prices.sqlite3"
    path.write_bytes(content)

    with pytest.raises(BadQuestionError, match="no price store"):
        Store(path)

    assert content == path.read_bytes()


def test_a_store_of_an_older_version_is_migrated(tmp_path: Path) -> None:
    """An empty database, version 0, becomes ours; opening it again changes nothing."""
    path = tmp_path / "prices.sqlite3"
    sqlite3.connect(path).close()
    Store(path).close()
    Store(path).close()

    assert VERSION == sqlite3.connect(path).execute("PRAGMA user_version").fetchone()[0]


def test_an_apply_that_fails_leaves_the_store_as_it_was(store: Store) -> None:
    """The second batch is broken, so the first one is not written either."""
    broken = batch(offer(None), source="t", name="g.csv")  # type: ignore[arg-type]

    with pytest.raises(sqlite3.IntegrityError):
        store.apply([batch(offer(1.0)), broken], NOW)

    assert ([], []) == (store.offers(), store.states())


def test_two_writers_take_turns(tmp_path: Path) -> None:
    """Two threads with stores of their own write 20 refreshes each; all 40 prices are there."""
    path = tmp_path / "prices.sqlite3"
    Store(path).close()
    failures: list[BaseException] = []

    def write(source: str) -> None:
        try:
            with Store(path) as own:
                for day in range(20):
                    on = DAY + dt.timedelta(days=day)
                    row = offer(1.0 + day, day=on, source=source)
                    own.apply([batch(row, day=on, source=source, name=f"{source}{day}")], NOW)
        except BaseException as error:  # noqa: BLE001 - reported by the main thread
            failures.append(error)

    threads = [threading.Thread(target=write, args=(source,)) for source in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failures
    with Store(path) as store:
        assert {"a": 20, "b": 20} == {state.source: state.events for state in store.states()}


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """PAYBACK_HOME decides where the store lives."""
    monkeypatch.setenv("PAYBACK_HOME", str(tmp_path / "elsewhere"))

    assert tmp_path / "elsewhere" / "prices.sqlite3" == default_path()


def test_looking_leaves_no_file_behind(tmp_path: Path) -> None:
    """A reader without a store gets None, and there is still no store."""
    assert Store.open_existing(tmp_path / "prices.sqlite3") is None
    assert [] == list(tmp_path.iterdir())


def test_sources_that_disagree_are_shown_as_disputed() -> None:
    """0.74 against 3.67 for one machine on one day: both notes say so; 3.67 against 3.70 is no dispute."""
    cheap, dear, third = offer(0.74, source="a"), offer(3.67, source="b"), offer(3.7, source="c", region="us")
    other = offer(3.67, source="b", region="us")

    marked = mark_disputed([cheap, dear, third, other])

    sentence = "disputed: a says 0.74 USD/h (2026-01-01), b says 3.67 USD/h (2026-01-01)"
    assert [sentence, sentence, "", ""] == [row.note for row in marked]
    assert [pytest.approx(4.959, abs=0.001)] == [one.factor for one in disputes([cheap, dear, third, other])]


def test_sources_seen_far_apart_in_time_may_both_be_right() -> None:
    """98.32 in 2025 and 55.04 in 2026 is a price that fell, not a dispute."""
    old, new = offer(98.32, source="a", day=dt.date(2025, 1, 1)), offer(55.04, source="b", day=dt.date(2026, 1, 1))

    assert [] == disputes([old, new])


def test_one_source_cannot_disagree_with_itself() -> None:
    """Two prices of one source are two offers, not a dispute."""
    assert [] == disputes([offer(1.0), offer(9.0)])


def test_the_store_can_be_exported(store: Store, tmp_path: Path) -> None:
    """CSV and Parquet hold one row an event, with dates as dates."""
    polars = pytest.importorskip("polars")
    store.apply([batch(offer(3.06), offer(5.0, region="us"))], NOW)

    assert 2 == export(store, tmp_path / "prices.csv")
    assert 2 == export(store, tmp_path / "prices.parquet")

    with (tmp_path / "prices.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [("cloud/one", "eu", "3.06", "2026-01-01"), ("cloud/one", "us", "5.0", "2026-01-01")] == [
        (row["name"], row["region"], row["price"], row["valid_from"]) for row in rows
    ]
    table = polars.read_parquet(tmp_path / "prices.parquet")
    assert [DAY, DAY] == table["valid_from"].to_list()
    assert [3.06, 5.0] == table["price"].to_list()
    with pytest.raises(BadQuestionError, match=r"\.csv or \.parquet"):
        export(store, tmp_path / "prices.xlsx")
