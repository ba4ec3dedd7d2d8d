"""What a visitor with a browser does: asks, drags, shares, pastes, at night, without mouse, without script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.files import bench_result, job_log

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_MS = 60_000
"""Machines that test may be busy with other things."""


@contextmanager
def window(browser: Browser, *, complaints_count: bool = True, **options: Any) -> Iterator[Page]:
    """A fresh window that fails on any complaint of the browser, the content policy's included."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    try:
        yield page
    finally:
        context.close()
    assert not complaints_count or [] == complaints


def sentence(page: Page) -> str:
    """The answer's first line."""
    return page.locator("#sentence").inner_text()


def test_the_first_visit_shows_an_answer(browser: Browser, address: str) -> None:
    """No input is needed: sentence, chart and ranked options are there, and no other server is asked."""
    with window(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address, wait_until="networkidle")

        assert re.search(r"\$[\d,]+", sentence(page))
        assert page.locator("picture.live img").first.evaluate("image => image.complete && image.naturalWidth > 300")
        assert page.locator("table.options tbody tr").count() >= 5
        assert all(url.startswith(address) for url in asked)


def test_dragging_a_slider_changes_the_answer_and_the_address(browser: Browser, address: str) -> None:
    """The answer is swapped in, the page stays; electricity follows too."""
    with window(browser) as page:
        page.goto(address)
        before = sentence(page)
        page.evaluate("window.stayed = true")
        page.locator('input[data-for="work-months"]').fill("12")
        page.wait_for_function("old => document.getElementById('sentence').textContent !== old", arg=before)

        assert "over 12 months" in sentence(page)
        assert "12" == page.get_by_label("For how long").first.input_value()
        assert page.evaluate("window.stayed")
        page.wait_for_url(re.compile(r"work\.months=12"))


def test_the_page_does_not_jump_while_it_updates(browser: Browser, address: str) -> None:
    """The chart keeps its place: the sum of layout shifts stays below a tenth, the bound that browsers call good."""
    with window(browser, viewport={"width": 1280, "height": 900}) as page:
        page.goto(address, wait_until="networkidle")
        page.evaluate(
            "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries()) "
            "window.shift += entry.value; }).observe({type: 'layout-shift', buffered: false})"
        )
        for hours in ("10", "12", "14"):
            page.locator('input[data-for="work-hours_per_day"]').fill(hours)
            page.wait_for_url(re.compile(rf"work\.hours_per_day={hours}"))

        assert page.evaluate("window.shift") < 0.1


def test_a_shared_address_shows_a_colleague_the_same(browser: Browser, address: str) -> None:
    """Another browser, the same address, the same sentence and the same form."""
    with window(browser) as page:
        page.goto(address)
        page.get_by_label("Days a week").first.fill("5")
        page.wait_for_url(re.compile(r"work\.days_per_week=5"))
        shared, said = page.url, sentence(page)
    with window(browser) as colleague:
        colleague.goto(shared)

        assert said == sentence(colleague)
        assert "5" == colleague.get_by_label("Days a week").first.input_value()


def test_a_figure_opens_to_its_facts_in_place(browser: Browser, address: str) -> None:
    """Source, date and grade, in a sheet that Escape closes."""
    with window(browser) as page:
        page.goto(address)
        page.locator("table.options a.figure").first.click()
        sheet = page.get_by_role("dialog")
        sheet.locator(".grade").first.wait_for()

        assert re.search(r"20\d\d-\d\d-\d\d", sheet.inner_text())
        page.keyboard.press("Escape")
        assert not sheet.is_visible()


