//! How many events a second the platform pushes to one client on loopback that acks each of them, with at most so many
//! open: `cargo run --release -p larkwire-sim --example load -- [headless] [EVENTS] [WINDOW]`.
//!
//! In full service the transcript is kept and a reader of its stream is attached, as the page is. Both threads, the
//! platform's and the client's, count: run it on two idle cores.
#![allow(clippy::print_stdout, reason = "a program that tells figures")]

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use larkwire_sim::{Platform, Push, Sim};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let headless = arguments.iter().any(|argument| argument == "headless");
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse().ok());
    let (events, window): (u64, u64) = (numbers.next().unwrap_or(1_000_000), numbers.next().unwrap_or(256));

    let began = Instant::now();
    let sim = block_on(Sim::builder().profile(|profile| profile.transcript = !headless).start())?;
    println!("started in {:.1?}, {} in memory", began.elapsed(), resident());
    let client = Client::connect(&sim)?;
    block_on(sim.wait_connected(1))?;
    if !headless {
        let stream = TcpStream::connect(sim.address())?;
        std::thread::spawn(move || read_stream(stream));
    }
    let client = std::thread::spawn(move || client.ack(events));

    let began = Instant::now();
    let mut pushed = 0;
    let push = Push::payload(sample());
    while pushed < events {
        let open = sim.look(|platform| pushed.saturating_sub(platform.stats().acks));
        let room = window.saturating_sub(open).min(events - pushed);
        sim.act(|platform, now| {
            for _ in 0..room {
                platform.push(now, push.clone());
            }
        });
        pushed += room;
        // To be woken by each ack would cost more than the events themselves.
        std::thread::sleep(Duration::from_micros(100));
    }
    client.join().map_err(|_| "the client panicked")??;
    let all = |platform: &Platform| (platform.stats().acks >= events).then_some(());
    block_on(sim.wait("all acks", Duration::from_secs(10), all))?;
    let seconds = began.elapsed().as_secs_f64();
    println!("{events} events in {seconds:.2} s: {:.0} a second, {} in memory", events as f64 / seconds, resident());
    sim.assert_no_violations();
    Ok(())
}

/// A small message event.
fn sample() -> String {
    r#"{"schema":"2.0","header":{"event_id":"5e3702a84e847582be8db7fb73283c02","event_type":"im.message.receive_v1","create_time":"1767225600000","token":"","app_id":"cli_51a0000000000001","tenant_key":"2ca1d211f64f6438"},"event":{"sender":{"sender_id":{"open_id":"ou_84aad35d084aa403a838cf73ee18467"},"sender_type":"user"},"message":{"message_id":"om_5ce6d572455d361153b7cb51da133945","create_time":"1767225600000","chat_id":"oc_5ce6d572455d361153b7cb5xxfsdfsdfdsf","chat_type":"p2p","message_type":"text","content":"{\"text\":\"hello\"}"}}}"#.to_owned()
}

/// A client that is nothing but bytes.
struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    fn connect(sim: &Sim) -> Outcome<Client> {
        let body = format!(r#"{{"AppID":"{}","AppSecret":"{}"}}"#, sim.app_id(), sim.app_secret());
        let mut stream = TcpStream::connect(sim.address())?;
        let length = body.len();
        write!(
            stream,
            "POST /callback/ws/endpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, url) = answer.split_once("/ws/v2").ok_or("no URL")?;
        let (query, _) = url.split_once('"').ok_or("no end of the URL")?;

        let mut stream = TcpStream::connect(sim.address())?;
        stream.set_nodelay(true)?;
        let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
        write!(stream, "GET /ws/v2{query} HTTP/1.1\r\nHost: x\r\n{upgrade}\r\n\r\n")?;
        let mut read = Vec::new();
        while !read.windows(4).any(|four| four == b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            read.extend(byte);
        }
        Ok(Client { stream, read: Vec::new() })
    }

    /// Acks so many events.
    fn ack(mut self, mut left: u64) -> Outcome<()> {
        let mut buffer = vec![0; 256 * 1024];
        let mut acks = Vec::new();
        while left > 0 {
            let count = self.stream.read(&mut buffer)?;
            if count == 0 {
                return Err("the platform ended the connection".into());
            }
            self.read.extend_from_slice(buffer.get(..count).unwrap_or_default());
            let mut at = 0;
            while let Some((message, next)) = message(&self.read, at) {
                at = next;
                if let Some(head) = without_payload(message) {
                    write_ack(&mut acks, head);
                    left = left.saturating_sub(1);
                }
            }
            self.read.drain(..at);
            self.stream.write_all(&acks)?;
            acks.clear();
        }
        Ok(())
    }
}

/// The WebSocket message that begins here, if it is whole, and where the next one begins.
fn message(data: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let short = usize::from(*data.get(at + 1)?);
    let (length, from) = match short {
        126 => (usize::from(u16::from_be_bytes(data.get(at + 2..at + 4)?.try_into().ok()?)), at + 4),
        127 => (usize::try_from(u64::from_be_bytes(data.get(at + 2..at + 10)?.try_into().ok()?)).ok()?, at + 10),
        short => (short, at + 2),
    };
    Some((data.get(from..from + length)?, from + length))
}

/// The bytes of a frame before field 8, the payload, which stands last.
fn without_payload(frame: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    let varint = |at: &mut usize| -> Option<usize> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = usize::from(*frame.get(*at)?);
            *at += 1;
            value |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    };
    while at < frame.len() {
        match frame.get(at)? {
            0x42 => return frame.get(..at),
            tag if tag & 7 == 0 => {
                at += 1;
                varint(&mut at)?;
            }
            _ => {
                at += 1;
                let length = varint(&mut at)?;
                at += length;
            }
        }
    }
    None
}

/// A masked message; the mask is nothing but zeros.
fn write_ack(to: &mut Vec<u8>, head: &[u8]) {
    const BIZ_RT: &[u8] = b"\x2a\x0b\x0a\x06biz_rt\x12\x010";
    const PAYLOAD: &[u8] = b"\x42\x0c{\"code\":200}";
    let length = head.len() + BIZ_RT.len() + PAYLOAD.len();
    let short = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    to.extend([0x82, 0x80 | 126, short[0], short[1], 0, 0, 0, 0]);
    to.extend_from_slice(head);
    to.extend_from_slice(BIZ_RT);
    to.extend_from_slice(PAYLOAD);
}

/// Reads the stream of the control API and throws it away.
fn read_stream(mut stream: TcpStream) -> std::io::Result<()> {
    write!(stream, "GET /_sim/v1/stream?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut lines = BufReader::new(stream);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        line.clear();
    }
    Ok(())
}

/// What the process takes, where the system tells.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or("?".to_owned(), |line| line.trim().to_owned())
}
