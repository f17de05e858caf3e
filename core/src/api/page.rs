//! Lists that come page by page.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::Call;
use super::read::{Read, member};

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on it. May be shorter than asked for, and empty, though more pages follow.
    pub items: Vec<T>,
    /// What asks for the next one; none on the last.
    pub next: Option<String>,
}

impl<T: Read> Read for Page<T> {
    fn read(value: &Value) -> Result<Page<T>, &'static str> {
        if !value.is_object() {
            return Err("");
        }
        let token: Option<String> = member(value, "page_token", "")?;
        let more: Option<bool> = member(value, "has_more", "")?;
        // Either of the two may be missing, and the last page may have a token all the same.
        let next = token.filter(|token| !token.is_empty() && more != Some(false));
        Ok(Page { items: member(value, "items", "")?, next })
    }
}

/// A call that gives a [`Page`].
pub trait Paged: Call<Answer = Page<Self::Item>> {
    /// What the list is of.
    type Item;

    /// The same call for the page that [`Page::next`] names.
    #[must_use]
    fn page(self, token: impl Into<String>) -> Self;
}
