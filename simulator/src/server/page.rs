//! The chat page at `/_sim`: one file with everything in it, so that it works offline and makes no request elsewhere.
//!
//! It is built from `simulator/page/` and committed; `.ci/run page` says whether it is what its sources make. The policy
//! is made with it and names the hashes of its one script and its one style: nothing else runs, whatever a bot sends.

use bytes::Bytes;
use hyper::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};

use super::body::{Answer, whole};

const PAGE: &[u8] = include_bytes!("page/index.html");
const POLICY: &str = include_str!("page/policy.txt");

pub(super) fn answer() -> Answer {
    let mut answer = hyper::Response::new(whole(Bytes::from_static(PAGE)));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    answer
}
