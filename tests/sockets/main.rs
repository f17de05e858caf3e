//! A bot and the platform in one process, over real WebSockets on tokio. Each test waits for what happens, never for time.

mod bots;
mod calls;
mod chats;
mod losses;
mod routes;
