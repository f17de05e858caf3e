//! Clients to load: ours on each runtime, and others that do less. The address is in the environment, as for any client.
//!
//! | name | what it does with an event |
//! | --- | --- |
//! | `tokio [N]`, `tokio-multi`, `smol`, `async-std` | a larkwire bot whose one typed handler ends at once; N of them on one thread |
//! | `eager [N]` | the same on tokio, which waits for nothing before it connects again but the nonce |
//! | `handlers N` | the same with so many handlers, of which one gets all events |
//! | `awaits MS` | the same with a handler that waits so long; 0 is to yield once |
//! | `raw-parse [N]` | decodes frame and event completely, encodes the ack; acks of one wake leave together |
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

use futures::future::{FutureExt, LocalBoxFuture};

use super::BoxError;
use super::plan::tell;

/// The word before the name of a client. It is no subcommand: reading it with clap would count as the client's memory.
pub(super) const COMMAND: &str = "bench-client";

/// Is the client that the command line names, if it names one.
pub(crate) fn run() -> Option<ExitCode> {
    let mut words = env::args().skip(1);
    if words.next()? != COMMAND {
        return None;
    }
    let name = words.next().unwrap_or_default();
    Some(match be(&name, words.next().as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(format!("{COMMAND} {name}: {error}"));
            ExitCode::FAILURE
        }
    })
}

fn be(name: &str, number: Option<&str>) -> Result<(), BoxError> {
    let domain = &env::var("LARK_DOMAIN")?;
    let number = number.unwrap_or("1").parse()?;
    // On the heap: a place on the stack for each of them would count as memory of any.
    let client: LocalBoxFuture<'_, Result<(), BoxError>> = match name {
        "tokio-multi" => return tokio::runtime::Runtime::new()?.block_on(bot::spawned().boxed()),
        "smol" => return smol::block_on(bot::one(larkwire::smol::Smol).boxed()),
        "async-std" => return async_std::task::block_on(bot::one(larkwire::async_std::AsyncStd).boxed()),
        "null" => return null::run(domain),
        "tokio" => bot::many(number, bot::usual).boxed_local(),
        "eager" => bot::many(number, bot::eager).boxed_local(),
        "handlers" => bot::with_handlers(number).boxed_local(),
        "awaits" => bot::that_awaits(number).boxed_local(),
        "raw-parse" => raw::many(number, domain, raw::Style::Parse).boxed_local(),
        "raw-flush" => raw::many(number, domain, raw::Style::Flush).boxed_local(),
        "raw-batch" => raw::many(number, domain, raw::Style::Batch).boxed_local(),
        _ => return Err("there is no such client".into()),
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(client)
}
