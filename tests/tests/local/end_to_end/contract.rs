//! The ports in memory against the emulator: the same calls, the same answers. What the simulator proves holds for AWS as
//! far as this does; where the two may differ stands in `docs/local-stack.md`.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use aws_sdk_sqs::types::QueueAttributeName;
use jiff::{SignedDuration, Timestamp};
use leads::decision::{Routed, Sla, Trace};
use leads::id::{ClaimKey, FormId, LeadId, Principal, Queue};
use leads::lead::{Count, DUE_SHARDS, LeadState, Place, Worklist};
use leads::memory;
use leads::ports::{
    Commit, CommitError, DeleteRows, Destination, FindDue, Guard, ListNewest, ListOpen, NotTaken, Outgoing, PortError,
    ReadHistory, ReadIdempotency, ReadLead, ReadOpen, ReadRequest, ReadRows, ReadStates, ReadTouches, ScanTable,
    Segment, SendMessages, StageQueue, TakeTurn, Write,
};
use leads::row::{
    Claim, CorrectedTags, Event, Idempotency, Request, Row, RowKey, StoredSubmission, Touch, UndoneTouch,
};
use leads::submission::{Encoding, Submission, parse};
use leads::tags::{Correction, TagList};
use serde_json::json;
use support::aws::Aws;
use tests::scenarios::hot;

use super::world::World;

/// How many sequences of calls, and how long one is at most.
const SEQUENCES: u64 = 2_000;
const MOST_CALLS: usize = 8;

/// Later than anything that the stack's own clock calls due.
const FAR: &str = "2099-01-01T00:00:00Z";

/// Random calls on both.
pub(crate) async fn the_same_as_in_memory(world: &World) {
    let aws = tables_and_queues(world).await;
    let (mut calls, mut rows) = (0, 0);
    for seed in 0..SEQUENCES {
        let mut chance = fastrand::Rng::with_seed(seed);
        let memory = memory::World::new(FAR.parse().unwrap(), [queue()]);
        for _ in 0..chance.usize(1..=MOST_CALLS) {
            let call = Call::any(seed, &mut chance);
            let (here, there) = (call.make(&memory).await, call.make(&aws).await);
            assert_eq!(here, there, "in memory and on the emulator; sequence {seed}: {call:?}");
            calls += 1;
        }
        rows += memory.rows().len();
    }
    for of in [1, 4] {
        let (mut scanned, mut leads) = (0, std::collections::BTreeMap::new());
        for segment in (0..of).map(|number| Segment { number, of }) {
            let mut after = None;
            loop {
                let (page, last) = aws.scan(segment, after).await.unwrap();
                scanned += page.len();
                for row in page {
                    assert_eq!(
                        *leads.entry(row.key.pk).or_insert(segment.number),
                        segment.number,
                        "one segment a lead"
                    );
                }
                after = last;
                if after.is_none() {
                    break;
                }
            }
        }
        assert_eq!(scanned, rows, "rows in memory and in the table, read in {of} segments");
    }
    println!("       {SEQUENCES} sequences, {calls} calls, {rows} rows, no difference");
}

fn queue() -> Queue {
    Queue::parse("contract").unwrap()
}

/// A table and queues of this test's own, with the keys of the template.
async fn tables_and_queues(world: &World) -> Aws {
    let (stack, table) = (&world.client.stack, "contract");
    let attribute = |name: &str| {
        let kind = ScalarAttributeType::S;
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let index = |name: &str, [hash, range]: [&str; 2], projection: Projection| {
        let index = GlobalSecondaryIndex::builder().index_name(name).projection(projection);
        index.key_schema(key(hash, KeyType::Hash)).key_schema(key(range, KeyType::Range)).build().unwrap()
    };
    let keys_only = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    let entries =
        Projection::builder().projection_type(ProjectionType::Include).non_key_attributes("queue_entry").build();
    let create = stack.dynamodb().create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    let create = create.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range));
    let create = ["pk", "sk", "due_shard", "due_key", "queue_pk", "queue_sk"]
        .into_iter()
        .fold(create, |create, name| create.attribute_definitions(attribute(name)));
    let create = create.global_secondary_indexes(index("due", ["due_shard", "due_key"], keys_only));
    let create = create.global_secondary_indexes(index("queue", ["queue_pk", "queue_sk"], entries));
    create.send().await.unwrap();

    let prefix = "contract-";
    let stage = StageQueue::Clean.name();
    let made = stack.sqs().create_queue().queue_name(format!("{prefix}{stage}")).send().await.unwrap();
    let fifo = stack.sqs().create_queue().queue_name(format!("{prefix}{}.fifo", queue()));
    fifo.attributes(QueueAttributeName::FifoQueue, "true").send().await.unwrap();
    let urls = made.queue_url.unwrap();
    let urls = urls.strip_suffix(stage).unwrap().to_owned();
    Aws::from_clients(stack.dynamodb(), stack.sqs(), table.to_owned(), urls)
}

