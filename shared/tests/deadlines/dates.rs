//! The calendars that ship: which years they know, and days that their countries have announced.

use jiff::civil::{Date, date};
use leads::calendar::Within;
use leads::rules::RuleSet;

use super::{moment, shipped};

#[test]
fn calendars_know_these_years() {
    let sources = shipped::sources();
    let rules = RuleSet::from_sources(&sources).unwrap();
    let rows = [
        ("cn", "Asia/Shanghai", 2004, 2026),
        ("de", "Europe/Berlin", 2024, 2028),
        ("europe", "Europe/Berlin", 2026, 2027),
        ("fr", "Europe/Paris", 2024, 2028),
        ("gb", "Europe/London", 2024, 2028),
        ("jp", "Asia/Tokyo", 2024, 2028),
        ("sg", "Asia/Singapore", 2024, 2028),
        ("us", "America/New_York", 2024, 2028),
    ];
    let shipped = sources.iter().filter_map(|(name, text)| Some((name.strip_prefix("calendars/")?, text)));
    let shipped: Vec<_> = shipped.map(|(name, text)| (name.strip_suffix(".toml").unwrap(), text)).collect();
    assert_eq!(shipped.iter().map(|(name, _)| *name).collect::<Vec<_>>(), rows.map(|row| row.0));
    for ((name, zone, first, last), (_, text)) in rows.into_iter().zip(shipped) {
        let calendar = rules.calendars().get(name).unwrap();
        assert_eq!(calendar.zone().iana_name(), Some(zone));
        assert_eq!(calendar.last_dated_year(), Some(last), "{name}");
        let from = text.lines().filter_map(|line| line.strip_prefix("from = ")?.parse::<Date>().ok());
        let years: std::collections::BTreeSet<i16> = from.map(Date::year).collect();
        assert_eq!(years.into_iter().collect::<Vec<_>>(), (first..=last).collect::<Vec<_>>(), "{name}");
        let header: String = text.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(
            name == "europe" || header.contains("Source: PyPI package") && header.contains("Licence: MIT"),
            "{name}"
        );
    }
}

/// 国务院办公厅关于2026年部分节假日安排的通知 (State Council, 4 November 2025): 15 to 23 February are off, the Saturdays 14 and 28
/// February are worked. So the five are 14, 24, 25, 26 and 27 February.
#[test]
fn five_working_days_over_spring_festival() {
    let rules = RuleSet::from_sources(&shipped::sources()).unwrap();
    let china = rules.calendars().get("cn").unwrap();
    let found = china.deadline(moment(china, "2026-02-13T10:00"), Within::WorkingDays(5));
    assert_eq!(found.at, moment(china, "2026-02-27T10:00"));
    assert_eq!(found.beyond, None);
    let beyond = china.deadline(moment(china, "2026-12-30T10:00"), Within::WorkingDays(5));
    assert_eq!(beyond.beyond, Some(2026));
}

#[test]
fn days_are_worked_as_their_countries_say() {
    let rules = RuleSet::from_sources(&shipped::sources()).unwrap();
    // calendar, date, whether it is worked
    let rows = [
        // gov.uk/bank-holidays: a Monday for Boxing Day on a Saturday, two for Christmas 2027 at the weekend.
        ("gb", date(2026, 12, 28), false),
        ("gb", date(2027, 12, 27), false),
        ("gb", date(2027, 12, 28), false),
        ("gb", date(2026, 12, 29), true),
        // opm.gov, federal holidays: a Friday for Independence Day on a Saturday, and for Juneteenth 2027, a Monday for
        // Independence Day on a Sunday.
        ("us", date(2026, 7, 3), false),
        ("us", date(2027, 6, 18), false),
        ("us", date(2027, 7, 5), false),
        ("us", date(2026, 7, 6), true),
        // 内閣府「国民の祝日」: the day between two holidays, and the Wednesday for Sunday's.
        ("jp", date(2026, 9, 22), false),
        ("jp", date(2026, 5, 6), false),
        ("jp", date(2026, 5, 7), true),
        // mom.gov.sg, public holidays 2026: Mondays for National Day and Deepavali.
        ("sg", date(2026, 8, 10), false),
        ("sg", date(2026, 11, 9), false),
        ("sg", date(2026, 11, 10), true),
        // Whit Monday is a holiday of the whole of Germany, Corpus Christi of some states.
        ("de", date(2026, 5, 25), false),
        ("de", date(2026, 6, 4), true),
        // Code du travail, article L3133-1.
        ("fr", date(2026, 7, 14), false),
        ("fr", date(2026, 5, 8), false),
        // The notice of 2025 as above; in 2015 a day of remembrance was added.
        ("cn", date(2026, 2, 14), true),
        ("cn", date(2026, 2, 16), false),
        ("cn", date(2026, 2, 28), true),
        ("cn", date(2015, 9, 3), false),
        ("cn", date(2015, 9, 6), true),
    ];
    for (name, date, worked) in rows {
        assert_eq!(!rules.calendars().get(name).unwrap().hours(date).is_empty(), worked, "{name}, {date}");
    }
}
