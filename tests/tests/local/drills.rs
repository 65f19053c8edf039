//! A stack's changes while leads flow: rules, code, messages of another version; then its end. No lead is lost.
//!
//! On the local stack, in place, as `leadctl update` does it; `docs/operations/upgrade.md` is what operators read.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use indicatif::ProgressBar;
use jiff::Timestamp;
use leadctl::client::Client;
use leadctl::commands::{reconcile, redrive};
use leadctl::leads_file::FileLead;
use leadctl::local::{self, Options};
use leadctl::package::FUNCTIONS;
use leadctl::workspace::Workspace;
use leadctl::{depths, follow, ledger};
use leads::id::LeadId;
use leads::lead::{LeadState, Stage};
use leads::ports::{Commit, Write};
use leads::row::{Row, StoredSubmission};
use leads::submission::{Encoding, parse};

const INSTANCE: &str = "drills";
const LEAD: &str = include_str!("../../../infra/samples/drill.json");
/// Messages of each version put in by hand.
const EACH: usize = 5;
/// A lead whose message nobody can read waits for the sweep, which looks every minute for what is a minute late.
const PATIENCE: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_while_leads_flow() {
    let _held = crate::PROGRAMS.lock().await;
    let workspace = Workspace::find().unwrap();
    let rules = workspace.local_dir().join("drills-rules");
    crate::copy(&workspace.infra().join("rules"), &rules);
    let options = Options { instance: INSTANCE.into(), rules: Some(rules.clone()), ..Options::default() };
    let running = local::up(&workspace, &options).await.unwrap();
    let client = Client::new(running.stack.clone()).unwrap();

    let stop = AtomicBool::new(false);
    let changes = async {
        let started = Instant::now();
        let say = |what: &str| println!("{:>5.1} s  {what}", started.elapsed().as_secs_f64());
        say("deployed");
        let deployed = versions(&client).await;
        assert_eq!(deployed.len(), FUNCTIONS.len());
        assert_eq!(queue_of(&client, "before").await, "sales-cn-east");

        let route = rules.join("route.toml");
        let text = fs::read_to_string(&route).unwrap();
        fs::write(&route, text.replace("queue = \"sales-cn-east\"", "queue = \"sales-cn-north\"")).unwrap();
        assert!(local::update(&workspace, &options).await.unwrap());
        let ruled = versions(&client).await;
        assert!(ruled.is_disjoint(&deployed), "{deployed:?}, then {ruled:?}");
        assert_eq!(queue_of(&client, "ruled").await, "sales-cn-north");
        say("updated: rules only");

        for name in FUNCTIONS {
            let program = workspace.target().join("debug").join(name);
            File::options().append(true).open(program).unwrap().set_modified(SystemTime::now()).unwrap();
        }
        assert!(local::update(&workspace, &options).await.unwrap());
        let built = versions(&client).await;
        assert!(built.is_disjoint(&ruled), "{ruled:?}, then {built:?}");
        assert_eq!(queue_of(&client, "built").await, "sales-cn-north");
        say("updated: code only");
        assert!(!local::update(&workspace, &options).await.unwrap(), "nothing has changed");

        let waiting = messages_of_two_versions(&client).await;
        say(
            "of two versions: those of this one, with a field that it does not know, and those of the next are handled",
        );
        stop.store(true, Ordering::Relaxed);
        waiting
    };
    let (posted, waiting) = tokio::join!(post_until(&client, &stop), changes);
    println!("{} leads were posted meanwhile", posted.len());

    let expected = posted.len() + waiting.len() + 3; // `before`, `ruled`, `built`
    let books = balanced(&client).await;
    reconcile::print(&books);
    assert_eq!(books.balance.accepted, expected as u64);
    assert_eq!(books.balance.by_stage.get(&Stage::Routed), Some(&(expected as u64)), "{books:?}");

    let (cloudformation, name) = (client.stack.cloudformation(), &client.stack.facts.name);
    cloudformation.delete_stack().stack_name(name).send().await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while cloudformation.describe_stacks().stack_name(name).send().await.is_ok() {
        assert!(Instant::now() < deadline, "the stack is still there");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(client.stack.queue_url(&client.stack.stage_queue("clean")).await.is_err(), "a queue outlives its stack");
    println!("deleted");
}

fn body(name: &str) -> String {
    LEAD.trim().replace("NAME", name)
}

async fn post(client: &Client, name: &str) -> LeadId {
    let lead = FileLead {
        name: name.to_owned(),
        body: body(name),
        key: format!("drill-{name}"),
        content_type: "application/json",
        signed_by: None,
        wave: 1,
        expect: None,
        expect_after: None,
    };
    let mut posted = client.post_all(&[lead], &ProgressBar::hidden(), |_| {}).await.unwrap();
    posted.remove(0).answer.unwrap()
}

/// A lead every fifth of a second.
async fn post_until(client: &Client, stop: &AtomicBool) -> BTreeSet<LeadId> {
    let mut posted = BTreeSet::new();
    while !stop.load(Ordering::Relaxed) {
        posted.insert(post(client, &format!("flow{}", posted.len())).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    posted
}

/// Posts a lead; answers where it went.
async fn queue_of(client: &Client, name: &str) -> String {
    let lead = post(client, name).await;
    let mut queue = None;
    let watch = follow::Watch::over(std::slice::from_ref(&lead));
    let stuck = follow::follow(client, &watch, |end| queue = end.queue).await.unwrap();
    assert!(stuck.is_empty(), "{stuck:?}");
    queue.unwrap().as_str().to_owned()
}

/// The versions of the functions to which the aliases point.
async fn versions(client: &Client) -> BTreeSet<String> {
    let (mut versions, mut next) = (BTreeSet::new(), None);
    loop {
        let list = client.stack.cloudformation().list_stack_resources();
        let page = list.stack_name(&client.stack.facts.name).set_next_token(next).send().await.unwrap();
        let found = page.stack_resource_summaries().iter();
        let found = found.filter(|resource| resource.resource_type() == Some("AWS::Lambda::Version"));
        versions.extend(found.filter_map(|resource| resource.physical_resource_id()).map(str::to_owned));
        next = page.next_token;
        if next.is_none() {
            return versions;
        }
    }
}

/// Leads that wait for `clean`, each with its message: of this version as old code wrote it, of this version with a field
/// that is not known yet, and of the next version, which this code cannot read.
async fn messages_of_two_versions(client: &Client) -> Vec<LeadId> {
    let sqs = client.stack.sqs();
    let url = client.stack.queue_url(&client.stack.stage_queue("clean")).await.unwrap();
    let mut waiting = Vec::new();
    for n in 0..EACH {
        for (kind, version, field) in [("same", 1, ""), ("field", 1, ",\"later\":{\"a\":[1]}"), ("next", 2, "")] {
            let name = format!("{kind}{n}");
            let lead_id = LeadId::parse(format!("ld_drill_{name}")).unwrap();
            let submission = parse(body(&name).as_bytes(), Encoding::Json).unwrap().submission;
            let at = Timestamp::now();
            let state = Row::State(LeadState::received(lead_id.clone(), at));
            let stored = Row::Submission(StoredSubmission { lead_id: lead_id.clone(), at, submission });
            client.aws.commit(&[Write::new(state), Write::new(stored)]).await.unwrap();
            let message = format!("{{\"v\":{version},\"lead_id\":\"{lead_id}\",\"version\":1{field}}}");
            sqs.send_message().queue_url(&url).message_body(message).send().await.unwrap();
            waiting.push(lead_id);
        }
    }
    // Nobody reads those of the next version; they lie among the dead letters, and an alarm rings.
    until_dead(client, EACH as u64).await;
    // Their leads go on all the same: the sweep sends what is missing, as this code writes it.
    let deadline = Instant::now() + PATIENCE;
    while !all_routed(client, &waiting).await {
        assert!(Instant::now() < deadline, "a lead is still on its way");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // As after an upgrade, but no function reads them yet: they are dead again, and none is lost by it.
    let queue = redrive::named("clean-queue").unwrap();
    assert!(redrive::run(client, &queue, false, false).await.unwrap());
    until_dead(client, EACH as u64).await;
    let dead = client.stack.queue_url(&client.stack.stage_dlq("clean")).await.unwrap();
    sqs.purge_queue().queue_url(dead).send().await.unwrap();
    waiting
}

async fn all_routed(client: &Client, leads: &[LeadId]) -> bool {
    use leads::ports::ReadLead;
    for lead in leads {
        if client.aws.lead(lead).await.unwrap().unwrap().state.stage != Stage::Routed {
            return false;
        }
    }
    true
}

async fn until_dead(client: &Client, count: u64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let dead: u64 = depths::all(client).await.unwrap().iter().map(|depth| depth.dead).sum();
        if dead == count {
            return;
        }
        assert!(Instant::now() < deadline, "{dead} of {count} dead letters");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn balanced(client: &Client) -> ledger::Books {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let books = ledger::books(client, &ProgressBar::hidden()).await.unwrap();
        if books.balanced() {
            return books;
        }
        assert!(Instant::now() < deadline, "{books:?}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
