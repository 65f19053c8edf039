//! The report: figures worked out from the counts in whole numbers, in a fixed order. `docs/report.md` defines each.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use leads::submission::shown;
use serde::{Serialize, Serializer};

use super::costs::Cost;
use super::durations::Durations;
use super::tally::{Amounts, Deadlines, Dimension, Key, Lens, Reached, Tally};

/// What all names beyond the most are called.
pub const ALL_OTHERS: &str = "(all others)";

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            // Somebody may have typed it into a form.
            Self::Named(name) => serializer.serialize_str(&shown(name)),
            Self::Unknown => serializer.serialize_none(),
            Self::Rest => serializer.serialize_str(ALL_OTHERS),
        }
    }
}

/// What `--out report.json` holds. Ratios are rounded half up to four places; money is in minor units.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Leads of which time.
    pub period: Period,
    /// The rows behind it.
    pub rows: Rows,
    /// Leads accepted in the period.
    pub accepted: u64,
    /// By where they stand.
    pub stages: Vec<StageRow>,
    /// Leads of the funnel whose submission is missing or cannot be read.
    pub without_submission: u64,
    /// From lead to won.
    pub funnel: Vec<Step>,
    /// By the month in which leads came.
    pub months: Vec<MonthRow>,
    /// Whether costs were given.
    pub has_costs: bool,
    /// By the channel that leads first came through.
    pub channels: Vec<Group>,
    /// By what else was asked for.
    pub by: Option<Grouped>,
    /// To which touches sales are credited.
    pub attribution: Vec<Attribution>,
    /// How long things took.
    pub speed: Speed,
    /// Deadlines by queue and owner.
    pub deadlines: Vec<DeadlineRow>,
    /// Leads that nobody answered.
    pub unanswered: Unanswered,
    /// What sales said last, by channel.
    pub reasons: Vec<ReasonRow>,
    /// By region and interest.
    pub places: Vec<PlaceRow>,
    /// By who found them.
    pub origins: Vec<OriginRow>,
    /// What was refused.
    pub refused: Vec<RefusedRow>,
    /// By rule set.
    pub rules: Vec<RulesRow>,
}

/// Leads of which time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// Accepted from then on.
    pub since: Option<Timestamp>,
    /// Accepted before then.
    pub until: Option<Timestamp>,
    /// The moment that the rows are of.
    pub as_of: Timestamp,
    /// In which months and days are told.
    pub time_zone: String,
}

/// The rows behind a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// All of them, those included that are no lead's.
    pub read: u64,
    /// Those of leads that cannot be read.
    pub unreadable: u64,
    /// Leads whose state row is missing or cannot be read.
    pub leads_without_state: u64,
}

/// Leads in a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StageRow {
    /// Which.
    pub stage: leads::lead::Stage,
    /// How many.
    pub leads: u64,
}

/// A step of the funnel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Which.
    pub step: &'static str,
    /// Leads that reached it.
    pub leads: u64,
    /// Those of them that had reached the step before.
    pub from_previous: Option<u64>,
    /// Their part of the step before.
    pub conversion: Option<f64>,
}

/// Leads of a month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MonthRow {
    /// Its first day.
    pub month: Date,
    /// Leads.
    pub leads: u64,
    /// Marketing-qualified.
    pub mql: u64,
    /// Taken on by sales.
    pub sql: u64,
    /// With a deal to be won.
    pub opportunities: u64,
    /// Bought.
    pub won: u64,
}

/// Leads of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Its name; null if the rows do not tell.
    pub key: Key,
    /// Leads.
    pub leads: u64,
    /// Marketing-qualified.
    pub mql: u64,
    /// Taken on by sales.
    pub sql: u64,
    /// With a deal to be won.
    pub opportunities: u64,
    /// Bought.
    pub won: u64,
    /// What was no lead.
    pub refused: u64,
    /// MQL of leads.
    pub mql_rate: Option<f64>,
    /// SQL of leads.
    pub sql_rate: Option<f64>,
    /// Won of leads.
    pub won_rate: Option<f64>,
    /// Deals of which sales told no amount.
    pub deals_without_amount: u64,
    /// By currency.
    pub money: Vec<Money>,
}

