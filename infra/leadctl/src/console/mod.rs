//! The console: pages over a stack, for people who look before they read. It answers on 127.0.0.1 alone, and its bounds are
//! reads alone: whatever a page does, it can write, send, receive and delete nothing.

mod form;
pub mod pages;
mod serve;
#[cfg(test)]
mod tests;
pub mod watch;

use std::cell::RefCell;
use std::time::Duration;

use anyhow::Result;
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use jiff::Timestamp;
use leads::id::LeadId;
use leads::lead::Worklist;
use leads::ports::{FindDue, ListNewest, ListOpen, ReadDecision, ReadHistory, ReadStates};
use maud::Markup;

use crate::client::Client;
use crate::depths::ReadDepths;
use crate::story::Teller;
use crate::workspace::Workspace;
use watch::Watch;

pub use serve::listen;

/// What the console may ask of a stack. Reads by key and through the two indexes; no scan.
pub trait Reads: ReadHistory + ReadStates + ReadDecision + FindDue + ListOpen + ListNewest {}
impl<P: ReadHistory + ReadStates + ReadDecision + FindDue + ListOpen + ListNewest> Reads for P {}

/// Everything of our own, nothing of anybody else's. Texts of leads stay texts; this is the second lock.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How often is looked for what moves, and how many looks later for what was missed.
const LOOK: Duration = Duration::from_secs(1);
const CATCH_UP: u64 = 10;

/// Which stack the pages are about.
#[derive(Clone, Debug)]
pub struct Place {
    /// For people: `local stack`, or the stack's name and region.
    pub name: String,
    /// Where forms post to.
    pub api_url: String,
}

/// The console of a stack.
pub struct Console<P, D> {
    reads: P,
    depths: D,
    teller: Teller,
    place: Place,
    watch: RefCell<Watch>,
    queues: RefCell<Option<pages::queues::Seen>>,
}

impl Console<support::Aws, Client> {
    /// The console of a client's stack, with its credentials and the rules of this checkout.
    pub fn of(client: Client) -> Result<Self> {
        let (facts, stack) = (&client.stack.facts, client.stack.name_on_aws());
        let name = stack.as_ref().map_or_else(|| "local stack".to_owned(), |name| format!("{name}, {}", facts.region));
        let place = Place { name, api_url: facts.api_url.trim_end_matches('/').to_owned() };
        let reads = client.of_table(&facts.table);
        let teller = Teller::new(crate::rules_here(&Workspace::find()?)?, stack);
        Ok(Self::new(reads, client, teller, place))
    }
}

impl<P: Reads, D: ReadDepths> Console<P, D> {
    /// A console over these ports.
    pub fn new(reads: P, depths: D, teller: Teller, place: Place) -> Self {
        Self { reads, depths, teller, place, watch: RefCell::default(), queues: RefCell::default() }
    }

    /// Looks once for what moves and what came to rest; `catch_up` for what was missed, too.
    pub async fn look(&self, catch_up: bool, now: Timestamp) {
        let looked = async {
            watch::look(&self.reads, &self.watch, now).await?;
            if catch_up {
                watch::catch_up(&self.reads, &self.watch, &self.lists()).await?;
            }
            Ok::<_, leads::ports::PortError>(())
        };
        let problem = looked.await.err().map(|error| support::batch::error_chain(&error));
        self.watch.borrow_mut().problem = problem;
    }

    async fn keep_looking(&self) {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for look in 0_u64.. {
            ticks.tick().await;
            self.look(look % CATCH_UP == 0, Timestamp::now()).await;
        }
    }

    /// Every list of open leads.
    fn lists(&self) -> Vec<Worklist> {
        let queues = self.teller.rules.queues().iter().map(|queue| Worklist::Queue(queue.name.clone()));
        queues.chain([Worklist::Desk]).collect()
    }