/// One call of a port.
#[derive(Debug)]
enum Call {
    Commit(Vec<Write>),
    Lead(LeadId),
    Touches(LeadId, u8),
    History(LeadId),
    Rows(LeadId),
    Idempotency(RowKey),
    Request(RowKey),
    /// A state, and what its transition takes up and frees, below a cap perhaps.
    Count(Vec<Write>),
    Open(Vec<Place>),
    Turn(Queue),
    Delete(RowKey),
    Release(ClaimKey, LeadId),
    /// What is due of the leads whose names begin so.
    Due(Timestamp, String),
    /// A list of open leads, page by page.
    List(Queue, u16),
    Send(Vec<Outgoing>),
}

impl Call {
    /// A call about one of a few rows, which only this sequence knows.
    fn any(seed: u64, chance: &mut fastrand::Rng) -> Self {
        let lead = one_of(seed, chance);
        match chance.u8(..27) {
            0..=8 => Self::Commit((0..chance.usize(1..=4)).map(|_| any_write(seed, chance)).collect()),
            9 => Self::Lead(lead),
            10 => Self::Touches(lead, chance.u8(1..4)),
            11 => Self::History(lead),
            12 => Self::Idempotency(key_of(seed)),
            13 => Self::Request(request_of(seed)),
            14 => Self::Delete(RowKey::submission(&lead)),
            15 if chance.bool() => Self::Rows(lead),
            15 => Self::Release(claim_of(seed, chance), lead),
            16 => Self::Due(time(chance), format!("ld_{seed}-")),
            17..=20 => Self::Count((0..chance.usize(1..=2)).map(|_| any_count(seed, chance)).collect()),
            21 => Self::Open(places(seed)),
            23..=24 => Self::List(queue_of(seed), chance.u16(1..4)),
            22 => Self::Turn(Queue::parse(format!("q-{seed}")).unwrap()),
            _ => Self::Send((0..chance.usize(1..=12)).map(|_| any_message(seed, chance)).collect()),
        }
    }

