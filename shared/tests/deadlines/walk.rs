//! 100,000 random deadlines against a walk minute by minute. The walk knows what a clock shows at each minute and nothing
//! of the product. `SEED=… cargo test -p leads --test deadlines -- --nocapture` draws others.

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::civil::{DateTime, Time, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use leads::calendar::{Calendar, Hours, Within};

use super::WEEK;

const DAY: i64 = 24 * 60;
/// Days that a film takes: some before a change of clocks, more behind it.
const LENGTH: i64 = 40;
const FILMS: usize = 20;
const CALENDARS: usize = 5;
const DEADLINES: usize = 1000;

/// Clocks that never change; that change at night, at midnight, back over midnight, back to a minute past eleven, by half
/// an hour; that once left out a day.
const ZONES: [&str; 10] = [
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Europe/London",
    "America/Havana",
    "Asia/Beirut",
    "America/Goose_Bay",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

/// What a clock shows, minute by minute.
struct Film {
    zone: TimeZone,
    begin: Timestamp,
    /// Minutes of local time since 1970.
    shown: Vec<i64>,
    /// The latest that it has shown so far: where clocks go back, the second hour is passed in standing still. After the
    /// last minute time never ends, so that every walk does.
    latest: Vec<i64>,
    /// The days of `latest` since 1970.
    days: Vec<i64>,
}

impl Film {
    fn take(zone: &str, chance: &mut Rng) -> Self {
        let name = zone;
        let zone = TimeZone::get(zone).unwrap();
        let year = if name == "Pacific/Apia" { 2011 } else { chance.i16(2008..2029) };
        let new_year = date(year, 1, 1).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let any = new_year + SignedDuration::from_hours(chance.i64(0..8000));
        let change = zone.following(any).next().map_or(any, |change| change.timestamp());
        let begin = change - SignedDuration::from_hours(12 * 24);
        let shown: Vec<i64> = (0..LENGTH * DAY).map(|minute| reading(zone.to_datetime(at(begin, minute)))).collect();
        let latest = shown.iter().scan(i64::MIN, |latest, shown| {
            *latest = *shown.max(latest);
            Some(*latest)
        });
        let latest: Vec<i64> = latest.chain([i64::MAX]).collect();
        let days = latest.iter().map(|latest| latest.div_euclid(DAY)).collect();
        Self { zone, begin, shown, latest, days }
    }
}

fn at(begin: Timestamp, minute: i64) -> Timestamp {
    begin + SignedDuration::from_mins(minute)
}

fn reading(shown: DateTime) -> i64 {
    shown.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_mins()
}

/// Stretches of a day, in minutes.
type Stretches = Vec<(i64, i64)>;

fn stretches(chance: &mut Rng) -> Stretches {
    match chance.u8(0..8) {
        0 => vec![(0, DAY)],
        1 => vec![(9 * 60, 17 * 60)],
        2 => vec![(9 * 60, 12 * 60), (13 * 60, 18 * 60)],
        3 => vec![(0, 6 * 60), (22 * 60, DAY)],
        // At all times of the night, when clocks change.
        4 => vec![(chance.i64(0..90), chance.i64(90..300))],
        _ => {
            let mut times: Vec<i64> = (0..chance.usize(1..4) * 2).map(|_| chance.i64(0..=DAY)).collect();
            times.sort_unstable();
            times.dedup();
            times.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
        }
    }
}

/// The same working time twice: as the product has it, and minute by minute.
struct Office {
    calendar: Calendar,
    open: Vec<bool>,
}

impl Office {
    fn open(film: &Film, chance: &mut Rng) -> Self {
        let mut calendar = Calendar::new(film.zone.clone());
        let alike = chance.bool().then(|| stretches(chance));
        let days = chance.usize(1..=7);
        let week: Vec<Stretches> = (0..7)
            .map(|day| if day < days { alike.clone().unwrap_or_else(|| stretches(chance)) } else { Vec::new() })
            .collect();
        let time = |minutes: i64| Time::midnight().wrapping_add(minutes.minutes());
        for (weekday, day) in WEEK.iter().zip(&week) {
            calendar.work(*weekday, day.iter().map(|(from, to)| Hours::new(time(*from), time(*to)).unwrap()).collect());
        }

        // By local day since 1970, a Thursday.
        let mut by_day: BTreeMap<i64, &Stretches> = BTreeMap::new();
        let (first, last) = (film.days[0], film.days[film.shown.len() - 1]);
        let odd_days = [0.0, 0.1, 0.5][chance.usize(0..3)];
        for day in first..=last {
            let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap();
            let on = date(1970, 1, 1) + day.days();
            by_day.insert(day, &week[weekday]);
            if chance.f64() < odd_days {
                calendar.take_off(on, on);
                by_day.remove(&day);
            }
            if chance.f64() < odd_days / 2.0 {
                let like = chance.usize(0..7);
                calendar.work_on(on, WEEK[like]);
                by_day.insert(day, &week[like]);
            }
        }
        let none = Vec::new();
        let table: Vec<&Stretches> = (first..=last).map(|day| *by_day.get(&day).unwrap_or(&&none)).collect();
        let open = |(day, latest): (&i64, &i64)| {
            let minute = latest - day * DAY;
            // Nothing is known of the end of time, and the walk stops there.
            let Some(day) = table.get(usize::try_from(day - first).unwrap()) else { return true };
            day.iter().any(|(from, to)| *from <= minute && minute < *to)
        };
        Self { open: film.days.iter().zip(&film.latest).map(open).collect(), calendar }
    }

    /// When the time is over, by walking from minute to minute; `None` if the film ends before.
    fn walk(&self, film: &Film, start: usize, within: Within) -> Option<usize> {
        // Slices, which are indexed without a call in a build that is not optimised.
        let (open, latest, days_shown) = (self.open.as_slice(), film.latest.as_slice(), film.days.as_slice());
        let end = film.shown.len();
        let until = |mut minute: usize, wanted: i64| {
            while latest[minute] < wanted {
                minute += 1;
            }
            minute
        };
        let opening = |mut minute: usize| {
            while !open[minute] {
                minute += 1;
            }
            minute
        };
        let reached = match within {
            Within::Minutes(minutes) => start + minutes as usize,
            Within::CalendarDays(days) => until(start, film.shown[start] + i64::from(days) * DAY),
            Within::WorkingHours(hours) => {
                let mut minute = opening(start);
                let mut left = u32::from(hours) * 60;
                while left > 0 && minute < end {
                    if open[minute] {
                        left -= 1;
                    }
                    minute += 1;
                }
                minute
            }
            Within::WorkingDays(days) => {
                let begin = opening(start);
                let shown = *film.shown.get(begin)?;
                let (mut day, time) = (shown.div_euclid(DAY), shown.rem_euclid(DAY));
                let (mut minute, mut left) = (begin, days);
                while left > 0 && minute < end {
                    if open[minute] && days_shown[minute] > day {
                        day = days_shown[minute];
                        left -= 1;
                    }
                    minute += 1;
                }
                if left > 0 { end } else { until(begin, day * DAY + time) }
            }
        };
        Some(reached).filter(|reached| *reached < end)
    }
}

#[test]
fn random_deadlines_are_those_of_a_walk_minute_by_minute() {
    let seed = std::env::var("SEED").map_or(20_261_122, |seed| seed.parse().unwrap());
    let mut chance = Rng::with_seed(seed);
    let (mut compared, mut moved, mut differences) = ([0; 4], 0, Vec::new());
    for number in 0..FILMS {
        let film = Film::take(ZONES[number % ZONES.len()], &mut chance);
        for _ in 0..CALENDARS {
            let office = Office::open(&film, &mut chance);
            let mut drawn = 0;
            // A calendar that hardly ever works leads beyond the film; no more is asked of it.
            for _ in 0..DEADLINES * 3 {
                // Every other one at the time of day of the change, which is on the twelfth day.
                let start = if chance.bool() {
                    (12 - chance.i64(0..9)) * DAY + chance.i64(-150..150)
                } else {
                    chance.i64(3 * DAY..22 * DAY)
                };
                let (kind, within) = match chance.usize(0..4) {
                    0 => (0, Within::WorkingDays(chance.u16(1..8))),
                    1 => (1, Within::WorkingHours(chance.u16(1..40))),
                    2 => (2, Within::CalendarDays(chance.u16(1..12))),
                    _ => (3, Within::Minutes(chance.u32(1..15_000))),
                };
                let Some(expected) = office.walk(&film, usize::try_from(start).unwrap(), within) else { continue };
                let end = at(film.begin, i64::try_from(expected).unwrap());
                let begin = at(film.begin, start);
                let found = office.calendar.deadline(begin, within).at;
                if found != end {
                    differences.push(format!("{begin} and {within:?}: {found}, not {end}, by {:?}", office.calendar));
                }
                compared[kind] += 1;
                moved += usize::from(film.zone.to_offset(begin) != film.zone.to_offset(end));
                drawn += 1;
                if drawn == DEADLINES {
                    break;
                }
            }
        }
    }
    let [days, hours, calendar_days, minutes] = compared;
    println!(
        "{} deadlines ({days} in working days, {hours} in working hours, {calendar_days} in days, {minutes} in minutes; {moved} \
         over a change of clocks), {} differences",
        compared.iter().sum::<usize>(),
        differences.len()
    );
    assert!(differences.is_empty(), "{} differences, such as {}", differences.len(), differences[0]);
    assert!(compared.iter().sum::<usize>() >= 90_000 && compared.iter().all(|count| *count > 20_000), "{compared:?}");
}
