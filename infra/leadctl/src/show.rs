//! How results look: plain words, colour only on a terminal, JSON on request.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use leads::decision::{Contribution, ManualVerdict, Quadrant};
use leads::id::Queue;
use leads::lead::Stage;
use leads::rules::RuleSet;

use crate::follow::End;

/// Whether standard output is a terminal, and colour is welcome there.
pub fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A table with a header.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    arrange(&mut table);
    table.set_header(header.iter().map(|text| cell(*text).add_attribute(Attribute::Bold)));
    table
}

/// Lets a table have no lines, and wrap at the terminal's width.
pub fn arrange(table: &mut Table) {
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(160);
    }
}

/// A cell of plain text; its decoration shows on a terminal only.
pub fn cell(text: impl Into<String>) -> Cell {
    Cell::new(text.into())
}

/// A bar for long work, on a terminal only.
pub fn bar(length: usize, what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {elapsed}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// The colour of a stage.
pub fn stage_cell(stage: Stage) -> Cell {
    let colour = match stage {
        Stage::Routed => Some(Color::Green),
        Stage::Held | Stage::Pooled => Some(Color::Yellow),
        Stage::Rejected | Stage::Parked => Some(Color::Red),
        Stage::Merged | Stage::Nurtured => Some(Color::Cyan),
        Stage::Received | Stage::Cleaned | Stage::Scored | Stage::Erased => None,
    };
    match colour {
        Some(colour) if self::colour() => cell(stage.name()).fg(colour),
        _ => cell(stage.name()),
    }
}

/// A manual verdict in words.
pub fn verdict(verdict: ManualVerdict) -> &'static str {
    match verdict {
        ManualVerdict::Mql => "marketing-qualified",
        ManualVerdict::NotMql => "not marketing-qualified",
    }
}

/// A quadrant in words.
pub fn quadrant(quadrant: Quadrant) -> &'static str {
    match quadrant {
        Quadrant::Hot => "hot",
        Quadrant::SelfService => "self-service",
        Quadrant::Review => "review",
        Quadrant::Nurture => "nurture",
    }
}

/// How many points a lead's lines name.
const POINTS_SHOWN: usize = 3;

/// What the rules say for people: why each rule of `score.toml` gives its points, and what each queue is called.
pub struct Words {
    points: BTreeMap<String, String>,
    queues: BTreeMap<Queue, String>,
}

impl Words {
    /// The words of these rules.
    pub fn of(rules: &RuleSet) -> Self {
        let points = rules.scoring_outline().rules.into_iter().map(|rule| (rule.id, rule.why)).collect();
        let queues = rules.queues().iter().map(|queue| (queue.name.clone(), queue.title.clone())).collect();
        Self { points, queues }
    }

    /// What a queue is called.
    pub fn queue<'a>(&'a self, queue: &'a Queue) -> &'a str {
        self.queues.get(queue).map_or(queue.as_str(), String::as_str)
    }

    /// Why a rule of `score.toml` gives its points; its id if these rules do not have it.
    pub fn rule<'a>(&'a self, rule: &'a str) -> &'a str {
        self.points.get(rule).map_or(rule, String::as_str)
    }

    /// The points that weigh most, those that a lead loses included.
    pub fn points(&self, contributions: &[Contribution]) -> String {
        let mut most: Vec<&Contribution> = contributions.iter().collect();
        most.sort_by_key(|contribution| std::cmp::Reverse(contribution.points.abs()));
        let said = most
            .iter()
            .take(POINTS_SHOWN)
            .map(|contribution| format!(" {:+} {}", contribution.points, self.rule(&contribution.rule)));
        said.collect()
    }
}

/// A lead's lines while results arrive: its name, where it went and its scores; below them, why.
pub fn line(name: &str, end: &End, words: &Words) -> String {
    let to = match (&end.queue, &end.reason, &end.merged_into) {
        (Some(queue), ..) => format!("{} → {queue}", end.stage.name()),
        (None, Some(reason), _) => format!("{}: {reason}", end.stage.name()),
        (None, None, Some(master)) => format!("{} into {master}", end.stage.name()),
        _ => end.stage.name().to_owned(),
    };
    let scores = match (end.intent, end.value, end.quadrant) {
        (Some(intent), Some(value), Some(field)) => format!("{intent:>3}/{value:<3} {:<12}", quadrant(field)),
        _ => format!("{:<20}", ""),
    };
    let paint = match end.stage {
        _ if !colour() => "",
        Stage::Routed => "\u{1b}[32m",
        Stage::Held | Stage::Pooled => "\u{1b}[33m",
        Stage::Rejected | Stage::Parked => "\u{1b}[31m",
        _ => "\u{1b}[36m",
    };
    let plain = if paint.is_empty() { "" } else { "\u{1b}[0m" };
    let why = format!("{}{}", end.why, words.points(&end.contributions));
    format!("{name:<34} {paint}{to:<34}{plain} {scores}\n    {why}").trim_end().to_owned()
}
