//! Notes by lead, on disk. In an export a lead's rows lie in any of its files; here they go, by a hash of the lead, into
//! files that have no name and are gone with the process, whatever ends it. A file that is too large to be read at once is
//! shared out again by the next bits of the hash: memory does not grow with the number of leads.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use leads::id::digest;

use super::notes::Note;
use super::story::Story;

/// Into how many files notes are shared out. Six bits of the hash.
pub const FILES: u8 = 64;

/// How often they can be: a hash has no more bits to tell leads apart by than that.
const DEEPEST: usize = 32;

/// How much of a file is read at once, in bytes.
pub const AT_ONCE: u64 = 16 << 20;

/// Files that are being written.
pub struct Buckets {
    files: Vec<Mutex<BufWriter<File>>>,
    folder: PathBuf,
    depth: usize,
}

impl Buckets {
    /// Files in a folder, which needs room for about a kilobyte a lead.
    ///
    /// # Errors
    /// The folder takes no files.
    pub fn new(folder: &Path) -> Result<Self> {
        Self::at(folder, 0)
    }

    fn at(folder: &Path, depth: usize) -> Result<Self> {
        let file = |_| {
            let file = tempfile::tempfile_in(folder).with_context(|| {
                format!("cannot write temporary files into {}; name another folder with --temp", folder.display())
            })?;
            anyhow::Ok(Mutex::new(BufWriter::with_capacity(1 << 14, file)))
        };
        let files = (0..FILES).map(file).collect::<Result<_>>()?;
        Ok(Self { files, folder: folder.to_owned(), depth })
    }

    /// Adds a note of a lead.
    ///
    /// # Errors
    /// The disk is full.
    pub fn add(&self, lead: &str, note: &Note) -> Result<()> {
        let mut line = Vec::with_capacity(256);
        line.extend_from_slice(lead.as_bytes());
        line.push(b'\t');
        serde_json::to_writer(&mut line, note)?;
        line.push(b'\n');
        self.put(lead, &line)
    }

    fn put(&self, lead: &str, line: &[u8]) -> Result<()> {
        let at = digest(&[lead]).get(self.depth).map_or(0, |byte| byte % FILES);
        let Some(file) = self.files.get(usize::from(at)) else { return Ok(()) };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line).context("cannot write a temporary file; --temp names a folder with more room")
    }

    /// The files, to be read.
    ///
    /// # Errors
    /// The disk is full.
    pub fn close(self) -> Result<Vec<Bucket>> {
        let (folder, depth) = (self.folder, self.depth);
        let close = |file: Mutex<BufWriter<File>>| {
            let file = file.into_inner().unwrap_or_else(PoisonError::into_inner);
            let mut file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            let bytes = file.stream_position()?;
            file.rewind()?;
            Ok(Bucket { file, bytes, folder: folder.clone(), depth })
        };
        let closed: std::io::Result<_> = self.files.into_iter().map(close).collect();
        closed.context("cannot write a temporary file; --temp names a folder with more room")
    }
}

/// All notes of some leads.
pub struct Bucket {
    file: File,
    bytes: u64,
    folder: PathBuf,
    depth: usize,
}

impl Bucket {
    /// Its size.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Tells its leads one after the other, in an order that depends on nothing but their ids.
    ///
    /// # Errors
    /// It cannot be read, or shared out.
    pub fn each_story(mut self, at_once: u64, tell: &mut impl FnMut(Story)) -> Result<()> {
        if self.bytes > at_once && self.depth + 1 < DEEPEST && self.has_several_leads()? {
            for part in self.shared_out()? {
                part.each_story(at_once, tell)?;
            }
            return Ok(());
        }
        let mut text = String::with_capacity(usize::try_from(self.bytes).unwrap_or(0));
        self.file.read_to_string(&mut text).context("cannot read a temporary file")?;
        let mut lines: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('\t')).collect();
        lines.sort_unstable();
        for of_lead in lines.chunk_by(|(one, _), (other, _)| one == other) {
            let mut story = Story::default();
            for (_, note) in of_lead {
                story.add(serde_json::from_str(note).context("a temporary file was changed meanwhile")?);
            }
            tell(story);
        }
        Ok(())
    }

    /// One lead alone, however much there is of it, cannot be shared out.
    fn has_several_leads(&mut self) -> Result<bool> {
        let (mut first, mut several) = (None, false);
        for line in BufReader::new(&mut self.file).lines() {
            let line = line.context("cannot read a temporary file")?;
            let lead = line.split_once('\t').map(|(lead, _)| lead.to_owned());
            several = *first.get_or_insert_with(|| lead.clone()) != lead;
            if several {
                break;
            }
        }
        self.file.rewind().context("cannot read a temporary file")?;
        Ok(several)
    }

    fn shared_out(self) -> Result<Vec<Self>> {
        let parts = Buckets::at(&self.folder, self.depth + 1)?;
        let (mut file, mut line) = (BufReader::new(self.file), String::new());
        while file.read_line(&mut line).context("cannot read a temporary file")? > 0 {
            let Some((lead, _)) = line.split_once('\t') else { bail!("a temporary file was changed meanwhile") };
            parts.put(lead, line.as_bytes())?;
            line.clear();
        }
        parts.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::notes::{Said, Touched};

    /// Notes of one lead meet again, however small the parts are that can be read at once.
    #[test]
    fn the_notes_of_a_lead_meet_again() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let folder = std::env::temp_dir();
        let told = |at_once: u64| {
            let buckets = Buckets::new(&folder).unwrap();
            for round in 0..3 {
                for lead in 0..500 {
                    let said = Said {
                        version: round,
                        at,
                        epoch: 1,
                        disposition: format!("d{lead}"),
                        mapped: true,
                        amount: None,
                    };
                    buckets.add(&format!("ld_{lead}"), &Note::Said(said)).unwrap();
                }
            }
            let mut told = Vec::new();
            for bucket in buckets.close().unwrap() {
                bucket.each_story(at_once, &mut |story| told.push(story.said)).unwrap();
            }
            told
        };
        let whole = told(AT_ONCE);
        assert_eq!(whole.len(), 500);
        for said in &whole {
            assert_eq!(said.len(), 3);
            assert!(said.values().all(|answer| answer.disposition == said[&0].disposition), "{said:?}");
        }
        let mut parts = told(300);
        let mut sorted = whole;
        for stories in [&mut parts, &mut sorted] {
            stories.sort_by(|a, b| a[&0].disposition.cmp(&b[&0].disposition));
        }
        assert_eq!(parts, sorted);
    }

    #[test]
    fn a_lead_larger_than_a_part_is_read_all_the_same() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let buckets = Buckets::new(&std::env::temp_dir()).unwrap();
        for second in 0..50 {
            let at = at + jiff::SignedDuration::from_secs(second);
            let source = crate::report::notes::Source { channel: leads::submission::Channel::Email, campaign: None };
            buckets.add("ld_a", &Note::Touched(Touched { at, from: "ld_b".into(), source })).unwrap();
        }
        let mut touched = Vec::new();
        for bucket in buckets.close().unwrap() {
            bucket.each_story(100, &mut |story| touched.push(story.touched.len())).unwrap();
        }
        assert_eq!(touched, [50]);
    }
}
