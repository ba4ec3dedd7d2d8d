"""Bills of every format: which rows are GPU-hours, which are not, and what each line costs."""

from __future__ import annotations

import bz2
import gzip
import json
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from tests.observe.bill import bills

from payback.catalogue.catalogue import Catalogue, load
from payback.errors import BadQuestionError, UnknownNameError
from payback.observe.bill import Bill, BillLine, read_bill


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The shipped facts."""
    return load()


def line(bill: Bill, item: str, term: str = "", category: str | None = None) -> BillLine:
    """The one line of an item."""
    found = [
        each
        for each in bill.lines
        if each.key.item == item and (not term or each.key.term == term) and category in (None, each.key.category)
    ]
    assert len(found) == 1, [each.key for each in bill.lines]
    return found[0]


def gpus(each: BillLine) -> tuple[str | None, int | None, float]:
    """GPU, how many in the machine, hours."""
    return each.key.gpu, each.key.gpu_count, each.quantity


def test_a_cost_report_of_aws_falls_into_lines(catalogue: Catalogue, tmp_path: Path) -> None:
    """20 h of p3.2xlarge at 3.06 less 6.12 of discount = 55.08; the discount's row has no hours of its own."""
    bill = read_bill(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, bills.cur_month()), catalogue)

    assert bill.format == "cur"
    assert gpus(line(bill, "p3.2xlarge")) == ("V100 SXM2 16GB", 1, 20.0)
    assert line(bill, "p3.2xlarge").cost == Decimal("55.08")
    assert gpus(line(bill, "g5.12xlarge", "spot")) == ("A10G", 4, 2.0)
    assert line(bill, "g5.12xlarge").gpu_h == 8.0
    assert bill.totals == {"USD": sum(Decimal(row["lineItem/UnblendedCost"]) for row in bills.cur_month())}
    assert (bill.rejected, bill.treated) == ((), ())


def test_commitments_are_paid_once_and_priced_by_use(catalogue: Catalogue, tmp_path: Path) -> None:
    """A reserved hour bills 0 and cost 7.96; a plan's hour bills 1.006 - 1.006 = 0 and cost 0.5; fees stand apart."""
    bill = read_bill(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, bills.cur_month()), catalogue)
    reserved, planned = line(bill, "p3.8xlarge", "reserved"), line(bill, "g5.xlarge", "savings-plan")
    fees = [each for each in bill.lines if each.key.category == "commitment"]

    assert (reserved.cost, reserved.effective, reserved.quantity) == (Decimal(0), Decimal("7.96"), 1.0)
    assert (planned.cost, planned.effective, planned.quantity) == (Decimal("0.000"), Decimal("0.5"), 1.0)
    assert sum(each.cost for each in fees) == Decimal("5701.56")
    assert all(each.effective == 0 for each in fees)
    assert line(bill, "p4d.24xlarge").key.term == "unused"


def test_an_unknown_gpu_machine_keeps_its_cost_and_gets_no_gpu(catalogue: Catalogue, tmp_path: Path) -> None:
    """p9.48xlarge is in no table: unknown at 99.50; m5.large has no GPU and is other."""
    bill = read_bill(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, bills.cur_month()), catalogue)
    unknown = line(bill, "p9.48xlarge")

    assert (unknown.key.category, unknown.key.gpu, unknown.cost) == ("unknown", None, Decimal("99.5"))
    assert line(bill, "AmazonEC2", category="other").cost == Decimal("0.096")


def test_storage_and_egress_have_their_gigabytes(catalogue: Catalogue, tmp_path: Path) -> None:
    """1,000 GB-months of volumes, 110 of snapshots, 100 of objects, 100 GB sent."""
    bill = read_bill(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, bills.cur_month()), catalogue)
    stored = {each.key.item: (each.quantity, each.key.unit) for each in bill.lines if each.key.category == "storage"}

    assert stored == {"volume": (1000.0, "gb_month"), "snapshot": (110.0, "gb_month"), "object": (100.0, "gb_month")}
    assert (line(bill, "internet").quantity, line(bill, "internet").key.unit) == (100.0, "gb")


