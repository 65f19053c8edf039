//! The `clean` function: see the library beside this file.

use aws_lambda_events::event::sqs::SqsEvent;
use clean::Settings;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use leads::profile;
use support::start::start;
use support::{Call, Config, telemetry};
use tokio::join;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(std::env::var("LOG_LEVEL").ok().as_deref(), std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok());
    let config = Config::from_env()?;
    let (pepper, started, ()) = join!(config.pepper(), start(&config), async { profile::prepare() });
    let (pepper, (rules, aws)) = (pepper?, started?);
    let (rules, pepper, aws) = (&rules, &pepper, &aws);
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let call = Call::starting(&event.context);
        clean::handle(event.payload, &aws.within(&event.context), Settings { rules, pepper }, call)
            .await
            .map_err(Error::from)
    }))
    .await
}
