//! Any payload is an envelope or a typed error; where `serde_json::Value` can read it, both agree on what it says.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| larkwire_properties::envelope(data));
