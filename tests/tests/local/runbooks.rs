//! The runbooks of `docs/operations` are run as they are written, against a local stack of their own: a person who follows
//! one sees what it says. A block of commands is marked ```` ```sh run ````, or says before it why it is not run here.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use leadctl::local::{self, python, state};
use leadctl::workspace::{Workspace, cargo};

const INSTANCE: &str = "runbooks";
/// The runbook that brings the stack up, and so comes first.
const FIRST: &str = "deploy.md";
const NOT_RUN: &str = "*Not run here: ";
/// A block that builds nothing takes seconds; `leadctl up` may compile.
const PATIENCE: Duration = Duration::from_secs(600);
/// For how long a block is repeated that says what comes of leads on their way, or of the next tick.
const UNTIL: Duration = Duration::from_secs(150);

/// Commands, and what a person will see.
struct Block {
    line: usize,
    commands: String,
    status: i32,
    /// Whether it is repeated until it says what it should.
    until: bool,
    seen: Vec<String>,
}

/// The blocks of a page that are run; panics at a block that has no mark.
fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut said, mut follows_run) = (String::new(), false);
    let mut lines = text.lines().enumerate();
    while let Some((n, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            if !line.trim().is_empty() {
                line.clone_into(&mut said);
            }
            continue;
        };
        let place = format!("{page}, line {}", n + 1);
        let inside: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim_start() != "```").collect();
        let words: Vec<&str> = info.split_whitespace().collect();
        match words.as_slice() {
            ["sh", "run", how @ ..] => {
                let status = how.iter().find_map(|word| word.strip_prefix("status=")).map_or(0, |n| n.parse().unwrap());
                let until = how.contains(&"until");
                let commands = inside.join("\n");
                blocks.push(Block { line: n + 1, commands, status, until, seen: Vec::new() });
                follows_run = true;
            }
            ["sh"] if said.starts_with(NOT_RUN) => follows_run = false,
            ["text"] if follows_run => {
                let lines = inside.iter().filter(|line| !line.trim().is_empty() && line.trim() != "…");
                blocks.last_mut().unwrap().seen = lines.map(|line| (*line).to_owned()).collect();
                follows_run = false;
            }
            ["text"] => {}
            _ => panic!("{place}: mark the commands by ```sh run, or say before them why not: {NOT_RUN}…*"),
        }
    }
    blocks
}

/// Whether every line of `seen` is in `output`, in this order; `…` stands for anything, blanks for one or more.
fn shows(output: &[String], seen: &[String]) -> Result<(), String> {
    let squeeze = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = output.iter().map(|line| squeeze(line));
    for wanted in seen {
        let parts: Vec<String> = wanted.split('…').map(squeeze).collect();
        let fits = |line: String| {
            let mut at = 0;
            parts.iter().all(|part| line[at..].find(part.as_str()).map(|found| at += found + part.len()).is_some())
        };
        if !rest.any(fits) {
            return Err(format!("it does not say `{wanted}`"));
        }
    }
    Ok(())
}

/// One shell for a page, as a person has: what a block sets, the next one knows.
struct Shell {
    bash: Child,
    input: ChildStdin,
    output: Receiver<String>,
}

