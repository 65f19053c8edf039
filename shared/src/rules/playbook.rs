//! `playbook.toml`: what follows from what sales reports.

use std::collections::BTreeMap;

use crate::id::Queue;

use super::condition::Condition;
use super::diagnostic::Code;
use super::lint;
use super::lists::Lists;
use super::queues::{self, Queues};
use super::reader::Table;

/// What follows from one disposition, for some leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Play {
    /// What is done with the lead.
    pub action: PlayAction,
    /// Why, in plain words.
    pub why: String,
    pub(crate) when: Condition,
    pub(crate) older_than_days: Option<u32>,
}

impl Play {
    /// For leads that came longer ago than so many days.
    pub fn older_than_days(&self) -> Option<u32> {
        self.older_than_days
    }

    /// Whether it is for every lead.
    pub fn is_for_all(&self) -> bool {
        self.when == Condition::Always && self.older_than_days.is_none()
    }
}

/// What is done with a lead once sales has reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayAction {
    /// Somebody is on it, and the answer is still due.
    Acknowledge,
    /// Sales works on.
    Keep,
    /// Nothing more will come of it.
    Close,
    /// It waits, and comes back by itself on the date that was reported, or after a number of days if one is set.
    Pool {
        /// Days until it is scored again.
        reactivate_after_days: Option<u32>,
    },
    /// It goes to the nurture queue.
    Nurture {
        /// The track to suggest, where it is not that of the quadrant.
        track: Option<String>,
    },
    /// It goes to another queue.
    HandOn {
        /// Which.
        queue: Queue,
    },
    /// It waits for the telemarketing desk, which is told.
    Call,
    /// It waits, never comes back by itself, and nobody writes or calls of our own accord.
    Suppress,
}

impl PlayAction {
    /// Whether the lead goes to another queue.
    pub fn hands_on(&self) -> bool {
        matches!(self, Self::Nurture { .. } | Self::HandOn { .. })
    }
}

/// What the file calls an action, before what else it says is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Acknowledge,
    Keep,
    Close,
    Pool,
    Nurture,
    HandOn,
    Call,
    Suppress,
}

const WORDS: [(&str, Word); 8] = [
    ("acknowledge", Word::Acknowledge),
    ("keep", Word::Keep),
    ("close", Word::Close),
    ("pool", Word::Pool),
    ("nurture", Word::Nurture),
    ("hand_on", Word::HandOn),
    ("call", Word::Call),
    ("suppress", Word::Suppress),
];

/// The plays of each disposition, in the order in which they are asked.
pub(super) type Playbook = BTreeMap<String, Vec<Play>>;

pub(super) fn read(root: Table<'_>, lists: &Lists, queues: &Queues) -> Playbook {
    let mut playbook = Playbook::new();
    for mut table in root.tables("play") {
        let disposition = table.identify("disposition");
        let why = table.need_text("why").unwrap_or_default();
        let when = Condition::of_rule(&table, lists);
        when.iter().for_each(|when| lint::known_to(lint::Stage::Route, &table, when));
        let days = |key| table.integer(key, 1..=3650).and_then(|days| u32::try_from(days).ok());
        let older_than_days = days("older_than_days");
        let reactivate_after_days = days("reactivate_after_days");
        let queue = queues::named(&table, "queue", queues);
        let word = table.need_choice("action", &WORDS);
        if table.has("reactivate_after_days") && word.is_some_and(|word| word != Word::Pool) {
            let problem = "only a pooled lead comes back";
            table.report(
                "reactivate_after_days",
                Code::Pointless,
                problem,
                "write action = \"pool\" or take the days out",
            );
        }
        if table.has("queue") && word.is_some_and(|word| word != Word::HandOn) {
            let problem = "only a lead that is handed on goes to a queue";
            table.report("queue", Code::Pointless, problem, "write action = \"hand_on\" or take the queue out");
        }
        let track = table.text("track");
        if table.has("track") && word.is_some_and(|word| word != Word::Nurture) {
            let problem = "only a lead that is nurtured has a track";
            table.report("track", Code::Pointless, problem, "write action = \"nurture\" or take the track out");
        }
        if !table.has("queue") && word == Some(Word::HandOn) {
            table.report("queue", Code::MissingKey, "`queue` is missing", "add queue = \"…\"");
        }
        let action = word.and_then(|word| {
            Some(match word {
                Word::Acknowledge => PlayAction::Acknowledge,
                Word::Keep => PlayAction::Keep,
                Word::Close => PlayAction::Close,
                Word::Pool => PlayAction::Pool { reactivate_after_days },
                Word::Nurture => PlayAction::Nurture { track },
                Word::HandOn => PlayAction::HandOn { queue: queue? },
                Word::Call => PlayAction::Call,
                Word::Suppress => PlayAction::Suppress,
            })
        });
        if let (Some(action), Some(when)) = (action, when) {
            let plays = playbook.entry(disposition.clone()).or_default();
            if plays.iter().any(Play::is_for_all) {
                let problem = format!("disposition `{disposition}` is listed twice");
                table.report("disposition", Code::Twice, problem, "take one out, or put the one with `when` first");
            }
            plays.push(Play { action, why, when, older_than_days });
        }
        table.finish();
    }
    root.finish();
    playbook
}
