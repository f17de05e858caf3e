//! Whatever happens to API calls, the token is fetched by one of them, and none is made twice that must not be.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| larkwire_properties::calls(data));
