//! The schedule of turns: its bound in every run, what it may not depend on, and wrong schedules that these checks find.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU8;

use jiff::Timestamp;
use jiff::civil::{Weekday, date};
use jiff::tz::TimeZone;
use leads::calendar::Calendar;
use leads::id::Queue;
use leads::owners::{Assignee, Calendars, Leave, OpenLeads, Overflow, Owner, Team, assign, eligible, pick};
use proptest::prelude::*;

fn owner(id: impl Into<String>, weight: u8) -> Owner {
    Owner { id: id.into(), weight: NonZeroU8::new(weight).unwrap(), cap: None, calendar: None, leave: Vec::new() }
}

fn owners(weights: &[u8]) -> Vec<Owner> {
    weights.iter().enumerate().map(|(at, weight)| owner(format!("{at:03}"), *weight)).collect()
}

/// Turns of people who all take part in all of them: how many each had, and how far each was from the share at most.
#[derive(Clone, Debug, Default)]
struct Run {
    turns: i64,
    /// By id: turns had; and in parts of the sum of weights, where the difference to the share stands, and how low and how
    /// high it was.
    had: BTreeMap<String, (i64, i64, i64, i64)>,
}

impl Run {
    fn take(&mut self, who: &str, among: &[&Owner]) {
        let all = sum(among);
        self.turns += 1;
        for owner in among {
            let (had, at, low, high) = self.had.entry(owner.id.clone()).or_default();
            let mine = i64::from(owner.id == who);
            *had += mine;
            *at += mine * all - i64::from(owner.weight.get());
            (*low, *high) = ((*low).min(*at), (*high).max(*at));
        }
    }

    /// The farthest that somebody was from their share in any part of the run, in turns.
    fn farthest(&self, among: &[&Owner]) -> f64 {
        let farthest = self.had.values().map(|(_, _, low, high)| high - low).max().unwrap_or_default();
        farthest as f64 / sum(among) as f64
    }

    /// Whether everybody was within the bound in every part of the run: `1 − 1/s` with one weight, else
    /// `1 + (1 − 1/(m−1))/s`, for `m` weights and `s` people of one's own.
    fn check(&self, among: &[&Owner]) -> Result<(), String> {
        let different: BTreeSet<_> = among.iter().map(|owner| owner.weight).collect();
        let m = different.len() as i64;
        for owner in among {
            let s = among.iter().filter(|other| other.weight == owner.weight).count() as i64;
            let (bound, parts) = if m == 1 { (s - 1, s) } else { (s * (m - 1) + m - 2, s * (m - 1)) };
            let (_, _, low, high) = self.had.get(&owner.id).copied().unwrap_or_default();
            if (high - low) * parts > bound * sum(among) {
                let weights: Vec<u8> = among.iter().map(|owner| owner.weight.get()).collect();
                let off = (high - low) as f64 / sum(among) as f64;
                return Err(format!("{} of {weights:?} is {off:.3} turns off, over {bound}/{parts}", owner.id));
            }
        }
        Ok(())
    }
}

fn sum(among: &[&Owner]) -> i64 {
    among.iter().map(|owner| i64::from(owner.weight.get())).sum()
}

/// The schedule of a turn, as the product has it or as a wrong design would.
type Schedule = dyn FnMut(u64, &[&Owner]) -> String;

fn ours(turn: u64, among: &[&Owner]) -> String {
    pick(turn, among).unwrap().id.clone()
}

/// Runs in which nobody comes or goes, from any turn on.
fn check_run(weights: &[u8], start: u64, turns: u64, schedule: &mut Schedule) -> Result<Run, String> {
    let owners = owners(weights);
    let among: Vec<&Owner> = owners.iter().collect();
    let mut run = Run::default();
    for turn in start..start + turns {
        run.take(&schedule(turn, &among), &among);
    }
    run.check(&among)?;
    Ok(run)
}

