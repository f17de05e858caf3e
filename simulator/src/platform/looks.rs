//! What can be looked at.

use larkwire_core::Time;

use super::Platform;
use super::app::App;
use super::connection::Connection;
use super::discovery::DiscoveryRecord;
use super::profile::Profile;
use super::push::{PushId, PushKind, PushRecord};
use super::stats::Stats;
use super::transcript::Entry;
use super::verdict::{Severity, Violation};
use super::vocabulary::ConnectionId;

impl Platform {
    /// The settings that it was made with, with the changes since.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The apps, in the order in which they came.
    pub fn apps(&self) -> impl Iterator<Item = &App> {
        self.apps.iter()
    }

    /// How many open connections an app has.
    pub(crate) fn open_count(&self, app: &App) -> usize {
        self.open().filter(|connection| connection.app_id == app.id).count()
    }

    /// What all its random choices follow from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The platform's wall clock at `now`, in ms since 1970.
    pub fn unix_ms_at(&self, now: Time) -> u64 {
        let passed = u64::try_from(now.since(self.started).as_millis()).unwrap_or(u64::MAX);
        self.profile.unix_ms.saturating_add(passed).saturating_add_signed(self.skew_ms)
    }

    /// All connections that are not gone, in the order of their ids.
    pub fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.connections.values()
    }

    /// One connection.
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id)
    }

    /// What clients sent to endpoint discovery, the oldest first.
    pub fn discoveries(&self) -> impl DoubleEndedIterator<Item = &DiscoveryRecord> {
        self.discovery.records.iter()
    }

    /// What became of a push; none if it was forgotten for newer ones.
    pub fn push_record(&self, id: PushId) -> Option<&PushRecord> {
        self.pushes.all.get(&id).map(|pushed| &pushed.record)
    }

    /// All pushes that are still remembered, the oldest first.
    pub fn push_records(&self) -> impl DoubleEndedIterator<Item = &PushRecord> {
        self.pushes.all.values().map(|pushed| &pushed.record)
    }

    /// The payload of a push, as text and without secrets; none if the push was forgotten or its payload is no text.
    pub fn push_payload(&self, id: PushId) -> Option<(PushKind, String)> {
        let pushed = self.pushes.all.get(&id)?;
        let text = std::str::from_utf8(&pushed.payload).ok()?;
        Some((pushed.record.kind, self.redactor.plain(text)))
    }

    /// What clients did against the protocol, the oldest first.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.verdicts.of(Severity::Violation)
    }

    /// What clients did that is unusual, the oldest first.
    pub fn notes(&self) -> impl Iterator<Item = &Violation> {
        self.verdicts.of(Severity::Note)
    }

    /// What happened, the oldest first; without secrets.
    pub fn transcript(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.transcript.entries()
    }

    /// The number of the newest entry of the transcript; 0 if there was none yet.
    pub fn transcript_seq(&self) -> u64 {
        self.transcript.seq()
    }

    /// The entries of the transcript behind the one with this number, as far as they are still kept.
    pub fn transcript_after(&self, seq: u64) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.transcript.after(seq)
    }

    /// Counters.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }
}
