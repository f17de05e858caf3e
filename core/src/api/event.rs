//! The long connection, seen from the API.

pub mod v1;