/// Somebody is away for a while and comes back: in each run they and the others get what is theirs, no more and no less.
fn check_return(weights: &[u8], away: u64, schedule: &mut Schedule) -> Result<(), String> {
    let owners = owners(weights);
    let all: Vec<&Owner> = owners.iter().collect();
    let mut turn = 0;
    for (among, turns) in [(&all[..], 50), (&all[1..], away), (&all[..], 50)] {
        let mut run = Run::default();
        for _ in 0..turns {
            run.take(&schedule(turn, among), among);
            turn += 1;
        }
        run.check(among)?;
    }
    Ok(())
}

/// A team: a few weights, each of some people; often all the same.
fn weights() -> impl Strategy<Value = Vec<u8>> {
    let weight = prop_oneof![4 => 1_u8..=3, 2 => 1_u8..=12, 1 => 1_u8..=100];
    prop::collection::vec((weight, 1_usize..=4), 1..=5)
        .prop_map(|groups| groups.iter().flat_map(|(weight, people)| vec![*weight; *people]).collect())
}

fn turn() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0_u64..10_000, (u64::MAX / 2)..(u64::MAX / 2 + 1_000_000)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_run_is_within_the_bound(weights in weights(), start in turn()) {
        let all: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        let run = check_run(&weights, start, 2 * all.min(400), &mut ours).map_err(TestCaseError::fail)?;
        prop_assert!(run.farthest(&owners(&weights).iter().collect::<Vec<_>>()) < 2.0);
    }

    #[test]
    fn from_the_beginning_everybody_is_within_one(weights in weights()) {
        let owners = owners(&weights);
        let among: Vec<&Owner> = owners.iter().collect();
        let mut run = Run::default();
        for turn in 0..u64::try_from(sum(&among)).unwrap().min(400) {
            run.take(&ours(turn, &among), &among);
            prop_assert!(run.had.values().all(|(_, at, _, _)| at.abs() < sum(&among)), "{:?} at turn {}", weights, turn);
        }
    }

    #[test]
    fn nobody_waits_for_long(weights in weights(), start in turn()) {
        let owners = owners(&weights);
        let among: Vec<&Owner> = owners.iter().collect();
        let least = owners.iter().min_by_key(|owner| owner.weight).unwrap();
        // Less than two turns behind: within twice the turns that come to one of theirs there is one.
        let turns = 2 * u64::try_from(sum(&among)).unwrap().div_ceil(u64::from(least.weight.get()));
        prop_assert!((start..start + turns).any(|turn| ours(turn, &among) == least.id), "{:?} from {}", weights, start);
    }

    #[test]
    fn the_order_in_the_file_says_nothing(
        (weights, order) in weights().prop_flat_map(|weights| {
            let order: Vec<usize> = (0..weights.len()).collect();
            (Just(weights), Just(order).prop_shuffle())
        }),
        turn in turn(),
    ) {
        let owners = owners(&weights);
        let in_order: Vec<&Owner> = owners.iter().collect();
        let shuffled: Vec<&Owner> = order.iter().map(|at| &owners[*at]).collect();
        prop_assert_eq!(ours(turn, &in_order), ours(turn, &shuffled));
    }

    #[test]
    fn whoever_comes_back_catches_up_on_nothing(weights in weights(), away in 0_u64..200) {
        if weights.len() > 1 {
            check_return(&weights, away, &mut ours).map_err(TestCaseError::fail)?;
        }
    }

    #[test]
    fn caps_hold(
        caps in prop::collection::vec((1_u8..=5, prop::option::of(1_u32..=6)), 1..=6),
        of_queue in prop::option::of(1_u32..=20),
        closes in prop::collection::vec(any::<prop::sample::Index>(), 150),
        pace in 1_usize..=4,
    ) {
        let people = caps.iter().enumerate().map(|(at, (weight, cap))| Owner { cap: *cap, ..owner(format!("{at}"), *weight) });
        let team = team(people.collect(), of_queue);
        let (mut open, mut leads, mut turn) = (OpenLeads::default(), Vec::new(), 0);
        for (at, close) in closes.iter().enumerate() {
            let room = |owner: &Owner| owner.cap.is_none_or(|cap| open.owners.get(&owner.id).is_none_or(|open| *open < cap));
            let possible = of_queue.is_none_or(|cap| open.queue < cap) && team.owners.iter().any(room);
            let assigned = assign(&team, &open, turn, &Calendars::new(), Timestamp::UNIX_EPOCH);
            match assigned.to {
                Assignee::Owner(owner) => {
                    prop_assert!(possible && room(owner), "{}", assigned.why);
                    *open.owners.entry(owner.id.clone()).or_default() += 1;
                    open.queue += 1;
                    turn += 1;
                    leads.push(owner.id.clone());
                }
                // Nothing overflows while there is room.
                Assignee::Overflow { .. } => prop_assert!(!possible, "{}", assigned.why),
                Assignee::Queue => prop_assert!(false, "{}", assigned.why),
            }
            if at % pace == 0 && !leads.is_empty() {
                let owner = leads.swap_remove(close.index(leads.len()));
                *open.owners.get_mut(&owner).unwrap() -= 1;
                open.queue -= 1;
            }
        }
    }
}

