"""From a bill to a question: dollars by the rate of their month, hours by the day, and a plan that starts from both."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.bill import bills

from payback.answers import bill as ask_bill
from payback.answers import plan
from payback.answers.bill import BillAnswer
from payback.catalogue.currency import usd_per_unit
from payback.observe.bill.exact import exact_sum
from payback.question_file import read_question
from payback.units import DAYS_PER_MONTH

AS_OF = dt.date(2026, 11, 23)
WHOLE_MONTH = {"bill/BillingPeriodStartDate": bills.stamp(0), "bill/BillingPeriodEndDate": bills.stamp(720)}
COLUMNS = (*bills.CUR_LEGACY, *WHOLE_MONTH)


def answer(folder: Path, rows: list[dict[str, str]], **options: object) -> BillAnswer:
    """The answer to a cost report of September 2026, which has 30 days."""
    path = bills.write(folder / "cur.csv", COLUMNS, [row | WHOLE_MONTH for row in rows])
    return ask_bill(path, as_of=AS_OF, **options)  # type: ignore[arg-type]


def used(hours: list[int], machine: str = "p3.2xlarge", cost: str = "3.06") -> list[dict[str, str]]:
    """A machine billed in some hours of the month."""
    return [bills.cur("Usage", f"BoxUsage:{machine}", cost, hours=hour) for hour in hours]


def time(moment_s: int) -> str:
    """A time as job logs write it."""
    return f"{dt.datetime.fromtimestamp(moment_s, dt.UTC):%Y-%m-%d %H:%M:%S}"


TEN_A_DAY = [24 * day + hour for day in range(30) for hour in range(8, 18)]


def test_ten_hours_a_day_come_out_as_ten_hours_a_day(tmp_path: Path) -> None:
    """30 days of 10 h at 3.06: one GPU, 10 h a day, 3.06 USD/h; 1,000 GB-months are 1,014 GB (30.4 of 30 days)."""
    stored = bills.cur("Usage", "EBS:VolumeUsage.gp3", "80", amount="1000", unit="GB-Mo")
    found = answer(tmp_path, [*used(TEN_A_DAY), stored])
    assert found.asked is not None
    question = found.asked.question

    assert found.account.days == 30.0
    assert question.work.hours_measured
    assert (question.work.gpus, question.work.hours_per_day, question.work.months) == (1, 10.0, 36)
    assert (question.work.reference_gpu, question.work.vram_gib) == ("V100 SXM2 16GB", 16.0)
    assert question.work.data_gb == pytest.approx(1000 * DAYS_PER_MONTH / 30, rel=1e-3)
    assert [(rent.gpu, rent.gpus, rent.price_usd_per_h) for rent in question.rent] == [("V100 SXM2 16GB", 1, 3.06)]
    assert question.rent[0].storage_usd_per_gb_month == 0.08


def test_the_plan_charges_the_bill_what_the_bill_charged(tmp_path: Path) -> None:
    """bill -> question.toml -> plan: 300 h a month of 30 days at 3.06 = 918, times 36 months of 30.4 days = 33,507."""
    found = answer(tmp_path, used(TEN_A_DAY))
    assert found.asked is not None
    file = tmp_path / "q.toml"
    file.write_text(found.asked.text)
    planned = plan(read_question(file, as_of=AS_OF))
    billed = next(option for option in planned.options if option.id.startswith("rent:your-bill"))

    assert billed.total_usd == pytest.approx(918 * DAYS_PER_MONTH / 30 * 36, rel=1e-6)
    assert billed.speed.value == 1.0
    assert any(option.kind != "rent" for option in planned.options)
    assert found.asked.question == read_question(file, as_of=AS_OF)


def test_terms_are_offers_of_their_own_and_one_together(tmp_path: Path) -> None:
    """100 h at 3.06 and 300 h at 1.02 of spot: offers at 3.06 and 1.02, and both together at 612 / 400 = 1.53."""
    spot = [bills.cur("Usage", "SpotUsage:p3.2xlarge", "1.02", hours=hour) for hour in range(400, 700)]
    found = answer(tmp_path, [*used(list(range(100))), *spot])
    assert found.asked is not None
    offers = {rent.label: (rent.term, rent.price_usd_per_h) for rent in found.asked.question.rent}

    assert offers == {
        "your bill: V100 SXM2 16GB, all machines together": ("on-demand", 1.53),
        "your bill: aws p3.2xlarge on-demand": ("on-demand", 3.06),
        "your bill: aws p3.2xlarge spot": ("spot", 1.02),
    }


def test_what_a_fee_elsewhere_paid_for_has_no_price(tmp_path: Path) -> None:
    """A reserved hour bills 0; without the report's effective cost its price is unknown, not 0."""
    bare = bills.cur("DiscountedUsage", "BoxUsage:p3.2xlarge", "0", hours=1)
    found = answer(tmp_path, [bare, bills.cur("RIFee", "HeavyUsage:p3.2xlarge", "900", amount="720")])

    assert found.account.lines[0].usd_per_gpu_h is None
    assert found.asked is None
    assert found.no_question is not None


