//! What people look at, in a real browser: `tests/browser` (pytest, Playwright, axe-core) against one local stack. The
//! packages come from PyPI, pinned by hash; Chromium is Debian's, installed if it is missing.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use leadctl::local::{self, python, state};
use leadctl::workspace::{Workspace, cargo};

const INSTANCE: &str = "browser";
/// The first start builds the functions.
const PATIENCE: Duration = Duration::from_secs(900);

/// `leadctl up` as people run it; it ends with this value.
struct Up(Child);

impl Up {
    fn start(leadctl: &Path, dir: &Path, form: u16, console: u16) -> Self {
        local::down(dir).unwrap();
        fs::create_dir_all(dir).unwrap();
        let said = dir.join("up.txt");
        let up = Command::new(leadctl)
            .args(["up", "--console-port", &console.to_string(), "--parameter"])
            .arg(format!("CorsOrigins=http://127.0.0.1:{form},http://127.0.0.1:{console}"))
            .env("LEAD_INSTANCE", INSTANCE)
            .stdin(Stdio::null())
            .stdout(File::create(&said).unwrap())
            .stderr(Stdio::inherit())
            .spawn();
        let mut up = Self(up.unwrap());
        let deadline = Instant::now() + PATIENCE;
        while state::running(dir).unwrap().is_none_or(|state| state.facts.is_none()) {
            assert!(up.0.try_wait().unwrap().is_none(), "leadctl up: {}", fs::read_to_string(&said).unwrap());
            assert!(Instant::now() < deadline, "the stack is not up");
            std::thread::sleep(Duration::from_millis(200));
        }
        up
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // The emulator notices, and ends with it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_browser_tests_pass() {
    let workspace = Workspace::find().unwrap();
    let folder = workspace.root().join("tests/browser");
    let python = python::environment(&workspace, "browser-venv", &folder.join("requirements.txt")).unwrap();
    assert!(cargo().args(["build", "-p", "leadctl"]).current_dir(workspace.root()).status().unwrap().success());
    let leadctl = workspace.target().join("debug/leadctl");
    let dir = local::instance_dir(&workspace, INSTANCE);
    let sockets = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [port, console] = sockets.each_ref().map(|socket| socket.local_addr().unwrap().port());
    drop(sockets);

    let _up = Up::start(&leadctl, &dir, port, console);
    let arguments = std::env::var("BROWSER_ARGUMENTS").unwrap_or_default();
    let pytest = Command::new(python.python())
        .args(["-B", "-m", "pytest", "-p", "no:cacheprovider", "--tb=short", "--durations=5", "-q"])
        .args(arguments.lines().filter(|argument| !argument.is_empty()))
        .arg(&folder)
        .current_dir(workspace.root())
        .env("LEAD_INSTANCE", INSTANCE)
        .env_remove("LEAD_STACK")
        .env("BROWSER_STACK", dir.join("stack.json"))
        .env("BROWSER_FORM_PORT", port.to_string())
        .env("BROWSER_LEADCTL", &leadctl)
        .env("BROWSER_PICTURES", workspace.target().join("browser"))
        .status();
    assert!(pytest.unwrap().success(), "see above; screenshots are in {}/browser", workspace.target().display());
}
