//! What the functions themselves say of their stages: the metrics that they print, as the emulator logs them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// The functions that read a queue, in the order of the pipeline.
pub const STAGES: [&str; 3] = ["clean", "score", "route"];

/// A log that is read on, each time from where the last time ended.
pub struct Journal {
    path: PathBuf,
    read: u64,
}

/// What the invocations of one stage say.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// How many there were.
    pub invocations: u64,
    /// The messages that they got.
    pub records: u64,
    /// Those of them that failed, and come again.
    pub failed: u64,
    /// Those whose work was done already.
    pub again: u64,
    /// Of each lead, from the start of the invocation that brought it into the stage before to the start of this one.
    pub times_ms: Vec<i64>,
}

/// One invocation's metrics.
#[derive(Deserialize)]
struct Metrics {
    function: String,
    #[serde(rename = "Records")]
    records: u64,
    #[serde(rename = "FailedRecords")]
    failed: u64,
    #[serde(rename = "Leads_stale", default)]
    stale: u64,
    #[serde(rename = "Leads_sent_again", default)]
    sent_again: u64,
    #[serde(rename = "StageLatency", default)]
    times_ms: Vec<i64>,
}

impl Journal {
    /// Of the emulator's log.
    pub fn of(path: PathBuf) -> Self {
        Self { path, read: 0 }
    }

    /// What was added since the last time, by stage in the order of [`STAGES`].
    pub fn read_on(&mut self) -> Result<[Told; 3]> {
        let mut text = Vec::new();
        let cannot = || format!("cannot read {}", self.path.display());
        let mut log = File::open(&self.path).with_context(cannot)?;
        log.seek(SeekFrom::Start(self.read)).and_then(|_| log.read_to_end(&mut text)).with_context(cannot)?;
        // The last line may be half written.
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        text.truncate(whole);
        self.read += whole as u64;
        Ok(told(&String::from_utf8_lossy(&text)))
    }
}

fn told(log: &str) -> [Told; 3] {
    let mut all: [Told; 3] = Default::default();
    let metrics = log.lines().filter_map(|line| serde_json::from_str::<Metrics>(line).ok());
    for Metrics { function, records, failed, stale, sent_again, times_ms } in metrics {
        // `<stack>-<stage>`
        let stage = STAGES.iter().position(|stage| function.rsplit('-').next() == Some(stage));
        let Some(told) = stage.and_then(|at| all.get_mut(at)) else { continue };
        told.invocations += 1;
        told.records += records;
        told.failed += failed;
        told.again += stale + sent_again;
        told.times_ms.extend(times_ms);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn metrics_are_found_among_other_lines() {
        let log = r#"2026-11-30 [INFO] ESM: Lambda leads-score output:
{"level":"INFO","lead.id":"ld_a","stage":"score","message":"lead scored"}
{"FailedRecords":1,"Leads_scored":2,"Leads_stale":1,"Records":4,"StageLatency":[31,40],"function":"leads-score"}
{"FailedRecords":0,"Records":1,"StageLatency":[7],"function":"leads-score"}
{"Seen":3,"function":"leads-sla"}"#;
        let [clean, score, route] = told(log);
        assert_eq!((clean.invocations, route.invocations), (0, 0));
        assert_eq!((score.invocations, score.records, score.failed, score.again), (2, 5, 1, 1));
        assert_eq!(score.times_ms, [31, 40, 7]);
    }
}
