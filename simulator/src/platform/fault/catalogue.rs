//! All faults that have a name, with what a page or a command line needs to offer them.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::named::BUSY;
use super::{DropHow, NamedFault, Times, Wake};

/// When a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Occasion {
    /// When an event or a callback is pushed.
    Push,
    /// When a ping is to be answered.
    Ping,
    /// When a client asks for the endpoint.
    Discovery,
    /// When a client opens a connection.
    Upgrade,
    /// When a client calls the OpenAPI.
    Call,
    /// At once if anybody is connected, and otherwise, or again, when an event or a callback is pushed.
    Now,
}

/// A kind of fault.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FaultKind {
    /// Stable: flags, calls and cassettes use it.
    pub name: String,
    /// For people, in English and Chinese.
    pub title: Value,
    /// When it happens.
    pub occasion: Occasion,
    /// Whether it can be for one connection only.
    pub per_connection: bool,
    /// By name: `type` (`integer`, `text` or `choice`), `default`, and the `choices`.
    pub parameters: Map<String, Value>,
}

/// A name or a parameter that is not in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError(String);

impl FaultError {
    pub(super) fn new(text: String) -> FaultError {
        FaultError(text)
    }
}

impl std::fmt::Display for FaultError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FaultError {}

use Occasion::{Call, Discovery, Now, Ping, Push, Upgrade};

