//! The local stack: an AWS emulator in a Python environment of its own, with the same template deployed on it that
//! operators deploy, and the real function binaries behind it. `docs/local-stack.md` says how it differs from AWS.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{
    package::{self, Contents, Place, Profile},
    stack::Stack,
    workspace::Workspace,
};

mod console;
mod deploy;
mod emulator;
pub mod python;
pub mod state;

use deploy::Deployment;
use emulator::Emulator;
use state::State;

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
    /// [`Contents::revision`].
    pub revision: Option<String>,
    /// Where a console is going to answer beside the stack. Its pages may post leads by script.
    pub console: Option<SocketAddr>,
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
            revision: None,
            console: None,
            parameters: BTreeMap::new(),
            detach: false,
        }
    }
}

impl Options {
    fn contents<'a>(&'a self, rules: &'a Path) -> Contents<'a> {
        Contents { rules, revision: self.revision.as_deref() }
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

    let rules = usable_rules(workspace, options)?;
    let python = python::environment(workspace, "venv", &workspace.infra().join("local-requirements.txt"))?;
    let binaries = package::build_for_here(workspace, options.profile)?;
    let programs = dir.join("lambda");
    if programs.exists() {
        std::fs::remove_dir_all(&programs).with_context(|| format!("cannot remove {}", programs.display()))?;
    }
    let zips = package::pack(workspace, options.contents(&rules), &binaries, &programs, Place::Here)?;

    let emulator = Emulator::start(&python, &dir, options.port, options.detach).await?;
    let endpoint = emulator.endpoint();
    let facts = deploy::create(&Deployment { workspace, endpoint, dir: &dir, options, zips: &zips }).await?;
    let state = State {
        endpoint: emulator.endpoint().to_owned(),
        pid: emulator.pid(),
        facts: Some(facts.clone()),
        console_url: options.console.map(|address| format!("http://{address}/")),
    };
    state::write(&dir, &state)?;
    Ok(RunningStack { stack: Stack::of_facts(facts).await, log: emulator.log().to_owned(), emulator, dir })
}

/// Deploys the rules, the programs and the template as they are now on the local stack that runs, whichever process
/// started it. Parameters that `options` does not name stay as they are. Answers whether anything changed.
pub async fn update(workspace: &Workspace, options: &Options) -> Result<bool> {
    let dir = instance_dir(workspace, &options.instance);
    let state = state::running(&dir)?.context("no local stack is running; start one with `leadctl up`")?;
    let Some(before) = &state.facts else { bail!("the local stack is still starting; try again in a moment") };
    let options = &Options { name: before.name.clone(), ..options.clone() };
    let rules = usable_rules(workspace, options)?;
    let binaries = package::build_for_here(workspace, options.profile)?;
    let zips = package::pack(workspace, options.contents(&rules), &binaries, &dir.join("lambda"), Place::Here)?;
    let deployment = Deployment { workspace, endpoint: &state.endpoint, dir: &dir, options, zips: &zips };
    let Some(facts) = deploy::update(&deployment).await? else { return Ok(false) };
    state::write(&dir, &State { facts: Some(facts), ..state })?;
    Ok(true)
}

/// Every function would refuse to start with rules that are not usable, and every post would fail.
fn usable_rules(workspace: &Workspace, options: &Options) -> Result<PathBuf> {
    let rules = options.rules.clone().unwrap_or_else(|| workspace.infra().join("rules"));
    crate::rules_in(workspace, &rules)?;
    Ok(rules)
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

/// Waits until no stack runs in `dir` any more.
pub async fn until_down(dir: &Path) -> Result<()> {
    while state::running(dir)?.is_some() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

impl RunningStack {
    /// Starts a console at `port` that lives as long as the stack, and waits until it answers.
    pub async fn start_console(&self, port: u16) -> Result<()> {
        console::start(&self.dir, port, self.emulator.pid()).await
    }

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