fn team(owners: Vec<Owner>, cap: Option<u32>) -> Team {
    let queue = |name: &str| Queue::parse(name).unwrap();
    Team { queue: queue("east"), cap, overflow: Overflow::Queue(queue("desk")), calendar: None, owners }
}

#[test]
fn schedules_as_people_see_them() {
    for (weights, turns) in [
        (&[1, 1, 1][..], "ABCABCABC"),
        (&[2, 1], "ABAABAABA"),
        (&[3, 1], "AABAAABA"),
        (&[5, 3], "ABAABABA"),
        (&[2, 2, 1, 1], "ACBADBAC"),
        (&[3, 2, 1], "ABACAB"),
        (&[8, 2, 1], "AABAAACAABA"),
    ] {
        let owners = owners(weights);
        let among: Vec<&Owner> = owners.iter().collect();
        let letter = |turn: usize| {
            let id = ours(u64::try_from(turn).unwrap(), &among);
            char::from(b'A' + id.parse::<u8>().unwrap())
        };
        assert_eq!((0..turns.len()).map(letter).collect::<String>(), turns, "{weights:?}");
    }
}

/// Why the bound is no smaller: of all 495 orders in which people of weights 8, 2 and 1 can take eleven turns over and over,
/// none keeps everybody within one turn in every run.
#[test]
fn no_schedule_keeps_every_run_within_one() {
    fn orders(left: [usize; 3], so_far: &mut Vec<usize>, seen: &mut usize, least: &mut i64) {
        if left == [0, 0, 0] {
            *seen += 1;
            let of = |(at, weight): (usize, i64)| {
                let (mut stands, mut low, mut high) = (0, 0, 0);
                for who in so_far.iter() {
                    stands += if *who == at { 11 - weight } else { -weight };
                    (low, high) = (low.min(stands), high.max(stands));
                }
                high - low
            };
            *least = [8, 2, 1].into_iter().enumerate().map(of).max().unwrap().min(*least);
            return;
        }
        for who in 0..3 {
            let mut left = left;
            if left[who] > 0 {
                left[who] -= 1;
                so_far.push(who);
                orders(left, so_far, seen, least);
                so_far.pop();
            }
        }
    }
    let (mut seen, mut least) = (0, i64::MAX);
    orders([8, 2, 1], &mut Vec::new(), &mut seen, &mut least);
    assert_eq!((seen, least), (495, 12), "the best schedule is {least}/11 turns off");
}

/// A generator for the simulation and for a wrong design (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Whose part of `0..W` holds `point`.
fn part(among: &[&Owner], mut point: u64) -> String {
    for owner in among {
        match point.checked_sub(u64::from(owner.weight.get())) {
            Some(rest) => point = rest,
            None => return owner.id.clone(),
        }
    }
    unreachable!("the point is beyond all parts")
}

