//! A full export of the table to S3, as DynamoDB writes it in its JSON (`DYNAMODB_JSON`), copied to a folder:
//! `manifest-summary.json`, `manifest-files.json`, and `data/*.json.gz` with an item a line. Checked against the manifest:
//! every file's MD5, and every number of items.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use leads::ports::Stored;
use leads::row::RowKey;
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_dynamo::{AttributeValue, Item};

use super::notes;

/// Longer than an item can be: 400 KB, each character of which JSON may write in six.
const LONGEST_LINE: u64 = 4 << 20;

/// `manifest-summary.json`, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    export_time: Timestamp,
    item_count: u64,
    output_format: String,
    #[serde(default)]
    export_type: Option<String>,
}

/// A line of `manifest-files.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    item_count: u64,
    md5_checksum: String,
    data_file_s3_key: String,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "Item")]
    item: Item,
}

/// A folder that holds an export.
#[derive(Debug)]
pub struct Export {
    /// The moment that it is of.
    pub at: Timestamp,
    files: Vec<(PathBuf, Listed)>,
}

impl Export {
    /// Opens one.
    ///
    /// # Errors
    /// It is none, or not whole, or in another format; says what to do.
    pub fn open(folder: &Path) -> Result<Self> {
        let name = folder.display();
        let summary = folder.join("manifest-summary.json");
        if !summary.is_file() {
            bail!("{name} holds no manifest-summary.json; {}", where_else(folder));
        }
        let read =
            |file: &Path| std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()));
        let summary: Summary = serde_json::from_str(&read(&summary)?)
            .map_err(|error| anyhow!("{} is no summary of an export: {error}", summary.display()))?;
        if summary.output_format != "DYNAMODB_JSON" {
            bail!("{name} is an export as {}; export it as DYNAMODB_JSON", summary.output_format);
        }
        if summary.export_type.as_deref().is_some_and(|kind| kind != "FULL_EXPORT") {
            bail!("{name} is an incremental export, which has only what changed; make a full one");
        }
        let list = folder.join("manifest-files.json");
        let mut files = Vec::new();
        for (at, line) in read(&list)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let listed: Listed = serde_json::from_str(line)
                .map_err(|error| anyhow!("{}:{}: it names no data file: {error}", list.display(), at + 1))?;
            let file = listed.data_file_s3_key.rsplit('/').next().unwrap_or_default();
            let path = folder.join("data").join(file);
            if !path.is_file() {
                bail!("{} is missing; copy the whole folder, for example by `aws s3 cp --recursive`", path.display());
            }
            files.push((path, listed));
        }
        let listed: u64 = files.iter().map(|(_, listed)| listed.item_count).sum();
        if listed != summary.item_count {
            bail!(
                "{name}: the summary tells of {} items, and the list of files of {listed}; copy the folder again",
                summary.item_count
            );
        }
        Ok(Self { at: summary.export_time, files })
    }

    /// How many bytes its data files have.
    pub fn bytes(&self) -> u64 {
        self.files.iter().filter_map(|(path, _)| path.metadata().ok()).map(|file| file.len()).sum()
    }

    /// Hands every row on that the report reads, from so many threads; `read` hears how many bytes a file had. Answers how
    /// many rows there were.
    ///
    /// # Errors
    /// A file cannot be read, is not what the manifest says, or `each` fails.
    pub fn each_row(
        &self,
        threads: usize,
        read: impl Fn(u64) + Sync,
        each: impl Fn(Stored) -> Result<()> + Sync,
    ) -> Result<u64> {
        let next = AtomicUsize::new(0);
        let work = || -> Result<u64> {
            let mut rows = 0;
            while let Some((path, listed)) = self.files.get(next.fetch_add(1, Ordering::Relaxed)) {
                rows += file(path, listed, &each).with_context(|| path.display().to_string())?;
                read(path.metadata().map_or(0, |file| file.len()));
            }
            Ok(rows)
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
            let ended = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| bail!("a thread panicked")));
            ended.sum()
        })
    }
}

/// What may have been meant.
fn where_else(folder: &Path) -> String {
    let inside = |folder: &Path| {
        let folders = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut found: Vec<PathBuf> = folders.filter(|path| path.join("manifest-summary.json").is_file()).collect();
        found.sort();
        found
    };
    let found = [inside(folder), inside(&folder.join("AWSDynamoDB"))].concat();
    match found.last() {
        Some(latest) => format!("did you mean {}?", latest.display()),
        None => "name the folder of an export to S3, with its manifest-files.json and data/".to_owned(),
    }
}

/// Counts bytes into a hash as they are read.
struct Hashed<R> {
    of: R,
    hash: Md5,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.of.read(buffer)?;
        self.hash.update(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

fn file(path: &Path, listed: &Listed, each: &impl Fn(Stored) -> Result<()>) -> Result<u64> {
    let packed = Hashed { of: File::open(path)?, hash: Md5::new() };
    let mut lines = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(BufReader::with_capacity(1 << 16, packed)));
    let (mut rows, mut line) = (0_u64, Vec::new());
    loop {
        line.clear();
        let length =
            lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).context("it is not whole, or no gzip")?;
        if length == 0 {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        rows += 1;
        // serde's message could quote a value, and a row can hold personal ones.
        let Ok(Line { item }) = serde_json::from_slice::<Line>(&line) else {
            bail!("line {rows} is no item of DynamoDB's JSON: {{\"Item\":{{\"pk\":{{\"S\":…");
        };
        let key = RowKey { pk: text(&item, "pk"), sk: text(&item, "sk") };
        if notes::is_read(&key) {
            each(Stored { key, row: serde_dynamo::from_item(item).ok() })?;
        }
    }
    // What lies behind the last member of the gzip belongs to the hash as well.
    let mut packed = lines.into_inner().into_inner();
    std::io::copy(&mut packed, &mut std::io::sink())?;
    if STANDARD.encode(packed.into_inner().hash.finalize()) != listed.md5_checksum {
        bail!("its MD5 is not that of manifest-files.json; copy it again");
    }
    if rows != listed.item_count {
        bail!("it has {rows} items, and manifest-files.json tells of {}; copy it again", listed.item_count);
    }
    Ok(rows)
}

fn text(item: &Item, name: &str) -> String {
    match item.inner().get(name) {
        Some(AttributeValue::S(text)) => text.clone(),
        _ => String::new(),
    }
}
