//! Text about a person: stored and delivered, never logged.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A personal value. `Debug` hides it, and there is no `Display`, so that no log line or error can carry it by accident.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Personal(String);

impl Personal {
    /// Wraps a value that has been checked.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for a decision or for delivery; not for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
