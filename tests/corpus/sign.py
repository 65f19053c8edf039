#!/usr/bin/env python3
"""Writes feedback.jsonl: signed requests, and what is to come of them.

The signatures are made here, from docs/http-api.md and with Python's hmac alone, so that the product's own signer has no
part in what it is tested by. Run it after a change to a case: python3 tests/corpus/sign.py
"""

import base64
import hashlib
import hmac
import json
import pathlib

ROOT = "signing secret of the corpus"
START = 1772503200  # 2026-03-03T02:00:00Z, when the tests' stack begins
NOW = START + 3600


def lead_id(key):
    """The id that a form's key makes: SHA-256 over parts, each behind its length in eight bytes."""
    parts = b"".join(len(part).to_bytes(8, "big") + part for part in (b"lead", b"contact", key.encode()))
    return "ld_" + base64.urlsafe_b64encode(hashlib.sha256(parts).digest()[:16]).decode().rstrip("=")


EAST, EUROPE, HELD, NEW = (lead_id(f"corpus-{name}") for name in ("east", "europe", "held", "new"))
UNKNOWN = lead_id("corpus-nobody")


def derived(principal, root=ROOT):
    """What `leadctl keys` hands out, decoded."""
    name = principal.encode()
    return hmac.digest(root.encode(), b"principal|" + len(name).to_bytes(8, "big") + name, "sha256")


ACCEPTED = '{"epoch":1,"disposition":"accepted"}'
RELEASE = '{"verdict":"release","reason":"Called: a real number.","actor":"desk-3"}'


def signature(key, message_id, seconds, method, path, body):
    signed = f"{message_id}.{seconds}.{method} {path}\n".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def request(
    lead=EAST, what="feedback", body=ACCEPTED, principal="crm-china", message_id="msg_1", off=0, method="POST",
    query="", headers=None, signed=None, key=None, later=None,
):
    """A request that holds, but for what is changed of it: `headers` are sent, `signed` was signed instead."""
    path = f"/v1/leads/{lead}" + (f"/{what}" if what else "")
    seconds = NOW + off
    was = {"method": method, "path": path + (f"?{query}" if query else ""), "body": body, "id": message_id, "seconds": seconds}
    was |= signed or {}
    text = was["body"] if isinstance(was["body"], bytes) else was["body"].encode()
    tag = signature(key or derived(principal), was["id"], was["seconds"], was["method"], was["path"], text)
    sent = {
        "lead-principal": principal,
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": tag,
    } | {name: value.replace("TAG", tag) if value else value for name, value in (headers or {}).items()}
    case = {"route": f"{method} /v1/leads/{{id}}" + (f"/{what}" if what else ""), "path": path, "headers": sent, "text": body}
    if query:
        case["query"] = query
    if later:
        case["later"] = later
    return case


def batch(*entries, body=None, path="/v1/feedback", **rest):
    """A batch of feedback, each entry a lead, an epoch and a disposition."""
    said = [{"lead_id": lead, "epoch": epoch, "disposition": disposition} for lead, epoch, disposition in entries]
    body = json.dumps(said) if body is None else body
    case = request(body=body, signed={"path": path} | rest.pop("signed", {}), **rest)
    return case | {"route": "POST /v1/feedback", "path": "/v1/feedback"}


def refused(status, kind, *errors, calls=()):
    expect = {"status": status, "type": kind, "calls": list(calls)}
    return expect | ({"errors": list(errors)} if errors else {})


UNAUTHORIZED = refused(401, "unauthorized")
DONE = {"status": 200, "calls": ["request", "lead", "commit"]}
AGAIN = {"status": 200, "calls": ["request"], "replayed": True}
REUSED = refused(422, "idempotency-key-reused", calls=["request"])
# Whoever is refused may be the second of two, the first of which has just acted: that is looked at once more.
NOT_HERE = refused(404, "not-found", calls=["request", "lead", "request"])
NOT_THIS = refused(404, "not-found")
CONFLICT = refused(409, "conflict", calls=["request", "lead", "request"])

