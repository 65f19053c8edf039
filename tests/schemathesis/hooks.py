"""Requests as the description allows them, and as it does not; signed, if LEAD_KEYS holds keys.

LEAD_KEYS is a JSON object of principals and their keys. Each operation is signed by one who may make it.
"""

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.parse
import urllib.request
import uuid

import requests
import schemathesis

API = os.environ["LEAD_API"]
KEYS = json.loads(os.environ.get("LEAD_KEYS", "{}"))
DESK = "telemarketing-desk"


def principal_of(method, path):
    if path in ("/v1/leads", "/v1/leads/batch"):
        return "partner-hub"
    if path == "/v1/feedback":
        return "crm-china"
    if path.startswith("/v1/queues/"):
        return "crm-china"
    lead = path.split("/")[3]
    return DESK if path.endswith("/verdict") or lead in HELD else "crm-china"


def signature(principal, method, path, body):
    """The four headers, as docs/http-api.md describes them."""
    message_id, timestamp = f"msg_{uuid.uuid4()}", str(int(time.time()))
    key = base64.b64decode(KEYS[principal].removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.{method} {path}\n".encode() + body
    return {
        "lead-principal": principal,
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode(),
    }


class Signed(requests.auth.AuthBase):
    """Signs what is really sent, byte for byte."""

    def __call__(self, request):
        whole = request.path_url
        path = urllib.parse.unquote(whole[whole.index("/v1/") :])
        body = request.body or b""
        if hasattr(body, "read"):
            return request
        body = body.encode() if isinstance(body, str) else body
        request.headers.update(signature(principal_of(request.method, path), request.method, path, body))
        return request


def send(method, path, body=None, principal=None):
    data = json.dumps(body).encode() if body is not None else b""
    headers = {"content-type": "application/json"}
    if principal:
        headers |= signature(principal, method, path, data)
    request = urllib.request.Request(API + path, data or None, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


def existing(phone):
    """A new lead, as soon as somebody may read it."""
    lead = {
        "form_id": "contact",
        "contact": {"name": "Li Lei", "email": f"li.{uuid.uuid4().hex[:12]}@acme-{uuid.uuid4().hex[:12]}.example", "phone": phone},
        "company": {"country": "CN", "province": "Jiangsu", "size": 900},
        "interest": {"horizon": "immediate", "budget": {"minor": 320000000, "currency": "CNY"}},
        "source": {"channel": "website"},
        "consent": {"purpose": "sales_contact", "text_version": "1"},
        "tags": {"interaction": [{"kind": "demo_request"}]},
    }
    status, answer = send("POST", "/v1/leads", lead)
    assert status == 202, status
    return answer["lead_id"]


def readable(lead, principal):
    for _ in range(120):
        if send("GET", f"/v1/leads/{lead}", principal=principal)[0] == 200:
            return
        time.sleep(0.5)
    raise SystemExit(f"{principal} cannot read {lead}, which was to reach its queue")


ROUTED, HELD = [], []
if KEYS:
    ROUTED = [existing(None) for _ in range(4)]
    HELD = [existing("13111111111") for _ in range(4)]
    for lead in ROUTED:
        readable(lead, "crm-china")
    for lead in HELD:
        readable(lead, DESK)
    schemathesis.auth.set_from_requests(Signed())


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Most ids are those of leads that are there, or nearly all answers would be 404."""
    if KEYS and path_parameters and isinstance(path_parameters.get("id"), str):
        leads = HELD if context.operation.path.endswith("/verdict") else ROUTED + HELD
        choice = sum(path_parameters["id"].encode()) % (len(leads) + 1)
        if choice < len(leads):
            return {**path_parameters, "id": leads[choice]}
    return path_parameters


@schemathesis.check
def errors_are_problems(context, response, case):
    """Whatever is not done is a problem document, but for what API Gateway answers by itself."""
    # CORS preflights are API Gateway's whole.
    if response.status_code < 400 or case.method.upper() == "OPTIONS":
        return
    kind = response.headers.get("content-type", [""])[0]
    body = response.json()
    if kind.startswith("application/problem+json"):
        assert body["status"] == response.status_code, "the document tells another status"
        assert body["type"].startswith("/problems/") and body["title"] and body["detail"], "the document is not whole"
    else:
        assert response.status_code in (404, 413, 429) and set(body) == {"message"}, f"{kind}: {body}"
