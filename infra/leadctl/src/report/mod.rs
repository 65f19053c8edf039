//! What the money brought: leads from form to sale, by channel, queue, region and rule set.
//!
//! Rows come from the table in parallel segments, from an export to S3, or from a file, in any order. What the report reads
//! of each goes into temporary files by lead ([`buckets`]); then lead after lead is told as a story and counted
//! ([`tally`]). Figures are whole numbers until the very end ([`figures`]), so the same rows give the same bytes.

pub mod attribution;
pub mod buckets;
pub mod charts;
pub mod costs;
pub mod durations;
pub mod export;
pub mod figures;
pub mod html;
pub mod notes;
pub mod rows_file;
pub mod shown;
pub mod story;
mod tables;
pub mod tally;
pub mod tidy;
pub mod words;

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, anyhow};

use buckets::{Bucket, Buckets};
use tally::{Lens, Tally};

/// Counts the leads of all files, several at once. `done` hears how many bytes are counted.
///
/// # Errors
/// A temporary file cannot be read, or shared out again.
pub fn count(buckets: Buckets, lens: &Lens, threads: usize, at_once: u64, done: impl Fn(u64)) -> Result<Tally> {
    let work = Mutex::new(buckets.close()?.into_iter().enumerate());
    let next = || work.lock().unwrap_or_else(PoisonError::into_inner).next();
    let threads = threads.max(1);
    std::thread::scope(|scope| {
        let (send, counted) = sync_channel(threads);
        for _ in 0..threads {
            let send = send.clone();
            scope.spawn(move || {
                while let Some((at, bucket)) = next() {
                    let bytes = bucket.bytes();
                    if send.send((at, bytes, tally_of(bucket, lens, at_once))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        // Merged in the order of the files, whoever counts them: names beyond the most are then always the same.
        let (mut all, mut waiting, mut at) = (Tally::default(), BTreeMap::new(), 0);
        for (number, bytes, tally) in counted {
            done(bytes);
            waiting.insert(number, tally?);
            while let Some(tally) = waiting.remove(&at) {
                all.merge(tally);
                at += 1;
            }
        }
        if waiting.is_empty() { Ok(all) } else { Err(anyhow!("a thread panicked")) }
    })
}

fn tally_of(bucket: Bucket, lens: &Lens, at_once: u64) -> Result<Tally> {
    let mut tally = Tally::default();
    bucket.each_story(at_once, &mut |story| tally.add(&story, lens))?;
    Ok(tally)
}
