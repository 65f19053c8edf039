//! What the functions share, and the only crate that names the AWS SDK: the ports over DynamoDB and SQS, the batch
//! driver, configuration and telemetry.

pub mod aws;
pub mod batch;
pub mod call;
pub mod captcha;
pub mod config;
mod connections;
pub mod dynamo;
pub mod http;
pub mod masters;
pub mod placing;
pub mod random;
pub mod secrets;
mod sqs;
pub mod start;
pub mod telemetry;

pub use aws::Aws;
pub use call::Call;
pub use captcha::Captchas;
pub use config::Config;
