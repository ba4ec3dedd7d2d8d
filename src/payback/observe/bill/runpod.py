"""RunPod's billing records: what ``GET /v1/billing/pods`` returns and ``runpodctl billing`` prints, as JSON or CSV.

RunPod documents no CSV. Its console and its program give records with the names of the API, and a CSV with these
names is read the same way. A record says which GPU and how long, but not how many GPUs the pod had: that stays
unknown unless a column ``gpuCount`` says it.
"""

from __future__ import annotations

from typing import Any, Final

from payback.observe.bill import lines
from payback.observe.bill.form import Form
from payback.observe.bill.lines import LineKey
from payback.observe.bill.machines import MachineGpus, Machines
from payback.observe.bill.rules import COST, Rule, Texts, gpu_key

PROVIDER: Final = "runpod"
FIELDS: Final = ("time", "amount", "timeBilledMs", "gpuTypeId", "gpuCount", "diskSpaceBilledGB", "kind")
"""Fields taken from a JSON record; ``podId``, ``endpointId`` and ``networkVolumeId`` only say of what kind it is."""
KINDS: Final = (("networkVolumeId", "volume"), ("endpointId", "endpoint"), ("podId", "pod"))
MS_PER_HOUR: Final = 3_600_000


def rule(texts: Texts, machines: Machines) -> Rule:
    """How the records with these texts count."""
    named, kind = texts.get("gpu", ""), texts.get("kind", "")
    if not named:
        category = lines.STORAGE if kind == "volume" else lines.OTHER
        item = {"volume": "volume", "endpoint": "serverless", "pod": "pod without a GPU type"}.get(kind, "no GPU type")
        key = LineKey(category=category, provider=PROVIDER, item=item, currency=texts["currency"])
        return Rule(key=key)
    gpu = machines.gpu(PROVIDER, named)
    factor, item = 1 / MS_PER_HOUR, "serverless" if kind == "endpoint" else "pod"
    if gpu is None:
        key = LineKey(
            category=lines.UNKNOWN,
            provider=PROVIDER,
            item=named,
            unit="h",
            term=lines.ON_DEMAND,
            currency=texts["currency"],
        )
        return Rule(key=key, factor=factor)
    count = texts.get("gpus", "")
    found = MachineGpus(gpu=gpu, count=int(count) if count.isdecimal() and 0 < int(count) <= 64 else None)
    return Rule(key=gpu_key(PROVIDER, item, lines.ON_DEMAND, found, texts["currency"]), factor=factor)


FORM: Final = Form(
    name="runpod",
    texts={"gpu": ("gpuTypeId", "gpuId"), "gpus": ("gpuCount",), "kind": ("kind",), "currency": ("currency",)},
    money={COST: ("amount",)},
    quantity={"unit": ("timeBilledMs",)},
    start=("time",),
    rule=rule,
    many_machines=True,
    dated=True,
)


def field(record: dict[str, Any], name: str) -> Any:
    """A field of a record; the documents write both diskSpaceBilledGb and diskSpaceBilledGB."""
    if name in record:
        return record[name]
    if name == "gpuTypeId":
        return record.get("gpuId")
    return next((value for key, value in record.items() if key.casefold() == name.casefold()), None)
