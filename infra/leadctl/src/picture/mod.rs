//! Pictures of the rules.
