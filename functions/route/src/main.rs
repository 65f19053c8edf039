//! The `route` function: see the library beside this file.

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use leads::profile;
use support::start::start;
use support::{Call, Config, telemetry};
use tokio::join;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(std::env::var("LOG_LEVEL").ok().as_deref(), std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok());
    let config = Config::from_env()?;
    let (started, ()) = join!(start(&config), async { profile::prepare() });
    let (rules, aws) = started?;
    let (rules, aws) = (&rules, &aws);
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let call = Call::starting(&event.context);
        route::handle(event.payload, &aws.within(&event.context), rules, call).await.map_err(Error::from)
    }))
    .await
}
