#![doc = include_str!("codes.md")]

use core::fmt;

/// The documentation above is the data, too.
const TABLE: &str = include_str!("codes.md");

/// What a program does about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The tenant token is no longer, or not yet, valid.
    Token,
    /// The token of the user is not valid.
    UserToken,
    /// Too many calls.
    RateLimit,
    /// A fault of the platform, or work that still goes on: another try may succeed.
    Busy,
    /// The request is wrong.
    Request,
    /// A permission is missing.
    Permission,
    /// The app, the bot or the tenant is not set up for it.
    Setup,
    /// The bot, or the user, is not in the chat.
    NotMember,
    /// The message, the chat or the receiver is no longer there.
    Gone,
    /// More than the platform takes.
    TooLarge,
    /// A rule of the platform, the chat or the tenant stands against it.
    Rule,
}

impl Kind {
    const ALL: [Kind; 11] = [
        Kind::Token,
        Kind::UserToken,
        Kind::RateLimit,
        Kind::Busy,
        Kind::Request,
        Kind::Permission,
        Kind::Setup,
        Kind::NotMember,
        Kind::Gone,
        Kind::TooLarge,
        Kind::Rule,
    ];

    /// As in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Token => "token",
            Kind::UserToken => "user_token",
            Kind::RateLimit => "rate_limit",
            Kind::Busy => "busy",
            Kind::Request => "request",
            Kind::Permission => "permission",
            Kind::Setup => "setup",
            Kind::NotMember => "not_member",
            Kind::Gone => "gone",
            Kind::TooLarge => "too_large",
            Kind::Rule => "rule",
        }
    }

    /// What to do about a refusal of this kind.
    pub fn hint(self) -> &'static str {
        let hint = TABLE.lines().find_map(|line| match cells(line) {
            [kind, hint, "", ..] if kind == self.as_str() => Some(hint),
            _ => None,
        });
        hint.unwrap_or_default()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One meaning of a code: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Code {
    /// The number.
    pub code: i64,
    /// Where it means this: names of endpoints or of their families, separated by spaces. Empty: anywhere.
    pub whence: &'static str,
    /// What a program does about it.
    pub kind: Kind,
    /// What has happened.
    pub meaning: &'static str,
    /// What to do next.
    pub hint: &'static str,
    /// Where this is known from.
    pub source: &'static str,
}

impl Code {
    fn read(line: &'static str) -> Option<Code> {
        let [code, whence, kind, meaning, hint, source] = cells(line);
        let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind)?;
        let hint = if hint.is_empty() { kind.hint() } else { hint };
        Some(Code { code: code.parse().ok()?, whence, kind, meaning, hint, source })
    }

    /// How well the row fits an endpoint: the longer the name of the family that the endpoint belongs to, the better.
    fn fit(&self, endpoint: &str) -> Option<usize> {
        if self.whence.is_empty() {
            return Some(0);
        }
        let within =
            |family: &&str| endpoint.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.whence.split(' ').filter(within).map(str::len).max()
    }
}

/// All rows of the table.
pub fn all() -> impl Iterator<Item = Code> {
    TABLE.lines().filter_map(Code::read)
}

/// What a code means in the answer of an endpoint, such as `im.v1.message.update`; `connection`, `callback` and `card`
/// stand for what is not an endpoint. A code that has one meaning only needs no endpoint.
///
/// ```
/// use larkwire_core::api::codes::{Kind, explain};
///
/// let code = explain(230_072, "im.v1.message.update").unwrap();
/// assert_eq!(code.meaning, "the 20 edits of the message are used up");
/// assert_eq!(explain(230_072, "im.v1.message.reply").unwrap().meaning, "an aggregated message has no thread");
/// assert_eq!(explain(200_340, "").unwrap().meaning, "callback address not configured");
/// assert_eq!(explain(99_991_672, "").unwrap().kind, Kind::Permission);
/// ```
pub fn explain(code: i64, endpoint: &str) -> Option<Code> {
    let of_code = move |line: &&str| first(line).parse() == Ok(code);
    let rows = || TABLE.lines().filter(of_code).filter_map(Code::read);
    let best = rows().filter_map(|row| Some((row.fit(endpoint)?, row))).max_by_key(|(fit, _)| *fit);
    let only = || rows().next().filter(|_| rows().count() == 1);
    best.map(|(_, row)| row).or_else(only)
}

/// The first cell of a row of a Markdown table.
fn first(line: &str) -> &str {
    line.strip_prefix('|').and_then(|line| line.split('|').next()).unwrap_or_default().trim()
}

/// The first six cells of a row of a Markdown table; missing ones are empty.
fn cells(line: &'static str) -> [&'static str; 6] {
    let mut cells = line.strip_prefix('|').unwrap_or_default().split('|').map(str::trim);
    core::array::from_fn(|_| cells.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec::Vec;

    #[test]
    fn every_row_of_the_table_is_read() {
        let written = TABLE.lines().filter(|line| cells(line).first().is_some_and(|cell| cell.parse::<i64>().is_ok()));
        assert_eq!(all().count(), written.count());
        assert!(all().count() > 230);
        for code in all() {
            assert!(!code.meaning.is_empty() && !code.hint.is_empty() && !code.source.is_empty(), "{code:?}");
        }
    }

    #[test]
    fn every_kind_says_what_to_do() {
        for kind in Kind::ALL {
            assert!(kind.hint().len() > 10, "{kind}");
        }
    }

    #[test]
    fn codes_are_in_order_and_no_meaning_is_told_twice() {
        let keys: Vec<_> = all().map(|code| (code.code, code.whence)).collect();
        assert!(keys.is_sorted() && keys.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn the_endpoint_tells_the_meanings_of_a_number_apart() {
        let meaning = |code, endpoint| explain(code, endpoint).map(|code| code.meaning);
        assert_eq!(meaning(10002, "cardkit.v1.card.create"), Some("parameter invalid"));
        assert_eq!(meaning(10002, "im.v1.message.create"), Some("bot not in the chat (older APIs)"));
        assert_eq!(meaning(230_075, "im.v1.message.update"), Some("the edit window of the tenant is over"));
        assert_eq!(meaning(230_075, "im.v1.message.create"), Some("encrypted messages are not supported"));
        assert_eq!(meaning(234_004, "im.v1.message_resource.get"), Some("bot not in the chat of the message"));
        // Two meanings, and nothing to tell which.
        assert_eq!(meaning(230_071, "im.v1"), None);
        assert_eq!(meaning(7, "im.v1"), None);
    }

    #[test]
    fn a_hint_of_its_own_goes_before_that_of_the_kind() {
        assert_eq!(explain(1500, "").unwrap().hint, Kind::Busy.hint());
        let own = explain(99_991_672, "").unwrap().hint;
        assert!(own.starts_with("add one of the permissions"), "{own}");
        assert_eq!(format!("{}", Kind::Permission), "permission");
    }
}
