//! The replay of a file: one thread reads chunks of whole lines, the others decide them. A bounded channel lies between,
//! so that memory does not grow with the file.

use std::io::{self, BufRead};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use leads::profile::Profile;
use leads::rules::RuleSet;

use super::accounts::AccountBook;
use super::past::PastLead;
use super::replay::decide;
use super::tally::{Known, Tally};

/// About how many bytes a thread takes at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// The longest line; a submission and fifty touches fit in easily.
const MAX_LINE_BYTES: usize = 1024 * 1024;

/// The dispositions that count as success: sales took the lead on, made an opportunity of it, or sold.
pub const SUCCESSES: [&str; 3] = ["accepted", "opportunity", "won"];

/// What leads are replayed under.
pub struct Replay<'a> {
    /// The rules in question.
    pub new: &'a RuleSet,
    /// What they are compared with.
    pub old: &'a RuleSet,
    /// The time of leads that have none of their own.
    pub at: Option<Timestamp>,
    /// The accounts of leads that name none.
    pub accounts: &'a AccountBook,
    /// How many threads decide.
    pub threads: usize,
}

impl Replay<'_> {
    /// Reads leads, one a line, and decides them. `progress` is told how many bytes have been read.
    pub fn run(&self, input: impl BufRead, progress: impl Fn(u64)) -> Result<Tally> {
        let mut lines = Lines { input, line: 1 };
        let first = lines.chunk().context("the leads can't be read")?;
        let at = match self.at.or_else(|| first.as_ref().and_then(first_time)) {
            Some(at) => at,
            None if first.is_none() => bail!("the file holds no leads"),
            None => bail!(
                "none of the first leads says when it came; give --at, for example --at 2026-11-02T10:00:00+08:00"
            ),
        };
        let (sender, receiver) = sync_channel::<Chunk>(2 * self.threads);
        let receiver = Arc::new(Mutex::new(receiver));
        std::thread::scope(|scope| {
            let worker = |receiver: Arc<_>| scope.spawn(move || self.work(&receiver, at));
            let workers: Vec<_> = (0..self.threads.max(1)).map(|_| worker(Arc::clone(&receiver))).collect();
            drop(receiver); // so that sending fails, and does not wait, once every worker is gone
            let mut next = first;
            let mut bytes = 0;
            while let Some(chunk) = next {
                bytes += chunk.bytes.len() as u64;
                // It fails only if every worker panicked, which is told below.
                if sender.send(chunk).is_err() {
                    break;
                }
                progress(bytes);
                next = lines.chunk().context("the leads can't be read")?;
            }
            drop(sender);
            let mut total = Tally::default();
            for worker in workers {
                total.merge(worker.join().map_err(|_| anyhow!("a decision panicked; please report the lead"))?);
            }
            Ok(total)
        })
    }

    fn work(&self, chunks: &Mutex<Receiver<Chunk>>, at: Timestamp) -> Tally {
        let mut tally = Tally::default();
        loop {
            let chunk = chunks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(chunk) = chunk else { return tally };
            for (line, bytes) in chunk.lines() {
                match bytes {
                    Ok(bytes) => self.one(line, bytes, at, &mut tally),
                    Err(why) => tally.add_bad(line, why.to_owned()),
                }
            }
        }
    }

    fn one(&self, line: u64, bytes: &[u8], at: Timestamp, tally: &mut Tally) {
        let lead = match PastLead::read(bytes) {
            Ok(lead) => lead,
            Err(why) => return tally.add_bad(line, why.to_string()),
        };
        let at = lead.at.unwrap_or(at);
        let profile = Profile::of(&lead.submission);
        let account = lead.account.as_ref().or_else(|| self.accounts.find(&profile));
        let new = decide(&lead, &profile, account, self.new, at);
        // The version is a hash of the rules: equal ones decide alike.
        let old = match self.old.version() == self.new.version() {
            true => new.clone(),
            false => decide(&lead, &profile, account, self.old, at),
        };
        tally.add(line, old, new, self.known(lead.outcome.as_deref()));
    }

    fn known(&self, outcome: Option<&str>) -> Known {
        match outcome {
            None => Known::Nothing,
            Some(outcome) if SUCCESSES.contains(&outcome) => Known::Success,
            Some(outcome) if !self.new.plays(outcome).is_empty() => Known::Miss,
            Some(_) => Known::Unmapped,
        }
    }
}

/// The time of the first lead that has one.
fn first_time(chunk: &Chunk) -> Option<Timestamp> {
    chunk.lines().find_map(|(_, line)| PastLead::read(line.ok()?).ok()?.at)
}

/// Whole lines.
struct Chunk {
    bytes: Vec<u8>,
    /// The number of the first line.
    first: u64,
}

impl Chunk {
    /// Each line that is not blank, with its number; a line that was too long has only a reason.
    fn lines(&self) -> impl Iterator<Item = (u64, Result<&[u8], &'static str>)> {
        let numbered = (self.first..).zip(self.bytes.split(|byte| *byte == b'\n'));
        numbered.filter(|(_, line)| !line.trim_ascii().is_empty()).map(|(number, line)| {
            let fits = line.len() <= MAX_LINE_BYTES;
            (number, if fits { Ok(line.trim_ascii()) } else { Err("longer than 1 MiB") })
        })
    }
}

struct Lines<R> {
    input: R,
    /// The number of the next line.
    line: u64,
}

impl<R: BufRead> Lines<R> {
    /// The next lines. Of one that is too long only so much is kept as to tell that it is.
    fn chunk(&mut self) -> io::Result<Option<Chunk>> {
        let mut chunk = Chunk { bytes: Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 4), first: self.line };
        while chunk.bytes.len() < CHUNK_BYTES {
            let limit = MAX_LINE_BYTES as u64 + 1;
            let read = io::Read::take(&mut self.input, limit).read_until(b'\n', &mut chunk.bytes)?;
            if read == 0 {
                break;
            }
            self.line += 1;
            if chunk.bytes.last() != Some(&b'\n') && read as u64 == limit {
                self.input.skip_until(b'\n')?;
                chunk.bytes.push(b'\n');
            }
        }
        Ok((!chunk.bytes.is_empty()).then_some(chunk))
    }
}
