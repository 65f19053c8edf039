"""The form of docs/forms, as visitors meet it."""

import uuid

import pytest
from conftest import PHONE

SENT = "Thank you"


def fill(page, **fields):
    """Fills the form in as somebody in Suzhou would; a field given as None stays empty."""
    someone = uuid.uuid4().hex[:12]
    usual = {
        "contact.name": "Wang Fang", "company.name": f"Presses {someone}", "contact.email": f"wang@{someone}.example",
        "company.country": "CN", "company.city": "苏州", "interest.message": "Two presses, please.",
    }
    for name, value in (usual | fields).items():
        if value is not None:
            page.locator(f'[name="{name}"]').fill(value)
    page.locator('[name="consent.purpose"]').check()


def open_form(page, form_url, language="en", query=""):
    page.goto(f"{form_url}/form.{language}.html{query}")
    return page


def send(page):
    page.get_by_role("button").click()


def sent(page):
    """The id of the lead that the page says was sent."""
    page.locator("#lead-done").wait_for()
    return page.locator("[data-lead-id]").inner_text()


def test_a_visitor_sends_the_form(page, form_url, lead, axe, screenshot):
    open_form(page, form_url)
    axe(page)
    screenshot(page, "form-empty-desk")
    fill(page)
    send(page)
    lead_id = sent(page)
    assert page.get_by_role("heading", name=SENT).is_visible()
    assert page.locator("form").is_hidden()
    assert page.evaluate("document.activeElement.id") == "lead-done"
    axe(page)
    screenshot(page, "form-sent-desk")
    assert lead_id in str(lead(lead_id))
