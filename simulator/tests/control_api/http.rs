//! As little of HTTP as a shell script would use.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use larkwire_sim::Sim;
use serde_json::Value;

pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// The status and the body of an answer.
pub(crate) fn ask(address: SocketAddr, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let host = if headers.contains("Host: ") { String::new() } else { format!("Host: {address}\r\n") };
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\n{host}{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let (head, body) = read(stream);
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body)
}

/// The head, as text, and the body of an answer.
pub(crate) fn whole_answer(address: SocketAddr, method: &str, path: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    read(stream)
}

fn read(mut stream: TcpStream) -> (String, Vec<u8>) {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&answer[..end]).into_owned(), answer[end + 4..].to_vec())
}

/// A call of the control API that succeeds.
#[track_caller]
pub(crate) fn call(sim: &Sim, method: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = try_call(sim, method, path, body);
    assert_eq!(status, 200, "{method} {path}: {answer}");
    answer
}

pub(crate) fn try_call(sim: &Sim, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let (status, answer) = ask(sim.address(), method, &format!("/_sim/v1/{path}"), "", text.as_bytes());
    (status, serde_json::from_slice(&answer).unwrap_or_default())
}

pub(crate) fn get(sim: &Sim, path: &str) -> Value {
    call(sim, "GET", path, &Value::Null)
}

/// Server-sent events: each as its name and its data.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    pub(crate) fn open(sim: &Sim, path: &str) -> Events {
        let mut stream = TcpStream::connect(sim.address()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let host = sim.address();
        stream.write_all(format!("GET /_sim/v1/{path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).unwrap();
        Events(BufReader::new(stream))
    }

    pub(crate) fn next(&mut self) -> (String, Value) {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream ended");
            if let Some(event) = line.strip_prefix("event: ") {
                name = event.trim().to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return (name, serde_json::from_str(data).unwrap());
            }
        }
    }
}
