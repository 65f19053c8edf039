//! Every kind of mistake in a rule file is reported with its place and its mend, and all mistakes at once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

use std::path::Path;

use leads::rules::{Diagnostic, RuleSet};

/// A small rule set without a problem.
const SOUND: &[(&str, &str)] = &[
    (
        "queues.toml",
        r#"
queue = [
    { name = "east", kind = "sales", title = "East" },
    { name = "desk", kind = "sales", title = "Desk" },
    { name = "shop", kind = "self_service", title = "Shop" },
    { name = "nurture", kind = "nurture", title = "Nurture" },
    { name = "calls", kind = "telemarketing", title = "Calls" },
    { name = "late", kind = "breaches", title = "Late" },
]
"#,
    ),
    ("forms.toml", "[[form]]\nid = \"web\"\nredirects = [\"https://firma.example/thanks\"]\n"),
    ("lists.toml", "tests = [\"test\"]\n"),
    (
        "clean.toml",
        r#"[dedupe]
window_days = 90
by = ["email"]

[[rule]]
id = "test"
why = "A test."
then = "refuse"
when = { field = "contact.name", only_words_in = "tests" }

[[rule]]
id = "far"
why = "Too far."
then = "hold"
when = { field = "company.country", in = ["AQ"] }
"#,
    ),
    (
        "score.toml",
        r#"[thresholds]
intent = 50
value = 50
standard = 100

[[category]]
id = "wish"
score = "intent"
cap = 100

[[category]]
id = "worth"
score = "value"
cap = 100

[[rule]]
id = "now"
category = "wish"
points = 60
when = { field = "interest.horizon", is = "immediate" }

[[rule]]
id = "large"
category = "worth"
points = 60
when = { field = "company.size", at_least = 500 }
"#,
    ),
    (
        "route.toml",
        r#"[[step]]
id = "below"
why = "Below the standard."
when = { field = "score.mql", is = false }
by_quadrant = true

[[step]]
id = "region"
why = "The region."
table = "regions"

[[step]]
id = "rest"
why = "The rest."
queue = "desk"

[quadrant]
hot = {}
self_service = { queue = "shop" }
review = { queue = "shop" }
nurture = { queue = "nurture" }

[[table]]
id = "regions"
by = ["company.province", "company.country"]
row = [
    { id = "east", queue = "east", province = ["江苏"] },
    { id = "abroad", queue = "desk", country = ["DE"] },
]
"#,
    ),
    ("sla.toml", "[[policy]]\nid = \"five\"\nkinds = [\"sales\"]\ncalendar = \"cn\"\nwithin = { working_days = 5 }\n"),
    ("calendars/cn.toml", "time_zone = \"Asia/Shanghai\"\n[hours]\nmonday = [\"09:00-18:00\"]\n"),
    ("playbook.toml", "[[play]]\ndisposition = \"won\"\naction = \"close\"\nwhy = \"Won.\"\n"),
    ("principals.toml", "[[principal]]\nid = \"crm\"\nqueues = [\"east\", \"desk\"]\nmay = [\"feedback\"]\n"),
];

