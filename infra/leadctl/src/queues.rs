//! `infra/queues.toml`: the queues that sales tools read, as far as the infrastructure needs to know them.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, bail};
use leads::rules::QueueKind;
use serde::Deserialize;

/// The queues in the order of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queues {
    /// One entry a queue.
    pub queue: Vec<SalesQueue>,
}

/// One queue that sales tools read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SalesQueue {
    /// Its logical name; in SQS it is `<stack>-<name>.fifo`.
    pub name: String,
    /// What it is for.
    pub kind: QueueKind,
    /// For people.
    pub title: String,
}

/// Room for `<stack>-` and `-dlq.fifo` in the 80 characters of a queue's name.
const LONGEST_NAME: usize = 40;

/// The policy that lets `route` and `sla` send to every queue holds about this many resource names (6,144 characters).
const MOST_QUEUES: usize = 60;

impl Queues {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not usable", path.display()))
    }

    /// Parses the file's text, and reports every problem at once.
    pub fn parse(text: &str) -> Result<Self> {
        let queues: Self = toml::from_str(text)?;
        let problems = queues.problems();
        if !problems.is_empty() {
            bail!("{}", problems.join("\n"));
        }
        Ok(queues)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut ids = BTreeMap::new();
        for queue in &self.queue {
            let name = &queue.name;
            let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let framed = name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-');
            if !framed || !name.chars().all(legal) || name.len() > LONGEST_NAME {
                problems.push(format!(
                    "queue `{name}`: a name is 1 to {LONGEST_NAME} lower-case letters, digits and dashes, and starts with a letter"
                ));
            }
            if name.ends_with("-dlq") {
                problems.push(format!("queue `{name}`: names that end in -dlq are kept for dead-letter queues"));
            }
            if queue.title.trim().is_empty() || queue.title.chars().any(char::is_control) {
                problems.push(format!("queue `{name}`: a title is one line of text"));
            }
            if let Some(other) = ids.insert(queue.logical_id(), name) {
                problems.push(format!("queue `{name}`: reads like `{other}`; give it another name"));
            }
        }
        for (kind, word) in [(QueueKind::Telemarketing, "telemarketing"), (QueueKind::Breaches, "breaches")] {
            let count = self.queue.iter().filter(|queue| queue.kind == kind).count();
            if count != 1 {
                problems.push(format!("{count} queues of kind `{word}`: there is exactly one"));
            }
        }
        if self.queue.len() > MOST_QUEUES {
            problems.push(format!("{} queues: the functions' policy has room for {MOST_QUEUES}", self.queue.len()));
        }
        problems
    }
}

impl SalesQueue {
    /// The queue's name in the template: `sales-cn-east` is `SalesCnEastFifo`. The ending keeps it apart from the
    /// template's own resources.
    pub fn logical_id(&self) -> String {
        let mut id = String::new();
        for part in self.name.split('-') {
            let mut chars = part.chars();
            id.extend(chars.next().map(|first| first.to_ascii_uppercase()));
            id.push_str(chars.as_str());
        }
        id + "Fifo"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = r#"
        [[queue]]
        name = "telemarketing"
        kind = "telemarketing"
        title = "Telemarketing"
        [[queue]]
        name = "sla-breaches"
        kind = "breaches"
        title = "Breaches"
    "#;

    fn with(name: &str, kind: &str, title: &str) -> String {
        format!("[[queue]]\nname = {name:?}\nkind = {kind:?}\ntitle = {title:?}\n{REST}")
    }

    #[test]
    fn a_good_file_is_read() {
        let queues = Queues::parse(&with("sales-cn-east", "sales", "East China")).unwrap();
        assert_eq!(queues.queue.len(), 3);
        assert_eq!(queues.queue[0].logical_id(), "SalesCnEastFifo");
    }

    #[test]
    fn every_problem_is_named() {
        let long = "x".repeat(41);
        let rows: &[(&str, &str, &str, &str)] = &[
            ("Sales", "sales", "t", "lower-case"),
            ("1st", "sales", "t", "starts with a letter"),
            ("sales-", "sales", "t", "lower-case"),
            ("sales.east", "sales", "t", "lower-case"),
            (&long, "sales", "t", "1 to 40"),
            ("east-dlq", "sales", "t", "dead-letter"),
            ("east", "sales", " ", "one line of text"),
            ("east", "sales", "a\nb", "one line of text"),
            ("telemarketing", "sales", "t", "reads like"),
            ("east", "breaches", "t", "2 queues of kind `breaches`"),
            ("east", "shop", "t", "unknown variant"),
        ];
        for (name, kind, title, part) in rows {
            let error = format!("{:#}", Queues::parse(&with(name, kind, title)).unwrap_err());
            assert!(error.contains(part), "{name}/{kind}: {error}");
        }
        let both =
            format!("{:#}", Queues::parse("[[queue]]\nname = \"A\"\nkind = \"sales\"\ntitle = \"\"").unwrap_err());
        for part in ["lower-case", "one line", "0 queues of kind `telemarketing`", "0 queues of kind `breaches`"] {
            assert!(both.contains(part), "{both}");
        }
    }
}