def test_version_2_of_the_report_reads_like_the_first(catalogue: Catalogue, tmp_path: Path) -> None:
    """The same rows under the names of CUR 2.0, with its maps of products and tags, give the same lines."""
    names = {
        "lineItem/LineItemType": "line_item_line_item_type", "lineItem/UsageType": "line_item_usage_type",
        "lineItem/UsageStartDate": "line_item_usage_start_date", "lineItem/UsageEndDate": "line_item_usage_end_date",
        "lineItem/ProductCode": "line_item_product_code", "lineItem/UsageAmount": "line_item_usage_amount",
        "lineItem/CurrencyCode": "line_item_currency_code", "lineItem/UnblendedCost": "line_item_unblended_cost",
        "pricing/unit": "pricing_unit", "reservation/EffectiveCost": "reservation_effective_cost",
        "savingsPlan/SavingsPlanEffectiveCost": "savings_plan_savings_plan_effective_cost",
    }  # fmt: skip
    maps = {"product": '{"instancetype":"p3.2xlarge","region":"us-west-2"}', "resource_tags": '{"user_owner":"alice"}'}
    rows = [{new: row[old] for old, new in names.items() if old in row} | maps for row in bills.cur_month()]
    first = read_bill(bills.write(tmp_path / "1.csv", bills.CUR_LEGACY, bills.cur_month()), catalogue)
    second = read_bill(bills.write(tmp_path / "2.csv", bills.CUR_2, rows), catalogue)

    assert second.lines == first.lines


def test_discounts_in_a_net_column_make_the_net_the_bill(catalogue: Catalogue, tmp_path: Path) -> None:
    """3.06 listed, 2.60 net, no discount rows: 2.60 was paid. With a discount row the listed sum is what adds up."""
    columns = (*bills.CUR_LEGACY, "lineItem/NetUnblendedCost")
    usage = bills.cur("Usage", "BoxUsage:p3.2xlarge", "3.06", **{"lineItem/NetUnblendedCost": "2.60"})
    discount = bills.cur("EdpDiscount", "BoxUsage:p3.2xlarge", "-0.46", **{"lineItem/NetUnblendedCost": "0"})
    net = read_bill(bills.write(tmp_path / "1.csv", columns, [usage]), catalogue)
    rows = read_bill(bills.write(tmp_path / "2.csv", columns, [usage, discount]), catalogue)

    assert (net.totals, rows.totals) == ({"USD": Decimal("2.60")}, {"USD": Decimal("2.60")})
    assert net.notes
    assert rows.notes == ()


def test_a_surcharge_on_a_machine_is_no_second_machine(catalogue: Catalogue, tmp_path: Path) -> None:
    """EMR bills 0.27 on the hour that EC2 bills at 3.06, under the same usage type: one hour, and 0.27 of other."""
    rows = [
        bills.cur("Usage", "USE1-BoxUsage:p3.2xlarge", "3.06"),
        bills.cur("Usage", "USE1-BoxUsage:p3.2xlarge", "0.27", **{"lineItem/ProductCode": "ElasticMapReduce"}),
    ]
    bill = read_bill(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, rows), catalogue)

    assert (line(bill, "p3.2xlarge").quantity, line(bill, "p3.2xlarge").cost) == (1.0, Decimal("3.06"))
    assert line(bill, "ElasticMapReduce").key.category == "other"


