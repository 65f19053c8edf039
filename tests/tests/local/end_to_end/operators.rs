//! What operators run against a stack when something has gone wrong: redrive, park, erase.

use leadctl::commands::{erase, park, redrive};
use leadctl::depths;
use leads::lead::Stage;
use leads::ports::{ReadLead, ReadRows};
use leads::row::Row;

use super::failures::{hopeless, mend, message, waiting};
use super::people::hot;
use super::world::World;

const FIFTY: usize = 50;

/// Fifty dead letters go back into their queue, by a redrive that is run again.
pub(crate) async fn fifty_redriven(world: &World) {
    let stuck = waiting(world, "stuck", FIFTY).await;
    let sqs = world.client.stack.sqs();
    let dead = world.client.stack.queue_url(&world.client.stack.stage_dlq("clean")).await.unwrap();
    for lead in &stuck {
        sqs.send_message().queue_url(&dead).message_body(message(lead)).send().await.unwrap();
    }
    let queue = redrive::named("clean-queue-dlq").unwrap();
    // To look changes nothing; to run it twice changes nothing either.
    assert!(redrive::run(&world.client, &queue, true, true).await.unwrap());
    assert_eq!(dead_letters(world).await, FIFTY as u64);
    assert!(redrive::run(&world.client, &queue, false, true).await.unwrap());
    assert_eq!(dead_letters(world).await, 0);
    assert!(redrive::run(&world.client, &queue, false, true).await.unwrap());
    for (lead, end) in world.ends(&stuck).await {
        assert_eq!(end.stage, Stage::Routed, "{lead}");
    }
    for lead in &stuck {
        let told = world.hears("sales-cn-south", lead, "lead.routed", 1).await;
        assert_eq!(told.len(), 1, "{told:?}");
    }
}

async fn dead_letters(world: &World) -> u64 {
    let depths = depths::all(&world.client).await.unwrap();
    depths.iter().filter(|depth| depth.queue == "clean-queue").map(|depth| depth.dead).sum()
}

/// A person who is with sales, and their submission of another day, are forgotten; sales is told, and nobody else is.
pub(crate) async fn erased(world: &World) {
    let person = world.accepted(&hot("oblivia", "CN", "Guangzhou")).await;
    world.hears("sales-cn-south", &person, "lead.routed", 1).await;
    let again = world.accepted(&hot("oblivia", "CN", "Guangzhou")).await;
    assert_eq!(world.end(&again).await.merged_into, Some(person.clone()));
    let stranger = world.accepted(&hot("remembered", "CN", "Guangzhou")).await;
    world.end(&stranger).await;

    let whom = || erase::Whom::of(None, Some("ines@oblivia.example")).unwrap();
    let options = erase::Options { dry_run: true, yes: true, as_json: true };
    assert!(erase::run(&world.client, &whom(), options).await.unwrap());
    assert_eq!(world.client.aws.lead(&person).await.unwrap().unwrap().state.stage, Stage::Routed);
    let options = erase::Options { dry_run: false, ..options };
    assert!(erase::run(&world.client, &whom(), options).await.unwrap());
    assert!(erase::run(&world.client, &whom(), options).await.unwrap());

    let told = world.hears("sales-cn-south", &person, "lead.erased", 1).await;
    assert_eq!(told.last().unwrap()["type"], "lead.erased", "{told:?}");
    for lead in [&person, &again] {
        let rows = world.client.aws.rows_of(lead).await.unwrap();
        let rows: Vec<Row> = rows.into_iter().map(|stored| stored.row.unwrap()).collect();
        assert!(rows.iter().any(|row| matches!(row, Row::State(state) if state.stage == Stage::Erased)), "{rows:?}");
        assert!(!serde_json::to_string(&rows).unwrap().contains("blivia"), "{rows:?}");
    }
    assert_eq!(world.end(&stranger).await.stage, Stage::Routed);
    // Whoever posts again is a new lead.
    let anew = world.accepted(&hot("oblivia", "CN", "Guangzhou")).await;
    assert_eq!(world.end(&anew).await.stage, Stage::Routed);
}

/// Two parked leads, of which a person lets one go on and refuses the other.
pub(crate) async fn parked(world: &World) {
    let options =
        |verdict| park::Options { verdict, reason: "The row is mended.", as_: "telemarketing-desk", as_json: true };
    for (verdict, stage) in [("release", Stage::Routed), ("refuse", Stage::Rejected)] {
        let lead = hopeless(world, verdict).await;
        assert_eq!(world.end(&lead).await.stage, Stage::Parked);
        park::list(&world.client, false, true).await.unwrap();
        mend(world, &lead, verdict).await;
        let names = [lead.to_string()];
        let options = options(verdict);
        assert!(park::decide(&world.client, &names, options).await.unwrap());
        assert_eq!(world.end(&lead).await.stage, stage);
        // Once more: it waits no longer, and is left as it is.
        assert!(park::decide(&world.client, &names, options).await.unwrap());
    }
    assert!(!park::decide(&world.client, &["ld_nobody".to_owned()], options("release")).await.unwrap());
}