    /// Answers a request that came in on `host`, the console's own address.
    pub async fn answer(&self, request: &Parts, host: &str, now: Timestamp) -> Response<String> {
        if let Some(refusal) = refusal(request, host) {
            return refusal;
        }
        let query: Vec<(String, String)> =
            form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let asked = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
        let path = request.uri.path();
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let page = match segments.as_slice() {
            [""] => Ok(pages::flow::page(self, now)),
            ["queues"] => pages::queues::all(self, now).await,
            ["queues", name] => pages::queues::one(self, name, asked("after"), now).await,
            ["waiting"] => pages::waiting::page(self, asked("after"), now).await,
            ["leads"] => return search(asked("id").unwrap_or_default(), &self.place),
            ["leads", id] => pages::lead::page(self, id, now).await,
            ["console.css"] => return asset(include_str!("console.css"), "text/css; charset=utf-8"),
            ["console.js"] => return asset(include_str!("console.js"), "text/javascript; charset=utf-8"),
            ["form", file] => return form::file(file, &self.place.api_url).unwrap_or_else(|| self.missing()),
            _ => return self.missing(),
        };
        match page {
            Ok(page) => html(StatusCode::OK, &page),
            Err(NoPage::Missing(why)) => html(StatusCode::NOT_FOUND, &pages::message(&self.place, "Not found", &why)),
            Err(NoPage::Failed(why)) => {
                html(StatusCode::BAD_GATEWAY, &pages::message(&self.place, "The stack did not answer", &why))
            }
        }
    }

    fn missing(&self) -> Response<String> {
        html(StatusCode::NOT_FOUND, &pages::message(&self.place, "Not found", "There is no such page."))
    }
}

/// Why there is no page.
#[derive(Debug)]
pub enum NoPage {
    /// What it is about is not there.
    Missing(String),
    /// It could not be read.
    Failed(String),
}

impl From<leads::ports::PortError> for NoPage {
    fn from(error: leads::ports::PortError) -> Self {
        Self::Failed(support::batch::error_chain(&error))
    }
}

impl From<anyhow::Error> for NoPage {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(format!("{error:#}"))
    }
}

/// A page elsewhere could have its own name lead here (DNS rebinding), and read what we answer: so the name has to be ours.
fn refusal(request: &Parts, host: &str) -> Option<Response<String>> {
    let named = request.headers.get(header::HOST).and_then(|name| name.to_str().ok());
    let in_address = request.uri.authority().map(hyper::http::uri::Authority::as_str);
    if named.is_none() && in_address.is_none() || [named, in_address].into_iter().flatten().any(|name| name != host) {
        return Some(plain(
            StatusCode::MISDIRECTED_REQUEST,
            &format!("This console answers at http://{host}/ alone.\n"),
        ));
    }
    if request.method != Method::GET && request.method != Method::HEAD {
        let mut refusal = plain(StatusCode::METHOD_NOT_ALLOWED, "This console is for reading: GET and HEAD alone.\n");
        refusal.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Some(refusal);
    }
    None
}

fn search(id: &str, place: &Place) -> Response<String> {
    match LeadId::parse(id) {
        Ok(id) => {
            let mut response = plain(StatusCode::SEE_OTHER, "");
            // An id has no character that an address could not have.
            if let Ok(to) = HeaderValue::from_str(&format!("/leads/{id}")) {
                response.headers_mut().insert(header::LOCATION, to);
            }
            response
        }
        Err(_) => {
            let why = format!("“{}” is no lead id; one looks like ld_6rCyNWi….", leads::submission::shown(id));
            html(StatusCode::NOT_FOUND, &pages::message(place, "Not found", &why))
        }
    }
}

fn html(status: StatusCode, page: &Markup) -> Response<String> {
    respond(status, "text/html; charset=utf-8", POLICY, page.0.clone())
}

fn plain(status: StatusCode, text: &str) -> Response<String> {
    respond(status, "text/plain; charset=utf-8", POLICY, text.to_owned())
}

fn asset(text: &'static str, kind: &'static str) -> Response<String> {
    respond(StatusCode::OK, kind, POLICY, text.to_owned())
}

fn respond(status: StatusCode, kind: &'static str, policy: &str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        headers.insert(name, HeaderValue::from_static("same-origin"));
    }
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
