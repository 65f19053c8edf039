//! The console over the ports in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;

use anyhow::Result;
use hyper::http::request::Parts;
use hyper::{Request, Response};
use jiff::Timestamp;
use leads::id::LeadId;
use leads::lead::{LeadState, OpenLead, Stage, Worklist};
use leads::memory::World;
use leads::ports::{
    DueEntry, FindDue, ListNewest, ListOpen, OpenPage, PortError, ReadDecision, ReadHistory, ReadStates, StageQueue,
};
use leads::row::{Decision, Row};
use leads::rules::QueueSpec;

use super::{Console, Place};
use crate::depths::{Depth, ReadDepths};
use crate::story::tests::{decision, now, state, submission, teller};

const HOST: &str = "127.0.0.1:4600";

/// The ports in memory, and how often each was called.
struct Counted {
    world: World,
    calls: RefCell<BTreeMap<&'static str, usize>>,
}

impl Counted {
    fn count(&self, call: &'static str) {
        *self.calls.borrow_mut().entry(call).or_default() += 1;
    }

    fn taken(&self) -> BTreeMap<&'static str, usize> {
        self.calls.take()
    }
}

impl ReadHistory for Counted {
    async fn history(&self, id: &LeadId) -> Result<Vec<Row>, PortError> {
        self.count("history");
        self.world.history(id).await
    }
}

impl ReadStates for Counted {
    async fn states_of(&self, ids: &[LeadId]) -> Result<Vec<LeadState>, PortError> {
        self.count("states");
        self.world.states_of(ids).await
    }
}

impl ReadDecision for Counted {
    async fn decision(&self, id: &LeadId, epoch: u32) -> Result<Option<Decision>, PortError> {
        self.count("decision");
        self.world.decision(id, epoch).await
    }
}

impl FindDue for Counted {
    async fn due(
        &self,
        shard: u8,
        after: Option<&DueEntry>,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<DueEntry>, PortError> {
        self.count("due");
        self.world.due(shard, after, now, limit).await
    }
}

impl ListOpen for Counted {
    async fn list(&self, list: &Worklist, after: Option<&str>, limit: u16) -> Result<OpenPage, PortError> {
        self.count("list");
        self.world.list(list, after, limit).await
    }
}

impl ListNewest for Counted {
    async fn newest(&self, list: &Worklist, dated: bool, limit: u16) -> Result<Vec<OpenLead>, PortError> {
        self.count("newest");
        self.world.newest(list, dated, limit).await
    }
}

/// Three messages lie in every queue, and one dead letter of score's.
struct Fixed;

impl ReadDepths for Fixed {
    async fn depths(&self, sales: &[QueueSpec]) -> Result<Vec<Depth>> {
        let named = |queue: &str, title: &str, dead| Depth {
            queue: queue.into(),
            title: title.into(),
            visible: 3,
            in_flight: 0,
            dead,
        };
        let stages = [("clean-queue", 0), ("score-queue", 1), ("route-queue", 0)]
            .map(|(name, dead)| named(name, "before it", dead));
        Ok(stages.into_iter().chain(sales.iter().map(|queue| named(queue.name.as_str(), &queue.title, 0))).collect())
    }
}

fn console(rows: impl IntoIterator<Item = Row>) -> Console<Counted, Fixed> {
    let teller = teller(None);
    let world = World::new(now(), teller.rules.queues().iter().map(|queue| queue.name.clone()));
    rows.into_iter().for_each(|row| world.put(row));
    let place = Place { name: "local stack".into(), api_url: "http://127.0.0.1:4566/api".into() };
    Console::new(Counted { world, calls: RefCell::default() }, Fixed, teller, place)
}

fn request(method: &str, target: &str, host: Option<&str>) -> Parts {
    let mut request = Request::builder().method(method).uri(target);
    if let Some(host) = host {
        request = request.header("host", host);
    }
    request.body(()).unwrap().into_parts().0
}

async fn get(console: &Console<Counted, Fixed>, target: &str) -> Response<String> {
    console.answer(&request("GET", target, Some(HOST)), HOST, now()).await
}

fn routed(lead: &str) -> Vec<Row> {
    vec![
        Row::State(state(lead, Stage::Routed)),
        Row::Submission(submission(lead, "Li Lei", "Hello")),
        Row::Decision(decision(lead)),
    ]
}

#[tokio::test]
async fn another_name_than_its_own_is_refused() {
    let console = console(routed("ld_hot"));
    for (target, host, status) in [
        ("/", Some(HOST), 200),
        ("http://127.0.0.1:4600/", None, 200),
        ("/", None, 421),
        ("/", Some("evil.example"), 421),
        ("/", Some("evil.example:4600"), 421),
        ("/", Some("127.0.0.1:4601"), 421),
        ("/", Some("127.0.0.1"), 421),
        ("/leads/ld_hot", Some("127.0.0.1.evil.example:4600"), 421),
        ("http://evil.example/", Some(HOST), 421),
    ] {
        let answer = console.answer(&request("GET", target, host), HOST, now()).await;
        assert_eq!(answer.status(), status, "{target} {host:?}");
        assert!(status == 200 || !answer.body().contains("ld_hot"));
    }
}

#[tokio::test]
async fn only_reading_is_answered() {
    let console = console(routed("ld_hot"));
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
        let answer = console.answer(&request(method, "/leads/ld_hot", Some(HOST)), HOST, now()).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["allow"]),
            (405, &"GET, HEAD".parse().unwrap()),
            "{method}"
        );
    }
}

