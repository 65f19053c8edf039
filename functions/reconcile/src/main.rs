//! The `reconcile` function: see the library beside this file. Its event, a night of the schedule, says nothing that
//! matters.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::de::IgnoredAny;
use support::start::start;
use support::{Call, Config, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(std::env::var("LOG_LEVEL").ok().as_deref(), std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok());
    let config = Config::from_env()?;
    let (rules, aws) = start(&config).await?;
    let (rules, aws) = (&rules, &aws);
    run(service_fn(move |event: LambdaEvent<IgnoredAny>| async move {
        let call = Call::starting(&event.context);
        let audit = reconcile::handle(aws, rules, call, Timestamp::now).await?;
        telemetry::counts("reconcile", call.now, &audit);
        Ok::<_, Error>(audit)
    }))
    .await
}
