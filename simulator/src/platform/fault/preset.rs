//! Faults that occur together in life.

use larkwire_core::Time;
use serde::Serialize;
use serde_json::{Value, json};

use super::{DropHow, NamedFault, Times, Wake};
use crate::platform::Platform;

const HOUR_MS: u64 = 3_600_000;

/// A situation: several faults at once.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Preset {
    /// Stable: flags and calls use it.
    pub name: &'static str,
    english: &'static str,
    chinese: &'static str,
    seed: Option<u64>,
    /// What it is made of.
    pub faults: Vec<(NamedFault, Times)>,
}

impl Serialize for Preset {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fault = |(fault, times): &(NamedFault, Times)| json!({"name": fault.name(), "parameters": fault.parameters(), "times": times});
        let faults: Vec<Value> = self.faults.iter().map(fault).collect();
        let title = json!({"en": self.english, "zh": self.chinese});
        json!({"name": self.name, "title": title, "faults": faults}).serialize(serializer)
    }
}

impl Preset {
    /// All of them.
    pub fn all() -> Vec<Preset> {
        use NamedFault as Named;
        let chance = Times::Probability;
        let how = DropHow::Reset;
        let preset = |name, english, chinese, faults| Preset { name, english, chinese, seed: None, faults };
        let wifi = vec![
            (Named::Delay { by_ms: 100, jitter_ms: 900 }, chance(0.5)),
            (Named::Stall { for_ms: 4000 }, chance(0.1)),
            (Named::Drop { how, code: 0, reason: String::new() }, chance(0.05)),
            (Named::SlowPong { by_ms: 3000 }, chance(0.3)),
            (Named::ApiSlow { by_ms: 1500 }, chance(0.2)),
        ];
        // Hours have passed, nothing comes or goes for a moment, and something on the way has forgotten the connections.
        let lid = vec![
            (Named::ClockFreeze { for_ms: 3 * HOUR_MS, wake: Wake::Keep }, Times::Next(1)),
            (Named::LaptopSleep { for_ms: 30_000, wake: Wake::Reset }, Times::Next(1)),
        ];
        let close = |reason: &str| Named::Drop { how: DropHow::Close, code: 1001, reason: reason.to_owned() };
        let settings =
            Named::Reconfigure { reconnect_count: -1, reconnect_interval: 2, reconnect_nonce: 2, ping_interval: 30 };
        let rollout = vec![
            (close("rollout"), Times::Next(2)),
            (Named::DiscoveryCode { code: 1, msg: "system busy".into() }, Times::Next(1)),
            (Named::DiscoveryStatus { status: 502 }, Times::Next(1)),
            (settings, Times::Next(1)),
        ];
        let neighbour = vec![(Named::RoutingSplit {}, chance(0.5))];
        let storm = vec![(Named::ReconnectStorm { how, status: 429, for_ms: 30_000 }, Times::Next(1))];
        let mut everything = preset("everything", "Everything, seed 42", "全部故障，种子 42", everything());
        everything.seed = Some(42);
        vec![
            preset("coffee_shop_wifi", "Coffee-shop wifi", "咖啡馆 Wi-Fi", wifi),
            preset("laptop_lid", "Laptop lid closed", "合上笔记本", lid),
            preset("platform_rollout", "Platform rollout", "平台发布", rollout),
            preset("noisy_neighbour", "Noisy neighbour (second instance)", "吵闹的邻居（第二个实例）", neighbour),
            preset("storm", "Reconnect storm", "重连风暴", storm),
            everything,
        ]
    }
}

/// Every fault that a good client survives, each once in a while.
fn everything() -> Vec<(NamedFault, Times)> {
    /// Those that say for good that there is nothing to hope for.
    const FATAL: [&str; 1] = ["refuse_upgrade"];
    let names =
        NamedFault::catalogue().into_iter().map(|kind| kind.name).filter(|name| !FATAL.contains(&name.as_str()));
    let usual = names.filter_map(|name| NamedFault::new(&name, &serde_json::Map::new()).ok());
    usual.map(|fault| (fault, Times::Probability(0.05))).collect()
}

impl Platform {
    /// Adds all faults of a preset; false if there is none of this name.
    pub fn inject_preset(&mut self, now: Time, name: &str) -> bool {
        let Some(preset) = Preset::all().into_iter().find(|preset| preset.name == name) else { return false };
        if let Some(seed) = preset.seed {
            self.faults.reseed(seed);
        }
        for (fault, times) in &preset.faults {
            self.add_named(now, fault, *times, None);
        }
        true
    }
}
