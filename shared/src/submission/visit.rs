//! How a form was filled in, as far as that tells a person from a program.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the intake saw of the visit that a submission comes from. Nothing of it is part of the submission: a repetition
/// that took longer is the same submission. Signed submissions have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Visit {
    /// Whether the field that people do not see was filled in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub honeypot: bool,
    /// How long the page was open, as its script says; milliseconds. Anybody can write anything here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elapsed_ms: Option<u64>,
    /// What came of the captcha, on forms that ask for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captcha: Option<Captcha>,
}

/// What came of a captcha. One that was not solved makes no lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Captcha {
    /// The visitor solved it.
    Solved,
    /// The verifier did not answer in time, or not in its terms.
    Unchecked,
}

impl Visit {
    pub(super) fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}
