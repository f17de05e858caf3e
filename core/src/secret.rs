//! Things that must never be shown, and texts of the peer made fit to show.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::hint::black_box;
use core::mem;

/// A text that no Debug, log or error shows: an app secret, a token, an assertion.
///
/// Its memory is overwritten when it is dropped.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself. Each use is a place where it can leak.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let mut bytes = mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        // Keeps the compiler from dropping the writes to memory that nobody reads again.
        black_box(&bytes);
    }
}

/// Most characters of a peer's text that are kept in an error.
const SHOWN: usize = 300;

/// Makes a text that came from outside fit for a log line: the given secrets masked, control characters replaced, the
/// length bounded. A platform, a gateway or a proxy may well quote the request that it refuses.
pub(crate) fn presentable(text: &str, secrets: &[&str]) -> String {
    let mut masked = text.to_owned();
    // The longest first: one that begins like another would leave the rest of that one behind.
    let mut secrets: Vec<&&str> = secrets.iter().filter(|secret| secret.len() >= 4).collect();
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    for secret in secrets {
        if masked.contains(*secret) {
            masked = masked.replace(*secret, "***");
        }
    }
    masked.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_secret_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }

    #[test]
    fn a_peer_that_quotes_the_secret_does_not_make_us_print_it() {
        assert_eq!(presentable("bad secret s3cr3t\r\nX: y", &["s3cr3t"]), "bad secret ***  X: y");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(presentable(&"é".repeat(10_000), &[]).chars().count(), SHOWN);
    }

    #[test]
    fn every_secret_is_masked_wherever_it_stands() {
        assert_eq!(presentable("abcd-efgh-abcdabcd", &["abcd", "", "efgh"]), "***-***-******");
    }

    #[test]
    fn a_secret_that_begins_like_another_is_masked_as_a_whole() {
        assert_eq!(presentable("abcdefgh abcd", &["abcd", "abcdefgh"]), "*** ***");
    }

    #[test]
    fn what_is_too_short_for_a_secret_would_only_garble_the_text() {
        assert_eq!(presentable("a cat", &["a", "cat"]), "a cat");
    }

    #[test]
    fn a_secret_is_masked_before_the_text_is_cut() {
        let text = format!("{}hunter2", "x".repeat(SHOWN - 3));
        assert_eq!(presentable(&text, &["hunter2"]), format!("{}***", "x".repeat(SHOWN - 3)));
    }

    #[test]
    fn control_characters_cannot_forge_a_log_line() {
        assert_eq!(presentable("a\n\r\t\u{1b}[0m\u{7f}\u{85}b", &[]), "a    [0m  b");
    }

    #[test]
    fn a_secret_can_be_made_of_any_text() {
        assert_eq!(Secret::from("a").expose(), "a");
        assert_eq!(Secret::from(String::from("b")).expose(), "b");
        assert!(Secret::default().is_empty() && !Secret::new(" ").is_empty());
    }
}
