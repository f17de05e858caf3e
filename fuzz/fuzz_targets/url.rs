//! Any text is a URL kept byte for byte or a typed error; where the crate `url` accepts it, both agree on host and query.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| larkwire_properties::url(data));
