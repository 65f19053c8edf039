//! Python for the parts that come from PyPI, each in a virtual environment of its own under `target/local`.

use std::{
    ffi::OsStr,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::workspace::Workspace;

/// The oldest Python that the emulator runs on.
const OLDEST: (u32, u32) = (3, 10);

/// A virtual environment.
#[derive(Clone, Debug)]
pub struct Environment {
    dir: PathBuf,
}

impl Environment {
    /// The folder of its programs.
    pub fn bin(&self) -> PathBuf {
        self.dir.join("bin")
    }

    /// Its interpreter.
    pub fn python(&self) -> PathBuf {
        self.bin().join("python")
    }
}

/// The environment `name` with `requirements` installed: made if it is not there, renewed if they have changed.
pub fn environment(workspace: &Workspace, name: &str, requirements: &Path) -> Result<Environment> {
    let wanted =
        std::fs::read_to_string(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let local = workspace.local_dir();
    std::fs::create_dir_all(&local).with_context(|| format!("cannot create {}", local.display()))?;

    // Two commands at once must not install into one folder.
    let lock = File::create(local.join(format!("{name}.lock")))?;
    lock.lock().context("cannot lock the Python environment")?;

    let environment = Environment { dir: local.join(name) };
    let stamp = environment.dir.join("installed.txt");
    let fresh = std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
    if fresh && version(environment.python().as_os_str()).is_some() {
        return Ok(environment);
    }

    let python = find()?;
    let spinner = spinner("preparing Python packages (once)");
    if environment.dir.exists() {
        std::fs::remove_dir_all(&environment.dir)
            .with_context(|| format!("cannot remove {}", environment.dir.display()))?;
    }
    let made = run(Command::new(&python).args(["-m", "venv"]).arg(&environment.dir))?;
    if !made.status.success() {
        let said = said(&made);
        let mend = if said.contains("ensurepip") || said.contains("python3-venv") {
            "\nOn Debian and Ubuntu: apt install python3-venv"
        } else {
            ""
        };
        bail!("{python} cannot make a virtual environment:\n{said}{mend}");
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes"];
    let installed = run(Command::new(environment.python()).args(pip).arg("--requirement").arg(requirements))?;
    if !installed.status.success() {
        bail!("pip could not install {}:\n{}", requirements.display(), said(&installed));
    }
    std::fs::write(&stamp, &wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    spinner.finish_and_clear();
    Ok(environment)
}

/// A turning line on a terminal; nothing at all elsewhere.
pub fn spinner(text: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(text);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn find() -> Result<String> {
    let names = ["python3", "python"];
    let found: Vec<_> = names.iter().filter_map(|name| Some((*name, version(OsStr::new(name))?))).collect();
    if let Some((name, _)) = found.iter().find(|(_, version)| *version >= OLDEST) {
        return Ok((*name).to_owned());
    }
    let (major, minor) = OLDEST;
    match found.first() {
        Some((name, (has_major, has_minor))) => bail!(
            "{name} is Python {has_major}.{has_minor}; the local stack needs {major}.{minor} or newer. Install one from \
             https://www.python.org or your package manager, so that `python3 --version` shows it"
        ),
        None => bail!(
            "there is no python3 on the PATH; the local stack needs Python {major}.{minor} or newer. Install one from \
             https://www.python.org or your package manager (Debian, Ubuntu: apt install python3 python3-venv)"
        ),
    }
}

fn version(python: &OsStr) -> Option<(u32, u32)> {
    let output = Command::new(python).args(["-c", "import sys; print(*sys.version_info[:2])"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn run(command: &mut Command) -> Result<Output> {
    command.output().with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))
}

fn said(output: &Output) -> String {
    let text = [output.stderr.as_slice(), output.stdout.as_slice()].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}
