//! Where things stand in the source tree.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The source tree that a command works on.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// The tree around the current folder, or else the one that this program was built from.
    pub fn find() -> Result<Self> {
        let here = std::env::current_dir().context("cannot tell the current folder")?;
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().chain(built_from.ancestors()).find(|dir| dir.join("infra/template.yaml").is_file());
        match root {
            Some(root) => Self::at(root),
            None => bail!("not inside the project: no infra/template.yaml here or in any folder above"),
        }
    }

    /// The tree whose top is `root`.
    pub fn at(root: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Metadata {
            target_directory: PathBuf,
        }
        // Cargo knows best: CARGO_TARGET_DIR and its configuration may put it elsewhere.
        let output = match cargo().args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root).output() {
            // Whoever only changes rules needs no Rust.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { root: root.to_owned(), target: root.join("target") });
            }
            output => output.context("cannot run cargo")?,
        };
        if !output.status.success() {
            bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata made no sense")?;
        Ok(Self { root: root.to_owned(), target: metadata.target_directory })
    }

    /// The top of the tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What operators touch.
    pub fn infra(&self) -> PathBuf {
        self.root.join("infra")
    }

    /// Where cargo builds.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where the local stack keeps what it needs.
    pub fn local_dir(&self) -> PathBuf {
        self.target.join("local")
    }
}

/// The cargo that runs us, or the one on the path.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
