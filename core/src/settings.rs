//! What the platform decides: the `ClientConfig` that it sends on discovery, and again in pongs.

use core::time::Duration;

use serde::de::{IgnoredAny, MapAccess};

use crate::lenient::{Integer, Members};

/// The platform's settings, as far as it has sent any. Told by [`Notice::Settings`](crate::Notice::Settings).
///
/// Each one is optional on the wire: what is missing, or is not an integer, keeps its value. The defaults are those of
/// the official SDKs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Failed attempts after which the platform wants clients to give up; `None` for never. Reported, and obeyed only with
    /// [`Reconnect::obey_server_count`](crate::Reconnect::obey_server_count).
    pub reconnect_count: Option<u32>,
    /// Wait between two failed attempts.
    pub reconnect_interval: Duration,
    /// Bound of the random wait before the first attempt of an outage.
    pub reconnect_nonce: Duration,
    /// Time between two pings.
    pub ping_interval: Duration,
}

/// A day: the longest interval that is believed.
const LONGEST: i128 = 86_400;

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            reconnect_count: None,
            reconnect_interval: Duration::from_secs(120),
            reconnect_nonce: Duration::from_secs(30),
            ping_interval: Duration::from_secs(120),
        }
    }
}

impl Settings {
    /// Takes over what a `ClientConfig` names, within bounds.
    pub(crate) fn merge(&mut self, config: &ClientConfig) {
        if let Some(count) = config.reconnect_count.0 {
            self.reconnect_count = u32::try_from(count).ok();
        }
        if let Some(interval) = seconds(config.reconnect_interval) {
            self.reconnect_interval = interval;
        }
        if let Some(nonce) = seconds(config.reconnect_nonce) {
            self.reconnect_nonce = nonce;
        }
        // A ping interval of zero is a busy loop in the Go SDK; here it means nothing.
        if let Some(interval) = seconds(config.ping_interval).filter(|interval| !interval.is_zero()) {
            self.ping_interval = interval;
        }
    }
}

/// A `ClientConfig` as it is on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClientConfig {
    reconnect_count: Integer,
    reconnect_interval: Integer,
    reconnect_nonce: Integer,
    ping_interval: Integer,
}

impl<'de> Members<'de> for ClientConfig {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let member = match name {
            "ReconnectCount" => &mut self.reconnect_count,
            "ReconnectInterval" => &mut self.reconnect_interval,
            "ReconnectNonce" => &mut self.reconnect_nonce,
            "PingInterval" => &mut self.ping_interval,
            _ => return map.next_value::<IgnoredAny>().map(drop),
        };
        *member = map.next_value()?;
        Ok(())
    }
}

fn seconds(number: Integer) -> Option<Duration> {
    let seconds = number.0?.clamp(0, LONGEST);
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;
    use serde_json::{Value, json};

    use crate::lenient::Fields;

    fn read(json: &str) -> Option<Settings> {
        let config = serde_json::from_str::<Fields<ClientConfig>>(json).ok()?.0?;
        let mut settings = Settings::default();
        settings.merge(&config);
        Some(settings)
    }

    fn merged(config: Value) -> Settings {
        read(&config.to_string()).unwrap()
    }

    fn secs(settings: Settings) -> (u64, u64, u64) {
        let Settings { reconnect_interval, reconnect_nonce, ping_interval, .. } = settings;
        (reconnect_interval.as_secs(), reconnect_nonce.as_secs(), ping_interval.as_secs())
    }

    #[test]
    fn the_values_seen_in_the_field_are_taken() {
        let settings =
            merged(json!({"ReconnectCount": -1, "ReconnectInterval": 90, "ReconnectNonce": 25, "PingInterval": 90}));
        assert_eq!(settings.reconnect_count, None);
        assert_eq!(secs(settings), (90, 25, 90));
    }

    #[test]
    fn half_a_configuration_changes_only_the_half_it_names() {
        assert_eq!(secs(merged(json!({"PingInterval": 60}))), (120, 30, 60));
        assert_eq!(merged(json!({})), Settings::default());
    }

    #[test]
    fn a_value_of_the_wrong_type_is_as_good_as_none() {
        let odd = json!({"ReconnectCount": "3", "ReconnectInterval": null, "ReconnectNonce": 1.5, "PingInterval": [1]});
        assert_eq!(merged(odd), Settings::default());
    }

    #[test]
    fn extreme_values_are_clamped() {
        let huge = json!({"ReconnectInterval": u64::MAX, "ReconnectNonce": i64::MAX, "PingInterval": 1_000_000});
        assert_eq!(secs(merged(huge)), (86_400, 86_400, 86_400));
        let negative = json!({"ReconnectCount": -7, "ReconnectInterval": -1, "ReconnectNonce": -1, "PingInterval": -1});
        assert_eq!(secs(merged(negative)), (0, 0, 120));
    }

    #[test]
    fn a_ping_interval_of_zero_is_not_believed() {
        assert_eq!(secs(merged(json!({"PingInterval": 0}))), (120, 30, 120));
    }

    #[test]
    fn a_count_is_reported() {
        assert_eq!(merged(json!({"ReconnectCount": 0})).reconnect_count, Some(0));
        assert_eq!(merged(json!({"ReconnectCount": 1u64 << 40})).reconnect_count, None);
    }

    #[test]
    fn what_has_no_meaning_is_skipped_however_deep_it_is() {
        let nested = "[".repeat(10_000) + &"]".repeat(10_000);
        let json =
            format!(r#"{{"x":{nested},"PingInterval":60,"ReconnectNonce":{nested},"y":[1,2,3],"Pinginterval":1}}"#);
        assert_eq!(secs(read(&json).unwrap()), (120, 30, 60));
    }

    #[test]
    fn a_config_is_an_object_and_of_a_repeated_member_the_last_counts() {
        for json in ["", "[]", "null", "1", "\"x\"", "true", "{", "{}x", "{\"PingInterval\":1"] {
            assert_eq!(read(json), None, "{json}");
        }
        assert_eq!(secs(read(r#"{"PingInterval":60,"PingInterval":70}"#).unwrap()), (120, 30, 70));
    }
}
