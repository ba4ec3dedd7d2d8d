"""Tools about machines and about texts that the assistant has: a job log, a published analysis.

Texts come in the request; no tool opens a file that a request names.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from payback.errors import BadQuestionError
from payback.mcp_server.models import AssembleOut, ClaimOut, SizeOut
from payback.mcp_server.telling import fact_out, told
from payback.question_file import default_question, question_from_dict
from payback.web.errands import ERRANDS
from payback.web.machine import machines
from payback.web.models import MOST_CLAIM_CHARACTERS, LogFormat, Money, SizeSettings
from payback.web.outside import refuse_foreign
from payback.web.uploads import size_order

MOST_LOG_CHARACTERS = 2_000_000
Question = Annotated[
    dict[str, Any] | None,
    Field(description="Tables and keys of a question file, e.g. {'work': {'gpus': 2, 'vram_gib': 24}}."),
]


def assemble(
    question: Question = None,
    top: Annotated[int, Field(ge=1, le=5, description="Kinds of machine, best first.")] = 2,
    why_not: Annotated[str | None, Field(max_length=120, description="A part: why is it not in the best?")] = None,
) -> AssembleOut:
    """Which parts make the cheapest machine that fits together and does the work? With proof, watts, lanes, prices."""
    return told(lambda: _assemble(question, top, why_not))


def size(
    log: Annotated[str, Field(min_length=1, max_length=MOST_LOG_CHARACTERS, description="A job log as text.")],
    log_format: Annotated[LogFormat | None, Field(description="Told from its beginning if absent.")] = None,
    columns: Annotated[str | None, Field(description="csv: submit=NAME,duration=NAME,gpus=NAME")] = None,
    queue: Annotated[Literal["fifo", "easy"], Field(description="First come first served, or backfilling.")] = "fifo",
    burst_after: Annotated[str, Field(max_length=12, description="Rent what waited so long: 30m, 1h, never.")] = "1h",
    own_usd_per_gpu_h: Money | None = None,
    rent_usd_per_gpu_h: Money | None = None,
    question: Question = None,
) -> SizeOut:
    """How many GPUs should a lab own, and how much should it rent? Replays its own job log."""
    settings = SizeSettings(
        format=log_format,
        columns=columns,
        queue=queue,
        burst_after=burst_after,
        own_usd_per_gpu_h=own_usd_per_gpu_h,
        rent_usd_per_gpu_h=rent_usd_per_gpu_h,
    )
    return told(lambda: _size(log, settings, question))


def claim(
    text: Annotated[
        str,
        Field(min_length=1, max_length=MOST_CLAIM_CHARACTERS, description="The analysis as TOML: [inputs], [[step]]"),
    ],
) -> ClaimOut:
    """Does a published rent-or-buy analysis follow from its own inputs? Names the first step that fails."""
    return told(lambda: _claim(text))


def _today() -> dt.date:
    return dt.datetime.now().astimezone().date()


def _assemble(document: dict[str, Any] | None, top: int, why_not: str | None) -> AssembleOut:
    question = question_from_dict(document, as_of=_today()) if document else default_question(as_of=_today())
    refuse_foreign(question)
    found = machines(question, top, why_not)
    best = found.builds[0]
    whole = found.as_dict()
    return AssembleOut(
        as_of=best.as_of.isoformat(),
        builds=whole["builds"],
        upgrade_path=whole["upgrade_path"],
        prebuilts=whole["prebuilts"],
        why_not=found.why_not.sentence if found.why_not else None,
        undecided_in_all=len(best.open_questions),
        not_priced=[
            f"{category}: {number} {reason}"
            for category, reasons in best.certificate.left_out.items()
            for reason, number in reasons.items()
        ],
        facts=[fact_out(fact) for fact in found.facts.values()],
    )


def _errand(name: str, text: str, asked: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="payback-") as folder:
        path = Path(folder) / "text"
        path.write_text(text, encoding="utf-8", newline="")
        try:
            return ERRANDS[name](path, asked, lambda _: None)
        except BadQuestionError as error:
            error.args = (str(error).replace(str(path), "the text").replace(path.name + ":", "the text:"),)
            raise


def _size(log: str, settings: SizeSettings, document: dict[str, Any] | None) -> SizeOut:
    today = _today()
    question = question_from_dict(document, as_of=today) if document else None
    done = _errand("size", log, size_order(settings, question, today))
    known = SizeOut.model_fields.keys() - {"sentence"}
    return SizeOut(sentence=done["sentence"], **{name: done["answer"][name] for name in known})


def _claim(text: str) -> ClaimOut:
    done = _errand("claim", text, {})
    return ClaimOut.model_validate({name: done[name] for name in ClaimOut.model_fields})