#[tokio::test]
async fn every_answer_keeps_pages_apart_from_the_rest_of_the_web() {
    let console = console(routed("ld_hot"));
    for target in ["/", "/queues", "/leads/ld_hot", "/leads/ld_none", "/nowhere", "/console.js", "/leads?id=x y"] {
        let answer = get(&console, target.replace(' ', "+").as_str()).await;
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{target}: {policy}");
        assert!(!policy.contains("unsafe"), "{target}: {policy}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert!(!answer.body().contains(" style="), "{target}: the policy allows no styles in the page");
    }
}

#[tokio::test]
async fn what_somebody_typed_shows_as_text() {
    let typed = "<script>alert(1)</script>\n=cmd|' /C calc'!A0\n\u{202e}gpj.exe <img src=x onerror=alert(2)>";
    let rows = [Row::State(state("ld_odd", Stage::Routed)), Row::Submission(submission("ld_odd", typed, "\"><b>"))];
    let answer = get(&console(rows), "/leads/ld_odd").await;
    let page = answer.body();
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;<br>=cmd|' /C calc'!A0<br>\\u{202e}gpj.exe &lt;img src=x onerror=alert(2)&gt;"));
    assert!(page.contains("&quot;&gt;&lt;b&gt;"));
    for raw in ["<script>", "<img", "\u{202e}", "\"><b>"] {
        assert!(!page.contains(raw), "{raw}");
    }
}

#[tokio::test]
async fn a_lead_is_found_by_its_id() {
    let console = console(routed("ld_hot"));
    let found = get(&console, "/leads?id=+ld_hot+").await;
    assert_eq!((found.status().as_u16(), found.headers()["location"].to_str().unwrap()), (303, "/leads/ld_hot"));
    let page = get(&console, "/leads/ld_hot").await;
    for said in ["It is with Sales China East (sales-cn-east).", "The region is this team", "intent 75", "+80", "-5"] {
        assert!(page.body().contains(said), "{said}");
    }
    assert!(page.body().contains("leadctl feedback ld_hot DISPOSITION --epoch 1 --as crm-china"));
    for missing in ["/leads/ld_none", "/leads/<b>", "/leads?id=%3Cb%3E", "/queues/none", "/etc/passwd", "/form/../x"] {
        let answer = get(&console, &missing.replace('<', "%3C").replace('>', "%3E")).await;
        assert_eq!(answer.status(), 404, "{missing}");
        assert!(!answer.body().contains("<b>"), "{missing}");
    }
}

#[tokio::test]
async fn a_lead_flows_and_comes_to_rest() {
    let console = console([Row::State(state("ld_new", Stage::Cleaned))]);
    console.look(true, now()).await;
    let flow = get(&console, "/").await;
    assert!(flow.body().contains("<b>1</b> wait for score"), "{}", flow.body());
    assert!(flow.body().contains("/leads/ld_new") && flow.body().contains("No lead has come yet."));

    routed("ld_new").into_iter().for_each(|row| console.reads.world.put(row));
    console.look(false, now()).await;
    let flow = get(&console, "/").await;
    assert!(flow.body().contains("Nothing is on its way."));
    assert!(flow.body().contains("75/10") && flow.body().contains("The region is this team"), "{}", flow.body());
}

#[tokio::test]
async fn what_came_to_rest_before_is_found_in_the_lists() {
    let mut held = state("ld_held", Stage::Held);
    held.reason =
        serde_json::from_value(serde_json::json!({"code": "phone-digit-run", "rule": "r", "text": "t"})).unwrap();
    let console = console(routed("ld_hot").into_iter().chain([Row::State(held)]));
    console.look(true, now()).await;
    let flow = get(&console, "/").await;
    assert!(flow.body().contains("/leads/ld_hot") && flow.body().contains("/leads/ld_held"));
}

#[tokio::test]
async fn queues_tell_depth_deadline_and_what_is_late() {
    let mut late = state("ld_late", Stage::Routed);
    late.assignment.as_mut().unwrap().feedback_due = Some("2026-11-02T08:30:00Z".parse().unwrap());
    let console = console(routed("ld_hot").into_iter().chain([Row::State(late)]));
    let page = get(&console, "/queues").await;
    let east = page.body().split("<tr").find(|row| row.contains("/queues/sales-cn-east")).unwrap().to_owned();
    assert!(east.contains("30 min ago") && east.contains("■ 1") && east.contains(">2<"), "{east}");
    let one = get(&console, "/queues/sales-cn-east").await;
    let (first, second) = (one.body().find("/leads/ld_late").unwrap(), one.body().find("/leads/ld_hot").unwrap());
    assert!(first < second, "what is due first comes first");
    assert!(one.body().contains("overdue"));
}

#[tokio::test]
async fn what_waits_is_listed_with_the_commands_that_mend_it() {
    let mut parked = state("ld_parked", Stage::Parked);
    parked.reason =
        serde_json::from_value(serde_json::json!({"code": "corrupt", "rule": "-", "text": "a row cannot be read"}))
            .unwrap();
    let console = console([Row::State(parked), Row::State(state("ld_held", Stage::Held))]);
    let page = get(&console, "/waiting").await;
    for said in [
        "Parked: 1",
        "Held: 1",
        "A row cannot be read.",
        "leadctl verdict ld_parked release --reason 'WHY' --as telemarketing-desk",
        "Dead letters: 1",
        "leadctl redrive score-queue --dry-run",
    ] {
        assert!(page.body().contains(said), "{said}: {}", page.body());
    }
    assert!(!page.body().contains("rule -"), "no rule parked it");
}

/// What each page says that it costs, on a table with many leads.
#[tokio::test]
async fn a_page_costs_what_it_says_however_many_leads_there_are() {
    let many = (0..300)
        .flat_map(|n| routed(&format!("ld_{n}")))
        .chain((0..300).map(|n| Row::State(state(&format!("ld_h{n}"), Stage::Held))));
    let console = console(many);
    let lists = console.teller.rules.queues().len();
    console.look(false, now()).await;
    assert_eq!(console.reads.taken(), BTreeMap::from([("due", 8)]));
    get(&console, "/").await;
    assert_eq!(console.reads.taken(), BTreeMap::new());
    get(&console, "/queues").await;
    get(&console, "/queues").await;
    assert_eq!(console.reads.taken(), BTreeMap::from([("list", lists)]));
    get(&console, "/queues/sales-cn-east").await;
    assert_eq!(console.reads.taken(), BTreeMap::from([("list", 1)]));
    get(&console, "/waiting").await;
    assert_eq!(console.reads.taken(), BTreeMap::from([("list", 1), ("states", 1)]));
    get(&console, "/leads/ld_7").await;
    assert_eq!(console.reads.taken(), BTreeMap::from([("history", 1)]));
    console.look(true, now()).await;
    let calls = console.reads.taken();
    assert_eq!((calls["due"], calls["newest"], calls["states"]), (8, 2 * (lists + 1), 1));
    assert!(calls["decision"] <= 60, "{calls:?}");
}

#[tokio::test]
async fn looking_changes_nothing() {
    let rows: Vec<Row> = routed("ld_hot").into_iter().chain([Row::State(state("ld_new", Stage::Received))]).collect();
    let console = console(rows);
    console.reads.world.enqueue(StageQueue::Clean, "{}");
    let before = console.reads.world.rows();
    console.look(true, now()).await;
    for target in ["/", "/queues", "/queues/sales-cn-east", "/waiting", "/leads?id=ld_hot", "/leads/ld_hot", "/form/"] {
        assert!(get(&console, target).await.status().as_u16() < 400, "{target}");
    }
    assert_eq!(console.reads.world.rows(), before);
    let received = console.reads.world.receive(StageQueue::Clean, 10);
    assert_eq!(
        received.iter().map(|message| message.receive_count).collect::<Vec<_>>(),
        [1],
        "nobody received it before"
    );
}
