//! `calendars/*.toml`: weekly hours, holidays and compensatory working days.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::calendar::{Calendar, Hours};

use super::diagnostic::Code;
use super::reader::Table;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// Reads one calendar.
pub(super) fn read(root: Table<'_>) -> Calendar {
    _ = root.text("title");
    let zone = root.need_text("time_zone").and_then(|name| {
        let zone = TimeZone::get(&name).ok();
        if zone.is_none() {
            root.report(
                "time_zone",
                Code::UnknownWord,
                format!("unknown time zone `{name}`"),
                "write an IANA name such as \"Asia/Shanghai\"",
            );
        }
        zone
    });
    // A calendar that is wrong is still there, so that policies are not told that it is unknown.
    let mut calendar = Calendar::new(zone.unwrap_or(TimeZone::UTC));
    let worked: Vec<Weekday> = root.table("hours").map(|table| week(table, &mut calendar)).unwrap_or_default();
    if worked.is_empty() {
        root.report(
            "hours",
            Code::Empty,
            "the calendar works at no time",
            "add [hours] with monday = [\"09:00-18:00\"] and so on",
        );
    }
    let mut holidays: Vec<RangeInclusive<Date>> = Vec::new();
    for mut holiday in root.tables("holiday") {
        holiday.identify("name");
        holiday.need("from", "2026-10-01");
        let from = holiday.date("from");
        let to = if holiday.has("to") { holiday.date("to") } else { from };
        if let (Some(from), Some(to)) = (from, to) {
            let length = from.until(to).map(|span| span.get_days()).unwrap_or_default();
            if !(0..=60).contains(&length) {
                holiday.report(
                    "to",
                    Code::Malformed,
                    "the holiday ends before it begins, or lasts for over 60 days",
                    "put `to` on or after `from`",
                );
            } else {
                calendar.take_off(from, to);
                holidays.push(from..=to);
            }
        }
        holiday.finish();
    }
    let mut working_days = BTreeSet::new();
    for mut working in root.tables("working_day") {
        working.identify("name");
        working.need("date", "2026-10-10");
        let like = working.need_choice("like", &WEEKDAYS);
        if let (Some(date), Some(like)) = (working.date("date"), like) {
            if !worked.contains(&like) {
                working.report("like", Code::Pointless, "that weekday has no hours", "name a weekday that is worked");
            }
            if holidays.iter().any(|holiday| holiday.contains(&date)) {
                working.report("date", Code::Twice, "the day is also a holiday", "take it out of one of the two");
            }
            if !working_days.insert(date) {
                working.report("date", Code::Twice, "the day is listed twice", "take one out");
            }
            calendar.work_on(date, like);
        }
        working.finish();
    }
    root.finish();
    calendar
}

/// Reads the weekly hours; answers on which weekdays there are any.
fn week(table: Table<'_>, calendar: &mut Calendar) -> Vec<Weekday> {
    let mut worked = Vec::new();
    for (name, weekday) in WEEKDAYS {
        let Some(value) = table.get(name) else { continue };
        let mut day: Vec<Hours> = Vec::new();
        for (text, site) in table.texts_of(name, value) {
            match text.parse::<Hours>() {
                Ok(hours) if day.last().is_none_or(|last| last.ends_before(hours)) => day.push(hours),
                Ok(_) => site.report(
                    table.problems(),
                    Code::Malformed,
                    "the hours overlap or run backwards",
                    "list them in order",
                ),
                Err(_) => site.report(
                    table.problems(),
                    Code::Malformed,
                    format!("`{text}` are no hours"),
                    "write \"09:00-18:00\"",
                ),
            }
        }
        if !day.is_empty() {
            calendar.work(weekday, day);
            worked.push(weekday);
        }
    }
    table.finish();
    worked
}