@pytest.mark.parametrize("usage", ["BoxUsage", "USE1-BoxUsage", "APN1-BoxUsage", "USE1-WL1-BoxUsage", "UGW1-BoxUsage"])
def test_the_region_of_a_usage_type_does_not_matter(catalogue: Catalogue, tmp_path: Path, usage: str) -> None:
    """Every region, local zone and wavelength zone puts its code in front."""
    rows = [bills.cur("Usage", f"{usage}:g4dn.xlarge", "0.526")]
    bill = read_bill(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, rows), catalogue)

    assert gpus(line(bill, "g4dn.xlarge")) == ("T4", 1, 1.0)


def test_sagemaker_bills_the_same_machines(catalogue: Catalogue, tmp_path: Path) -> None:
    """A notebook on ml.g5.12xlarge: four A10G, told from EC2 by its name."""
    row = bills.cur("Usage", "USE1-Notebk:ml.g5.12xlarge", "7.09", **{"lineItem/ProductCode": "AmazonSageMaker"})
    bill = read_bill(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, [row]), catalogue)

    assert gpus(line(bill, "ml.g5.12xlarge")) == ("A10G", 4, 1.0)


def test_focus_without_an_effective_cost_is_priced_by_what_was_billed(catalogue: Catalogue, tmp_path: Path) -> None:
    """EffectiveCost left empty throughout: 122.40 for ten hours, as invoiced."""
    rows = [row | {"EffectiveCost": ""} for row in bills.aws_day(False)]
    bill = read_bill(bills.write(tmp_path / "f.csv", bills.FOCUS_AWS_1_0, rows), catalogue)

    assert line(bill, "p3.8xlarge").effective == Decimal("122.40")


@pytest.mark.parametrize("newer", [False, True], ids=["1.0", "1.2"])
def test_focus_of_aws(catalogue: Catalogue, tmp_path: Path, newer: bool) -> None:
    """Ten hours of p3.8xlarge at 12.24; the plan's hour bills 0 and cost 0.6; 0.4 of the plan went unused."""
    columns = bills.FOCUS_AWS_1_2 if newer else bills.FOCUS_AWS_1_0
    bill = read_bill(bills.write(tmp_path / "f.csv", columns, bills.aws_day(newer)), catalogue)
    unused = line(bill, "Compute Savings Plans, unused")

    assert bill.format == "focus"
    assert gpus(line(bill, "p3.8xlarge")) == ("V100 SXM2 16GB", 4, 10.0)
    assert line(bill, "p3.8xlarge").cost == Decimal("122.40")
    assert gpus(line(bill, "g5.xlarge", "spot")) == ("A10G", 1, 1.0)
    assert line(bill, "g5.xlarge", "savings-plan").effective == Decimal("0.6")
    assert (unused.cost, unused.effective) == (Decimal(0), Decimal("0.4"))
    assert line(bill, "volume").quantity == 500.0
    assert line(bill, "internet").quantity == 50.0
    assert bill.totals == {"USD": Decimal("156.16")}


def test_focus_of_azure(catalogue: Catalogue, tmp_path: Path) -> None:
    """5 x 8 h of an A100 in euros; spot is told by the meter; a disk's months are no gigabytes."""
    bill = read_bill(bills.write(tmp_path / "f.csv", bills.FOCUS_AZURE, bills.azure_days()), catalogue)
    unknown = [each for each in bill.lines if each.key.category == "unknown"]

    assert gpus(line(bill, "NC24ads_A100_v4", "on-demand")) == ("A100 PCIe 80GB", 1, 40.0)
    assert gpus(line(bill, "NC24ads_A100_v4", "spot")) == ("A100 PCIe 80GB", 1, 6.0)
    assert [(each.key.item, each.cost, each.quantity) for each in unknown] == [
        ("ND999isr_GB900_v9", Decimal("55.5"), 3.0)
    ]
    assert (line(bill, "volume").cost, line(bill, "volume").quantity) == (Decimal("19.71"), 0.0)
    assert line(bill, "object").quantity == 150.0
    assert line(bill, "internet").quantity == 20.0
    assert line(bill, "Virtual Machines").cost == Decimal("2.2")
    assert set(bill.totals) == {"EUR"}


