//! Sample rule sets: `good/NAME` and `bad/NAME` hold only the files that differ from `good/sound`; `absent.txt` names those
//! that are left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// The samples of a kind, `good` or `bad`, by name.
pub(crate) fn names(kind: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder().join(kind)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A sample's own files as (name, text).
pub(crate) fn own_files(sample: &str) -> BTreeMap<String, String> {
    let root = folder().join(sample);
    let mut files = BTreeMap::new();
    for below in ["", "calendars/", "owners/", "tests/"] {
        let Ok(entries) = std::fs::read_dir(root.join(below)) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension == "toml") {
                let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

/// A whole sample, for example `bad/syntax`.
pub(crate) fn sources(sample: &str) -> Vec<(String, String)> {
    let mut files = own_files("good/sound");
    files.extend(own_files(sample));
    let absent = std::fs::read_to_string(folder().join(sample).join("absent.txt")).unwrap_or_default();
    for name in absent.lines() {
        files.remove(name).unwrap();
    }
    files.into_iter().collect()
}
