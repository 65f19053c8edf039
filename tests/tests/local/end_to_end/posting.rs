//! What the door takes and refuses, and submissions that join an earlier lead.

use leads::id::LeadId;
use leads::lead::Stage;
use serde_json::{Value, json};

use super::people::{hot, reader};
use super::world::{FORM, JSON, Signing, World};

pub(crate) async fn refusals_store_nothing(world: &World) {
    let whole = hot("refused", "DE", "Berlin");
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut lead = whole.clone();
        change(&mut lead);
        lead.to_string()
    };
    let no_contact = changed(&|lead| _ = lead.as_object_mut().unwrap().remove("contact"));
    let pigeon = changed(&|lead| lead["source"]["channel"] = "pigeon".into());
    let too_large = changed(&|lead| lead["interest"]["message"] = "x".repeat(40 * 1024).into());
    let rows = [
        (JSON, "{\"form_id\":", 400, "/problems/malformed-json", None),
        (JSON, &too_large, 413, "/problems/payload-too-large", None),
        ("text/plain", &whole.to_string(), 415, "/problems/unsupported-media-type", None),
        (JSON, &no_contact, 422, "/problems/validation", Some("/contact")),
        (JSON, &pigeon, 422, "/problems/validation", Some("/source/channel")),
    ];
    let before = world.items().await;
    for (kind, body, status, problem, pointer) in rows {
        let answer = world.post("/v1/leads", kind, &[], body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.content_type, "application/problem+json", "{answer:?}");
        assert_eq!(answer.body["type"], problem);
        assert_eq!(answer.body["status"], status);
        let pointers: Vec<&Value> =
            answer.body["errors"].as_array().into_iter().flatten().map(|e| &e["pointer"]).collect();
        assert_eq!(pointers, pointer.map(Value::from).iter().collect::<Vec<_>>(), "{answer:?}");
        assert!(!answer.body.to_string().contains("pigeon"), "{answer:?}");
    }
    assert_eq!(world.items().await, before);
}

/// The same content, posted by a plain form and as JSON by another person.
pub(crate) async fn form_and_json(world: &World) {
    let form = "form_id=contact&contact.name=Ines+Form&contact.email=ines%40form.example&contact.title=Purchasing+Director\
                &company.name=Form+Kilns&company.industry=manufacturing&company.size=360&company.country=FR\
                &company.city=Lyon&interest.product=kiln&interest.horizon=immediate\
                &interest.message=Two+kilns+before+the+summer%2C+please.\
                &interest.budget.minor=12000000&interest.budget.currency=EUR&source.channel=website\
                &consent.purpose=sales_contact&consent.text_version=2026-01\
                &tags.identity=decision_maker&tags.interaction.0.kind=demo_request&redirect=";
    let answer = world.post("/v1/leads", FORM, &[], form).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let by_form = LeadId::parse(answer.body["lead_id"].as_str().unwrap()).unwrap();
    let by_json = world.accepted(&hot("json", "FR", "Lyon")).await;
    let (form, json) = (world.end(&by_form).await, world.end(&by_json).await);
    assert_eq!((form.stage, json.stage), (Stage::Routed, Stage::Routed));
    assert_eq!(form.queue.unwrap().as_str(), "sales-europe");
    assert_eq!(json.queue.unwrap().as_str(), "sales-europe");
    assert_eq!((form.intent, form.value), (json.intent, json.value));
    for lead in [by_form, by_json] {
        let told = world.hears("sales-europe", &lead, "lead.routed", 1).await;
        assert_eq!(told.len(), 1, "{told:?}");
    }
}

pub(crate) async fn idempotency(world: &World) {
    let lead = hot("key", "SE", "Malmö");
    let key = [("idempotency-key", "\"e2e-key-1\"")];
    let first = world.post("/v1/leads", JSON, &key, &lead.to_string()).await;
    assert_eq!((first.status, first.replayed), (202, false), "{first:?}");
    let id = LeadId::parse(first.body["lead_id"].as_str().unwrap()).unwrap();
    world.end(&id).await;
    world.hears("sales-europe", &id, "lead.routed", 1).await;

    let before = world.items().await;
    let again = world.post("/v1/leads", JSON, &key, &lead.to_string()).await;
    assert_eq!((again.status, again.replayed), (202, true), "{again:?}");
    assert_eq!(again.body, first.body);
    let mut other = lead.clone();
    other["interest"]["message"] = "Three kilns.".into();
    let reused = world.post("/v1/leads", JSON, &key, &other.to_string()).await;
    assert_eq!(reused.status, 422, "{reused:?}");
    assert_eq!(reused.body["type"], "/problems/idempotency-key-reused");
    assert_eq!(world.items().await, before);
}

/// One lead goes from nurture to sales, another stays where it is and its queue is told.
pub(crate) async fn touches(world: &World) {
    let lifted = world.accepted(&reader("lifted", "CN", "Chengdu")).await;
    assert_eq!(world.end(&lifted).await.stage, Stage::Nurtured);
    world.hears("nurture", &lifted, "nurture.enter", 1).await;
    let project = world.accepted(&hot("lifted", "CN", "Chengdu")).await;
    let merged = world.end(&project).await;
    assert_eq!((merged.stage, merged.merged_into), (Stage::Merged, Some(lifted.clone())));

    let told = world.hears("sales-cn-west", &lifted, "lead.routed", 2).await;
    assert_eq!(told.len(), 1, "{told:?}");
    let told = world.hears_from_the_sweep("nurture", &lifted, "nurture.exit", 1).await;
    assert_eq!(kinds(&told), ["nurture.enter", "nurture.exit"]);
    assert!(world.told("sales-cn-west", &project).await.is_empty());

    // The assignment of epoch 1 has ended, and sales west has the lead.
    let path = format!("/v1/leads/{lifted}/feedback");
    for (id, epoch, status) in [("e2e-stale-epoch", 1, 409), ("e2e-epoch", 2, 200)] {
        let body = json!({"epoch": epoch, "disposition": "accepted"}).to_string();
        let answer = world.signed(&Signing::by("crm-china", id), &path, &body).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }

    let kept = world.accepted(&hot("kept", "CN", "Kunming")).await;
    world.end(&kept).await;
    world.hears("sales-cn-west", &kept, "lead.routed", 1).await;
    let touch = world.accepted(&reader("kept", "CN", "Kunming")).await;
    assert_eq!(world.end(&touch).await.merged_into, Some(kept.clone()));
    let told = world.hears("sales-cn-west", &kept, "lead.touched", 1).await;
    assert_eq!(kinds(&told), ["lead.routed", "lead.touched"]);
    assert_eq!(told[1]["touches"], 1);
}

fn kinds(told: &[Value]) -> Vec<&str> {
    told.iter().map(|body| body["type"].as_str().unwrap()).collect()
}