/// Cost and return in one currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Money {
    /// ISO 4217.
    pub currency: String,
    /// What was spent; null if no line of the costs tells.
    pub cost: Option<u128>,
    /// Of it a lead.
    pub per_lead: Option<u128>,
    /// An MQL.
    pub per_mql: Option<u128>,
    /// An SQL.
    pub per_sql: Option<u128>,
    /// What was won.
    pub won: u128,
    /// (won − cost) / cost.
    pub roi: Option<f64>,
}

/// Groups of another dimension than the channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grouped {
    /// Which.
    pub dimension: Dimension,
    /// Its groups.
    pub groups: Vec<Group>,
}

/// What was won in a currency, and to what each model credits it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attribution {
    /// Channels or campaigns.
    pub dimension: Dimension,
    /// ISO 4217.
    pub currency: String,
    /// All of it: each column of the rows sums to this.
    pub won: u128,
    /// By channel or campaign.
    pub rows: Vec<Credit>,
}

/// What is credited to a channel or campaign.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Credit {
    /// Which.
    pub key: Key,
    /// To the first touch.
    pub first: u128,
    /// To the last touch.
    pub last: u128,
    /// To all touches alike.
    pub linear: u128,
    /// 40/20/40.
    pub position: u128,
}

/// How long things took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// From the form to the first queue.
    pub form_to_queue: Percentiles,
    /// From a queue to its first answer.
    pub queue_to_answer: Percentiles,
    /// The same by queue.
    pub by_queue: Vec<QueueSpeed>,
}

/// The first answers of a queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueSpeed {
    /// Which.
    pub queue: Key,
    /// How long they took.
    #[serde(flatten)]
    pub seconds: Percentiles,
}

/// Seconds, nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    /// Of how many.
    pub count: u64,
    /// The median.
    pub p50: Option<u64>,
    /// Nine of ten.
    pub p90: Option<u64>,
    /// 95 of a hundred.
    pub p95: Option<u64>,
    /// 99 of a hundred.
    pub p99: Option<u64>,
    /// The longest.
    pub longest: Option<u64>,
}

/// Deadlines of a queue and owner.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeadlineRow {
    /// The queue.
    pub queue: Key,
    /// The owner; null if the lead was given to the queue alone.
    pub owner: Key,
    /// Answered in time.
    pub kept: u64,
    /// Answered afterwards.
    pub late: u64,
    /// Passed, and not answered.
    pub unanswered: u64,
    /// Not come yet.
    pub open: u64,
    /// The lead was taken away before.
    pub ended: u64,
    /// Kept of kept, late and unanswered.
    pub kept_rate: Option<f64>,
    /// What the unanswered leads had cost.
    pub unanswered_cost: Vec<Amount>,
}

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub minor: u128,
}

/// Leads that nobody answered, each once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unanswered {
    /// How many.
    pub leads: u64,
    /// What they had cost.
    pub cost: Vec<Amount>,
}

/// What sales said last of leads of a channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReasonRow {
    /// The channel.
    pub channel: Key,
    /// The disposition.
    pub disposition: Key,
    /// Whether the playbook knew it when it was said.
    pub mapped: bool,
    /// Leads.
    pub leads: u64,
    /// Of all leads of the channel that sales said something of.
    pub share: Option<f64>,
}

/// Leads of a region that ask for one thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlaceRow {
    /// Country, or `CN-` and the digits of a province.
    pub region: Key,
    /// The product asked about.
    pub interest: Key,
    /// Leads.
    pub leads: u64,
    /// Marketing-qualified.
    pub mql: u64,
    /// Taken on by sales.
    pub sql: u64,
    /// Bought.
    pub won: u64,
    /// MQL of leads.
    pub mql_rate: Option<f64>,
}

/// Leads by who found them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OriginRow {
    /// Who.
    pub origin: super::notes::Origin,
    /// Leads.
    pub leads: u64,
    /// Bought.
    pub won: u64,
    /// Of all leads that bought.
    pub won_share: Option<f64>,
    /// By currency.
    pub amounts: Vec<SharedAmount>,
}

/// An amount, and its part of the whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharedAmount {
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub minor: u128,
    /// Of all that was won in the currency.
    pub share: Option<f64>,
}

