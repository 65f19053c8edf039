//! Working time: which hours are worked, which days are off, and when a deadline falls. A calendar is data
//! (`infra/rules/calendars/*.toml`); the arithmetic is here.
//!
//! **An hour is an hour that passes.** A stretch of working time begins when the clock first shows its opening time, and
//! ends when it first shows its closing time. Where clocks go forward, a time that is skipped is the moment of the jump;
//! where they go back, one that is shown twice is the first of the two. So the night shift is an hour shorter in spring
//! and an hour longer in autumn, and a calendar that never closes counts as a stopwatch does. Deadlines at a time of day
//! (working days, calendar days) find their moment in the same way.
//!
//! **The cost** of a deadline follows the days unlike an ordinary week that it passes (holidays, days worked instead,
//! days on which clocks change), not its distance: whole weeks between two of them are one division.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

/// The working time of a place: a week that repeats, and the days that are unlike it.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    /// The hours of an ordinary week from Monday on, in order; none on a day off.
    week: [Vec<Hours>; 7],
    /// The days unlike their weekday.
    dated: BTreeMap<Date, Dated>,
    last_dated_year: Option<i16>,
}

/// How a day differs from its weekday.
#[derive(Clone, Copy, Debug)]
enum Dated {
    /// It is off.
    Holiday,
    /// It is worked as that weekday is.
    WorkedLike(Weekday),
}

/// An unbroken stretch of working time within one day; the end is no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    from: Time,
    /// Midnight is the end of the day.
    to: Time,
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

/// When the time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The moment.
    pub at: Timestamp,
    /// The last year whose holidays the calendar knows, if working time was counted beyond it, where every week is an
    /// ordinary one.
    pub beyond: Option<i16>,
}

/// What is added up from day to day.
#[derive(Clone, Copy)]
enum Measure {
    /// Days that are worked at all.
    Days,
    /// Working time in nanoseconds.
    Time,
}

