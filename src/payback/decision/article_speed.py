"""The article's claims about speed, memory, parts and drawbacks, each from its own stage of the engine."""

from __future__ import annotations

from collections.abc import Iterator

from payback.catalogue.catalogue import Catalogue
from payback.decision.claims import Claim, within
from payback.decision.line_speed import IMAGENET_GB, download_speed, transfer_hours
from payback.decision.own_candidates import OwnCandidate, owned
from payback.performance import memory, pipeline, predict
from payback.question import Preferences, Question

OWN_GPU, CLOUD_GPU, OLD_CLOUD_GPU = "GTX 1080 Ti", "V100 SXM2 16GB", "K80 half"
SEGMENTATION = "unet-segmentation"
OWN_CORES = 12
CLOUD_INSTANCE = "aws/p3.2xlarge"
VCPUS_PER_CORE = 2
DGX_STATION = "NVIDIA DGX Station (V100)"


def speed_claims(base: Question, catalogue: Catalogue) -> Iterator[Claim]:
    """Claims C8, C9, C10, C15 and C16."""
    yield _cloud_holds_the_v100_back(base, catalogue)
    yield _k80_is_dear(base, catalogue)
    yield _smaller_batch(catalogue)
    yield _dgx_station(base, catalogue)
    yield _drawbacks(base, catalogue)


def _cloud_holds_the_v100_back(base: Question, catalogue: Catalogue) -> Claim:
    offer = catalogue.offer(CLOUD_INSTANCE, "on-demand", base.as_of)
    cores = offer.vcpus / VCPUS_PER_CORE if offer is not None and offer.vcpus else None
    own = pipeline.machine_speed(OWN_GPU, 1, SEGMENTATION, cpu_cores=OWN_CORES)
    cloud = pipeline.machine_speed(CLOUD_GPU, 1, SEGMENTATION, cpu_cores=cores)
    paper = predict.relative_speed(CLOUD_GPU, OWN_GPU, workload="resnet50")
    share = own.value / cloud.value if own.value and cloud.value else None
    detail = f"on segmentation the instance is bound by {cloud.binding}, the own machine by {own.binding}"
    if paper.value:
        detail += f"; on ResNet-50, bound by the GPU, the V100 is {paper.value:.2f}x"
    return Claim(
        id="C8",
        text="a GTX 1080 Ti reaches 90 % of a cloud V100, held back by the instance",
        stated=(0.9, 0.9),
        computed=share,
        unit="1080 Ti over V100",
        holds=None if share is None else share >= 0.9 * 0.95,
        detail=detail,
        weak="true where the processors prepare the data, not where the GPU binds (0.86x to 3.08x in part 3)",
        facts=(*paper.facts,),
    )


def _k80_is_dear(base: Question, catalogue: Catalogue) -> Claim:
    ratio = predict.relative_speed(OWN_GPU, OLD_CLOUD_GPU, workload="resnet50")
    offer = catalogue.offer("aws/p2.xlarge", "on-demand", base.as_of)
    detail = ratio.why
    if offer is not None and ratio.value:
        per_work = offer.price_usd_per_h * ratio.value
        detail = f"at {offer.price_usd_per_h:.2f} USD/h the work of one 1080 Ti hour costs {per_work:.2f} USD"
    return Claim(
        id="C9",
        text="a K80 at 1 USD/h is 3-4x slower than a 1080 Ti",
        stated=(3, 4),
        computed=ratio.value,
        unit="x",
        computed_range=(ratio.low, ratio.high) if ratio.low and ratio.high else None,
        holds=None if ratio.value is None else within(ratio.value, (3, 4)),
        detail=detail,
        facts=(*ratio.facts, *((offer.fact(),) if offer else ())),
    )


def _smaller_batch(catalogue: Catalogue) -> Claim:
    small = memory.fit(SEGMENTATION, catalogue.gpus[OWN_GPU].memory_gib, 1)
    large = memory.fit(SEGMENTATION, catalogue.gpus[CLOUD_GPU].memory_gib, 1)
    return Claim(
        id="C10",
        text="11 GB instead of 16 GB: a smaller batch makes up for it",
        stated=None,
        computed=None if not small.batch or not large.batch else small.batch / large.batch,
        unit="batch, 16 GB = 1",
        holds=None if small.fits is None else bool(small.fits and small.batch),
        detail=f"batch {small.batch} fits in 11 GiB and {large.batch} in 16 GiB",
        weak="very large models fit in neither",
        facts=(catalogue.gpus[OWN_GPU].fact("memory_gib", "GiB"), catalogue.gpus[CLOUD_GPU].fact("memory_gib", "GiB")),
    )


def _dgx_station(base: Question, catalogue: Catalogue) -> Claim:
    everything = base.model_copy(update={"own": (), "options": Preferences(kinds=("prebuilt",))})
    four = base.model_copy(update={"work": base.work.model_copy(update={"gpus": 4})})
    asked = everything.model_copy(update={"work": four.work})
    dgx = next((c for c in owned(asked, catalogue) if c.label == DGX_STATION), None)
    own = catalogue.machine("article-2018-4gpu").stated_total_usd
    speed = predict.relative_speed(OWN_GPU, CLOUD_GPU, workload="resnet50")
    ratio = dgx.capital_usd / own if isinstance(dgx, OwnCandidate) and dgx.capital_usd and own else None
    slower = None if speed.value is None else 1 - speed.value
    return Claim(
        id="C15",
        text="the DGX Station at 49,000 costs ten times the 4-GPU machine, which is 25-80 % slower",
        stated=(0.25, 0.80),
        computed=slower,
        unit="share slower",
        holds=None if slower is None else 0.25 <= slower <= 0.8,
        detail="unknown price" if ratio is None else f"it costs {ratio:.1f}x as much",
        weak="support, silence and 64 GB of GPU memory are not priced",
        facts=(*speed.facts, *(dgx.capital_facts if dgx else ())),
    )


def _drawbacks(base: Question, catalogue: Catalogue) -> Claim:
    line = download_speed(base, catalogue)
    hours = None if line.mbit_s is None else transfer_hours(IMAGENET_GB, line.mbit_s)
    return Claim(
        id="C16",
        text="drawbacks of owning: slow downloads, no static address, GPUs to renew",
        stated=None,
        computed=hours,
        unit="hours to download 146 GB at home",
        holds=None if hours is None else hours > 1,
        detail="a mean US home line against minutes in a data centre; an overlay network or dynamic DNS replaces the "
        "static address (payback access); a straight line over three years pays for the renewal",
        weak=f"line speed of {line.fact.observed_on}" if line.fact else "no line speed known",
        facts=(line.fact,) if line.fact else (),
    )
