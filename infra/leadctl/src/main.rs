//! `leadctl`: runs the lead pipeline on this machine, and looks after it on AWS.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use leadctl::client::Client;
use leadctl::commands::erase::Whom;
use leadctl::console::{self, Console};
use leadctl::local::{self, RunningStack};
use leadctl::package::{Arch, Profile};
use leadctl::pool;
use leadctl::queues::Queues;
use leadctl::stack::Stack;
use leadctl::workspace::Workspace;
use leadctl::{commands, leads_file, template};
use leads::feedback::{Verdict, VerdictKind};
use tokio::net::TcpListener;

/// Runs the lead pipeline on this machine, and looks after it on AWS.
#[derive(Parser)]
#[command(
    version,
    after_help = "\
Examples:
  leadctl demo                         start a local stack, post the sample leads, show where each went and why
  leadctl demo --exit my-leads.csv     the same with your own leads; ends with a status
  leadctl up                           start a local stack and leave it to you
  leadctl tail sales-cn-east           consume a queue as a sales tool would
  leadctl explain ld_…                 why a lead is where it is
  leadctl reconcile --stack leads-prod the books of a stack on AWS"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Which stack a command is about.
#[derive(Args)]
struct Where {
    /// A stack on AWS, by the ordinary chain of credentials and region; the local stack by default.
    #[arg(long, value_name = "NAME", env = "LEAD_STACK")]
    stack: Option<String>,
}

impl Where {
    async fn client(&self) -> Result<Client> {
        Client::new(match &self.stack {
            Some(name) => Stack::of_aws(name).await?,
            None => Stack::of_local(&instance(&Workspace::find()?)).await?,
        })
    }
}

#[derive(Args)]
struct Local {
    /// The port of the local stack; a free one by default.
    #[arg(long)]
    port: Option<u16>,
    /// The port of the console; a free one by default.
    #[arg(long)]
    console_port: Option<u16>,
    #[command(flatten)]
    deployed: Deployed,
}

/// What is deployed on the local stack.
#[derive(Args)]
struct Deployed {
    /// How to build the functions.
    #[arg(long, value_enum, default_value = "dev")]
    profile: Profile,
    /// Another folder of rules than infra/rules.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// A parameter of the template; may be given several times.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Makes new versions of functions whose programs and rules are as they were, if it is another text than before: they
    /// start anew, with changed parameters and secrets.
    #[arg(long, value_name = "TEXT")]
    revision: Option<String>,
}

