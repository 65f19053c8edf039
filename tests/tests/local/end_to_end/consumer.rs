//! A consumer in another language, from the published schema alone.

use std::process::Command;

use serde_json::Value;

use super::people::hot;
use super::world::World;

pub(crate) async fn python(world: &World) {
    let lead = world.accepted(&hot("consumer", "JP", "Osaka")).await;
    assert_eq!(world.end(&lead).await.queue.unwrap().as_str(), "sales-apac");

    let facts = &world.client.stack.facts;
    let output = Command::new(world.workspace.local_dir().join("venv/bin/python"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/local/end_to_end/consumer.py"))
        .args([facts.endpoint.as_deref().unwrap(), &facts.region, &world.client.stack.sales_queue("sales-apac")])
        .args([lead.as_str()])
        .arg(world.workspace.root().join("docs/sales-message.schema.json"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let bodies = found["bodies"].as_array().unwrap();
    assert_eq!(bodies.len(), 1, "{found}");
    let body = &bodies[0];
    assert_eq!(found["problems"], serde_json::json!([]), "the message is not of the published form");
    assert_eq!(found["accepts_a_message_without_its_lead"], false);
    assert_eq!(found["received_after_deletion"], 0);
    assert_eq!(found["deduplication_ids"][0], body["delivery_id"]);
    assert_eq!(body["type"], "lead.routed");
    assert_eq!(body["lead_id"], lead.as_str());
    assert_eq!(body["epoch"], 1);
    assert_eq!(body["queue"], "sales-apac");
    assert_eq!(body["lead"]["contact"]["email"], "ines@consumer.example");
    assert_eq!(body["lead"]["company"]["country_code"], "JP");
    assert_eq!(body["answer_to"], format!("/v1/leads/{lead}/feedback"));
}