impl Calendar {
    /// One that never works, until [`Calendar::work`] says when it does.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, week: Default::default(), dated: BTreeMap::new(), last_dated_year: None }
    }

    /// Sets the hours of a weekday. They MUST stand in order, and none may begin before the last one has ended.
    pub fn work(&mut self, weekday: Weekday, hours: Vec<Hours>) {
        if let Some(day) = self.week.get_mut(place(weekday)) {
            *day = hours;
        }
    }

    /// Takes the days `from` to `to` off, but for those worked by [`Calendar::work_on`].
    pub fn take_off(&mut self, from: Date, to: Date) {
        for date in from.series(1.day()).take_while(|date| *date <= to) {
            self.dated.entry(date).or_insert(Dated::Holiday);
        }
        self.dated_in(from.year());
    }

    /// Has a day worked as if it were the weekday `like`, whatever the week or a holiday says (in China, 调休).
    pub fn work_on(&mut self, date: Date, like: Weekday) {
        self.dated.insert(date, Dated::WorkedLike(like));
        self.dated_in(date.year());
    }

    fn dated_in(&mut self, year: i16) {
        self.last_dated_year = self.last_dated_year.max(Some(year));
    }

    /// Its time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The last year in which a holiday or a working day of its own begins: from the next on it knows nothing but the
    /// week. `None` if it has no such day, because it needs none.
    pub fn last_dated_year(&self) -> Option<i16> {
        self.last_dated_year
    }

    /// The moment at which `within` has passed since `start`. Working days and hours begin at the next opening if
    /// `start` falls outside working time; a deadline in working days lies at that moment's time of day. A calendar that
    /// never works again answers with `start`.
    pub fn deadline(&self, start: Timestamp, within: Within) -> Deadline {
        let (at, by_calendar) = match within {
            Within::Minutes(minutes) => {
                let minutes = SignedDuration::from_mins(minutes.into());
                (Some(start.checked_add(minutes).unwrap_or(Timestamp::MAX)), false)
            }
            Within::CalendarDays(days) => {
                let local = self.zone.to_datetime(start);
                (local.checked_add(i64::from(days).days()).ok().and_then(|local| self.moment(local)), false)
            }
            Within::WorkingDays(days) => (self.after_days(start, days), true),
            Within::WorkingHours(hours) => (self.after_hours(start, hours), true),
        };
        let at = at.unwrap_or(start);
        let year = self.zone.to_datetime(at).year();
        Deadline { at, beyond: self.last_dated_year.filter(|last| by_calendar && *last < year) }
    }

    /// Whether work is done at `moment`.
    pub fn is_open(&self, moment: Timestamp) -> bool {
        self.opening(moment).is_some_and(|(_, opens)| opens == moment)
    }

    /// The hours of one day, in order.
    pub fn hours(&self, date: Date) -> &[Hours] {
        match self.dated.get(&date) {
            Some(Dated::Holiday) => &[],
            Some(Dated::WorkedLike(weekday)) => self.ordinary(*weekday),
            None => self.ordinary(date.weekday()),
        }
    }

    /// The moment at which the clock first shows `local` or what comes after it; `None` where time itself ends.
    pub(crate) fn moment(&self, local: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(local).ok()
            }
            AmbiguousOffset::Gap { after, .. } => {
                // By the later offset a skipped time lies before the jump.
                let before = after.to_timestamp(local).ok()?;
                self.zone.following(before).next().map(|jump| jump.timestamp())
            }
        }
    }

    fn after_days(&self, start: Timestamp, days: u16) -> Option<Timestamp> {
        let (_, begin) = self.opening(start)?;
        let local = self.zone.to_datetime(begin);
        if days == 0 {
            return Some(begin);
        }
        let (date, _) = self.reach(local.date().tomorrow().ok()?, days.into(), Measure::Days)?;
        self.moment(date.to_datetime(local.time()))
    }

    fn after_hours(&self, start: Timestamp, hours: u16) -> Option<Timestamp> {
        let (date, begin) = self.opening(start)?;
        if hours == 0 {
            return Some(begin);
        }
        // Counted from the day's first opening, so that the first day is a day like any other.
        let before: i64 =
            self.stretches(date).map(|(opens, closes)| nanoseconds(opens, closes.min(begin)).max(0)).sum();
        let (date, mut left) = self.reach(date, before + i64::from(hours) * HOUR, Measure::Time)?;
        for (opens, closes) in self.stretches(date) {
            let length = nanoseconds(opens, closes);
            if left <= length {
                return opens.checked_add(SignedDuration::from_nanos(left)).ok();
            }
            left -= length;
        }
        None
    }

    /// The first moment from `moment` on at which work is done, and the day whose working time it is of.
    fn opening(&self, moment: Timestamp) -> Option<(Date, Timestamp)> {
        let mut date = self.zone.to_datetime(moment).date();
        loop {
            if let Some((opens, _)) = self.stretches(date).find(|(_, closes)| *closes > moment) {
                return Some((date, opens.max(moment)));
            }
            (date, _) = self.reach(date.tomorrow().ok()?, 1, Measure::Days)?;
        }
    }

    /// The day on which `amount`, at least 1, is complete if the days are added up from `from` on, and how much of it is
    /// left for that day.
    fn reach(&self, from: Date, amount: i64, measure: Measure) -> Option<(Date, i64)> {
        let week = Week::of(self, measure);
        let (mut day, mut left) = (from, amount);
        for unlike in self.unlike(from, week.total > 0) {
            // A day that is dated, and on which clocks change, comes twice.
            if unlike < day {
                continue;
            }
            let ordinary = week.sum(day, i64::from(day.until(unlike).ok()?.get_days()));
            if left <= ordinary {
                break;
            }
            left -= ordinary;
            let here = self.amount(unlike, measure);
            if left <= here {
                return Some((unlike, left));
            }
            left -= here;
            day = unlike.tomorrow().ok()?;
        }
        week.reach(day, left)
    }

    /// The days from `from` on, in order, that cannot be told from their weekday: the dated ones, and with
    /// `with_changes` those on which clocks change.
    fn unlike(&self, from: Date, with_changes: bool) -> impl Iterator<Item = Date> {
        let mut dated = self.dated.range(from..).map(|(date, _)| *date).peekable();
        let mut changes = with_changes.then(|| self.changes(from)).into_iter().flatten().peekable();
        std::iter::from_fn(move || match (dated.peek(), changes.peek()) {
            (Some(one), Some(other)) if other < one => changes.next(),
            (None, Some(_)) => changes.next(),
            _ => dated.next(),
        })
    }

    /// The days that a change of clocks touches, in order. Some before `from` may come first.
    fn changes(&self, from: Date) -> impl Iterator<Item = Date> {
        // No offset is further than 26 hours from UTC.
        let early = from.to_datetime(Time::midnight()).checked_sub(2.days()).unwrap_or(DateTime::MIN);
        let early = TimeZone::UTC.to_timestamp(early).unwrap_or(Timestamp::MIN);
        self.zone.following(early).flat_map(|change| {
            let moment = change.timestamp();
            let before = moment.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(moment);
            let shown = self.zone.to_offset(before).to_datetime(moment).date();
            let then = self.zone.to_datetime(moment).date();
            shown.min(then).series(1.day()).take_while(move |date| *date <= shown.max(then))
        })
    }

    /// What one day adds up to.
    fn amount(&self, date: Date, measure: Measure) -> i64 {
        match measure {
            Measure::Days => i64::from(self.stretches(date).next().is_some()),
            Measure::Time => self.stretches(date).map(|(opens, closes)| nanoseconds(opens, closes)).sum(),
        }
    }

    /// The working time of one day, in order; none of a stretch that a change of clocks skips as a whole.
    fn stretches(&self, date: Date) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        #[cfg(test)]
        tests::looks_at_a_day();
        self.hours(date).iter().filter_map(move |hours| {
            let closes = if hours.to == Time::midnight() { date.tomorrow().ok()? } else { date }.to_datetime(hours.to);
            let (opens, closes) = (self.moment(date.to_datetime(hours.from))?, self.moment(closes)?);
            (opens < closes).then_some((opens, closes))
        })
    }

    fn ordinary(&self, weekday: Weekday) -> &[Hours] {
        self.week.get(place(weekday)).map_or(&[], Vec::as_slice)
    }
}