/// Leads refused by a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefusedRow {
    /// The reason's code.
    pub code: Key,
    /// The rule.
    pub rule: Key,
    /// How many.
    pub leads: u64,
    /// Of all that were accepted by the intake.
    pub share: Option<f64>,
}

/// What a rule set decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RulesRow {
    /// Its version.
    pub version: Key,
    /// Its first decision.
    pub first: Option<Timestamp>,
    /// Its last one.
    pub last: Option<Timestamp>,
    /// Decisions.
    pub decisions: u64,
    /// Of marketing-qualified leads.
    pub mql: u64,
    /// Their part.
    pub mql_rate: Option<f64>,
    /// By month.
    pub months: Vec<RulesMonth>,
}

/// Decisions in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RulesMonth {
    /// Its first day.
    pub month: Date,
    /// How many.
    pub decisions: u64,
}

/// What was spent, by channel or campaign.
type Spent = BTreeMap<Key, Amounts>;

impl Report {
    /// Works the figures out.
    pub fn of(tally: &Tally, costs: Option<&[Cost]>, lens: &Lens, rows: u64) -> Self {
        let within = |cost: &&Cost| cost.is_within(lens.since, lens.until, &lens.zone);
        let spent = |key: fn(&Cost) -> Key| {
            let mut spent = Spent::new();
            for cost in costs.unwrap_or_default().iter().filter(within) {
                *spent.entry(key(cost)).or_default().entry(cost.currency.clone()).or_default() +=
                    u128::from(cost.minor);
            }
            spent
        };
        let by_channel = spent(|cost| {
            Key::Named(
                serde_json::to_value(cost.channel)
                    .ok()
                    .and_then(|name| Some(name.as_str()?.to_owned()))
                    .unwrap_or_default(),
            )
        });
        let by_campaign = spent(|cost| cost.campaign.clone().into());
        let accepted = tally.stages.values().sum();
        let no_costs = Spent::new();
        let by = (lens.by != Dimension::Channel).then(|| {
            let spent = if lens.by == Dimension::Campaign { &by_campaign } else { &no_costs };
            Grouped { dimension: lens.by, groups: groups(&tally.groups, spent) }
        });
        Self {
            period: Period {
                since: lens.since,
                until: lens.until,
                as_of: lens.as_of,
                time_zone: lens.zone.iana_name().unwrap_or("UTC").to_owned(),
            },
            rows: Rows { read: rows, unreadable: tally.unreadable, leads_without_state: tally.without_state },
            accepted,
            stages: tally.stages.iter().map(|(stage, leads)| StageRow { stage: *stage, leads: *leads }).collect(),
            without_submission: tally.without_submission,
            funnel: funnel(&tally.all),
            months: tally.months.iter().map(|(month, reached)| month_row(*month, reached)).collect(),
            has_costs: costs.is_some(),
            channels: groups(&tally.channels, &by_channel),
            by,
            attribution: attribution(tally),
            speed: speed(tally),
            deadlines: deadlines(tally, &by_channel),
            unanswered: Unanswered {
                leads: tally.unanswered.values().sum(),
                cost: cost_of(&tally.unanswered, tally, &by_channel),
            },
            reasons: reasons(tally),
            places: places(tally),
            origins: origins(tally),
            refused: refused(tally, accepted),
            rules: rules(tally),
        }
    }