def test_cores_and_memory_belong_to_the_gpus_of_their_family(tmp_path: Path) -> None:
    """Google's A100: (4 x 2.9339 + 4 x 0.38 + 4 x 0.36) / 4 = 3.6739 USD a GPU-hour, spot T4 0.11 by itself."""
    path = bills.write(tmp_path / "f.csv", bills.FOCUS_GOOGLE, bills.google_hours())
    prices = {p.line.key.gpu: p.usd_per_gpu_h for p in ask_bill(path, as_of=AS_OF).account.lines if p.line.key.gpu}

    assert prices == {"A100 SXM4 40GB": pytest.approx(3.6739), "T4": pytest.approx(0.11)}


def test_euros_become_dollars_at_the_rate_of_their_month(tmp_path: Path) -> None:
    """Each line's dollars are its euros times the bank's rate, dated; the lines add up to the total exactly."""
    path = bills.write(tmp_path / "f.csv", bills.FOCUS_AZURE, bills.azure_days())
    found = ask_bill(path, as_of=dt.date(2026, 10, 5))
    rate = found.account.rates[0]

    assert [(each.currency, each.on) for each in found.account.rates] == [("EUR", dt.date(2026, 9, 30))]
    assert float(rate.usd_per_unit) == usd_per_unit("EUR", rate.on)
    assert found.account.total_usd == exact_sum(line.usd for line in found.account.lines if line.usd is not None)
    assert found.account.total_usd == found.account.bill.totals["EUR"] * rate.usd_per_unit
    assert found.asked is not None
    assert found.asked.question.finance.currency == "EUR"


def test_a_currency_without_a_rate_stays_in_its_own(tmp_path: Path) -> None:
    """The bank quotes no Argentine peso: no dollars, no price, no question, and the pesos still add up."""
    rows = [row | {"lineItem/CurrencyCode": "ARS"} for row in used([1, 2])]
    found = answer(tmp_path, rows)

    assert found.account.total_usd is None
    assert found.account.bill.totals == {"ARS": Decimal("6.12")}
    assert found.asked is None


def test_gpus_at_once_are_those_of_the_usual_hour(tmp_path: Path) -> None:
    """Four GPUs for 300 hours and sixteen for 4: a burst of 1.3 % of the hours does not size the machine."""
    rows = used(TEN_A_DAY, "p3.8xlarge", "12.24") + 3 * used(TEN_A_DAY[:4], "p3.8xlarge", "12.24")
    found = answer(tmp_path, rows)
    assert found.use is not None
    assert found.asked is not None

    assert found.use.gpus_at_once == 4
    assert found.asked.question.work.hours_per_day == pytest.approx((1200 + 48) / 30 / 4, abs=1e-3)


