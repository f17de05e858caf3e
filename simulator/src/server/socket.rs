//! One long connection: WebSocket messages between the TCP stream and the machine.

use std::collections::VecDeque;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite;
use async_tungstenite::tungstenite::protocol::frame::Frame;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use bytes::Bytes;
use futures::{Sink as _, Stream as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};

use super::hub::{Command, Hub};
use super::paced::Paced;
use crate::platform::{Abort, ConnectionId, Input, Message};

/// Time for the client's Close frame after ours.
const CLOSING: Duration = Duration::from_secs(5);
/// Messages that are read before anything is written again.
const BURST: usize = 64;
/// Largest message from a client; acks are small.
const MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// How a connection came to its end.
enum End {
    /// The client closes; this Close frame is to be sent back.
    Answer { code: u16, reason: String },
    /// The machine ends it.
    Abort(Abort),
    /// Nothing more can be read or written.
    Gone,
}

struct Socket<'a> {
    hub: &'a Hub,
    id: ConnectionId,
    stream: WebSocketStream<Compat<Paced>>,
    commands: VecDeque<Command>,
    /// Something was written and not flushed.
    unflushed: bool,
    frozen: bool,
    /// Set when our Close frame is out.
    closing: Option<Pin<Box<Sleep>>>,
}

/// Carries messages until the connection ends.
pub(super) async fn run(hub: &Hub, id: ConnectionId, stream: TcpStream, read: Bytes) {
    let config = WebSocketConfig::default()
        // The default of 128 KiB is cleared on every read.
        .read_buffer_size(16 * 1024)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES));
    let stream =
        WebSocketStream::from_partially_read(Paced::new(stream).compat(), read.into(), Role::Server, Some(config))
            .await;
    let commands = VecDeque::new();
    let mut socket = Socket { hub, id, stream, commands, unflushed: false, frozen: false, closing: None };
    let end = poll_fn(|context| socket.poll(context)).await;
    let mut stream = socket.stream.into_inner().into_inner().into_inner();
    match end {
        End::Gone => {}
        End::Abort(Abort::EndOfStream) => drop(stream.shutdown().await),
        End::Abort(Abort::Reset) => drop(stream.set_zero_linger()),
        End::Answer { code, reason } => {
            // tungstenite would send the client's own code and reason back; the platform has its own words.
            let frame = Frame::close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() }));
            let mut bytes = Vec::new();
            if frame.format(&mut bytes).is_ok() {
                let farewell = async {
                    stream.write_all(&bytes).await?;
                    stream.shutdown().await
                };
                let _ = tokio::time::timeout(CLOSING, farewell).await;
            }
        }
    }
}

