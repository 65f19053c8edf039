//! The files of cases that the rules must pass: `tests/*.toml`.

use super::Holds::{Flag, Number, SomeOf, Submission, Submissions, Table, Tables, Text, Time, Word};
use super::{File, Part, Words, may, need};

pub(super) const CASES: File = File {
    name: "tests",
    path: "rules/tests/NAME.toml",
    purpose: "leads with the decisions expected for them; `leadctl rules test` runs them",
    words: "Change a rule and its case together. What a case does not expect is not looked at. A failing case prints what came \
            instead, and why.",
    optional: true,
    root: &Part::new("", &[need("case", Tables(&CASE), "A lead and what is to become of it.", "")]),
};

const CASE: Part = Part::new(
    "[[case]]",
    &[
        need("id", Text, "Its name in the report.", r#""key-account""#),
        may("why", Text, "What it is there for.", r#""A key account that only looks is reviewed first.""#),
        may("at", Time, "When the lead comes.", r#""2026-09-29T15:00:00+08:00""#).default("a Monday morning in China"),
        need(
            "lead",
            Submission,
            "The submission, in the words of `docs/http-api.md`. Form, channel and consent are filled in.",
            r#"{ contact = { name = "Ann Lee", email = "ann.lee@harbour-bank.example" }, company = { country = "SG" } }"#,
        ),
        may(
            "without",
            SomeOf(&[("consent", ""), ("form_id", ""), ("source", "")]),
            "What of that is not filled in.",
            r#"["consent"]"#,
        ),
        may(
            "touches",
            Submissions,
            "Further submissions of the same person.",
            r#"[{ contact = { email = "ann.lee@harbour-bank.example" } }]"#,
        ),
        may("signed_by", Text, "Who signed it, of `principals.toml`.", r#""partner-hub""#).default("nobody"),
        may(
            "account",
            Table(&ACCOUNT),
            "The account it belongs to.",
            r#"{ name = "Grosswerk SE", kind = "key", owner = "emma.brandt" }"#,
        )
        .default("none"),
        may(
            "verdict",
            Word(&[("mql", "it is for sales"), ("not_mql", "it is not")]),
            "What a person decided about it, before the rules.",
            r#""mql""#,
        ),
        may("released", Flag, "Whether a person released it after it was held.", "true").default("false"),
        need("expect", Table(&EXPECT), "What is to become of it.", r#"{ queue = "sales-finance" }"#),
    ],
);

const ACCOUNT: Part = Part::new(
    "account = { … }",
    &[
        need("name", Text, "Its name.", r#""Grosswerk SE""#),
        may("domain", Text, "Its domain.", r#""grosswerk.example""#),
        need(
            "kind",
            Word(&[
                ("customer", "it buys from us"),
                ("key", "we want it to, and somebody is set on it"),
                ("competitor", "it sells what we sell"),
            ]),
            "What it is to us.",
            r#""key""#,
        ),
        may("owner", Text, "Who looks after it.", r#""emma.brandt""#),
    ],
);

const EXPECT: Part = Part::new(
    "expect = { … }",
    &[
        may(
            "clean",
            Word(&[("accept", "it is scored"), ("hold", "a person looks first"), ("refuse", "it is no lead")]),
            "Whether it gets past `clean.toml`.",
            r#""hold""#,
        )
        .default("accept"),
        may("clean_rule", Text, "The rule of `clean.toml` that stops it.", r#""no-consent""#),
        may("notify", Flag, "Whether the telemarketing desk is told.", "true"),
        may("intent", Number(0, 100), "The first score.", "70"),
        may("value", Number(0, 100), "The second score.", "86"),
        may("quadrant", Word(QUADRANTS), "The quadrant.", r#""hot""#),
        may("mql", Flag, "Whether it is for sales.", "true"),
        may("queue", Text, "The queue.", r#""sales-europe""#),
        may(
            "rule",
            Text,
            "The step of `route.toml` that finds it; with a table's row, `step.row`.",
            r#""region.europe""#,
        ),
        may("owner", Text, "The salesperson named.", r#""emma.brandt""#),
        may("feedback_due", Time, "By when sales answers.", r#""2026-10-12T15:00:00+08:00""#),
    ],
);

const QUADRANTS: Words = &[
    ("hot", "high intent and high value"),
    ("self_service", "high intent, low value"),
    ("review", "low intent, high value"),
    ("nurture", "low intent and low value"),
];