def test_focus_of_google_cloud(catalogue: Catalogue, tmp_path: Path) -> None:
    """Seconds of an A100 become 4 GPU-hours; A2 cores and memory stand beside it; N1 cores are other."""
    bill = read_bill(bills.write(tmp_path / "f.csv", bills.FOCUS_GOOGLE, bills.google_hours()), catalogue)
    a100, host = (
        next(each for each in bill.lines if each.key.item == "a2" and (each.key.gpu is None) == bare)
        for bare in (False, True)
    )

    assert (a100.key.gpu, a100.gpu_h) == ("A100 SXM4 40GB", 4.0)
    assert (host.cost, host.quantity) == (Decimal("2.96"), 0.0)
    assert (line(bill, "n1", "spot").key.gpu, line(bill, "n1").gpu_h) == ("T4", 1.0)
    assert (line(bill, "Tesla Z900 GPU").key.category, line(bill, "Tesla Z900 GPU").cost) == ("unknown", Decimal("7.5"))
    assert line(bill, "Compute Engine").cost == Decimal("0.19")
    assert line(bill, "volume").quantity == pytest.approx(107.374, abs=1e-3)
    assert line(bill, "internet").quantity == pytest.approx(21.475, abs=1e-3)


def test_focus_of_oracle(catalogue: Catalogue, tmp_path: Path) -> None:
    """GPU-hours are billed by themselves, their quantity in the priced column; "V2" names no GPU and stays unknown."""
    bill = read_bill(bills.write(tmp_path / "f.csv", bills.FOCUS, bills.oci_hours()), catalogue)

    assert (line(bill, "A10 GPU").key.gpu, line(bill, "A10 GPU").gpu_h) == ("A10", 12.0)
    assert [each.cost for each in bill.lines if each.key.category == "unknown"] == [Decimal(5)]


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_records_of_runpod(catalogue: Catalogue, tmp_path: Path, form: str) -> None:
    """16 h of a pod with a 4090, but not how many: unknown stays unknown; a GPU nobody knows keeps its cost."""
    path = tmp_path / f"billing.{form}"
    if form == "csv":
        bills.write(path, dict.fromkeys(key for record in bills.RUNPOD for key in record), bills.RUNPOD)
    else:
        path.write_text(json.dumps(bills.RUNPOD) if form == "json" else "\n".join(map(json.dumps, bills.RUNPOD)))
    bill = read_bill(path, catalogue)
    pod = next(each for each in bill.lines if each.key.gpu == "RTX 4090")

    assert bill.format == "runpod"
    assert (gpus(pod), pod.gpu_h, pod.cost) == (("RTX 4090", None, 16.0), None, Decimal("11.04"))
    assert line(bill, "NVIDIA Zeta 9").key.category == "unknown"
    assert bill.totals == {"USD": Decimal("20.17")}


def test_an_invoice_whose_columns_are_named(catalogue: Catalogue, tmp_path: Path) -> None:
    """Lambda's types say GPU and number; the line with the total has no day and is left out, counted."""
    path = tmp_path / "lambda.csv"
    path.write_text(bills.LAMBDA)
    bill = read_bill(path, catalogue, columns=bills.LAMBDA_COLUMNS)

    assert gpus(line(bill, "gpu_8x_a100_80gb_sxm4")) == ("A100 SXM4 80GB", 8, 6.5)
    assert gpus(line(bill, "gpu_1x_h100_sxm5")) == ("H100 SXM5 80GB", 1, 24.0)
    assert line(bill, "gpu_1x_h100_sxm5").key.provider == "lambda"
    assert line(bill, "gpu_2x_q900").key.category == "unknown"
    assert line(bill, "storage").cost == Decimal("4.00")
    assert line(bill, "tax").cost == Decimal("10.94")
    assert bill.totals == {"USD": Decimal("186.00")}
    assert [(tally.reason, tally.rows) for tally in bill.rejected] == [
        ("no day: a total or a heading, not a charge", 1)
    ]


