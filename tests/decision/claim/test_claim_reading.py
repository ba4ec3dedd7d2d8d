"""Claim files in: what is understood, and one clear line about what is not."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from payback.decision.claim import check_claim, parse_claim, read_claim
from payback.decision.claim.tables import SPELLINGS
from payback.errors import BadInputError, BadQuestionError, UnknownNameError

INPUTS = "[inputs]\na_usd = 10\nb = 4\n"
DOCUMENT = Path(__file__).parents[3] / "docs" / "method" / "claims.md"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[", "no TOML"),
        ("[[step]]\nname='x'\nformula='1'", "inputs: found nothing"),
        (INPUTS, "at least one [[step]]"),
        ("[inputs]\na = nan", "inputs.a: found NaN; expected a finite number"),
        (INPUTS + "[[step]]\nname='x'\nformla='b'", "step.1.formla: found an unknown key; expected 'formula'?"),
        (INPUTS + "[[stepp]]\nname='x'", "expected 'step'?"),
        (INPUTS + "[[step]]\nname='x'\nformula='a_us'", "no input or step named 'a_us'. Did you mean 'a_usd'?"),
        (INPUTS + "[[step]]\nname='x'\nformula='energy_cost(b)'", "Did you mean 'energy_cost_usd'"),
        (INPUTS + "[[step]]\nname='x'\nformula='energy_kwh(b)'", "expected energy_kwh(wall_power_w, hours, [pue])"),
        (INPUTS + "[[step]]\nname='x'\nformula='1,000 * b'", "write numbers without commas"),
        (INPUTS + "[[step]]\nname='x'\nformula='b'\n[[step]]\nname='x'\nformula='b'", "'x' twice"),
        (INPUTS + "[[step]]\nname='b'\nformula='b'", "'b' twice"),
        (INPUTS + "[[step]]\nname='x'\nformula='b'\nstated='ten'", "step.1 (x): stated: found 'ten'"),
        (INPUTS + "[[step]]\nname='x'\nformula='b'\nstated=[1,2,3]", "a range [low, high]"),
        (INPUTS + "[[step]]\nname='x'\nformula='b'\nstated=1\nprinted=1", "a second spelling"),
        (INPUTS + "[conventions]\nmonth='72 h'\n[[step]]\nname='x'\nformula='b'", "expected 600 to 800 h"),
        (INPUTS + "[conventions]\nmonths='720 h'\n[[step]]\nname='x'\nformula='b'", "expected 'month'?"),
        (INPUTS + "[[alternative]]\nname='q'\nside='lease'\ntotal=3", "expected 'own' or 'rent'"),
        (INPUTS + "[[alternative]]\nname='q'\nside='rent'", "total: found nothing"),
        (INPUTS + "[[alternative]]\nname='queue'\nside='rent'\ntotal=1\n[verdict]\nrecommends='quue'", "'queue'?"),
        (INPUTS + "[[alternative]]\nname='q'\nside='rent'\ntotal=1\nwork=1\n"
         "[[alternative]]\nname='r'\nside='rent'\ntotal=1", "work for every alternative or for none"),
        (INPUTS + "[market]\ngpu='V100'\n[[step]]\nname='x'\nformula='b'", "market.on: found nothing"),
        (INPUTS + "[scope]\ncovers='power'\n[[step]]\nname='x'\nformula='b'", "a list of texts"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_clear_line(text: str, message: str) -> None:
    """What was found, where, what may stand there."""
    with pytest.raises(BadInputError) as caught:
        parse_claim(text)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ({"x": "y", "y": "x"}, "a circle: x -> y -> x"),
        ({"x": "x + 1"}, "a circle: x -> x"),
        ({"x": "a_usd / (b - 4)"}, "a division by zero"),
    ],
)
def test_steps_that_cannot_be_computed(steps: dict[str, str], message: str) -> None:
    """Circles and divisions by zero are errors of the file, with the steps named."""
    text = INPUTS + "".join(f"[[step]]\nname='{name}'\nformula='{formula}'\n" for name, formula in steps.items())

    with pytest.raises(BadQuestionError, match=message):
        check_claim(parse_claim(text))


def test_an_unreadable_file_is_a_clear_error(tmp_path: Path) -> None:
    """Missing, binary and huge files are named."""
    binary, huge = tmp_path / "b.toml", tmp_path / "h.toml"
    binary.write_bytes(b"\xff\xfe")
    huge.write_text("#" * 1_000_001)

    for path, found in ((tmp_path / "no.toml", "No such file"), (binary, "not UTF-8"), (huge, "1000001 bytes")):
        with pytest.raises(BadQuestionError, match=found):
            read_claim(path)


def test_other_spellings_mean_the_same() -> None:
    """Loose title, [steps.name] tables, expression, printed and text with units are understood."""
    analysis = parse_claim(
        "title = 'T'\nurl = 'https://example.org'\n[inputs]\nserver_usd = '$65,800'\nshare = '15 %'\n"
        "[steps.pair]\nexpression = 'server_usd × 2'\nprinted = '$131,600'"
    )

    assert (analysis.title, analysis.source) == ("T", "https://example.org")
    assert analysis.inputs == {"server_usd": 65_800, "share": Fraction(15, 100)}
    assert check_claim(analysis).steps[0].holds


def test_a_formula_named_alone_takes_inputs_of_the_same_names() -> None:
    """energy_kwh with inputs wall_power_w and hours: 1 kW x 24 h; or with arguments of its own."""
    alone = parse_claim("[inputs]\nwall_power_w=1000\nhours=24\n[[step]]\nname='e'\nformula='energy_kwh'\nstated=24")
    given = parse_claim(
        "[inputs]\np_w=1000\nday_h=24\n[[step]]\nname='e'\nformula='energy_kwh'\nstated=12\n"
        "arguments={wall_power_w='p_w', hours='day_h / 2'}"
    )

    assert [check_claim(analysis).steps[0].holds for analysis in (alone, given)] == [True, True]


def test_an_unknown_name_says_where_it_is_used() -> None:
    """A typo in an alternative's total is found as well as one in a step."""
    with pytest.raises(UnknownNameError, match=r"used in claim: alternative\.1\.total"):
        parse_claim(INPUTS + "[[alternative]]\nname='q'\nside='rent'\ntotal='b * months'")


@pytest.mark.parametrize("kind", [kind for kind in SPELLINGS if kind])
def test_every_key_is_documented(kind: str) -> None:
    """The document names every key that is understood."""
    text = DOCUMENT.read_text(encoding="utf-8")

    for key in SPELLINGS[kind]:
        assert re.search(rf"`{key}`", text), f"{kind}.{key}"