    /// The currency in which most deals were made or most was spent first: what a chart of one currency shows.
    pub fn currencies(&self) -> Vec<&str> {
        let all = self.channels.iter().flat_map(|group| &group.money).map(|money| money.currency.as_str());
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn funnel(all: &Reached) -> Vec<Step> {
    let steps = [
        ("lead", all.leads, None),
        ("mql", all.mql, Some((all.mql, all.leads))),
        ("sql", all.sql, Some((all.sql_of_mql, all.mql))),
        ("opportunity", all.opportunities, Some((all.opportunities, all.sql))),
        ("won", all.won, Some((all.won, all.opportunities))),
    ];
    steps
        .map(|(step, leads, from)| Step {
            step,
            leads,
            from_previous: from.map(|(both, _)| both),
            conversion: from.and_then(|(both, previous)| ratio(both.into(), previous.into())),
        })
        .into()
}

fn month_row(month: Date, reached: &Reached) -> MonthRow {
    let Reached { leads, mql, sql, opportunities, won, .. } = *reached;
    MonthRow { month, leads, mql, sql, opportunities, won }
}

/// Groups, those of most leads first, with those that only cost.
fn groups(counted: &BTreeMap<Key, Reached>, spent: &Spent) -> Vec<Group> {
    let nothing = Reached::default();
    let keys: BTreeSet<&Key> = counted.keys().chain(spent.keys()).collect();
    let mut groups: Vec<Group> =
        keys.into_iter().map(|key| group(key, counted.get(key).unwrap_or(&nothing), spent.get(key))).collect();
    groups.sort_by_key(|group| Reverse(group.leads));
    groups
}

fn group(key: &Key, reached: &Reached, spent: Option<&Amounts>) -> Group {
    let of_leads = |part: u64| ratio(part.into(), reached.leads.into());
    let currencies: BTreeSet<&String> =
        reached.amounts.keys().chain(spent.into_iter().flat_map(Amounts::keys)).collect();
    let money = currencies.into_iter().map(|currency| {
        let cost = spent.and_then(|spent| spent.get(currency)).copied();
        let won = reached.amounts.get(currency).copied().unwrap_or_default();
        let each = |of: u64| cost.and_then(|cost| rounded(cost, of.into()));
        Money {
            currency: currency.clone(),
            cost,
            per_lead: each(reached.leads),
            per_mql: each(reached.mql),
            per_sql: each(reached.sql),
            won,
            roi: cost
                .and_then(|cost| Some(if won < cost { -ratio(cost - won, cost)? } else { ratio(won - cost, cost)? })),
        }
    });
    Group {
        key: key.clone(),
        leads: reached.leads,
        mql: reached.mql,
        sql: reached.sql,
        opportunities: reached.opportunities,
        won: reached.won,
        refused: reached.refused,
        mql_rate: of_leads(reached.mql),
        sql_rate: of_leads(reached.sql),
        won_rate: of_leads(reached.won),
        deals_without_amount: reached.deals_without_amount,
        money: money.collect(),
    }
}

fn attribution(tally: &Tally) -> Vec<Attribution> {
    let credited = tally.credit.iter().map(|((dimension, currency), credit)| {
        let mut rows: Vec<Credit> = credit
            .iter()
            .map(|(key, [first, last, linear, position])| Credit {
                key: key.clone(),
                first: *first,
                last: *last,
                linear: *linear,
                position: *position,
            })
            .collect();
        rows.sort_by_key(|row| Reverse(row.first));
        let won = tally.all.amounts.get(currency).copied().unwrap_or_default();
        Attribution { dimension: *dimension, currency: currency.clone(), won, rows }
    });
    credited.collect()
}

fn percentiles(durations: &Durations) -> Percentiles {
    let [p50, p90, p95, p99] = [50, 90, 95, 99].map(|percent| durations.percentile(percent));
    Percentiles { count: durations.count(), p50, p90, p95, p99, longest: durations.longest() }
}

fn speed(tally: &Tally) -> Speed {
    let by_queue = tally.by_queue.iter();
    Speed {
        form_to_queue: percentiles(&tally.form_to_queue),
        queue_to_answer: percentiles(&tally.queue_to_answer),
        by_queue: by_queue.map(|(queue, of)| QueueSpeed { queue: queue.clone(), seconds: percentiles(of) }).collect(),
    }
}

fn deadlines(tally: &Tally, spent: &Spent) -> Vec<DeadlineRow> {
    let row = |((queue, owner), of): (&(Key, Key), &Deadlines)| DeadlineRow {
        queue: queue.clone(),
        owner: owner.clone(),
        kept: of.kept,
        late: of.late,
        unanswered: of.unanswered,
        open: of.open,
        ended: of.ended,
        kept_rate: ratio(of.kept.into(), (of.kept + of.breached()).into()),
        unanswered_cost: cost_of(&of.unanswered_by_channel, tally, spent),
    };
    let mut rows: Vec<DeadlineRow> = tally.deadlines.iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(row.late + row.unanswered));
    rows
}

/// What leads of these channels had cost: of each channel its part, rounded down.
fn cost_of(leads: &BTreeMap<Key, u64>, tally: &Tally, spent: &Spent) -> Vec<Amount> {
    let mut sums = Amounts::new();
    for (channel, count) in leads {
        let all = tally.channels.get(channel).map_or(0, |reached| reached.leads);
        for (currency, cost) in spent.get(channel).into_iter().flatten() {
            let part = (u128::from(*count) * cost).checked_div(all.into()).unwrap_or_default();
            *sums.entry(currency.clone()).or_default() += part;
        }
    }
    sums.into_iter().map(|(currency, minor)| Amount { currency, minor }).collect()
}

fn reasons(tally: &Tally) -> Vec<ReasonRow> {
    let mut answered: BTreeMap<&Key, u64> = BTreeMap::new();
    for ((channel, _), (leads, _)) in &tally.reasons {
        *answered.entry(channel).or_default() += leads;
    }
    let row = |((channel, disposition), (leads, mapped)): (&(Key, Key), &(u64, bool))| ReasonRow {
        channel: channel.clone(),
        disposition: disposition.clone(),
        mapped: *mapped,
        leads: *leads,
        share: ratio((*leads).into(), answered.get(channel).copied().unwrap_or_default().into()),
    };
    let mut rows: Vec<ReasonRow> = tally.reasons.iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(row.leads));
    rows
}