    /// Makes it, and tells what came of it in words that are the same for both.
    async fn make<P>(&self, ports: &P) -> String
    where
        P: Commit
            + ReadLead
            + ReadTouches
            + ReadHistory
            + ReadRows
            + ReadIdempotency
            + ReadRequest
            + ReadOpen
            + TakeTurn
            + DeleteRows
            + FindDue
            + ListOpen
            + ListNewest
            + ReadStates
            + SendMessages,
    {
        match self {
            Self::Commit(writes) | Self::Count(writes) => match ports.commit(writes).await {
                Ok(()) => "written".into(),
                Err(CommitError::Conflict(refused)) => format!("refused {}", json!(refused)),
                Err(CommitError::Port(error)) => failed(&error),
            },
            Self::Lead(lead) => told(ports.lead(lead).await, |rows| {
                rows.map_or("none".into(), |rows| {
                    format!("{} {} {}", json!(rows.state), json!(rows.submission.ok()), json!(rows.corrections))
                })
            }),
            Self::Touches(lead, most) => told(ports.touches(lead, *most).await, |rows| json!(rows).to_string()),
            Self::History(lead) => told(ports.history(lead).await, |rows| json!(rows).to_string()),
            Self::Rows(lead) => told(ports.rows_of(lead).await, |rows| {
                format!("{:?}", rows.iter().map(|row| (&row.key, json!(row.row))).collect::<Vec<_>>())
            }),
            Self::Idempotency(key) => told(ports.idempotency(key).await, |row| json!(row).to_string()),
            Self::Request(key) => told(ports.request(key).await, |row| json!(row).to_string()),
            Self::Open(places) => told(ports.open(places).await, |open| format!("{open:?}")),
            Self::Turn(queue) => told(ports.turn(queue).await, |turn| turn.to_string()),
            Self::Delete(key) => told(ports.delete(key).await, |()| "deleted".into()),
            Self::Release(claim, owner) => told(ports.release(claim, owner).await, |held| format!("{held:?}")),
            Self::Due(now, ours) => {
                let mut due = Vec::new();
                for shard in 0..DUE_SHARDS {
                    match ports.due(shard, None, *now, 1_000).await {
                        Ok(entries) => due.extend(entries),
                        Err(error) => return failed(&error),
                    }
                }
                // Other sequences' leads lie in the same table, and in no other world.
                due.retain(|entry| entry.lead_id.as_str().starts_with(ours));
                format!("{due:?}")
            }
            Self::List(queue, limit) => {
                let (list, mut pages, mut after) = (Worklist::Queue(queue.clone()), Vec::new(), None);
                loop {
                    match ports.list(&list, after.as_deref(), *limit).await {
                        Ok(page) => {
                            after = page.last.clone();
                            pages.push(page);
                        }
                        Err(error) => return failed(&error),
                    }
                    if after.is_none() {
                        break;
                    }
                }
                // The same from the other end, and who is on the list.
                let leads: Vec<LeadId> =
                    pages.iter().flat_map(|page| &page.leads).map(|lead| lead.lead_id.clone()).collect();
                let mut newest = Vec::new();
                for dated in [true, false] {
                    match ports.newest(&list, dated, *limit).await {
                        Ok(leads) => newest.push(leads),
                        Err(error) => return failed(&error),
                    }
                }
                told(ports.states_of(leads.get(..100).unwrap_or(&leads)).await, |mut states| {
                    states.sort_by(|one, other| one.lead_id.cmp(&other.lead_id));
                    format!("{pages:?} {newest:?} {states:?}")
                })
            }
            Self::Send(messages) => {
                let taken = ports.send(&messages.iter().collect::<Vec<_>>()).await;
                told(taken, |taken| {
                    let taken = taken.into_iter().map(|result| result.map_err(|NotTaken { code }| code));
                    format!("{:?}", taken.collect::<Vec<_>>())
                })
            }
        }
    }
}

fn told<T>(result: Result<T, PortError>, tell: impl FnOnce(T) -> String) -> String {
    match result {
        Ok(value) => tell(value),
        Err(error) => failed(&error),
    }
}

/// A refusal by its kind: the words after it are each service's own.
fn failed(error: &PortError) -> String {
    match error {
        PortError::Unavailable { .. } => "unavailable".into(),
        PortError::Refused { call, .. } => format!("{call} refused"),
        PortError::Corrupt { .. } => "corrupt".into(),
    }
}

fn one_of(seed: u64, chance: &mut fastrand::Rng) -> LeadId {
    LeadId::parse(format!("ld_{seed}-{}", chance.u8(..3))).unwrap()
}

fn key_of(seed: u64) -> RowKey {
    RowKey::idempotency(&FormId::parse("contract").unwrap(), &seed.to_string())
}

fn request_of(seed: u64) -> RowKey {
    RowKey::request(&Principal::parse("contract").unwrap(), &seed.to_string())
}

/// A queue that only this sequence knows.
fn queue_of(seed: u64) -> Queue {
    Queue::parse(format!("contract-{seed}")).unwrap()
}

/// A state that may stand in the list of its queue, and may have a deadline there.
fn routed(state: &LeadState, seed: u64, chance: &mut fastrand::Rng) -> LeadState {
    let (queue, owner) = (queue_of(seed), chance.bool().then(|| "wang.fang".to_owned()));
    let due = chance.bool().then(|| time(chance));
    let sla = due.map(|feedback_due| Sla {
        policy: "contract".into(),
        first_response_due: None,
        feedback_due,
        steps: Vec::new(),
        protection: None,
    });
    let (rule, strategy, trace) = ("contract".into(), None, Trace::default());
    let next =
        state.routed(&Routed { queue, owner, counted: None, rule, strategy, nurture: None, sla, trace }, time(chance));
    match chance.u8(..4) {
        0 => next.closed("won".into(), time(chance)),
        1 => next.answered("accepted".into(), time(chance)),
        _ => next,
    }
}

fn claim_of(seed: u64, chance: &mut fastrand::Rng) -> ClaimKey {
    ClaimKey::of(b"contract", "email", &format!("{seed} {}", chance.u8(..2)))
}

fn time(chance: &mut fastrand::Rng) -> Timestamp {
    FAR.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(chance.i64(0..100))
}

fn submission() -> Submission {
    parse(hot().to_string().as_bytes(), Encoding::Json).unwrap().submission
}

