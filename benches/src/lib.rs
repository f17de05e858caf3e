//! How fast larkwire is, and how much it holds. Nothing in here is a part of what users add.
//!
//! - `benches/`: functions, in time, with criterion: `cargo bench -p larkwire-benches`.
//! - `src/bin/instructions.rs`: the same functions, in instructions, which do not depend on what else the machine does. The
//!   gate compares them with the budgets in `instructions.txt`.
//! - `src/load.rs`, with the feature `load`: whole clients, ours and others, under load.
//! - `tests/`: allocations of each step, asserted in ordinary tests.

#[cfg(feature = "load")]
pub mod load;
pub mod samples;
pub mod station;
