"""Sources of samples, each on what its maker prints or serves."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest
from tests.observe.watch.watch_fakes import UUIDS, FakeCard, FakeNvml, NVMLError

from payback.errors import BadQuestionError, UnknownNameError
from payback.observe.watch.intervals import between
from payback.observe.watch.sample import card_key
from payback.observe.watch.sources import SensorLostError, open_source, read_recording
from payback.observe.watch.sources import nvml as nvml_module
from payback.observe.watch.sources.amd import AmdSource
from payback.observe.watch.sources.amd_smi import AmdSmiSource, parse_amd_smi
from payback.observe.watch.sources.exposition import metrics
from payback.observe.watch.sources.nvml import NvmlSource
from payback.observe.watch.sources.prometheus import PrometheusSource, parse_exporter

FILES = Path(__file__).parent / "files"


def pci(folder: Path, *, vendor: str, status: str = "active", control: str = "on", name: str = "0000:01:00.0") -> Path:
    """A graphics card as the kernel lists it."""
    device = folder / name
    (device / "power").mkdir(parents=True)
    for file, content in {"vendor": vendor, "class": "0x030000", "device": "0x744c", "power/runtime_status": status,
                          "power/control": control}.items():  # fmt: skip
        (device / file).write_text(content + "\n")
    return device


def test_nvml_says_what_the_driver_says(tmp_path: Path) -> None:
    """300,000 mW are 300 W, 1,000,000 mJ are 1000 J, 6 of 24 GiB, 50 %, 1700 and 9500 MHz, one process."""
    found = NvmlSource(FakeNvml(FakeCard(name=b"Tesla T4"), FakeCard(uuid=UUIDS[1])), tmp_path).read()

    assert [reading.key for reading in found] == [card_key(uuid) for uuid in UUIDS]
    assert found[0].name == "Tesla T4"
    assert (found[0].utilisation, found[0].power_w, found[0].energy_j) == (0.5, 300.0, 1000.0)
    assert (found[0].memory_used_gib, found[0].memory_total_gib, found[0].processes) == (6.0, 24.0, 1)
    assert (found[0].sm_clock_mhz, found[0].memory_clock_mhz) == (1700.0, 9500.0)


def test_nvml_names_no_serial_number(tmp_path: Path) -> None:
    """The log may be shown to others: no UUID stands in it."""
    found = NvmlSource(FakeNvml(FakeCard()), tmp_path).read()

    assert "aaaaaaaa" not in json.dumps([reading.as_dict() for reading in found])


def test_a_sensor_that_a_card_lacks_is_unknown(tmp_path: Path) -> None:
    """A GTX 1080 has no energy counter, a laptop card no watts: None, and the rest is read."""
    silent = NVMLError(FakeNvml.NVML_ERROR_NOT_SUPPORTED)
    odd = NVMLError(FakeNvml.NVML_ERROR_UNKNOWN)
    found = NvmlSource(FakeNvml(FakeCard(energy_mj=silent, power_mw=odd, utilisation=silent)), tmp_path).read()[0]

    assert (found.energy_j, found.power_w, found.utilisation, found.processes) == (None, None, None, 1)


def test_a_driver_that_goes_and_comes_back(tmp_path: Path) -> None:
    """Unloaded: lost, and the library is let go of; loaded again: read as before."""
    library = FakeNvml(FakeCard())
    source = NvmlSource(library, tmp_path)
    assert len(source.read()) == 1
    library.gone = True
    for _ in range(3):
        with pytest.raises(SensorLostError, match="does not answer"):
            source.read()
    library.gone, library.open = False, 0

    assert source.read()[0].power_w == 300.0
    assert library.open == 1


def test_a_card_that_fell_off_the_bus_is_missing_and_the_others_go_on(tmp_path: Path) -> None:
    """One of two is lost: the sample has the other; both are lost: the sensors are."""
    lost = NVMLError(FakeNvml.NVML_ERROR_GPU_IS_LOST)
    library = FakeNvml(FakeCard(power_mw=lost), FakeCard(uuid=UUIDS[1]))
    source = NvmlSource(library, tmp_path)

    assert [reading.key for reading in source.read()] == [card_key(UUIDS[1])]
    library.cards[1].power_mw = lost
    with pytest.raises(SensorLostError, match="names no GPU"):
        source.read()


def test_bursts_between_two_samples_show(tmp_path: Path) -> None:
    """The driver's own buffer had 3, 88 and 0 % since the last look: the peak is 0.88 though the reading is 0."""
    card = FakeCard(utilisation=0, buffer=[(1_000_000, 1)])
    source = NvmlSource(FakeNvml(card), tmp_path)
    assert source.read()[0].peak_utilisation is None
    card.buffer += [(2_000_000, 3), (3_000_000, 88), (4_000_000, 0)]

    assert source.read()[0].peak_utilisation == 0.88
    assert source.read()[0].peak_utilisation is None


