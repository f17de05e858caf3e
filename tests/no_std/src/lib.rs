//! The proof that `larkwire-core` and `larkwire-events` need no standard library.
//!
//! This library has a panic handler of its own. If anything below it links std, there are two, and rustc refuses (E0152).
//! No target without std has to be installed for that. Built by `.ci/run`, once as it is and once with the feature `std`,
//! which has to fail.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

use larkwire_core::event::Event;
use larkwire_core::{Client, Config, Input, Output, Time};
use larkwire_events::im::v1::MessageReceiveV1;

/// Never has any memory: this library is linked, not run.
struct NoMemory;

// SAFETY: returning null says that there is no memory, which is always allowed; nothing is ever given back.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static MEMORY: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Uses the machine, so that it is compiled in.
pub fn uses_the_machine() -> bool {
    let mut client = Client::new(Config::new("cli_a1b2c3d4e5f60718", "secret"), 1, Time::ZERO);
    client.handle_input(Time::from_millis(1), Input::Timeout);
    matches!(client.poll_output(), Output::Request { .. })
}

/// Reads a body, for the same reason.
pub fn uses_a_body(json: &str) -> bool {
    MessageReceiveV1::parse(json).is_ok_and(|body| body.text().is_some())
}
