"""The console as people use it: leads flow in while they watch, and each says where it went and why."""

import http.client
import json
import re
import uuid
from urllib.parse import urlsplit

import pytest
from conftest import PHONE
from playwright.sync_api import expect

# Nobody of these is known from an earlier run on the same stack.
RUN = uuid.uuid4().hex[:10]
HOT = {
    "form_id": "contact",
    "contact": {"name": "沈知夏", "email": f"shen.zhixia@{RUN}.example", "title": "采购总监"},
    "company": {"name": f"苏州沐岚精密机械有限公司 {RUN}", "industry": "manufacturing", "size": 360, "city": "苏州"},
    "interest": {"horizon": "immediate", "budget": {"minor": 260000000, "currency": "CNY"}, "message": "请尽快联系并安排演示。"},
    "source": {"channel": "website"},
    "consent": {"purpose": "sales_contact", "text_version": "zh-2026-01"},
    "tags": {"identity": ["decision_maker"], "interaction": [{"kind": "demo_request", "content": "视觉检测系统"}]},
}
HELD = {
    **HOT,
    "contact": {"name": "易从简", "phone": "+86 138 1234 5678"},
    "company": {"name": "昆明滇朵鲜花物流", "industry": "logistics", "size": 85, "city": "昆明"},
}
NASTY = "<img src=x onerror=alert(1)><script>alert(2)</script>\n=cmd|' /C calc'!A0"
ODD = {
    **HOT,
    "contact": {"name": "<b>Ann</b>", "email": f"ann@odd-{RUN}.example"},
    "company": {"name": f"\"><script>alert('{RUN}')</script>", "industry": "manufacturing", "city": "苏州"},
    "interest": {"horizon": "immediate", "message": NASTY},
}


@pytest.fixture(scope="session")
def send(leadctl, tmp_path_factory):
    def post(*leads):
        file = tmp_path_factory.mktemp("leads") / "leads.json"
        file.write_text(json.dumps(leads))
        answers = [json.loads(line) for line in leadctl("send", str(file), "--json").splitlines()]
        return [answer["lead_id"] for answer in answers]

    return post


@pytest.fixture(scope="session")
def sent(send):
    """A hot lead, one that is held, and one whose texts are hostile."""
    return dict(zip(["hot", "held", "odd"], send(HOT, HELD, ODD)))


def at_rest(page, console_url, lead):
    """Opens a lead's page, which follows the lead by itself until it has come to rest: at the latest by its second attempt."""
    page.goto(f"{console_url}/leads/{lead}")
    expect(page.locator(".answer")).not_to_contain_text("on its way", timeout=150_000)


def test_leads_flow_in_without_a_reload(page, console_url, send, axe, screenshot):
    page.goto(console_url)
    expect(page.get_by_role("status")).to_have_text("Live.")
    page.evaluate("window.mark = 1")
    lead = send({**HOT, "contact": {"name": "Lin", "email": f"lin@flow-{RUN}.example"}})[0]
    row = page.locator(".settled li", has_text=lead)
    expect(row).to_contain_text("Sales China East", timeout=60_000)
    expect(row).to_contain_text("The region is this team's")
    assert page.evaluate("window.mark") == 1, "the page was loaded again"
    axe(page)
    screenshot(page, "console-flow")


def test_nothing_moves_under_a_reader(page, console_url, sent):
    page.goto(console_url)
    row = page.locator(".settled li").first
    expect(row).to_be_visible(timeout=60_000)
    row.locator("a").last.focus()
    expect(page.get_by_role("status")).to_have_text("Paused while you read.")
    page.evaluate("document.activeElement.blur()")
    expect(page.get_by_role("status")).to_have_text("Live.")
    row.hover()
    expect(page.get_by_role("status")).to_have_text("Paused while you read.")
    page.mouse.move(0, 0)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_have_text("Paused.")


def test_a_lead_is_followed_until_it_rests(page, console_url, stack, aws, send):
    functions = aws("lambda")
    name = f"{stack['facts']['name']}-clean:live"
    mapping = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"][0]["UUID"]
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        lead = send({**HOT, "contact": {"name": "Mo", "email": f"mo@follow-{RUN}.example"}})[0]
        page.goto(f"{console_url}/leads/{lead}")
        page.evaluate("window.mark = 1")
        expect(page.locator(".answer")).to_contain_text("waits to be cleaned")
        expect(page.get_by_role("status")).to_have_text("Live.")
    finally:
        functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    expect(page.get_by_role("status")).to_have_text("At rest.", timeout=150_000)
    expect(page.locator(".answer")).to_have_text("It is with Sales China East (sales-cn-east).")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    assert page.evaluate("window.mark") == 1, "the page was loaded again"


def test_a_lead_says_where_it_is_and_why(page, console_url, sent, axe, screenshot):
    at_rest(page, console_url, sent["hot"])
    expect(page.locator(".answer")).to_have_text("It is with Sales China East (sales-cn-east).")
    expect(page.locator(".because")).to_contain_text("The region is this team's")
    fired = page.locator(".trace .fired").first
    expect(fired).to_contain_text("decided")
    for axis in ("intent", "value"):
        side = page.locator(".axes > div", has=page.get_by_role("heading", name=re.compile(f"^{axis} ")))
        total = int(re.search(rf"{axis} (\d+)", side.locator("h3").inner_text())[1])
        points = [int(text) for text in side.locator(".points b").all_inner_texts()]
        assert points and sum(points) == total
    axe(page)
    screenshot(page, "console-lead")


def test_a_command_is_copied(new_page, console_url, sent):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    at_rest(page, console_url, sent["hot"])
    page.get_by_role("button", name="Copy").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"leadctl feedback {sent['hot']} DISPOSITION --epoch 1 --as crm-china"


