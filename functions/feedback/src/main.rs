//! The `feedback` function: see the library beside this file.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use feedback::{Moment, Settings};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use support::start::start;
use support::{Call, Config, telemetry};
use tokio::join;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(std::env::var("LOG_LEVEL").ok().as_deref(), std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok());
    let config = Config::from_env()?;
    let (keys, started) = join!(config.signing_keys(), start(&config));
    let (keys, (rules, aws)) = (keys?, started?);
    let (settings, aws) = (Settings { rules: &rules, keys: &keys }, &aws);
    run(service_fn(move |event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let call = Call::starting(&event.context);
        let has_time = || call.has_time_for_a_call_at(jiff::Timestamp::now());
        let moment = Moment { now: call.now, has_time: &has_time };
        let response = feedback::handle(&event.payload, &aws.within(&event.context), settings, moment).await;
        Ok::<_, Error>(response)
    }))
    .await
}