fn sources() -> Vec<(String, String)> {
    SOUND.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// The problems, one a line, after replacing `old` by `new` in `file`.
fn problems(changes: &[(&str, &str, &str)]) -> Vec<String> {
    let mut sources = sources();
    for (file, old, new) in changes {
        let source = sources.iter_mut().find(|(name, _)| name == file).unwrap();
        assert!(source.1.contains(old), "{file} does not hold {old}");
        source.1 = source.1.replacen(old, new, 1);
    }
    let problems = RuleSet::from_sources(&sources).err().unwrap_or_default();
    problems.iter().map(line).collect()
}

fn line(Diagnostic { file, line, rule, problem, mend, .. }: &Diagnostic) -> String {
    let line = line.map_or_else(String::new, |line| format!(":{line}"));
    let rule = rule.as_ref().map_or_else(String::new, |rule| format!("rule `{rule}`: "));
    format!("{file}{line}: {rule}{problem}; {mend}")
}

#[test]
fn a_sound_set_has_no_problem() {
    assert_eq!(problems(&[]), Vec::<String>::new());
}

#[test]
fn each_mistake_is_found() {
    // file, what is replaced, by what, how the one problem begins
    let rows: &[(&str, &str, &str, &str)] = &[
        ("clean.toml", "window_days = 90", "window_days = ", "clean.toml:2: "),
        (
            "clean.toml",
            "window_days = 90",
            "window_days = 0",
            "clean.toml:2: `window_days` is out of range; write a whole number from 1 to 1095",
        ),
        ("clean.toml", "by = [\"email\"]", "by = [\"fax\"]", "clean.toml:3: duplicates are not known by `fax`"),
        ("clean.toml", "then = \"refuse\"", "then = \"delete\"", "clean.toml:8: rule `test`: unknown outcome `delete`"),
        (
            "clean.toml",
            "then = \"refuse\"",
            "then = \"refuse\"\nnotify = true",
            "clean.toml:9: rule `test`: only of a lead that is held is anybody told",
        ),
        ("clean.toml", "why = \"A test.\"", "", "clean.toml:5: rule `test`: `why` is missing; add why = \"…\""),
        (
            "clean.toml",
            "why = \"A test.\"",
            "why = \"A test.\"\npriority = 1",
            "clean.toml:8: rule `test`: unknown key `priority`; use one of: ",
        ),
        (
            "clean.toml",
            "contact.name",
            "contact.nmae",
            "clean.toml:9: rule `test`: unknown field `contact.nmae`; use one of: form_id, ",
        ),
        (
            "clean.toml",
            "only_words_in = \"tests\"",
            "only_words_in = \"tsets\"",
            "clean.toml:9: rule `test`: unknown list `tsets`; name one of the lists: tests",
        ),
        (
            "clean.toml",
            "only_words_in = \"tests\"",
            "equals = \"x\"",
            "clean.toml:9: rule `test`: the condition needs exactly one operator",
        ),
        (
            "clean.toml",
            "only_words_in = \"tests\"",
            "at_least = 3",
            "clean.toml:9: rule `test`: `at_least` does not suit `contact.name`",
        ),
        (
            "clean.toml",
            "only_words_in = \"tests\"",
            "in = []",
            "clean.toml:9: rule `test`: the condition can never hold: it lists no value",
        ),
        (
            "clean.toml",
            "in = [\"AQ\"]",
            "in = [\"Atlantis\"]",
            "clean.toml:15: rule `far`: `company.country` can never be `Atlantis`; write an ISO 3166 code",
        ),
        (
            "clean.toml",
            "{ field = \"company.country\", in = [\"AQ\"] }",
            "{ field = \"source.channel\", is = \"fax\" }",
            "clean.toml:15: rule `far`: `source.channel` can never be `fax`; use one of: website",
        ),
        (
            "clean.toml",
            "{ field = \"company.country\", in = [\"AQ\"] }",
            "{ field = \"company.size\", is = 3 }",
            "clean.toml:15: rule `far`: a number has no `is`",
        ),
        (
            "clean.toml",
            "{ field = \"company.country\", in = [\"AQ\"] }",
            "{ field = \"score.intent\", at_least = 3 }",
            "clean.toml:15: rule `far`: `score.intent` is not known yet at this stage",
        ),
        ("clean.toml", "id = \"far\"", "id = \"test\"", "clean.toml:11: rule `test`: id `test` is given twice"),
        (
            "score.toml",
            "standard = 100",
            "standard = 150",
            "score.toml:1: no lead can reach the standard of 150: the rules give at most 120",
        ),
        ("score.toml", "intent = 50", "intent = 70", "score.toml:1: no lead can reach the intent threshold of 70"),
        ("score.toml", "category = \"worth\"", "category = \"wroth\"", "score.toml:"),
        ("score.toml", "cap = 100", "cap = 55", "score.toml:16: rule `now`: 60 points are more than the cap 55"),
        (
            "route.toml",
            "queue = \"desk\"\n\n[quadrant]",
            "queue = \"dsek\"\n\n[quadrant]",
            "route.toml:15: rule `rest`: unknown queue `dsek`",
        ),
        (
            "route.toml",
            "queue = \"desk\"\n\n[quadrant]",
            "queue = \"desk\"\nwhen = { field = \"company.size\", at_least = 1 }\n\n[quadrant]",
            "route.toml:1: there is no catch-all",
        ),
        ("route.toml", "table = \"regions\"", "queue = \"east\"", "route.toml:"),
        ("route.toml", "province = [\"江苏\"]", "city = [\"苏州\"]", "route.toml:27: rule `east`: "),
        (
            "sla.toml",
            "calendar = \"cn\"",
            "calendar = \"mars\"",
            "sla.toml:4: rule `five`: unknown calendar `mars`; use one of: cn; or add calendars/mars.toml",
        ),
        (
            "sla.toml",
            "working_days = 5",
            "working_days = 5, minutes = 3",
            "sla.toml:5: rule `five`: `within` needs exactly one length",
        ),
        ("sla.toml", "kinds = [\"sales\"]", "queues = [\"east\"]", "sla.toml:1: sales queue `desk` has no policy"),
        ("calendars/cn.toml", "Asia/Shanghai", "Asia/Shangai", "calendars/cn.toml:1: unknown time zone"),
        ("calendars/cn.toml", "09:00-18:00", "18:00-09:00", "calendars/cn.toml:"),
        (
            "playbook.toml",
            "action = \"close\"",
            "action = \"close\"\nreactivate_after_days = 9",
            "playbook.toml:4: rule `won`: only a pooled lead comes back",
        ),
        ("principals.toml", "\"desk\"]", "\"dusk\"]", "principals.toml:"),
        ("principals.toml", "may = [\"feedback\"]", "may = [\"fly\"]", "principals.toml:"),
        (
            "forms.toml",
            "https://",
            "ftp://",
            "forms.toml:3: rule `web`: `ftp://firma.example/thanks` is no https address",
        ),
        ("queues.toml", "kind = \"breaches\"", "kind = \"nurture\"", "queues.toml:"),
    ];
    for (file, old, new, begins) in rows {
        let found = problems(&[(file, old, new)]);
        assert!(found.iter().any(|problem| problem.starts_with(begins)), "{new}: {found:#?}");
        // A mistake may have consequences, but no avalanche of them.
        assert!(found.len() <= 4, "{new}: {found:#?}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let found = problems(&[
        ("clean.toml", "contact.name", "contact.nmae"),
        ("clean.toml", "[\"AQ\"]", "[\"Atlantis\", \"Lemuria\"]"),
        ("route.toml", "queue = \"east\"", "queue = \"esat\""),
        ("sla.toml", "calendar = \"cn\"", "calendar = \"mars\""),
    ]);
    let files: Vec<_> = found.iter().filter_map(|problem| problem.split(": ").next()).collect();
    assert_eq!(files, ["clean.toml:9", "clean.toml:15", "clean.toml:15", "route.toml:27", "sla.toml:4"], "{found:#?}");
}

#[test]
fn missing_and_unknown_files_are_named() {
    let mut sources = sources();
    sources.retain(|(name, _)| name != "sla.toml");
    sources.push(("routes.toml".to_owned(), String::new()));
    let problems = RuleSet::from_sources(&sources).unwrap_err();
    let files: Vec<_> = problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(files, ["routes.toml", "sla.toml"]);
    assert!(!Path::new(&problems[0].file).is_absolute());
}