@pytest.mark.parametrize("form", ["gz", "bz2", "zip"])
def test_compressed_bills_are_read_as_they_are(catalogue: Catalogue, tmp_path: Path, form: str) -> None:
    """A zip may hold the bill in parts, and a manifest; rows of the second part are numbered on."""
    rows, path = bills.cur_month(), tmp_path / f"bill.csv.{form}"
    whole = bills.text(bills.CUR_LEGACY, rows)
    if form == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("lab-00001.csv", bills.text(bills.CUR_LEGACY, rows[:20]))
            archive.writestr("lab-00002.csv.gz", gzip.compress(bills.text(bills.CUR_LEGACY, rows[20:]).encode()))
            archive.writestr("lab-Manifest.json", "{}")
    else:
        path.write_bytes((gzip if form == "gz" else bz2).compress(whole.encode()))
    (tmp_path / "plain.csv").write_text(whole)

    assert read_bill(path, catalogue) == read_bill(tmp_path / "plain.csv", catalogue)


@pytest.mark.parametrize(
    ("text", "options", "error"),
    [
        ("", {}, BadQuestionError),
        ("a,b\n1,2\n", {}, BadQuestionError),
        ("a,b\n1,2\n", {"format": "cur"}, UnknownNameError),
        ("a,b\n1,2\n", {"format": "csv"}, BadQuestionError),
        ("a,b\n1,2\n", {"format": "paper"}, UnknownNameError),
        ("a,b\n1,2\n", {"columns": "cost=a"}, BadQuestionError),
        ("a,b\n1,2\n", {"columns": "cost=a,start=when"}, UnknownNameError),
        ("a,b\n1,2\n", {"columns": "cost=a,start=b,colour=b"}, UnknownNameError),
        ("a,b\n1,2\n", {"columns": "cost=a,start=b", "format": "focus"}, BadQuestionError),
        ("PK\3\4 no zip", {}, BadQuestionError),
    ],
)
def test_what_is_no_bill_is_refused_with_one_line(
    catalogue: Catalogue, tmp_path: Path, text: str, options: dict[str, str], error: type[Exception]
) -> None:
    """An empty file, a table of something else, a format or column nobody knows."""
    path = tmp_path / "bill.csv"
    path.write_text(text)

    with pytest.raises(error) as caught:
        read_bill(path, catalogue, **options)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_zip_without_tables_are_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    """Both say what was looked for."""
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.md", "nothing")

    for path in (tmp_path / "none.csv", empty):
        with pytest.raises(BadQuestionError, match="bill"):
            read_bill(path, catalogue)


def test_a_bill_of_no_rows_has_no_lines(catalogue: Catalogue, tmp_path: Path) -> None:
    """A header alone: nothing billed, no period."""
    bill = read_bill(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, []), catalogue)

    assert (bill.lines, bill.totals, bill.first_s, bill.rows_read) == ((), {}, None, 0)


def test_no_account_person_or_machine_is_kept(catalogue: Catalogue, tmp_path: Path) -> None:
    """Account numbers, names, tags and resource ids stand in the files and nowhere in what is read."""
    tables = [
        (bills.CUR_LEGACY, bills.cur_month()), (bills.FOCUS_AWS_1_2, bills.aws_day(True)),
        (bills.FOCUS_AZURE, bills.azure_days()), (bills.FOCUS_GOOGLE, bills.google_hours()),
    ]  # fmt: skip
    for number, (columns, rows) in enumerate(tables):
        path = bills.write(tmp_path / f"{number}.csv", columns, rows)
        written, kept = path.read_text(), repr(read_bill(path, catalogue))
        assert any(secret in written for secret in bills.SECRETS)
        assert not any(secret in kept for secret in bills.SECRETS)