@given(st.lists(st.integers(0, 719), min_size=1, max_size=60), st.sampled_from(["p3.2xlarge", "p3.8xlarge"]))
@settings(max_examples=40, deadline=None)
def test_the_question_asks_for_the_hours_that_were_billed(hours: list[int], machine: str) -> None:
    """gpus x hours_per_day x days = GPU-hours of the bill, for any pattern of hours, some billed several times."""
    with TemporaryDirectory() as folder:
        found = answer(Path(folder), used(hours, machine))
    assert found.use is not None
    assert found.asked is not None
    work = found.asked.question.work

    assert found.use.gpu_h == len(hours) * (1 if machine == "p3.2xlarge" else 4)
    assert work.gpus * work.hours_per_day * 30 == pytest.approx(found.use.gpu_h, rel=1e-3)
    assert work.hours_per_day <= 24


def test_a_machine_left_on_is_seen_to_be_on_around_the_clock(tmp_path: Path) -> None:
    """720 of 720 hours: around the clock; ten hours a day are not, and the profile shows which ten."""
    always = answer(tmp_path, used(list(range(720)))).use
    days = answer(tmp_path, used(TEN_A_DAY)).use
    assert always is not None
    assert days is not None
    assert days.mean_gpus_by_hour is not None
    assert days.mean_gpus_by_weekday is not None

    assert (always.around_the_clock, always.always_on_gpus, always.resolution) == (True, 1.0, "hour")
    assert (days.around_the_clock, days.always_on_gpus) == (False, 0.0)
    assert [round(mean, 9) for mean in days.mean_gpus_by_hour] == [0.0] * 8 + [1.0] * 10 + [0.0] * 6
    assert days.mean_gpus_by_weekday == pytest.approx((10 / 24,) * 7)


def test_reserved_capacity_left_empty_is_idle_and_no_work(tmp_path: Path) -> None:
    """5 h of UnusedBox on 8 GPUs: 40 GPU-hours paid and not used, none of them in the question."""
    rows = [
        *used([1, 2], "p4d.24xlarge", "32.77"),
        *(bills.cur("Usage", "UnusedBox:p4d.24xlarge", "32.77", hours=h) for h in range(5)),
    ]
    found = answer(tmp_path, rows)
    assert found.use is not None

    assert (found.use.gpu_h, found.use.unused_gpu_h) == (16.0, 40.0)


def test_days_alone_tell_the_fewest_gpus(tmp_path: Path) -> None:
    """48 machine-hours a day in rows of a day: two GPUs at least; the file says that the bill has no hours."""
    rows = [
        bills.focus("100", hours=24 * day, length=24, ConsumedQuantity="48", ConsumedUnit="Hours", ProviderName="AWS",
                    x_UsageType="BoxUsage:p3.2xlarge") for day in range(30)
    ]  # fmt: skip
    found = ask_bill(bills.write(tmp_path / "f.csv", bills.FOCUS_AWS_1_0, rows), as_of=AS_OF)
    assert found.use is not None
    assert found.asked is not None

    assert (found.use.gpus_at_once, found.use.resolution) == (2, "day")
    assert found.asked.question.work.hours_per_day == 24.0
    assert "no hours" in found.asked.text


def test_a_job_log_tells_work_from_idling(tmp_path: Path) -> None:
    """300 h billed, 100 h held by jobs in the period (50 h more before it): 200 idle, forgotten in the question."""
    start_s = int(bills.DAY.timestamp())
    jobs = [(start_s - 50 * 3600, 50 * 3600), *((start_s + (24 * day + 8) * 3600, 10 * 3600) for day in range(10))]
    rows = [f"{time(at_s)},j{at_s},1,{time(at_s)},{time(at_s + lasts_s)},COMPLETED" for at_s, lasts_s in jobs]
    log = tmp_path / "jobs.csv"
    log.write_text("\n".join(["submit_time,job_id,gpu_num,start_time,end_time,state", *rows, ""]))
    found = answer(tmp_path, used(TEN_A_DAY), joblog=log)
    assert found.use is not None
    assert found.asked is not None

    assert (found.use.worked_gpu_h, found.use.idle_gpu_h) == (100.0, 200.0)
    assert found.asked.question.work.hours_per_day == pytest.approx(100 / 30, abs=1e-3)
    assert found.asked.question.work.forgotten_hours_per_month == pytest.approx(200 * DAYS_PER_MONTH / 30, rel=1e-3)


