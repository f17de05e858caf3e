//! How fast the core of larkwire is, function by function. Nothing in here is a part of what users add.
//!
//! - `benches/`: functions, in time, with criterion: `cargo bench -p larkwire-benches`.
//! - `src/bin/instructions.rs`: the same functions, in instructions, which do not depend on what else the machine does. The
//!   gate compares them with the budgets in `instructions.txt`.
//! - `tests/`: allocations of each step, asserted in ordinary tests.
//!
//! Whole clients under load are `larkwire bench`: `cli/src/bench.rs`.

pub mod pushes;
#[path = "../../cli/src/bench/generator/samples.rs"]
pub mod samples;
pub mod station;
