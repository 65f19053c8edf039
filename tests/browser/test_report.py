"""The report: sorted, read in both languages, printed, without scripts, and by people who do not see it."""

import re

import pytest
from conftest import PICTURES

SECTIONS = [
    "funnel", "channels", "by", "attribution", "speed", "deadlines", "reasons", "places", "origins", "refused", "rules", "data",
]


@pytest.fixture(scope="module")
def reports(leadctl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    export = folder / "export"
    leadctl("samples", "generate", "800", "--seed", "3", "--export", str(export))
    made = {}
    for lang in ("en", "zh"):
        out = folder / f"{lang}.html"
        costs = str(export / "costs.csv")
        leadctl("report", "--export", str(export), "--costs", costs, "--by", "campaign", "--lang", lang, "--out", str(out))
        made[lang] = out.as_uri()
    return made


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_section_in_both_languages(page, axe, screenshot, reports, lang):
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(reports[lang])
    assert fetched == [reports[lang]], "it needs nothing else"
    assert page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-Hans"}[lang]
    assert [section.get_attribute("id") for section in page.locator("section").all()] == SECTIONS
    for section in page.locator("section").all():
        assert section.locator("dl.means dt").count() > 0, "definitions beside the figures"
        assert section.locator("table").count() > 0
    heading = page.locator("h1").inner_text()
    assert re.search("[一-鿿]", heading) if lang == "zh" else heading.isascii()
    axe(page)
    screenshot(page, f"report-{lang}")
    if lang == "en":
        for id in SECTIONS:
            page.locator(f"#{id}").scroll_into_view_if_needed()
            page.locator(f"#{id}").screenshot(path=PICTURES / f"report-{id}.png")


def column(table, at):
    return [row.locator("th, td").nth(at).inner_text() for row in table.locator("tbody tr").all()]


def test_sorting(page, axe, reports):
    page.goto(reports["en"])
    table = page.get_by_role("region", name="Channels", exact=True).locator("table")
    names, leads = table.get_by_role("button", name="Channel"), table.get_by_role("button", name="Leads")
    number = lambda text: float(text.replace(",", "").replace(" %", "").replace("−", "-"))
    before = column(table, 0)
    names.click()
    assert column(table, 0) == sorted(before, key=str.lower)
    assert table.locator("th").first.get_attribute("aria-sort") == "ascending"
    names.press("Enter")
    assert column(table, 0) == sorted(before, key=str.lower, reverse=True)
    leads.press("Space")
    counts = [number(text) for text in column(table, 1)]
    assert counts == sorted(counts, reverse=True) and len(set(counts)) > 3
    assert table.locator("[aria-sort]").count() == 1
    leads.click()
    assert [number(text) for text in column(table, 1)] == sorted(counts)
    # What has no figure comes last, up and down.
    money = page.get_by_role("region", name="Channels: money spent and won").locator("table")
    for order in (True, False):
        money.get_by_role("button", name="ROI").click()
        roi = column(money, 4)
        known = [text for text in roi if text != "–"]
        assert roi == known + ["–"] * (len(roi) - len(known)) and 2 < len(known) < len(roi)
        values = [number(text.replace("+", "")) for text in known]
        assert values == sorted(values, reverse=order)
    axe(page)


def test_without_scripts(new_page, axe, reports):
    page = new_page(java_script_enabled=False)
    page.goto(reports["en"])
    table = page.get_by_role("region", name="Channels", exact=True).locator("table")
    assert table.locator("tbody tr").count() >= 12 and table.locator("button").count() == 0


def test_on_paper(page, screenshot, reports):
    page.goto(reports["en"])
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})
    assert not page.locator("nav").is_visible()
    for box in page.locator(".scroll").all():
        cut = box.evaluate("box => [box.scrollHeight - box.clientHeight, getComputedStyle(box).overflowY]")
        assert cut[1] == "visible" and cut[0] <= 1, "no row is cut off"
    assert page.pdf()[:5] == b"%PDF-"
    screenshot(page, "report-print")


def test_on_a_phone(new_page, axe, screenshot, reports):
    page = new_page(viewport={"width": 390, "height": 844}, is_mobile=True)
    page.goto(reports["zh"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "the page itself does not scroll sideways"
    axe(page)
    screenshot(page, "report-phone")
