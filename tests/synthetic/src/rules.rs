//! The shipped rules, alone or with a table of made-up rows before the industries.

use std::fmt::Write as _;
use std::path::Path;

use leads::rules::RuleSet;

use crate::territory::Row;

/// The step and the table that hold the rows; a row decides as `territory.ID`.
pub const STEP: &str = "territory";

const INFRA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra");

/// The shipped files as (name, text), without their cases.
pub fn shipped() -> Vec<(String, String)> {
    let infra = Path::new(INFRA);
    let mut sources = vec![("queues.toml".to_owned(), std::fs::read_to_string(infra.join("queues.toml")).unwrap())];
    for (folder, extension) in [("", "toml"), ("calendars", "toml"), ("lists", "txt")] {
        let files = std::fs::read_dir(infra.join("rules").join(folder)).unwrap();
        for file in files.map(|file| file.unwrap().path()).filter(|file| file.extension() == Some(extension.as_ref())) {
            let name = Path::new(folder).join(file.file_name().unwrap());
            sources.push((name.to_str().unwrap().to_owned(), std::fs::read_to_string(&file).unwrap()));
        }
    }
    sources
}

/// The shipped files with `rows` in `route.toml`.
pub fn with_territory(rows: &[Row]) -> Vec<(String, String)> {
    let mut sources = shipped();
    let route = &mut sources.iter_mut().find(|(name, _)| name == "route.toml").unwrap().1;
    let place = "[[step]]\nid = \"industry\"";
    assert!(route.contains(place), "route.toml has no step `industry`");
    let step = format!("[[step]]\nid = \"{STEP}\"\nwhy = \"The territory is this team's.\"\ntable = \"{STEP}\"\n\n");
    *route = route.replace(place, &(step + place));
    table(rows, route);
    sources
}

/// The rules of `sources`.
pub fn load(sources: &[(String, String)]) -> RuleSet {
    RuleSet::from_sources(sources).unwrap_or_else(|problems| {
        let shown: Vec<_> = problems.iter().take(20).map(ToString::to_string).collect();
        panic!("{} problems:\n{}", problems.len(), shown.join("\n"))
    })
}

fn table(rows: &[Row], toml: &mut String) {
    let columns = [
        "company.country",
        "company.province",
        "company.industry",
        "company.size",
        "interest.product",
        "source.channel_kind",
        "tags.identity",
        "interest.budget_stated",
    ];
    writeln!(toml, "\n[[table]]\nid = \"{STEP}\"\ncolumns = {columns:?}").unwrap();
    for row in rows {
        writeln!(toml, "\n[[table.row]]\nid = \"{}\"\nqueue = \"{}\"", row.id, row.queue).unwrap();
        for (key, values) in [
            ("country", &row.countries),
            ("province", &row.provinces),
            ("industry", &row.industries),
            ("product", &row.products),
            ("channel_kind", &row.channel_kinds),
            ("identity", &row.identities),
        ] {
            if !values.is_empty() {
                writeln!(toml, "{key} = {values:?}").unwrap();
            }
        }
        let bounds: Vec<_> = [("at_least", row.at_least), ("at_most", row.at_most)]
            .into_iter()
            .filter_map(|(key, bound)| Some(format!("{key} = {}", bound?)))
            .collect();
        if !bounds.is_empty() {
            writeln!(toml, "size = {{ {} }}", bounds.join(", ")).unwrap();
        }
        if let Some(stated) = row.budget_stated {
            writeln!(toml, "budget_stated = {stated}").unwrap();
        }
    }
}
