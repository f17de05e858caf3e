//! Clients to load: ours on each runtime, and others that do less. The address is in the environment, as for any client.
//!
//! | name | what it does with an event |
//! | --- | --- |
//! | `tokio`, `tokio-multi`, `smol`, `async-std` | a larkwire bot whose one typed handler ends at once |
//! | `many N` | N such bots on one thread |
//! | `eager` | such a bot, which waits for nothing before it connects again |
//! | `raw-parse` | decodes frame and event completely, encodes the ack; acks of one wake leave together |
//! | `raw-flush` | cuts the payload off; each ack leaves by itself |
//! | `raw-batch` | cuts the payload off; acks of one wake leave together |
//! | `null` | does not look at it: shows what the generator is able to do |
//!
//! The raw ones are async-tungstenite on tokio's `current_thread` runtime, and nothing else.

mod bot;
mod null;
mod raw;

use std::env;
use std::process::ExitCode;

use larkwire_benches::load::BoxError;

fn main() -> Result<ExitCode, BoxError> {
    let domain = env::var("LARK_DOMAIN")?;
    let current = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    match env::args().nth(1).as_deref() {
        Some("tokio") => current()?.block_on(bot::run(larkwire::tokio::Tokio)),
        Some("tokio-multi") => tokio::runtime::Runtime::new()?.block_on(bot::spawned()),
        Some("many") => current()?.block_on(bot::many(env::args().nth(2).ok_or("how many?")?.parse()?)),
        Some("eager") => current()?.block_on(bot::eager()),
        Some("smol") => smol::block_on(bot::run(larkwire::smol::Smol)),
        Some("async-std") => async_std::task::block_on(bot::run(larkwire::async_std::AsyncStd)),
        Some("raw-parse") => current()?.block_on(raw::run(&domain, raw::Style::Parse)),
        Some("raw-flush") => current()?.block_on(raw::run(&domain, raw::Style::Flush)),
        Some("raw-batch") => current()?.block_on(raw::run(&domain, raw::Style::Batch)),
        Some("null") => null::run(&domain),
        _ => Err("which client?".into()),
    }?;
    Ok(ExitCode::SUCCESS)
}
