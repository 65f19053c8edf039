//! The emulator's process: started on the loopback address alone, and never left behind.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::{REGION, python::Environment, state, state::State};

/// Cold file caches on a busy machine; one second is usual.
const START: Duration = Duration::from_secs(60);
const PROGRAM: &str = include_str!("emulator.py");

/// A running emulator, with the processes of the functions in its process group.
#[derive(Debug)]
pub(super) struct Emulator {
    child: Child,
    endpoint: String,
    log: PathBuf,
    owned: bool,
}

impl Emulator {
    /// Starts one that keeps its files in `dir`, on `port` or a free one, and waits until it answers.
    pub(super) async fn start(python: &Environment, dir: &Path, port: Option<u16>, detach: bool) -> Result<Self> {
        let tries = if port.is_some() { 1 } else { 3 };
        let mut attempt = 1;
        loop {
            let result = Self::start_once(python, dir, port, detach).await;
            // Between finding a free port and listening on it, another process may have taken it.
            let Err(error) = result else { return result };
            if attempt == tries || !format!("{error:#}").contains("already in use") {
                return Err(error);
            }
            attempt += 1;
        }
    }

    async fn start_once(python: &Environment, dir: &Path, port: Option<u16>, detach: bool) -> Result<Self> {
        let port = match port {
            Some(port) => port,
            None => TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr())?.port(),
        };
        let endpoint = format!("http://127.0.0.1:{port}");
        let log = dir.join("emulator.log");
        let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let program = dir.join("emulator.py");
        std::fs::write(&program, PROGRAM).with_context(|| format!("cannot write {}", program.display()))?;
        // What it unpacks would otherwise pile up in the system's own folder.
        let temporary = dir.join("tmp");
        if temporary.exists() {
            std::fs::remove_dir_all(&temporary)?;
        }
        std::fs::create_dir_all(&temporary)?;

        let mut command = Command::new(python.python());
        command.arg("-I").arg(&program).arg(dir.join(state::LOCK)).arg(if detach { "detached" } else { "attached" });
        // The functions inherit the emulator's environment. Nothing of the user's goes there: no credentials, no
        // profile, no region, no proxy; and every AWS call, theirs and its own, comes back to it.
        command.env_clear();
        for name in ["PATH", "HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .env("TMPDIR", &temporary)
            .env("LANG", "C.UTF-8")
            .env("AUTH", "true")
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("MINISTACK_REGION", REGION)
            .env("AWS_ENDPOINT_URL", &endpoint)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            // Functions are plain processes even where a Docker engine runs, and its containers are none of ours.
            .env("LAMBDA_EXECUTOR", "local")
            .env("DOCKER_HOST", format!("unix://{}", dir.join("no-docker.sock").display()))
            .process_group(0)
            .stdin(if detach { Stdio::null() } else { Stdio::piped() })
            .stdout(out.try_clone()?)
            .stderr(out);
        let child = command.spawn().with_context(|| format!("cannot start {}", python.python().display()))?;
        let mut emulator = Self { child, endpoint, log, owned: true };
        let starting =
            State { endpoint: emulator.endpoint.clone(), pid: emulator.pid(), facts: None, console_url: None };
        state::write(dir, &starting)?;
        emulator.until_ready().await?;
        Ok(emulator)
    }

    async fn until_ready(&mut self) -> Result<()> {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
        let health = format!("{}/_ministack/health", self.endpoint);
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            if !self.is_running()? {
                bail!("the emulator did not start:\n{}", tail(&self.log));
            }
            if client.get(&health).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the emulator did not answer within {} s:\n{}", START.as_secs(), tail(&self.log))
    }

    /// Where every service answers.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What it and the functions print.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Its process id, which is its process group's too.
    pub(super) fn pid(&self) -> i32 {
        // A process id fits; the standard library only lacks the sign.
        i32::try_from(self.child.id()).unwrap_or(i32::MAX)
    }

    /// Whether it still runs.
    pub(super) fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Whether it ends with this value.
    pub(super) fn is_owned(&self) -> bool {
        self.owned
    }

    /// Lets it live on.
    pub(super) fn release(&mut self) {
        self.owned = false;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if self.owned {
            kill_group(self.pid());
            // Reaped, so that it does not stay as a zombie of a longer-lived process such as a test run.
            let _ = self.child.wait();
        }
    }
}

/// Ends a process group at once. Nothing in it has anything to save.
pub(super) fn kill_group(pid: i32) {
    // 0 would be our own group, and 1 everybody's.
    if pid <= 1 {
        return;
    }
    // No such group any more is what we want.
    let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
}

fn tail(log: &Path) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(4000)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    read().unwrap_or_else(|error| format!("(its log cannot be read: {error})"))
}
