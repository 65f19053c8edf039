//! The explanation on a terminal.

use anstyle::{AnsiColor, Style};
use leads::decision::{Axis, Contribution, Quadrant, Trace};
use leads::rules::RuleSet;
use leads::rules::outline::{Category, Scoring};

use super::Explained;
use crate::show;

const HEADING: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const STOP: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();

/// How long a full bar is.
const BAR: i32 = 20;

pub(super) fn print(lead: &Explained, rules: &RuleSet) {
    let source = &lead.submission.source;
    let signer = source.signed_by.as_ref().map_or_else(String::new, |signer| format!(", signed by {signer}"));
    heading("lead");
    println!("  form {}{signer}; came {}; rules {}", lead.submission.form_id, lead.at, rules.version());
    if lead.touches > 0 {
        println!("  {} further submissions of the same person count", lead.touches);
    }
    if lead.refused_at_the_door {
        let why = "an open form may not name an owner or a qualification (422 not-allowed)";
        println!("  {}", paint(STOP, &format!("the intake would refuse it: {why}")));
    }

    heading("normalised");
    for (name, value) in lead.normalised() {
        println!("  {name:<20} {value}");
    }

    let (verdict, reason) = lead.verdict();
    heading("clean");
    print_trace(&lead.tried);
    let keys = if lead.keys.is_empty() { "nothing".to_owned() } else { lead.keys.join(", ") };
    println!("  duplicates are known by {keys}");
    if let Some(reason) = reason {
        let stopped = format!("{verdict}: {reason}; what follows would come of a release");
        println!("  {}", paint(STOP, &stopped));
    }

    print_scores(lead, &rules.scoring_outline());

    heading("route");
    print_trace(&lead.routed.trace);
    let routed = &lead.routed;
    let title = rules.queue(&routed.queue).map_or_else(String::new, |queue| format!(" ({})", queue.title));
    println!("  {}", paint(GOOD, &format!("queue {}{title}, by {}", routed.queue, routed.rule)));
    if let Some(owner) = &routed.owner {
        println!("  owner {owner}");
    }
    match &routed.sla {
        Some(sla) => println!("  answer due {} ({})", sla.feedback_due, sla.policy),
        None => println!("  no answer is due"),
    }
    if let Some(strategy) = &routed.strategy {
        println!("  strategy {strategy}");
    }
}

fn print_scores(lead: &Explained, scoring: &Scoring) {
    let scored = &lead.scored;
    heading("score");
    for (axis, name, sum, high) in [
        (Axis::Intent, "intent", scored.intent, scoring.intent_high),
        (Axis::Value, "value", scored.value, scoring.value_high),
    ] {
        let height = if sum >= high { "high" } else { "low" };
        println!("  {name} {sum} of 100: {height} (high from {high})");
        for category in scoring.categories.iter().filter(|category| category.score == axis) {
            let parts: Vec<_> = scored.contributions.iter().filter(|c| c.category == category.id).collect();
            print_category(category, &parts, scoring);
        }
    }
    let sum = scored.intent + scored.value;
    let standard = scoring.standard;
    let sides = if sum >= standard { "reaches" } else { "is below" };
    println!(
        "  together {sum}, which {sides} the standard of {standard}; quadrant {}",
        show::quadrant(scored.quadrant)
    );
    let why = match (scored.mql, scored.quadrant, sum >= standard) {
        (true, Quadrant::Hot, _) => "qualified (MQL): both scores are high",
        (true, _, true) => "qualified (MQL): together they reach the standard",
        (true, ..) => "qualified (MQL): a person or a signed source says so",
        (false, ..) => "not qualified",
    };
    println!("  {}", paint(if scored.mql { GOOD } else { STOP }, why));
}

fn print_category(category: &Category, parts: &[&Contribution], scoring: &Scoring) {
    let points: i32 = parts.iter().map(|part| part.points).sum();
    let bar = bar(points, category.cap);
    let line = format!("    {:<14} {bar} {points:>4} of {}", category.id, category.cap);
    println!("{}", if parts.is_empty() { paint(FAINT, &line) } else { line });
    for part in parts {
        let why = scoring.rules.iter().find(|rule| rule.id == part.rule).map_or("", |rule| &rule.why);
        println!("      {:>+4} {:<22} {why}", part.points, part.rule);
    }
}

/// Points against their cap; points taken away are drawn in another shade.
fn bar(points: i32, cap: i32) -> String {
    let filled = (points.abs() * BAR + cap / 2) / cap.max(1);
    let shade = if points < 0 { '▒' } else { '█' };
    (0..BAR).map(|at| if at < filled { shade } else { '·' }).collect()
}

fn print_trace(trace: &Trace) {
    for step in &trace.0 {
        let line = format!("{:<22} {}", step.step, step.why);
        match step.fired {
            true => println!("  {}", paint(HEADING, &format!("→ {line}"))),
            false => println!("  {}", paint(FAINT, &format!("  {line}"))),
        }
    }
}

fn heading(text: &str) {
    println!("{}", paint(HEADING, text));
}

fn paint(style: Style, text: &str) -> String {
    if show::colour() { format!("{style}{text}{style:#}") } else { text.to_owned() }
}
