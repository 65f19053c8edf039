//! What other commands need to find the local stack: `stack.json`, and a lock that the emulator holds while it lives.
//! The lock is the truth (a process id may have been given to another process since); the file says where to look.

use std::{
    fs::{File, TryLockError},
    io::ErrorKind,
    path::Path,
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::stack::Facts;

/// The file that the emulator keeps locked.
pub const LOCK: &str = "emulator.lock";
const FILE: &str = "stack.json";

/// A running emulator, and what is deployed on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// Where it answers.
    pub endpoint: String,
    /// The emulator's process id, which is its process group's too.
    pub pid: i32,
    /// What is deployed on it; `None` while that goes on.
    pub facts: Option<Facts>,
    /// Where the console that came up with it answers, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_url: Option<String>,
}

/// The stack that runs in `dir`, if one does.
pub fn running(dir: &Path) -> Result<Option<State>> {
    if !is_locked(&dir.join(LOCK))? {
        return Ok(None);
    }
    let path = dir.join(FILE);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        // Locked, but not written yet: the emulator has only just started.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let state = serde_json::from_slice(&text)
        .with_context(|| format!("{} is not what this version writes; delete it", path.display()))?;
    Ok(Some(state))
}

/// Writes the state of `dir`, whole or not at all.
pub fn write(dir: &Path, state: &State) -> Result<()> {
    let (path, new) = (dir.join(FILE), dir.join("stack.json.new"));
    std::fs::write(&new, serde_json::to_vec_pretty(state)?)
        .and_then(|()| std::fs::rename(&new, &path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Forgets the state of `dir`.
pub fn remove(dir: &Path) {
    // Already gone is as good; a file that stays is found stale by its lock.
    let _ = std::fs::remove_file(dir.join(FILE));
}

fn is_locked(path: &Path) -> Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("cannot open {}", path.display())),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_runs_as_long_as_its_lock_is_held() {
        let dir = std::env::temp_dir().join(format!("leadctl-state-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        assert!(running(&dir).unwrap().is_none(), "nothing there yet");

        let lock = File::create(dir.join(LOCK)).unwrap();
        lock.lock().unwrap();
        assert!(running(&dir).unwrap().is_none(), "locked, but nothing written");
        let written = State { endpoint: "http://127.0.0.1:1".into(), pid: 7, facts: None, console_url: None };
        write(&dir, &written).unwrap();
        let state = running(&dir).unwrap().unwrap();
        assert_eq!((state.endpoint.as_str(), state.pid), ("http://127.0.0.1:1", 7));

        // Not `drop`: a child that another test is just starting shares the open file until its program begins.
        lock.unlock().unwrap();
        assert!(running(&dir).unwrap().is_none(), "a killed emulator leaves the file but not the lock");
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
