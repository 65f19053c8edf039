//! What the programs of the functions ask of AWS before their first invocation. They run as on Lambda, against a server
//! that is both AWS and Lambda's runtime interface.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use leadctl::package::{Profile, build_for_here};
use leadctl::workspace::Workspace;
use permissions::{Function, Resource};
use serde_json::{Value, json};
use tests::functions::PERMISSIONS;

/// The calls of each function, in order.
pub(crate) fn calls() -> BTreeMap<String, Vec<(String, Resource)>> {
    let workspace = Workspace::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
    let programs = build_for_here(&workspace, Profile::Dev).unwrap();
    let package = package(&workspace);
    let calls = |(name, function): (&String, &Function)| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut program = Running(start(&programs[name], &package, &address, function));
        let calls = until_ready(&listener, &mut program.0, name);
        (name.clone(), calls)
    };
    PERMISSIONS.functions.iter().map(calls).collect()
}

/// The rules as they are packed, with a form that asks for captchas.
fn package(workspace: &Workspace) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package");
    let mut rules = support::config::rule_sources(&workspace.infra().join("rules")).unwrap();
    rules.push(("queues.toml".into(), std::fs::read_to_string(workspace.infra().join("queues.toml")).unwrap()));
    for (name, mut text) in rules {
        if name == "forms.toml" {
            text.push_str("\n[[form]]\nid = \"guarded\"\ncaptcha_hosts = [\"www.example.com\"]\n");
        }
        let file = root.join("rules").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    root
}

/// Its environment as Lambda and the template set it; secrets are named as in the template.
fn start(program: &Path, package: &Path, server: &str, function: &Function) -> Child {
    let mut command = Command::new(program);
    let endpoint = format!("http://{server}");
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("LAMBDA_TASK_ROOT", package).env("AWS_LAMBDA_RUNTIME_API", server).env("AWS_ENDPOINT_URL", &endpoint);
    command.envs([
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
        ("AWS_LAMBDA_FUNCTION_NAME", "function"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "log"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "log"),
        ("TABLE_NAME", "leads"),
        ("QUEUE_URL_PREFIX", "https://queues.example/leads-"),
        ("CAPTCHA_URL", "https://captchas.example/"),
    ]);
    for (variable, secret) in &function.secrets {
        if let Resource::Secret(name) = secret {
            command.env(variable, name);
        }
    }
    command.spawn().unwrap()
}

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Serves a program until it asks for its first invocation.
fn until_ready(listener: &TcpListener, program: &mut Child, name: &str) -> Vec<(String, Resource)> {
    listener.set_nonblocking(true).unwrap();
    let mut calls = Vec::new();
    loop {
        let Ok((connection, _)) = listener.accept() else {
            let ended = program.try_wait().unwrap();
            assert!(ended.is_none(), "{name} ended before its first invocation: {ended:?}, after {calls:?}");
            std::thread::sleep(std::time::Duration::from_millis(5));
            continue;
        };
        connection.set_nonblocking(false).unwrap();
        match answer(connection) {
            Asked::Call(call) => calls.push(call),
            Asked::Greeting => {}
            Asked::Invocation => return calls,
        }
    }
}

/// What a program asks of the server.
enum Asked {
    /// A call of AWS: action and resource.
    Call((String, Resource)),
    /// A connection: an unsigned request for no action, which takes no right.
    Greeting,
    /// The first invocation.
    Invocation,
}

/// Answers a call of AWS with a secret, and says what it was.
fn answer(connection: TcpStream) -> Asked {
    let mut connection = BufReader::new(connection);
    let (mut line, mut target, mut length) = (String::new(), String::new(), 0);
    connection.read_line(&mut line).unwrap();
    if line.starts_with("GET /2018-06-01/runtime/invocation/next ") {
        return Asked::Invocation;
    }
    let mut signed = false;
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "authorization" => signed = true,
            "x-amz-target" => target = value.to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let on = match asked["SecretId"].as_str() {
        Some(secret) => Resource::Secret(secret.to_owned()),
        None => Resource::Other(format!("{line} {asked}")),
    };
    let secret = json!({"current": "a secret of this test", "previous": ""}).to_string();
    let body = json!({"Name": "x", "SecretString": secret}).to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\n";
    let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    connection.get_mut().write_all(answer.as_bytes()).unwrap();
    if line.starts_with("GET / ") && !signed {
        return Asked::Greeting;
    }
    Asked::Call((target.replacen('.', ":", 1), on))
}
