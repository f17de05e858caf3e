//! People.

pub mod v3;
