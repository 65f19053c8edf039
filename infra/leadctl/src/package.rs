//! From source to what Lambda takes: a zip a function with its `bootstrap` and the rule set. A change of rules needs no
//! compiler: [`unpack`] and [`pack`] make new zips with the programs of those that are there.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{
    local::python,
    workspace::{Workspace, cargo},
};

/// The functions, by the names of their crates, binaries and zips.
pub const FUNCTIONS: [&str; 7] = ["intake", "clean", "score", "route", "sla", "feedback", "reconcile"];

/// How functions are built to run on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Soonest there.
    Dev,
    /// Fastest to run.
    Release,
}

/// What AWS runs them on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Arch {
    /// Graviton: a fifth cheaper.
    Arm64,
    /// Intel and AMD.
    #[value(name = "x86_64")]
    X86_64,
}

impl Arch {
    /// As rustc calls it.
    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }
}

/// Where a zip is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On AWS: the program itself is `bootstrap`.
    Aws,
    /// On this machine: `bootstrap` starts a copy of the program that lies beside the zip. The emulator takes its time
    /// over large zips, and keeps them in memory: two seconds a function of 40 MB.
    Here,
}

/// Builds the functions for this machine. Cargo's own progress goes to standard error. Answers function → binary.
pub fn build_for_here(workspace: &Workspace, profile: Profile) -> Result<BTreeMap<String, PathBuf>> {
    let (profile, folder) = match profile {
        Profile::Dev => ("dev", "debug"),
        Profile::Release => ("release", "release"),
    };
    let mut command = cargo();
    command.args(["build", "--profile", profile]).current_dir(workspace.root());
    // With `leadctl` among the packages, cargo settles on the features it was itself built with, and compiles nothing
    // that both share a second time.
    command.args(["--package", "leadctl"]);
    for name in FUNCTIONS {
        command.args(["--package", name, "--bin", name]);
    }
    run(&mut command, "the functions do not build")?;
    let binary = |name: &&str| ((*name).to_owned(), workspace.target().join(folder).join(name));
    Ok(FUNCTIONS.iter().map(binary).collect())
}

