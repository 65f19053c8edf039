//! What must hold for any bytes that anybody sends. Each target takes bytes, and panics if a property does not hold; so
//! it runs under libFuzzer (`tests/fuzz/run`) as well as in `cargo test`, over the inputs of `corpus`.
// A property that does not hold stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod accounts;
mod feedback;
mod intake;
mod normal;
mod records;
mod rules;
mod text;
mod world;

/// A property of any bytes.
pub type Target = fn(&[u8]);

/// All of them, by name. Each has a folder of inputs in `corpus`.
pub const TARGETS: [(&str, Target); 9] = [
    ("intake-json", intake::json),
    ("intake-form", intake::form),
    ("email", normal::email),
    ("phone", normal::phone),
    ("company", normal::company),
    ("rules", rules::mutated),
    ("accounts", accounts::file),
    ("records", records::batch),
    ("feedback", feedback::request),
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|(known, _)| *known == name).map(|(_, target)| target)
}