fn any_write(seed: u64, chance: &mut fastrand::Rng) -> Write {
    let (lead, at) = (one_of(seed, chance), time(chance));
    let (now, expires_at) = (chance.i64(0..20), chance.i64(0..20));
    let row = match chance.u8(..17) {
        0..=6 => {
            let state = LeadState::received(lead.clone(), at);
            let state = if chance.bool() { routed(&state, seed, chance) } else { state };
            Row::State(LeadState {
                version: chance.u64(1..4),
                watch_at: chance.bool().then_some(at),
                touches: chance.u32(..3),
                ..state
            })
        }
        7..=8 => Row::Submission(StoredSubmission { lead_id: lead.clone(), at, submission: submission() }),
        9..=10 => Row::Claim(Claim { key: claim_of(seed, chance), owner: lead.clone(), expires_at }),
        11 => Row::Idempotency(Idempotency {
            pk: key_of(seed).pk,
            fingerprint: "f".into(),
            lead_id: lead.clone(),
            expires_at,
        }),
        12 => Row::Request(Request {
            pk: request_of(seed).pk,
            fingerprint: "f".into(),
            answer: r#"{"ok":true}"#.into(),
            expires_at,
        }),
        13 => Row::Touch(Touch {
            master: lead.clone(),
            from: one_of(seed, chance),
            at,
            matched_on: "email".into(),
            submission: submission(),
        }),
        14 => Row::UndoneTouch(UndoneTouch {
            master: lead.clone(),
            from: one_of(seed, chance),
            at,
            undone_at: at,
            by: Principal::parse("contract").unwrap(),
        }),
        15 => Row::Tags(CorrectedTags {
            lead_id: lead.clone(),
            corrections: vec![Correction {
                list: TagList::ALL[chance.usize(..3)],
                value: ["decision_maker", "demo_request", "决策者"][chance.usize(..3)].into(),
                holds: chance.bool(),
                at,
                by: Principal::parse("contract").unwrap(),
            }],
        }),
        _ => Row::Event(Event {
            lead_id: lead.clone(),
            version: chance.u64(1..4),
            at,
            actor: "contract".into(),
            what: "tried".into(),
            // Sometimes too long for an item.
            why: "x".repeat(if chance.u8(..8) == 0 { 410 * 1024 } else { 5 }),
        }),
    };
    let guard = match chance.u8(..5) {
        0 => Guard::Absent,
        1 => Guard::Present,
        2 => Guard::Version(chance.u64(1..4)),
        3 => Guard::AbsentOrExpired { now },
        _ => Guard::FreeFor { owner: lead, now },
    };
    // A version is asked of states alone.
    let guard = if matches!(row, Row::State(_)) && chance.bool() { Guard::Version(chance.u64(1..4)) } else { guard };
    Write::guarded(row, guard)
}

/// A queue and two of its people, whom only this sequence knows.
fn places(seed: u64) -> Vec<Place> {
    let owner = |id: &str| Place::Owner(format!("{id} {seed}"));
    vec![Place::Queue(Queue::parse(format!("q-{seed}")).unwrap()), owner("li.na"), owner("wang.wei")]
}

fn any_count(seed: u64, chance: &mut fastrand::Rng) -> Write {
    let mut write = any_write(seed, chance);
    for place in places(seed) {
        if chance.bool() {
            let (by, below) = (*chance.choice(&[-1, 1, 1]).unwrap(), chance.bool().then(|| chance.u32(1..4)));
            write.counts.push(Count { place, by, below });
        }
    }
    write
}

fn any_message(seed: u64, chance: &mut fastrand::Rng) -> Outgoing {
    let body = match chance.u8(..24) {
        0 => String::new(),
        1 => "a\u{0}b".into(),
        2 => "a\u{fffe}b".into(),
        3 => "a\u{1b}b".into(),
        4 => "x".repeat(1024 * 1024 + 1),
        5 => "\u{1f600}\t\r\n\u{d7ff}\u{e000}\u{fffd}".into(),
        _ => format!("{seed}"),
    };
    let group = one_of(seed, chance);
    // Mostly to one queue; a batch to two is none.
    let to = match chance.u8(..12) {
        0 => Destination::Stage(StageQueue::Clean),
        _ => Destination::Sales { queue: queue(), dedup: format!("{seed}-{}", chance.u8(..3)), group },
    };
    Outgoing { to, body }
}
