"""The form of docs/forms, as visitors meet it: in both languages, on a desk and a phone, with and without JavaScript."""

import gzip
import re
import uuid
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from conftest import PHONE

FORMS = Path(__file__).parents[2] / "docs" / "forms"
POST = "**/v1/leads"
LANGUAGES = {
    "en": {
        "locale": "en-GB", "thanks": "Thank you", "required": "Please fill this in.", "mend": "Please check:",
        "neither": "Please give an e-mail address or a phone number.", "page": "Please check what you entered",
        "consent": "Please tick this box, so that we may answer.",
        "address": "Please give one e-mail address, such as name@company.com.",
    },
    "zh": {
        "locale": "zh-CN", "thanks": "谢谢", "required": "请填写此项。", "mend": "请检查：", "neither": "请填写电子邮箱或电话。",
        "page": "请检查您填写的内容", "consent": "请勾选此项，以便我们与您联系。",
        "address": "请填写一个电子邮箱，例如 name@company.com。",
    },
}
# A text that attacks each place that may show it.
ATTACK = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> & =HYPERLINK(\"http://evil\")"


def fill(page, **fields):
    """Fills the form in as somebody in Suzhou would; what is given as None stays empty."""
    someone = uuid.uuid4().hex[:12]
    usual = {
        "contact.name": "Wang Fang", "company.name": f"Presses {someone}", "contact.email": f"wang@{someone}.example",
        "company.country": "CN", "company.city": "苏州", "interest.message": "Two presses, please.",
    }
    for name, value in (usual | fields).items():
        if value is not None:
            page.locator(f'[name="{name}"]').fill(value)
    page.locator('[name="consent.purpose"]').check()
    return usual | fields


def open_form(page, form_url, language="en", query=""):
    page.goto(f"{form_url}/form.{language}.html{query}")
    return page


def send(page):
    page.locator("form button").click()


def sent(page):
    """The id of the lead that the page says was sent."""
    page.locator("#lead-done").wait_for()
    return page.locator("[data-lead-id]").inner_text()


def error_of(page, name):
    """What is said about a field, found as a screen reader finds it; None if nothing is."""
    return page.evaluate(
        """(name) => {
            const input = document.querySelector(`[name="${name}"]`);
            if (input.getAttribute("aria-invalid") !== "true") return null;
            const ids = input.getAttribute("aria-describedby").trim().split(" ");
            return ids.map((id) => document.getElementById(id).textContent).join(" ");
        }""",
        name,
    )


def focused(page):
    return page.evaluate("document.activeElement.name || document.activeElement.id || document.activeElement.className")


def keys_of(requests):
    return [parse_qs(body)["submission_id"][0] for body in requests]


def submission_of(rows):
    return next(row["submission"] for row in rows if row["row"] == "submission")


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_visitor_sends_the_form(new_page, form_url, lead, axe, screenshot, language, size):
    words = LANGUAGES[language]
    page = new_page(locale=words["locale"], **(PHONE if size == "phone" else {}))
    open_form(page, form_url, language)
    axe(page)
    screenshot(page, f"form-{language}-{size}-empty")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"
    typed = fill(page)
    send(page)
    lead_id = sent(page)
    assert page.get_by_role("heading", name=words["thanks"]).is_visible()
    assert page.locator("form").is_hidden()
    assert focused(page) == "lead-done"
    axe(page)
    screenshot(page, f"form-{language}-{size}-sent")
    stored = submission_of(lead(lead_id))
    assert stored["contact"] == {"name": typed["contact.name"], "email": typed["contact.email"]}
    assert stored["consent"]["text_version"] == f"2026-01-{language}"


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_missing_is_said_beside_its_field(new_page, form_url, axe, screenshot, language, size):
    words = LANGUAGES[language]
    page = new_page(locale=words["locale"], **(PHONE if size == "phone" else {}))
    open_form(page, form_url, language)
    page.route(POST, lambda route: pytest.fail("a form that lacks its name was sent"))
    send(page)
    assert error_of(page, "contact.name") == words["required"]
    assert error_of(page, "consent.purpose") == words["consent"]
    assert focused(page) == "contact.name"
    alert = page.get_by_role("alert")
    assert alert.locator("p").inner_text() == words["mend"]
    assert alert.locator("li").count() == 2
    axe(page)
    screenshot(page, f"form-{language}-{size}-errors")
    # What is mended is marked no longer, and the summary leads to what is left.
    page.locator('[name="contact.name"]').fill("Li")
    assert error_of(page, "contact.name") is None
    alert.locator("a").last.click()
    assert focused(page) == "consent.purpose"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_intake_refuses_is_said_beside_its_field(page, form_url, language):
    words = LANGUAGES[language]
    open_form(page, form_url, language)
    fill(page, **{"contact.email": "wang@localhost", "company.name": "a\u200bb"})
    send(page)
    page.get_by_role("alert").locator("li").first.wait_for()
    assert error_of(page, "contact.email") == words["address"]
    assert error_of(page, "company.name")
    assert focused(page) == "company.name"
    assert page.locator('[name="contact.email"]').input_value() == "wang@localhost"
    # Neither e-mail nor phone: said at the e-mail.
    fill(page, **{"contact.email": ""})
    send(page)
    page.get_by_text(words["neither"], exact=True).wait_for()
    assert error_of(page, "contact.email") == words["neither"]
    fill(page)
    send(page)
    assert sent(page).startswith("ld_")


def test_a_dropped_answer_makes_one_lead(page, form_url, lead):
    """The first post is stored and its answer lost, as when a train enters a tunnel."""
    bodies, stored = [], []

    def drop(route):
        bodies.append(route.request.post_data)
        if not stored:
            stored.append(route.fetch().json()["lead_id"])
            return route.abort("connectionreset")
        route.continue_()

    page.route(POST, drop)
    open_form(page, form_url)
    fill(page)
    send(page)
    page.get_by_text("Trying again").wait_for()
    assert sent(page) == stored[0]
    first, second = keys_of(bodies)
    assert first == second
    assert not any(row["row"] == "touch" for row in lead(stored[0]))


def test_a_reload_after_a_dropped_answer_makes_one_lead(page, form_url):
    stored, bodies = [], []

    def drop(route):
        bodies.append(route.request.post_data)
        if not stored:
            stored.append(route.fetch().json()["lead_id"])
        route.abort("connectionreset")

    page.route(POST, drop)
    open_form(page, form_url)
    typed = fill(page)
    send(page)
    page.get_by_text("Trying again").wait_for()
    page.unroute(POST)
    page.reload()
    fill(page, **typed)
    send(page)
    assert sent(page) == stored[0]


def test_an_edited_form_is_another_submission(page, form_url):
    bodies = []

    def drop(route):
        bodies.append(route.request.post_data)
        route.abort("connectionreset")

    page.route(POST, drop)
    page.clock.install()
    open_form(page, form_url)
    typed = fill(page)
    send(page)
    for seconds in (1, 2, 4):
        page.get_by_text("Trying again").wait_for()
        page.clock.run_for(seconds * 1000 + 500)
    page.get_by_text("This could not be sent.").wait_for()
    assert len(bodies) == 4 and len(set(keys_of(bodies))) == 1
    assert page.locator('[name="contact.name"]').input_value() == typed["contact.name"]
    page.unroute(POST)
    with page.expect_request(POST) as request:
        fill(page, **typed | {"interest.message": "Three presses."})
        send(page)
    assert keys_of([request.value.post_data]) != keys_of(bodies[:1])
    sent(page)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_when_it_said(page, form_url, status):
    bodies = []

    def busy(route):
        bodies.append(route.request.post_data)
        if len(bodies) == 1:
            headers = {"retry-after": "7", "access-control-allow-origin": "*", "access-control-expose-headers": "retry-after"}
            return route.fulfill(status=status, headers=headers, body="{}")
        route.continue_()

    page.route(POST, busy)
    page.clock.install()
    open_form(page, form_url)
    fill(page)
    send(page)
    page.get_by_text("Trying again in 7 s").wait_for()
    page.clock.run_for(6000)
    assert len(bodies) == 1, "it did not wait"
    page.clock.run_for(2000)
    sent(page)
    first, second = keys_of(bodies)
    assert first == second


def problem(route, kind, status, **headers):
    """The intake's answer, as a page of another origin may read it."""
    headers |= {"access-control-allow-origin": "*", "access-control-expose-headers": "retry-after"}
    route.fulfill(status=status, headers=headers, content_type="application/problem+json", body=f'{{"type": "/problems/{kind}"}}')


def test_while_it_waits_it_says_so(page, form_url, axe, screenshot):
    page.route(POST, lambda route: problem(route, "unavailable", 503, **{"retry-after": "30"}))
    open_form(page, form_url)
    fill(page)
    send(page)
    assert page.locator("[role=status]").inner_text() == "No answer yet. Trying again in 30 s…"
    assert page.locator("form").get_attribute("aria-busy") == "true"
    axe(page)
    screenshot(page, "form-en-desk-waiting")


@pytest.mark.parametrize("kind, status, said", [
    ("challenge-failed", 403, "Please confirm once more that you are a person."),
    ("unsupported-media-type", 415, "This could not be taken. Please tell whoever runs this page."),
])
def test_what_no_field_can_mend_is_said_above_the_form(page, form_url, axe, kind, status, said):
    page.route(POST, lambda route: problem(route, kind, status))
    open_form(page, form_url)
    fill(page)
    send(page)
    page.get_by_role("alert").get_by_text(said).wait_for()
    assert focused(page) == "lead-form-alert"
    axe(page)


def test_a_key_that_was_used_for_something_else_is_replaced(page, form_url):
    bodies = []

    def reused(route):
        bodies.append(route.request.post_data)
        if len(bodies) == 1:
            return problem(route, "idempotency-key-reused", 422)
        route.continue_()

    page.route(POST, reused)
    open_form(page, form_url)
    fill(page)
    send(page)
    sent(page)
    first, second = keys_of(bodies)
    assert first != second


def test_a_form_that_is_made_later_is_taken_up_by_a_call(page, form_url):
    """As an application does that draws its own pages."""
    open_form(page, form_url)
    page.evaluate("""() => {
        const made = document.querySelector("form").cloneNode(true);
        made.querySelectorAll("[role]").forEach((region) => region.remove());
        document.querySelector("form").replaceWith(made);
        made.addEventListener("lead-form:sent", (event) => (document.title = event.detail.lead_id));
        leadForm(made);
        leadForm(made);
    }""")
    fill(page)
    send(page)
    lead_id = sent(page)
    assert page.title() == lead_id


def test_a_page_to_go_to_is_gone_to(page, form_url):
    open_form(page, form_url)
    page.evaluate("""(to) => {
        document.querySelector("form").insertAdjacentHTML("beforeend", '<input type="hidden" name="redirect">');
        document.querySelector("[name=redirect]").value = to;
    }""", f"{form_url}/form.zh.html")
    fill(page)
    send(page)
    page.wait_for_url("**/form.zh.html")


def test_pressed_twice_it_is_sent_once(page, form_url):
    bodies = []
    page.on("request", lambda request: request.method == "POST" and bodies.append(request.post_data))
    open_form(page, form_url)
    fill(page)
    page.locator("form button").dblclick()
    sent(page)
    assert len(bodies) == 1


def test_where_the_visitor_came_from_goes_along(page, form_url, lead):
    query = "?utm_source=news%3Cb%3E&utm_medium=cpc&utm_campaign=spring&utm_term=" + "x" * 150
    page.goto(f"{form_url}/form.en.html{query}", referer="https://search.example/find?q=secret")
    # Further pages of the visit keep it.
    open_form(page, form_url)
    fill(page)
    send(page)
    stored = submission_of(lead(sent(page)))
    assert stored["source"]["utm"] == {"source": "news<b>", "medium": "cpc", "campaign": "spring", "term": "x" * 100}
    assert stored["source"]["channel"] == "paid_search"
    assert stored["custom"] == {"referrer": "https://search.example/find"}
    assert stored["visit"]["elapsed_ms"] > 0


def test_what_the_visitor_cannot_see_does_not_cost_the_lead(page, form_url, lead):
    open_form(page, form_url, query="?utm_source=a%E2%80%8Bb&utm_medium=email")
    fill(page)
    send(page)
    stored = submission_of(lead(sent(page)))
    assert stored["source"]["utm"] == {"medium": "email"}
    assert stored["source"]["channel"] == "email"


def test_the_keyboard_alone(page, form_url):
    open_form(page, form_url)
    press, write = page.keyboard.press, page.keyboard.type
    press("Tab")
    assert focused(page) == "contact.name", "the honeypot is in the way"
    write("Ada Stone")
    press("Tab")
    write("Stone")
    press("Tab")
    write("ada at stone")
    press("Enter")
    # The consent is missing; focus is on it.
    page.get_by_role("alert").locator("li").first.wait_for()
    assert focused(page) == "consent.purpose"
    press("Space")
    press("Tab")
    press("Enter")
    page.get_by_text("such as name@company.com", exact=False).first.wait_for()
    assert focused(page) == "contact.email"
    press("Control+a")
    write(f"ada@{uuid.uuid4().hex}.example")
    for _ in range(8):
        press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Send"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "focus cannot be seen"
    press("Enter")
    sent(page)


def test_a_text_that_attacks_stays_a_text(page, form_url, lead):
    open_form(page, form_url)
    title = page.title()
    fill(page, **{"contact.name": ATTACK[:90], "interest.message": ATTACK})
    send(page)
    stored = submission_of(lead(sent(page)))
    assert stored["interest"]["message"] == ATTACK
    assert page.title() == title
    # A direction override is refused, beside its field, and shown nowhere else.
    open_form(page, form_url)
    fill(page, **{"contact.name": "Li\u202eLei"})
    send(page)
    page.get_by_role("alert").locator("li").first.wait_for()
    assert error_of(page, "contact.name").startswith("This holds a character that cannot be taken.")
    assert "\u202e" not in page.locator("body").inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_javascript(new_page, form_url, axe, screenshot, language):
    words = LANGUAGES[language]
    page = new_page(java_script_enabled=False, locale=words["locale"])
    open_form(page, form_url, language)
    fill(page)
    with page.expect_response(POST) as answer:
        send(page)
    assert answer.value.status == 202
    assert page.locator("h1").inner_text() == words["thanks"]
    assert "ld_" in page.locator("main").inner_text()
    screenshot(page, f"form-{language}-plain-sent")


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_javascript_what_is_wrong_is_said_in_words(new_page, form_url, screenshot, language):
    words = LANGUAGES[language]
    page = new_page(java_script_enabled=False, locale=words["locale"])
    open_form(page, form_url, language)
    typed = fill(page, **{"contact.email": "wang@localhost", "contact.name": "Li\u200b\u202e"})
    with page.expect_response(POST) as answer:
        send(page)
    assert answer.value.status == 422
    assert answer.value.headers["content-type"] == "text/html; charset=utf-8"
    assert page.locator("h1").inner_text() == words["page"]
    assert page.locator("html").get_attribute("lang") == words["locale"].replace("en-GB", "en")
    assert words["address"] in page.locator("li").nth(1).inner_text()
    content = page.content()
    assert not any(value in content for value in (typed["contact.email"], typed["company.name"], "\u202e", "problem"))
    screenshot(page, f"form-{language}-plain-errors")
    page.go_back()
    assert page.locator('[name="company.name"]').input_value() == typed["company.name"], "what was typed is lost"


def test_pages_of_the_intake_are_accessible(new_page, form_url, axe):
    """With JavaScript, which axe needs, and without the form's script, which posts by itself."""
    for email, status in ((f"li@{uuid.uuid4().hex}.example", 202), ("li@localhost", 422)):
        page = new_page()
        page.route("**/lead-form.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        open_form(page, form_url)
        fill(page, **{"contact.email": email})
        with page.expect_response(POST) as answer:
            send(page)
        assert answer.value.status == status
        page.wait_for_load_state()
        axe(page)


def test_a_page_sets_its_own_colours(page, form_url):
    page.route("**/lead-form.css", lambda route: route.fulfill(
        body=(FORMS / "lead-form.css").read_text() + ":root { --lead-accent: rgb(10, 90, 40); --lead-radius: 0; }",
        content_type="text/css",
    ))
    open_form(page, form_url)
    style = page.evaluate("(({ backgroundColor, borderRadius }) => [backgroundColor, borderRadius])(getComputedStyle(document.querySelector('form button')))")
    assert style == ["rgb(10, 90, 40)", "0px"]


def test_the_script_is_small_and_says_so():
    size = len(gzip.compress((FORMS / "lead-form.js").read_bytes(), 9))
    assert size < 4096, size
    said = re.search(r"([0-9,]+) bytes gzipped", (FORMS / "README.md").read_text())[1]
    # Compressors differ by a few bytes.
    assert abs(int(said.replace(",", "")) - size) <= 20, f"{said} is said, and it has {size:,}"