cases = [
    ("as it should be", request(), DONE),
    # Headers.
    *[(f"without {name}", request(headers={name: None}), UNAUTHORIZED)
      for name in ("lead-principal", "webhook-id", "webhook-timestamp", "webhook-signature")],
    ("without any signature", {"route": "POST /v1/leads/{id}/feedback", "path": f"/v1/leads/{EAST}/feedback", "text": ACCEPTED},
     UNAUTHORIZED),
    *[(f"{name} twice, as API Gateway joins it", request(headers={name: value}), UNAUTHORIZED) for name, value in [
        ("lead-principal", "crm-china,crm-china"), ("webhook-id", "msg_1,msg_1"),
        ("webhook-timestamp", f"{NOW},{NOW}"), ("webhook-signature", "TAG,TAG")]],
    ("letters that are not ASCII in lead-principal", request(headers={"lead-principal": "crm-chinä"}), UNAUTHORIZED),
    ("letters that are not ASCII in webhook-id", request(message_id="mßg"), UNAUTHORIZED),
    # Keys.
    ("another principal's key", request(key=derived("crm-world")), UNAUTHORIZED),
    ("another stack's key", request(key=derived("crm-china", "signing secret of somebody else")), UNAUTHORIZED),
    ("the root itself as key", request(key=ROOT.encode()), UNAUTHORIZED),
    ("an empty key", request(key=b"\0" * 32), UNAUTHORIZED),
    ("the key as it is handed out, not decoded",
     request(key=("whsec_" + base64.b64encode(derived("crm-china")).decode()).encode()), UNAUTHORIZED),
    ("a principal that nobody declared", request(principal="crm-mars"), UNAUTHORIZED),
    ("a principal in capitals", request(headers={"lead-principal": "CRM-CHINA"}), UNAUTHORIZED),
    # What is signed.
    ("another lead's path", request(signed={"path": f"/v1/leads/{EUROPE}/feedback"}), UNAUTHORIZED),
    ("another route's path", request(signed={"path": f"/v1/leads/{EAST}/verdict"}), UNAUTHORIZED),
    ("another method", request(signed={"method": "PUT"}), UNAUTHORIZED),
    ("a method in small letters", request(signed={"method": "post"}), UNAUTHORIZED),
    ("a path with host", request(signed={"path": f"https://api.example/v1/leads/{EAST}/feedback"}), UNAUTHORIZED),
    ("a query that was not signed", request(query="x=1", signed={"path": f"/v1/leads/{EAST}/feedback"}), UNAUTHORIZED),
    ("a query that was signed", request(query="x=1"), DONE),
    ("a byte of the body", request(signed={"body": '{"epoch":2,"disposition":"accepted"}'}), UNAUTHORIZED),
    ("a blank in the body", request(signed={"body": '{"epoch": 1,"disposition":"accepted"}'}), UNAUTHORIZED),
    ("a line feed behind the body", request(signed={"body": ACCEPTED + "\n"}), UNAUTHORIZED),
    ("no body", request(signed={"body": ""}), UNAUTHORIZED),
    ("another id", request(signed={"id": "msg_2"}), UNAUTHORIZED),
    ("another time", request(signed={"seconds": NOW - 1}), UNAUTHORIZED),
    ("the end of the id moved into the time", request(message_id="msg", signed={"id": "msg.1"}), UNAUTHORIZED),
    ("the end of the path moved into the body",
     request(signed={"path": f"/v1/leads/{EAST}", "body": "/feedback\n" + ACCEPTED}), UNAUTHORIZED),
    # Signatures.
    ("an unknown version", request(headers={"webhook-signature": "v2TAG"}), UNAUTHORIZED),
    ("an empty signature", request(headers={"webhook-signature": "v1,"}), UNAUTHORIZED),
    ("hexadecimal", request(headers={"webhook-signature": "v1," + "00" * 32}), UNAUTHORIZED),
    ("without its version", request(headers={"webhook-signature": "AAAA"}), UNAUTHORIZED),
    ("a right one among others", request(headers={"webhook-signature": "v1,AAAA v1a,BBBB TAG"}), DONE),
    # Ids and times.
    ("a full stop in the id", request(message_id="msg.1"), UNAUTHORIZED),
    ("a blank in the id", request(message_id="msg 1"), UNAUTHORIZED),
    ("an empty id", request(message_id=""), UNAUTHORIZED),
    ("an id of 256 characters", request(message_id="m" * 256), UNAUTHORIZED),
    ("an id of 255 characters", request(message_id="m" * 255), DONE),
    ("300 seconds late", request(off=-300), DONE),
    ("301 seconds late", request(off=-301), UNAUTHORIZED),
    ("300 seconds early", request(off=300), DONE),
    ("301 seconds early", request(off=301), UNAUTHORIZED),
    ("an hour late", request(off=-3600), UNAUTHORIZED),
    ("milliseconds", request(headers={"webhook-timestamp": f"{NOW}000"}, signed={"seconds": f"{NOW}000"}), UNAUTHORIZED),
    ("a time with a fraction", request(headers={"webhook-timestamp": f"{NOW}.0"}, signed={"seconds": f"{NOW}.0"}), UNAUTHORIZED),
    ("a time with a sign", request(headers={"webhook-timestamp": f"+{NOW}"}, signed={"seconds": f"+{NOW}"}), UNAUTHORIZED),
    ("a time with a zero before it", request(headers={"webhook-timestamp": f"0{NOW}"}, signed={"seconds": f"0{NOW}"}), UNAUTHORIZED),
    # Whose lead.
    ("a lead of another tool", request(EUROPE), NOT_HERE),
    ("a lead that there is not", request(UNKNOWN), NOT_HERE),
    ("a lead that is on its way", request(NEW), NOT_HERE),
    ("a held lead, by sales", request(HELD), NOT_HERE),
    ("no lead's id", request("ld_%2e%2e"), NOT_THIS),
    ("an id of another shape", request("1"), NOT_HERE),
    ("a partner who may only submit", request(principal="partner-hub"), NOT_THIS),
    ("feedback of the telemarketing desk", request(HELD, principal="telemarketing-desk"), NOT_THIS),
    ("a verdict of a partner", request(HELD, "verdict", RELEASE, principal="partner-hub"), NOT_THIS),
    ("a sales tool's verdict on a held lead", request(HELD, "verdict", RELEASE), NOT_HERE),
    ("a refusal of a lead with sales", request(EAST, "verdict", RELEASE.replace("release", "refuse")), CONFLICT),
    ("a hold of a lead with sales", request(EAST, "verdict", RELEASE.replace("release", "hold")),
     {"status": 200, "calls": ["request", "lead", "commit"]}),
    ("an answer that hands it on", request(body='{"epoch":1,"disposition":"too_small"}'),
     {"status": 200, "calls": ["request", "lead", "decision", "commit"]}),
    ("a date that is none", request(body='{"epoch":1,"disposition":"no_budget_yet","next_date":"2027-02-30"}'),
     refused(422, "validation", "/next_date no-date")),
    ("reading another tool's lead", request(EUROPE, "", "", method="GET"), refused(404, "not-found", calls=["lead"])),
    ("reading as a partner", request(EAST, "", "", principal="partner-hub", method="GET"), NOT_THIS),
    # What it says.
    ("an earlier routing", request(body='{"epoch":2,"disposition":"accepted"}'), CONFLICT),
    ("a release of a lead with sales", request(EAST, "verdict", RELEASE, "telemarketing-desk"), NOT_HERE),
    ("an unmerge of a held lead", request(HELD, "verdict", RELEASE.replace("release", "unmerge"), "telemarketing-desk"), CONFLICT),
    ("a release of a held lead", request(HELD, "verdict", RELEASE, "telemarketing-desk"),
     {"status": 200, "calls": ["request", "lead", "commit", "send"]}),
    ("no JSON", request(body="epoch=1"), refused(400, "malformed-json")),
    ("nothing", request(body=""), refused(400, "malformed-json")),
    ("the epoch twice", request(body='{"epoch":1,"epoch":2,"disposition":"won"}'), refused(400, "malformed-json")),
    ("no fields", request(body="{}"), refused(422, "validation", "/epoch required", "/disposition required")),
    ("epoch 0", request(body='{"epoch":0,"disposition":"won"}'), refused(422, "validation", "/epoch out-of-range")),
    ("an unknown field", request(body='{"epoch":1,"disposition":"won","queue":"sales-europe"}'),
     refused(422, "validation", "/queue unknown-field")),
    ("a disposition in capitals", request(body='{"epoch":1,"disposition":"Won"}'),
     refused(422, "validation", "/disposition not-snake-case")),
    ("a hidden character in the note", request(body='{"epoch":1,"disposition":"won","note":"a\\u202e"}'),
     refused(422, "validation", "/note illegal-character")),
    ("an unknown verdict", request(HELD, "verdict", '{"verdict":"maybe","reason":"x","actor":"x"}', "telemarketing-desk"),
     refused(422, "validation", "/verdict not-one-of")),
    # Again.
    ("sent again", request() | {"before": [request()]}, AGAIN),
    ("sent again under a new time", request(off=7, later=7) | {"before": [request()]}, AGAIN),
    ("another body under an id that has acted", request(body='{"epoch":1,"disposition":"won"}') | {"before": [request()]}, REUSED),
    ("another lead under an id that has acted", request(EUROPE, principal="crm-china") | {"before": [request()]}, REUSED),
    ("a new id for the same report", request(message_id="msg_2") | {"before": [request()]}, DONE),
    ("an id of another principal", request(EUROPE, principal="crm-world") | {"before": [request()]}, DONE),
    ("overheard, and sent again later than it holds", request(later=301) | {"before": [request()]}, UNAUTHORIZED),
    ("a second release", request(HELD, "verdict", RELEASE, "telemarketing-desk", "msg_2")
     | {"before": [request(HELD, "verdict", RELEASE, "telemarketing-desk")]}, NOT_HERE),
]

