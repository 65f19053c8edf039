//! Backtests, counted by hand; the pages and pictures; and the generator of leads.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod figures;
mod generated;
mod markup;

use leadctl::backtest::accounts::AccountBook;
use leadctl::backtest::engine::Replay;
use leadctl::backtest::report::Report;
use leads::rules::RuleSet;

const QUEUES: &str = r#"
[[queue]]
name = "sales-europe"
kind = "sales"
title = "Sales <Europe> & friends"
[[queue]]
name = "sales-desk"
kind = "sales"
title = "Sales desk"
[[queue]]
name = "self-service"
kind = "self_service"
title = "Web shop"
[[queue]]
name = "review"
kind = "review"
title = "Review"
[[queue]]
name = "nurture"
kind = "nurture"
title = "Nurture"
[[queue]]
name = "telemarketing"
kind = "telemarketing"
title = "Telemarketing"
[[queue]]
name = "sla-breaches"
kind = "breaches"
title = "Overdue"
"#;

const FORMS: &str = "[[form]]\nid = \"contact\"\ntitle = \"Contact\"\nconsent = \"not_required\"\n";

const TEST_LEAD: &str = r#"
[dedupe]
window_days = 30
by = ["email"]
[[rule]]
id = "test-lead"
why = "Somebody tried the form out."
then = "refuse"
when = { field = "contact.name", contains_word_in = ["test"] }
"#;

const NO_PHONE: &str = r#"
[[rule]]
id = "no-phone"
why = "Nobody can call them."
then = "hold"
when = { field = "phone.state", is = "none" }
"#;

/// 60 points of intent for those who buy now, 60 of value for 100 people or more.
const SCORE: &str = r#"
[thresholds]
intent = 50
value = 50
standard = 110
[[category]]
id = "horizon"
score = "intent"
cap = 60
[[rule]]
id = "now"
category = "horizon"
points = 60
why = "They buy now."
when = { field = "interest.horizon", is = "immediate" }
[[category]]
id = "size"
score = "value"
cap = 60
[[rule]]
id = "large"
category = "size"
points = 60
why = "They are many."
when = { field = "company.size", at_least = 100 }
"#;

const ROUTE: &str = r#"
[[step]]
id = "quadrant"
why = "It is below the standard."
when = { field = "score.mql", is = false }
by_quadrant = true
[[step]]
id = "region"
why = "The region is theirs."
table = "regions"
[[step]]
id = "catch-all"
why = "Nobody else takes it."
queue = "sales-desk"
[quadrant.hot]
strategy = "call"
[quadrant.self_service]
queue = "self-service"
[quadrant.review]
queue = "review"
[quadrant.nurture]
queue = "nurture"
[[table]]
id = "regions"
by = ["company.country"]
[[table.row]]
id = "germany"
queue = "sales-europe"
country = ["DE"]
"#;

const FRANCE: &str = "[[table.row]]\nid = \"france\"\nqueue = \"sales-europe\"\ncountry = [\"FR\"]\n";

const SLA: &str = r#"
[[policy]]
id = "sales"
kinds = ["sales"]
calendar = "office"
within = { working_days = 5 }
"#;

const PLAYBOOK: &str = r#"
[[play]]
disposition = "accepted"
action = "keep"
why = "Sales takes it on."
[[play]]
disposition = "won"
action = "close"
why = "They bought."
[[play]]
disposition = "unreachable"
action = "pool"
why = "Nobody answered."
[[play]]
disposition = "not_a_fit"
action = "close"
why = "We have nothing for them."
"#;

const PRINCIPALS: &str = r#"
[[principal]]
id = "crm"
title = "The CRM"
queues = ["sales-europe", "sales-desk", "self-service", "review"]
may = ["feedback"]
"#;

/// A small rule set; the calendar is that of the checkout.
fn rules(clean: &[&str], route: &[&str]) -> RuleSet {
    let calendar = std::fs::read_to_string(rules_folder().join("calendars/europe.toml")).unwrap();
    let files = [
        ("queues.toml", QUEUES.to_owned()),
        ("forms.toml", FORMS.to_owned()),
        ("clean.toml", clean.concat()),
        ("score.toml", SCORE.to_owned()),
        ("route.toml", route.concat()),
        ("sla.toml", SLA.to_owned()),
        ("calendars/office.toml", calendar),
        ("playbook.toml", PLAYBOOK.to_owned()),
        ("principals.toml", PRINCIPALS.to_owned()),
    ];
    let sources: Vec<_> = files.map(|(name, text)| (name.to_owned(), text)).into();
    RuleSet::from_sources(&sources).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    })
}

fn rules_folder() -> std::path::PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "rules"].iter().collect()
}

fn replay(leads: &str, new: &RuleSet, old: &RuleSet, threads: usize) -> Report {
    let replay = Replay { new, old, at: None, accounts: &AccountBook::default(), threads };
    Report::of(&replay.run(leads.as_bytes(), |_| ()).unwrap(), old, new)
}
