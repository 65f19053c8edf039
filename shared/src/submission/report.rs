//! What is wrong with a body.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Encoding;

/// How many problems are told at once. A body of 32 KiB can hold thousands.
const MAX_PROBLEMS: usize = 50;

/// One thing to mend in a body. It names the place, never the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Where: a JSON Pointer (RFC 6901), for example `/contact/email`.
    pub pointer: String,
    /// What, for machines: lower case with dashes, for example `too-long`. `docs/http-api.md` lists them.
    pub code: String,
    /// What, for people, and how to mend it.
    pub detail: String,
}

/// Why a body was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It cannot be read, or could be read in two ways.
    Malformed {
        /// The encoding it claimed.
        encoding: Encoding,
        /// Why, in one sentence without a value.
        detail: String,
    },
    /// It can be read; some of its fields cannot be taken. At least one problem, at most 50.
    Invalid(Vec<Problem>),
}

/// The problems of one body, and how it was written.
pub(crate) struct Report {
    /// How the body was written.
    pub(crate) encoding: Encoding,
    /// How many problems there are, those beyond the told ones included.
    pub(crate) found: usize,
    /// The object and name of every known field, as far as the body has been read.
    pub(crate) known: Vec<(&'static str, &'static str)>,
    problems: Vec<Problem>,
}

impl Report {
    /// Starts without a problem.
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, found: 0, problems: Vec::new(), known: Vec::new() }
    }

    /// The value, if there is one and nothing is to mend.
    pub(crate) fn close<T>(self, value: Option<T>) -> Result<T, Vec<Problem>> {
        match value {
            Some(value) if self.found == 0 => Ok(value),
            _ => Err(self.problems),
        }
    }

    /// Whether further problems are counted only.
    pub(crate) fn is_full(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    /// Notes a problem.
    pub(crate) fn add(&mut self, pointer: String, code: &str, detail: impl Into<String>) {
        self.found += 1;
        if !self.is_full() {
            self.problems.push(Problem { pointer, code: code.to_owned(), detail: detail.into() });
        }
    }
}