def test_a_number_of_gpus_the_bill_leaves_out_can_be_said(tmp_path: Path) -> None:
    """RunPod: 16 pod-hours for 11.04. With two GPUs a pod 32 GPU-hours at 0.345; without the number no question."""
    import json

    path = tmp_path / "billing.json"
    path.write_text(json.dumps(bills.RUNPOD[:2]))
    silent, said = ask_bill(path, as_of=AS_OF), ask_bill(path, as_of=AS_OF, gpus_per_machine=2)
    assert said.use is not None

    assert silent.asked is None
    assert "--gpus-per-machine" in (silent.no_question or "")
    assert (said.use.gpu_h, said.account.days) == (32.0, 2.0)
    assert said.use.gpus_at_once == 2
    assert said.asked is not None
    assert said.asked.question.work.hours_per_day == 8.0
    assert said.account.lines[0].usd_per_gpu_h == pytest.approx(0.345)


@pytest.mark.parametrize(
    ("days", "hours", "period", "resolution"),
    [
        ((0, 1, 2), 20, 3, "day"),
        ((0, 2, 5), 20, 6, "day"),
        ((0, 7, 14), 100, 21, "none"),
        ((0, 30, 61), 600, 91, "none"),
    ],
    ids=["days", "some days", "weeks", "months"],
)
def test_rows_without_an_end_show_their_length_by_their_starts(
    tmp_path: Path, days: tuple[int, ...], hours: int, period: int, resolution: str
) -> None:
    """From 2026-09-01: three days; six of which three were used; three weeks; September to November, 91 days."""
    path = tmp_path / "invoice.csv"
    rows = "".join(f"{bills.stamp(24 * day)[:10]},gpu_1x_a10,{hours},{hours * 0.75}\n" for day in days)
    path.write_text(f"Date,Type,Hours,Amount\n{rows}")
    found = ask_bill(path, as_of=AS_OF, columns="cost=Amount,start=Date,hours=Hours,instance=Type")
    assert found.use is not None
    assert found.asked is not None

    assert (found.account.days, found.use.resolution) == (period, resolution)
    assert found.asked.question.work.hours_per_day == pytest.approx(3 * hours / period, abs=1e-2)
    assert found.asked.question.rent[0].price_usd_per_h == pytest.approx(0.75)


def test_one_row_longer_than_a_day_has_no_period_unless_its_end_is_named(tmp_path: Path) -> None:
    """300 h on the 5th of September: nobody knows in how many days; with an end on the 25th it is 20, 15 h a day."""
    path = tmp_path / "invoice.csv"
    path.write_text("From,To,Type,Hours,Amount\n2026-09-05,2026-09-25,gpu_1x_a10,300,225\n")
    named = "cost=Amount,start=From,hours=Hours,instance=Type"
    without, with_end = (ask_bill(path, as_of=AS_OF, columns=columns) for columns in (named, f"{named},end=To"))
    assert with_end.asked is not None

    assert without.asked is None
    assert "end" in (without.no_question or "")
    assert with_end.account.days == 20
    assert with_end.asked.question.work.hours_per_day == 15.0


def test_a_bill_without_gpus_poses_no_question(tmp_path: Path) -> None:
    """An m5.large and a bucket: lines, a total, no use and the reason."""
    found = answer(tmp_path, [bills.cur("Usage", "BoxUsage:m5.large", "0.096")])

    assert (found.use, found.asked) == (None, None)
    assert found.no_question == "the bill has no GPU-hours of a known GPU"
    assert found.account.total_usd == Decimal("0.096")


def test_a_month_that_still_runs_ends_today(tmp_path: Path) -> None:
    """Asked on the 11th, ten days of a month of thirty: 100 h in 10 days are 10 h a day, not 3.3."""
    rows = [row | WHOLE_MONTH for row in used(TEN_A_DAY[:100])]
    found = ask_bill(bills.write(tmp_path / "c.csv", COLUMNS, rows), as_of=dt.date(2026, 9, 11))
    assert found.asked is not None

    assert found.account.days == 10.0
    assert not found.asked.question.work.hours_measured
    assert found.asked.question.work.hours_per_day == 10.0
