//! `clean.toml`: which submissions are refused or held, and by what duplicates are known.

use super::condition::Condition;
use super::diagnostic::Code;
use super::lint;
use super::lists::Lists;
use super::reader::{Site, Table};

/// The rules of `clean`, in order; the first that applies decides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cleaning {
    pub(crate) rules: Vec<CleanRule>,
    /// By what two submissions are known to come from one person, in order of precedence.
    pub(crate) duplicates_by: Vec<DuplicateBy>,
    /// For how long a duplicate is looked for.
    pub(crate) window_days: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct CleanRule {
    pub(crate) id: String,
    pub(crate) why: String,
    pub(crate) when: Condition,
    /// The reason code.
    pub(crate) reason: String,
    pub(crate) then: Then,
    pub(super) line: Option<usize>,
}

impl CleanRule {
    pub(super) fn site(&self) -> Site {
        Site { file: "clean.toml".to_owned(), line: self.line, rule: Some(self.id.clone()) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// An exception: no later rule stops the lead.
    Accept,
    Refuse,
    Hold {
        notify: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DuplicateBy {
    Email,
    Phone,
    /// Company and name.
    Person,
}

impl DuplicateBy {
    const NAMES: [(&str, Self); 3] = [("email", Self::Email), ("phone", Self::Phone), ("person", Self::Person)];
}

pub(super) fn read(root: Table<'_>, lists: &Lists) -> Cleaning {
    let mut cleaning = Cleaning { window_days: 180, ..Cleaning::default() };
    if let Some(table) = root.need_table("dedupe", "add [dedupe] with window_days and by") {
        cleaning.window_days =
            table.need_integer("window_days", 1..=1095).and_then(|n| u32::try_from(n).ok()).unwrap_or(180);
        for (by, site) in table.choices("by", &DuplicateBy::NAMES) {
            if cleaning.duplicates_by.contains(&by) {
                site.report(table.problems(), Code::Twice, "`by` lists the same twice", "take one out");
            }
            cleaning.duplicates_by.push(by);
        }
        table.finish();
    }
    for mut table in root.tables("rule") {
        let id = table.identify("id");
        let why = table.need_text("why").unwrap_or_default();
        let when = Condition::of_rule(&table, lists);
        let reason = table.text("reason").unwrap_or_else(|| id.clone());
        let notify = table.flag("notify");
        let hold = Then::Hold { notify: notify.unwrap_or(true) };
        let then = table.need_choice("then", &[("refuse", Then::Refuse), ("hold", hold), ("accept", Then::Accept)]);
        if notify.is_some() && matches!(then, Some(Then::Refuse | Then::Accept)) {
            let problem = "only of a lead that is held is anybody told";
            table.report("notify", Code::Pointless, problem, "take notify out, or write then = \"hold\"");
        }
        if matches!(when, Some(Condition::Always)) {
            table.report("when", Code::AppliesToAll, "the rule would stop every lead", "add a condition");
        }
        if let Some(condition) = &when {
            lint::known_to(lint::Stage::Clean, &table, condition);
        }
        if let (Some(when), Some(then)) = (when, then) {
            let line = table.site().line;
            cleaning.rules.push(CleanRule { id, why, when, reason, then, line });
        }
        table.finish();
    }
    lint::unique(cleaning.rules.iter().map(CleanRule::site), root.problems());
    root.finish();
    cleaning
}
