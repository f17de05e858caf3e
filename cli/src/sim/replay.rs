//! `--replay`: the events of a cassette to the bots that connect.

use std::path::Path;

use larkwire_sim::{ReplaySpeed, Replayed, Sim};

use super::options::{Pauses, unusable};
use crate::exit::Failure;

/// Puts a cassette into the platform.
pub(super) fn load(sim: &Sim, file: &Path, cassette: &str) -> Result<(), Failure> {
    sim.import(cassette).map_err(|error| unusable(file, &error))
}

/// Waits for the bots, and plays the cassette that was put in.
pub(super) async fn play(sim: &Sim, pauses: Pauses) -> Option<Replayed> {
    let speed = match pauses {
        Pauses::None => ReplaySpeed::Instant,
        Pauses::Original => ReplaySpeed::Original,
    };
    sim.play(speed).await
}
