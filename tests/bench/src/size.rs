//! What programs weigh.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Serialize;

/// MB on the disk and in a zip.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    /// As it is.
    pub mb: f64,
    /// As in a zip.
    pub zipped_mb: f64,
}

impl Size {
    /// Of a binary.
    pub fn of(binary: &Path) -> Result<Self> {
        let bytes = std::fs::read(binary)?;
        let mut zip = DeflateEncoder::new(Vec::new(), Compression::default());
        zip.write_all(&bytes)?;
        let mb = |bytes: usize| bytes as f64 / 1e6;
        Ok(Self { mb: mb(bytes.len()), zipped_mb: mb(zip.finish()?.len()) })
    }
}
