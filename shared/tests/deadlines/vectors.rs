//! Deadlines worked out by hand or taken from elsewhere.

use jiff::civil::date;
use leads::calendar::{Calendar, Within};

use super::{Friday, Monday, Saturday, Tuesday, hours, moment, office};
use Within::{CalendarDays, Minutes, WorkingDays, WorkingHours};

/// From when, how long, until when: local times, with an offset where the clock shows them twice.
type Row = (&'static str, Within, &'static str);

fn check(calendar: &Calendar, rows: &[Row]) {
    for (start, within, deadline) in rows {
        let found = calendar.deadline(moment(calendar, start), *within).at;
        assert_eq!(found, moment(calendar, deadline), "{start} and {within:?}: {}", calendar.zone().to_datetime(found));
    }
}

/// Nine to five, Monday to Friday; Monday, 15 January 2024 is Martin Luther King Day.
#[test]
fn nine_to_five() {
    let mut calendar = office("America/New_York", 5, &["09:00-17:00"]);
    calendar.take_off(date(2024, 1, 15), date(2024, 1, 15));
    check(
        &calendar,
        &[
            // Seven hours on Friday, three on Tuesday.
            ("2024-01-12T10:00", WorkingHours(10), "2024-01-16T12:00"),
            // A start at the weekend is a start at the next opening, here on a Monday and on the Tuesday after a holiday.
            ("2024-01-06T15:00", WorkingHours(1), "2024-01-08T10:00"),
            ("2024-01-13T15:00", WorkingHours(1), "2024-01-16T10:00"),
            ("2024-01-15T10:00", WorkingHours(1), "2024-01-16T10:00"),
            ("2024-01-06T15:00", WorkingDays(1), "2024-01-09T09:00"),
            // The end of a day is still that day.
            ("2024-01-08T09:00", WorkingHours(8), "2024-01-08T17:00"),
            ("2024-01-08T17:00", WorkingHours(8), "2024-01-09T17:00"),
            ("2024-01-08T09:00:30", WorkingHours(8), "2024-01-09T09:00:30"),
            ("2024-01-08T16:59:59.999", WorkingHours(1), "2024-01-09T09:59:59.999"),
            // Whole weeks: 40 hours each, less the holiday.
            ("2024-01-08T09:00", WorkingHours(72), "2024-01-19T17:00"),
            ("2024-01-08T09:00", WorkingHours(2000), "2024-12-23T17:00"),
            ("2024-01-12T10:00", WorkingDays(1), "2024-01-16T10:00"),
            ("2024-01-12T10:00", WorkingDays(250), "2024-12-30T10:00"),
            ("2024-01-12T10:00", CalendarDays(3), "2024-01-15T10:00"),
            ("2024-01-12T23:30", Minutes(60), "2024-01-13T00:30"),
            // No time at all is over at once, or at the next opening.
            ("2024-01-12T10:00", WorkingHours(0), "2024-01-12T10:00"),
            ("2024-01-13T10:00", WorkingHours(0), "2024-01-16T09:00"),
            ("2024-01-13T10:00", WorkingDays(0), "2024-01-16T09:00"),
        ],
    );
}

/// Nine to twelve and one to six from Monday to Friday; the National Day week of 2026 with its working Saturday, by the
/// State Council's notice of 4 November 2025.
#[test]
fn a_break_at_noon() {
    let mut calendar = office("Asia/Shanghai", 5, &["09:00-12:00", "13:00-18:00"]);
    calendar.take_off(date(2026, 10, 1), date(2026, 10, 7));
    calendar.work_on(date(2026, 10, 10), Monday);
    check(
        &calendar,
        &[
            ("2026-11-02T10:30", WorkingDays(5), "2026-11-09T10:30"),
            ("2026-11-02T10:30", WorkingDays(1), "2026-11-03T10:30"),
            // After hours, at night, at noon, at the weekend: from the next opening.
            ("2026-11-02T18:00", WorkingDays(1), "2026-11-04T09:00"),
            ("2026-11-03T02:00", WorkingDays(1), "2026-11-04T09:00"),
            ("2026-11-03T12:30", WorkingDays(1), "2026-11-04T13:00"),
            ("2026-11-07T11:00", WorkingDays(5), "2026-11-16T09:00"),
            // Over National Day: 30 September, then 8, 9, 10 (a working Saturday), 12 October.
            ("2026-09-29T15:00", WorkingDays(5), "2026-10-12T15:00"),
            ("2026-09-30T15:00", WorkingDays(3), "2026-10-10T15:00"),
            ("2026-10-03T15:00", WorkingDays(1), "2026-10-09T09:00"),
            // Working hours leave out noon, nights, weekends and holidays.
            ("2026-11-02T11:00", WorkingHours(1), "2026-11-02T12:00"),
            ("2026-11-02T11:00", WorkingHours(2), "2026-11-02T14:00"),
            ("2026-11-02T12:00", WorkingHours(1), "2026-11-02T14:00"),
            ("2026-11-02T12:30", WorkingHours(5), "2026-11-02T18:00"),
            ("2026-11-06T17:00", WorkingHours(4), "2026-11-09T12:00"),
            ("2026-09-30T17:00", WorkingHours(2), "2026-10-08T10:00"),
            ("2026-10-09T17:00", WorkingHours(2), "2026-10-10T10:00"),
            ("2026-11-02T09:00", WorkingHours(40), "2026-11-06T18:00"),
        ],
    );
    let open = |text| calendar.is_open(moment(&calendar, text));
    assert!(open("2026-10-10T09:00") && open("2026-11-02T11:59:59"));
    assert!(!open("2026-10-05T10:00") && !open("2026-11-02T12:00") && !open("2026-11-02T18:00"));
}

