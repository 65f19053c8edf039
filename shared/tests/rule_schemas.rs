//! The JSON Schemas of the rule files take what the reader takes, and refuse what an editor can know to be wrong.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

mod rules;

use std::collections::BTreeMap;
use std::path::Path;

use jsonschema::Validator;
use leads::rules::{RuleSet, shape};
use rules::{names, own_files, sources};
use serde_json::Value;

fn validators() -> BTreeMap<&'static str, Validator> {
    let schemas = shape::schemas().into_iter();
    schemas.map(|(name, schema)| (name, jsonschema::draft202012::new(&schema).unwrap())).collect()
}

/// The kind of a file by its name.
fn kind(file: &str) -> &str {
    match file.split_once('/') {
        Some(("calendars", _)) => "calendar",
        Some(("owners", _)) => "owners",
        Some(("tests", _)) => "tests",
        _ => file.strip_suffix(".toml").unwrap(),
    }
}

/// A file as an editor shows it to a schema: TOML's dates are texts there.
fn as_json(text: &str) -> Value {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::Array(items) => items.into_iter().map(plain).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
            other => serde_json::to_value(other).unwrap(),
        }
    }
    plain(toml::Value::Table(toml::from_str(text).unwrap()))
}

fn problems(validator: &Validator, text: &str) -> Vec<String> {
    validator.iter_errors(&as_json(text)).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn good_samples_are_valid() {
    let validators = validators();
    for sample in names("good") {
        for (file, text) in own_files(&format!("good/{sample}")) {
            assert_eq!(problems(&validators[kind(&file)], &text), Vec::<String>::new(), "good/{sample}/{file}");
        }
    }
}

#[test]
fn shipped_rules_are_valid_and_name_their_schema() {
    let validators = validators();
    let infra = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
    let mut seen = 0;
    for folder in ["rules", "rules/calendars", "rules/tests", "samples/owners", ""] {
        for path in std::fs::read_dir(infra.join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(&infra).unwrap().to_str().unwrap().to_owned();
            if !name.ends_with(".toml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let below = ["rules/", "samples/"].iter().find_map(|folder| name.strip_prefix(folder));
            let kind = kind(below.unwrap_or(&name));
            assert_eq!(problems(&validators[kind], &text), Vec::<String>::new(), "{name}");
            let schema = text.lines().next().unwrap().strip_prefix("#:schema ").unwrap_or_else(|| panic!("{name}"));
            let schema = path.parent().unwrap().join(schema);
            assert!(schema.is_file(), "{name} names {}", schema.display());
            assert_eq!(schema.file_name().unwrap().to_str().unwrap(), format!("{kind}.schema.json"), "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 14, "only {seen} files");
}

#[test]
fn mistakes_are_refused() {
    // file of the sample that uses every key, what is replaced, by what
    let rows = [
        // Unknown keys.
        ("clean.toml", "reason =", "raeson ="),
        ("score.toml", "half_life_days", "half_life"),
        ("route.toml", "otherwise =", "else ="),
        ("route.toml", "province = [", "region = ["),
        ("route.toml", "at_most = 100000", "below = 100000"),
        ("sla.toml", "working_days = 5", "days = 5"),
        ("calendars/cn.toml", "monday =", "Monday ="),
        ("tests/all.toml", "clean_rule =", "rule_of_clean ="),
        ("tests/all.toml", "contact = {", "person = {"),
        // Wrong types.
        ("clean.toml", "window_days = 90", "window_days = \"90\""),
        ("clean.toml", "notify = false", "notify = \"no\""),
        ("score.toml", "points = 60", "points = 6.5"),
        ("route.toml", "by = [\"company.province\"]", "by = \"company.province\""),
        ("route.toml", "size = { at_least = 500, at_most = 100000 }", "size = 500"),
        ("forms.toml", "title = \"The fair\"", "title = 2026"),
        ("lists.toml", "[\"mail.example\"]", "\"mail.example\""),
        ("lists.toml", "[\"mail.example\"]", "[]"),
        // Out of range, malformed.
        ("clean.toml", "window_days = 90", "window_days = 0"),
        ("score.toml", "cap = 100", "cap = 101"),
        ("forms.toml", "https://", "ftp://"),
        ("queues.toml", "name = \"shop\"", "name = \"the shop\""),
        ("calendars/cn.toml", "09:00-12:00", "9-12"),
        ("score.toml", "CNY = 1200", "yuan = 1200"),
        // Missing keys.
        ("clean.toml", "why = \"A test.\"", ""),
        ("clean.toml", "then = \"accept\"", ""),
        ("score.toml", "standard = 100", ""),
        ("route.toml", "why = \"The rest.\"", ""),
        ("route.toml", "[quadrant.review]", "[quadrant.hot2]"),
        ("sla.toml", "calendar = \"cn\"", ""),
        ("playbook.toml", "action = \"keep\"", ""),
        ("principals.toml", "may = [\"submit\"]", ""),
        ("queues.toml", "kind = \"review\"", ""),
        ("calendars/cn.toml", "from = 2026-12-25", ""),
        // Words that are not known.
        ("clean.toml", "then = \"refuse\"", "then = \"refused\""),
        ("clean.toml", "\"email\", \"phone\"", "\"email\", \"fax\""),
        ("score.toml", "score = \"intent\"", "score = \"wish\""),
        ("route.toml", "owner = \"account\"", "owner = \"region\""),
        ("forms.toml", "consent = \"required\"", "consent = \"yes\""),
        ("sla.toml", "kinds = [\"review\"]", "kinds = [\"reviews\"]"),
        ("playbook.toml", "action = \"pool\"", "action = \"wait\""),
        ("principals.toml", "\"verdict\"", "\"judge\""),
        ("queues.toml", "kind = \"review\"", "kind = \"reviews\""),
        ("calendars/cn.toml", "like = \"friday\"", "like = \"Friday\""),
        ("owners/east.toml", "overflow = { queue = \"desk\" }", "overflow = {}"),
        ("owners/east.toml", "overflow = { queue = \"desk\" }", "overflow = 5"),
        ("owners/east.toml", "overflow = { queue = \"desk\" }", ""),
        ("owners/east.toml", "weight = 2", "weight = 0"),
        ("owners/east.toml", "weight = 2", "weigth = 2"),
        ("owners/east.toml", "cap = 30", "cap = 0"),
        ("owners/east.toml", "id = \"li.na\"", ""),
        ("owners/east.toml", "id = \"li.na\"", "id = \" \""),
        ("owners/east.toml", ", until = 2026-02-20", ""),
        ("owners/east.toml", "2026-02-20", "\"20 February\""),
        ("owners/desk.toml", "working_hours = 4", "hours = 4"),
        ("owners/desk.toml", "working_hours = 4", "working_hours = 4, minutes = 5"),
        ("tests/all.toml", "quadrant = \"hot\"", "quadrant = \"warm\""),
        // Conditions.
        ("clean.toml", "field = \"contact.name\"", "field = \"contact.nmae\""),
        ("clean.toml", "only_words_in = \"tests\"", "only_words = \"tests\""),
        ("clean.toml", "only_words_in = \"tests\"", "at_least = 3"),
        ("clean.toml", "only_words_in = \"tests\" }", "only_words_in = \"tests\", present = true }"),
        ("clean.toml", "only_words_in = \"tests\" }", "}"),
        ("clean.toml", "is = \"referral\"", "is = \"friends\""),
        ("clean.toml", "in = [\"DE\", \"CN\", \"JP\"]", "in = []"),
        ("clean.toml", "field = \"company.country\"", "field = \"score.intent\""),
        ("clean.toml", "present = false", "present = \"no\""),
        ("score.toml", "at_least = 500", "is = 500"),
        ("score.toml", "is = \"immediate\"", "is = \"now\""),
        ("route.toml", "is = false", "is = \"no\""),
        // One of several.
        ("route.toml", "by_quadrant = true", "by_quadrant = true\nqueue = \"desk\""),
        ("route.toml", "columns = [\"company.country\", \"company.size\"]", ""),
        ("route.toml", "by = [\"company.province\"]", "by = [\"company.size\"]"),
        ("sla.toml", "working_days = 5", "working_days = 5, minutes = 3"),
        ("sla.toml", "queues = [\"desk\"]", ""),
    ];
    let validators = validators();
    let good = sources("good/everything");
    for (file, old, new) in rows {
        let mut sources = good.clone();
        let source = sources.iter_mut().find(|(name, _)| name == file).unwrap();
        assert!(source.1.contains(old), "{file} does not hold {old}");
        source.1 = source.1.replacen(old, new, 1);
        assert_ne!(problems(&validators[kind(file)], &source.1), Vec::<String>::new(), "{file}: {new}");
        // What the schema refuses, the reader does, too; files of cases are read when they are run.
        assert!(kind(file) == "tests" || RuleSet::from_sources(&sources).is_err(), "{file}: {new} is read");
    }
}
