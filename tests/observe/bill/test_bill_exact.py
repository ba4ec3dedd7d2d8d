"""Bills add up to the last decimal, whatever stands in them, and lose no row silently."""

from __future__ import annotations

from decimal import Decimal, localcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.bill import bills

from payback.catalogue.catalogue import load
from payback.errors import PaybackError
from payback.observe.bill import read_bill
from payback.observe.bill.exact import ExactSums, amounts_of, decimal_of, exact_sum
from payback.observe.bill.hours import numbers_of
from payback.observe.tables.table import split


def has_few_places(amount: Decimal) -> bool:
    """Whether an amount is one that a bill could have."""
    exponent = amount.as_tuple().exponent
    return isinstance(exponent, int) and -50 < exponent < 12


decimals = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False).filter(has_few_places)
written = st.one_of(
    decimals.map(str),
    decimals.map(lambda amount: format(amount, "f")),
    st.floats(-1e9, 1e9).map(repr),
    st.integers(-(10**18), 10**18).map(str),
)
rubbish = st.sampled_from(["", "free", "1.2.3", "--5", "1_000", "0x10", "NaN", "inf", "-inf", "1e999", "1,23", "٣"])


@given(st.lists(st.tuples(st.integers(0, 3), st.one_of(written, rubbish)), min_size=1, max_size=60))
@settings(max_examples=200, deadline=None)
def test_columns_of_decimals_are_summed_without_rounding(rows: list[tuple[int, str]]) -> None:
    """Each group's sum is the sum of its texts as decimals; rubbish and nothing count as neither."""
    text = "".join(f"{cost},x\n" for _, cost in rows if "," not in cost)
    rows = [row for row in rows if "," not in row[1]]
    if not rows:
        return
    block, _ = split(text.encode(), b",", 2, 1)
    sums, groups = ExactSums(), np.array([group for group, _ in rows])
    amounts = amounts_of(block.column(0))
    sums.add(groups, amounts, np.ones(len(rows), bool))
    stands, unreadable = amounts.stands, amounts.rubbish

    expected: dict[int, Decimal] = {}
    with localcontext() as context:
        context.prec = 300
        for (group, cost), good, bad in zip(rows, stands.tolist(), unreadable.tolist(), strict=True):
            amount = decimal_of(cost)
            assert good == isinstance(amount, Decimal)
            assert bad == (amount is False)
            if isinstance(amount, Decimal):
                expected[group] = expected.get(group, Decimal(0)) + Decimal(cost)
        assert sums.totals() == expected
        floats = numbers_of(block.column(0))
        assert np.isnan(floats).tolist() == (~stands).tolist()
        np.testing.assert_allclose(floats[stands], [float(rows[row][1]) for row in np.flatnonzero(stands)], rtol=1e-12)


row_kinds = st.sampled_from(
    ["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation", "RIFee", "Tax", "Credit", "Refund",
     "EdpDiscount", "SomethingNew", ""]
)  # fmt: skip
usages = st.sampled_from(
    ["BoxUsage:p3.2xlarge", "EU-SpotUsage:g5.48xlarge", "BoxUsage:p99.huge", "EBS:VolumeUsage.gp3", "Requests-Tier1",
     "DataTransfer-Out-Bytes", ""]
)  # fmt: skip
currencies = st.sampled_from(["USD", "EUR", "usd", "XYZ", "", "dollars"])
cur_rows = st.builds(
    lambda kind, usage, cost, hours, currency: bills.cur(
        kind, usage, cost, hours=hours, **{"lineItem/CurrencyCode": currency, "reservation/EffectiveCost": cost}
    ),
    row_kinds, usages, st.one_of(written, written, rubbish), st.integers(0, 1500), currencies,
)  # fmt: skip