impl Deployed {
    fn options(self) -> local::Options {
        let (instance, parameters) = (instance_name(), self.parameters.into_iter().collect());
        local::Options {
            instance,
            profile: self.profile,
            rules: self.rules,
            revision: self.revision,
            parameters,
            ..local::Options::default()
        }
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is written NAME=VALUE, for example LogLevel=debug")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[derive(Subcommand)]
enum Command {
    /// Start a local stack, post leads, and show where each goes and why.
    #[command(after_help = "\
Examples:
  leadctl demo                    the bundled samples; stays up until Ctrl-C
  leadctl demo --exit             ends after the run; status 0 if every lead reached its expected end
  leadctl demo leads.jsonl        your own: .json (array), .jsonl (one a line) or .csv (field names in the first line)")]
    Demo {
        /// The leads; the bundled samples by default.
        file: Option<PathBuf>,
        /// End after the run, with a status.
        #[arg(long)]
        exit: bool,
        #[command(flatten)]
        local: Local,
    },
    /// Start a local stack, and stay until Ctrl-C.
    Up {
        #[command(flatten)]
        local: Local,
        /// Leave it running, until `leadctl down`.
        #[arg(long)]
        detach: bool,
    },
    /// Deploy rules, programs and template as they are now on the local stack that runs, in place, as `sam deploy` does
    /// on AWS. Leads keep flowing.
    #[command(after_help = "\
Examples:
  leadctl update                                 after a change of rules, code or template
  leadctl update --rules ../other-rules          the rules of another folder, this time
  leadctl update --parameter LogLevel=debug --revision 2
                                                 parameters that are not named stay as they are; functions see a changed
                                                 one only with another revision, here and on AWS")]
    Update {
        #[command(flatten)]
        deployed: Deployed,
    },
    /// End the local stack.
    Down,
    /// Post the leads of a file, or of standard input (`-`).
    #[command(after_help = "\
Examples:
  leadctl send leads.csv
  echo '{\"form_id\":\"contact\", …}' | leadctl send -
  leadctl send --map docs/forms/recipes/typeform.toml --dry-run responses.json
                                 an export of another tool: what its recipe would make of it
Sending a file again makes no second lead: each has a key of its own, remembered for two days.")]
    Send {
        /// A .json, .jsonl or .csv file, or `-`.
        file: PathBuf,
        /// A recipe that maps the columns of an export to our fields (docs/forms/README.md).
        #[arg(long, value_name = "RECIPE")]
        map: Option<PathBuf>,
        /// Leave records out that cannot be posted, and post the rest.
        #[arg(long, requires = "map")]
        skip_bad: bool,
        /// Say what would be posted, and post nothing. Shows personal data.
        #[arg(long)]
        dry_run: bool,
        /// One JSON object a lead.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Show what lies in which queue.
    Queues {
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Consume a queue as a sales tool would: receive, print, delete.
    Tail {
        /// The queue, as in infra/queues.toml; with `-dlq` its dead-letter queue.
        queue: String,
        /// Stop when the queue is empty.
        #[arg(long)]
        once: bool,
        /// Look once, and leave the messages in the queue. Each look counts as a receive; the tenth is a message's last.
        #[arg(long)]
        keep: bool,
        /// The messages as they are, one a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Serve pages on 127.0.0.1 to look at a stack with: leads as they flow, queues, one lead and why it went where it went.
    #[command(after_help = "\
Examples:
  leadctl console                       beside the local stack that runs; `leadctl up` and `leadctl demo` have one already
  leadctl console --stack leads-prod    a stack on AWS, with your own credentials
It reads, and changes nothing; docs/console.md says what each page costs and which IAM actions it needs.")]
    Console {
        /// The port; a free one by default.
        #[arg(long)]
        port: Option<u16>,
        #[command(flatten)]
        place: Where,
    },
    /// Show where a lead stands, why, what happened to it, and what a person may do now.
    Explain {
        /// The id that the intake answered with: `ld_…`.
        lead_id: String,
        /// Its rows as JSON; these hold personal data.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Check that no lead is lost: accepted = routed + nurtured + … over table and queues. Changes nothing but
    /// what `--mend-counts` mends; status 1 if not all is well.
    Reconcile {
        /// Set numbers of open leads that are wrong to what the leads say; may be run again
        #[arg(long)]
        mend_counts: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Move a queue's dead letters back into the queue, after their cause is mended.
    #[command(after_help = "\
Examples:
  leadctl redrive score-queue --dry-run
  leadctl redrive score-queue
A message gets into a dead-letter queue after sixteen attempts between the functions, ten of a sales tool; an alarm tells of
it. Mend the cause first (the log of the function, or the tool that reads the queue), then redrive: each message is sent to
its queue again, as it was, and only then taken from the dead letters. It may be interrupted and run again: what a lead has behind it does not happen twice,
and consumers know a copy by its delivery_id. Messages to sales about a lead that was erased meanwhile are deleted. Those
younger than five minutes are left for later: SQS would take them for copies, and drop them.")]
    Redrive {
        /// clean-queue, score-queue, route-queue, or a queue of infra/queues.toml.
        queue: String,
        /// Say how many dead letters there are, and move none.
        #[arg(long)]
        dry_run: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Leads that cannot go on by themselves: list them, let them go on, or stop them.
    #[command(subcommand)]
    Park(Park),
    /// Leads that are kept for later, pooled and nurtured: list them, or export them for a campaign.
    #[command(subcommand)]
    Pool(Pool),
    /// Show how many leads sales sent back as duplicate or not_a_fit, by the rule that had given them out.
    #[command(after_help = "\
Examples:
  leadctl returns
  leadctl returns --since 2026-01-01 --stack leads-prod --json
Each routing counts once, by what sales said of it last. Reads the whole table, row by row, and changes nothing.")]
    Returns {
        /// Count routings from this day (UTC) or moment on.
        #[arg(long, value_name = "DATE", value_parser = pool::since)]
        since: Option<Timestamp>,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Tell what the money brought: a page (or JSON, or CSV) from the funnel to attribution, speed, deadlines and reasons.
    #[command(after_help = "\
Examples:
  leadctl report --out report.html                                     the local stack
  leadctl report --stack leads-prod --costs costs.csv --out report.html
  leadctl report --export AWSDynamoDB/01790000000000-1a2b3c4d --by campaign --out report.json
  leadctl report --since 2026-01-01 --until 2026-03-31 --time-zone Asia/Shanghai --lang zh --out report.html
  leadctl explain ld_… --json | leadctl report - --out one-lead.html
A large table is better read from an export to S3, which costs the live one nothing. The ending of --out decides how it is
written. The page names salespeople, and nobody else; it needs no network. docs/report.md defines every figure. Status 1 if
a row cannot be read.")]
    Report {
        #[command(flatten)]
        options: Box<commands::report::Options>,
        #[command(flatten)]
        place: Where,
    },
    /// Erase a person: all personal data of a lead and of every lead that joined it. It cannot be undone.
    #[command(after_help = "\
Examples:
  leadctl erase ld_… --dry-run                    which leads and how many rows would go, and who would be told
  leadctl erase ld_…
  leadctl erase --email li.lei@acme.example       searches the whole table, held and rejected leads included
  leadctl erase --again-from-table leads-Table-1 --in-table leads-restored
                                                  after a restore: whoever is erased in the table that it was made from
  leadctl erase --again-from-file erased.txt      the same by a list of lead ids, one a line
A tombstone stays, on which late messages find nothing. Every queue that was ever told of the lead gets lead.erased, and
once more two minutes later. It may be interrupted at any time: run it again, and it finishes what was begun.")]
    #[group(id = "whom", required = true, multiple = false)]
    Erase {
        /// The lead.
        #[arg(group = "whom")]
        lead_id: Option<String>,
        /// Every lead that was posted with this address, however it was typed.
        #[arg(long, value_name = "ADDRESS", group = "whom")]
        email: Option<String>,
        /// Whoever is erased in this other table, from which the stack's table was restored.
        #[arg(long, value_name = "TABLE", group = "whom")]
        again_from_table: Option<String>,
        /// Whoever is named in this file, one lead id a line; ids that the table does not hold are left out.
        #[arg(long, value_name = "FILE", group = "whom")]
        again_from_file: Option<PathBuf>,
        /// Erase in this table instead of the stack's: one that was restored, before the stack uses it.
        #[arg(long, value_name = "TABLE")]
        in_table: Option<String>,
        /// Say what would go, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Report on a lead as a sales tool does.
    #[command(after_help = "\
Examples:
  leadctl feedback ld_… accepted --as crm-china
  leadctl feedback ld_… won --amount '9900000 CNY' --note 'Two presses.' --actor wang.fang --as crm-china
  leadctl feedback ld_… no_budget_yet --next-date 2027-03-01 --as crm-china
docs/lifecycle.md has what follows from each answer.")]
    Feedback {
        #[command(flatten)]
        report: commands::feedback::Report,
        /// Who signs (infra/rules/principals.toml).
        #[arg(long = "as", value_name = "PRINCIPAL")]
        as_: String,
        #[command(flatten)]
        place: Where,
    },
    /// Decide about a lead as telemarketing does.
    #[command(after_help = "\
Examples:
  leadctl verdict ld_… release --reason 'called back' --as telemarketing-desk
  leadctl verdict ld_… hold --reason 'their plant is closed until May' --actor zhao.lei --as crm-china")]
    Verdict {
        /// The lead.
        lead_id: String,
        /// release, refuse, mql, not_mql, hold, test or unmerge; docs/lifecycle.md says which fits where.
        #[arg(value_parser = commands::feedback::verdict_kind)]
        verdict: VerdictKind,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Who decides.
        #[arg(long, value_name = "NAME", default_value = "leadctl")]
        actor: String,
        /// Who signs (infra/rules/principals.toml).
        #[arg(long = "as", value_name = "PRINCIPAL")]
        as_: String,
        #[command(flatten)]
        place: Where,
    },
    /// Undo a join: a merged lead becomes a lead of its own again, and the two never join each other again.
    #[command(after_help = "\
Example:
  leadctl unmerge ld_… --reason 'two people of one name' --as telemarketing-desk
`leadctl explain` on the lead that it joined lists what joined it.")]
    Unmerge {
        /// The merged lead.
        lead_id: String,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Who signs (infra/rules/principals.toml).
        #[arg(long = "as", value_name = "PRINCIPAL")]
        as_: String,
        #[command(flatten)]
        place: Where,
    },
    /// Customers, key accounts and competitors.
    #[command(subcommand)]
    Accounts(Accounts),
    /// Show the key under which a principal signs its requests.
    Keys {
        /// The principal, as in infra/rules/principals.toml.
        principal: String,
        #[command(flatten)]
        place: Where,
    },
    /// The rules.
    #[command(subcommand)]
    Rules(commands::rules::Rules),
    /// Replay past leads under changed rules and compare: who moves where and why, load, MQL rate, precision.
    Backtest(commands::backtest::Options),
    /// Invented leads.
    #[command(subcommand)]
    Samples(commands::samples::Samples),
    /// Lists, places, calendars and test data that come from packages.
    #[command(subcommand)]
    Data(Data),
    /// Build and pack the functions for AWS, for `sam deploy`.
    #[command(after_help = "\
Examples:
  leadctl package                                     compiles, for minutes; target/lambda/*.zip and sbom.cdx.json
  leadctl package --rules-only                        seconds: the programs of target/lambda, the rules of this checkout
  leadctl package --rules-only --zips ~/lambda-arm64  with the programs of a release
Both refuse rules with which `leadctl rules check` finds an error.")]
    Package(commands::package::Options),
    /// Print what the functions are made of: every crate with version, licence, hash and what it needs (CycloneDX 1.6).
    #[command(after_help = "Example: leadctl sbom --arch x86_64 > sbom.cdx.json")]
    Sbom {
        /// What they are built for.
        #[arg(long, value_enum, default_value = "arm64")]
        arch: Arch,
    },
    /// The template.
    #[command(subcommand)]
    Infra(Infra),
    /// Write the generated documents under docs/: the message schema, the OpenAPI document and the picture of routing.
    Docs {
        /// Change nothing; fail if one is stale.
        #[arg(long)]
        check: bool,
    },
}

#[derive(Subcommand)]
enum Accounts {
    /// Import a CSV file with the columns name, domain, kind (customer, key, competitor), owner.
    #[command(after_help = "\
Examples:
  leadctl accounts import infra/samples/accounts.csv
  leadctl accounts import --dry-run accounts.csv     what would change
  leadctl accounts import --skip-bad accounts.csv    the good lines of a file that has bad ones
The file is CSV in UTF-8. `domain` may list several, a blank between them, or be empty; `owner` may be empty. Leads find
an account by the registrable domain first (shop.acme.example by acme.example), then by the name without its legal form.
A file with a bad line changes nothing. Importing a file again changes nothing; accounts that no line names stay.")]
    Import {
        /// The file.
        file: PathBuf,
        /// Leave bad lines out, and import the rest.
        #[arg(long)]
        skip_bad: bool,
        /// Say what would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
}

#[derive(Subcommand)]
enum Park {
    /// Show parked leads, why, and since when.
    #[command(after_help = "\
Examples:
  leadctl park list
  leadctl park list --held     those that wait for telemarketing, too")]
    List {
        /// Held leads as well.
        #[arg(long)]
        held: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Let parked or held leads go on, once what kept them is mended.
    #[command(after_help = "\
Example:
  leadctl park release ld_… ld_… --reason 'the row is restored' --as telemarketing-desk")]
    Release(Decided),
    /// Stop parked or held leads for good.
    #[command(after_help = "\
Example:
  leadctl park refuse ld_… --reason 'a test of ours' --as telemarketing-desk")]
    Refuse(Decided),
}

#[derive(Subcommand)]
enum Pool {
    /// Show which leads are kept, since when, and when they come back; without personal data.
    #[command(after_help = "\
Examples:
  leadctl pool list
  leadctl pool list --tag decision_maker --since 2026-01-01
  leadctl pool list --tag interaction=webinar --json | head
Reads the whole table, row by row, and changes nothing. Status 1 if a row cannot be read.")]
    List {
        #[command(flatten)]
        which: commands::pool::Which,
        /// One JSON object a lead, one a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Write them with their personal data to standard output.
    #[command(after_help = "\
Examples:
  leadctl pool export --tag decision_maker > campaign.csv
  leadctl pool export --format jsonl --since 2026-01-01 --stack leads-prod > campaign.jsonl
CSV is UTF-8 as RFC 4180 has it. A cell that a spreadsheet could take for a formula (it begins with = + - @, a tab or a
carriage return) gets an apostrophe before it, phone numbers with a + included: take it off if a program reads the file,
or use jsonl. Look at `consent_purpose` before you write to anybody, and delete the file after the campaign: an erasure
does not reach it. Reads the whole table, row by row, and changes nothing. Status 1 if a row cannot be read.")]
    Export {
        #[command(flatten)]
        which: commands::pool::Which,
        /// How it is written.
        #[arg(long, value_enum, default_value = "csv")]
        format: commands::pool::ExportFormat,
        /// The same as --format jsonl.
        #[arg(long, conflicts_with = "format")]
        json: bool,
        #[command(flatten)]
        place: Where,
    },
}

#[derive(Args)]
struct Decided {
    /// The leads.
    #[arg(required = true, value_name = "LEAD_ID")]
    leads: Vec<String>,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Who signs (infra/rules/principals.toml).
    #[arg(long = "as", value_name = "PRINCIPAL")]
    as_: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Subcommand)]
enum Data {
    /// Write them anew from the pinned packages, and say what changed.
    #[command(after_help = "\
Examples:
  leadctl data refresh           after raising a pin in shared/data/requirements.txt or shared/data/refresh.py
  leadctl data refresh --check   write nothing; status 1 if a file differs from what the pinned packages give
npm packages come from the registry in npm_config_registry, or else from npm's own.")]
    Refresh {
        /// Change nothing; fail if a file differs.
        #[arg(long)]
        check: bool,
    },
}

#[derive(Subcommand)]
enum Infra {
    /// Write the queues of infra/queues.toml into infra/template.yaml.
    Generate {
        /// Change nothing; fail if the template is stale.
        #[arg(long)]
        check: bool,
    },
    /// Check what operators may rely on: that no lead gets lost, and nobody is let in, by the template's doing.
    #[command(after_help = "\
Examples:
  leadctl infra check                     infra/template.yaml, as SAM expands it
  leadctl infra check changed.yaml        another SAM template
  leadctl infra check expanded.json       one that is expanded already
docs/infra-checks.md lists the checks. Status 1 if one does not hold.")]
    Check {
        /// The template; infra/template.yaml by default.
        template: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Several local stacks run side by side under names of their own.
fn instance_name() -> String {
    std::env::var("LEAD_INSTANCE").unwrap_or_else(|_| local::Options::default().instance)
}

fn instance(workspace: &Workspace) -> PathBuf {
    local::instance_dir(workspace, &instance_name())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("leadctl: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command; answers whether what it checked holds.
async fn run(command: Command) -> Result<bool> {
    match command {
        Command::Demo { file, exit, local } => return demo(file, exit, local).await,
        Command::Up { local, detach } => {
            let (mut running, listener) = up(local, detach).await?;
            let console = listener.local_addr()?;
            if detach {
                drop(listener);
                running.start_console(console.port()).await?;
                where_to(&running, console);
                running.leave_running();
            } else {
                where_to(&running, console);
                let pages = Console::of(Client::new(running.stack.clone())?)?;
                tokio::select! {
                    ended = stay(&mut running) => ended?,
                    ended = pages.serve(listener) => ended?,
                }
            }
        }
        Command::Update { deployed } => {
            let changed = local::update(&Workspace::find()?, &deployed.options()).await?;
            println!("{}", if changed { "the local stack is updated" } else { "nothing has changed" });
        }
        Command::Down => {
            let there = local::down(&instance(&Workspace::find()?))?;
            println!("{}", if there { "the local stack has ended" } else { "no local stack was running" });
        }
        Command::Send { file, map, skip_bad, dry_run, json, place } => {
            let options = commands::send::Options { map, skip_bad, dry_run, as_json: json };
            return commands::send::run(&file, &options, async || place.client().await).await;
        }
        Command::Queues { json, place } => commands::queues::run(&place.client().await?, json).await?,
        Command::Tail { queue, once, keep, json, place } => {
            let options = commands::tail::Options { queue: &queue, once, keep, as_json: json };
            let client = place.client().await?;
            tokio::select! {
                ended = commands::tail::run(&client, &options) => ended?,
                interrupted = tokio::signal::ctrl_c() => interrupted?,
            }
        }
        Command::Console { port, place } => console(port, &place).await?,
        Command::Explain { lead_id, json, place } => {
            commands::explain::run(&place.client().await?, &lead_id, json).await?;
        }
        Command::Reconcile { mend_counts, json, place } => {
            return commands::reconcile::run(&place.client().await?, mend_counts, json).await;
        }
        Command::Redrive { queue, dry_run, json, place } => {
            let queue = commands::redrive::named(&queue)?;
            return commands::redrive::run(&place.client().await?, &queue, dry_run, json).await;
        }
        Command::Park(Park::List { held, json, place }) => {
            commands::park::list(&place.client().await?, held, json).await?;
        }
        Command::Park(Park::Release(decided)) => return park("release", &decided).await,
        Command::Park(Park::Refuse(decided)) => return park("refuse", &decided).await,
        Command::Pool(Pool::List { which, json, place }) => {
            return commands::pool::list(&place.client().await?, which, json).await;
        }
        Command::Pool(Pool::Export { which, format, json, place }) => {
            return commands::pool::export(&place.client().await?, which, format, json).await;
        }
        Command::Returns { since, json, place } => {
            return commands::returns::run(&place.client().await?, since, json).await;
        }
        Command::Report { options, place } => {
            return commands::report::run(&options, async || place.client().await).await;
        }
        Command::Erase { lead_id, email, again_from_table, again_from_file, in_table, dry_run, yes, json, place } => {
            let options = commands::erase::Options { dry_run, yes, as_json: json };
            let whom = match (again_from_table, again_from_file) {
                (Some(table), _) => Whom::AgainFromTable(table),
                (None, Some(file)) => Whom::AgainFromFile(file),
                (None, None) => Whom::of(lead_id.as_deref(), email.as_deref())?,
            };
            let client = place.client().await?;
            let client = match in_table {
                Some(table) => client.in_table(table),
                None => client,
            };
            return commands::erase::run(&client, &whom, options).await;
        }
        Command::Feedback { report, as_, place } => {
            commands::feedback::feedback(&place.client().await?, &report, &as_).await?;
        }
        Command::Verdict { lead_id, verdict, reason, actor, as_, place } => {
            let verdict = Verdict { verdict, reason, actor };
            commands::feedback::verdict(&place.client().await?, &lead_id, verdict, &as_).await?;
        }
        Command::Unmerge { lead_id, reason, as_, place } => {
            let verdict = Verdict { verdict: VerdictKind::Unmerge, reason, actor: "leadctl".to_owned() };
            commands::feedback::verdict(&place.client().await?, &lead_id, verdict, &as_).await?;
        }
        Command::Accounts(Accounts::Import { file, skip_bad, dry_run, json, place }) => {
            let options = commands::accounts::Options { skip_bad, dry_run, as_json: json };
            return commands::accounts::run(&file, options, async || place.client().await).await;
        }
        Command::Keys { principal, place } => commands::keys::run(&place.client().await?, &principal).await?,
        Command::Rules(rules) => return commands::rules::run(rules),
        Command::Backtest(options) => commands::backtest::run(&options)?,
        Command::Samples(samples) => commands::samples::run(&samples)?,
        Command::Data(Data::Refresh { check }) => return commands::data::refresh(check),
        Command::Package(options) => return commands::package::run(&options),
        Command::Sbom { arch } => commands::package::print_sbom(arch)?,
        Command::Infra(Infra::Generate { check }) => generate(check)?,
        Command::Infra(Infra::Check { template, json }) => return commands::infra_check::run(template, json),
        Command::Docs { check } => return commands::docs::run(check),
    }
    Ok(true)
}

async fn park(verdict: &str, decided: &Decided) -> Result<bool> {
    let options =
        commands::park::Options { verdict, reason: &decided.reason, as_: &decided.as_, as_json: decided.json };
    commands::park::decide(&decided.place.client().await?, &decided.leads, options).await
}

/// Brings a local stack up. The console's address is known before: pages from there may post leads by script.
async fn up(local: Local, detach: bool) -> Result<(RunningStack, TcpListener)> {
    let listener = console::listen(local.console_port).await?;
    let console = Some(listener.local_addr()?);
    let options = local::Options { port: local.port, detach, console, ..local.deployed.options() };
    Ok((local::up(&Workspace::find()?, &options).await?, listener))
}

async fn demo(file: Option<PathBuf>, exit: bool, local: Local) -> Result<bool> {
    // A mistake in the file is told before anything is built.
    if let Some(file) = file.as_deref().filter(|file| *file != Path::new("-")) {
        leads_file::read(file)?;
    }
    let (mut running, listener) = tokio::select! {
        up = up(local, false) => up?,
        interrupted = tokio::signal::ctrl_c() => return interrupted.map(|()| false).map_err(Into::into),
    };
    let address = listener.local_addr()?;
    println!("watch them flow at http://{address}/");
    let pages = Console::of(Client::new(running.stack.clone())?)?;
    let client = Client::new(running.stack.clone())?;
    let shown = async {
        let fine = tokio::select! {
            fine = commands::demo::run(&client, file.as_deref()) => fine?,
            interrupted = tokio::signal::ctrl_c() => return interrupted.map(|()| false).map_err(Into::into),
        };
        if !exit {
            println!();
            where_to(&running, address);
            stay(&mut running).await?;
        }
        Ok(fine)
    };
    tokio::select! {
        fine = shown => fine,
        ended = pages.serve(listener) => ended.map(|()| false),
    }
}

/// Serves the console until Ctrl-C, and beside a local stack no longer than that runs.
async fn console(port: Option<u16>, place: &Where) -> Result<()> {
    let client = place.client().await?;
    let local = client.stack.facts.endpoint.is_some();
    let pages = Console::of(client)?;
    let listener = console::listen(port).await?;
    println!("console        http://{}/", listener.local_addr()?);
    println!("Ctrl-C ends it");
    let ended = async {
        if local {
            local::until_down(&instance(&Workspace::find()?)).await?;
            println!("the local stack has ended");
            return anyhow::Ok(());
        }
        std::future::pending().await
    };
    tokio::select! {
        ended = ended => ended,
        ended = pages.serve(listener) => ended,
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

async fn stay(running: &mut RunningStack) -> Result<()> {
    println!("Ctrl-C ends it");
    tokio::select! {
        ended = running.wait() => ended,
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

fn where_to(running: &RunningStack, console: SocketAddr) {
    let facts = &running.stack.facts;
    let endpoint = facts.endpoint.as_deref().unwrap_or_default();
    println!("console        http://{console}/");
    println!("form           http://{console}/form/");
    println!("post leads to  {}/v1/leads", facts.api_url);
    println!("read queues    leadctl queues; leadctl tail sales-cn-east");
    println!("any AWS client aws --endpoint-url {endpoint} --region {} sqs list-queues", facts.region);
    println!("               with AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test");
    println!("log            {}", running.log.display());
}

fn generate(check: bool) -> Result<()> {
    let workspace = Workspace::find()?;
    let path = workspace.infra().join("template.yaml");
    let old = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let new = template::regenerate(&old, &Queues::read(&workspace.infra().join("queues.toml"))?)?;
    if new == old {
        return Ok(());
    }
    if check {
        bail!("infra/template.yaml is stale: run `leadctl infra generate`");
    }
    std::fs::write(&path, new).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote the queues into infra/template.yaml; `leadctl rules check` says what the rules still lack");
    Ok(())
}
