//! Lists as files of their own: read, named, and reported with their line.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

use leads::rules::RuleSet;

mod shipped;

/// The shipped rules with a file more, or another text for one.
fn with(name: &str, text: &str) -> Vec<(String, String)> {
    let mut sources = shipped::sources();
    sources.retain(|(file, _)| file != name);
    sources.push((name.to_owned(), text.to_owned()));
    sources
}

fn problems(sources: &[(String, String)]) -> Vec<String> {
    let problems = RuleSet::from_sources(sources).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn an_entry_that_can_never_fit_is_reported_with_its_line() {
    for (text, expected) in [
        ("# a comment\n\nyopmail.com\njoe@yopmail.com\n", "lists/disposable-mail.txt:4: "),
        ("yopmail.com\nhttp://yopmail.com/\n", "lists/disposable-mail.txt:2: "),
        ("localhost\n", "lists/disposable-mail.txt:1: "),
        ("# nothing\n", "lists/disposable-mail.txt: "),
    ] {
        let problems = problems(&with("lists/disposable-mail.txt", text));
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{text:?}: {problems:?}");
    }
}

#[test]
fn a_list_has_one_place() {
    let found = problems(&with("lists/test-domains.txt", "example.com\n"));
    assert!(found.len() == 1 && found[0].contains("list `test-domains` also stands in lists.toml"), "{found:?}");
    let found = problems(&with("lists/notes.toml", ""));
    assert!(found.len() == 1 && found[0].contains("lists/NAME.txt"), "{found:?}");
}

#[test]
fn the_version_follows_the_lists() {
    let version = |sources: &[(String, String)]| RuleSet::from_sources(sources).unwrap().version().to_owned();
    let free = "lists/free-mail.txt";
    assert_ne!(version(&with(free, "gmail.com\n")), version(&with(free, "gmail.com\nqq.com\n")));
}
