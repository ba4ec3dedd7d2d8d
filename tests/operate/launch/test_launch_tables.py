"""The tables of launchers' names: every row of a known thing, once, with its source."""

from __future__ import annotations

from collections import Counter

from payback.catalogue.catalogue import load
from payback.operate.launch.names import HOME, gpu_names, provider_of, providers


def test_every_gpu_and_seller_is_one_of_the_catalogue() -> None:
    """A name for a card we do not know could never be asked for."""
    catalogue = load()
    sellers = {offer.provider for offer in catalogue.offers} | {HOME}

    assert {row.gpu for row in gpu_names()} <= set(catalogue.gpus)
    assert {row.provider for row in providers()} <= sellers
    assert {row.provider for row in gpu_names() if row.provider} <= sellers


def test_no_name_stands_twice() -> None:
    """Two names for one card at one seller would make the answer depend on the order of rows."""
    gpus = Counter((row.launcher, row.provider, row.gpu) for row in gpu_names())
    sellers = Counter((row.launcher, row.provider) for row in providers())

    assert [] == [key for key, count in (gpus | sellers).items() if count > 1]


def test_every_row_says_where_it_was_read() -> None:
    """Source, file within it, and day."""
    sources = load().sources

    for row in (*gpu_names(), *providers()):
        assert row.source in sources
        assert row.locator
        assert row.observed_on is not None


def test_every_seller_with_a_gpu_is_described() -> None:
    """A GPU name at a seller whose row is missing could never be launched."""
    for row in gpu_names():
        if row.provider is not None:
            assert provider_of(row.launcher, row.provider) is not None, row


def test_dstack_tells_variants_apart_by_memory() -> None:
    """A100 of 40 and 80 GB share a name, so each row has its memory."""
    rows = [row for row in gpu_names() if row.launcher == "dstack"]

    assert len(rows) > 50
    assert all(row.memory_gb for row in rows)
    assert {row.memory_gb for row in rows if row.name == "A100"} == {40, 80}
