//! What must hold for every input, one function for each fuzz target.
//!
//! Each function takes any bytes, makes of them what its target needs, and panics when a property is broken. The fuzz
//! targets in `fuzz/` call them, and so do the tests of this package: with the committed corpora and with random bytes, on
//! every build and without a nightly compiler.

mod answer;
mod calls;
mod client;
mod endpoint;
mod envelope;
mod frame;
mod reassembly;
mod script;
pub mod seeds;
mod urls;
mod watch;

pub use answer::answer;
pub use calls::calls;
pub use client::client;
pub use endpoint::endpoint;
pub use envelope::envelope;
pub use frame::frame;
pub use reassembly::reassembly;
pub use urls::url;

/// A property that takes any bytes.
pub type Property = fn(&[u8]);

/// Every target: its name in `fuzz/`, and its property.
pub const TARGETS: [(&str, Property); 8] = [
    ("answer", answer),
    ("calls", calls),
    ("client", client),
    ("endpoint", endpoint),
    ("envelope", envelope),
    ("frame", frame),
    ("reassembly", reassembly),
    ("url", url),
];