/// Clocks in Berlin go from 02:00 to 03:00 on 29 March 2026 and from 03:00 to 02:00 on 25 October 2026 (Directive
/// 2000/84/EC: at 01:00 UTC on the last Sunday); in New York from 02:00 to 03:00 on 8 March and from 02:00 to 01:00 on 1
/// November (15 U.S.C. § 260a: the second Sunday and the first).
#[test]
fn clocks_that_change_outside_working_time() {
    let rows: [(&str, &[Row]); 2] = [
        (
            "Europe/Berlin",
            &[
                ("2026-03-27T16:00", WorkingHours(2), "2026-03-30T10:00"),
                ("2026-10-23T16:00", WorkingHours(2), "2026-10-26T10:00"),
                ("2026-03-27T10:00", WorkingDays(1), "2026-03-30T10:00"),
                ("2026-10-23T10:00", WorkingDays(1), "2026-10-26T10:00"),
                ("2026-03-28T10:00+01:00", CalendarDays(1), "2026-03-29T10:00+02:00"),
                ("2026-10-24T10:00+02:00", CalendarDays(1), "2026-10-25T10:00+01:00"),
                // Minutes are those of a stopwatch.
                ("2026-03-29T01:30+01:00", Minutes(60), "2026-03-29T03:30+02:00"),
                ("2026-10-25T02:30+02:00", Minutes(60), "2026-10-25T02:30+01:00"),
            ],
        ),
        (
            "America/New_York",
            &[
                ("2026-03-06T16:00", WorkingHours(2), "2026-03-09T10:00"),
                ("2026-10-30T16:00", WorkingHours(2), "2026-11-02T10:00"),
                ("2026-03-06T10:00-05:00", WorkingDays(1), "2026-03-09T10:00-04:00"),
                ("2026-10-30T10:00-04:00", WorkingDays(1), "2026-11-02T10:00-05:00"),
            ],
        ),
    ];
    for (zone, rows) in rows {
        check(&office(zone, 5, &["09:00-17:00"]), rows);
    }
}

/// A time that is skipped is the moment of the jump, one that is shown twice the first of the two.
#[test]
fn deadlines_at_times_that_clocks_skip_or_repeat() {
    let rows: [(&str, &[Row]); 2] = [
        (
            "Europe/Berlin",
            &[
                ("2026-03-28T02:30+01:00", CalendarDays(1), "2026-03-29T03:00+02:00"),
                ("2026-03-28T02:30+01:00", WorkingDays(1), "2026-03-29T03:00+02:00"),
                ("2026-10-24T02:30+02:00", CalendarDays(1), "2026-10-25T02:30+02:00"),
                ("2026-10-24T03:00+02:00", CalendarDays(1), "2026-10-25T03:00+01:00"),
            ],
        ),
        (
            "America/New_York",
            &[
                ("2026-03-07T02:30-05:00", CalendarDays(1), "2026-03-08T03:00-04:00"),
                ("2026-10-31T01:30-04:00", CalendarDays(1), "2026-11-01T01:30-04:00"),
                ("2026-10-31T01:30-04:00", WorkingDays(1), "2026-11-01T01:30-04:00"),
            ],
        ),
    ];
    for (zone, rows) in rows {
        check(&office(zone, 7, &["00:00-24:00"]), rows);
    }
}

