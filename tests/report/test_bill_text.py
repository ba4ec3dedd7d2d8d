"""``payback bill``: text, JSON and question file, from the example and from bills with nothing in them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.observe.bill import bills

from payback.errors import BadQuestionError
from payback.report.files import write_new

EXAMPLE = Path(__file__).parents[2] / "examples" / "bills" / "aws-2026-10.csv"
LINES = ("gpu", "unknown", "storage", "egress", "other")
TODAY = ("--as-of", "2026-11-23")


def test_the_example_becomes_a_question_that_plan_answers(run: Any, tmp_path: Path) -> None:
    """268 machine-hours of 4x A10G, 1,355.91 USD: 1,072 GPU-hours at 1.265; plan compares owning with them."""
    question = tmp_path / "q.toml"
    status, out, err = run("bill", str(EXAMPLE), "--question", str(question), *TODAY)
    planned = json.loads(run("plan", str(question), "--json")[1])
    billed = [option for option in planned["options"] if option["id"].startswith("rent:your-bill")]
    together = next(option for option in billed if "together" in option["label"])

    assert (status, err.count("wrote ")) == (0, 1)
    assert "1,072.0 GPU-hours, 4 at the same time" in out
    assert len(billed) == 3
    assert planned["question"]["work"]["gpus"] == 4
    assert together["lines"][0]["usd"] == pytest.approx(1355.9072 * 365 / 12 / 31 * 36, rel=1e-3)
    assert any(pair["rent"] == together["id"] for pair in planned["comparisons"])


def test_the_json_adds_up_to_the_total_in_exact_text(run: Any) -> None:
    """Costs are decimals as text; their sum is the total, 1,452.7676; each line has every documented key."""
    status, out, err = run("bill", str(EXAMPLE), "--json", *TODAY)
    answer = json.loads(out)
    lines = [line for name in LINES for line in answer[name]]

    assert (0, "") == (status, err)
    assert (answer["schema"], answer["format"], answer["currency"]) == ("payback.bill/1", "cur", "USD")
    assert str(sum(Decimal(line["cost"]) for line in lines)) == answer["totals"][0]["cost"]
    assert answer["total_usd"] == pytest.approx(1452.7676, abs=1e-4)
    assert {
        (line["item"], line["term"], line["gpu_count"], line["hours"], round(line["usd_per_gpu_h"], 3))
        for line in answer["gpu"]
    } == {("g5.12xlarge", "on-demand", 4, 220.0, 1.418), ("g5.12xlarge", "spot", 4, 48.0, 0.563)}
    assert answer["question"]["work"]["hours_per_day"] == pytest.approx(1072 / 31 / 4, abs=1e-3)


def test_every_key_of_the_json_is_documented(run: Any) -> None:
    """docs/json.md names each key that `payback bill --json` prints."""
    answer = json.loads(run("bill", str(EXAMPLE), "--json", *TODAY)[1])
    text = (Path(__file__).parents[2] / "docs" / "json.md").read_text()
    part = text[text.index("payback bill --json") :]
    keys = {*answer, *answer["gpu"][0], *answer["use"], *answer["period"], *answer["totals"][0], *answer["rates"][0]}

    assert [] == sorted(
        key for key in keys if f"`{key}`" not in part and f"{key}," not in part and f"{key}}}" not in part
    )


def test_nothing_is_overwritten(run: Any, tmp_path: Path) -> None:
    """An existing question file stays as it is, and the command says so before it reads anything."""
    question = tmp_path / "q.toml"
    question.write_text("mine")
    status, out, err = run("bill", str(EXAMPLE), "--question", str(question))

    assert (status, out, question.read_text()) == (2, "", "mine")
    assert "nothing is overwritten" in err
    with pytest.raises(BadQuestionError, match="nothing is overwritten"):
        write_new(question, "yours")
    assert [path.name for path in tmp_path.iterdir()] == ["q.toml"]


def test_a_bill_without_gpus_is_shown_and_asks_nothing(run: Any, tmp_path: Path) -> None:
    """It prints the lines with exit 0; where a question was wanted, exit 2 with the reason and no file."""
    path = bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, [bills.cur("Usage", "BoxUsage:m5.large", "0.096")])
    status, out, _ = run("bill", str(path), *TODAY)
    wanted, _, err = run("bill", str(path), "--question", str(tmp_path / "q.toml"), *TODAY)

    assert status == 0
    assert "No question: the bill has no GPU-hours of a known GPU" in out
    assert (wanted, (tmp_path / "q.toml").exists()) == (2, False)
    assert "no GPU-hours" in err


def test_an_empty_bill_is_a_bill_of_nothing(run: Any, tmp_path: Path) -> None:
    """A header alone prints "Billed: nothing" and a JSON without lines."""
    path = bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, [])
    answer = json.loads(run("bill", str(path), "--json", *TODAY)[1])

    assert "Billed: nothing." in run("bill", str(path), *TODAY)[1]
    assert (answer["totals"], answer["period"], answer["gpu"], answer["question"]) == ([], None, [], None)


def test_what_was_left_out_is_said(run: Any, tmp_path: Path) -> None:
    """Rejected and treated rows are printed with reason, number and the first of them; unknown GPUs are marked."""
    rows = bills.cur_month()
    rows[0]["lineItem/UnblendedCost"] = "broken"
    rows[1]["lineItem/UsageAmount"] = "broken"
    out = run("bill", str(bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, rows)), *TODAY)[1]

    assert "left out: 1 rows, unreadable cost; the first is row 1" in out
    assert "treated: 1 rows, unreadable quantity" in out
    assert "unknown GPU machine: aws" in out


def test_euros_are_shown_with_their_rate(run: Any, tmp_path: Path) -> None:
    """The total stands in both currencies, the rate with its day."""
    path = bills.write(tmp_path / "f.csv", bills.FOCUS_AZURE, bills.azure_days())
    out = run("bill", str(path), "--as-of", "2026-10-05")[1]

    assert " EUR = " in out
    assert "USD on 2026-09-30 (ECB)" in out


def test_names_of_the_bill_stay_in_the_bill(run: Any, tmp_path: Path) -> None:
    """Text, JSON and question name no account, person, project or machine of the bill."""
    path = bills.write(tmp_path / "cur.csv", bills.CUR_LEGACY, bills.cur_month())
    text = run("bill", str(path), *TODAY)[1] + run("bill", str(path), "--json", *TODAY)[1]

    assert not any(secret in text for secret in bills.SECRETS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("missing.csv",),
        (str(EXAMPLE), "--gpus", "0"),
        (str(EXAMPLE), "--months", "999"),
        (str(EXAMPLE), "--columns", "x"),
    ],
)
def test_bad_arguments_exit_with_two(run: Any, arguments: tuple[str, ...]) -> None:
    """A file that is not there, no GPUs, a hundred years, columns of the wrong form."""
    status, out, err = run("bill", *arguments)

    assert (2, "") == (status, out)
    assert err.startswith("payback: ")
    assert err.count("\n") == 1


def test_a_country_that_is_none_is_no_question(run: Any) -> None:
    """The reason is that of the question, in one line."""
    answer = json.loads(run("bill", str(EXAMPLE), "--country", "Germany", "--json", *TODAY)[1])

    assert answer["question"] is None
    assert "site.country" in answer["no_question"]
