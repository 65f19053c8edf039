//! Calendars whose holidays end: a deadline beyond them counts days that nobody works.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::rules::diagnostic::Code;
use crate::rules::reader::{Problems, Site};
use crate::rules::sla::SlaPolicies;

/// How long before its last year ends a calendar is reported. China's State Council publishes a year's holidays in the
/// November before.
const NOTICE_DAYS: i32 = 60;

pub(super) fn check(sla: &SlaPolicies, today: Date, problems: &Problems) {
    let soon = today.saturating_add(NOTICE_DAYS.days()).year();
    for (name, calendar) in sla.calendars() {
        let Some(last) = calendar.last_dated_year().filter(|last| *last < soon) else { continue };
        let tense = if last < today.year() { "ended" } else { "end" };
        Site::file(&format!("calendars/{name}.toml")).report(
            problems,
            Code::HolidaysEnd,
            format!("its holidays {tense} with {last}, and later deadlines know none"),
            format!("add those of {}", i32::from(last) + 1),
        );
    }
}