/// What the days of an ordinary week, on which no clock changes, add up to.
struct Week {
    /// From Monday on.
    days: [i64; 7],
    total: i64,
}

impl Week {
    fn of(calendar: &Calendar, measure: Measure) -> Self {
        let days = calendar.week.each_ref().map(|hours| match measure {
            Measure::Days => i64::from(!hours.is_empty()),
            Measure::Time => hours.iter().map(|hours| hours.length()).sum(),
        });
        Self { days, total: days.iter().sum() }
    }

    /// The weekdays from that of `date` on, over and over.
    fn from(&self, date: Date) -> impl Iterator<Item = i64> {
        let days = self.days.iter().copied().cycle().skip(place(date.weekday()));
        #[cfg(test)]
        let days = days.inspect(|_| tests::looks_at_a_day());
        days
    }

    /// What `count` days from `date` on add up to.
    fn sum(&self, date: Date, count: i64) -> i64 {
        let rest = usize::try_from(count % 7).unwrap_or_default();
        count / 7 * self.total + self.from(date).take(rest).sum::<i64>()
    }

    /// The day on which `amount` is complete, counted from `date` on, and what of it is left for that day.
    fn reach(&self, date: Date, amount: i64) -> Option<(Date, i64)> {
        let weeks = (amount - 1).checked_div(self.total)?;
        let mut left = amount - weeks * self.total;
        for (days, here) in (0_i64..7).zip(self.from(date)) {
            if left <= here {
                return Some((date.checked_add((weeks * 7 + days).days()).ok()?, left));
            }
            left -= here;
        }
        None
    }
}

/// In nanoseconds.
const HOUR: i64 = 3_600_000_000_000;

impl Hours {
    /// From `from` until `to`; midnight as `to` is the end of the day. `None` unless the one comes before the other.
    pub fn new(from: Time, to: Time) -> Option<Self> {
        (from < to || to == Time::midnight()).then_some(Self { from, to })
    }

    /// Whether it is over when `next`, on the same day, begins.
    pub fn ends_before(self, next: Self) -> bool {
        self.to != Time::midnight() && self.to <= next.from
    }

    /// In nanoseconds, if no clock changes.
    fn length(self) -> i64 {
        let until = self.from.duration_until(self.to);
        let day = if self.to == Time::midnight() { 24 * HOUR } else { 0 };
        i64::try_from(until.as_nanos()).unwrap_or_default() + day
    }
}

/// What is no stretch of working time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("hours are written as in 09:00-18:00, the later time behind; a day ends at 24:00")]
pub struct NoHours;

impl FromStr for Hours {
    type Err = NoHours;