/// Every kind, with its occasion and its titles.
fn kinds() -> Vec<(NamedFault, Occasion, &'static str, &'static str)> {
    use NamedFault as Named;
    const HOUR_MS: u64 = 3_600_000;
    let text = str::to_owned;
    let (how, wake) = (DropHow::Eof, Wake::Keep);
    vec![
        (Named::Drop { how, code: 1001, reason: text("going away") }, Push, "Drop the connection", "断开连接"),
        (Named::HalfOpen {}, Push, "Half-open: silence from then on", "半开连接：此后沉默"),
        (Named::Stall { for_ms: 5000 }, Push, "Silence for a while", "沉默一段时间"),
        (Named::Delay { by_ms: 1000, jitter_ms: 0 }, Push, "Push late", "延迟推送"),
        (Named::Duplicate { copies: 2 }, Push, "Push twice at once", "同时推送两次"),
        (Named::LateRepush { after_ms: 7 * HOUR_MS }, Push, "Push again hours later", "数小时后重复推送"),
        (Named::Split { parts: 3 }, Push, "Split into frames", "拆分成多帧"),
        (Named::Reorder {}, Push, "Frames in random order", "帧乱序"),
        (Named::Interleave {}, Push, "Frames mixed with the next event's", "与下一事件的帧交错"),
        (Named::MissingPart {}, Push, "A frame is missing", "缺少一帧"),
        (Named::HugeSum { sum: 2_147_483_647 }, Push, "Claims two billion frames", "声称有二十亿帧"),
        (Named::WrongSeq { seq: text("7") }, Push, "Wrong seq", "seq 错误"),
        (Named::WrongSum { sum: text("0") }, Push, "Wrong sum", "sum 错误"),
        (Named::MissingHeader { header: text("message_id") }, Push, "A header is missing", "缺少一个头"),
        (Named::UnknownType { r#type: text("telegram") }, Push, "Unknown frame type", "未知帧类型"),
        (Named::BadProtobuf {}, Push, "Frame cut short", "帧被截断"),
        (Named::BadJson {}, Push, "Payload cut short", "载荷被截断"),
        (Named::CardFrame {}, Push, "As a frame of type card", "以 card 类型的帧推送"),
        (Named::RoutingSplit {}, Push, "Another instance gets it", "被另一实例收走"),
        (Named::MutePong {}, Ping, "No pong", "不回 pong"),
        (Named::SlowPong { by_ms: 5000 }, Ping, "Late pong", "迟到的 pong"),
        (
            Named::Reconfigure { reconnect_count: 1, reconnect_interval: 1, reconnect_nonce: 1, ping_interval: 5 },
            Ping,
            "New settings in the pong",
            "pong 下发新配置",
        ),
        (Named::DiscoveryHang {}, Discovery, "Discovery never answers", "端点发现无响应"),
        (Named::DiscoverySlow { by_ms: 3000 }, Discovery, "Discovery is slow", "端点发现很慢"),
        (Named::DiscoveryStatus { status: 503 }, Discovery, "Discovery fails with a status", "端点发现返回错误状态"),
        (
            Named::DiscoveryCode { code: 1, msg: text(BUSY) },
            Discovery,
            "Discovery fails with a code",
            "端点发现返回错误码",
        ),
        (
            Named::RefuseUpgrade {
                status: 400,
                handshake_status: 514,
                msg: text("auth failed"),
                autherrcode: 1_000_040_350,
            },
            Upgrade,
            "Refuse the upgrade",
            "拒绝握手",
        ),
        (Named::UpgradeHang {}, Upgrade, "The upgrade never answers", "握手无响应"),
        (Named::SlowReader { bytes_per_second: 100 }, Upgrade, "The platform reads slowly", "平台读取很慢"),
        (Named::TinyWindow { bytes: 2048 }, Upgrade, "Tiny receive window", "极小的接收窗口"),
        (Named::ByteWrites { bytes: 1 }, Upgrade, "Writes of one byte", "每次只写一个字节"),
        (Named::ApiRateLimit { reset_seconds: 1 }, Call, "Rate limit (429)", "触发频控 (429)"),
        (Named::ApiTokenExpired {}, Call, "Tokens expire", "令牌过期"),
        (Named::ApiStatus { status: 502 }, Call, "Call fails with a status", "调用返回错误状态"),
        (Named::ApiSlow { by_ms: 3000 }, Call, "Slow call", "调用很慢"),
        (Named::ApiHang {}, Call, "Call never answers", "调用无响应"),
        (Named::ApiTruncated {}, Call, "Answer cut short", "响应被截断"),
        (Named::TemplateCard {}, Call, "Cards read as templates", "读取的卡片是模板"),
        (
            Named::ReconnectStorm { how, status: 429, for_ms: 30_000 },
            Now,
            "Drop all, then be busy for a while",
            "全部断开并持续繁忙",
        ),
        (Named::ClockSkew { by_ms: 3_600_000 }, Now, "Wall clock is off", "平台时钟偏移"),
        (Named::LaptopSleep { for_ms: 30_000, wake }, Now, "The laptop sleeps for a while", "笔记本休眠一段时间"),
        (
            Named::ClockFreeze { for_ms: 30_000, wake },
            Now,
            "The client's clock stood still: time jumps",
            "客户端时钟停走：时间跳跃",
        ),
    ]
}

impl NamedFault {
    /// All of them, with their usual parameters.
    pub fn catalogue() -> Vec<FaultKind> {
        let kind = |(fault, occasion, english, chinese): (NamedFault, Occasion, &str, &str)| {
            let title = json!({"en": english, "zh": chinese});
            let parameters = match fault.parameters() {
                Value::Object(defaults) => {
                    defaults.into_iter().map(|(name, value)| (name.clone(), parameter(&name, value))).collect()
                }
                _ => Map::new(),
            };
            let per_connection = fault.can_be_for_one().is_ok();
            FaultKind { name: fault.name(), title, occasion, per_connection, parameters }
        };
        kinds().into_iter().map(kind).collect()
    }

    /// Refuses, with the reason, what cannot be for one connection only.
    pub(super) fn can_be_for_one(&self) -> Result<(), FaultError> {
        let name = self.name();
        let occasion = kinds().into_iter().find(|kind| kind.0.name() == name).map(|kind| kind.1);
        let why = match occasion {
            None | Some(Push | Ping) => return Ok(()),
            Some(Now) if matches!(self, NamedFault::LaptopSleep { .. }) => return Ok(()),
            Some(Now) => "it happens to all of them",
            Some(Discovery | Upgrade) => "it happens before there is one",
            Some(Call) => "calls do not come over one",
        };
        Err(FaultError(format!("{name} cannot be for one connection: {why}")))
    }

    /// The fault of this name; parameters that are not given are as in the catalogue.
    ///
    /// # Errors
    /// When there is no such name or parameter, or a value is of another type.
    pub fn new(name: &str, parameters: &Map<String, Value>) -> Result<NamedFault, FaultError> {
        let usual = kinds().into_iter().map(|kind| kind.0).find(|fault| fault.name() == name);
        let usual = usual.ok_or_else(|| FaultError(format!("there is no fault {name:?}")))?;
        let Value::Object(mut merged) = usual.parameters() else { return Ok(usual) };
        for (parameter, value) in parameters {
            let Some(place) = merged.get_mut(parameter) else {
                let known: Vec<&String> = merged.keys().collect();
                return Err(FaultError(format!("{name} has no parameter {parameter:?}; it has {known:?}")));
            };
            *place = value.clone();
        }
        let value = json!({"name": name, "parameters": merged});
        serde_json::from_value(value).map_err(|error| FaultError(format!("{name}: {error}")))
    }

    /// A fault and its times, as a flag spells them: `NAME[:PARAMETER=VALUE,…][@TIMES]`. The times are a number, a
    /// percentage, or without `@` always.
    ///
    /// ```
    /// use larkwire_sim::{NamedFault, Times};
    ///
    /// let (fault, times) = NamedFault::parse("split:parts=5@2")?;
    /// assert_eq!((fault, times), (NamedFault::Split { parts: 5 }, Times::Next(2)));
    /// assert_eq!(NamedFault::parse("mute_pong@10%")?.1, Times::Probability(0.1));
    /// # Ok::<(), larkwire_sim::FaultError>(())
    /// ```
    ///
    /// # Errors
    /// When it cannot be read, or is not in the catalogue.
    pub fn parse(text: &str) -> Result<(NamedFault, Times), FaultError> {
        let (fault, times) = text.rsplit_once('@').map_or((text, None), |(fault, times)| (fault, Some(times)));
        let times = match times {
            None => Times::Always,
            Some(times) => parse_times(times)
                .ok_or_else(|| FaultError(format!("{times:?} is neither a number of times nor a percentage")))?,
        };
        let (name, list) = fault.split_once(':').unwrap_or((fault, ""));
        let mut parameters = Map::new();
        for pair in list.split(',').filter(|pair| !pair.is_empty()) {
            let Some((parameter, value)) = pair.split_once('=') else {
                return Err(FaultError(format!("{pair:?} is not PARAMETER=VALUE")));
            };
            parameters.insert(parameter.to_owned(), Value::from(value));
        }
        let usual = kinds().into_iter().map(|kind| kind.0.clone()).find(|fault| fault.name() == name);
        // What is a number in the catalogue is one here.
        for (parameter, usual) in usual.iter().flat_map(|fault| fault.parameters().as_object().cloned()).flatten() {
            if let Some(value) = parameters.get_mut(&parameter)
                && usual.is_number()
                && let Some(number) = value.as_str().and_then(|text| text.parse::<i64>().ok())
            {
                *value = Value::from(number);
            }
        }
        Ok((NamedFault::new(name, &parameters)?, times))
    }
}

fn parse_times(text: &str) -> Option<Times> {
    match text.strip_suffix('%') {
        Some(percent) => {
            let percent: f64 = percent.parse().ok()?;
            (0.0..=100.0).contains(&percent).then_some(Times::Probability(percent / 100.0))
        }
        None => text.parse().ok().filter(|times| *times > 0).map(Times::Next),
    }
}

fn parameter(name: &str, default: Value) -> Value {
    match (name, &default) {
        ("how", _) => {
            json!({"type": "choice", "default": default, "choices": [DropHow::Eof, DropHow::Reset, DropHow::Close]})
        }
        ("wake", _) => json!({"type": "choice", "default": default, "choices": [Wake::Keep, Wake::Reset]}),
        (_, Value::Number(_)) => json!({"type": "integer", "default": default}),
        _ => json!({"type": "text", "default": default}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_made_from_its_catalogue_entry() {
        let kinds = kinds();
        for (fault, ..) in &kinds {
            assert_eq!(NamedFault::new(&fault.name(), &Map::new()).as_ref(), Ok(fault));
            assert_eq!(NamedFault::parse(&fault.name()), Ok((fault.clone(), Times::Always)));
        }
        let names: std::collections::BTreeSet<String> = kinds.iter().map(|kind| kind.0.name()).collect();
        assert_eq!(names.len(), kinds.len(), "a name stands for two");
    }

    #[test]
    fn what_is_not_in_the_catalogue_is_refused_with_what_is() {
        let refusals = [
            ("nonsense", "there is no fault \"nonsense\""),
            ("split:pieces=3", "split has no parameter \"pieces\"; it has [\"parts\"]"),
            ("split:parts=many", "split: invalid type: string \"many\", expected usize"),
            ("split:parts", "\"parts\" is not PARAMETER=VALUE"),
            ("split@often", "\"often\" is neither a number of times nor a percentage"),
            ("split@101%", "\"101%\" is neither a number of times nor a percentage"),
            ("drop:how=softly", "drop: unknown variant `softly`, expected one of `eof`, `reset`, `close`"),
        ];
        for (text, expected) in refusals {
            assert_eq!(NamedFault::parse(text).err().map(|error| error.to_string()).as_deref(), Some(expected));
        }
    }
}
