"""The endpoint for Prometheus: on loopback, and silent about what is unknown."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from tests.observe.watch.watch_fakes import gpu, sample

from payback.errors import BadQuestionError
from payback.observe.watch.exporter import Endpoint, page
from payback.observe.watch.intervals import between
from payback.observe.watch.sources.exposition import metrics
from payback.observe.watch.tally import Tally


def test_known_figures_are_there_and_unknown_ones_are_not() -> None:
    """Watts of one card, none of the other: one line, and no 0."""
    one, two = sample(0, gpu("a", power_w=100.0), gpu("b")), sample(10, gpu("a", power_w=100.0), gpu("b"))
    tally = Tally()
    tally.add(between(one, two))
    found = [(each.name, each.labels.get("gpu"), each.value) for each in metrics(page(two, tally, 0.001))]

    assert ("payback_gpu_power_watts", "a", 100.0) in found
    assert ("payback_gpu_energy_joules_total", "a", 1000.0) in found
    assert not [each for each in found if each[1] == "b" and ("power" in each[0] or "energy" in each[0])]
    assert ("payback_sensors_up", None, 1.0) in found


def test_prometheus_understands_the_page() -> None:
    """Its own client library reads it; a quote in a name is escaped."""
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is not installed")
    seen = sample(0, gpu(name='odd "name"', utilisation=0.5))
    families = {family.name: family for family in parser.text_string_to_metric_families(page(seen, Tally(), None))}

    assert families["payback_gpu_utilisation_ratio"].samples[0].labels["name"] == 'odd "name"'


def test_it_answers_on_loopback_only() -> None:
    """/metrics gives the page, anything else is not found; the address is 127.0.0.1."""
    with Endpoint(0) as endpoint:
        endpoint.text = "payback_sensors_up 1\n"
        url = f"http://127.0.0.1:{endpoint.port}"
        with urllib.request.urlopen(f"{url}/metrics") as answer:
            assert answer.read() == b"payback_sensors_up 1\n"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}/other")
        assert endpoint._server.server_address[0] == "127.0.0.1"
        with pytest.raises(BadQuestionError, match="port"):
            Endpoint(endpoint.port)
