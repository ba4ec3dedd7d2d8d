"""The command line: contract, exit status, one clear line for every mistake."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
ARTICLE = str(EXAMPLES / "article-2018.toml")
TODAY = ["--as-of", "2026-11-23"]


def test_plan_prints_one_json_object_of_the_promised_form(run: Any) -> None:
    """schema, as_of, question, advice, options, comparisons, facts, assumptions."""
    status, out, err = run("plan", ARTICLE, "--json")
    answer = json.loads(out)

    assert (0, "") == (status, err)
    assert answer["schema"] == "payback.plan/1"
    assert answer["as_of"] == "2018-09-26"
    assert answer["question"]["work"]["vram_gib"] is None
    assert {"choice", "verdict", "sentence", "conditions", "probability_best"} <= set(answer["advice"])
    assert 0 < answer["advice"]["probability_best"] < 1
    assert sum(option["odds"]["probability_best"] for option in answer["options"]) == pytest.approx(1)
    for option in answer["options"]:
        assert len(option["cumulative_cash_usd"]) == len(option["net_usd"]) == 37
        assert option["total_usd"] == pytest.approx(sum(line["usd"] for line in option["lines"]))
        assert all(fact in answer["facts"] for line in option["lines"] for fact in line["facts"])
        assert option["payback_range_months"] is None or len(option["payback_range_months"]) == 3
        assert 0 <= option["odds"]["probability_best"] <= 1
    assert all(
        {"value", "unit", "currency", "observed_on", "source", "grade"} <= set(f) for f in answer["facts"].values()
    )
    assert all({"name", "value", "unit", "grade", "why"} <= set(a) for a in answer["assumptions"])


def test_the_articles_ratios_come_out_of_the_command(run: Any) -> None:
    """9.74x on demand, 4.24x for three years, 1.44 months."""
    answer = json.loads(run("plan", ARTICLE, "--json")[1])
    year = {c["rent"].rsplit(":", 1)[1]: c for c in answer["comparisons"]
            if c["month"] == 12 and "1080" in c["own"] and "p3" in c["rent"]}  # fmt: skip

    assert year["on-demand"]["ratio"] == pytest.approx(9.74, abs=0.01)
    assert year["reserved-3y-no-upfront"]["ratio"] == pytest.approx(4.24, abs=0.01)
    assert year["reserved-1y-all-upfront"]["ratio"] == pytest.approx(6.20, abs=0.01)
    assert year["on-demand"]["payback_months"] == pytest.approx(1.437, abs=0.001)


def test_text_comes_without_a_question(run: Any) -> None:
    """The default question is printed with its answer."""
    status, out, _ = run("plan", *TODAY)

    assert status == 0
    assert "As of 2026-11-23: 1 GPU of 24 GiB or more, 8 h a day" in out
    assert re.search(r"^(Rent|Build|Buy) ", out, re.MULTILINE)
    assert "What would change the answer" in out


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_is_answered(run: Any, example: Path) -> None:
    """Examples are questions that work, each with a source and a date behind every price."""
    status, out, err = run("plan", str(example), *([] if "as_of" in example.read_text() else TODAY), "--json")
    answer = json.loads(out)

    assert (0, "") == (status, err)
    for fact in answer["facts"].values():
        assert fact["source"]
        if fact["currency"] and fact["source"] != "question":
            assert fact["observed_on"] <= answer["as_of"]


def test_files_are_written_whole(run: Any, tmp_path: Path) -> None:
    """HTML that needs nothing else, SVG, PNG, CSV."""
    paths = {kind: tmp_path / f"plan.{kind}" for kind in ("html", "svg", "png", "csv")}
    status, _, err = run("plan", ARTICLE, *(word for kind, path in paths.items() for word in (f"--{kind}", str(path))))
    page = paths["html"].read_text()

    assert status == 0
    assert err.count("wrote ") == 4
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"http", page)
    assert page.count("<svg") == 6, "cost, tornado and payback, in light and dark"
    assert "break-even 5.9 months" in paths["svg"].read_text()
    assert paths["png"].read_bytes().startswith(b"\x89PNG")
    with paths["csv"].open() as handle:
        rows = list(csv.DictReader(handle))
    assert {"37"} == {str(sum(row["option"] == name for row in rows)) for name in {row["option"] for row in rows}}
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in paths.values())


def test_the_same_seed_gives_the_same_odds(run: Any) -> None:
    """--seed and --scenarios decide; the text prints both; another seed draws other futures."""
    first, again, other = (run("plan", ARTICLE, "--scenarios", "300", "--seed", seed)[1] for seed in ("11", "11", "12"))

    assert "How sure is that? (300 futures, seed 11)" in first
    assert first == again
    assert first != other.replace("seed 12", "seed 11")


def test_odds_can_be_left_out(run: Any) -> None:
    """--no-odds: null in the JSON, no block in the text, the rest as before."""
    answer = json.loads(run("plan", ARTICLE, "--json", "--no-odds")[1])
    text = run("plan", ARTICLE, "--no-odds")[1]

    assert (answer["odds"], answer["advice"]["probability_best"]) == (None, None)
    assert "How sure" not in text
    assert "pays back in 5.9 months against aws" in " ".join(text.split())


def test_interrupted_before_the_first_future_the_plan_still_stands(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during the odds costs the odds alone, and that is said."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("payback.answers.odds", stop)
    status, out, err = run("plan", ARTICLE)

    assert status == 0
    assert "interrupted" in err
    assert "has no odds" in err
    assert "Jeff Chen's machine" in out


def test_pictures_go_into_a_folder(run: Any, tmp_path: Path) -> None:
    """Cost, tornado, payback; the folder is made."""
    folder = tmp_path / "new" / "pictures"
    status, _, err = run("plan", ARTICLE, "--scenarios", "300", "--pictures", str(folder))

    assert status == 0
    assert err.count("wrote ") == 3
    assert ["cost.svg", "payback.svg", "tornado.svg"] == sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("arguments", [("--scenarios", "0"), ("--seed", "-1"), ("--scenarios", "many")])
def test_futures_that_cannot_be_drawn_are_refused(run: Any, arguments: tuple[str, str]) -> None:
    """Exit 2 and one line that names the word."""
    status, out, err = run("plan", ARTICLE, *arguments)

    assert (status, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert arguments[1] in err


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("[work]\nhours_per_day = 25", 2, "work.hours_per_day: found 25"),
        ("[work]\nhours_per_dya = 8", 2, "expected 'hours_per_day'?"),
        ("[[own]]\ngpu = 'GTX 1080 Tj'\ncapital_usd = 1", 2, "Did you mean 'GTX 1080 Ti'"),
        ("as_of = 1999-01-01", 2, "1999-01-01"),
        ("[work]\nvram_gib = 5000", 1, "no option does this work"),
        ("[site]\ncountry = 'ZZ'", 2, "site.price_usd_per_kwh"),
        ("[work]\nworkload = 'resnet5000'", 2, "resnet"),
    ],
)
def test_mistakes_get_one_line_and_no_traceback(run: Any, tmp_path: Path, text: str, status: int, message: str) -> None:
    """What, where, what to do; exit 2 for bad input, 1 where nothing is feasible."""
    question = tmp_path / "q.toml"
    question.write_text(text)
    found, out, err = run("plan", str(question), *([] if "as_of" in text else TODAY))

    assert (status, "") == (found, out)
    assert message in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [["plan", "missing.toml"], ["plan", "--hours"], ["fly"], ["plan", "--as-of", "yesterday"], ["prices", "RTX 309O"]],
)
def test_bad_arguments_exit_with_two(run: Any, arguments: list[str]) -> None:
    """A missing file, a day that is none, a GPU that is none."""
    status, out, err = run(*arguments)

    assert (2, "") == (status, out)
    assert err.startswith("payback: ")


def test_prices_say_when_and_who(run: Any) -> None:
    """Low, mid and high with age and source; the history shows the price change of p5."""
    one = json.loads(run("prices", "RTX 3090", *TODAY, "--json")[1])[0]
    events = json.loads(run("prices", "aws/p5.48xlarge", "--history", *TODAY, "--json")[1])
    per_gpu_h = {round(event["usd"] * 8, 2) for event in events if event["kind"] == "on-demand"}

    assert one["used"]["low_usd"] <= one["used"]["mid_usd"] <= one["used"]["high_usd"]
    assert one["used"]["observations"][0]["source"]
    assert {98.32, 55.04} <= per_gpu_h


def test_prices_of_a_past_day_know_nothing_later(run: Any) -> None:
    """On 2018-09-26 a GTX 1080 Ti cost 700 and an RTX 3090 did not exist."""
    old = json.loads(run("prices", "GTX 1080 Ti", "--as-of", "2018-09-26", "--json")[1])[0]
    future = json.loads(run("prices", "RTX 3090", "--as-of", "2018-09-26", "--json")[1])[0]

    assert old["new"]["mid_usd"] == 700
    assert (None, None, []) == (future["new"], future["used"], future["rent"])


def test_a_published_analysis_is_recomputed(run: Any) -> None:
    """Dettmers' spot break-even of 20 months does not follow: 23.75 come out."""
    status, out, _ = run("claim", str(EXAMPLES / "claims" / "t01-dettmers-2020.toml"), "--json")
    steps = {step["name"]: step for step in json.loads(out)["steps"]}

    assert status == 0
    assert (20, False) == (steps["break-even spot"]["stated"], steps["break-even spot"]["holds"])
    assert steps["break-even spot"]["recomputed"] == pytest.approx(23.75, abs=0.01)
    assert all(
        step["holds"] for name, step in steps.items() if step["stated"] is not None and name != "break-even spot"
    )