ONE = ["request", "lead", "commit"]
TAGS = '{"set":{"identity":["decision_maker"]},"actor":"wang.fang"}'
cases += [
    ("a correction of tags", request(what="tags", body=TAGS), {"status": 200, "calls": ONE}),
    ("a correction of tags sent again", request(what="tags", body=TAGS) | {"before": [request(what="tags", body=TAGS)]}, AGAIN),
    ("another correction under the id of one", request(what="tags", body=TAGS.replace("wang", "zhao"))
     | {"before": [request(what="tags", body=TAGS)]}, REUSED),
    ("a second correction under an id of its own", request(what="tags", body=TAGS, message_id="msg_2")
     | {"before": [request(what="tags", body=TAGS)]}, {"status": 200, "calls": ONE}),
    ("a correction of a held lead by the desk", request(HELD, "tags", TAGS, "telemarketing-desk"), {"status": 200, "calls": ONE}),
    ("a correction of another tool's lead", request(EUROPE, "tags", TAGS), NOT_HERE),
    ("a correction by a partner", request(what="tags", body=TAGS, principal="partner-hub"), NOT_THIS),
    ("a correction signed as feedback", request(what="tags", body=TAGS, signed={"path": f"/v1/leads/{EAST}/feedback"}), UNAUTHORIZED),
    ("a correction of nothing", request(what="tags", body='{"actor":"wang.fang"}'), refused(422, "validation", " required")),
    ("a correction by nobody", request(what="tags", body='{"set":{"identity":["decision_maker"]}}'),
     refused(422, "validation", "/actor required")),
    ("a tag set and removed",
     request(what="tags", body='{"set":{"identity":["Decision_Maker"]},"remove":{"identity":["decision_maker "]},"actor":"wang.fang"}'),
     refused(422, "validation", "/remove/identity duplicate-field")),
    ("a tag of no list", request(what="tags", body='{"set":{"mood":["glad"]},"actor":"wang.fang"}'),
     refused(422, "validation", "/set/mood unknown-field")),
    ("21 tags", request(what="tags", body=json.dumps({"set": {"purchase": [f"p{n}" for n in range(21)]}, "actor": "wang.fang"})),
     refused(422, "validation", "/set/purchase too-many")),
    ("a tag of 61 characters", request(what="tags", body=json.dumps({"set": {"purchase": ["p" * 61]}, "actor": "wang.fang"})),
     refused(422, "validation", "/set/purchase/0 too-long")),
    ("a hidden character in a tag", request(what="tags", body='{"remove":{"interaction":["a\\u202e"]},"actor":"wang.fang"}'),
     refused(422, "validation", "/remove/interaction/0 illegal-character")),
]
cases += [
    ("a batch as it should be", batch((EAST, 1, "accepted")), {"status": 200, "results": ["200"], "calls": ONE}),
    ("a batch of which each entry is answered by itself",
     batch(body=json.dumps([
         {"lead_id": EUROPE, "epoch": 1, "disposition": "won"}, {"lead_id": EAST, "epoch": 0, "disposition": "Won"},
         {"lead_id": UNKNOWN, "epoch": 1, "disposition": "won"}, 5, {"lead_id": EAST, "epoch": 2, "disposition": "won"}])),
     {"status": 200, "results": ["404", "422 /1/epoch out-of-range /1/disposition not-snake-case", "404", "422 /3 wrong-type", "409"],
      # The last one is about a lead that came before, and waits for the others.
      "calls": ["request", "request", "lead", "lead", "request", "request", "request", "lead", "request"]}),
    ("a batch sent again", batch((EAST, 1, "accepted")) | {"before": [batch((EAST, 1, "accepted"))]},
     {"status": 200, "results": ["200 replayed"], "calls": ["request"]}),
    ("a batch with another body under its id", batch((EAST, 1, "won")) | {"before": [batch((EAST, 1, "accepted"))]},
     {"status": 200, "results": ["422"], "calls": ["request"]}),
    ("a batch under the id of a single feedback", batch((EAST, 1, "won")) | {"before": [request()]},
     {"status": 200, "results": ["200"], "calls": ONE}),
    ("a batch of no feedback", batch(body="[]"), refused(422, "validation", " required")),
    ("a batch of 101 reports", batch(*[(EAST, 1, "won")] * 101), refused(422, "validation", " too-many")),
    ("a batch that is an object", batch(body='{"results":[]}'), refused(400, "malformed-json")),
    ("a batch with a name twice", batch(body=f'[{{"lead_id":"{EAST}","epoch":1,"epoch":1,"disposition":"won"}}]'),
     refused(400, "malformed-json")),
    ("a batch of feedback of the telemarketing desk", batch((HELD, 1, "won"), principal="telemarketing-desk"), NOT_THIS),
    ("a batch of feedback of a partner", batch((EAST, 1, "won"), principal="partner-hub"), NOT_THIS),
    ("a batch signed for a lead's own route", batch((EAST, 1, "won"), path=f"/v1/leads/{EAST}/feedback"), UNAUTHORIZED),
    ("a batch beyond 1 MiB", batch(body="[]") | {"text": {"join": ["[", {"repeat": [" ", 1 << 20]}, "]"]}},
     refused(413, "payload-too-large")),
]



