"""Rental prices of machines, put together the same way for every source."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from payback.catalogue.collect.cleaning import USD_PER_GPU_H, USD_PER_MACHINE_H, money, price, slug, within
from payback.catalogue.collect.collector import Reading
from payback.catalogue.collect.gpus import SeenGpu
from payback.catalogue.collect.instances import gpu_of
from payback.catalogue.collect.quarantine import NotBelieved
from payback.catalogue.currency import usd_per_unit
from payback.catalogue.schema import Offer
from payback.catalogue.store.records import Sighting
from payback.evidence import Grade

TERMS: Final = frozenset(
    {"on-demand", "spot", "monthly", "capacity-block", "committed-1y", "committed-3y"}
    | {f"reserved-{years}y-{paid}-upfront" for years in (1, 3) for paid in ("no", "partial", "all")}
)
"""The terms the questions know; any other is kept beside them."""
PROVIDERS: Final = {
    "gcp": "google-cloud", "vast": "vast-ai", "vastai": "vast-ai", "do": "digitalocean", "datacrunch": "verda",
    "lambdalabs": "lambda", "lambda-cloud": "lambda", "cudo-compute": "cudo", "cudocompute": "cudo",
    "ovhcloud": "ovh", "oracle-cloud": "oci", "oracle": "oci", "google": "google-cloud", "amazon": "aws",
    "oblivus-cloud": "oblivus", "massedcompute": "massed-compute",
}  # fmt: skip
"""Other names of clouds, and names they have given up (DataCrunch is Verda since 2025)."""
K80_HALF_GIB: Final = 12.0
"""Clouds count the two chips of a K80 board as two GPUs."""


SAME_PRICE_SHARE: Final = 1e-4
"""Two prices that differ by less were rounded differently."""


def provider_id(name: str) -> str:
    """The catalogue's id of a cloud.

    Example:
        >>> provider_id("GCP"), provider_id("Cudo Compute"), provider_id("Nebius")
        ('google-cloud', 'cudo', 'nebius')
    """
    plain = slug(name)
    return PROVIDERS.get(plain, plain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rental:
    """A machine for rent as a source describes it, without its price."""

    provider: str
    instance: str
    region: str | None = None
    gpu: SeenGpu | None = None
    gpu_count: float | None = None
    vcpus: float | None = None
    memory_gib: float | None = None
    local_disk_gb: float | None = None
    observed_on: dt.date
    via: str
    note: str = ""
    extra: str = ""
    """What sets it apart from a machine the questions ask for, e.g. another operating system; empty for none."""


def sighting(
    reading: Reading, rental: Rental, term: str, usd_per_h: float, upfront_usd: float | None = None
) -> Sighting:
    """One price of a machine, checked and filed.

    Raises:
        NotBelieved: The price, the GPU or the number of GPUs cannot be.
    """
    machine = _machine(reading, rental)
    name, count, share = machine.gpu, machine.count, machine.share
    ordinary = bool(name) and count >= 1 and count == int(count) and not share and not rental.extra and term in TERMS
    if ordinary:
        within(usd_per_h / count, USD_PER_GPU_H, "price", "USD per GPU-hour")
    else:
        within(usd_per_h, USD_PER_MACHINE_H, "price", "USD per hour")
    notes = [rental.note, rental.extra, f"a {share:g} share of one GPU" if share else ""]
    row = Offer(
        source=reading.source,
        locator=reading.document.locator,
        observed_on=rental.observed_on,
        grade=Grade.LISTED,
        note="; ".join(note for note in notes if note),
        provider=rental.provider,
        instance=rental.instance,
        region=rental.region,
        gpu=name,
        gpu_count=int(count) if count == int(count) else 0,
        vcpus=rental.vcpus,
        memory_gib=rental.memory_gib,
        local_disk_gb=rental.local_disk_gb,
        term=term,
        price_usd_per_h=usd_per_h,
        upfront_usd=upfront_usd,
        via=rental.via,
    )
    return Sighting(
        row=row,
        kind="offer" if ordinary else "other-offer",
        variant=machine.variant if ordinary else _other(machine, rental),
    )


def _other(machine: _Machine, rental: Rental) -> str:
    """The GPU and what sets the machine apart, in the form of a stored spelling."""
    return f"{machine.variant or SeenGpu('').pack()}{rental.extra}"


@dataclass(frozen=True, slots=True)
class _Machine:
    """What is inside a machine, once it is checked."""

    gpu: str
    count: float
    share: float | None
    variant: str


def _machine(reading: Reading, rental: Rental) -> _Machine:
    """The GPUs of a machine, from its cloud's own description where we have it, else from the source.

    Raises:
        NotBelieved: The source contradicts the cloud.
    """
    key = (rental.provider, rental.instance, rental.gpu, rental.gpu_count)
    found = reading.machines.get(key)
    if found is None:
        found = reading.machines[key] = _look_inside(reading, rental)
    assert isinstance(found, _Machine)
    return found


def _look_inside(reading: Reading, rental: Rental) -> _Machine:
    seen, count, inside = rental.gpu, rental.gpu_count, gpu_of(rental.provider, rental.instance)
    if seen is not None and seen.name.casefold() in ("k80", "tesla k80") and not seen.memory_gib:
        seen = replace(seen, memory_gib=(K80_HALF_GIB,))
    if inside is None:
        return (
            _Machine(reading.gpus.resolve(seen), count or 0, None, seen.pack()) if seen else _Machine("", 0, None, "")
        )
    if count is not None and seen is not None and count != inside.gpu_count and inside.gpu_share is None:
        raise NotBelieved("gpu count", "another number of GPUs than the machine has", f"{count:g} in {rental.instance}")
    if seen is not None and not _may_be(reading, seen, inside.gpu):
        raise NotBelieved("gpu", "another GPU than the machine has", f"{seen.name} in {rental.instance}")
    fixed = SeenGpu(inside.gpu)
    return _Machine(reading.gpus.resolve(fixed), inside.gpu_count, inside.gpu_share, fixed.pack())


def _may_be(reading: Reading, seen: SeenGpu, gpu: str) -> bool:
    named = reading.gpus.members(reading.gpus.resolve(seen))
    return gpu in named or gpu not in reading.gpus.names.gpus or not named


def in_usd(cell: object, field: str, on: dt.date) -> tuple[float, str]:
    """A price cell in dollars, and a note where it was written in another currency.

    Raises:
        NotBelieved: There is no price in it.
    """
    amount, currency = price(cell, field)
    if currency == "USD":
        return amount, ""
    rate = usd_per_unit(currency, on)
    return amount * rate, f"asked {amount:g} {currency}, at {rate:.4f} USD"


def spot_beside(
    cell: object, field: str, on_demand: float | None, no_price: tuple[float, ...]
) -> tuple[float | None, str]:
    """The spot price beside an on-demand price, or None and why it is left aside.

    Raises:
        NotBelieved: It is above the on-demand price: one of the two is wrong, and nobody can say which.
    """
    found = money(cell, field)
    if found is None:
        return None, ""
    spot = found[0]
    if spot in no_price:
        return None, f"{spot:g} stands for no spot price"
    if spot < 0:
        raise NotBelieved(field, "a negative price", cell)
    if on_demand is not None and abs(spot - on_demand) <= SAME_PRICE_SHARE * on_demand:
        return None, "a spot price equal to the on-demand price is none"
    if on_demand is not None and spot > on_demand:
        raise NotBelieved(field, "a spot price above the on-demand price", f"{spot:g} over {on_demand:g}")
    return spot, ""