def test_a_list_is_judged_line_by_line(run: Any, tmp_path: Path) -> None:
    """DDR5 on a DDR4 board: incompatible, with the rule and the reason; one JSON object a list."""
    path = tmp_path / "list.jsonl"
    parts = [("cpu", "AMD Ryzen 5 5600G"), ("motherboard", "MSI MPG B550 GAMING PLUS"),
             ("memory", "Crucial Pro DDR5-6000 32GB (2x16GB)")]  # fmt: skip
    record = {"id": "x", "parts": [{"category": c, "name": n, "qty": 1, "price_total": None} for c, n in parts]}
    path.write_text(json.dumps(record) + "\n" + json.dumps({**record, "id": "y"}) + "\n")
    status, out, _ = run("check", str(path), "--json")
    judged = [json.loads(line) for line in out.splitlines()]

    assert status == 0
    assert ["x", "y"] == [each["id"] for each in judged]
    assert judged[0]["compatible"] is False
    assert "RAM_TYPE" in {f["rule"] for f in judged[0]["findings"] if f["status"] == "violated"}


def test_refreshed_prices_are_used_and_bad_rows_are_not(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card at 10 cents becomes the baseline; a price of 700 is quarantined with its line."""
    monkeypatch.setenv("PAYBACK_HOME", str(tmp_path / "home"))
    feed = tmp_path / "nebius" / "vms.csv"
    feed.parent.mkdir()
    memory = "'MemoryInfo': {'SizeInMiB': 24576}"
    info = f"\"{{'Gpus': [{{'Name': 'RTX4090', 'Count': 1.0, {memory}}}], 'TotalGpuMemoryInMiB': 24576}}\""
    feed.write_text(
        "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,GpuInfo,SpotPrice\n"
        f"gpu-4090,RTX4090,1.0,16.0,64.0,0.10,eu-north1,{info},\n"
        f"gpu-4090-b,RTX4090,1.0,16.0,64.0,700.0,eu-north1,{info},700.0\n"
    )
    question = tmp_path / "q.toml"
    question.write_text("[work]\nvram_gib = 24\n[site]\nregion = 'CA'\n")
    before = json.loads(run("plan", str(question), "--json")[1])["advice"]["baseline"]
    status, out, _ = run("prices", "refresh", "--source", "skypilot", "--from", str(tmp_path / "nebius"), "--json")
    report = json.loads(out)["sources"][0]
    after = json.loads(run("plan", str(question), "--json")[1])["advice"]["baseline"]
    refused = json.loads(run("prices", "quarantine", "--json")[1])

    assert status == 0
    assert {"name", "rows", "accepted", "quarantined", "reasons"} == set(report)
    assert (2, 1, 1) == (report["rows"], report["accepted"], report["quarantined"])
    assert before != after
    assert "nebius/gpu-4090" in after
    assert [3] == [row["line"] for row in refused]


def test_where_nothing_fits_the_reasons_are_counted(run: Any, tmp_path: Path) -> None:
    """400 GiB on one GPU: exit 1, and the message says how many candidates failed on memory."""
    question = tmp_path / "question.toml"
    question.write_text("[work]\nvram_gib = 400\n")
    status, out, err = run("plan", str(question), *TODAY)

    assert (status, out) == (1, "")
    assert re.search(r"\d+ x GPU with less memory than asked", err)


def test_renting_left_out_is_not_called_infeasible(run: Any, tmp_path: Path) -> None:
    """With kinds = ["build"] nobody looked at rents, and the sentence says so."""
    question = tmp_path / "question.toml"
    question.write_text('[options]\nkinds = ["build"]\n')
    answer = json.loads(run("plan", str(question), *TODAY, "--json")[1])

    assert "renting was left out of the question" in answer["advice"]["sentence"]


def test_an_empty_parts_list_is_bad_input(run: Any, tmp_path: Path) -> None:
    """Nothing to judge is no judgement."""
    empty = tmp_path / "empty.txt"
    empty.write_text("\n")
    status, out, err = run("check", str(empty))

    assert (status, out) == (2, "")
    assert "found no parts" in err