/// Builds the functions for AWS, with zig as the linker, so that any machine builds for either architecture and against
/// a C library that Amazon Linux 2023 has. Answers function → binary.
pub fn build_for_aws(workspace: &Workspace, arch: Arch) -> Result<BTreeMap<String, PathBuf>> {
    let requirements = workspace.infra().join("package-requirements.txt");
    let tools = python::environment(workspace, "package-venv", &requirements)?;
    let flag = match arch {
        Arch::Arm64 => "--arm64",
        Arch::X86_64 => "--x86-64",
    };
    add_target(workspace, arch.target())?;

    let out = workspace.target().join("lambda-build").join(arch.target());
    let mut path = vec![tools.bin()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut command = Command::new(tools.bin().join("cargo-lambda"));
    command
        .args(["lambda", "build", "--profile", "lambda", flag, "--output-format", "binary", "--lambda-dir"])
        .arg(&out)
        .env("PATH", std::env::join_paths(path)?)
        .env("CARGO_ENCODED_RUSTFLAGS", without_paths(workspace)?)
        // One source of entropy fewer, and a cold start that is shorter by a sixth of a second at 256 MB.
        .env("AWS_LC_SYS_NO_JITTER_ENTROPY", "1")
        .current_dir(workspace.root());
    for name in FUNCTIONS {
        command.args(["--package", name, "--bin", name]);
    }
    run(&mut command, "the functions do not build for AWS")?;
    Ok(FUNCTIONS.iter().map(|name| ((*name).to_owned(), out.join(name).join("bootstrap"))).collect())
}

/// Flags with which the folders of this machine, which panics name, do not get into the programs: whoever builds the same
/// commit gets the same bytes. They also keep flags of the caller's out.
fn without_paths(workspace: &Workspace) -> Result<OsString> {
    let cargo_home = match std::env::var_os("CARGO_HOME") {
        Some(dir) => PathBuf::from(dir),
        None => std::env::home_dir().context("there is no home folder to look for .cargo in")?.join(".cargo"),
    };
    let mut flags = OsString::new();
    for (from, to) in [(workspace.root(), "/src"), (workspace.target(), "/target"), (&cargo_home, "/cargo")] {
        if !flags.is_empty() {
            flags.push("\u{1f}"); // between flags, as cargo wants it
        }
        flags.push("--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    Ok(flags)
}

/// Where the template looks for the zips of [`build_for_aws`].
pub fn aws_zips(workspace: &Workspace) -> PathBuf {
    workspace.root().join("target/lambda")
}

/// Takes the programs out of zips that [`pack`] made, into the folder `out`. Answers function → binary.
pub fn unpack(zips: &Path, out: &Path) -> Result<BTreeMap<String, PathBuf>> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let mut programs = BTreeMap::new();
    for name in FUNCTIONS {
        let path = zips.join(format!("{name}.zip"));
        let program = out.join(name);
        let file = File::open(&path).with_context(|| {
            format!("cannot open {}; build it first (`leadctl package`), or fetch a release's", path.display())
        })?;
        let taken = (|| -> Result<()> {
            let mut zip = ZipArchive::new(BufReader::new(file))?;
            std::io::copy(&mut zip.by_name("bootstrap")?, &mut File::create(&program)?)?;
            Ok(())
        })();
        taken.with_context(|| format!("cannot take the program out of {}", path.display()))?;
        programs.insert(name.to_owned(), program);
    }
    Ok(programs)
}

/// What goes into the zips beside the programs.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// The folder of the rules. `queues.toml` comes from beside the template.
    pub rules: &'a Path,
    /// A text that nothing reads. Another one makes other zips, and so new versions of functions whose programs and
    /// rules are as they were: SAM publishes none for a changed parameter
    /// (<https://github.com/aws/serverless-application-model/issues/3820>), and nobody for a changed secret.
    pub revision: Option<&'a str>,
}

/// Packs each binary with `contents` into `out/<function>.zip`. The same input gives the same bytes. Answers
/// function → zip.
pub fn pack(
    workspace: &Workspace,
    contents: Contents<'_>,
    binaries: &BTreeMap<String, PathBuf>,
    out: &Path,
    place: Place,
) -> Result<BTreeMap<String, PathBuf>> {
    let Contents { rules, revision } = contents;
    let mut files = BTreeMap::new();
    if rules.exists() {
        collect(rules, "rules", &mut files)?;
    }
    files.insert("rules/queues.toml".to_owned(), workspace.infra().join("queues.toml"));
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let mut zips = BTreeMap::new();
    for (name, binary) in binaries {
        let path = out.join(format!("{name}.zip"));
        let bootstrap = match place {
            Place::Aws => Bootstrap::Program(binary.clone()),
            Place::Here => Bootstrap::Script(launcher(name, binary, out)?),
        };
        write_zip(&path, &bootstrap, &files, revision).with_context(|| format!("cannot pack {}", path.display()))?;
        zips.insert(name.clone(), path);
    }
    Ok(zips)
}

fn collect(dir: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { bail!("{} has a name that is not text", entry.path().display()) };
        let inside = format!("{prefix}/{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &inside, files)?;
        } else if support::config::is_rule_file(&entry.path()) {
            files.insert(inside, entry.path());
        }
    }
    Ok(())
}

enum Bootstrap {
    Program(PathBuf),
    Script(String),
}

/// Copies the program, so that building it again does not change what runs, and answers a script that becomes it. Each
/// build is a folder of its own: the script, and with it the version that Lambda publishes, changes with the program, and
/// versions that are still deployed keep theirs.
fn launcher(name: &str, binary: &Path, out: &Path) -> Result<String> {
    let built = || binary.metadata()?.modified();
    let built = built().with_context(|| format!("cannot look at {}", binary.display()))?;
    let built = built.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let copy = std::path::absolute(out.join(format!("{built:x}")).join(name))?;
    if !copy.exists() {
        let folder = copy.parent().unwrap_or(out);
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        // Whole or not at all, for whoever asks next whether it exists.
        let new = copy.with_extension("new");
        std::fs::copy(binary, &new)
            .and_then(|_| std::fs::rename(&new, &copy))
            .with_context(|| format!("cannot copy {}", binary.display()))?;
    }
    let Some(path) = copy.to_str() else { bail!("{} is not text", copy.display()) };
    Ok(format!("#!/bin/sh\nexec '{}'\n", path.replace('\'', r"'\''")))
}

