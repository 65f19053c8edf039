//! The targets over the inputs in `corpus`, and over some that differ from these a little, the same each time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::panic;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use fuzz::TARGETS;

/// How many variants of each input are tried.
const VARIANTS: usize = 8;

/// Characters about which parsers disagree, or which sinks act on.
const NASTY: [&str; 12] =
    ["\0", "\n", "\r", "\"", "=", "\u{1b}", "\u{202e}", "\u{200b}", "\u{ffff}", "\u{feff}", "\u{301}", "9999999999"];

#[test]
fn every_target_holds_over_its_corpus() {
    // A stage catches a record's panic, as it must; here it is a failure all the same.
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        hook(info);
    }));
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folders: BTreeSet<String> =
        fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(folders, TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect());
    let mut broken = Vec::new();
    for (name, target) in TARGETS {
        let mut files: Vec<_> = fs::read_dir(corpus.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.len() > 5, "{name} has few inputs");
        for path in files {
            let input = fs::read(&path).unwrap();
            let mut random = fastrand::Rng::with_seed(7);
            for variant in 0..=VARIANTS {
                let input = if variant == 0 { input.clone() } else { varied(&input, &mut random) };
                let before = PANICS.load(Ordering::Relaxed);
                let held = panic::catch_unwind(|| target(&input)).is_ok();
                if !held || PANICS.load(Ordering::Relaxed) > before {
                    broken.push(format!("{name}: {}, variant {variant}", path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The input with a piece taken out, doubled, or replaced.
fn varied(input: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut varied = input.to_vec();
    let at = random.usize(..=input.len());
    let end = input.len().min(at + random.usize(..8));
    let new = match random.usize(..3) {
        0 => Vec::new(),
        1 => [&input[at..end], &input[at..end]].concat(),
        _ => NASTY[random.usize(..NASTY.len())].as_bytes().to_vec(),
    };
    varied.splice(at..end, new);
    varied
}
