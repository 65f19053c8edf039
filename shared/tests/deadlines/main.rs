//! Deadlines by working time: vectors with their sources, shipped calendars against what is known of them, and random
//! deadlines against a walk minute by minute and against other people's packages.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

mod dates;
mod packages;
#[path = "../shipped/mod.rs"]
mod shipped;
mod vectors;
mod walk;

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use leads::calendar::{Calendar, Hours};

use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};

const WEEK: [Weekday; 7] = [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday];

fn hours(texts: &[&str]) -> Vec<Hours> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A calendar with the same hours on each of the first `days` weekdays, from Monday on.
fn office(zone: &str, days: usize, texts: &[&str]) -> Calendar {
    let mut calendar = Calendar::new(TimeZone::get(zone).unwrap());
    for weekday in &WEEK[..days] {
        calendar.work(*weekday, hours(texts));
    }
    calendar
}

/// A moment as written, or a local time of the calendar that is neither skipped nor repeated.
fn moment(calendar: &Calendar, text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|_| {
        let local: DateTime = text.parse().unwrap();
        calendar.zone().to_ambiguous_timestamp(local).unambiguous().unwrap()
    })
}
