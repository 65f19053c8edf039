//! `leadctl rules check`: every problem of the rule files at once.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::{Timestamp, tz::TimeZone};
use leads::rules::{self, Diagnostic, RuleSet, Severity};
use serde_json::{Value, json};

use super::sources;

/// Reports every problem of the rule files; answers whether the rules may run.
pub(crate) fn run(folder: Option<PathBuf>, as_json: bool) -> Result<bool> {
    let (folder, sources) = sources(folder)?;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let problems = rules::check(&sources, today);
    let count = |severity| problems.iter().filter(|problem| problem.code.severity() == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let version = RuleSet::from_sources(&sources).ok().map(|rules| rules.version().to_owned());
    if as_json {
        let problems = problems.iter().map(machine_form).collect::<Result<Vec<_>>>()?;
        println!("{}", json!({ "errors": errors, "warnings": warnings, "version": version, "problems": problems }));
        return Ok(errors == 0);
    }
    print!("{}", listed(&problems, Path::new(&folder), std::io::stdout().is_terminal()));
    match version.filter(|_| errors == 0) {
        Some(version) => println!("{} files, {}; version {version}", sources.len(), summary(errors, warnings)),
        None => println!("{}", summary(errors, warnings)),
    }
    Ok(errors == 0)
}

fn machine_form(problem: &Diagnostic) -> Result<Value> {
    let mut form = serde_json::to_value(problem)?;
    let severity = match problem.code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    if let Value::Object(form) = &mut form {
        form.insert("severity".to_owned(), severity.into());
    }
    Ok(form)
}

/// One line a problem, with a blank line behind each file's.
fn listed(problems: &[Diagnostic], folder: &Path, in_colour: bool) -> String {
    let mut text = String::new();
    for of_file in problems.chunk_by(|one, next| one.file == next.file) {
        for problem in of_file {
            let line = problem.to_string();
            let behind = line.strip_prefix(&problem.file).unwrap_or(&line);
            text +=
                &format!("{}{}\n", place(&problem.file, folder), coloured(behind, problem.code.severity(), in_colour));
        }
        text.push('\n');
    }
    text
}

/// Where a file lies: queues may stand beside the folder or in this checkout.
fn place(file: &str, folder: &Path) -> String {
    let inside = folder.join(file);
    let beside = folder.parent().unwrap_or(Path::new(".")).join(file);
    let path = if file == "queues.toml" && !inside.exists() && beside.exists() { beside } else { inside };
    path.display().to_string()
}

fn coloured(line: &str, severity: Severity, in_colour: bool) -> String {
    let (word, colour) = match severity {
        Severity::Error => ("error", "\u{1b}[1;31m"),
        Severity::Warning => ("warning", "\u{1b}[1;33m"),
    };
    if in_colour { line.replacen(word, &format!("{colour}{word}\u{1b}[0m"), 1) } else { line.to_owned() }
}

fn summary(errors: usize, warnings: usize) -> String {
    let counted = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        _ => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}

#[cfg(test)]
mod tests {
    use leads::rules::Code;

    use super::*;

    #[test]
    fn problems_are_listed_by_file_and_counted() {
        let problem = |file: &str, line, code| Diagnostic {
            file: file.to_owned(),
            line: Some(line),
            rule: Some("far".to_owned()),
            code,
            problem: "it is wrong".to_owned(),
            mend: "mend it".to_owned(),
        };
        let problems = [
            problem("clean.toml", 3, Code::Twice),
            problem("clean.toml", 9, Code::Overlap),
            problem("sla.toml", 1, Code::Twice),
        ];
        assert_eq!(
            listed(&problems, Path::new("my/rules"), false),
            "my/rules/clean.toml:3: error[twice]: `far`: it is wrong; mend it\n\
             my/rules/clean.toml:9: warning[overlap]: `far`: it is wrong; mend it\n\n\
             my/rules/sla.toml:1: error[twice]: `far`: it is wrong; mend it\n\n"
        );
        assert!(listed(&problems, Path::new("my/rules"), true).contains(": \u{1b}[1;31merror\u{1b}[0m[twice]"));
        assert_eq!(summary(2, 1), "2 errors, 1 warning");
        assert_eq!(summary(1, 0), "1 error");
        assert_eq!(summary(0, 2), "2 warnings");
        assert_eq!(machine_form(&problems[1]).unwrap()["severity"], "warning");
        assert_eq!(machine_form(&problems[0]).unwrap()["code"], "twice");
    }
}
