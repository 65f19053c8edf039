//! What is measured: the smallest function, ours, and the peers, as Lambda would start them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum;

use crate::endpoint::Endpoint;
use crate::folders::Folders;
use crate::work::Stage;

/// What the peers do, and what the smallest function is given the events of.
pub const COMMON: Stage = Stage::Score;

/// How ours are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Soonest there.
    Release,
    /// As `leadctl package` builds for AWS.
    Lambda,
}

impl Profile {
    /// Cargo's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Lambda => "lambda",
        }
    }
}

/// A program.
#[derive(Clone, Debug)]
pub struct Program {
    /// In tables.
    pub name: &'static str,
    /// Whose events it is given.
    pub stage: Stage,
    /// The binary, if it is one of its own.
    pub binary: Option<PathBuf>,
    command: Vec<OsString>,
    variables: BTreeMap<&'static str, OsString>,
}

impl Program {
    /// A program with an interpreter.
    pub fn of(name: &'static str, command: Vec<OsString>, variables: BTreeMap<&'static str, OsString>) -> Self {
        Self { name, stage: COMMON, binary: None, command, variables }
    }

    fn compiled(name: &'static str, stage: Stage, binary: PathBuf) -> Self {
        let command = vec![binary.clone().into_os_string()];
        Self { name, stage, binary: Some(binary), command, variables: BTreeMap::new() }
    }

    /// Its command in the environment that Lambda and the template set, with nothing of ours in it.
    pub fn command(&self, runtime_api: &str, endpoint: &Endpoint, folders: &Folders) -> Result<Command> {
        let (program, arguments) = self.command.split_first().context("a program without a command")?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().current_dir(folders.package());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LAMBDA_TASK_ROOT", folders.package());
        command.env("AWS_LAMBDA_RUNTIME_API", runtime_api).env("AWS_ENDPOINT_URL", endpoint.url());
        // Node's SDK sends to where a queue's URL points.
        command.env("QUEUE_URL_PREFIX", format!("{}/123456789012/leads-", endpoint.url()));
        let roots = endpoint.roots();
        command.env("SSL_CERT_FILE", &roots.all).env("AWS_CA_BUNDLE", &roots.all);
        command.env("NODE_EXTRA_CA_CERTS", &roots.ours);
        command.envs([
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEXAMPLE"),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("LOG_LEVEL", "info"),
            ("TABLE_NAME", "leads"),
            ("SIGNING_SECRET", "signing"),
            ("PEPPER_SECRET", "pepper"),
        ]);
        command.envs(&self.variables);
        Ok(command)
    }
}

/// The smallest function, and ours from the folder in which `leadctl package` left them.
pub fn packaged(folders: &Folders, profile: Profile, functions: &Path) -> Result<Vec<Program>> {
    let functions = std::path::absolute(functions)?;
    let mut programs = vec![Program::compiled("hello", COMMON, cargo(folders, profile, &["hello"])?.join("hello"))];
    for stage in Stage::ALL {
        let binary = functions.join(stage.name()).join("bootstrap");
        ensure!(binary.is_file(), "there is no {}; `leadctl package --arch x86_64` makes it", binary.display());
        programs.push(Program::compiled(stage.name(), stage, binary));
    }
    Ok(programs)
}

/// Builds the smallest function and ours with one command, so that they share what they share, for this machine.
pub fn build(folders: &Folders, profile: Profile) -> Result<Vec<Program>> {
    let names: Vec<&str> = ["hello"].into_iter().chain(Stage::ALL.map(Stage::name)).collect();
    let folder = cargo(folders, profile, &names)?;
    let ours = Stage::ALL.iter().map(|stage| Program::compiled(stage.name(), *stage, folder.join(stage.name())));
    Ok([Program::compiled("hello", COMMON, folder.join("hello"))].into_iter().chain(ours).collect())
}

/// Builds these binaries with the one setting of `leadctl package` that matters here, and says in which folder they are.
fn cargo(folders: &Folders, profile: Profile, names: &[&str]) -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--profile", profile.name(), "--target-dir"]).arg(folders.builds());
    cargo.current_dir(folders.root()).env("AWS_LC_SYS_NO_JITTER_ENTROPY", "1");
    for name in names {
        cargo.args(["--package", name, "--bin", name]);
    }
    let built = cargo.status().context("cargo does not start")?;
    ensure!(built.success(), "{} cannot be built", names.join(", "));
    Ok(folders.builds().join(profile.name()))
}