    /// Reads `09:00-18:00`; `24:00` is the end of the day.
    fn from_str(text: &str) -> Result<Self, NoHours> {
        let (from, to) = text.split_once('-').ok_or(NoHours)?;
        let time = |text: &str| text.trim().parse::<Time>().map_err(|_| NoHours);
        let hours = match to.trim() {
            "24:00" | "24:00:00" => Self::new(time(from)?, Time::midnight()),
            to => Some(time(to)?).filter(|to| *to != Time::midnight()).and_then(|to| Self::new(time(from).ok()?, to)),
        };
        hours.ok_or(NoHours)
    }
}

/// Where a weekday stands in a week that begins on Monday.
fn place(weekday: Weekday) -> usize {
    usize::try_from(weekday.to_monday_zero_offset()).unwrap_or_default()
}

fn nanoseconds(from: Timestamp, to: Timestamp) -> i64 {
    i64::try_from(from.duration_until(to).as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use jiff::civil::date;

    use super::*;

    thread_local! {
        static DAYS_LOOKED_AT: Cell<i64> = const { Cell::new(0) };
    }

    pub(super) fn looks_at_a_day() {
        DAYS_LOOKED_AT.set(DAYS_LOOKED_AT.get() + 1);
    }

    fn office(zone: &str) -> Calendar {
        let mut calendar = Calendar::new(TimeZone::get(zone).unwrap());
        for day in 0..5 {
            let weekday = Weekday::from_monday_zero_offset(day).unwrap();
            calendar.work(weekday, vec!["09:00-12:00".parse().unwrap(), "13:00-18:00".parse().unwrap()]);
        }
        calendar
    }

    /// The days that are looked at on the way to a deadline, and how many days away it is.
    fn cost(calendar: &Calendar, within: Within) -> (i64, i64) {
        let start = "2026-01-06T10:00:00Z".parse::<Timestamp>().unwrap();
        DAYS_LOOKED_AT.set(0);
        let at = calendar.deadline(start, within).at;
        (DAYS_LOOKED_AT.get(), start.duration_until(at).as_hours() / 24)
    }

    /// The days looked at for any deadline: the first, the last, and twice what is left of a week.
    const ANY_DEADLINE: i64 = 24;
    /// What is left of a week before a day that is unlike it, and that day.
    const A_DAY_UNLIKE_THE_WEEK: i64 = 7;

    #[test]
    fn the_cost_does_not_grow_with_the_distance() {
        let calendar = office("UTC");
        for n in [1, 10, 100, 1_000, 10_000, u16::MAX] {
            for within in [Within::WorkingDays(n), Within::WorkingHours(n)] {
                let (looked_at, days_away) = cost(&calendar, within);
                assert!(looked_at <= ANY_DEADLINE, "{within:?}, {days_away} days away: {looked_at} days looked at");
            }
        }
    }

    #[test]
    fn the_cost_grows_with_the_days_passed_that_are_unlike_the_week() {
        for (zone, changes_a_year) in [("UTC", 0), ("Europe/Berlin", 2)] {
            let mut calendar = office(zone);
            for within in [Within::WorkingDays(500), Within::WorkingDays(10_000), Within::WorkingHours(10_000)] {
                let (looked_at, days_away) = cost(&calendar, within);
                let changes = changes_a_year * (days_away / 365 + 1);
                let most = ANY_DEADLINE + A_DAY_UNLIKE_THE_WEEK * changes;
                assert!(looked_at <= most, "{zone}, {within:?}, {days_away} days away: {looked_at} days looked at");
            }
            // Holidays before the start and behind the deadline cost nothing, but for asking where the next one is.
            let within = Within::WorkingDays(500);
            let (before, _) = cost(&calendar, within);
            for year in (1900..2026).chain(2040..2200) {
                calendar.take_off(date(year, 3, 1), date(year, 3, 30));
            }
            assert!(cost(&calendar, within).0 <= before + A_DAY_UNLIKE_THE_WEEK, "{zone}");
            // Those on the way cost something each, and put the deadline off.
            for day in 1..=20 {
                calendar.take_off(date(2026, 1, day), date(2026, 1, day));
                calendar.take_off(date(2027, 2, day), date(2027, 2, day));
            }
            let (after, _) = cost(&calendar, within);
            assert!(before < after && after <= before + 40 * A_DAY_UNLIKE_THE_WEEK + ANY_DEADLINE, "{zone}: {after}");
        }
    }
}