fn write_zip(
    path: &Path,
    bootstrap: &Bootstrap,
    files: &BTreeMap<String, PathBuf>,
    revision: Option<&str>,
) -> Result<()> {
    // A fixed date: the bytes, and with them the version that Lambda publishes, change only with the content.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut zip = ZipWriter::new(BufWriter::new(File::create(path)?));
    zip.start_file("bootstrap", options.unix_permissions(0o755))?;
    match bootstrap {
        Bootstrap::Program(program) => {
            let mut program = File::open(program).with_context(|| format!("cannot open {}", program.display()))?;
            std::io::copy(&mut program, &mut zip)?;
        }
        Bootstrap::Script(text) => zip.write_all(text.as_bytes())?,
    }
    for (name, source) in files {
        zip.start_file(name, options.unix_permissions(0o644))?;
        zip.write_all(&std::fs::read(source).with_context(|| format!("cannot read {}", source.display()))?)?;
    }
    if let Some(revision) = revision {
        zip.start_file("revision", options.unix_permissions(0o644))?;
        zip.write_all(revision.as_bytes())?;
    }
    zip.finish()?.flush()?;
    Ok(())
}

fn add_target(workspace: &Workspace, target: &str) -> Result<()> {
    match Command::new("rustup").args(["target", "add", target]).current_dir(workspace.root()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => bail!("rustup cannot add {target}: {}", String::from_utf8_lossy(&output.stderr).trim()),
        // Without rustup the toolchain is the system's; cargo will say if the target is not part of it.
        Err(_) => Ok(()),
    }
}