@given(st.lists(cur_rows, max_size=40))
@settings(max_examples=150, deadline=None)
def test_the_lines_of_a_bill_add_up_to_its_rows(rows: list[dict[str, str]]) -> None:
    """By currency, the lines sum to the costs of the rows that are not rejected; every row is in one or the other."""
    with TemporaryDirectory() as folder:
        bill = read_bill(bills.write(Path(folder) / "cur.csv", bills.CUR_LEGACY, rows), load())

    expected: dict[str, list[Decimal]] = {}
    for row in rows:
        amount, currency = decimal_of(row["lineItem/UnblendedCost"]), row["lineItem/CurrencyCode"].upper() or "USD"
        if isinstance(amount, Decimal) and len(currency) == 3:
            expected.setdefault(currency, []).append(amount)
    assert bill.totals == {currency: exact_sum(costs) for currency, costs in expected.items()}
    assert sum(line.rows for line in bill.lines) + bill.rows_rejected == bill.rows_read == len(rows)
    assert all(exact_sum(line.cost_by_month.values()) == line.cost for line in bill.lines)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_damage_never_stops_the_reader(data: st.DataObject) -> None:
    """Bytes changed, dropped or put in anywhere: a bill, or one clear refusal; no row unaccounted."""
    text = bytearray(bills.text(bills.FOCUS_AWS_1_2, bills.aws_day(True)).encode())
    header = data.draw(st.sampled_from([0, text.index(b"\n") + 1]))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(header, len(text)))
        text[place : place + data.draw(st.integers(0, 40))] = data.draw(
            st.one_of(
                st.binary(max_size=8), st.sampled_from([b'"', b'"""', b"\n", b"\r", b",", b"\0", b"\x1f", b"\xff"])
            )
        )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "focus.csv"
        path.write_bytes(bytes(text))
        try:
            bill = read_bill(path, load())
        except PaybackError as error:
            assert "\n" not in str(error)  # noqa: PT017
            return
    assert sum(line.rows for line in bill.lines) + bill.rows_rejected == bill.rows_read


def test_a_quote_that_is_never_closed_costs_its_own_row_alone(tmp_path: Path) -> None:
    """Ten rows of 1 USD; the third has a lone quote in it: nine are counted, one is left out, and said to be."""
    rows = [bills.cur("Usage", "BoxUsage:p3.2xlarge", "1", hours=hour) for hour in range(10)]
    whole = bills.text(bills.CUR_LEGACY, rows).splitlines(keepends=True)
    whole[3] = whole[3].replace("AmazonEC2", '"AmazonEC2', 1)
    path = tmp_path / "cur.csv"
    path.write_text("".join(whole))
    bill = read_bill(path, load())

    assert bill.totals == {"USD": Decimal(9)}
    assert [(tally.reason, tally.rows, tally.first_row) for tally in bill.rejected] == [
        ("wrong number of fields", 1, 3)
    ]


def test_a_field_may_hold_a_line_break_if_it_is_quoted(tmp_path: Path) -> None:
    """A description of two lines is one row."""
    rows = [bills.cur("Usage", "BoxUsage:p3.2xlarge", "1", hours=hour) for hour in range(3)]
    rows[1]["lineItem/LineItemDescription"] = "two\nlines, with a comma"
    bill = read_bill(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, rows), load())

    assert (bill.totals, bill.rejected) == ({"USD": Decimal(3)}, ())


@pytest.mark.parametrize(
    ("column", "text", "rejected", "treated"),
    [
        ("lineItem/UnblendedCost", "much", "unreadable cost", None),
        ("lineItem/UnblendedCost", "", "no cost", None),
        ("lineItem/CurrencyCode", "$", "unreadable currency", None),
        ("lineItem/UsageStartDate", "yesterday", None, "no readable time"),
        ("lineItem/UsageStartDate", "9999-01-01T00:00:00Z", None, "no readable time"),
        ("lineItem/UsageAmount", "a lot", None, "unreadable quantity"),
    ],
)
def test_a_bad_cell_is_counted_with_its_reason(
    tmp_path: Path, column: str, text: str, rejected: str | None, treated: str | None
) -> None:
    """A cost that cannot be read leaves its row out; a time or a quantity that cannot be read keeps the cost."""
    rows = [bills.cur("Usage", "BoxUsage:p3.2xlarge", "3.06", hours=hour) for hour in range(4)]
    rows[2][column] = text
    bill = read_bill(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, rows), load())
    fates = bill.rejected or bill.treated

    assert [(tally.rows, tally.first_row) for tally in fates] == [(1, 3)]
    assert fates[0].reason.startswith(rejected or treated or "?")
    assert bill.totals == {"USD": Decimal("9.18") if rejected else Decimal("12.24")}
