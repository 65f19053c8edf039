//! Rows as DynamoDB exports them to S3, in its JSON: a folder as `aws s3 cp --recursive` would have copied it. A lead's rows
//! lie in any of the files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use leads::id::digest;
use leads::row::Row;
use md5::{Digest, Md5};
use serde_json::json;

/// A folder that is being written.
pub struct Exported {
    folder: PathBuf,
    files: Vec<DataFile>,
}

struct DataFile {
    name: String,
    items: u64,
    to: GzEncoder<Hashed>,
}

struct Hashed {
    to: BufWriter<File>,
    hash: Md5,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Exported {
    /// Begins one with so many data files.
    ///
    /// # Errors
    /// The folder holds one already, or cannot be written.
    pub fn new(folder: &Path, files: u64) -> Result<Self> {
        if folder.join("manifest-summary.json").exists() {
            bail!("{} holds an export already; name another folder", folder.display());
        }
        let data = folder.join("data");
        std::fs::create_dir_all(&data).with_context(|| format!("cannot write {}", data.display()))?;
        let file = |number: u64| {
            let name = format!("part{number:05}.json.gz");
            let path = data.join(&name);
            let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            let to = Hashed { to: BufWriter::with_capacity(1 << 16, file), hash: Md5::new() };
            anyhow::Ok(DataFile { name, items: 0, to: GzEncoder::new(to, Compression::fast()) })
        };
        Ok(Self { folder: folder.to_owned(), files: (0..files).map(file).collect::<Result<_>>()? })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The disk is full.
    pub fn add(&mut self, row: &Row) -> Result<()> {
        let key = row.key();
        let hash = digest(&[&key.pk, &key.sk]).iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let at = usize::try_from(hash % self.files.len() as u64)?;
        let item: serde_dynamo::Item = support::dynamo::to_item(row)?.into();
        if let Some(file) = self.files.get_mut(at) {
            file.items += 1;
            file.to.write_all(b"{\"Item\":")?;
            serde_json::to_writer(&mut file.to, &item)?;
            file.to.write_all(b"}\n")?;
        }
        Ok(())
    }

    /// Ends it: the files, and the manifest of what is in them.
    ///
    /// # Errors
    /// The disk is full.
    pub fn close(self, at: Timestamp) -> Result<()> {
        let (mut list, mut items) = (String::new(), 0);
        for file in self.files {
            let mut to = file.to.finish()?;
            to.flush()?;
            items += file.items;
            let key = format!("AWSDynamoDB/01790000000000-sample/data/{}", file.name);
            let md5 = STANDARD.encode(to.hash.finalize());
            list += &json!({ "itemCount": file.items, "md5Checksum": md5, "etag": "sample-1", "dataFileS3Key": key })
                .to_string();
            list.push('\n');
        }
        let summary = json!({
            "version": "2020-06-30",
            "exportArn": "arn:aws:dynamodb:eu-west-1:000000000000:table/samples/export/01790000000000-sample",
            "startTime": at, "endTime": at, "exportTime": at,
            "tableArn": "arn:aws:dynamodb:eu-west-1:000000000000:table/samples",
            "s3Bucket": "samples", "s3Prefix": null,
            "manifestFilesS3Key": "AWSDynamoDB/01790000000000-sample/manifest-files.json",
            "billedSizeBytes": 0, "itemCount": items, "outputFormat": "DYNAMODB_JSON",
        });
        std::fs::write(self.folder.join("manifest-files.json"), list)?;
        std::fs::write(self.folder.join("manifest-summary.json"), summary.to_string())?;
        Ok(())
    }
}
