//! Client and platform, machine against machine: stories of hours, told in milliseconds, without a socket.

mod acks;
mod fleet;
mod incidents;
mod liveness;
mod pair;
mod reconnect;
mod resilience;
