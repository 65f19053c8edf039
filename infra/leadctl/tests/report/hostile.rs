//! What anybody may have typed into a form or a sales tool: HTML, scripts, formulas, marks that turn text around.

use std::path::PathBuf;

use serde_json::json;

use super::{folder, leadctl_fine, read};

const SCRIPT: &str = "<script>alert(1)</script>";
const IMAGE: &str = "\"><img src=x onerror=alert(2)>";
const FORMULA: &str = "=HYPERLINK(\"http://evil.example\",\"x\")";
const TURNED: &str = "a\u{202e}cod.exe\u{2066}\u{0}";

/// Rows of a lead, written by hand.
fn rows() -> PathBuf {
    let folder = folder("hostile");
    let (lead, at) = ("ld_AAAAAAAAAAAAAAAAAAAAAA", "2026-03-01T10:00:00Z");
    let money = json!({ "minor": 100_001, "currency": "<b>" });
    let text = [
        json!({
            "row": "state", "lead_id": lead, "version": 9, "stage": "routed", "entered": 4, "stage_at": at, "received_at": at,
            "epoch": 1,
        }),
        json!({
            "row": "submission", "lead_id": lead, "at": at,
            "submission": {
                "form_id": "contact", "contact": { "name": "Secret Person", "email": "secret@person.example" },
                "company": { "industry": IMAGE, "country": "Germany", "name": "Secret Company" },
                "interest": { "product": FORMULA, "message": "secret message" },
                "source": { "channel": "event", "campaign": "fair-2026" },
            },
        }),
        json!({
            "row": "decision", "lead_id": lead, "epoch": 1, "decided_at": at, "queue": "sales-desk", "owner": TURNED,
            "rule": "r", "delivery_id": "dl_AAAAAAAAAAAAAAAAAAAAAA", "rules_version": SCRIPT,
            "scored": {
                "intent": 60, "value": 60, "quadrant": "hot", "mql": true, "contributions": [], "rules_version": SCRIPT,
            },
            "sla": { "policy": "p", "feedback_due": "2026-03-05T10:00:00Z" }, "trace": [],
        }),
        json!({
            "row": "feedback", "lead_id": lead, "version": 8, "at": "2026-03-02T10:00:00Z", "epoch": 1, "principal": "crm",
            "disposition": "won", "mapped": true, "amount": money, "note": "secret note",
        }),
        json!({
            "row": "feedback", "lead_id": "ld_BBBBBBBBBBBBBBBBBBBBBB", "version": 3, "at": at, "epoch": 1, "principal": "crm",
            "disposition": "+1+cmd|' /C calc'!A0", "mapped": false,
        }),
        json!({
            "row": "state", "lead_id": "ld_BBBBBBBBBBBBBBBBBBBBBB", "version": 3, "stage": "rejected", "entered": 4,
            "stage_at": at, "received_at": at, "epoch": 1, "reason": { "code": "@x", "rule": "-2+3", "text": "" },
        }),
    ];
    let file = folder.join("rows.jsonl");
    std::fs::write(&file, text.map(|row| row.to_string()).join("\n")).unwrap();
    file
}

#[test]
fn text_stays_text() {
    let rows = rows();
    for by in ["industry", "owner"] {
        let report = |ending: &str| {
            let out = rows.with_file_name(format!("{by}.{ending}"));
            leadctl_fine(&["report", rows.to_str().unwrap(), "--by", by, "--out", out.to_str().unwrap()]);
            (std::fs::read_to_string(&out).unwrap(), out)
        };
        let (html, _) = report("html");
        assert_eq!(html.matches("<script>").count(), 1, "its own alone");
        assert!(!html.contains("<img") && !html.contains("<b>") && html.contains("&lt;b&gt;"));
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && html.contains("=HYPERLINK(&quot;"));
        assert!(html.contains("a\\u{202e}cod.exe\\u{2066}\\u{0}"), "shown, not obeyed");
        if by == "industry" {
            assert!(html.contains("&quot;&gt;&lt;img src=x onerror=alert(2)&gt;"));
        }
        let (json, path) = report("json");
        let told = read(&path);
        assert_eq!(told["places"][0]["interest"], FORMULA);
        assert_eq!(told["deadlines"][0]["owner"], "a\\u{202e}cod.exe\\u{2066}\\u{0}");
        let (csv, path) = report("csv");
        let mut reader = csv::Reader::from_path(path).unwrap();
        let cells: Vec<String> =
            reader.records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect();
        for cell in &cells {
            let acts = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!acts || cell.parse::<f64>().is_ok(), "{cell:?}");
        }
        assert!(cells.iter().any(|cell| cell.contains(FORMULA)), "it is there all the same");
        assert!(cells.iter().any(|cell| cell == "'@x" || cell.contains("'@x") || cell.contains("@x")));
        for text in [html, json, csv] {
            assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{0}']), "marks that turn text around");
            for secret in ["Secret", "secret"] {
                assert!(!text.contains(secret), "nothing of the person");
            }
        }
    }
}