def test_a_held_lead_waits_with_its_reason_and_command(page, console_url, sent, axe, screenshot):
    at_rest(page, console_url, sent["held"])
    page.goto(f"{console_url}/waiting")
    card = page.locator(".cards > li", has_text=sent["held"])
    expect(card).to_contain_text("phone-digit-run")
    card.locator("summary").click()
    expect(card).to_contain_text(f"leadctl verdict {sent['held']} release --reason 'WHY' --as telemarketing-desk")
    axe(page)
    screenshot(page, "console-waiting")


def test_what_is_stuck_says_how_to_mend_it(page, console_url, stack, send, leadctl, aws, axe, screenshot):
    """A lead whose rows were lost, and a message that no function can read."""
    facts = stack["facts"]
    lost = send({**HELD, "contact": {"name": "卫青禾", "phone": "+86 139 2345 6789"}})[0]
    at_rest(page, console_url, lost)
    aws("dynamodb").delete_item(TableName=facts["table"], Key={"pk": {"S": lost}, "sk": {"S": "submission"}})
    leadctl("verdict", lost, "release", "--reason", "they answered", "--as", "telemarketing-desk")
    at_rest(page, console_url, lost)
    expect(page.locator(".answer")).to_contain_text("parked")
    sqs = aws("sqs")
    dead = sqs.get_queue_url(QueueName=f"{facts['queue_prefix']}score-queue-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=dead, MessageBody="<b>not a message</b>")
    try:
        page.goto(f"{console_url}/waiting")
        parked = page.locator("section", has=page.get_by_role("heading", name=re.compile("^Parked: [1-9]")))
        card = parked.locator(".cards > li", has_text=lost)
        expect(card).to_contain_text("submission-unreadable")
        card.locator("summary").click()
        expect(card).to_contain_text(f"leadctl verdict {lost} release")
        letters = page.locator("section", has=page.get_by_role("heading", name="Dead letters: 1"))
        expect(letters).to_contain_text("score-queue")
        expect(letters).to_contain_text("leadctl redrive score-queue --dry-run")
        axe(page)
        screenshot(page, "console-parked")
        page.goto(f"{console_url}/queues")
        expect(page.get_by_role("row", name=re.compile("score-queue"))).to_contain_text("■ 1")
    finally:
        sqs.purge_queue(QueueUrl=dead)


def test_queues_show_depth_and_deadlines(page, console_url, sent, axe, screenshot):
    at_rest(page, console_url, sent["hot"])
    page.goto(f"{console_url}/queues")
    row = page.get_by_role("row", name=re.compile("Sales China East"))
    expect(row).to_contain_text(" in ")
    axe(page)
    screenshot(page, "console-queues")
    row.get_by_role("link", name="Sales China East").click()
    expect(page.get_by_role("link", name=sent["hot"])).to_be_visible()
    axe(page)


def test_what_somebody_typed_is_text(page, console_url, sent, screenshot):
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    at_rest(page, console_url, sent["odd"])
    posted = page.locator("section", has=page.get_by_role("heading", name="What was posted"))
    expect(posted).to_contain_text("<b>Ann</b>")
    expect(posted).to_contain_text("<img src=x onerror=alert(1)><script>alert(2)</script>")
    expect(posted).to_contain_text("=cmd|' /C calc'!A0")
    assert page.locator("main img, main b:text-is('Ann'), main script").count() == 0
    assert asked == []


def test_it_works_without_javascript(new_page, console_url, sent):
    page = new_page(java_script_enabled=False)
    page.goto(console_url)
    expect(page.get_by_text("reload for the newest")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.get_by_label("Lead", exact=True).fill(sent["odd"])
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name=f"Lead {sent['odd']}")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)


def test_it_works_by_keyboard_alone(page, console_url, sent):
    page.goto(console_url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(page.get_by_label("Lead", exact=True)).to_be_focused()
    page.keyboard.type(sent["hot"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Lead {sent['hot']}")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_both_schemes(new_page, console_url, sent, axe, screenshot, scheme):
    page = new_page(**PHONE, color_scheme=scheme)
    for name, path in [("flow", "/"), ("queues", "/queues"), ("waiting", "/waiting"), ("lead", f"/leads/{sent['hot']}")]:
        page.goto(console_url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
        axe(page)
        screenshot(page, f"console-{name}-phone-{scheme}")


@pytest.mark.parametrize("path", ["/", "/queues", "/waiting"])
def test_it_is_readable_in_the_dark(new_page, console_url, sent, axe, path):
    page = new_page(color_scheme="dark")
    page.goto(console_url + path)
    axe(page)


@pytest.mark.parametrize(
    "method, host, status", [("GET", "evil.example", 421), ("GET", "localhost", 421), ("POST", None, 405), ("DELETE", None, 405)]
)
def test_other_names_and_writes_are_refused(console_url, method, host, status):
    address = urlsplit(console_url).netloc
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request(method, "/", headers={"Host": host or address})
    answer = connection.getresponse()
    assert (answer.status, b"Came to rest" in answer.read()) == (status, False)


def test_the_form_of_the_console_reaches_the_flow(page, console_url):
    page.goto(f"{console_url}/form/")
    page.get_by_label("Name (required)").fill("Form Console")
    page.get_by_label("E-mail", exact=True).fill(f"form@form-{RUN}.example")
    page.get_by_role("checkbox").check()
    with page.expect_response(lambda answer: answer.url.endswith("/v1/leads") and answer.request.method == "POST") as posted:
        page.get_by_role("button", name="Send").click()
    lead = posted.value.json()["lead_id"]
    page.goto(f"{console_url}/leads/{lead}")
    expect(page.get_by_text("received from form contact")).to_be_visible()
