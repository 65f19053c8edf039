//! Where things stand.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use synthetic::rules::shipped;

/// The source tree, and a folder under `target/` for all that is made.
#[derive(Clone, Debug)]
pub struct Folders {
    root: PathBuf,
    made: PathBuf,
}

impl Folders {
    /// Beside the running program; lays the rules there as they are packed.
    pub fn prepare() -> Result<Self> {
        let here = std::env::current_exe()?;
        let target = here.ancestors().nth(2).context("the program does not lie where cargo puts it")?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folders = Self { root, made: target.join("bench") };
        for (name, text) in shipped() {
            let file = folders.package().join("rules").join(name);
            std::fs::create_dir_all(file.parent().unwrap_or(&file))?;
            std::fs::write(file, text)?;
        }
        Ok(folders)
    }

    /// The top of the source tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The documentation.
    pub fn docs(&self) -> PathBuf {
        self.root.join("docs")
    }

    /// The sources of the peers.
    pub fn peers(&self) -> PathBuf {
        self.root.join("tests/bench/peers")
    }

    /// All that is made.
    pub fn made(&self) -> &Path {
        &self.made
    }

    /// A target folder of its own: another choice of entropy for aws-lc would otherwise have everything built anew at
    /// each turn.
    pub fn builds(&self) -> PathBuf {
        self.made.join("build")
    }

    /// What a function finds beside its program.
    pub fn package(&self) -> PathBuf {
        self.made.join("package")
    }
}