def test_sleeping_nvidia_cards_are_not_asked(tmp_path: Path) -> None:
    """All suspended: not one call of the library, and the cards are known to be asleep."""
    device = pci(tmp_path, vendor="0x10de", status="active", control="auto")
    library = FakeNvml(FakeCard())
    source = NvmlSource(library, tmp_path)
    source.read()
    assert library.open == 0, "an open handle would keep the card awake"
    (device / "power" / "runtime_status").write_text("suspended\n")
    before = library.calls

    assert [(reading.asleep, reading.power_w) for reading in source.read()] == [(True, None)]
    assert library.calls == before


def test_the_functions_we_call_exist_in_the_real_library() -> None:
    """Every name used of nvidia-ml-py is one of its own."""
    real = pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")
    names = set(re.findall(r"\b(?:nvml|NVML_)\w+", inspect.getsource(nvml_module))) - {"nvml"}
    used = {name for name in names if re.match(r"nvml[A-Z]|NVML_[A-Z]", name)}

    assert len(used) > 15
    assert {name for name in used if not hasattr(real, name)} == set()
    assert {name for name in used if not hasattr(FakeNvml, name)} == set()


def amd_card(folder: Path, **more: str) -> Path:
    """An awake AMD card with its files, in the kernel's units."""
    device = pci(folder, vendor="0x1002", **more)
    sensors = device / "hwmon" / "hwmon3"
    sensors.mkdir(parents=True)
    content = {"gpu_busy_percent": "37", "mem_info_vram_used": str(2 * 2**30), "mem_info_vram_total": str(24 * 2**30),
               "product_name": "AMD Radeon RX 7900 XTX", "hwmon/hwmon3/power1_average": "115000000",
               "hwmon/hwmon3/freq1_input": "2304000000", "hwmon/hwmon3/freq2_input": "1249000000"}  # fmt: skip
    for file, text in content.items():
        (device / file).write_text(text + "\n")
    return device


def test_amd_files_are_read_in_their_units(tmp_path: Path) -> None:
    """115,000,000 microwatts are 115 W, 2,304,000,000 Hz are 2304 MHz."""
    amd_card(tmp_path)
    found = AmdSource(tmp_path).read()[0]

    assert found.name == "AMD Radeon RX 7900 XTX"
    assert (found.utilisation, found.memory_used_gib, found.memory_total_gib) == (0.37, 2.0, 24.0)
    assert (found.power_w, found.sm_clock_mhz, found.memory_clock_mhz) == pytest.approx((115.0, 2304.0, 1249.0))
    assert (found.energy_j, found.processes) == (None, None)


