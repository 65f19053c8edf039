//! `playbook.toml`: what follows from what sales reports.

use std::collections::HashMap;

use super::diagnostic::Code;
use super::reader::Table;

/// What follows from one disposition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Play {
    /// What is done with the lead.
    pub action: PlayAction,
    /// Why, in plain words.
    pub why: String,
}

/// What is done with a lead once sales has reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayAction {
    /// Sales works on.
    Keep,
    /// Nothing more will come of it.
    Close,
    /// It waits, and comes back by itself if a number of days is set.
    Pool {
        /// Days until it is scored again.
        reactivate_after_days: Option<u32>,
    },
}

pub(super) type Playbook = HashMap<String, Play>;

pub(super) fn read(root: Table<'_>) -> Playbook {
    let mut playbook = Playbook::new();
    for mut table in root.tables("play") {
        let disposition = table.identify("disposition");
        let why = table.need_text("why").unwrap_or_default();
        let days = table.integer("reactivate_after_days", 1..=3650).and_then(|days| u32::try_from(days).ok());
        let action = table.need_choice(
            "action",
            &[
                ("keep", PlayAction::Keep),
                ("close", PlayAction::Close),
                ("pool", PlayAction::Pool { reactivate_after_days: days }),
            ],
        );
        if days.is_some() && matches!(action, Some(PlayAction::Keep | PlayAction::Close)) {
            table.report(
                "reactivate_after_days",
                Code::Pointless,
                "only a pooled lead comes back",
                "write action = \"pool\" or take the days out",
            );
        }
        if let Some(action) = action
            && playbook.insert(disposition.clone(), Play { action, why }).is_some()
        {
            table.report(
                "disposition",
                Code::Twice,
                format!("disposition `{disposition}` is listed twice"),
                "take one out",
            );
        }
        table.finish();
    }
    root.finish();
    playbook
}
