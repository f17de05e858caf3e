//! Discovery and the upgrade: what has to be done before there is traffic.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use tungstenite::handshake::derive_accept_key;

use super::{Authority, Stream, tls};
use crate::bench::BoxError;
use crate::bench::process::Process;

/// How long a client may take to connect: interpreters take their time on a busy machine.
const START: Duration = Duration::from_secs(30);
/// How long a client may be silent, or not read.
const SILENCE: Duration = Duration::from_secs(10);
/// The longest head and body of a request.
const LONGEST: usize = 64 * 1024;
/// A thread for each connection does little.
const STACK: usize = 64 * 1024;

/// Listens on loopback, and brings clients as far as an open WebSocket.
pub(crate) struct Platform {
    address: SocketAddr,
    tls: bool,
    opened: Receiver<Box<dyn Stream>>,
}

impl Platform {
    /// A platform at a free port, with TLS if somebody vouches for it, which spreads reconnects over so many seconds.
    pub(crate) fn start(authority: Option<&Authority>, nonce: u32) -> io::Result<Platform> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (open, opened) = channel();
        let server = authority.map(Authority::server);
        let tls = server.is_some();
        let endpoint: Arc<str> = endpoint(address, tls, nonce).into();
        // Both threads end when nobody wants their connections any more, or with the process.
        thread::Builder::new().stack_size(STACK).spawn(move || {
            for stream in listener.incoming().flatten() {
                let (open, server, endpoint) = (open.clone(), server.clone(), Arc::clone(&endpoint));
                let serve = move || serve(stream, server, &endpoint, &open);
                if thread::Builder::new().stack_size(STACK).spawn(serve).is_err() {
                    return;
                }
            }
        })?;
        Ok(Platform { address, tls, opened })
    }

    /// The base URL for clients.
    pub(crate) fn domain(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.address.port())
    }

    /// A connection that a client has opened since the last one, if there is one.
    pub(crate) fn another(&self) -> Option<Box<dyn Stream>> {
        self.opened.try_recv().ok()
    }

    /// The next connection that a client opens.
    pub(crate) fn connection(&self, client: &Process) -> Result<Box<dyn Stream>, BoxError> {
        let until = Instant::now() + START;
        loop {
            match self.opened.recv_timeout(Duration::from_millis(50)) {
                Ok(stream) => return Ok(stream),
                Err(RecvTimeoutError::Timeout) if Instant::now() < until => client.lives()?,
                Err(_) => return Err("the client did not connect".into()),
            }
        }
    }
}

/// Serves one connection until it is a WebSocket or ends. What goes wrong is seen by the client.
fn serve(stream: TcpStream, server: Option<Arc<ServerConfig>>, endpoint: &str, open: &Sender<Box<dyn Stream>>) {
    let serve = || -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        let mut stream: Box<dyn Stream> = match server {
            Some(server) => Box::new(tls::accept(server, stream)?),
            None => Box::new(stream),
        };
        loop {
            let answer = match request(&mut stream)? {
                Asked::Endpoint => endpoint.to_owned(),
                Asked::Upgrade { key } => format!(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Sec-WebSocket-Accept: {}\r\n\r\n",
                    derive_accept_key(&key)
                ),
                Asked::Other => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
            };
            stream.write_all(answer.as_bytes())?;
            stream.flush()?;
            if answer.starts_with("HTTP/1.1 101") {
                let _ = open.send(stream);
                return Ok(());
            }
        }
    };
    let _ = serve();
}

/// The answer to discovery.
fn endpoint(address: SocketAddr, secure: bool, nonce: u32) -> String {
    let (scheme, port) = (if secure { "wss" } else { "ws" }, address.port());
    let body = format!(
        concat!(
            r#"{{"code":0,"msg":"success","data":{{"URL":"{scheme}://localhost:{port}/ws/v2?device_id=7&service_id=33554678"#,
            r#"&access_key=a&ticket=t","ClientConfig":{{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":{nonce},"#,
            r#""PingInterval":120}}}}}}"#
        ),
        scheme = scheme,
        port = port,
        nonce = nonce,
    );
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

enum Asked {
    Endpoint,
    Upgrade { key: Vec<u8> },
    Other,
}

/// Reads one request with its body, and nothing behind it: nobody sends more before the answer.
fn request(stream: &mut Box<dyn Stream>) -> io::Result<Asked> {
    let bad = |what: &'static str| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(head) = request.parse(&bytes).map_err(io::Error::other)? {
            let header = |name: &str| request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            let length =
                header("content-length").and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok());
            if bytes.len() >= head.saturating_add(length.unwrap_or(0)) {
                return Ok(match (request.path, header("sec-websocket-key")) {
                    (_, Some(key)) => Asked::Upgrade { key: key.value.to_vec() },
                    (Some("/callback/ws/endpoint"), None) => Asked::Endpoint,
                    _ => Asked::Other,
                });
            }
        }
        match stream.read(&mut chunk)? {
            0 => return Err(bad("the client went away")),
            _ if bytes.len() > LONGEST => return Err(bad("the request is too long")),
            count => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