impl Socket<'_> {
    /// Writes and reads what there is, and flushes when there is nothing more at hand. A full write buffer does not stop
    /// the reading.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<End> {
        loop {
            if let Poll::Ready(end) = self.poll_write(context) {
                return Poll::Ready(end);
            }
            if self.frozen {
                return self.poll_flush(context);
            }
            if let Some(closing) = &mut self.closing
                && closing.as_mut().poll(context).is_ready()
            {
                return Poll::Ready(End::Gone);
            }
            match self.poll_read(context) {
                Poll::Ready(Some(end)) => return Poll::Ready(end),
                Poll::Ready(None) => {}
                Poll::Pending => break,
            }
        }
        self.poll_flush(context)
    }

    /// Reads what is at hand, up to a bound, and tells the machine of all of it at once.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Option<End>> {
        let mut messages = Vec::new();
        while messages.len() < BURST {
            let message = match Pin::new(&mut self.stream).poll_next(context) {
                Poll::Ready(Some(Ok(tungstenite::Message::Binary(data)))) => Message::Binary(data),
                Poll::Ready(Some(Ok(tungstenite::Message::Text(text)))) => Message::Text(text.as_str().to_owned()),
                Poll::Ready(Some(Ok(tungstenite::Message::Ping(data)))) => Message::Ping(data),
                Poll::Ready(Some(Ok(tungstenite::Message::Pong(data)))) => Message::Pong(data),
                Poll::Ready(Some(Ok(tungstenite::Message::Frame(_)))) => continue,
                Poll::Ready(Some(Ok(tungstenite::Message::Close(frame)))) => {
                    self.tell(messages);
                    return Poll::Ready(self.closed(frame, context));
                }
                Poll::Ready(Some(Err(_)) | None) => {
                    self.tell(messages);
                    return Poll::Ready(Some(End::Gone));
                }
                Poll::Pending => {
                    self.tell(messages);
                    return Poll::Pending;
                }
            };
            messages.push(message);
        }
        self.tell(messages);
        Poll::Ready(None)
    }

    fn tell(&self, messages: Vec<Message>) {
        let connection = self.id;
        if messages.is_empty() {
            return;
        }
        self.hub.act(|platform, now| {
            for message in messages {
                platform.handle_input(now, Input::Message { connection, message });
            }
        });
    }

    /// Hands over what the machine wants sent; only an end is ready.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<End> {
        self.hub.take(self.id, &mut self.commands, context);
        while let Some(command) = self.commands.front() {
            if let Command::Abort(how) = *command {
                // What was sent before should arrive, if it can at once.
                let _ = self.poll_flush(context);
                return Poll::Ready(End::Abort(how));
            }
            if let Command::Thaw = command {
                self.frozen = false;
            }
            if self.frozen || self.closing.is_some() {
                self.commands.pop_front();
                continue;
            }
            match Pin::new(&mut self.stream).poll_ready(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(End::Gone),
                Poll::Pending => match self.commands.back() {
                    // Nothing comes after it, and it does not wait for a client that does not read.
                    Some(Command::Abort(how)) => return Poll::Ready(End::Abort(*how)),
                    _ => return Poll::Pending,
                },
            }
            let message = match self.commands.pop_front() {
                Some(Command::Send(message)) => translated(message),
                Some(Command::Close { code, reason }) => {
                    self.closing = Some(Box::pin(tokio::time::sleep(CLOSING)));
                    tungstenite::Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() }))
                }
                Some(Command::Freeze) => {
                    self.frozen = true;
                    continue;
                }
                Some(Command::Pace(pace)) => {
                    self.stream.get_mut().get_mut().keep(pace);
                    continue;
                }
                Some(Command::Thaw | Command::Abort(_)) | None => continue,
            };
            if Pin::new(&mut self.stream).start_send(message).is_err() {
                return Poll::Ready(End::Gone);
            }
            self.unflushed = true;
        }
        Poll::Pending
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<End> {
        if self.unflushed {
            match Pin::new(&mut self.stream).poll_flush(context) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(_)) => return Poll::Ready(End::Gone),
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }

    /// The client closed; the machine's Close frame is the end, if ours is not out already.
    fn closed(&mut self, frame: Option<CloseFrame>, context: &Context<'_>) -> Option<End> {
        let connection = self.id;
        let (code, reason) = match frame {
            Some(frame) => (Some(u16::from(frame.code)), frame.reason.as_str().to_owned()),
            None => (None, String::new()),
        };
        self.hub.act(|platform, now| platform.handle_input(now, Input::Closed { connection, code, reason }));
        if self.closing.is_some() {
            return None;
        }
        self.hub.take(self.id, &mut self.commands, context);
        let answer = self.commands.drain(..).find_map(|command| match command {
            Command::Close { code, reason } => Some(End::Answer { code, reason }),
            _ => None,
        });
        Some(answer.unwrap_or(End::Gone))
    }
}

fn translated(message: Message) -> tungstenite::Message {
    match message {
        Message::Binary(data) => tungstenite::Message::Binary(data),
        Message::Text(text) => tungstenite::Message::Text(text.into()),
        Message::Ping(data) => tungstenite::Message::Ping(data),
        Message::Pong(data) => tungstenite::Message::Pong(data),
    }
}
