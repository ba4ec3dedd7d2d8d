"""The application without a network, on a fixed day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("fastapi", reason="the web packages are not installed")

if TYPE_CHECKING:
    from starlette.testclient import TestClient

from tests.web.serving import free_port, started

TODAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """A visitor of a server that calls itself ``testserver``."""
    from starlette.testclient import TestClient

    from payback.web.app import create_app
    from payback.web.security import Access

    app = create_app(Access(hosts=frozenset({"testserver"})), today=lambda: TODAY)
    with TestClient(app, raise_server_exceptions=False) as visitor:
        yield visitor


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """Where a server answers."""
    number = free_port()
    server = started(number)
    yield number
    server.terminate()
    server.wait(10)
