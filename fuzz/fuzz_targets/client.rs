//! A client through any life: the eight properties of the machine hold after each step. Two clients with the same seed do
//! the same, byte for byte; frames are acked at most once, and on their own connection; `Stopped` comes once, and last.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| larkwire_properties::client(data));
