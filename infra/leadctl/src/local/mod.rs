//! The local stack: an AWS emulator in a Python environment of its own, with the same template deployed on it that
//! operators deploy, and the real function binaries behind it. `docs/local-stack.md` says how it differs from AWS.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{
    package::{self, Profile},
    stack::Stack,
    workspace::Workspace,
};

mod deploy;
mod emulator;
pub mod python;
pub mod state;

use emulator::Emulator;

/// The region that the local stack says it is in.
pub const REGION: &str = "eu-west-1";

/// How to bring a local stack up.
#[derive(Clone, Debug)]
pub struct Options {
    /// The stack's name.
    pub name: String,
    /// The port to listen on; a free one if `None`.
    pub port: Option<u16>,
    /// Which of several local stacks: each has a folder of this name under `target/local`.
    pub instance: String,
    /// How the functions are built.
    pub profile: Profile,
    /// The rule set to run with; `infra/rules` if `None`.
    pub rules: Option<PathBuf>,
    /// Parameters of the template, beside or instead of those that fit a local stack.
    pub parameters: BTreeMap<String, String>,
    /// Whether the stack outlives this process, until `leadctl down`.
    pub detach: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "leads".to_owned(),
            port: None,
            instance: "default".to_owned(),
            profile: Profile::Dev,
            rules: None,
            parameters: BTreeMap::new(),
            detach: false,
        }
    }
}

/// A local stack. It ends when this value is dropped, and when this process ends for whatever reason, unless it was
/// asked to outlive it.
#[derive(Debug)]
pub struct RunningStack {
    /// What was deployed, and clients for it.
    pub stack: Stack,
    /// The emulator's log; what the functions print is in it too.
    pub log: PathBuf,
    emulator: Emulator,
    dir: PathBuf,
}

/// The folder of a local stack's state and log.
pub fn instance_dir(workspace: &Workspace, instance: &str) -> PathBuf {
    workspace.local_dir().join(instance)
}

/// Brings a local stack up: prepares Python, builds and packs the functions, starts the emulator and deploys the
/// template on it.
pub async fn up(workspace: &Workspace, options: &Options) -> Result<RunningStack> {
    let dir = instance_dir(workspace, &options.instance);
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    if let Some(state) = state::running(&dir)? {
        bail!("a local stack is running already, at {}; `leadctl down` ends it", state.endpoint);
    }

    let rules = options.rules.clone().unwrap_or_else(|| workspace.infra().join("rules"));
    // Every function would refuse to start with rules that are not usable, and every post would fail.
    crate::rules_in(workspace, &rules)?;
    let python = python::environment(workspace, "venv", &workspace.infra().join("local-requirements.txt"))?;
    let binaries = package::build_for_here(workspace, options.profile)?;
    let zips = package::pack(workspace, &rules, &binaries, &dir.join("lambda"), package::Place::Here)?;

    let emulator = Emulator::start(&python, &dir, options.port, options.detach).await?;
    let facts = deploy::deploy(workspace, emulator.endpoint(), &dir, options, &zips).await?;
    state::write(&dir, emulator.endpoint(), emulator.pid(), Some(&facts))?;
    Ok(RunningStack { stack: Stack::of_facts(facts).await, log: emulator.log().to_owned(), emulator, dir })
}

/// Ends the local stack in `dir`, whichever process started it. Answers whether there was one.
pub fn down(dir: &Path) -> Result<bool> {
    let Some(state) = state::running(dir)? else {
        state::remove(dir);
        return Ok(false);
    };
    emulator::kill_group(state.pid);
    for _ in 0..100 {
        if state::running(dir)?.is_none() {
            state::remove(dir);
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("the local stack (process group {}) does not end", state.pid)
}

impl RunningStack {
    /// Waits until the emulator ends by itself, which it should not.
    pub async fn wait(&mut self) -> Result<()> {
        while self.emulator.is_running()? {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        bail!("the emulator has ended by itself; its last words are in {}", self.log.display())
    }

    /// Leaves the stack running after this process; only for one that was started with [`Options::detach`].
    pub fn leave_running(mut self) {
        self.emulator.release();
    }
}

impl Drop for RunningStack {
    fn drop(&mut self) {
        if self.emulator.is_owned() {
            state::remove(&self.dir);
        }
    }
}
