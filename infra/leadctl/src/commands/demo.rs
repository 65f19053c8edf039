//! `leadctl demo [FILE]`: posts leads to a local stack and shows where each goes, and why.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;
use indicatif::ProgressBar;
use leads::id::LeadId;
use leads::lead::Stage;

use super::up::{Local, stay, where_to};
use super::{accounts, reconcile};
use crate::client::Client;
use crate::console::Console;
use crate::follow::{End, Watch, follow, look};
use crate::leads_file::{self, Expect, FileLead};
use crate::show::Words;
use crate::workspace::Workspace;
use crate::{ledger, rules_here, show};

/// Which leads, and on what stack.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl demo                    the bundled samples; stays up until Ctrl-C
  leadctl demo --exit             ends after the run; status 0 if every lead reached its expected end
  leadctl demo leads.jsonl        your own: .json (array), .jsonl (one a line) or .csv (field names in the first line)")]
pub struct Arguments {
    /// The leads; the bundled samples by default.
    file: Option<PathBuf>,
    /// End after the run, with a status.
    #[arg(long)]
    exit: bool,
    #[command(flatten)]
    local: Local,
}

impl Arguments {
    /// Brings a stack up, and shows the leads on it.
    pub async fn run(self) -> Result<bool> {
        let file = self.file.as_deref();
        // A mistake in the file is told before anything is built.
        if let Some(file) = file.filter(|file| *file != Path::new("-")) {
            leads_file::read(file)?;
        }
        let (mut running, listener) = tokio::select! {
            up = self.local.up(false) => up?,
            interrupted = tokio::signal::ctrl_c() => return interrupted.map(|()| false).map_err(Into::into),
        };
        let address = listener.local_addr()?;
        println!("watch them flow at http://{address}/");
        let pages = Console::of(Client::new(running.stack.clone())?)?;
        let client = Client::new(running.stack.clone())?;
        let shown = async {
            let fine = tokio::select! {
                fine = run(&client, file) => fine?,
                interrupted = tokio::signal::ctrl_c() => return interrupted.map(|()| false).map_err(Into::into),
            };
            if !self.exit {
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
}

/// The bundled samples, below `infra/`.
const SAMPLES: &str = "samples/leads.json";
const ACCOUNTS: &str = "samples/accounts.csv";

/// What became of the leads.
struct Run {
    words: Words,
    leads: Vec<FileLead>,
    ids: BTreeMap<usize, LeadId>,
    ends: BTreeMap<LeadId, End>,
    unexpected: Vec<String>,
}

/// Posts the leads of `file`, or the samples; answers whether every lead ended where it should and the books balance.
pub async fn run(client: &Client, file: Option<&Path>) -> Result<bool> {
    let started = Instant::now();
    let infra = Workspace::find()?.infra();
    let leads = match file {
        Some(file) => leads_file::read(file)?,
        None => {
            let known = accounts::read(&infra.join(ACCOUNTS))?.accounts;
            accounts::import(client, &known, false).await?;
            println!("{} accounts imported", known.len());
            leads_file::read(&infra.join(SAMPLES))?
        }
    };
    let total = leads.len();
    let words = Words::of(&rules_here(&Workspace::find()?)?);
    let mut run = Run { words, leads, ids: BTreeMap::new(), ends: BTreeMap::new(), unexpected: Vec::new() };
    let last = run.leads.iter().map(|lead| lead.wave).max().unwrap_or(1);
    for wave in 1..=last {
        run.wave(client, wave).await?;
    }
    run.check_after(client).await?;

    println!();
    run.summarise();
    println!();
    let books = ledger::books(client, &ProgressBar::hidden()).await?;
    reconcile::print(&books);
    let expected = run.leads.iter().filter(|lead| lead.expect.is_some()).count();
    let seconds = started.elapsed().as_secs_f64();
    println!();
    if expected > 0 {
        println!("{} of {expected} at their expected end, in {seconds:.1} s", expected - run.unexpected.len());
    } else {
        println!("{} of {total} leads settled, in {seconds:.1} s", run.ends.len());
    }
    for line in &run.unexpected {
        println!("  {line}");
    }
    Ok(run.unexpected.is_empty() && books.balanced())
}

impl Run {
    async fn wave(&mut self, client: &Client, wave: u32) -> Result<()> {
        let chosen: Vec<usize> =
            (0..self.leads.len()).filter(|index| self.of(*index).is_some_and(|l| l.wave == wave)).collect();
        let posts: Vec<FileLead> = chosen.iter().filter_map(|index| self.of(*index).cloned()).collect();
        let bar = show::bar(posts.len(), "posting and routing");
        let watch = Watch::expecting();
        let names: RefCell<BTreeMap<LeadId, String>> = RefCell::default();
        let posting = async {
            let posted = client
                .post_all(&posts, &ProgressBar::hidden(), |post| {
                    if let (Ok(id), Some(lead)) = (&post.answer, posts.get(post.index)) {
                        names.borrow_mut().insert(id.clone(), lead.name.clone());
                        watch.add(id.clone());
                    }
                })
                .await;
            watch.close();
            posted
        };
        let mut arrived = Vec::new();
        let following = follow(client, &watch, |end| {
            bar.inc(1);
            let name = names.borrow().get(&end.lead_id).cloned().unwrap_or_default();
            bar.suspend(|| println!("{}", show::line(&name, &end, &self.words)));
            arrived.push(end);
        });
        let (posted, stuck) = futures::join!(posting, following);
        bar.finish_and_clear();
        let (posted, stuck) = (posted?, stuck?);
        for (index, posted) in chosen.into_iter().zip(posted) {
            match posted.answer {
                Ok(id) => _ = self.ids.insert(index, id),
                Err(why) => {
                    let name = self.of(index).map_or(String::new(), |lead| lead.name.clone());
                    println!("{name:<34} refused: {why}");
                    self.unexpected.push(format!("{name}: the intake refused it"));
                }
            }
        }
        for end in arrived {
            self.ends.insert(end.lead_id.clone(), end);
        }
        for lead in stuck {
            self.unexpected.push(format!("{lead} has not settled"));
        }
        for (index, id) in &self.ids {
            let Some(lead) = self.leads.get(*index).filter(|lead| lead.wave == wave) else { continue };
            if let (Some(expect), Some(end)) = (&lead.expect, self.ends.get(id)) {
                self.unexpected.extend(self.difference(lead, expect, end));
            }
        }
        Ok(())
    }

    /// Leads that a later wave is to have moved on.
    async fn check_after(&mut self, client: &Client) -> Result<()> {
        let mut differences = Vec::new();
        for (index, id) in &self.ids {
            let Some(lead) = self.leads.get(*index) else { continue };
            let Some(expect) = &lead.expect_after else { continue };
            let left = follow(client, &Watch::over(std::slice::from_ref(id)), |_| {}).await?;
            let Some(end) = look(client, id).await? else { bail!("lead {id} has gone") };
            if !left.is_empty() {
                differences.push(format!("{}: it has not settled again", lead.name));
            }
            println!("{}", show::line(&lead.name, &end, &self.words));
            differences.extend(self.difference(lead, expect, &end));
        }
        self.unexpected.extend(differences);
        Ok(())
    }

    fn of(&self, index: usize) -> Option<&FileLead> {
        self.leads.get(index)
    }

    fn difference(&self, lead: &FileLead, expect: &Expect, end: &End) -> Option<String> {
        let queue = end.queue.as_ref().map(ToString::to_string);
        let into = end.merged_into.as_ref().and_then(|master| {
            let index = self.ids.iter().find(|(_, id)| *id == master)?.0;
            self.leads.get(*index).map(|lead| lead.name.clone())
        });
        let wanted = [&expect.queue, &expect.reason, &expect.into];
        let got = [&queue, &end.reason, &into];
        let same = expect.stage == end.stage.name()
            && wanted.iter().zip(got).all(|(wanted, got)| wanted.is_none() || *wanted == got);
        let detail = |parts: [&Option<String>; 3]| parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        (!same).then(|| {
            let (is, should) = (detail(got), detail(wanted));
            format!("{}: is {} {is}, should be {} {should}", lead.name, end.stage.name(), expect.stage)
        })
    }

    fn summarise(&self) {
        let mut rows: BTreeMap<(Stage, String), (usize, String)> = BTreeMap::new();
        for end in self.ends.values() {
            let (detail, why) = match (&end.queue, &end.reason) {
                (Some(queue), _) => (queue.to_string(), self.words.queue(queue).to_owned()),
                (None, Some(reason)) => (reason.clone(), end.why.clone()),
                (None, None) => ("-".to_owned(), end.why.clone()),
            };
            rows.entry((end.stage, detail)).or_insert((0, why)).0 += 1;
        }
        let mut table = show::table(&["where", "queue or reason", "leads", "in words"]);
        for ((stage, detail), (count, why)) in rows {
            let cells = [detail, count.to_string(), why].map(show::cell);
            table.add_row([show::stage_cell(stage)].into_iter().chain(cells));
        }
        println!("{table}");
    }
}
