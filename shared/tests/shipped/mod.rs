//! The rule files of `infra/`, as the functions and `leadctl` read them.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic anywhere")]

use std::path::Path;

/// As (name, text), cases included.
pub(crate) fn sources() -> Vec<(String, String)> {
    let infra = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
    let mut sources = vec![("queues.toml".to_owned(), std::fs::read_to_string(infra.join("queues.toml")).unwrap())];
    for folder in ["", "calendars", "lists", "tests"] {
        let mut files: Vec<_> =
            std::fs::read_dir(infra.join("rules").join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.is_file()) {
            let name = Path::new(folder).join(file.file_name().unwrap());
            sources.push((name.to_str().unwrap().to_owned(), std::fs::read_to_string(file).unwrap()));
        }
    }
    sources
}
