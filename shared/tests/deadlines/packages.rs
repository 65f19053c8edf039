//! The calendars that ship against other people's packages; `tests/deadlines/run` writes the file and runs this.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use leads::calendar::Within;
use leads::rules::RuleSet;

use super::shipped;

#[test]
#[ignore = "tests/deadlines/run writes what it compares with"]
fn deadlines_are_those_of_the_packages() {
    let file = std::env::var("DEADLINES").expect("DEADLINES names the file that tests/deadlines/oracle.py wrote");
    let text = std::fs::read_to_string(file).unwrap();
    let rules = RuleSet::from_sources(&shipped::sources()).unwrap();
    let mut compared: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut differences = Vec::new();
    for line in text.lines() {
        let [name, kind, start, rest @ ..] = &line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let calendar = rules.calendars().get(*name).unwrap();
        let same = match (*kind, rest) {
            ("day", [worked]) => calendar.hours(start.parse::<Date>().unwrap()).is_empty() == (*worked == "0"),
            (_, [amount, deadline]) => {
                let amount = amount.parse().unwrap();
                let within = if *kind == "hours" { Within::WorkingHours(amount) } else { Within::WorkingDays(amount) };
                calendar.deadline(start.parse().unwrap(), within).at == deadline.parse::<Timestamp>().unwrap()
            }
            _ => panic!("{line}"),
        };
        *compared.entry((kind, name)).or_default() += 1;
        if !same {
            differences.push(line);
        }
    }
    for ((kind, name), count) in &compared {
        println!("{kind:<5} {name} {count:>6}");
    }
    let sum = |kind| compared.iter().filter(|((of, _), _)| *of == kind).map(|(_, count)| count).sum::<u32>();
    println!(
        "{} deadlines in working hours, {} in working days, {} days worked or not: {} differences",
        sum("hours"),
        sum("days"),
        sum("day"),
        differences.len()
    );
    assert!(differences.is_empty(), "{} differences, such as\n{}", differences.len(), differences[0]);
    assert!(sum("hours") > 0 && sum("days") > 0 && sum("day") > 0, "the file holds too little");
}
