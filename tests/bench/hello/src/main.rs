//! The least that a function in Rust can be: it reads its event, and says that no record failed. What ours cost beyond
//! it is what they do.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |_: LambdaEvent<Value>| Ok::<_, Error>(json!({ "batchItemFailures": [] })))).await
}
