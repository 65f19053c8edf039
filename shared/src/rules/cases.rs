//! Cases that the rules must pass.

/// Whether a source is a file of cases.
pub fn is_case_file(name: &str) -> bool {
    name.starts_with("tests/")
}
