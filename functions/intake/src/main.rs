//! The `intake` function: see the library beside this file.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use intake::{Moment, Settings, origin};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use support::start::start;
use support::{Call, Config, http, random, telemetry};
use tokio::join;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(std::env::var("LOG_LEVEL").ok().as_deref(), std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok());
    let config = Config::from_env()?;
    let (keys, origin_secret, started) = join!(config.signing_keys(), config.origin_secret(), start(&config));
    let (keys, origin_secret, (rules, aws)) = (keys?, origin_secret?, started?);
    // Read only if a form asks for captchas, so that no other cold start waits for it.
    let captchas = if rules.asks_for_captchas() { config.captchas().await? } else { None };
    let aws = aws.with_captchas(captchas);
    let (settings, aws, origin_secret) = (Settings { rules: &rules, keys: &keys }, &aws, origin_secret.as_ref());
    run(service_fn(move |event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        if let Err(problem) = origin::check(&event.payload, origin_secret) {
            return Ok::<_, Error>(http::answered(async { Err(problem.document()) }).await);
        }
        let call = Call::starting(&event.context);
        let has_time = || call.has_time_for_a_call_at(jiff::Timestamp::now());
        let moment = Moment { now: call.now, entropy: &random::sixteen_bytes, has_time: &has_time };
        let response = intake::handle(&event.payload, &aws.within(&event.context), settings, moment).await;
        Ok(response)
    }))
    .await
}
