//! Counters.

use std::collections::BTreeMap;

use serde::Serialize;

/// How often things happened since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Endpoint discovery requests.
    pub discoveries: u64,
    /// OpenAPI requests, those not simulated included.
    pub api_calls: u64,
    /// Requests for something that is not simulated, by method and path.
    pub not_simulated: BTreeMap<String, u64>,
    /// Upgrade requests.
    pub upgrades: u64,
    /// Upgrade requests that were refused.
    pub refused_upgrades: u64,
    /// WebSocket messages from clients.
    pub messages_in: u64,
    /// WebSocket messages to clients.
    pub messages_out: u64,
    /// Application pings from clients.
    pub pings: u64,
    /// Events and callbacks that were pushed.
    pub pushes: u64,
    /// Deliveries of them, redeliveries and copies included.
    pub deliveries: u64,
    /// Redeliveries.
    pub redeliveries: u64,
    /// Acks that were accepted.
    pub acks: u64,
    /// Accepted acks that came too late.
    pub late_acks: u64,
    /// Acks that broke a rule and do not count.
    pub refused_acks: u64,
    /// Breaches of the protocol.
    pub violations: u64,
    /// Unusual things.
    pub notes: u64,
}