def listed(queue="sales-cn-east", query="", **rest):
    """A page of a queue's open leads."""
    path = f"/v1/queues/{queue}/leads"
    signed = {"path": path + (f"?{query}" if query else "")} | rest.pop("signed", {})
    case = request(what="", body="", method="GET", query=query, signed=signed, **rest)
    return case | {"route": "GET /v1/queues/{queue}/leads", "path": path}


PAGE = {"status": 200, "calls": ["list"]}
cursor = base64.urlsafe_b64encode(f"{START * 1000:013}#{EAST}".encode()).decode().rstrip("=")
cases += [
    ("a queue's list", listed(), PAGE),
    ("a queue's list, a page of it", listed(query="limit=1"), PAGE),
    ("a queue's list, from a cursor on", listed(query=f"cursor={cursor}&limit=100"), PAGE),
    ("the desk's list", listed("telemarketing", principal="telemarketing-desk"), PAGE),
    ("another tool's queue", listed("sales-europe"), NOT_THIS),
    ("a queue that there is not", listed("sales-mars"), NOT_THIS),
    ("no queue's name", listed("sales%2fcn"), NOT_THIS),
    ("a list for a partner", listed(principal="partner-hub"), NOT_THIS),
    ("a list with a limit that was not signed", listed(query="limit=1", signed={"path": "/v1/queues/sales-cn-east/leads"}), UNAUTHORIZED),
    ("a list signed for another queue", listed(signed={"path": "/v1/queues/sales-cn-west/leads"}), UNAUTHORIZED),
    ("a limit of none", listed(query="limit=0"), refused(422, "validation", "/limit out-of-range")),
    ("a limit of 101", listed(query="limit=101"), refused(422, "validation", "/limit out-of-range")),
    ("a limit in words", listed(query="limit=ten"), refused(422, "validation", "/limit wrong-type")),
    ("two limits", listed(query="limit=1&limit=2"), refused(422, "validation", "/limit duplicate-field")),
    ("a cursor that is none", listed(query="cursor=MTIz"), refused(422, "validation", "/cursor not-a-cursor")),
    ("a cursor into another list", listed(query="cursor=" + base64.urlsafe_b64encode(b"desk#1").decode().rstrip("=")),
     refused(422, "validation", "/cursor not-a-cursor")),
    ("an unknown parameter", listed(query="page=2"), refused(422, "validation", "/page unknown-field")),
]