def test_the_odds_follow_when_the_question_has_settled(browser: Browser, address: str) -> None:
    """They are drawn without being asked for, change with the question, and nothing below them jumps meanwhile."""
    with window(browser, viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{address}/?as_of=2026-11-23&work.hours_per_day=8&work.months=24")
        odds = page.locator("#odds:not(.odds-later):not(.stale)")
        odds.get_by_text("of futures").first.wait_for()
        before, tall = odds.inner_text(), odds.bounding_box()
        page.locator('input[data-for="work-months"]').fill("48")
        page.wait_for_url(re.compile(r"work\.months=48"))
        stale = page.locator("#odds").bounding_box()
        page.wait_for_function(
            "old => { const odds = document.querySelector('#odds:not(.odds-later):not(.stale)');"
            " return odds && odds.innerText !== old; }",
            arg=before,
        )

        assert tall
        assert stale
        assert tall["height"] == pytest.approx(stale["height"], abs=1)


def test_a_newcomer_gets_to_a_link_of_their_own_question(browser: Browser, address: str) -> None:
    """First page, one field, one button: the clipboard holds an address that asks the question in a fresh browser."""
    with window(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(address)
        page.get_by_label("For how long").first.fill("18")
        page.wait_for_url(re.compile(r"work\.months=18"))
        page.get_by_role("button", name="Copy a link to this question").click()
        page.get_by_role("button", name="Link copied").wait_for()
        link, said = page.evaluate("navigator.clipboard.readText()"), sentence(page)
    with window(browser) as colleague:
        colleague.goto(link)

        assert said == sentence(colleague)


def test_an_uploaded_log_shows_progress_and_an_answer(browser: Browser, address: str) -> None:
    """From the file to the curve without a reload by hand; the recommendation leads to a plan."""
    with window(browser) as page:
        page.goto(f"{address}/size")
        page.get_by_label("Job log").set_input_files(
            {"name": "log.txt", "mimeType": "text/plain", "buffer": job_log().encode()}
        )
        page.get_by_role("button", name="Replay it").click()
        page.get_by_role("heading", name=re.compile("Own .* GPUs")).wait_for()

        assert page.locator(".chart img").evaluate("image => image.decode().then(() => image.naturalWidth > 300)")
        page.get_by_role("link", name="Plan one such machine").click()
        assert re.search(r"\$[\d,]+", sentence(page))


def test_a_benchmarks_result_is_compared(browser: Browser, address: str) -> None:
    """A file chosen, a button pressed, findings shown."""
    with window(browser) as page:
        page.goto(f"{address}/bench")
        page.locator("#file").set_input_files(
            {"name": "result.json", "mimeType": "application/json", "buffer": json.dumps(bench_result()).encode()}
        )
        page.get_by_role("button", name="Compare").click()

        page.get_by_text(re.compile("findings, the slow first|Nothing to compare")).wait_for()


def test_on_a_phone_the_answer_stays_in_sight(browser: Browser, address: str) -> None:
    """While the form hides the answer its head stands at the foot of the screen, and leads to it."""
    with window(browser, viewport={"width": 390, "height": 844}) as page:
        page.goto(address)
        strip = page.locator("#peek")
        strip.wait_for()
        strip.click()
        page.wait_for_function("document.getElementById('peek').hidden")

        assert page.locator("#sentence").is_visible()


def test_a_pasted_list_is_judged(browser: Browser, address: str) -> None:
    """From the clipboard to the verdict."""
    parts = "CPU: AMD Ryzen 5 5600G\nMemory: Crucial Pro DDR5-6000 32GB (2x16GB)\nBoard: MSI MPG B550 GAMING PLUS"
    with window(browser) as page:
        page.goto(f"{address}/check")
        page.get_by_label("Your parts, one a line").fill(parts)
        page.get_by_role("button", name="Check").click()

        page.get_by_role("heading", name="These parts do not fit together").wait_for()


def test_at_night_the_page_is_dark(browser: Browser, address: str) -> None:
    """Paper darker than ink, and the dark chart."""
    with window(browser, color_scheme="dark") as page:
        page.goto(address)

        assert "_dark=1" in page.locator("picture.live img").first.evaluate("image => image.currentSrc")
        paper = page.locator("#answer").evaluate("one => getComputedStyle(one).backgroundColor")
        assert max(int(part) for part in re.findall(r"\d+", paper)[:3]) < 60


@pytest.mark.parametrize(
    "path", ["/", "/prices?item=RTX+3090", "/check", "/speed", "/article", "/api", "/assemble", "/size", "/claim",
             "/claim?example=t03-excelfore-2026", "/bench", "/odds?as_of=2026-11-23"],
)  # fmt: skip
def test_no_page_scrolls_sideways(browser: Browser, address: str, path: str) -> None:
    """From a small phone to a desk."""
    with window(browser) as page:
        page.goto(address + path)
        for width in (320, 390, 768, 1024, 1201, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 800})

            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_alone_is_enough(browser: Browser, address: str) -> None:
    """Tab reaches the first slider, an arrow moves it, Enter opens a figure's facts."""
    with window(browser) as page:
        page.goto(address)
        page.keyboard.press("Tab")
        assert "Skip to the content" == page.evaluate("document.activeElement.textContent")
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.type") == "range":
                break
        page.keyboard.press("ArrowRight")
        page.wait_for_url(re.compile(r"work\.gpus=2"))
        page.locator("table.options a.figure").first.focus()
        page.keyboard.press("Enter")

        page.get_by_role("dialog").locator(".grade").first.wait_for()


def test_without_script_the_form_still_answers(browser: Browser, address: str) -> None:
    """The button sends the form, and a figure leads to a page of facts."""
    with window(browser, java_script_enabled=False) as page:
        page.goto(address)
        page.locator("#work-months").fill("12")
        page.get_by_role("button", name="Answer").click()

        assert "over 12 months" in sentence(page)
        page.locator("a.figure").first.click()
        assert page.locator(".grade").count() > 0


def test_long_work_can_be_cancelled(browser: Browser, address: str) -> None:
    """The page is as before, and the server answers others at once."""
    with window(browser) as page:
        page.goto(f"{address}/backtest")
        page.get_by_role("link", name="Run it").click()
        page.get_by_role("button", name="Cancel").click()

        page.get_by_role("link", name="Run it").wait_for()
