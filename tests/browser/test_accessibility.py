"""axe-core finds no serious fault on any page, by day and by night; its script comes with a package, not with us."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import pytest
from tests.browser.test_browser import window

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

GRAVE = frozenset({"serious", "critical"})
PARTS = "CPU: AMD Ryzen 5 5600G\nMemory: Crucial Pro DDR5-6000 32GB (2x16GB)\nBoard: MSI MPG B550 GAMING PLUS"
QUESTION = "as_of=2026-11-23&work.hours_per_day=20&work.vram_gib=24&site.region=CA"


def _with_odds(page: Page) -> None:
    page.locator("#odds:not(.odds-later)").get_by_text("of futures").first.wait_for()
    _open_everything(page)


def _open_everything(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


def _facts(page: Page) -> None:
    page.locator("table.options a.figure").first.click()
    page.get_by_role("dialog").locator(".grade").first.wait_for()


def _check(page: Page) -> None:
    page.get_by_label("Your parts, one a line").fill(PARTS)
    page.get_by_role("button", name="Check").click()
    page.get_by_role("heading", name="These parts do not fit together").wait_for()
    _open_everything(page)


PLACES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "plan": (f"/?{QUESTION}", _with_odds),
    "facts in place": (f"/?{QUESTION}", _facts),
    "no answer": ("/?work.vram_gib=4000", _open_everything),
    "assemble": (f"/assemble?{QUESTION}&_why=RTX+4090", _open_everything),
    "prices": ("/prices", _open_everything),
    "one price": ("/prices?item=RTX+3090", _open_everything),
    "speed": ("/speed?gpu=RTX+3090", _open_everything),
    "check": ("/check", _check),
    "size": ("/size", _open_everything),
    "bench": ("/bench", _open_everything),
    "claim": ("/claim?example=t01-dettmers-2020", _open_everything),
    "article": ("/article", _open_everything),
    "backtest": ("/backtest", _open_everything),
    "api": ("/api", _open_everything),
    "not there": ("/nothing", lambda _: None),
}


VIEWS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1280), ("dark", 390))
OPTIONS = {"resultTypes": ["violations"]}


@pytest.mark.parametrize("name", PLACES)
def test_axe_finds_no_serious_fault(browser: Browser, address: str, name: str) -> None:
    """Neither serious nor critical, light on a desk and dark on a phone."""
    from axe_playwright_python.sync_playwright import Axe

    path, prepare = PLACES[name]
    with window(browser, complaints_count=name not in ("not there", "no answer")) as page:
        page.goto(address + path)
        prepare(page)
        page.evaluate(Axe().axe_script)
        for scheme, width in VIEWS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate("options => axe.run(document, options)", OPTIONS)["violations"]
            grave = [
                f"{fault['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
                for fault in found
                if fault["impact"] in GRAVE
                for node in fault["nodes"][:3]
            ]
            assert [] == grave, f"{scheme}, {width} px"