impl Shell {
    fn open(workspace: &Workspace, aws: &Path) -> Self {
        let mut path = vec![workspace.target().join("debug"), aws.to_owned()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let mut bash = Command::new("bash");
        bash.current_dir(workspace.root())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("LEAD_INSTANCE", INSTANCE)
            .env_remove("LEAD_STACK")
            .envs([
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_DEFAULT_REGION", local::REGION),
            ])
            .envs([("AWS_PAGER", ""), ("NO_COLOR", "1")]);
        if let Some(running) = state::running(&local::instance_dir(workspace, INSTANCE)).unwrap() {
            bash.env("AWS_ENDPOINT_URL", running.endpoint);
        }
        let mut bash = bash.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (tell, output) = channel();
        let lines = BufReader::new(bash.stdout.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let mut input = bash.stdin.take().unwrap();
        writeln!(input, "exec 2>&1; set -E -o pipefail; trap 'failed=1' ERR").unwrap();
        // Version 2 of the AWS CLI, which people have, needs no more than the variable; version 1, which PyPI has, passes
        // over it for SQS.
        let aws = "aws() { command aws ${AWS_ENDPOINT_URL:+--endpoint-url \"$AWS_ENDPOINT_URL\"} \"$@\"; }";
        writeln!(input, "{aws}").unwrap();
        Self { bash, input, output }
    }

    /// Runs commands; answers what they printed, the status of the last one, and whether any of them failed.
    fn run(&mut self, commands: &str) -> (Vec<String>, i32, bool) {
        writeln!(self.input, "failed=0\nblock() {{\n{commands}\n}}\nblock </dev/null\necho \"@@ $? $failed\"").unwrap();
        let deadline = Instant::now() + PATIENCE;
        let mut printed = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.output.recv_timeout(left) else { panic!("no end after {printed:#?}") };
            if let Some((before, end)) = line.split_once("@@ ") {
                let (status, failed) = end.split_once(' ').unwrap();
                printed.extend((!before.is_empty()).then(|| before.to_owned()));
                return (printed, status.parse().unwrap(), failed == "1");
            }
            printed.push(line);
        }
    }

    /// Runs a block as its page says.
    fn follow(&mut self, block: &Block) -> Result<(), String> {
        let deadline = Instant::now() + UNTIL;
        loop {
            let (printed, status, failed) = self.run(&block.commands);
            let as_said = match (status == block.status, failed == (block.status != 0)) {
                (true, true) => shows(&printed, &block.seen),
                _ => Err(format!(
                    "its status is {status}, and a command {}",
                    if failed { "failed" } else { "did not fail" }
                )),
            };
            match as_said {
                Err(_) if block.until && Instant::now() < deadline => std::thread::sleep(Duration::from_secs(1)),
                Err(why) => return Err(format!("{why}:\n{}\n---\n{}", block.commands, printed.join("\n"))),
                Ok(()) => return Ok(()),
            }
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.bash.kill();
        let _ = self.bash.wait();
    }
}

/// Ends the stack, however the test ends.
struct Down(PathBuf);

impl Drop for Down {
    fn drop(&mut self) {
        let _ = local::down(&self.0);
    }
}

#[test]
fn the_runbooks_do_what_they_say() {
    let _held = crate::PROGRAMS.blocking_lock();
    let workspace = Workspace::find().unwrap();
    let folder = workspace.root().join("docs/operations");
    let mut pages: Vec<(String, Vec<Block>)> = fs::read_dir(folder)
        .unwrap()
        .map(|page| page.unwrap())
        .map(|page| (page.file_name().into_string().unwrap(), fs::read_to_string(page.path()).unwrap()))
        .map(|(page, text)| (page.clone(), blocks(&page, &text)))
        .collect();
    pages.sort_by_key(|(page, _)| (page != FIRST, page.clone()));

    assert!(cargo().args(["build", "-p", "leadctl"]).current_dir(workspace.root()).status().unwrap().success());
    let requirements = workspace.root().join("tests/runbooks/requirements.txt");
    let aws = python::environment(&workspace, "runbooks-venv", &requirements).unwrap().bin();
    let dir = local::instance_dir(&workspace, INSTANCE);
    local::down(&dir).unwrap();
    let _down = Down(dir);

    let mut wrong = Vec::new();
    for (page, blocks) in &pages {
        let started = Instant::now();
        let mut shell = Shell::open(&workspace, &aws);
        // What follows a step that failed would only fail too.
        let failed = blocks.iter().find_map(|block| shell.follow(block).err().map(|why| (block.line, why)));
        println!("{page}: {} blocks, {:.1} s", blocks.len(), started.elapsed().as_secs_f64());
        wrong.extend(failed.map(|(line, why)| format!("docs/operations/{page}, line {line}: {why}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

/// `sam deploy` and `aws cloudformation deploy` take away the tags that they are not given, and with them the stack from the
/// costs of its project.
#[test]
fn every_deployment_names_the_tags() {
    let root = Workspace::find().unwrap().root().to_owned();
    let runbooks = fs::read_dir(root.join("docs/operations")).unwrap().map(|page| page.unwrap().path());
    let mut deployments = 0;
    for page in runbooks.chain([root.join("infra/README.md")]) {
        let text = fs::read_to_string(&page).unwrap().replace("\\\n", " ");
        let starts = ["sam deploy --", "aws cloudformation deploy --"];
        for command in text.lines().filter(|line| starts.iter().any(|start| line.trim_start().starts_with(start))) {
            assert!(command.contains(" --tags project="), "{}: {command}", page.display());
            deployments += 1;
        }
    }
    assert!(deployments >= 7, "{deployments} deployments were found");
}

#[test]
#[should_panic(expected = "page.md, line 3: mark the commands")]
fn a_block_without_a_mark_is_found() {
    blocks("page.md", "Text.\n\n```sh\nleadctl down\n```\n");
}

#[test]
fn a_line_is_found_by_its_stable_parts_and_in_order() {
    let output = ["3 of 3   dead letters", "ld_x is received"].map(str::to_owned);
    let says = |seen: &[&str]| shows(&output, &seen.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()).is_ok();
    assert!(says(&["3 of 3 dead letters", "ld_… is received"]));
    assert!(says(&["ld_… is received"]));
    assert!(!says(&["ld_… is received", "3 of 3 dead letters"]));
    assert!(!says(&["ld_… is parked"]));
}
