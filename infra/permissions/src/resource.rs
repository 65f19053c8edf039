//! What a right is about.

use std::fmt;

/// A resource of the stack, by its name without the stack's prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// The table, without its indexes.
    Table,
    /// An index of the table.
    Index(String),
    /// A queue, by its name in SQS: `clean-queue`, `sales-desk.fifo`.
    Queue(String),
    /// A secret, by its name in the template.
    Secret(String),
    /// A group of logs.
    Log(String),
    /// Something else, as the template writes it.
    Other(String),
    /// Everything there is: `"*"`.
    Every,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table => f.write_str("the table"),
            Self::Index(name) => write!(f, "the index {name}"),
            Self::Queue(name) => write!(f, "the queue {name}"),
            Self::Secret(name) => write!(f, "the secret {name}"),
            Self::Log(name) => write!(f, "the log {name}"),
            Self::Other(text) => f.write_str(text),
            Self::Every => f.write_str("everything"),
        }
    }
}
