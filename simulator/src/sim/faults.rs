//! Faults by name, for tests: `sim.faults().duplicate().next(1)`. The methods are named as in the catalogue.

use super::Sim;
use crate::platform::{ConnectionId, DropHow, FaultId, NamedFault, Times, Wake};

/// Chooses a fault.
///
/// ```
/// use larkwire_sim::{NamedFault, Sim};
///
/// futures::executor::block_on(async {
///     let sim = Sim::start().await;
///     sim.faults().duplicate().next(1);
///     sim.faults().split(3).probability(0.5);
///     sim.faults().any(NamedFault::parse("delay:by_ms=800").unwrap().0).always();
///     sim.clear_faults();
/// });
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a fault has to be chosen, and how often"]
pub struct Faults<'a> {
    sim: &'a Sim,
}

/// A fault of which it is still to be said how often it happens.
#[derive(Clone, Debug)]
#[must_use = "it has to be said how often: next, probability or always"]
pub struct Planned<'a> {
    sim: &'a Sim,
    fault: NamedFault,
    connection: Option<ConnectionId>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(sim: &'a Sim) -> Faults<'a> {
        Faults { sim }
    }

    /// Any fault of the catalogue.
    pub fn any(self, fault: NamedFault) -> Planned<'a> {
        Planned { sim: self.sim, fault, connection: None }
    }

    /// All faults of a preset; see [`Preset`](crate::Preset).
    ///
    /// # Panics
    /// When there is none of this name.
    #[track_caller]
    pub fn preset(self, name: &str) {
        let known = self.sim.act(|platform, now| platform.inject_preset(now, name));
        assert!(known, "there is no preset {name:?}");
    }
}

/// One method for each fault of the catalogue, of the same name.
macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident($($parameter:ident: $kind:ty),*) => $fault:expr;)*) => {
        impl<'a> Faults<'a> {
            $($(#[$doc])* pub fn $name(self, $($parameter: $kind),*) -> Planned<'a> {
                self.any($fault)
            })*
        }

        #[cfg(test)]
        const METHODS: &[&str] = &[$(stringify!($name)),*];
    };
}

