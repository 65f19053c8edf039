//! `leadctl report`: every figure against a recount in Python, hostile text, and what is wrong with an export.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod exports;
mod hostile;
mod recount;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder of a test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report").join(name);
    _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn leadctl(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadctl"));
    command.args(arguments).env_remove("LEAD_STACK").current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

fn leadctl_fine(arguments: &[&str]) {
    let output = leadctl(arguments);
    assert!(output.status.success(), "leadctl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}
