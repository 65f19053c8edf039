//! What a sales tool's desk does all day: lists its queue, corrects what is known of a person, answers many leads at once;
//! and what operators read of it.

use std::pin::Pin;
use std::time::{Duration, Instant};

use leadctl::pool::{Filter, Format, write};
use leadctl::returns;
use leads::id::LeadId;
use serde_json::{Value, json};

use super::people::hot;
use super::world::{Signing, World};

/// How long an index may lag behind its table here.
const PATIENCE: Duration = Duration::from_secs(10);

/// Boxed: the test's own future holds every step's, and would outgrow its thread's stack.
pub(crate) fn a_day(world: &World) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(day(world))
}

async fn day(world: &World) {
    let mut leads = Vec::new();
    for name in ["first", "second", "third"] {
        let lead = world.accepted(&hot(&format!("desk-{name}"), "CN", "Shanghai")).await;
        assert_eq!(world.end(&lead).await.queue.unwrap().as_str(), "sales-cn-east");
        leads.push(lead);
    }
    listed(world, &leads, &[true, true, true]).await;
    for (principal, queue) in [("crm-world", "sales-cn-east"), ("crm-china", "sales-mars")] {
        let answer = world.get(&Signing::by(principal, "e2e-list"), &format!("/v1/queues/{queue}/leads")).await;
        assert_eq!((answer.status, &answer.body["type"]), (404, &json!("/problems/not-found")), "{principal}");
    }
    let answer = world.get(&Signing::by("crm-china", "e2e-list"), "/v1/queues/sales-cn-east/leads?limit=0").await;
    assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &json!("/limit")), "{answer:?}");

    let tags = json!({"set": {"identity": ["student"]}, "remove": {"interaction": ["demo_request"]}, "actor": "wang"});
    let path = format!("/v1/leads/{}/tags", leads[0]);
    let corrected = world.signed(&Signing::by("crm-china", "e2e-tags"), &path, &tags.to_string()).await;
    assert_eq!((corrected.status, corrected.replayed), (200, false), "{corrected:?}");
    let again = world.signed(&Signing::by("crm-china", "e2e-tags"), &path, &tags.to_string()).await;
    assert_eq!((again.status, again.replayed, &again.body), (200, true, &corrected.body));
    let page = world.get(&Signing::by("crm-china", "e2e-read"), &format!("/v1/leads/{}", leads[0])).await;
    assert_eq!(page.body["corrections"].as_array().unwrap().len(), 2, "{page:?}");

    let entry = |lead: &LeadId, disposition: &str| json!({"lead_id": lead, "epoch": 1, "disposition": disposition});
    let entries = [
        entry(&leads[0], "not_a_fit"),
        entry(&leads[1], "contacted"),
        entry(&LeadId::parse("ld_nobodys").unwrap(), "won"),
        entry(&leads[1], "accepted"),
    ];
    let body = Value::from(entries.to_vec()).to_string();
    for replayed in [Value::Null, Value::Bool(true)] {
        let answer = world.signed(&Signing::by("crm-china", "e2e-reports"), "/v1/feedback", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let results = answer.body["results"].as_array().unwrap();
        let statuses: Vec<_> = results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [200, 200, 404, 200], "{answer:?}");
        assert_eq!((&results[0]["replayed"], &results[3]["replayed"]), (&replayed, &replayed));
    }
    listed(world, &leads, &[false, true, true]).await;

    let (mut out, everybody) = (Vec::new(), Filter { suppressed: true, ..Filter::default() });
    let summary = write(&world.client.aws, &everybody, Format::ExportCsv, &mut out, |_| ()).await.unwrap();
    assert_eq!((summary.unreadable, out.split(|byte| *byte == b'\n').count() > summary.leads as usize), (0, true));
    let returns = returns::count(&world.client.aws, None, |_| ()).await.unwrap();
    assert!(returns.unreadable == 0 && returns.rules.iter().any(|rule| rule.not_a_fit > 0), "{returns:?}");
}

/// Walks the list of East China, two leads a page, until these leads are in it or not.
async fn listed(world: &World, leads: &[LeadId], expected: &[bool]) {
    let begun = Instant::now();
    loop {
        let (mut found, mut query) = (Vec::new(), "limit=2".to_owned());
        loop {
            let path = format!("/v1/queues/sales-cn-east/leads?{query}");
            let page = world.get(&Signing::by("crm-china", "e2e-list"), &path).await;
            assert_eq!(page.status, 200, "{page:?}");
            found.extend(page.body["leads"].as_array().unwrap().iter().map(|lead| lead["lead_id"].clone()));
            match page.body["cursor"].as_str() {
                Some(cursor) => query = format!("limit=2&cursor={cursor}"),
                None => break,
            }
        }
        let there: Vec<bool> = leads.iter().map(|lead| found.contains(&json!(lead))).collect();
        if there == expected {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{there:?} of {expected:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
