//! Reading JSON: fast where it is usual, and as serde_json does where it is not.
//!
//! serde_json gathers a string with escapes in a buffer that doubles as it grows, and copies it from there: with an event of
//! 64 KiB the allocator took memory from the system and gave it back each time. Here the end of a string is looked for
//! first, eight bytes at a time and then in longer strides, so that it gets the room that it needs at once. Nothing is
//! accepted that serde_json does not accept, and nothing has another value; what is left to it costs a second look.

use serde::Deserialize;

mod cut;
mod read;

pub(crate) use cut::Cut;

/// Reads a value, as `serde_json::from_str` does.
///
/// # Errors
/// Those of serde_json.
pub(crate) fn from_str<'a, T: Deserialize<'a>>(text: &'a str) -> serde_json::Result<T> {
    read::usual(text).map_or_else(|| serde_json::from_str(text), Ok)
}

#[cfg(test)]
mod tests;