/// An hour of working time is an hour that passes: on the days of change the night from midnight to six has five or seven.
#[test]
fn clocks_that_change_within_working_time() {
    let rows: [(&str, &[Row]); 2] = [
        (
            "Europe/Berlin",
            &[
                ("2026-03-29T00:00+01:00", WorkingHours(5), "2026-03-29T06:00+02:00"),
                ("2026-03-29T00:00+01:00", WorkingHours(6), "2026-03-30T01:00+02:00"),
                ("2026-03-28T00:00+01:00", WorkingHours(11), "2026-03-29T06:00+02:00"),
                ("2026-10-25T00:00+02:00", WorkingHours(6), "2026-10-25T05:00+01:00"),
                ("2026-10-25T00:00+02:00", WorkingHours(7), "2026-10-25T06:00+01:00"),
                ("2026-10-25T02:30+01:00", WorkingHours(1), "2026-10-25T03:30+01:00"),
                // Over a year the short night and the long one even out.
                ("2026-01-01T00:00+01:00", WorkingHours(365 * 6), "2026-12-31T06:00+01:00"),
                // Until then an hour is missing.
                ("2026-03-01T00:00+01:00", WorkingHours(60 * 6), "2026-04-30T01:00+02:00"),
            ],
        ),
        (
            "America/New_York",
            &[
                ("2026-03-08T00:00-05:00", WorkingHours(5), "2026-03-08T06:00-04:00"),
                ("2026-03-07T00:00-05:00", WorkingHours(12), "2026-03-09T01:00-04:00"),
                ("2026-11-01T00:00-04:00", WorkingHours(7), "2026-11-01T06:00-05:00"),
                ("2026-10-31T00:00-04:00", WorkingHours(12), "2026-11-01T05:00-05:00"),
            ],
        ),
    ];
    for (zone, rows) in rows {
        check(&office(zone, 7, &["00:00-06:00"]), rows);
    }
}

/// Stretches whose ends are skipped or repeated themselves.
#[test]
fn opening_times_that_clocks_skip_or_repeat() {
    // Opens at the jump, half an hour late by the clock and on time by the sun.
    let half_past_two = office("Europe/Berlin", 7, &["02:30-04:00"]);
    check(
        &half_past_two,
        &[
            ("2026-03-29T00:00+01:00", WorkingHours(1), "2026-03-29T04:00+02:00"),
            ("2026-10-25T00:00+02:00", WorkingHours(1), "2026-10-25T02:30+01:00"),
            ("2026-10-25T00:00+02:00", WorkingHours(2), "2026-10-25T03:30+01:00"),
        ],
    );
    // A stretch that is skipped as a whole makes no working day, and one that is shown twice is worked once.
    let half_an_hour = office("Europe/Berlin", 7, &["02:00-02:30"]);
    check(
        &half_an_hour,
        &[
            ("2026-03-28T02:00+01:00", WorkingDays(1), "2026-03-30T02:00+02:00"),
            ("2026-03-28T02:15+01:00", WorkingHours(1), "2026-03-31T02:15+02:00"),
            ("2026-10-25T02:00+02:00", WorkingHours(1), "2026-10-26T02:30+01:00"),
        ],
    );
    assert!(half_an_hour.is_open(moment(&half_an_hour, "2026-10-25T02:10+02:00")));
    assert!(!half_an_hour.is_open(moment(&half_an_hour, "2026-10-25T02:10+01:00")));
    // Samoa left out 30 December 2011 (Standard Time Amendment Act of 2011).
    let apia = office("Pacific/Apia", 7, &["09:00-17:00"]);
    check(
        &apia,
        &[
            ("2011-12-29T10:00-10:00", WorkingDays(1), "2011-12-31T10:00+14:00"),
            ("2011-12-29T16:00-10:00", WorkingHours(2), "2011-12-31T10:00+14:00"),
            ("2011-12-29T10:00-10:00", CalendarDays(1), "2011-12-31T00:00+14:00"),
        ],
    );
}

/// A calendar that never closes counts as a stopwatch does, over either change, and over a change at midnight.
#[test]
fn never_closed() {
    for zone in ["UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe"] {
        let calendar = office(zone, 7, &["00:00-24:00"]);
        for start in ["2026-01-31T15:20:10Z", "2026-03-08T04:30:00Z", "2026-10-25T00:30:00Z", "2026-11-01T05:59:59Z"] {
            for length in [1, 24, 100, 2000, 20_000] {
                let by_hours = calendar.deadline(moment(&calendar, start), WorkingHours(length)).at;
                let by_minutes = calendar.deadline(moment(&calendar, start), Minutes(u32::from(length) * 60)).at;
                assert_eq!(by_hours, by_minutes, "{zone}: {length} hours from {start}");
            }
        }
    }
}

