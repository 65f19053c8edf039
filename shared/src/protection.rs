//! How long an owner keeps a lead. Lead pools give it to somebody for some days; each answer and each update of theirs
//! extends that, up to a last day; when the time is over the lead is free for others.
//!
//! Source of the rules and of the test's dates: the help pages of the CRM 红圈, 21.1 线索池和客户池的保护期逻辑说明 (默认保护期,
//! 更新保护期天数, 最长保护期).

use jiff::{Timestamp, ToSpan};

use crate::calendar::Calendar;

/// For how long a lead is its owner's. Days are days on which the sun rises, in the calendar's time zone, and end at the
/// time of day at which the lead was assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The days from the assignment on, if nothing happens.
    pub days: u16,
    /// The days from an answer or update on.
    pub days_after_update: u16,
    /// The days from the assignment on after which nothing extends it; without them anything does.
    pub most_days: Option<u16>,
}

impl Protection {
    /// When the lead is free again, if nothing happens from its assignment on.
    pub fn ends(&self, assigned: Timestamp, calendar: &Calendar) -> Timestamp {
        self.at_most(days_after(assigned, assigned, self.days, calendar), assigned, calendar)
    }

    /// When the lead is free again after an answer or update at `updated`, if it would have been at `ends`. An update never
    /// shortens the time, and one behind its end comes too late to extend it.
    pub fn ends_after_update(
        &self,
        ends: Timestamp,
        assigned: Timestamp,
        updated: Timestamp,
        calendar: &Calendar,
    ) -> Timestamp {
        if updated > ends {
            return ends;
        }
        let extended = days_after(updated, assigned, self.days_after_update, calendar);
        self.at_most(extended.max(ends), assigned, calendar)
    }

    /// The end that nothing extends, if there is one.
    pub fn last(&self, assigned: Timestamp, calendar: &Calendar) -> Option<Timestamp> {
        self.most_days.map(|days| days_after(assigned, assigned, days, calendar))
    }

    fn at_most(&self, ends: Timestamp, assigned: Timestamp, calendar: &Calendar) -> Timestamp {
        self.last(assigned, calendar).map_or(ends, |last| ends.min(last))
    }
}

/// So many days after the day of `from`, at the time of day of `assigned`. Where time itself ends, so does the protection.
fn days_after(from: Timestamp, assigned: Timestamp, days: u16, calendar: &Calendar) -> Timestamp {
    let zone = calendar.zone();
    let date = zone.to_datetime(from).date().checked_add(i64::from(days).days());
    let moment = date.ok().and_then(|date| calendar.moment(date.to_datetime(zone.to_datetime(assigned).time())));
    moment.unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    const POOL: Protection = Protection { days: 10, days_after_update: 3, most_days: Some(20) };

    fn calendar(zone: &str) -> Calendar {
        Calendar::new(TimeZone::get(zone).unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// What becomes of a lead that was assigned on 25 March 2019 at 10:00 in China after each update; all in March and April.
    fn check(protection: Protection, updates: &[(&str, &str)]) {
        let (calendar, assigned) = (calendar("Asia/Shanghai"), at("2019-03-25T10:00+08:00"));
        let moment = |text: &str| at(&format!("2019-{text}+08:00"));
        let mut ends = protection.ends(assigned, &calendar);
        for (updated, expected) in updates {
            ends = protection.ends_after_update(ends, assigned, moment(updated), &calendar);
            assert_eq!(ends, moment(expected), "{protection:?} after {updated}");
        }
    }

    #[test]
    fn the_dates_of_the_source() {
        let calendar = calendar("Asia/Shanghai");
        assert_eq!(POOL.ends(at("2019-03-25T10:00+08:00"), &calendar), at("2019-04-04T10:00+08:00"));
        check(
            POOL,
            &[
                ("03-28T10:00", "04-04T10:00"),
                ("04-02T10:00", "04-05T10:00"),
                ("04-05T10:00", "04-08T10:00"),
                ("04-08T10:00", "04-11T10:00"),
                ("04-11T10:00", "04-14T10:00"),
                ("04-13T10:00", "04-14T10:00"),
                ("04-14T10:00", "04-14T10:00"),
            ],
        );
    }

    #[test]
    fn days_end_at_the_time_of_the_assignment() {
        check(POOL, &[("04-02T23:59", "04-05T10:00"), ("04-04T00:00", "04-07T10:00")]);
    }

    #[test]
    fn an_update_that_comes_too_late_extends_nothing() {
        check(POOL, &[("04-04T10:00:01", "04-04T10:00")]);
    }

    #[test]
    fn the_last_day_may_be_left_out_or_come_first() {
        let endless = Protection { most_days: None, ..POOL };
        check(
            endless,
            &[("04-04T09:00", "04-07T10:00"), ("04-07T09:00", "04-10T10:00"), ("04-10T09:00", "04-13T10:00")],
        );
        check(
            endless,
            &[("04-04T09:00", "04-07T10:00"), ("04-05T09:00", "04-08T10:00"), ("04-05T09:00", "04-08T10:00")],
        );
        let short = Protection { most_days: Some(5), ..POOL };
        check(short, &[("03-28T09:00", "03-30T10:00")]);
    }

    #[test]
    fn days_are_days_where_clocks_change() {
        // On 31 March 2019 Berlin had 23 hours.
        let ends = POOL.ends(at("2019-03-25T10:00+01:00"), &calendar("Europe/Berlin"));
        assert_eq!(ends, at("2019-04-04T10:00+02:00"));
        assert_eq!(POOL.ends(Timestamp::MAX, &calendar("UTC")), Timestamp::MAX);
    }
}
