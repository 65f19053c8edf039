//! Posts leads at times that are fixed beforehand. A lead's time counts from when it was to be sent, so that a stack which
//! answers slowly cannot slow down the clock it is measured by.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use jiff::Timestamp;
use leadctl::client::{Call, Client};
use leads::id::LeadId;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// How fast leads are posted.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Leads a second.
    pub rate: f64,
    /// How many posts are under way at most.
    pub at_once: usize,
}

/// A lead that was posted.
#[derive(Clone, Debug)]
pub struct Post {
    /// When it was to be sent.
    pub due: Timestamp,
    /// When it was answered for good.
    pub answered: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
    /// The lead, or why there is none.
    pub lead: Result<LeadId, String>,
}

impl Pace {
    /// Posts all of them, each under a key that begins with `name`.
    pub async fn post(
        self,
        client: &Arc<Client>,
        bodies: Vec<String>,
        name: &str,
        progress: &ProgressBar,
    ) -> Result<Vec<Post>> {
        let gate = Arc::new(Semaphore::new(self.at_once));
        let (begin, began) = (Instant::now(), Timestamp::now());
        let mut posts = JoinSet::new();
        for (number, body) in bodies.into_iter().enumerate() {
            let after = Duration::from_secs_f64(number as f64 / self.rate);
            sleep_until(begin + after).await;
            let permit = Arc::clone(&gate).acquire_owned().await?;
            let (client, progress, key) = (Arc::clone(client), progress.clone(), format!("{name}-{number}"));
            posts.spawn(async move {
                let post = post(&client, &body, &key, began + after).await;
                drop(permit);
                progress.inc(1);
                post
            });
        }
        let mut answered = Vec::new();
        while let Some(post) = posts.join_next().await {
            answered.push(post.context("a post ended before its answer")?);
        }
        Ok(answered)
    }
}

async fn post(client: &Client, body: &str, key: &str, due: Timestamp) -> Post {
    let call = Call {
        method: "POST",
        path: "/v1/leads",
        body,
        content_type: "application/json",
        key: Some(key),
        signer: None,
    };
    let (attempts, lead) = client.post(&call).await;
    Post { due, answered: Timestamp::now(), attempts, lead }
}