encoded = request()
encoded["base64"] = base64.b64encode(encoded.pop("text").encode()).decode()
cases.append(("a body that API Gateway has encoded", encoded, DONE))
raw = request(signed={"body": base64.b64encode(ACCEPTED.encode())})
raw["base64"] = base64.b64encode(raw.pop("text").encode()).decode()
cases.append(("a signature over the body as API Gateway has encoded it", raw, UNAUTHORIZED))

# Signed posts of leads, where the path is another one and the time is the stack's beginning.
LEAD = (
    '{"form_id":"partner-feed","contact":{"name":"Li Lei","email":"li.lei@acme-presses.example"},'
    '"source":{"channel":"reseller","owner":"wang.fang"}}'
)


def posted(body=LEAD, principal="partner-hub", headers=None, path="/v1/leads", message_id="msg_1"):
    tag = signature(derived(principal), message_id, START, "POST", path, body.encode())
    sent = {
        "content-type": "application/json", "lead-principal": principal, "webhook-id": message_id,
        "webhook-timestamp": str(START), "webhook-signature": tag,
    }
    return {"route": f"POST {path}", "headers": sent | (headers or {}), "text": body}


TAKEN = {"status": 202, "then": "goes on"}
cases += [
    ("a partner's lead", posted(), TAKEN | {"kept": {"/source/signed_by": "partner-hub", "/source/owner": "wang.fang"}}),
    ("a partner's lead, sent again under another Idempotency-Key",
     posted(headers={"idempotency-key": "k-2"}) | {"before": [posted(headers={"idempotency-key": "k-1"})]},
     TAKEN | {"replayed": True, "calls": ["commit", "lead", "send"]}),
    ("a partner's lead with the honeypot filled in and no time at all",
     posted(LEAD[:-1] + ',"homepage":"https://acme.example","elapsed_ms":1}'), TAKEN),
    ("a partner's lead on a form with a captcha", posted(LEAD.replace("partner-feed", "guarded")), {"status": 202, "then": "held no-consent"}),
    ("a lead of somebody who may not submit", posted(principal="crm-china"), UNAUTHORIZED),
    ("a lead with a signature of nobody's", posted(headers={"lead-principal": "partner-hübe"}), UNAUTHORIZED),
    ("an open lead with one header of a signature, and that not ASCII",
     {"headers": {"lead-principal": "partner-hübe"}, "set": {}}, UNAUTHORIZED),
    ("an open lead with one header of a signature", {"headers": {"webhook-id": "msg_1"}, "set": {}}, UNAUTHORIZED),
    ("a batch of nothing", posted('{"leads":[]}', path="/v1/leads/batch"), refused(422, "validation", "/leads required")),
    ("a batch of no list", posted('{"leads":{}}', path="/v1/leads/batch"), refused(422, "validation", "/leads wrong-type")),
    ("a batch of 101", posted('{"leads":[' + ",".join(["{}"] * 101) + "]}", path="/v1/leads/batch"),
     refused(422, "validation", "/leads too-many")),
    ("a batch signed for the single route", posted('{"leads":[]}') | {"route": "POST /v1/leads/batch"}, UNAUTHORIZED),
]

lines = [
    json.dumps({"name": f"feedback: {name}"} | case | {"expect": expect}, ensure_ascii=False) for name, case, expect in cases
]
pathlib.Path(__file__).with_name("feedback.jsonl").write_text("\n".join(lines) + "\n")
