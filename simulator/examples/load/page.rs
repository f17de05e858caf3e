//! What the page asks of the platform while it is open, without the browser: a snapshot, the newest entries of the transcript,
//! then the stream of what follows. When the stream says that it lost some, which it does under load, the page begins anew
//! two seconds later.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Outcome;

/// Entries that the page asks for when it begins.
const PAST: u64 = 2000;
/// Until it begins anew.
const RESYNC: Duration = Duration::from_secs(2);

/// An open page.
#[derive(Default)]
pub(crate) struct Page {
    begun: AtomicU64,
    batches: AtomicU64,
    bytes: AtomicU64,
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [begun, batches, bytes] = [&self.begun, &self.batches, &self.bytes].map(|count| count.load(Relaxed));
        write!(f, "began {begun} times and got {batches} batches, {bytes} bytes of the stream")
    }
}

/// Opens it; it stays open until the platform is gone.
pub(crate) fn open(address: SocketAddr) -> Outcome<Arc<Page>> {
    let page = Arc::new(Page::default());
    let reader = Arc::clone(&page);
    let mut stream = reader.begin(address)?;
    std::thread::spawn(move || {
        while reader.read(stream).is_ok()
            && let Ok(next) = reader.begin(address)
        {
            stream = next;
        }
    });
    Ok(page)
}

impl Page {
    /// The snapshot, the newest entries, and the stream behind them.
    fn begin(&self, address: SocketAddr) -> Outcome<BufReader<TcpStream>> {
        let state: Value = serde_json::from_slice(&get(address, "/state")?)?;
        let seq = state.get("seq").and_then(Value::as_u64).ok_or("the state has no seq")?;
        get(address, &format!("/transcript?after={}&limit={PAST}", seq.saturating_sub(PAST)))?;
        self.begun.fetch_add(1, Relaxed);
        request(address, &format!("/stream?after={seq}"), "keep-alive")
    }

    /// Reads the stream until the page has to begin anew.
    fn read(&self, mut stream: BufReader<TcpStream>) -> Outcome<()> {
        let mut line = Vec::new();
        let mut until = None;
        while until.is_none_or(|until| Instant::now() < until) {
            line.clear();
            if stream.read_until(b'\n', &mut line)? == 0 {
                return Err("the platform ended the stream".into());
            }
            self.bytes.fetch_add(u64::try_from(line.len())?, Relaxed);
            match line.as_slice() {
                b"event: entries\n" => drop(self.batches.fetch_add(1, Relaxed)),
                b"event: lost\n" => drop(until.get_or_insert(Instant::now() + RESYNC)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The body of an answer of the control API.
fn get(address: SocketAddr, path: &str) -> Outcome<Vec<u8>> {
    let mut answer = Vec::new();
    let mut lines = request(address, path, "close")?;
    while lines.read_until(b'\n', &mut answer)? > 2 {
        answer.clear();
    }
    answer.clear();
    lines.read_to_end(&mut answer)?;
    Ok(answer)
}

fn request(address: SocketAddr, path: &str, connection: &str) -> Outcome<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /_sim/v1{path} HTTP/1.1\r\nHost: {address}\r\nConnection: {connection}\r\n\r\n")?;
    Ok(BufReader::new(stream))
}
