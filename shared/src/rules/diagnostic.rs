//! What is wrong with a rule file, where, and how to mend it.

use std::fmt;

/// One problem of the rule files, in the words of whoever writes them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The file, for example `clean.toml`.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The id of the rule, table row, queue or policy.
    pub rule: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub mend: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(rule) = &self.rule {
            write!(f, ": rule `{rule}`")?;
        }
        write!(f, ": {}; {}", self.problem, self.mend)
    }
}

impl std::error::Error for Diagnostic {}
