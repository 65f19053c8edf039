//! Working time: which hours are worked, which days are off, and when a deadline falls. A calendar is data
//! (`infra/rules/calendars/*.toml`); the arithmetic is here, and steps over days, never over minutes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// The working time of a place.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Its time zone.
    pub zone: TimeZone,
    /// The hours of an ordinary week: opening and closing times in order, none on a day off.
    pub week: BTreeMap<i8, Vec<Hours>>,
    /// Days off that the week would have worked.
    pub holidays: BTreeSet<Date>,
    /// Days worked that the week or a holiday would have off (in China, 调休), and the weekday whose hours they keep.
    pub working_days: BTreeMap<Date, Weekday>,
}

/// An unbroken stretch of working time within one day; the end is no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// When it opens.
    pub from: Time,
    /// When it closes, after it opens.
    pub to: Time,
}

/// How long somebody may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Days on which the calendar works, at the same time of day.
    WorkingDays(u16),
    /// Hours of the calendar's working time.
    WorkingHours(u16),
    /// Days on which the sun rises, at the same time of day.
    CalendarDays(u16),
    /// Minutes on the clock.
    Minutes(u32),
}

/// How far ahead working time is looked for. A calendar that closes for longer yields the last day looked at.
const HORIZON_DAYS: u32 = 4000;

impl Calendar {
    /// The moment at which `within` has passed since `start`. Working days and hours begin at the next opening if
    /// `start` falls outside working time; a deadline in working days lies at that moment's time of day.
    pub fn deadline(&self, start: Timestamp, within: Within) -> Timestamp {
        let local = start.to_zoned(self.zone.clone()).datetime();
        match within {
            Within::Minutes(minutes) => {
                start.checked_add(SignedDuration::from_mins(minutes.into())).unwrap_or(Timestamp::MAX)
            }
            Within::CalendarDays(days) => {
                self.moment(local.checked_add(i64::from(days).days()).unwrap_or(DateTime::MAX), start)
            }
            Within::WorkingDays(days) => {
                let begin = self.opening(local);
                let date = self.dates(begin.date()).skip(1).filter(|date| self.works(*date)).take(days.into()).last();
                self.moment(date.unwrap_or(begin.date()).to_datetime(begin.time()), start)
            }
            Within::WorkingHours(hours) => {
                self.moment(self.after_working(local, SignedDuration::from_hours(hours.into())), start)
            }
        }
    }

    /// Whether work is done at `moment`.
    pub fn is_open(&self, moment: Timestamp) -> bool {
        let local = moment.to_zoned(self.zone.clone()).datetime();
        self.opening(local) == local
    }

    /// The hours of one day, in order.
    pub fn hours(&self, date: Date) -> &[Hours] {
        let weekday = match self.working_days.get(&date) {
            Some(weekday) => *weekday,
            None if self.holidays.contains(&date) => return &[],
            None => date.weekday(),
        };
        self.week.get(&weekday.to_monday_zero_offset()).map_or(&[], Vec::as_slice)
    }

    fn works(&self, date: Date) -> bool {
        !self.hours(date).is_empty()
    }

    /// `local` itself in working time, else the next opening.
    fn opening(&self, local: DateTime) -> DateTime {
        self.stretches(local).map(|(from, _)| from).next().unwrap_or(local)
    }

    fn after_working(&self, local: DateTime, mut left: SignedDuration) -> DateTime {
        let mut reached = local;
        for (from, to) in self.stretches(local) {
            let length = to.duration_since(from);
            if left <= length {
                return from.checked_add(left).unwrap_or(to);
            }
            left -= length;
            reached = to;
        }
        reached
    }

    /// Working time from `local` on, in order.
    fn stretches(&self, local: DateTime) -> impl Iterator<Item = (DateTime, DateTime)> {
        self.dates(local.date()).flat_map(move |date| {
            self.hours(date).iter().filter_map(move |hours| {
                let (from, to) = (date.to_datetime(hours.from), date.to_datetime(hours.to));
                (to > local).then(|| (from.max(local), to))
            })
        })
    }

    fn dates(&self, from: Date) -> impl Iterator<Item = Date> {
        (0..HORIZON_DAYS).map_while(move |days| from.checked_add(i64::from(days).days()).ok())
    }

