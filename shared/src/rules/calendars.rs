//! `calendars/*.toml`: weekly hours, holidays and compensatory working days.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Time, Weekday};
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
    let week = root.table("hours").map(week).unwrap_or_default();
    if week.is_empty() {
        root.report(
            "hours",
            Code::Empty,
            "the calendar works at no time",
            "add [hours] with monday = [\"09:00-18:00\"] and so on",
        );
    }
    let mut holidays = BTreeSet::new();
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
                holidays.extend(from.series(1.day()).take_while(|date| *date <= to));
            }
        }
        holiday.finish();
    }
    let mut working_days = BTreeMap::new();
    for mut working in root.tables("working_day") {
        working.identify("name");
        working.need("date", "2026-10-10");
        let like = working.need_choice("like", &WEEKDAYS);
        if let (Some(date), Some(like)) = (working.date("date"), like) {
            if !week.contains_key(&like.to_monday_zero_offset()) {
                working.report("like", Code::Pointless, "that weekday has no hours", "name a weekday that is worked");
            }
            if holidays.contains(&date) {
                working.report("date", Code::Twice, "the day is also a holiday", "take it out of one of the two");
            }
            if working_days.insert(date, like).is_some() {
                working.report("date", Code::Twice, "the day is listed twice", "take one out");
            }
        }
        working.finish();
    }
    root.finish();
    // A calendar that is wrong is still there, so that policies are not told that it is unknown.
    Calendar { zone: zone.unwrap_or(TimeZone::UTC), week, holidays, working_days }
}

fn week(table: Table<'_>) -> BTreeMap<i8, Vec<Hours>> {
    let mut week = BTreeMap::new();
    for (name, weekday) in WEEKDAYS {
        let Some(value) = table.get(name) else { continue };
        let mut day: Vec<Hours> = Vec::new();
        for (text, site) in table.texts_of(name, value) {
            match hours(&text) {
                Some(hours) if day.last().is_none_or(|last| last.to <= hours.from) => day.push(hours),
                Some(_) => site.report(
                    table.problems(),
                    Code::Malformed,
                    "the hours overlap or run backwards",
                    "list them in order",
                ),
                None => site.report(
                    table.problems(),
                    Code::Malformed,
                    format!("`{text}` are no hours"),
                    "write \"09:00-18:00\"",
                ),
            }
        }
        if !day.is_empty() {
            week.insert(weekday.to_monday_zero_offset(), day);
        }
    }
    table.finish();
    week
}

fn hours(text: &str) -> Option<Hours> {
    let (from, to) = text.split_once('-')?;
    let time = |text: &str| text.trim().parse::<Time>().ok();
    let hours = Hours { from: time(from)?, to: time(to)? };
    (hours.from < hours.to).then_some(hours)
}