fn all(among: &[&Owner]) -> u64 {
    u64::try_from(sum(among)).unwrap()
}

#[test]
fn wrong_schedules_are_found() {
    // Everybody's turns in one block.
    let mut blocks = |turn: u64, among: &[&Owner]| part(among, turn % all(among));
    assert!(check_run(&[5, 3], 0, 16, &mut blocks).is_err());
    // Right in the long run only.
    let mut chance = Chance(1);
    let mut random = move |_: u64, among: &[&Owner]| part(among, chance.below(all(among)));
    assert!(check_run(&[1, 1, 1], 0, 100, &mut random).is_err());
    // At the middles of equal parts of the period (Webster, stride): people of the same weight come all at once.
    let mut strides = |turn: u64, among: &[&Owner]| {
        let mut order = Vec::new();
        for owner in among {
            let weight = u64::from(owner.weight.get());
            let middle = |nth: u64| (2 * nth + 1) as f64 / (2 * weight) as f64;
            order.extend((0..weight).map(|nth| (middle(nth), owner.id.clone())));
        }
        order.sort_by(|one, other| one.partial_cmp(other).unwrap());
        order[usize::try_from(turn % all(among)).unwrap()].1.clone()
    };
    assert!(check_run(&[6, 1, 1, 1, 1, 1, 1], 0, 12, &mut strides).is_err());
    // Whoever has had the least for their weight: fair as long as nobody comes or goes, then a flood for whoever comes back.
    let mut had: BTreeMap<String, u64> = BTreeMap::new();
    let mut least_had = move |_: u64, among: &[&Owner]| {
        let burden =
            |owner: &&&Owner| had.get(&owner.id).copied().unwrap_or_default() * 10_000 / u64::from(owner.weight.get());
        let id = among.iter().min_by_key(burden).unwrap().id.clone();
        *had.entry(id.clone()).or_default() += 1;
        id
    };
    assert!(check_run(&[1, 1, 1], 0, 100, &mut least_had).is_ok());
    assert!(check_return(&[1, 1, 1], 60, &mut least_had).is_err());
}

/// An office that works from eight to six every day: everybody's nights are the others' days.
fn office(zone: &str) -> Calendar {
    let mut calendar = Calendar::new(TimeZone::get(zone).unwrap());
    for weekday in Weekday::Monday.cycle_forward().take(7) {
        calendar.work(weekday, vec!["08:00-18:00".parse().unwrap()]);
    }
    calendar
}

