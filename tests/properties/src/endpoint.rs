use bytes::Bytes;
use larkwire_core::{Config, Failure, Notice, Output, Stop};

use crate::script::Script;
use crate::watch::{Question, SECRET, Said, Watch};

/// An answer of endpoint discovery: the first byte chooses the configuration, the next two the status, the rest is the body.
///
/// It ends in exactly one of three outcomes: an acceptable URL to connect to, another attempt with a reason, or a stop with
/// a reason. Only a status of 200 leads to a URL or a stop. No reason shows the app secret, even if the answer quotes it.
pub fn endpoint(data: &[u8]) {
    let mut script = Script::new(data);
    let choices = script.byte();
    let status = match script.below(8) {
        7 => u16::from_le_bytes([script.byte(), script.byte()]),
        6 => 503,
        5 => 403,
        _ => 200,
    };
    let mut config = Config::new("cli_a1b2c3d4e5f60718", SECRET);
    config.allow_insecure = choices & 1 != 0;
    config.connection_host = (choices & 2 != 0).then(|| "gateway.example:8443".into());
    if choices & 4 != 0 {
        config.connection_query = vec![("lane".into(), "a b&ü=1".into()), ("ticket".into(), "other".into())];
    }
    if choices & 8 != 0 {
        config.limits.discovery_body = 300;
    }
    config.reconnect.obey_server_count = choices & 16 != 0;
    let mut watch = Watch::new(&config, 1);
    let (attempt, _) = watch.question().filter(|asked| asked.1 == Question::Request).expect("a request");

    let body = Bytes::copy_from_slice(script.rest());
    let length = body.len();
    let outputs = watch.say(watch.now(), Said::Response(attempt, status, body));
    let mut outcomes = 0;
    for output in &outputs {
        match output {
            Output::Notice(Notice::Settings(_) | Notice::Degraded { .. }) => {}
            Output::Connect { connect, .. } => {
                outcomes += 1;
                assert!(status == 200 && length <= config.limits.discovery_body);
                if choices & 4 != 0 {
                    assert_eq!(connect.url.query_names().filter(|name| *name == "lane").count(), 1);
                }
            }
            Output::Notice(Notice::Disconnected { failure, was_open, .. }) => {
                outcomes += 1;
                assert!(!was_open);
                assert!(
                    matches!(
                        failure,
                        Failure::HttpStatus { .. } | Failure::Refused(_) | Failure::BadAnswer(_) | Failure::BadUrl(_)
                    ),
                    "{failure:?}"
                );
                assert!(status == 200 || !matches!(failure, Failure::Refused(_) | Failure::BadUrl(_)));
            }
            Output::Notice(Notice::Stopped(stop)) => {
                assert!(status == 200, "{stop:?}");
                match stop {
                    Stop::Credentials(_) | Stop::WrongBrand(_) | Stop::Refused(_) => assert!(stop.code() != Some(0)),
                    Stop::ConnectionLimit { .. } => {}
                    // After the one failure that was told of.
                    Stop::TriesUsedUp { .. } if config.reconnect.obey_server_count => continue,
                    other => panic!("{other:?}"),
                }
                outcomes += 1;
            }
            other => panic!("an answer led to {other:?}"),
        }
    }
    assert_eq!(outcomes, 1, "{outputs:?}");
}
