use alloc::string::String;
use core::fmt;

use larkwire_core::Secret;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::lenient::Read;

/// A token or ticket in a body: whoever has it can do something with it. Not shown by Debug.
#[derive(Clone, Default)]
pub struct Token(Secret);

impl Token {
    /// The token itself. Each use is a place where it can leak.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<Token> for Secret {
    fn from(token: Token) -> Secret {
        token.0
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Token) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Read for Token {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Token>, D::Error> {
        Ok(String::read(deserializer)?.map(|text| Token(Secret::new(text))))
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Token, D::Error> {
        Ok(Token::read(deserializer)?.unwrap_or_default())
    }
}

/// Writes the token itself, so that an event can be stored and handled later.
impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}
