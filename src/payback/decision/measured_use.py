"""Hours of use that a watcher measured, in place of the hours somebody supposed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from payback.catalogue.catalogue import Catalogue
from payback.errors import BadQuestionError
from payback.evidence import Assumption, Grade
from payback.observe.bench.expected import catalogue_gpu
from payback.observe.bench.schema import Gpu as DriverGpu
from payback.observe.watch.log.reader import Card
from payback.observe.watch.usage import CardUse, read_usage
from payback.question import Question
from payback.units import HOURS_PER_DAY

LEAST_KNOWN_H = 1.0
"""A log in which less is known of is no measurement of anything. [h]"""
A_WEEK = 7.0
FOUR_WEEKS = 28.0
"""From here on the odds hold the hours to what was measured; a shorter log may be a holiday or a deadline (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredUse:
    """What a log says of the use of one kind of GPU."""

    gpu: str
    """Its name in the catalogue, or the driver's name where the catalogue has none."""
    gpus: int
    in_use_share: float
    gpu_h_per_day: float
    """Hours in use on a mean day, all of these GPUs together. [h]"""
    days: float
    covered_share: float

    @property
    def sentence(self) -> str:
        """The finding as one sentence."""
        some = f"{self.gpus} x {self.gpu}" if self.gpus > 1 else self.gpu
        short = "" if self.days >= A_WEEK else "; less than a week, so weekends may be missing"
        return (
            f"You use it {self.in_use_share:.0%} of the time: {self.gpu_h_per_day:.1f} GPU-hours a day on {some}, "
            f"measured over {self.days:.1f} days of which {self.covered_share:.0%} is known{short}."
        )

    def assumption(self) -> Assumption:
        """How the answer names it."""
        share = round(self.in_use_share, 4)
        return Assumption(
            name="hours of use", value=share, unit="share of the time", why=self.sentence, grade=Grade.MEASURED
        )

    def as_dict(self) -> dict[str, float | int | str]:
        """For JSON."""
        return {
            "gpu": self.gpu,
            "gpus": self.gpus,
            "in_use_share": self.in_use_share,
            "gpu_h_per_day": self.gpu_h_per_day,
            "days": self.days,
            "covered_share": self.covered_share,
            "sentence": self.sentence,
        }


def with_measured_use(question: Question, catalogue: Catalogue) -> tuple[Question, MeasuredUse | None]:
    """The question with the hours its log shows; unchanged where it names no log.

    Equal GPU-hours: hours a day = busy GPU-hours a day / GPUs asked, on all seven days of the week, counted on the
    GPU that was watched.                                                  (U5)

    Raises:
        BadQuestionError: The log says too little, or of another GPU, or more hours than the GPUs asked have.
    """
    if question.work.usage is None:
        return question, None
    use = measured_use(Path(question.work.usage), question, catalogue)
    hours_per_day = use.gpu_h_per_day / question.work.gpus
    if hours_per_day > HOURS_PER_DAY:
        found = f"{use.gpu_h_per_day:.1f} GPU-hours a day, more than {question.work.gpus} GPUs have"
        raise BadQuestionError("work.usage", found, f"work.gpus of {use.gpus}, as many as were watched")
    known = {
        "hours_per_day": round(hours_per_day, 2),
        "days_per_week": 7.0,
        "hours_measured": question.work.hours_measured or use.days >= FOUR_WEEKS,
        "reference_gpu": question.work.reference_gpu or use.gpu,
    }
    return question.model_copy(update={"work": question.work.model_copy(update=known)}), use


def measured_use(path: Path, question: Question, catalogue: Catalogue) -> MeasuredUse:
    """What a log says of the GPUs that the question counts its hours on.

    Args:
        path: A log of `payback watch`.
        question: Its ``work.reference_gpu`` picks among several kinds of GPU.
        catalogue: Knows their names.

    Raises:
        BadQuestionError: Several kinds and none picked, a kind nobody knows, or too little in the log.
    """
    usage = read_usage(path)
    name, cards = _counted(usage.cards, question, catalogue)
    known_h = sum(each.use.known_h + each.away_h for each in cards)
    if known_h < LEAST_KNOWN_H:
        raise BadQuestionError(
            "work.usage", f"{known_h:.1f} h of known use in {path}", "a log of some days, best weeks"
        )
    whole_h = sum(usage.days * HOURS_PER_DAY * each.present_share for each in cards)
    return MeasuredUse(
        gpu=name,
        gpus=len(cards),
        in_use_share=sum(each.use.busy_h for each in cards) / known_h,
        gpu_h_per_day=sum(HOURS_PER_DAY * (each.in_use_share or 0.0) * each.present_share for each in cards),
        days=usage.days,
        covered_share=min(1.0, known_h / whole_h) if whole_h > 0 else 0.0,
    )


def driver_gpu(card: Card) -> str | None:
    """The catalogue's name of a GPU as its driver calls it; None if it has none."""
    found = catalogue_gpu(DriverGpu(name=card.name, memory_gib=card.memory_gib))
    return None if found is None else found.gpu


def _counted(cards: tuple[CardUse, ...], question: Question, catalogue: Catalogue) -> tuple[str, list[CardUse]]:
    kinds: dict[str | None, list[CardUse]] = {}
    for each in cards:
        kinds.setdefault(driver_gpu(each.card), []).append(each)
    asked = question.work.reference_gpu
    names = ", ".join(sorted({each.card.name for each in cards})) or "no GPU at all"
    if asked is not None:
        wanted = catalogue.gpu_names.resolve(asked).gpu
        if wanted in kinds:
            return wanted, kinds[wanted]
        if len(kinds) == 1 and None in kinds:
            return wanted, kinds[None]  # the user says what the catalogue does not know
        raise BadQuestionError("work.reference_gpu", f"{wanted}, and a log of {names}", "the GPU that was watched")
    if len(kinds) != 1 or None in kinds:
        raise BadQuestionError("work.usage", f"a log of {names}", "work.reference_gpu to say whose hours count")
    ((name, found),) = kinds.items()
    assert name is not None
    return name, found