def test_a_sleeping_amd_card_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a sensor would wake it: only its power state and names are read."""
    amd_card(tmp_path, status="suspended", control="auto")
    touched: list[str] = []
    whole = Path.read_text

    def noted(self: Path, encoding: str | None = None, errors: str | None = None) -> str:
        touched.append(self.name)
        return whole(self, encoding=encoding, errors=errors)

    monkeypatch.setattr(Path, "read_text", noted)
    found = AmdSource(tmp_path).read()[0]

    assert (found.asleep, found.power_w, found.utilisation) == (True, None, None)
    assert set(touched) <= {"vendor", "class", "device", "runtime_status", "control", "product_name"}


def test_no_amd_card_is_a_lost_sensor(tmp_path: Path) -> None:
    """A card that was pulled out under a running watcher."""
    with pytest.raises(SensorLostError, match="no AMD GPU"):
        AmdSource(tmp_path).read()


@pytest.mark.parametrize("wrapped", [True, False])
def test_amd_smi_in_both_of_its_forms(wrapped: bool) -> None:
    """ROCm 6 prints a list, ROCm 7 an object around it; N/A is unknown."""
    row = {
        "gpu": 0, "usage": {"gfx_activity": {"value": 40, "unit": "%"}, "umc_activity": "N/A"},
        "power": {"socket_power": {"value": 239, "unit": "W"}, "gfx_voltage": "N/A"},
        "clock": {"gfx_0": {"clk": {"value": 132, "unit": "MHz"}}, "mem_0": "N/A"},
        "energy": {"total_energy_consumption": {"value": 12345.5, "unit": "J"}},
        "mem_usage": {"total_vram": {"value": 294896, "unit": "MB"}, "used_vram": {"value": 1024, "unit": "MB"}},
    }  # fmt: skip
    other = {"gpu": 1, "usage": "N/A", "mem_usage": "N/A", "power": {"socket_power": "N/A"}}
    text = json.dumps({"gpu_data": [row, other]} if wrapped else [row, other])
    first, second = AmdSmiSource(lambda _: text).read()

    assert (first.utilisation, first.power_w, first.energy_j, first.sm_clock_mhz) == (0.4, 239.0, 12345.5, 132.0)
    assert (first.memory_used_gib, first.memory_clock_mhz) == (1.0, None)
    assert (second.utilisation, second.power_w, second.memory_total_gib) == (None, None, None)


@pytest.mark.parametrize("text", ["", "AMD-SMI failed", "[]", "{}", "[1]", '{"gpu_data": 3}'])
def test_amd_smi_that_prints_something_else_is_lost(text: str) -> None:
    """An empty or foreign text is no sample."""
    with pytest.raises(SensorLostError):
        parse_amd_smi(text)


def test_dcgm_exporter_page() -> None:
    """Units of default-counters.csv: MiB, W, mJ, MHz; blank values are unknown; pods of one GPU are one GPU."""
    one, two = parse_exporter((FILES / "dcgm.prom").read_text())

    assert (one.name, one.key) == ("NVIDIA A100-SXM4-80GB", card_key("GPU-604ac76c-d9cf-fef3-62e9-d92044ab6e52"))
    assert (one.utilisation, one.power_w, one.energy_j) == (0.97, 312.5, 9_876_543.21)
    assert (one.memory_used_gib, one.memory_total_gib) == (20.0, 80.0)
    assert (one.sm_clock_mhz, one.memory_clock_mhz) == (1410.0, 1512.0)
    assert (two.utilisation, two.power_w, two.energy_j) == (None, 61.0, None)


def test_nvitop_exporter_page() -> None:
    """Names end in their unit: gpu_power_usage_W; NaN is unknown."""
    (one,) = parse_exporter((FILES / "nvitop.prom").read_text())

    assert (one.name, one.utilisation, one.power_w) == ("NVIDIA GeForce RTX 3090", 0.42, 215.3)
    assert (one.memory_used_gib, one.memory_total_gib, one.sm_clock_mhz) == (12.0, 24.0, 1695.0)
    assert (one.energy_j, one.memory_clock_mhz) == (None, None)


@pytest.mark.parametrize("name", ["dcgm.prom", "nvitop.prom"])
def test_pages_are_read_as_prometheus_reads_them(name: str) -> None:
    """The client library of Prometheus finds the same names, labels and values; it renames counters to _total."""
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is not installed")
    text = (FILES / name).read_text()
    theirs = [
        (found.name.removesuffix("_total"), dict(found.labels), float(found.value))
        for family in parser.text_string_to_metric_families(text)
        for found in family.samples
        if found.value == found.value
    ]

    assert sorted(theirs, key=repr) == sorted((tuple(metric) for metric in metrics(text)), key=repr)


def test_an_exporter_that_is_down_is_a_lost_sensor() -> None:
    """Nothing listens there; and a page without GPUs is no sample either."""
    with pytest.raises(SensorLostError, match="does not answer"):
        PrometheusSource("http://127.0.0.1:9/metrics").read()
    with pytest.raises(SensorLostError, match="shows no GPU"):
        PrometheusSource("http://x/metrics", lambda _: "up 1\n").read()


def test_a_recording_of_nvidia_smi() -> None:
    """Two GPUs a second apart; [N/A] watts are unknown; 21 % of one, 250.75 W of the other."""
    found = read_recording(FILES / "nvidia_smi.csv")

    assert [len(each.gpus) for each in found] == [2, 2, 2]
    assert found[0].gpus[0].utilisation == 0.21
    assert (found[0].gpus[0].power_w, found[0].gpus[1].power_w) == (None, 250.75)
    assert found[0].gpus[1].memory_used_gib == pytest.approx(10_240 / 1024)
    assert between(found[0], found[1]).gpus[1].energy_j == pytest.approx((250.75 + 251.25) / 2 * 1.0, rel=0.01)


def test_a_recording_cut_off_in_its_last_line_is_read(tmp_path: Path) -> None:
    """The recorder was killed in the middle of a line; a broken line elsewhere is named."""
    good = '{"unix_s": 1.0, "gpus": []}\n'
    (tmp_path / "cut.jsonl").write_text(good + good[:12])
    (tmp_path / "bad.jsonl").write_text(good + "{oops\n" + good)

    assert len(read_recording(tmp_path / "cut.jsonl")) == 1
    with pytest.raises(BadQuestionError, match="line 2"):
        read_recording(tmp_path / "bad.jsonl")


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "timestamp, name\n23 Nov, x\n"])
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str) -> None:
    """Empty, without a time, or with a time nobody can read."""
    (tmp_path / "x.csv").write_text(text)

    with pytest.raises(BadQuestionError):
        read_recording(tmp_path / "x.csv")


def test_sources_by_name(tmp_path: Path) -> None:
    """An address is an exporter; a wrong name gets a suggestion; a machine without GPUs says so for each vendor."""
    assert isinstance(open_source("http://localhost:9400/metrics"), PrometheusSource)
    with pytest.raises(UnknownNameError, match="Did you mean"):
        open_source("nvnl")
    amd_card(tmp_path)
    assert isinstance(open_source("amd", pci=tmp_path), AmdSource)
    with pytest.raises(BadQuestionError, match="the kernel lists no AMD GPU"):
        open_source("amd", pci=tmp_path / "none")
