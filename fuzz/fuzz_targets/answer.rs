//! Any answer to an API call is read or is a typed error, which shows no secret.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| larkwire_properties::answer(data));