fn places(tally: &Tally) -> Vec<PlaceRow> {
    let row = |((region, interest), reached): (&(Key, Key), &Reached)| PlaceRow {
        region: region.clone(),
        interest: interest.clone(),
        leads: reached.leads,
        mql: reached.mql,
        sql: reached.sql,
        won: reached.won,
        mql_rate: ratio(reached.mql.into(), reached.leads.into()),
    };
    let mut rows: Vec<PlaceRow> = tally.places.iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(row.leads));
    rows
}

fn origins(tally: &Tally) -> Vec<OriginRow> {
    let all = &tally.all;
    let row = |(origin, reached): (&super::notes::Origin, &Reached)| OriginRow {
        origin: *origin,
        leads: reached.leads,
        won: reached.won,
        won_share: ratio(reached.won.into(), all.won.into()),
        amounts: reached
            .amounts
            .iter()
            .map(|(currency, minor)| SharedAmount {
                currency: currency.clone(),
                minor: *minor,
                share: ratio(*minor, all.amounts.get(currency).copied().unwrap_or_default()),
            })
            .collect(),
    };
    tally.origins.iter().map(row).collect()
}

fn refused(tally: &Tally, accepted: u64) -> Vec<RefusedRow> {
    let row = |((code, rule), leads): (&(Key, Key), &u64)| RefusedRow {
        code: code.clone(),
        rule: rule.clone(),
        leads: *leads,
        share: ratio((*leads).into(), accepted.into()),
    };
    let mut rows: Vec<RefusedRow> = tally.refused.iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(row.leads));
    rows
}

fn rules(tally: &Tally) -> Vec<RulesRow> {
    let mut rows: Vec<RulesRow> = tally
        .rules
        .iter()
        .map(|(version, of)| RulesRow {
            version: version.clone(),
            first: of.used.map(|(first, _)| first),
            last: of.used.map(|(_, last)| last),
            decisions: of.decisions,
            mql: of.mql,
            mql_rate: ratio(of.mql.into(), of.decisions.into()),
            months: of
                .months
                .iter()
                .map(|(month, decisions)| RulesMonth { month: *month, decisions: *decisions })
                .collect(),
        })
        .collect();
    rows.sort_by_key(|row| row.first);
    rows
}

/// `part / whole` rounded half up; nothing of nothing.
fn rounded(part: u128, whole: u128) -> Option<u128> {
    (2 * part + whole).checked_div(2 * whole)
}

/// The same to four places.
fn ratio(part: u128, whole: u128) -> Option<f64> {
    let units = rounded(part * 10_000, whole)?;
    // A quotient of 10^15 against one would still be told exactly.
    Some(units.min(1 << 53) as f64 / 10_000.0)
}
