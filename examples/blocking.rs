//! A bot without any async runtime: the machine of `larkwire-core`, plain tungstenite, one thread, and read timeouts for a
//! clock. It acks one event of a simulated platform and stops. This is all that a driver has to do, wherever it runs.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures::executor::block_on;
use larkwire_core::{
    AliveKind, Attempt, Client, Close, Config, Connect, Domain, Input, LinkError, LinkErrorKind, MessageKind, Notice,
    Output, Reply, Request, Stop, Time,
};
use larkwire_sim::Sim;
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::{ClientRequestBuilder, Error as WsError, Message, WebSocket};

const PATIENCE: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn Error>> {
    let sim = block_on(Sim::start());
    let mut config = Config::new(sim.app_id(), sim.app_secret());
    config.domain = Domain::Custom(sim.domain());
    let stop = thread::scope(|scope| {
        scope.spawn(|| block_on(sim.user("alice").dm("hello")));
        run(config)
    });
    sim.assert_all_acked_within(PATIENCE);
    if stop == Stop::Shutdown { Ok(()) } else { Err(stop.into()) }
}

/// The loop: do what the machine wants, then wait for a message or the time that it named, and tell it.
fn run(config: Config) -> Stop {
    let origin = Instant::now();
    let now = || Time::new(origin.elapsed());
    let mut client = Client::new(config, 42, now());
    let mut socket: Option<(Attempt, WebSocket<TcpStream>)> = None;
    loop {
        let input = match client.poll_output() {
            Output::Request { attempt, request } => discover(attempt, &request).unwrap_or_else(failed(attempt)),
            Output::Connect { attempt, connect } => match open(&connect) {
                Ok(opened) => {
                    socket = Some((attempt, opened));
                    Input::Opened { attempt, headers: Vec::new() }
                }
                Err(error) => failed(attempt)(error),
            },
            // An error of a write shows in the next read.
            Output::Send { data, .. } => {
                let _ = socket.as_mut().map(|(_, socket)| socket.send(Message::Binary(data)));
                continue;
            }
            Output::Close { how: Close::Graceful { code, reason }, .. } => {
                let frame = CloseFrame { code: code.into(), reason: reason.into() };
                let _ = socket.as_mut().map(|(_, socket)| socket.close(Some(frame)));
                continue;
            }
            Output::Close { .. } => {
                socket = None;
                continue;
            }
            Output::Notice(Notice::Delivery(delivery)) => {
                println!("event: {}", String::from_utf8_lossy(&delivery.payload()));
                let replied = client.reply(now(), delivery.id(), Reply::ok());
                println!("reply: {replied:?}");
                client.shutdown(now(), PATIENCE);
                continue;
            }
            Output::Notice(Notice::Stopped(stop)) => return stop,
            Output::Wait(until) => {
                let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                client.handle_input(now(), Input::Wall { unix_ms: unix.as_millis() as u64 });
                // The wall clock is to be told at least this often; and a timeout of zero would mean none.
                let wait = until.map_or(Duration::from_secs(15), |until| until.since(now()));
                let wait = wait.clamp(Duration::from_millis(1), Duration::from_secs(15));
                read(&mut socket, wait)
            }
            other => {
                println!("{other:?}");
                continue;
            }
        };
        client.handle_input(now(), input);
    }
}

/// Waits for a message, at most so long.
fn read(socket: &mut Option<(Attempt, WebSocket<TcpStream>)>, wait: Duration) -> Input {
    let Some((attempt, open)) = socket else {
        thread::sleep(wait);
        return Input::Timeout;
    };
    let attempt = *attempt;
    let message = open.get_ref().set_read_timeout(Some(wait)).map_err(WsError::Io).and_then(|()| open.read());
    match message {
        Ok(Message::Binary(data)) => Input::Message { attempt, kind: MessageKind::Binary, data },
        Ok(Message::Text(text)) => Input::Message { attempt, kind: MessageKind::Text, data: text.into() },
        Ok(Message::Ping(_)) => Input::Alive { attempt, kind: AliveKind::Ping },
        Ok(Message::Close(frame)) => {
            let (code, reason) =
                frame.map_or((1005, String::new()), |frame| (frame.code.into(), frame.reason.to_string()));
            Input::Closed { attempt, code, reason }
        }
        Ok(_) => Input::Alive { attempt, kind: AliveKind::Pong },
        Err(WsError::Io(error)) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            Input::Timeout
        }
        Err(error) => {
            *socket = None;
            failed(attempt)(error.into())
        }
    }
}

/// Endpoint discovery: one HTTP exchange, as far as the simulator needs it.
fn discover(attempt: Attempt, request: &Request) -> Result<Input, Box<dyn Error>> {
    let mut stream = TcpStream::connect(request.url.authority())?;
    stream.set_read_timeout(Some(request.deadlines.upgrade))?;
    write!(stream, "{} {} HTTP/1.1\r\n", request.method, request.url.path_and_query())?;
    write!(stream, "Host: {}\r\nConnection: close\r\n", request.url.authority())?;
    for (name, value) in &request.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    write!(stream, "Content-Length: {}\r\n\r\n", request.body.len())?;
    stream.write_all(&request.body)?;
    let mut answer = String::new();
    stream.take(request.max_body as u64).read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok(Input::Response { attempt, status, headers: Vec::new(), body: body.to_owned().into() })
}

fn open(connect: &Connect) -> Result<WebSocket<TcpStream>, Box<dyn Error>> {
    let mut request = ClientRequestBuilder::new(connect.url.expose().parse()?);
    for (name, value) in &connect.headers {
        request = request.with_header(name, value);
    }
    let stream = TcpStream::connect(connect.url.authority())?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(connect.deadlines.upgrade))?;
    Ok(tungstenite::client(request, stream).map(|(socket, _)| socket)?)
}

fn failed(attempt: Attempt) -> impl Fn(Box<dyn Error>) -> Input {
    move |error| Input::Failed { attempt, error: LinkError::new(LinkErrorKind::Io, error.to_string()) }
}
