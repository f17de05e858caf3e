//! The program as it is: what it says, how it ends.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{Bot, Config, Domain, Router};
use serde_json::{Value, json};

fn larkwire() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_larkwire"));
    command.env_remove("LARKWIRE_SIM_APP_SECRET").env_remove("LARKWIRE_SIM_APP_ID").env_remove("NO_COLOR");
    command
}

fn sim(arguments: &[&str]) -> Output {
    larkwire().args(["sim", "--port", "0"]).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A simulator that was started without a command, and what it told.
fn started(arguments: &[&str]) -> (Child, Value) {
    let mut command = larkwire();
    let mut child = command
        .args(["sim", "--port", "0"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn get(url: &str) -> String {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    ask(address, &format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
}

fn post(domain: &str, path: &str, body: &str) -> String {
    let (address, length) = (domain.strip_prefix("http://").unwrap(), body.len());
    let head = format!("POST /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}");
    ask(address, &format!("{head}\r\n\r\n{body}"))
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_tells_programs_where_it_is_and_stops_cleanly_on_a_signal() {
    for name in ["INT", "TERM"] {
        let (mut child, told) = started(&["--quiet"]);
        let app_id = told["app_id"].as_str().unwrap();
        assert!(app_id.starts_with("cli_") && app_id.len() == 20, "{told}");
        let domain = told["domain"].as_str().unwrap();
        assert_eq!(told["page"], format!("{domain}/_sim"));
        assert!(get(&format!("{domain}/_sim/v1/readyz")).ends_with("ok"));
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{name}");
    }
}

#[test]
fn a_command_finds_the_platform_in_its_environment_and_decides_the_exit_code() {
    let script = r#"echo "$LARK_APP_ID $LARK_APP_SECRET $LARK_DOMAIN $LARKWIRE_SIM"; exit 7"#;
    let output = sim(&["--app-id", "cli_00000000000000ab", "--", "sh", "-c", script]);
    assert_eq!(output.status.code(), Some(7));
    let stdout = text(&output.stdout);
    let words: Vec<&str> = stdout.split_whitespace().collect();
    assert_eq!(words[0], "cli_00000000000000ab");
    assert!(words[2].starts_with("http://127.0.0.1:"), "{stdout}");
    assert_eq!(words[3], format!("{}/_sim/v1", words[2]));
    let stderr = text(&output.stderr);
    for told in [words[0], words[1], words[2], "Python", "0 pushed", "0 violations"] {
        assert!(stderr.contains(told), "{told} is not in: {stderr}");
    }
}

#[test]
fn the_secret_comes_from_a_file_or_the_environment_and_a_real_one_gets_a_warning() {
    let file = std::env::temp_dir().join(format!("larkwire-secret-{}", std::process::id()));
    std::fs::write(&file, "from-a-file\n").unwrap();
    let show = ["--", "sh", "-c", "echo $LARK_APP_SECRET"];
    let output = sim(&[&["--secret-file", file.to_str().unwrap()], &show[..]].concat());
    std::fs::remove_file(&file).unwrap();
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).contains("warning")), ("from-a-file\n", false));

    let real = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6";
    let output =
        larkwire().args(["sim", "--quiet", "--port", "0"]).args(show).env("LARKWIRE_SIM_APP_SECRET", real).output();
    let output = output.unwrap();
    assert_eq!(text(&output.stdout).trim(), real);
    let stderr = text(&output.stderr);
    assert!(stderr.contains("looks like a real one") && !stderr.contains(real), "{stderr}");

    let output = sim(&["--secret-file", "there/is/no/such/file"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn listening_to_the_network_gets_a_warning_and_bots_come_back_to_where_they_came() {
    let output = sim(&["--listen", "0.0.0.0", "--quiet", "--", "sh", "-c", "echo $LARK_DOMAIN"]);
    assert!(text(&output.stderr).contains("everybody who reaches this machine"));
    assert!(text(&output.stdout).starts_with("http://127.0.0.1:"));
}

#[test]
fn mistakes_have_codes_and_say_what_to_do() {
    assert_eq!(sim(&["--no-such-option"]).status.code(), Some(2));
    assert_eq!(sim(&["--speed", "-1"]).status.code(), Some(2));
    assert_eq!(sim(&["--app-id", "mine"]).status.code(), Some(2));
    assert_eq!(sim(&["--", "there-is-no-such-command"]).status.code(), Some(127));
    let (mut other, told) = started(&["--quiet"]);
    let (_, port) = told["domain"].as_str().unwrap().rsplit_once(':').unwrap();
    let output = larkwire().args(["sim", "--port", port]).output().unwrap();
    signal(&other, "TERM");
    other.wait().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("try: --port 0"), "{}", text(&output.stderr));
}

#[test]
fn a_signal_is_passed_on_to_the_command_and_a_second_one_ends_it() {
    let script = |rest: &str| format!("trap 'exit 3' TERM; echo up; {rest}");
    let start = |script: String| {
        let mut child = larkwire()
            .args(["sim", "--quiet", "--port", "0", "--", "sh", "-c", &script])
            .stdout(Stdio::piped())
            .spawn();
        let child = child.as_mut().map(|child| child.stdout.take()).unwrap().zip(child.ok()).unwrap();
        let mut lines = BufReader::new(child.0).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "up");
        (child.1, lines)
    };
    let (mut polite, _lines) = start(script("while :; do sleep 0.05; done"));
    signal(&polite, "TERM");
    assert_eq!(polite.wait().unwrap().code(), Some(3));

    let (mut stubborn, mut lines) = start("trap 'echo no' TERM; echo up; while :; do sleep 0.05; done".into());
    signal(&stubborn, "TERM");
    assert_eq!(lines.next().unwrap().unwrap(), "no");
    signal(&stubborn, "TERM");
    assert_eq!(stubborn.wait().unwrap().code(), Some(143));
}

#[test]
fn strict_runs_fail_if_an_event_was_not_acked() {
    let say = r#"curl -fsS -d '{"as":"alice","text":"hi"}' "$LARKWIRE_SIM/messages""#;
    let lenient = sim(&["--", "sh", "-c", say]);
    assert_eq!(lenient.status.code(), Some(0), "{}", text(&lenient.stderr));
    let strict = sim(&["--strict", "--", "sh", "-c", say]);
    assert_eq!(strict.status.code(), Some(6));
    assert!(text(&strict.stderr).contains("1 pushed, 0 acked"), "{}", text(&strict.stderr));
}

#[test]
fn faults_are_flags_too() {
    let list = larkwire().args(["sim", "--list-faults"]).output().unwrap();
    let list = text(&list.stdout);
    for shown in ["split:parts=3\n", "drop:", "half_open\n", "coffee_shop_wifi\n"] {
        assert!(list.contains(shown), "{shown:?} is not in {list}");
    }
    let show = [
        "--fault",
        "split:parts=5@2",
        "--preset",
        "laptop_lid",
        "--",
        "sh",
        "-c",
        r#"curl -fsS "$LARKWIRE_SIM/faults""#,
    ];
    let faults: Value = serde_json::from_slice(&sim(&show).stdout).unwrap();
    // Those of the preset wait as well, in whatever order.
    let split = faults["active"].as_array().unwrap().iter().find(|fault| fault["name"] == "split").unwrap();
    assert_eq!((&split["parameters"]["parts"], &split["times"]), (&json!(5), &json!({"next": 2})));
    for wrong in [["--fault", "nonsense"], ["--fault", "split:parts=x"], ["--preset", "nonsense"]] {
        assert_eq!(sim(&wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_run_is_recorded_without_secrets() {
    let file = std::env::temp_dir().join(format!("larkwire-record-{}", std::process::id()));
    let talk = r#"curl -fsS -d '{"as":"alice","text":"hi"}' "$LARKWIRE_SIM/messages";
        curl -sS -d "{\"AppID\":\"$LARK_APP_ID\",\"AppSecret\":\"$LARK_APP_SECRET\"}" $LARK_DOMAIN/callback/ws/endpoint"#;
    let output = sim(&["--record", file.to_str().unwrap(), "--", "sh", "-c", talk]);
    let cassette = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<Value> = cassette.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["cassette"], 1);
    assert!(lines.iter().any(|line| line["kind"] == "push" && line["payload"].is_string()), "{cassette}");
    assert!(lines.iter().any(|line| line["kind"] == "response"), "{cassette}");
    assert!(!cassette.contains("sim-secret") && !cassette.contains("ticket=%") && cassette.contains("ticket=***"));
    assert_eq!(sim(&["--record", "no/such/folder/file"]).status.code(), Some(2));
}

#[test]
fn there_can_be_several_apps_each_with_its_secret() {
    let (first, second) = ("cli_00000000000000ab", "cli_00000000000000cd");
    let file = std::env::temp_dir().join(format!("larkwire-apps-{}", std::process::id()));
    std::fs::write(&file, "of-the-first\n").unwrap();
    let secret_file = ["--secret-file", file.to_str().unwrap()];
    let (mut child, told) = started(&[&["--quiet", "--app-id", first, "--app-id", second], &secret_file[..]].concat());
    std::fs::remove_file(&file).unwrap();
    assert_eq!((&told["app_id"], &told["app_secret"]), (&json!(first), &json!("of-the-first")));
    assert_eq!((&told["apps"][0]["app_id"], &told["apps"][1]["app_id"]), (&json!(first), &json!(second)));
    for app in told["apps"].as_array().unwrap() {
        let body = json!({"AppID": app["app_id"], "AppSecret": app["app_secret"]}).to_string();
        assert!(post(told["domain"].as_str().unwrap(), "callback/ws/endpoint", &body).contains(r#""code":0"#), "{app}");
    }
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));

    let by_environment = larkwire()
        .args(["sim", "--port", "0", "--", "sh", "-c", r#"curl -fsS "$LARKWIRE_SIM/state""#])
        .env("LARKWIRE_SIM_APP_ID", format!("{first},{second}"))
        .output()
        .unwrap();
    let state: Value = serde_json::from_slice(&by_environment.stdout).unwrap();
    assert_eq!((&state["apps"][0]["name"], &state["apps"][1]["name"]), (&json!("Bot"), &json!("Bot 2")));
    let stderr = text(&by_environment.stderr);
    assert!(stderr.contains("name  Bot 2\n"), "{stderr}");
    for told in [first, second] {
        // Above, to connect, and below, with what it did.
        assert!(stderr.contains(&format!("{told}   secret")), "{stderr}");
        assert!(stderr.contains(&format!("{told}: 0 pushed, 0 acked")), "{stderr}");
    }

    assert_eq!(sim(&["--app-id", first, "--app-id", first]).status.code(), Some(2));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert_eq!(sim(&["--secret-file", file, "--secret-file", file]).status.code(), Some(2));
}

/// Half a cassette: an event, and the ack with this code.
fn cassette(code: u16) -> String {
    let event = json!({
        "schema": "2.0",
        "header": {"event_id": "e1", "event_type": "im.message.receive_v1", "create_time": "1767225600000"},
        "event": {"message": {"message_id": "om_1", "message_type": "text", "content": "{\"text\":\"hi\"}"}},
    });
    let push = json!({"kind": "push", "push": 1, "event_type": "im.message.receive_v1", "payload": event.to_string()});
    let ack = json!({"kind": "ack", "push": 1, "code": code, "on_time": true});
    format!("{}\n{push}\n{ack}\n", json!({"cassette": 1}))
}

/// A file for the time of a test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> File {
        let path = std::env::temp_dir().join(format!("larkwire-{name}-{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A bot that acks all messages.
fn bot(told: &Value) -> Bot {
    let told = |name: &str| told[name].as_str().unwrap().to_owned();
    let mut config = Config::new(told("app_id"), told("app_secret"));
    config.domain = Domain::Custom(told("domain"));
    Bot::new(config, Router::builder().on(|_: MessageReceiveV1| async {}).build().unwrap())
}

#[tokio::test]
async fn a_cassette_is_played_to_the_bot_that_connects_and_what_differs_is_told() {
    for (recorded, strict, code, told_of) in [
        (200, true, 0, "replay: 1 pushed again, 1 with the same ack, 0 with another"),
        (500, false, 0, "replay: 1 pushed again, 0 with the same ack, 1 with another"),
        (500, true, 6, r#""replayed":{"code":200"#),
    ] {
        let file = File::new(&format!("replay-{recorded}-{strict}"), &cassette(recorded));
        let arguments = if strict { &["--replay", file.path(), "--strict"][..] } else { &["--replay", file.path()] };
        let (child, told) = started(arguments);
        let bot = tokio::spawn(bot(&told).run());
        let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
        bot.abort();
        let stderr = text(&output.stderr);
        assert!(output.status.code() == Some(code) && stderr.contains(told_of), "{:?} {stderr}", output.status);
    }
    let file = File::new("replay-cut-short", &cassette(200));
    let output = sim(&["--replay", file.path(), "--strict", "--", "true"]);
    assert_eq!(output.status.code(), Some(6));
    assert!(text(&output.stderr).contains("did not come to its end"), "{}", text(&output.stderr));
    let no_cassette = File::new("no-cassette", "{}\n");
    let output = sim(&["--replay", no_cassette.path()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("not that of a cassette"), "{}", text(&output.stderr));
}

#[tokio::test]
async fn a_cassette_is_played_with_the_pauses_that_it_has() {
    let first = cassette(200);
    let (_, push) = first.lines().enumerate().find(|(_, line)| line.contains("payload")).unwrap();
    let mut later: Value = serde_json::from_str(push).unwrap();
    (later["push"], later["at_ms"]) = (json!(2), json!(2_000));
    let (played, run) = (File::new("pauses", &format!("{first}{later}\n")), File::new("pauses-run", ""));
    let faster = ["--speed", "20", "--pauses", "original"];
    let (child, told) = started(&[&["--replay", played.path(), "--record", run.path()], &faster[..]].concat());
    let bot = tokio::spawn(bot(&told).run());
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    bot.abort();
    assert!(text(&output.stderr).contains("replay: 2 pushed again"), "{}", text(&output.stderr));
    let lines = std::fs::read_to_string(run.path()).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let went = lines.filter(|line| line["payload"].is_string() && line["attempt"] == 1);
    let went: Vec<u64> = went.map(|line| line["at_ms"].as_u64().unwrap()).collect();
    assert!(went.len() == 2 && went[1] - went[0] >= 2_000, "{went:?}");
}

#[test]
fn a_cassette_can_be_loaded_for_the_page() {
    let file = File::new("import", &cassette(200));
    let output = sim(&["--import", file.path(), "--", "sh", "-c", r#"curl -sS -d '{}' "$LARKWIRE_SIM/replay""#]);
    // A cassette is in, so that only the bot is missing.
    assert!(text(&output.stdout).contains("no_bot"), "{}", text(&output.stdout));
}

#[test]
fn a_name_that_was_allowed_reaches_the_control_api() {
    let ask = |name: &str| format!(r#"curl -sS -H 'Host: {name}' "$LARKWIRE_SIM/readyz""#);
    let asked = |name: &str| text(&sim(&["--allow-host", "sim.internal", "--", "sh", "-c", &ask(name)]).stdout);
    assert_eq!(asked("sim.internal:9380"), "ok");
    assert!(asked("other.internal").contains("--allow-host"));
    for wrong in ["sim.internal:9380", "http://sim.internal", "*", ""] {
        assert_eq!(sim(&["--allow-host", wrong]).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn colours_are_for_terminals_only() {
    assert!(!text(&sim(&["--secret-file", "nowhere"]).stderr).contains('\u{1b}'));
}
