//! A local stack under load: the real functions, consumers at every queue, and the books.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use leadctl::client::Client;
use leadctl::depths::{ReadDepths as _, sales_queues};
use leadctl::ledger::{self, Books};
use leadctl::local::{self, Options, RunningStack, state};
use leadctl::package::Profile;
use leadctl::show;
use leadctl::workspace::Workspace;
use leads::id::LeadId;
use leads::lead::Stage;

use crate::cores;
use crate::journal::Journal;
use crate::leads::bodies;
use crate::listen::Consumers;
use crate::pace::Pace;
use crate::round::{Round, account, hops, lasted, work};

/// Its folder under `target/local`.
const INSTANCE: &str = "load";

/// Leads before the first that counts: every function has processes then, and connections.
const WARM_UP: usize = 48;

/// How long nothing may move. The sweep looks every minute for what is a minute late, and later each time.
const PATIENCE: Duration = Duration::from_secs(240);
const LOOK: Duration = Duration::from_millis(500);
/// Between two looks at the whole table.
const AUDIT: Duration = Duration::from_secs(5);

/// A stack under load.
pub struct Stand {
    /// The stack.
    pub client: Arc<Client>,
    consumers: Consumers,
    journal: Journal,
    bodies: Box<dyn Iterator<Item = String>>,
    rounds: usize,
    answered: BTreeSet<LeadId>,
    unanswered: Vec<String>,
    /// The emulator's process, and the group in which its functions are.
    group: i32,
    /// Ends with this value.
    _running: RunningStack,
}

impl Stand {
    /// Brings a stack up.
    pub async fn up(workspace: &Workspace, profile: Profile) -> Result<Self> {
        let options = Options { instance: INSTANCE.to_owned(), profile, ..Options::default() };
        let running = local::up(workspace, &options).await?;
        let state = state::running(&local::instance_dir(workspace, INSTANCE))?.context("the stack has ended")?;
        let client = Arc::new(Client::new(running.stack.clone())?);
        let queues = sales_queues()?.into_iter().map(|queue| queue.name.to_string());
        Ok(Self {
            consumers: Consumers::start(&client, queues).await?,
            client,
            journal: Journal::of(running.log.clone()),
            bodies: Box::new(bodies()),
            rounds: 0,
            answered: BTreeSet::new(),
            unanswered: Vec::new(),
            group: state.pid,
            _running: running,
        })
    }

    /// A load that does not count.
    pub async fn warm_up(&mut self) -> Result<()> {
        self.round(WARM_UP, Pace { rate: WARM_UP as f64, at_once: 8 }).await.map(drop)
    }

    /// Posts so many leads, and waits until all have settled.
    pub async fn round(&mut self, count: usize, pace: Pace) -> Result<Round> {
        self.rounds += 1;
        let bodies: Vec<String> = self.bodies.by_ref().take(count).collect();
        self.journal.read_on()?;
        let before = self.consumers.heard()?.len();
        let (load, since) = (load()?, cores::since(self.group)?);

        let bar = show::bar(count, "posting");
        let posts = pace.post(&self.client, bodies, &format!("load-{}", self.rounds), &bar).await?;
        bar.finish_and_clear();
        for post in &posts {
            match &post.lead {
                Ok(lead) => _ = self.answered.insert(lead.clone()),
                Err(why) => self.unanswered.push(why.clone()),
            }
        }
        let books = self.settle().await?;
        let cores = since.cores(self.group)?;

        let (heard, told) = (self.consumers.heard()?, self.journal.read_on()?);
        let new = heard.get(before..).unwrap_or_default();
        let (answered_s, queued_s) = lasted(&posts, new);
        Ok(Round {
            asked: pace.rate,
            leads: posts.len() as u64,
            answered_s,
            queued_s,
            repeated: posts.iter().filter(|post| post.attempts > 1).count() as u64,
            hops: hops(&posts, new, &told)?,
            stages: work(&told),
            cores,
            load,
            account: account(&books, &self.answered, &self.unanswered, &heard),
        })
    }

    /// Waits until every lead has settled and come to its queue, or nothing moves any more; answers with the books.
    async fn settle(&mut self) -> Result<Books> {
        let bar = show::bar(self.answered.len(), "settling");
        let (mut moved, mut before) = (Instant::now(), None);
        loop {
            let waiting =
                self.client.depths(&[]).await?.iter().map(|depth| depth.visible + depth.in_flight).sum::<u64>();
            let heard = self.consumers.heard()?;
            bar.set_position((self.answered.len() as u64).saturating_sub(waiting));
            let now = Some((waiting, heard.len()));
            if now != before {
                (moved, before) = (Instant::now(), now);
            }
            let stuck = moved.elapsed() > PATIENCE;
            if waiting == 0 || stuck {
                let books = ledger::books(&self.client, &ProgressBar::hidden()).await?;
                let arrived = heard.iter().map(|heard| &heard.lead).collect::<BTreeSet<_>>().len() as u64;
                let at = |stage| books.balance.by_stage.get(&stage).copied().unwrap_or_default();
                if stuck || (books.balanced() && arrived == at(Stage::Routed) + at(Stage::Nurtured)) {
                    bar.finish_and_clear();
                    return Ok(books);
                }
                tokio::time::sleep(AUDIT).await;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// How busy the machine was over the last minute.
pub fn load() -> Result<f64> {
    let load = std::fs::read_to_string("/proc/loadavg").context("the system does not tell its load")?;
    load.split(' ').next().context("no load")?.parse().context("the load is no number")
}