/// Several stretches of unlike lengths, days of unlike hours, and a working Saturday with a Friday's.
#[test]
fn unlike_days() {
    let mut calendar = office("Europe/Paris", 4, &["08:30-12:00", "14:00-18:00", "19:00-20:00"]);
    calendar.work(Friday, hours(&["08:30-12:00"]));
    calendar.take_off(date(2026, 5, 1), date(2026, 5, 1));
    calendar.work_on(date(2026, 5, 2), Friday);
    calendar.work_on(date(2026, 5, 5), Friday);
    check(
        &calendar,
        &[
            ("2026-04-30T11:00", WorkingHours(1), "2026-04-30T12:00"),
            ("2026-04-30T11:00", WorkingHours(5), "2026-04-30T18:00"),
            ("2026-04-30T11:00", WorkingHours(6), "2026-04-30T20:00"),
            ("2026-04-30T18:30", WorkingHours(2), "2026-05-02T09:30"),
            ("2026-05-02T08:30", WorkingHours(4), "2026-05-04T09:00"),
            ("2026-05-04T08:30", WorkingHours(13), "2026-05-06T09:30"),
            // The same time of day, though Saturday's hours end before it.
            ("2026-04-30T15:00", WorkingDays(1), "2026-05-02T15:00"),
        ],
    );
}

/// What is left to say of deadlines when a calendar's holidays end, or its working time.
#[test]
fn beyond_the_last_dated_year() {
    let mut calendar = office("Asia/Shanghai", 5, &["09:00-18:00"]);
    let beyond = |calendar: &Calendar, start, within| calendar.deadline(moment(calendar, start), within).beyond;
    assert_eq!(calendar.last_dated_year(), None);
    assert_eq!(beyond(&calendar, "2040-12-30T10:00", WorkingDays(5)), None);

    // The year in which a holiday begins is known by it, not the one into which it runs.
    calendar.take_off(date(2026, 12, 28), date(2027, 1, 1));
    assert_eq!(calendar.last_dated_year(), Some(2026));
    assert_eq!(beyond(&calendar, "2026-12-24T10:00", WorkingDays(1)), None);
    assert_eq!(beyond(&calendar, "2026-12-24T10:00", WorkingDays(2)), Some(2026));
    assert_eq!(beyond(&calendar, "2026-12-25T10:00", WorkingHours(9)), Some(2026));
    assert_eq!(beyond(&calendar, "2030-01-01T10:00", WorkingHours(1)), Some(2026));
    // Holidays do not matter to these.
    assert_eq!(beyond(&calendar, "2026-12-24T10:00", CalendarDays(30)), None);
    assert_eq!(beyond(&calendar, "2026-12-24T10:00", Minutes(100_000)), None);

    calendar.work_on(date(2027, 1, 2), Tuesday);
    assert_eq!(beyond(&calendar, "2026-12-24T10:00", WorkingDays(2)), None);
}

#[test]
fn a_calendar_that_never_works_answers_with_the_start() {
    let mut never = office("Europe/Berlin", 0, &[]);
    let start = moment(&never, "2026-11-02T10:00");
    for within in [WorkingHours(1), WorkingDays(1), WorkingDays(u16::MAX), WorkingHours(0)] {
        assert_eq!(never.deadline(start, within).at, start);
    }
    assert!(!never.is_open(start));
    // One day of its own, and not another.
    never.work(Saturday, hours(&["09:00-17:00"]));
    let mut once = office("Europe/Berlin", 0, &[]);
    once.work_on(date(2026, 11, 7), Saturday);
    assert_eq!(once.deadline(start, WorkingHours(1)).at, start, "Saturday has no hours to keep");
    let end = jiff::Timestamp::MAX;
    assert_eq!(never.deadline(end, WorkingDays(1)).at, end);
    assert_eq!(never.deadline(end, Minutes(1)).at, end);
}

#[test]
fn hours_are_read_strictly() {
    for text in ["09:00-18:00", " 09:00 - 18:00 ", "00:00-24:00", "23:59:59-24:00:00"] {
        assert!(text.parse::<leads::calendar::Hours>().is_ok(), "{text}");
    }
    for text in ["9-18", "18:00-09:00", "09:00-09:00", "09:00-00:00", "24:00-24:00", "09:00-24:01", "09:00", "", "-"] {
        assert!(text.parse::<leads::calendar::Hours>().is_err(), "{text}");
    }
}
