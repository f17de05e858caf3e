//! `--replay`: the events of a cassette to the first bot that connects.

use std::path::Path;
use std::time::Duration;

use larkwire_sim::{ReplaySpeed, Replayed, Sim};

use super::options::{Pauses, unusable};
use crate::exit::Failure;

/// Longer than anybody waits for a bot.
const LONG: Duration = Duration::from_secs(365 * 24 * 3600);

/// Puts a cassette into the platform.
pub(super) fn load(sim: &Sim, file: &Path, cassette: &str) -> Result<(), Failure> {
    sim.import(cassette).map_err(|error| unusable(file, &error))
}

/// Waits for a bot, and plays the cassette that was put in.
pub(super) async fn play(sim: &Sim, pauses: Pauses) -> Option<Replayed> {
    sim.wait("a bot", LONG, |platform| platform.open_connections().next().map(drop)).await.ok()?;
    let speed = match pauses {
        Pauses::None => ReplaySpeed::Instant,
        Pauses::Original => ReplaySpeed::Original,
    };
    sim.play(speed).await
}
