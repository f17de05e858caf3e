//! Messages and chats.

pub mod v1;
