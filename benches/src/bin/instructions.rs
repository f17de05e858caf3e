//! How many instructions each function takes, counted by callgrind: the same on a busy machine as on a quiet one.
//!
//! ```text
//! cargo run --release -p larkwire-benches --bin instructions             compare with the budgets in instructions.txt
//! cargo run --release -p larkwire-benches --bin instructions -- --write  take what is measured as the budgets
//! ```
//!
//! Each piece of work runs a number of times and twice as often; the difference is what it takes, without the start of the
//! process and what has to be set up. It needs `valgrind`.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};

use bytes::Bytes;
use larkwire_benches::pushes::Pushes;
use larkwire_benches::samples;
use larkwire_benches::station::Station;
use larkwire_core::event::{Envelope, Event};
use larkwire_core::frame::{Frame, FrameLimits, Header, RawFrame, key};
use larkwire_events::im::v1::MessageReceiveV1;

/// So many times, and twice as many.
const TIMES: u64 = 1_000;
/// A budget may be exceeded by so much: what another version of the compiler or of a dependency may do.
const SLACK_PERCENT: u64 = 5;
/// One that is so far from what is needed hides what comes next.
const LOOSE_PERCENT: u64 = 15;

type Work = fn(u64);
type BoxError = Box<dyn std::error::Error>;

const WORKS: [(&str, Work); 9] = [
    ("codec_1k", |times| codec(times, 1024)),
    ("raw_1k", |times| raw(times, 1024)),
    ("envelope_1k", envelope),
    ("envelope_and_body_1k", envelope_and_body),
    ("json_value_1k", json_value),
    ("machine_1k", |times| machine(times, 1024, 1, true)),
    ("machine_1k_without_dedup", |times| machine(times, 1024, 1, false)),
    ("machine_64k", |times| machine(times, 64 * 1024, 1, true)),
    ("machine_8k_in_4_parts", |times| machine(times, 8 * 1024, 4, true)),
];

/// From a frame to the frame of its ack, with the public codec.
fn codec(times: u64, bytes: usize) {
    let limits = FrameLimits { headers: 64, header_bytes: 4 * 1024 };
    let data = samples::frame(1, (0, 1), samples::event(1, bytes).as_bytes());
    for _ in 0..times {
        let Ok(mut frame) = Frame::from_bytes(black_box(data.clone()), &limits) else { continue };
        frame.headers.push(Header::new(key::BIZ_RT, "3"));
        frame.payload = Some(Bytes::from_static(br#"{"code":200}"#));
        black_box(frame.to_bytes());
    }
}

/// The same the way that the machine goes.
fn raw(times: u64, bytes: usize) {
    let limits = FrameLimits { headers: 64, header_bytes: 4 * 1024 };
    let data = samples::frame(1, (0, 1), samples::event(1, bytes).as_bytes());
    for _ in 0..times {
        let Ok(frame) = RawFrame::from_bytes(black_box(data.clone()), &limits) else { continue };
        black_box((frame.header(key::TYPE), frame.header(key::SUM)));
        black_box(frame.answer(key::BIZ_RT, "3", br#"{"code":200}"#));
    }
}

fn envelope(times: u64) {
    let event = samples::event(1, 1024);
    for _ in 0..times {
        black_box(Envelope::parse(black_box(event.as_bytes())).is_ok());
    }
}

fn envelope_and_body(times: u64) {
    let event = samples::event(1, 1024);
    for _ in 0..times {
        let envelope = Envelope::parse(black_box(event.as_bytes())).ok();
        black_box(envelope.and_then(|envelope| MessageReceiveV1::parse(envelope.event?).ok()).is_some());
    }
}

/// The same event as whole JSON, to compare with.
fn json_value(times: u64) {
    let event = samples::event(1, 1024);
    for _ in 0..times {
        black_box(serde_json::from_slice::<serde_json::Value>(black_box(event.as_bytes())).is_ok());
    }
}

/// From a message to the ack of its delivery, through the whole machine.
fn machine(times: u64, bytes: usize, parts: usize, dedup: bool) {
    let mut station = Station::open(|config| config.dedup = dedup);
    let mut pushes = Pushes::new(bytes, parts);
    for _ in 0..times {
        for data in pushes.next_push() {
            black_box(station.take(Bytes::copy_from_slice(data)));
        }
    }
}

fn main() -> Result<ExitCode, BoxError> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["run", name, times] => {
            let (_, work) = WORKS.iter().find(|(of, _)| *of == name).ok_or("no such work")?;
            work(times.parse()?);
            Ok(ExitCode::SUCCESS)
        }
        [] => compare(),
        ["--write"] => write(),
        _ => Err("usage: instructions [--write]".into()),
    }
}

fn compare() -> Result<ExitCode, BoxError> {
    let budgets = fs::read_to_string(budgets())?;
    let mut kept = true;
    for (name, _) in WORKS {
        let budget = budgets.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok());
        let budget: u64 = budget.ok_or_else(|| format!("{name} has no budget: write one with --write"))?;
        let counted = measure(name)?;
        let verdict = if counted > budget + budget * SLACK_PERCENT / 100 {
            kept = false;
            "TOO MANY"
        } else if counted < budget - budget * LOOSE_PERCENT / 100 {
            "far below its budget, which should follow"
        } else {
            "within its budget"
        };
        println!("{name:32} {counted:9} of {budget:9}  {verdict}");
    }
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write() -> Result<ExitCode, BoxError> {
    let mut text = String::new();
    for (name, _) in WORKS {
        writeln!(text, "{name:32} {:9}", measure(name)?)?;
    }
    print!("{text}");
    fs::write(budgets(), text)?;
    Ok(ExitCode::SUCCESS)
}

fn budgets() -> impl AsRef<Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt")
}

/// Instructions for one turn of a piece of work.
fn measure(name: &str) -> Result<u64, BoxError> {
    let (once, twice) = (count(name, TIMES)?, count(name, 2 * TIMES)?);
    Ok(twice.saturating_sub(once) / TIMES)
}

fn count(name: &str, times: u64) -> Result<u64, BoxError> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let output = valgrind.arg(env::current_exe()?).args(["run", name, &times.to_string()]).output()?;
    let words = String::from_utf8_lossy(&output.stderr);
    let counted = words.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    counted.ok_or_else(|| format!("valgrind says: {words}").into())
}
