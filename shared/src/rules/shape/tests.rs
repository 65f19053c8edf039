//! The shapes say what the readers ask for, no more and no less.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::decision::{Account, AccountKind};
use crate::rules::cases;
use crate::rules::condition::operators;
use crate::rules::diagnostic::Code;
use crate::rules::reader::Problems;
use crate::rules::{RuleSet, check};

use super::condition::{JOINTS, OPERATORS, Operator, cells, fields};
use super::json_schema::parsed;
use super::*;

/// A good sample: its own files over those of the sound set.
fn sample(name: &str) -> Vec<(String, String)> {
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/good");
    let mut files = BTreeMap::new();
    for folder in ["sound", name] {
        for below in ["", "calendars/", "owners/", "tests/"] {
            let Ok(entries) = std::fs::read_dir(good.join(folder).join(below)) else { continue };
            for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
                let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
                files.insert(name, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    files.into_iter().collect()
}

/// Table, key, and what it holds or `needed`.
type Asked = BTreeSet<(String, String, String)>;

fn asked() -> Asked {
    let mut asked = Asked::new();
    for name in ["everything", "columns"] {
        let problems = Problems::default();
        RuleSet::build(&sample(name), &problems).unwrap();
        asked.extend(problems.asked.take());
    }
    let of_any = |path: String| {
        let path = path.replace("calendars/cn", "calendars/NAME");
        path.replace("owners/east", "owners/QUEUE")
            .replace("owners/desk", "owners/QUEUE")
            .replace("owners/shop", "owners/QUEUE")
    };
    asked.into_iter().map(|(path, key, what)| (of_any(path), key, what)).collect()
}

/// Every table of the shapes, by the path that readers go.
fn parts() -> Vec<(String, &'static Part)> {
    fn walk(path: &str, part: &'static Part, found: &mut Vec<(String, &'static Part)>) {
        found.push((path.to_owned(), part));
        for key in part.keys {
            if let Holds::Table(part) | Holds::TextOrTable(part) | Holds::Tables(part) | Holds::Rows(part) = key.holds {
                walk(&format!("{path}/{}", key.name), part, found);
            }
        }
    }
    let mut found = Vec::new();
    for file in FILES.iter().filter(|file| file.name != "tests") {
        walk(file.path.trim_start_matches("rules/"), file.root, &mut found);
    }
    found
}

/// Keys without which a reader complains in words of its own.
const NEEDED_IN_OTHER_WORDS: [(&str, &str); 5] = [
    ("calendars/NAME.toml", "hours"),
    ("principals.toml/principal", "may"),
    ("queues.toml", "queue"),
    ("route.toml", "step"),
    ("route.toml/table", "row"),
];

/// Keys that must be given in one place and not in another, by the same reader.
const WHEN_IS_NEEDED: [(&str, &str); 2] = [("clean.toml/rule", "when"), ("score.toml/rule", "when")];

#[test]
fn readers_ask_for_these_keys() {
    let rows = "route.toml/table/row";
    let asked: Asked = asked()
        .into_iter()
        .filter(|(path, key, _)| {
            !path.contains("/when") && (path != rows || !cells().contains_key(key) && key != "plant")
        })
        .filter(|(path, _, _)| !path.starts_with(&format!("{rows}/")))
        .collect();
    let keys: BTreeSet<_> = asked.iter().map(|(path, key, _)| (path.clone(), key.clone())).collect();
    let shaped: BTreeSet<_> = parts()
        .iter()
        .flat_map(|(path, part)| part.keys.iter().map(|key| (path.clone(), key.name.to_owned())))
        .collect();
    assert_eq!(keys.difference(&shaped).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "read, but not shaped");
    assert_eq!(shaped.difference(&keys).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "shaped, but not read");

    let mut different = Vec::new();
    for (path, part) in parts() {
        for key in part.keys {
            let at = |(p, k, _): &&(String, String, String)| *p == path && k == key.name;
            let holds = match key.holds {
                Holds::Condition => "table".to_owned(),
                other => other.words(),
            };
            let heard: Vec<&str> = asked.iter().filter(at).map(|(_, _, what)| what.as_str()).collect();
            if !heard.iter().all(|what| *what == holds || ["needed", "any value"].contains(what)) {
                different.push(format!("{path} {}: {holds}, read as {heard:?}", key.name));
            }
            let elsewhere = |list: &[(&str, &str)]| list.contains(&(path.as_str(), key.name));
            let excused = elsewhere(&NEEDED_IN_OTHER_WORDS) || elsewhere(&WHEN_IS_NEEDED);
            if key.needed != (heard.contains(&"needed") || excused) {
                different.push(format!("{path} {}: needed is {}, read as {heard:?}", key.name, key.needed));
            }
        }
    }
    assert_eq!(different, Vec::<String>::new());
}

#[test]
fn keys_needed_in_other_words_are_needed() {
    for (path, key) in NEEDED_IN_OTHER_WORDS.into_iter().chain(WHEN_IS_NEEDED) {
        let file = path.split('/').next().unwrap();
        let mut sources = sample("everything");
        for (name, text) in &mut sources {
            if name.starts_with(file) {
                let mut table: toml::Table = toml::from_str(text).unwrap();
                let mut parts: Vec<&str> = path.trim_start_matches("calendars/NAME.toml").split('/').skip(1).collect();
                if path.starts_with("calendars") {
                    parts.clear();
                }
                let mut at = &mut table;
                for part in parts {
                    at = at[part].as_array_mut().unwrap()[0].as_table_mut().unwrap();
                }
                at.remove(key).unwrap();
                *text = toml::to_string(&table).unwrap();
            }
        }
        assert!(!check(&sources, jiff::civil::date(2026, 3, 1)).is_empty(), "{path} {key}");
    }
}

#[test]
fn conditions_ask_for_these_keys() {
    let shaped: BTreeSet<&str> = OPERATORS.iter().chain(&JOINTS).map(|part| part.name).chain(["field"]).collect();
    let asked = asked();
    let keys: BTreeSet<&str> =
        asked.iter().filter(|(path, _, _)| path.contains("/when")).map(|(_, key, _)| key.as_str()).collect();
    assert_eq!(keys, shaped);
}

#[test]
fn rows_ask_for_these_keys() {
    let asked = asked();
    let of = |wanted: fn(&str) -> bool| -> BTreeSet<&str> {
        asked.iter().filter(|(path, _, _)| wanted(path)).map(|(_, key, _)| key.as_str()).collect()
    };
    let bounds = of(|path| path.starts_with("route.toml/table/row/") && !path.contains("when"));
    assert_eq!(bounds, BTreeSet::from(["at_least", "at_most"]));
    let keys = of(|path| path == "route.toml/table/row");
    for cell in ["country", "size", "account_owner", "mql", "email_domain", "company_domain", "province", "plant"] {
        assert!(keys.contains(cell), "{cell} is not asked for");
        assert!(cell == "plant" || cells().contains_key(cell), "{cell} is not shaped");
    }
}

#[test]
fn operators_suit_as_the_reader_says() {
    for field in fields() {
        for operator in OPERATORS {
            let value = match operator.name {
                "is" if field.kind() == crate::rules::field::Kind::Flag => "true",
                "is" => "\"x\"",
                "present" => "true",
                "at_least" | "at_most" => "1",
                _ => "[\"x\"]",
            };
            let mut sources = sample("sound");
            let route = sources.iter_mut().find(|(name, _)| name == "route.toml").unwrap();
            let test = format!("when = {{ field = \"{field}\", {} = {value} }}", operator.name);
            route.1 = route.1.replace("when = { field = \"score.mql\", is = false }", &test);
            let problems = RuleSet::from_sources(&sources).err().unwrap_or_default();
            let unsuitable = problems.iter().any(|problem| problem.code == Code::UnsuitableOperator);
            assert_eq!(unsuitable, !operators(field.kind()).contains(&operator.name), "{test}: {problems:?}");
        }
    }
}

/// The keys that a case file may have at some place, as its reader lists them when it meets another.
fn expected_by_cases(text: &str) -> BTreeSet<String> {
    let rules = RuleSet::from_sources(&sample("sound")).unwrap();
    let results = cases::run_cases(&rules, &[("tests/x.toml".to_owned(), text.to_owned())]);
    let failure = results[0].failures[0].clone();
    let (_, expected) = failure.split_once("expected ").unwrap_or_else(|| panic!("{failure}"));
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn cases_have_these_keys() {
    let keys = |part: &Part| part.keys.iter().map(|key| key.name.to_owned()).collect::<BTreeSet<_>>();
    let part = |root: &Part, name: &str| -> &'static Part {
        match root.keys.iter().find(|key| key.name == name).unwrap().holds {
            Holds::Table(part) | Holds::Tables(part) => part,
            _ => panic!("{name} is no table"),
        }
    };
    let root = FILES.iter().find(|file| file.name == "tests").unwrap().root;
    let case = part(root, "case");
    assert_eq!(keys(root), expected_by_cases("x = 1"));
    assert_eq!(keys(case), expected_by_cases("[[case]]\nx = 1"));
    assert_eq!(keys(part(case, "expect")), expected_by_cases("[[case]]\nid = \"a\"\nlead = {}\nexpect = { x = 1 }"));
    let text = || Some("x".to_owned());
    let account = Account { name: "x".to_owned(), domain: text(), kind: AccountKind::Key, owner: text() };
    let account: Value = serde_json::to_value(account).unwrap();
    assert_eq!(keys(part(case, "account")), account.as_object().unwrap().keys().cloned().collect());
}

#[test]
fn examples_are_valid() {
    let validator = |name: &str, at: String| {
        let schemas: BTreeMap<_, _> = schemas().into_iter().collect();
        let defs = schemas[name]["$defs"].clone();
        let part = schemas[name].pointer(&at).unwrap_or_else(|| panic!("{name}{at}")).clone();
        jsonschema::draft202012::new(&json!({ "$defs": defs, "allOf": [part] })).unwrap()
    };
    fn walk(at: &str, part: &Part, check: &mut dyn FnMut(String, &str, &str)) {
        for key in part.keys {
            let at = format!("{at}/properties/{}", key.name);
            if !key.example.is_empty() {
                check(at.clone(), key.name, key.example);
            }
            match key.holds {
                Holds::Table(part) => walk(&at, part, check),
                Holds::TextOrTable(part) => walk(&format!("{at}/anyOf/1"), part, check),
                Holds::Tables(part) | Holds::Rows(part) => walk(&format!("{at}/items"), part, check),
                _ => assert!(!key.example.is_empty(), "{at} has no example"),
            }
        }
        if let Some(free) = &part.free {
            let pattern = free.pattern.replace('~', "~0").replace('/', "~1");
            check(format!("{at}/patternProperties/{pattern}"), free.name, free.example);
        }
    }
    for file in &FILES {
        walk("", file.root, &mut |at, key, example| {
            let value = parsed(example).unwrap_or_else(|| panic!("{key} = {example}"));
            assert!(validator(file.name, at).is_valid(&value), "{}: {key} = {example}", file.name);
        });
    }
    let condition = validator("route", "/$defs/condition".to_owned());
    for Operator { example, .. } in OPERATORS.iter().chain(&JOINTS) {
        assert!(condition.is_valid(&parsed(example).unwrap()), "{example}");
    }
}
