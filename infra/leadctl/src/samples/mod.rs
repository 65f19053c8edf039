//! Invented leads in any number: the same seed gives the same bytes, on any machine and for good.
//!
//! People, companies and domains (`.example`) are invented. Outcomes follow what makes a lead good, with noise, so that a
//! backtest has something to find; they do not follow any rule set's points.

pub mod exported;
mod generate;
mod lives;
mod random;
mod words;

pub use generate::Generator;
pub use lives::Lives;
