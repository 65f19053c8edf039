"""What the browser tests share. `tests/tests/local/browser.rs` starts one local stack and runs this folder by `cargo test`.

    api_url        where forms post to, without `/v1/leads`
    console_url    the console of the stack, without a slash at the end
    form_url       a page's server with docs/forms, without a slash at the end
    page           a tab on a desk: 1280 by 900, in English, with JavaScript
    new_page(…)    another tab; what it takes is what Playwright's `new_context` takes, and PHONE is a phone
    axe(page)      fails with every violation of accessibility that axe-core finds
    screenshot(page, name)     writes target/browser/NAME.png, the whole page
    leadctl(*arguments)        runs the command against the stack; its output
    aws(service)               the SDK's client of that service, for what no command of ours does
    lead(id)       all rows of a lead, as `leadctl explain --json` gives them

A tab whose page throws an error or breaks its content security policy fails the test.
"""

import json
import os
import subprocess
from pathlib import Path

import boto3
import chromium
import pytest
from axe_playwright_python.sync_playwright import Axe
from form_server import FormServer
from playwright.sync_api import sync_playwright

PICTURES = Path(os.environ["BROWSER_PICTURES"])
DESK = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="session")
def stack():
    return json.loads(Path(os.environ["BROWSER_STACK"]).read_text())


@pytest.fixture(scope="session")
def api_url(stack):
    return stack["facts"]["api_url"]


@pytest.fixture(scope="session")
def console_url(stack):
    return stack["console_url"].rstrip("/")


@pytest.fixture(scope="session")
def form_url(api_url):
    with FormServer(api_url, int(os.environ["BROWSER_FORM_PORT"])) as url:
        yield url


@pytest.fixture(scope="session")
def leadctl():
    def run(*arguments):
        done = subprocess.run([os.environ["BROWSER_LEADCTL"], *arguments], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"leadctl {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    return run


@pytest.fixture(scope="session")
def aws(stack):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return lambda service: boto3.client(service, endpoint_url=stack["endpoint"], region_name="eu-west-1", **keys)


@pytest.fixture(scope="session")
def lead(leadctl):
    return lambda lead_id: json.loads(leadctl("explain", lead_id, "--json"))


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser):
    contexts, wrong = [], []

    def said(message):
        if "Content Security Policy" in message.text:
            wrong.append(message.text)

    def open_tab(**options):
        context = browser.new_context(**{**DESK, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", said)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert not wrong, wrong


@pytest.fixture
def page(new_page):
    return new_page()


@pytest.fixture(scope="session")
def axe():
    def check(page):
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    return check


@pytest.fixture(scope="session")
def screenshot():
    PICTURES.mkdir(parents=True, exist_ok=True)

    def take(page, name):
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    return take
