//! `GET /openapi.json`: what all calls take and give. Written by hand; a test compares it with [`routes`](super::routes).

use super::call::{Call, typed_answer};
use super::problem::Problem;
use crate::server::body::Answer;

pub(super) const TEXT: &str = include_str!("openapi.json");

/// `GET /openapi.json`
pub(super) fn show(_: &Call) -> Result<Answer, Problem> {
    Ok(typed_answer("application/json; charset=utf-8", TEXT))
}
