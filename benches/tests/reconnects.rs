//! Reconnecting in virtual time: nothing is left behind, and many clients do not come back all together.
#![allow(missing_docs)]

use std::time::Duration;

use allocation_counter::measure;
use bytes::Bytes;
use larkwire_benches::pushes::Pushes;
use larkwire_benches::station::Station;

#[test]
fn a_hundred_thousand_reconnects_leave_nothing_behind() {
    let mut station = Station::open(|config| {
        (config.reconnect.floor, config.reconnect.stable_after) = Default::default();
        config.limits.dedup_entries = 100;
    });
    let mut pushes = Pushes::new(1024, 4);
    // Every hundredth connection brings a whole message, and the beginning of one.
    let mut live = |times: u32| {
        for connection in 0..times {
            if connection % 100 == 0 {
                let mut sent = pushes.next_push().map(Bytes::copy_from_slice).filter_map(|data| station.take(data));
                assert!(sent.next().is_some());
                drop(sent);
                let begun = pushes.next_push().next().map(Bytes::copy_from_slice);
                assert_eq!(begun.and_then(|data| station.take(data)), None);
            }
            station.lose(Duration::from_millis(5));
        }
    };
    live(20_000);
    let held = measure(|| live(100_000));
    assert!(held.bytes_current.abs() < 4 * 1024, "{held:?}");
}

/// The nonce of the platform is 30 s here.
#[test]
fn a_thousand_clients_that_are_dropped_together_come_back_evenly_within_the_nonce() {
    let mut tenths = [0; 10];
    for seed in 0..1_000 {
        let mut station = Station::with_seed(seed, |_| {});
        let gone = station.lose(Duration::from_secs(3600));
        assert!(gone <= Duration::from_secs(30), "{gone:?}");
        tenths[(gone.as_millis() / 3_000).min(9) as usize] += 1;
    }
    // 100 each, give or take four standard deviations.
    assert!(tenths.iter().all(|clients| (62..=138).contains(clients)), "{tenths:?}");
}
