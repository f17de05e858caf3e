//! Any bytes are a frame within the limits or a typed error; re-encoding a frame changes no field that we know.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| larkwire_properties::frame(data));
