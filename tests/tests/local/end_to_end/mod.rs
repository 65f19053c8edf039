//! The whole on the local stack: the template as it is deployed, the real programs, an emulator of AWS. What it cannot
//! show of AWS itself is listed in `docs/local-stack.md`.
//!
//! One stack and one test: the steps share a table, some need it quiet, and two wait for a deadline while others run.

mod answers;
mod consumer;
mod contract;
mod desk;
mod failures;
mod operators;
mod people;
mod posting;
mod world;

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures::FutureExt;
use indicatif::ProgressBar;
use leadctl::{commands, ledger};

use world::World;

/// What a test's thread has by itself, 2 MiB, is not enough for the futures of commands where nothing is optimised.
const STACK: usize = 16 << 20;

#[test]
fn the_whole_on_the_local_stack() {
    let all = || tokio::runtime::Runtime::new().unwrap().block_on(the_whole());
    let ended = std::thread::Builder::new().stack_size(STACK).spawn(all).unwrap().join();
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

async fn the_whole() {
    let started = Instant::now();
    let world = World::up().await;
    println!("the stack is up after {:.1} s; its log is {}", started.elapsed().as_secs_f64(), world.log().display());
    let mut run = Run::default();

    run.step("the ports in memory are like these", contract::the_same_as_in_memory(&world)).await;
    run.step("what is refused is not stored", posting::refusals_store_nothing(&world)).await;
    // Both have to be answered within a minute; looked at in the last step.
    let waiting = answers::two_with_little_time(&world).await;
    run.step("a form and JSON are one submission", posting::form_and_json(&world)).await;
    run.step("a key makes one lead", posting::idempotency(&world)).await;
    run.step("a consumer that nobody here wrote", consumer::python(&world)).await;
    run.step("only who has the lead answers, and once", answers::signatures(&world, &waiting)).await;
    run.step("a held lead is released by a person", answers::held_and_released(&world)).await;
    run.step("a touch lifts a lead, or is told", posting::touches(&world)).await;
    run.step("a join is undone by a person", answers::a_join_undone(&world)).await;
    run.step("a desk lists, corrects and answers", desk::a_day(&world)).await;
    run.step("the samples end where they should", samples(&world)).await;
    run.step("one bad message in ten", failures::one_bad_message_in_ten(&world)).await;
    run.step("one hopeless lead in ten", failures::one_hopeless_lead_in_ten(&world)).await;
    run.step("fifty dead letters go back", operators::fifty_redriven(&world)).await;
    run.step("a person is erased", operators::erased(&world)).await;
    run.step("parked leads are decided about", operators::parked(&world)).await;
    run.step("killed functions lose and double nothing", failures::killed_functions(&world)).await;
    run.step("silence is flagged once, an answer never", answers::breach(&world, &waiting)).await;
    run.step("a lead's whole life, each step once", answers::the_closed_loop(&world, &waiting)).await;
    run.step("the books balance", balanced(&world)).await;

    println!("all after {:.0} s", started.elapsed().as_secs_f64());
    assert!(run.failed.is_empty(), "failed: {:?}; the functions' log is {}", run.failed, world.log().display());
}

/// The steps so far. A step that fails does not keep the others from running.
#[derive(Default)]
struct Run {
    failed: Vec<&'static str>,
}

impl Run {
    async fn step(&mut self, name: &'static str, step: impl Future<Output = ()>) {
        let started = Instant::now();
        let fine = AssertUnwindSafe(step).catch_unwind().await.is_ok();
        println!("{:<6} {:>5.1} s  {name}", if fine { "ok" } else { "FAILED" }, started.elapsed().as_secs_f64());
        if !fine {
            self.failed.push(name);
        }
    }
}

/// The bundled samples state where each of them ends.
async fn samples(world: &World) {
    assert!(commands::demo::run(&world.client, None).await.unwrap(), "see the lines above");
}

async fn balanced(world: &World) {
    let books = ledger::books(&world.client, &ProgressBar::hidden()).await.unwrap();
    assert!(books.balanced(), "{books:?}");
}
