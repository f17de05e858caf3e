//! Any answer of endpoint discovery ends in an acceptable URL, a typed failure or a typed stop, and shows no secret.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| larkwire_properties::endpoint(data));
