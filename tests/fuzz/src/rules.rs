//! Rule files that somebody edits. An input says which of the shipped files, and is the edits: where (two bytes), how
//! many bytes go (one), how many come (one), and these.

use std::sync::LazyLock;

use leads::rules::{self, RuleSet};

use crate::text::is_fit;

static SHIPPED: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let infra = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra");
    let mut sources = support::config::rule_sources(format!("{infra}/rules").as_ref()).unwrap();
    sources.push(("queues.toml".into(), std::fs::read_to_string(format!("{infra}/queues.toml")).unwrap()));
    sources.retain(|(name, _)| !name.starts_with("tests/"));
    // A thousand more domains and holidays take time, and show nothing new.
    for (name, text) in &mut sources {
        if name.starts_with("lists/") {
            *text = text.lines().take(20).map(|line| format!("{line}\n")).collect();
        } else if name.starts_with("calendars/") {
            let end = text.match_indices("[[").nth(3).map_or(text.len(), |(at, _)| at);
            text.truncate(end);
        }
    }
    sources.sort();
    sources
});

pub(crate) fn mutated(data: &[u8]) {
    let Some((which, mut edits)) = data.split_first() else { return };
    let mut sources = SHIPPED.clone();
    let which = usize::from(*which) % sources.len();
    let mut text = sources[which].1.clone().into_bytes();
    while let [high, low, gone, come, rest @ ..] = edits {
        let (new, after) = rest.split_at(rest.len().min(usize::from(*come)));
        let at = usize::from(u16::from_be_bytes([*high, *low])) % (text.len() + 1);
        let end = text.len().min(at + usize::from(*gone));
        text.splice(at..end, new.iter().copied());
        edits = after;
    }
    // Files that are no text are not handed over at all.
    let Ok(text) = String::from_utf8(text) else { return };
    sources[which].1 = text;

    let found = rules::check(&sources, jiff::civil::date(2026, 3, 1));
    for problem in &found {
        assert!(sources.iter().any(|(name, _)| *name == problem.file), "{problem}");
        assert!(is_fit(&problem.to_string()), "a terminal would act on {problem:?}");
    }
    match RuleSet::from_sources(&sources) {
        Ok(rules) => assert_eq!(RuleSet::from_sources(&sources).unwrap().version(), rules.version()),
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a word");
            assert!(problems.iter().all(|problem| found.contains(problem)), "the check finds less than the loader");
        }
    }
}