/// A hundred thousand leads, one in three minutes on average, to twelve people in three offices: some join late, some leave for
/// good, all go on leave at times, and caps fill up when nothing is closed for a while. Whatever changes, each run between
/// two changes is within the bound.
#[test]
fn a_hundred_thousand_assignments() {
    const LEADS: u64 = 100_000;
    let calendars: Calendars =
        ["Asia/Shanghai", "Europe/Berlin", "America/Chicago"].map(|zone| (zone.to_owned(), office(zone))).into();
    let day = |month, day| date(2026, month, day);
    let person = |id: &str, weight, cap, calendar: Option<&str>, leave: &[(i8, i8, i8, i8)]| Owner {
        cap,
        calendar: calendar.map(str::to_owned),
        leave: leave
            .iter()
            .map(|(month, first, to_month, last)| Leave { from: day(*month, *first), until: day(*to_month, *last) })
            .collect(),
        ..owner(id, weight)
    };
    let (cn, de, us) = (Some("Asia/Shanghai"), Some("Europe/Berlin"), Some("America/Chicago"));
    let people = vec![
        person("anna", 2, Some(60), de, &[(3, 2, 3, 13), (5, 4, 5, 4)]),
        person("ben", 1, Some(60), de, &[(4, 1, 4, 30)]),
        person("chen", 3, None, cn, &[(2, 16, 2, 23)]),
        person("dai", 3, Some(80), cn, &[(2, 16, 2, 23), (6, 1, 6, 5)]),
        person("erin", 1, Some(40), us, &[]),
        person("frank", 5, Some(90), us, &[(1, 5, 1, 9), (3, 30, 4, 3)]),
        person("gao", 1, None, cn, &[]),
        person("hugo", 2, Some(50), None, &[(5, 11, 5, 22)]),
        person("iris", 1, None, None, &[]),
        person("jin", 3, Some(70), None, &[(2, 2, 2, 6)]),
    ];
    let late = [person("kim", 2, Some(60), None, &[]), person("lena", 4, None, de, &[(6, 15, 6, 19)])];

    let mut team = team(people, Some(800));
    let mut now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let (mut open, mut leads) = (OpenLeads::default(), Vec::<String>::new());
    let (mut chance, mut turn, mut overflowed, mut runs, mut longest) = (Chance(7), 0_u64, 0_u64, 0_u64, 0);
    let mut farthest: f64 = 0.0;
    let mut had: BTreeMap<String, (u64, f64)> = BTreeMap::new();
    let (mut run, mut before): (Run, Vec<Owner>) = Default::default();
    while turn < LEADS {
        match turn {
            30_000 if team.owners.len() == 10 => team.owners.extend(late.clone()),
            60_000 if team.owners.len() == 12 => team.owners.retain(|owner| owner.id != "iris"),
            _ => {}
        }
        let seconds = i64::try_from(chance.below(361)).unwrap();
        now = now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
        let able = eligible(&team, &open, &calendars, now);
        if !before.iter().eq(able.owners.iter().copied()) {
            end_of(&run, &before, &mut farthest);
            runs += 1;
            longest = longest.max(run.turns);
            run = Run::default();
            before = able.owners.iter().copied().cloned().collect();
        }
        match able.assign(turn).to {
            Assignee::Owner(owner) => {
                assert!(owner.cap.is_none_or(|cap| open.owners.get(&owner.id).is_none_or(|open| *open < cap)));
                assert!(open.queue < 800);
                run.take(&owner.id, &able.owners);
                for other in &able.owners {
                    let (count, share) = had.entry(other.id.clone()).or_default();
                    *share += f64::from(other.weight.get()) / sum(&able.owners) as f64;
                    *count += u64::from(other.id == owner.id);
                }
                *open.owners.entry(owner.id.clone()).or_default() += 1;
                open.queue += 1;
                leads.push(owner.id.clone());
                turn += 1;
            }
            _ => overflowed += 1,
        }
        // Closed at about the pace at which they come, but hardly any in every sixth stretch of two days.
        let slow = (turn / 1000) % 6 == 5;
        for _ in 0..chance.below(if slow { 2 } else { 4 }) {
            if !leads.is_empty() {
                let at = usize::try_from(chance.below(leads.len() as u64)).unwrap();
                let owner = leads.swap_remove(at);
                *open.owners.get_mut(&owner).unwrap() -= 1;
                open.queue -= 1;
            }
        }
    }
    end_of(&run, &before, &mut farthest);

    println!("{LEADS} assigned, {overflowed} overflowed; {runs} runs of unchanged people, the longest {longest} turns");
    println!("farthest from the share in any part of any run: {farthest:.3} turns");
    println!("{:<6} {:>7} {:>11} {:>8}", "owner", "leads", "share", "more");
    for (id, (count, share)) in &had {
        println!("{id:<6} {count:>7} {share:>11.2} {:>+8.2}", *count as f64 - share);
    }
    assert!(runs > 1000 && overflowed > 0, "{runs} runs, {overflowed} overflowed");
    assert!(farthest < 2.0);
}

fn end_of(run: &Run, people: &[Owner], farthest: &mut f64) {
    let among: Vec<&Owner> = people.iter().collect();
    if !among.is_empty() {
        run.check(&among).unwrap();
        *farthest = farthest.max(run.farthest(&among));
    }
}