fn run(command: &mut Command, failure: &str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot run {program}; Rust is from https://rustup.rs"))?;
    if !status.success() {
        bail!("{failure}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_zip_holds_the_program_and_the_rules_and_is_the_same_every_time() {
        let dir = std::env::temp_dir().join(format!("leadctl-pack-{}", std::process::id()));
        let rules = dir.join("rules");
        for folder in ["calendars", "lists"] {
            fs::create_dir_all(rules.join(folder)).unwrap();
        }
        for (name, text) in
            [("route.toml", "a"), ("calendars/cn.toml", "b"), ("lists/cities.txt", "c"), ("notes.md", "d")]
        {
            fs::write(rules.join(name), text).unwrap();
        }
        fs::write(dir.join("intake"), [0_u8, 1, 2]).unwrap();
        fs::set_permissions(dir.join("intake"), fs::Permissions::from_mode(0o600)).unwrap();
        let workspace = Workspace::at(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))).unwrap();
        let binaries = BTreeMap::from([("intake".to_owned(), dir.join("intake"))]);

        let contents = Contents { rules: &rules, revision: None };
        let once = pack(&workspace, contents, &binaries, &dir.join("1"), Place::Aws).unwrap();
        let twice = pack(&workspace, contents, &binaries, &dir.join("2"), Place::Aws).unwrap();
        assert_eq!(fs::read(&once["intake"]).unwrap(), fs::read(&twice["intake"]).unwrap());
        let revised = Contents { revision: Some("2"), ..contents };
        let revised = pack(&workspace, revised, &binaries, &dir.join("3"), Place::Aws).unwrap();
        assert_ne!(fs::read(&once["intake"]).unwrap(), fs::read(&revised["intake"]).unwrap());

        let mut zip = zip::ZipArchive::new(File::open(&once["intake"]).unwrap()).unwrap();
        let names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(
            names,
            ["bootstrap", "rules/calendars/cn.toml", "rules/lists/cities.txt", "rules/queues.toml", "rules/route.toml",]
        );
        let mut bootstrap = zip.by_name("bootstrap").unwrap();
        assert_eq!(bootstrap.unix_mode().unwrap() & 0o777, 0o755);
        let mut bytes = Vec::new();
        bootstrap.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, [0, 1, 2]);
        drop(bootstrap);

        // The launcher becomes the program, whatever the folder is called.
        let here = dir.join("it's here");
        fs::write(dir.join("intake"), "#!/bin/sh\necho started\n").unwrap();
        fs::set_permissions(dir.join("intake"), fs::Permissions::from_mode(0o700)).unwrap();
        let zips = pack(&workspace, contents, &binaries, &here, Place::Here).unwrap();
        let mut zip = zip::ZipArchive::new(File::open(&zips["intake"]).unwrap()).unwrap();
        let mut script = String::new();
        zip.by_name("bootstrap").unwrap().read_to_string(&mut script).unwrap();
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "started\n");
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn changed_rules_go_into_zips_with_the_same_programs() {
        let dir = std::env::temp_dir().join(format!("leadctl-repack-{}", std::process::id()));
        let (before, after) = (dir.join("before"), dir.join("after"));
        fs::create_dir_all(before.join("calendars")).unwrap();
        fs::create_dir_all(&after).unwrap();
        fs::write(before.join("route.toml"), "old").unwrap();
        fs::write(before.join("calendars/cn.toml"), "taken away").unwrap();
        fs::write(after.join("route.toml"), "new").unwrap();
        // Bytes that deflate shortens, and bytes that it does not.
        let program = |name: &str| {
            let noise = name.bytes().cycle().enumerate().map(|(at, byte)| byte.wrapping_mul((at % 251) as u8));
            noise.take(200_000).chain([0; 100_000]).collect::<Vec<u8>>()
        };
        let mut programs = BTreeMap::new();
        for name in FUNCTIONS {
            fs::write(dir.join(name), program(name)).unwrap();
            programs.insert(name.to_owned(), dir.join(name));
        }
        let workspace = Workspace::at(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))).unwrap();
        let with = |rules| Contents { rules, revision: None };
        let zips = dir.join("zips");
        let old = pack(&workspace, with(&before), &programs, &zips, Place::Aws).unwrap();
        let built = fs::read(&old["route"]).unwrap();

        let taken = unpack(&zips, &dir.join("programs")).unwrap();
        let new = pack(&workspace, with(&after), &taken, &zips, Place::Aws).unwrap();
        for name in FUNCTIONS {
            let mut zip = zip::ZipArchive::new(File::open(&new[name]).unwrap()).unwrap();
            let names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
            assert_eq!(names, ["bootstrap", "rules/queues.toml", "rules/route.toml"]);
            let mut text = String::new();
            zip.by_name("rules/route.toml").unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "new");
            let mut bootstrap = zip.by_name("bootstrap").unwrap();
            assert_eq!(bootstrap.unix_mode().unwrap() & 0o777, 0o755);
            let mut bytes = Vec::new();
            bootstrap.read_to_end(&mut bytes).unwrap();
            assert!(bytes == program(name), "{name} is another program");
        }
        // And with the old rules they are the zips of before, byte by byte.
        let taken = unpack(&zips, &dir.join("programs")).unwrap();
        let back = pack(&workspace, with(&before), &taken, &zips, Place::Aws).unwrap();
        assert!(fs::read(&back["route"]).unwrap() == built);

        fs::write(zips.join("sla.zip"), "cut off").unwrap();
        let told = format!("{:#}", unpack(&zips, &dir.join("programs")).unwrap_err());
        assert!(told.contains("cannot take the program out of") && told.contains("sla.zip"), "{told}");
        fs::remove_file(zips.join("sla.zip")).unwrap();
        let told = format!("{:#}", unpack(&zips, &dir.join("programs")).unwrap_err());
        assert!(told.contains("sla.zip; build it first (`leadctl package`)"), "{told}");
        fs::remove_dir_all(&dir).unwrap();
    }
}