    /// A local time as a moment; times that a change of clocks skips or repeats resolve to the earlier offset's.
    fn moment(&self, local: DateTime, fallback: Timestamp) -> Timestamp {
        local.to_zoned(self.zone.clone()).map_or(fallback, |zoned| zoned.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: i8, to: i8) -> Hours {
        Hours { from: Time::constant(from, 0, 0, 0), to: Time::constant(to, 0, 0, 0) }
    }

    /// Nine to twelve and one to six from Monday to Friday; the National Day week of 2026 with its working Saturday.
    fn shanghai() -> Calendar {
        Calendar {
            zone: TimeZone::get("Asia/Shanghai").unwrap(),
            week: (0..5).map(|day| (day, vec![hours(9, 12), hours(13, 18)])).collect(),
            holidays: (1..=7).map(|day| jiff::civil::date(2026, 10, day)).collect(),
            working_days: BTreeMap::from([(jiff::civil::date(2026, 10, 10), Weekday::Monday)]),
        }
    }

    #[test]
    fn deadlines() {
        use Within as W;
        // start, within, deadline; all in China's time
        let rows = [
            // Monday to Monday.
            ("2026-11-02T10:30", W::WorkingDays(5), "2026-11-09T10:30"),
            ("2026-11-02T10:30", W::WorkingDays(1), "2026-11-03T10:30"),
            // After hours, at night, at noon, at the weekend: from the next opening.
            ("2026-11-02T18:00", W::WorkingDays(1), "2026-11-04T09:00"),
            ("2026-11-03T02:00", W::WorkingDays(1), "2026-11-04T09:00"),
            ("2026-11-03T12:30", W::WorkingDays(1), "2026-11-04T13:00"),
            ("2026-11-07T11:00", W::WorkingDays(5), "2026-11-16T09:00"),
            // Over National Day: 30 September, then 8, 9, 10 (a working Saturday), 12 October.
            ("2026-09-29T15:00", W::WorkingDays(5), "2026-10-12T15:00"),
            ("2026-09-30T15:00", W::WorkingDays(3), "2026-10-10T15:00"),
            ("2026-10-03T15:00", W::WorkingDays(1), "2026-10-09T09:00"),
            // Working hours leave out noon, nights, weekends and holidays.
            ("2026-11-02T11:00", W::WorkingHours(1), "2026-11-02T12:00"),
            ("2026-11-02T11:00", W::WorkingHours(2), "2026-11-02T14:00"),
            ("2026-11-06T17:00", W::WorkingHours(4), "2026-11-09T12:00"),
            ("2026-09-30T17:00", W::WorkingHours(2), "2026-10-08T10:00"),
            ("2026-11-02T09:00", W::WorkingHours(40), "2026-11-06T18:00"),
            ("2026-11-07T09:00", W::CalendarDays(3), "2026-11-10T09:00"),
            ("2026-11-07T23:30", W::Minutes(60), "2026-11-08T00:30"),
        ];
        let calendar = shanghai();
        let moment = |text: &str| format!("{text}:00+08:00").parse::<Timestamp>().unwrap();
        for (start, within, deadline) in rows {
            assert_eq!(calendar.deadline(moment(start), within), moment(deadline), "{start} and {within:?}");
        }
        assert!(calendar.is_open(moment("2026-10-10T09:00")));
        assert!(!calendar.is_open(moment("2026-10-05T10:00")));
        assert!(!calendar.is_open(moment("2026-11-02T12:00")));
    }

    #[test]
    fn clocks_that_change_keep_the_time_of_day() {
        let berlin = Calendar { zone: TimeZone::get("Europe/Berlin").unwrap(), ..shanghai() };
        let friday: Timestamp = "2026-10-23T10:00:00+02:00".parse().unwrap();
        assert_eq!(berlin.deadline(friday, Within::WorkingDays(1)), "2026-10-26T10:00:00+01:00".parse().unwrap());
    }

    #[test]
    fn a_calendar_without_working_time_still_answers() {
        let never = Calendar { week: BTreeMap::new(), ..shanghai() };
        let start: Timestamp = "2027-11-02T10:00:00+08:00".parse().unwrap();
        assert_eq!(never.deadline(start, Within::WorkingHours(1)), start);
    }
}
