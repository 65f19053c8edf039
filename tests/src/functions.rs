//! The functions as AWS runs them: each may do what its policy in `infra/template.yaml` says, and nothing else. Every test
//! calls them here; `clippy.toml` refuses a way past.
#![allow(clippy::disallowed_methods)]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::LazyLock;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use leads::ports::PortError;
use leads::rules::RuleSet;
use permissions::Permissions;
use support::Call;
use support::batch::NamelessRecord;

use crate::asked::{Asked, Asking};

/// What the template allows.
pub static PERMISSIONS: LazyLock<Permissions> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml");
    Permissions::of_template(&std::fs::read_to_string(path).unwrap()).unwrap_or_else(|problems| panic!("{problems}"))
});

thread_local! {
    static USED: RefCell<BTreeSet<(&'static str, usize)>> = const { RefCell::new(BTreeSet::new()) };
    static REFUSED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The rights that functions have used on this thread: the function, and the right's place among its own.
pub fn used() -> BTreeSet<(&'static str, usize)> {
    USED.with_borrow(Clone::clone)
}

/// What functions tried to do on this thread and may not. Each was a panic too, which a test may have caught.
pub fn refused() -> Vec<String> {
    REFUSED.with_borrow(Clone::clone)
}

/// Runs a function over ports that ask its policy before each call.
///
/// # Panics
/// If it makes a call that it may not make. The handler is not told, for it would treat that as an outage.
async fn within_policy<P, T>(function: &'static str, ports: &P, handle: impl AsyncFnOnce(&Asking<'_, P>) -> T) -> T {
    let refusal: RefCell<Option<String>> = RefCell::default();
    let may = |(action, on): Asked| match PERMISSIONS.allow(function, action, &on) {
        Ok(right) => {
            USED.with_borrow_mut(|used| used.insert((function, right)));
            true
        }
        Err(why) => {
            REFUSED.with_borrow_mut(|refused| refused.push(why.clone()));
            refusal.replace(Some(why));
            false
        }
    };
    let ports = Asking::new(ports, &may);
    let mut handling = pin!(handle(&ports));
    poll_fn(|context| {
        let polled = handling.as_mut().poll(context);
        if let Some(why) = refusal.take() {
            panic!("{why}");
        }
        polled
    })
    .await
}

/// [`intake::handle`], within its policy.
pub async fn intake<P: intake::Ports>(
    event: &ApiGatewayV2httpRequest,
    ports: &P,
    settings: intake::Settings<'_>,
    moment: intake::Moment<'_>,
) -> ApiGatewayV2httpResponse {
    within_policy("intake", ports, async |ports| intake::handle(event, ports, settings, moment).await).await
}

/// [`clean::handle`], within its policy.
///
/// # Errors
/// As there.
pub async fn clean<P: clean::Ports>(
    event: SqsEvent,
    ports: &P,
    settings: clean::Settings<'_>,
    call: Call,
) -> Result<SqsBatchResponse, NamelessRecord> {
    within_policy("clean", ports, async |ports| clean::handle(event, ports, settings, call).await).await
}

/// [`score::handle`], within its policy.
///
/// # Errors
/// As there.
pub async fn score<P: score::Ports>(
    event: SqsEvent,
    ports: &P,
    rules: &RuleSet,
    call: Call,
) -> Result<SqsBatchResponse, NamelessRecord> {
    within_policy("score", ports, async |ports| score::handle(event, ports, rules, call).await).await
}

/// [`route::handle`], within its policy.
///
/// # Errors
/// As there.
pub async fn route<P: route::Ports>(
    event: SqsEvent,
    ports: &P,
    rules: &RuleSet,
    call: Call,
) -> Result<SqsBatchResponse, NamelessRecord> {
    within_policy("route", ports, async |ports| route::handle(event, ports, rules, call).await).await
}

/// [`sla::handle`], within its policy.
pub async fn sla<P: sla::Ports>(ports: &P, rules: &RuleSet, call: Call, clock: impl Fn() -> Timestamp) -> sla::Tick {
    within_policy("sla", ports, async |ports| sla::handle(ports, rules, call, clock).await).await
}

/// [`feedback::handle`], within its policy.
pub async fn feedback<P: feedback::Ports>(
    event: &ApiGatewayV2httpRequest,
    ports: &P,
    settings: feedback::Settings<'_>,
    moment: feedback::Moment<'_>,
) -> ApiGatewayV2httpResponse {
    within_policy("feedback", ports, async |ports| feedback::handle(event, ports, settings, moment).await).await
}

/// [`reconcile::handle`], within its policy.
///
/// # Errors
/// As there.
pub async fn reconcile<P: reconcile::Ports>(
    ports: &P,
    rules: &RuleSet,
    call: Call,
    clock: impl Fn() -> Timestamp,
) -> Result<reconcile::Audit, PortError> {
    within_policy("reconcile", ports, async |ports| reconcile::handle(ports, rules, call, clock).await).await
}
