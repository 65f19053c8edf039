//! The peers: the stage `score` in Python and Node, installed from pinned packages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::folders::Folders;
use crate::program::Program;

/// Installs both where that was not done yet.
pub fn install(folders: &Folders) -> Result<Vec<Program>> {
    Ok(vec![python(folders)?, node(folders)?])
}

fn python(folders: &Folders) -> Result<Program> {
    let folder = fresh(folders, "python", |folder| {
        run(Command::new("python3").args(["-m", "venv", "venv"]).current_dir(folder), "python3 3.10 or newer")?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes"];
        let mut install = Command::new("venv/bin/python");
        run(install.args(pip).args(["--requirement", "requirements.txt"]).current_dir(folder), "pip")
    })?;
    let command =
        vec![folder.join("venv/bin/python").into(), "-m".into(), "awslambdaric".into(), "handler.handler".into()];
    let variables = BTreeMap::from([("PYTHONPATH", folder.into()), ("_HANDLER", "handler.handler".into())]);
    Ok(Program::of("python", command, variables))
}

fn node(folders: &Folders) -> Result<Program> {
    let folder = fresh(folders, "node", |folder| {
        let install = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
        run(Command::new("npm").args(install).current_dir(folder), "Node 20 or newer with npm")?;
        run(Command::new("npm").args(["run", "--silent", "bundle"]).current_dir(folder), "npm")
    })?;
    let command = vec!["node".into(), folder.join("bundle.cjs").into_os_string()];
    Ok(Program::of("node", command, BTreeMap::new()))
}

/// A copy of a peer's sources, in which `install` has run since they changed.
fn fresh(folders: &Folders, name: &str, install: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let (sources, folder) = (folders.peers().join(name), folders.made().join(name));
    let mut files = BTreeMap::new();
    for file in std::fs::read_dir(&sources).with_context(|| format!("cannot read {}", sources.display()))? {
        let file = file?;
        files.insert(file.file_name(), std::fs::read_to_string(file.path())?);
    }
    let (stamp, wanted) = (folder.join("installed"), format!("{files:?}"));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    eprintln!("installing the peer in {name} …");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    for (file, text) in &files {
        std::fs::write(folder.join(file), text)?;
    }
    install(&folder)?;
    std::fs::write(stamp, wanted)?;
    Ok(folder)
}

fn run(command: &mut Command, needed: &str) -> Result<()> {
    let output = command.output().with_context(|| format!("the peers need {needed}; --no-peers leaves them out"))?;
    let said = [output.stderr, output.stdout].concat();
    ensure!(
        output.status.success(),
        "{command:?} failed; --no-peers leaves the peers out\n{}",
        String::from_utf8_lossy(&said)
    );
    Ok(())
}
