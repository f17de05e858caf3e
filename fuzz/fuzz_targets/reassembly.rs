//! Parts in any order, damaged, late or repeated: what is delivered is what a naive model joins, and each part is in one
//! counter.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| larkwire_properties::reassembly(data));
