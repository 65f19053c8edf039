//! The console of a stack that outlives the command which started it: a process of its own in the emulator's process group,
//! so that whatever ends the one ends the other.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::net::TcpStream;

/// It reads the rules and listens: under a second, on a busy machine some.
const START: Duration = Duration::from_secs(30);

/// Starts the console of the stack in `dir`.
pub(super) async fn start(dir: &Path, port: u16, group: i32) -> Result<()> {
    let log = dir.join("console.log");
    let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let instance = dir.file_name().unwrap_or_default();
    let mut command = Command::new(std::env::current_exe().context("cannot tell this program's own file")?);
    command
        .args(["console", "--port", &port.to_string()])
        .env("LEAD_INSTANCE", instance)
        .env_remove("LEAD_STACK")
        .process_group(group)
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out);
    let mut child = command.spawn().context("cannot start the console")?;
    let deadline = Instant::now() + START;
    while Instant::now() < deadline {
        if child.try_wait()?.is_some() {
            bail!("the console did not start:\n{}", std::fs::read_to_string(&log).unwrap_or_default().trim());
        }
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the console did not answer within {} s; {} has what it said", START.as_secs(), log.display())
}