methods! {
    /// After an event went out, its connection ends; with a Close frame, that is 1001, going away.
    drop(how: DropHow) => NamedFault::Drop { how, code: 1001, reason: "going away".into() };
    /// After an event went out, the platform neither reads nor writes on its connection any more.
    half_open() => NamedFault::HalfOpen {};
    /// After an event went out, the platform neither reads nor writes on its connection for so many ms.
    stall(for_ms: u64) => NamedFault::Stall { for_ms };
    /// An event goes out so many ms late.
    delay(by_ms: u64) => NamedFault::Delay { by_ms, jitter_ms: 0 };
    /// An event goes out twice at once, with the same `event_id`.
    duplicate() => NamedFault::Duplicate { copies: 2 };
    /// An event goes out once more after `after_ms`, although it was acked.
    late_repush(after_ms: u64) => NamedFault::LateRepush { after_ms };
    /// An event goes out in so many frames.
    split(parts: usize) => NamedFault::Split { parts };
    /// The frames of an event go out in random order.
    reorder() => NamedFault::Reorder {};
    /// The frames of an event go out in turn with those of the next one.
    interleave() => NamedFault::Interleave {};
    /// One frame of an event does not go out.
    missing_part() => NamedFault::MissingPart {};
    /// The frames of an event claim to be so many.
    huge_sum(sum: i64) => NamedFault::HugeSum { sum };
    /// The frames of an event have this `seq`, whatever it is.
    wrong_seq(seq: impl Into<String>) => NamedFault::WrongSeq { seq: seq.into() };
    /// The frames of an event have this `sum`, whatever it is.
    wrong_sum(sum: impl Into<String>) => NamedFault::WrongSum { sum: sum.into() };
    /// The frames of an event lack the header of this key.
    missing_header(header: impl Into<String>) => NamedFault::MissingHeader { header: header.into() };
    /// The frames of an event are of this type.
    unknown_type(kind: impl Into<String>) => NamedFault::UnknownType { r#type: kind.into() };
    /// The frames of an event are cut short.
    bad_protobuf() => NamedFault::BadProtobuf {};
    /// The payload of an event is cut short.
    bad_json() => NamedFault::BadJson {};
    /// An event goes out in frames of type `card`, as if the callback subscription was not in effect.
    card_frame() => NamedFault::CardFrame {};
    /// An event goes to another instance of the app.
    routing_split() => NamedFault::RoutingSplit {};
    /// A ping is not answered.
    mute_pong() => NamedFault::MutePong {};
    /// A ping is answered so many ms late.
    slow_pong(by_ms: u64) => NamedFault::SlowPong { by_ms };
    /// The answer to a ping brings settings: times in seconds, the others as in the catalogue.
    reconfigure(reconnect_interval: i64, reconnect_nonce: i64, ping_interval: i64) => {
        NamedFault::Reconfigure { reconnect_count: 1, reconnect_interval, reconnect_nonce, ping_interval }
    };
    /// Endpoint discovery is not answered.
    discovery_hang() => NamedFault::DiscoveryHang {};
    /// Endpoint discovery is answered so many ms late.
    discovery_slow(by_ms: u64) => NamedFault::DiscoverySlow { by_ms };
    /// Endpoint discovery fails with this HTTP status.
    discovery_status(status: u16) => NamedFault::DiscoveryStatus { status };
    /// Endpoint discovery fails with a code of the platform, in an answer with status 200.
    discovery_code(code: i64, msg: impl Into<String>) => NamedFault::DiscoveryCode { code, msg: msg.into() };
    /// The upgrade is refused with status 400, this `Handshake-Status`, and this `Handshake-Autherrcode` unless that is 0.
    refuse_upgrade(handshake_status: i64, msg: impl Into<String>, autherrcode: i64) => {
        NamedFault::RefuseUpgrade { status: 400, handshake_status, msg: msg.into(), autherrcode }
    };
    /// The upgrade is not answered.
    upgrade_hang() => NamedFault::UpgradeHang {};
    /// The platform reads so many bytes a second from a new connection.
    slow_reader(bytes_per_second: u32) => NamedFault::SlowReader { bytes_per_second };
    /// The receive window of a new connection has so many bytes.
    tiny_window(bytes: u32) => NamedFault::TinyWindow { bytes };
    /// The platform writes so many bytes at a time to a new connection.
    byte_writes(bytes: u32) => NamedFault::ByteWrites { bytes };
    /// An API call hits the rate limit, and may come again after so many seconds.
    api_rate_limit(reset_seconds: u64) => NamedFault::ApiRateLimit { reset_seconds };
    /// All tokens expire before an API call.
    api_token_expired() => NamedFault::ApiTokenExpired {};
    /// An API call fails with this HTTP status.
    api_status(status: u16) => NamedFault::ApiStatus { status };
    /// An API call is answered so many ms late.
    api_slow(by_ms: u64) => NamedFault::ApiSlow { by_ms };
    /// An API call is not answered.
    api_hang() => NamedFault::ApiHang {};
    /// The connection ends in the middle of an answer to an API call.
    api_truncated() => NamedFault::ApiTruncated {};
    /// A message that is read shows a card of a template, whatever was sent.
    template_card() => NamedFault::TemplateCard {};
    /// All connections end at once, and for so many ms discovery answers status 429.
    reconnect_storm(how: DropHow, for_ms: u64) => NamedFault::ReconnectStorm { how, status: 429, for_ms };
    /// The platform's wall clock is off by so many ms, until the faults are cleared.
    clock_skew(by_ms: i64) => NamedFault::ClockSkew { by_ms };
    /// The clients' machine sleeps: nothing comes or goes for so many ms, and the platform's time goes on.
    laptop_sleep(for_ms: u64, wake: Wake) => NamedFault::LaptopSleep { for_ms, wake };
    /// The clients' clock stands still: to them no time passes, and on the platform so many ms at once.
    clock_freeze(for_ms: u64, wake: Wake) => NamedFault::ClockFreeze { for_ms, wake };
}

impl Planned<'_> {
    /// Only on this connection.
    pub fn on(mut self, connection: ConnectionId) -> Self {
        self.connection = Some(connection);
        self
    }

    /// The next so many times. The id is none if all of them were at once.
    ///
    /// # Panics
    /// When this fault cannot be for one connection, there is no such connection, or the times are never.
    #[track_caller]
    pub fn next(self, times: usize) -> Option<FaultId> {
        self.times(Times::Next(times))
    }

    /// Each time with this chance, from 0 to 1; the seed decides.
    ///
    /// # Panics
    /// As [`next`](Planned::next).
    #[track_caller]
    pub fn probability(self, chance: f64) -> Option<FaultId> {
        self.times(Times::Probability(chance))
    }

    /// Each time, until the faults are cleared.
    ///
    /// # Panics
    /// As [`next`](Planned::next).
    #[track_caller]
    pub fn always(self) -> Option<FaultId> {
        self.times(Times::Always)
    }

    /// So often.
    ///
    /// # Panics
    /// As [`next`](Planned::next).
    #[track_caller]
    #[expect(clippy::panic, reason = "for tests, where a fault that cannot be is the end")]
    pub fn times(self, times: Times) -> Option<FaultId> {
        let id = self.sim.act(|platform, now| platform.inject_named(now, &self.fault, times, self.connection));
        match id {
            Ok(id) => id,
            Err(refusal) => panic!("{refusal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_of_the_catalogue_has_a_method_of_its_name() {
        let catalogue: Vec<String> = NamedFault::catalogue().into_iter().map(|kind| kind.name).collect();
        assert_eq!(METHODS, catalogue);
    }
}
