//! Writes the figures into `docs/performance.md` and `docs/decision-cost.svg`, from what `cargo bench -p benches` left
//! and from counts that it makes itself. Needs valgrind. Run as `docs/performance.md` says.

use std::path::Path;

use anyhow::{Context as _, Result};
use benches::figures::plot::{Panel, svg};
use benches::figures::{Cost, OTHERS, callgrind, cpu, heap, text};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

fn main() -> Result<()> {
    let here = std::env::current_exe()?;
    let folder = here.parent().context("a binary lies in a folder")?;
    let target = folder.parent().context("which lies in the target folder")?;
    let criterion = target.join("criterion");

    let micros = cpu::read(&criterion)?;
    let load = cpu::load(&criterion)?;
    let allocations = heap::count();
    let instructions = callgrind::count(&folder.join("count"), target)?;

    let docs = Path::new(DOCS);
    let path = docs.join("performance.md");
    let mut page = std::fs::read_to_string(&path)?;
    for (name, table) in [
        ("targets", text::targets(&micros)?),
        ("cpu", text::stages(&micros)),
        ("instructions", text::stages(&instructions)),
        ("allocations", text::stages(&allocations)),
        ("engines", text::engines(&micros, "index")?),
        ("engine instructions", text::engines(&instructions, "route")?),
        ("load", text::load(&load)),
    ] {
        page = figures::put(&page, name, &table)?;
    }
    std::fs::write(&path, page)?;
    let panels = [
        Panel { title: "CPU time, µs a lead", lines: lines(&micros, "index") },
        Panel { title: "thousands of instructions a lead", lines: lines(&instructions, "route") },
    ];
    std::fs::write(docs.join("decision-cost.svg"), svg(&panels)?)?;
    println!("wrote docs/performance.md and docs/decision-cost.svg");
    Ok(())
}

/// Routing by each engine, and our whole decision.
fn lines<'c>(costs: &'c [Cost], ours: &str) -> Vec<(String, &'c Cost)> {
    let find = |what: &str, name: &str| Some((name.to_owned(), costs.iter().find(|cost| cost.what == what)?));
    let ours = [find("decision", "ours, whole decision"), find(ours, "ours, routing")];
    ours.into_iter().chain(OTHERS.iter().rev().map(|what| find(what, what))).flatten().collect()
}
