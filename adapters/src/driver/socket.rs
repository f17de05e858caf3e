//! An open WebSocket: what is queued, what is flushed, what comes.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_tungstenite::tungstenite::error::ProtocolError;
use async_tungstenite::tungstenite::protocol::CloseFrame;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::{Error, Message};
use bytes::Bytes;
use futures::io::AsyncRead;
use futures::{Sink, Stream};
use larkwire_core::{AliveKind, Attempt, LinkError, LinkErrorKind, MessageKind, Phase};

use crate::net::io_kind;
use crate::runtime::later;
use crate::ws::WebSocket;

/// With so much waiting to be sent, reading stops too: a peer that asks without ever reading answers gets no further, and costs
/// no more than about twice as much. It is the acks of more than a thousand events.
const MOST_QUEUED: usize = 512 * 1024;
/// Bytes of a message that is not complete are told after so long, and not each time.
const PART: Duration = Duration::from_secs(1);
/// RFC 6455, section 7.1.5: "If this Close control frame contains no status code, _The WebSocket Connection Close Code_ is
/// considered to be 1005."
const NO_CODE: u16 = 1005;

/// What came from the peer, or became of it. After `Closed` and `Failed` nothing comes.
pub(super) enum Heard {
    Message(MessageKind, Bytes),
    Alive(AliveKind),
    Closed(u16, String),
    /// A message was over the limit. No more can be read, but the peer can be told.
    TooLarge(LinkError),
    Failed(LinkError),
}

pub(super) struct Socket {
    attempt: Attempt,
    stream: Box<WebSocket>,
    outbox: VecDeque<Message>,
    /// Bytes in `outbox`.
    queued: usize,
    /// Bytes of the pongs that tungstenite has queued by itself since the last flush that ended.
    pongs: usize,
    /// Something was written, and no flush has ended since. Without it an ack that comes when a flush is pending would stay
    /// in the buffer until the next one.
    flushing: bool,
    /// How long a write may make no progress.
    patience: Duration,
    stall: Option<Stall>,
    /// Why writing is over. Told once there is nothing more to read: the peer's last words say more.
    broken: Option<LinkError>,
    /// What comes is thrown away.
    deaf: bool,
    /// When something was heard for the last time, and the bytes that had been read then.
    heard: (Instant, u64),
}

/// A write that waits.
struct Stall {
    /// What had been written when it began.
    written: u64,
    until: Instant,
}

impl Socket {
    pub(super) fn new(attempt: Attempt, stream: Box<WebSocket>, patience: Duration, now: Instant) -> Socket {
        Socket {
            attempt,
            stream,
            outbox: VecDeque::new(),
            queued: 0,
            pongs: 0,
            flushing: false,
            patience,
            stall: None,
            broken: None,
            deaf: false,
            heard: (now, 0),
        }
    }

    pub(super) fn attempt(&self) -> Attempt {
        self.attempt
    }

    pub(super) fn send(&mut self, data: Bytes) {
        self.push(Message::Binary(data));
    }

    pub(super) fn ping(&mut self) {
        self.push(Message::Ping(Bytes::new()));
    }

    /// Says goodbye after all that is queued.
    pub(super) fn close(&mut self, code: u16, reason: &'static str) {
        self.push(Message::Close(Some(CloseFrame { code: code.into(), reason: reason.into() })));
    }

    /// Whether so much waits to be sent that no more should be read.
    pub(super) fn is_clogged(&self) -> bool {
        self.queued.saturating_add(self.pongs) > MOST_QUEUED
    }

    /// When a write that waits has waited too long.
    pub(super) fn stalls_at(&self) -> Option<Instant> {
        self.stall.as_ref().map(|stall| stall.until)
    }

    /// Writes what can be written; reads one message if `reading`; flushes when there is none.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, reading: bool, now: Instant) -> Poll<Heard> {
        self.feed(cx);
        if reading {
            let heard = if self.deaf { self.poll_discard(cx) } else { self.poll_read(cx) };
            if heard.is_ready() {
                self.heard = (now, self.stream.get_ref().read());
                return heard;
            }
            if self.is_receiving(now) {
                return Poll::Ready(Heard::Alive(AliveKind::Part));
            }
        }
        self.flush(cx, now);
        match self.broken.take() {
            Some(error) => Poll::Ready(Heard::Failed(error)),
            None => Poll::Pending,
        }
    }

    /// Brings what was written on its way.
    pub(super) fn flush(&mut self, cx: &mut Context<'_>, now: Instant) {
        if self.broken.is_some() {
            return;
        }
        if self.flushing {
            match self.stream().poll_flush(cx) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => (self.flushing, self.pongs) = (false, 0),
                Poll::Ready(Err(error)) => return self.broke(error),
            }
        }
        self.watch(now);
    }

    /// Whether bytes came, but for a while no whole message: a large one, or a slow line. Told again after a while.
    fn is_receiving(&mut self, now: Instant) -> bool {
        let (heard, read) = (self.heard, self.stream.get_ref().read());
        let receiving = read != heard.1 && now >= later(heard.0, PART);
        if receiving {
            self.heard = (now, read);
        }
        receiving
    }

    fn push(&mut self, message: Message) {
        self.queued = self.queued.saturating_add(message.len());
        self.outbox.push_back(message);
    }

    /// Hands over what is queued, as far as the stream takes it.
    fn feed(&mut self, cx: &mut Context<'_>) {
        while self.broken.is_none() && !self.outbox.is_empty() {
            match self.stream().poll_ready(cx) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return self.broke(error),
            }
            let Some(message) = self.outbox.pop_front() else { return };
            self.queued = self.queued.saturating_sub(message.len());
            match self.stream().start_send(message) {
                Ok(()) => self.flushing = true,
                // The peer has said goodbye, and waits for nothing.
                Err(Error::Protocol(ProtocolError::SendAfterClosing)) => {}
                Err(error) => self.broke(error),
            }
        }
    }

    /// Notices a write that makes no progress.
    fn watch(&mut self, now: Instant) {
        if self.outbox.is_empty() && !self.flushing {
            self.stall = None;
            return;
        }
        let written = self.stream.get_ref().written();
        match &self.stall {
            Some(stall) if stall.written == written => {
                if now >= stall.until {
                    let detail = format!("nothing could be written for {:?}", self.patience);
                    self.broken = Some(LinkError::new(LinkErrorKind::Timeout(Phase::Write), detail));
                }
            }
            _ => self.stall = Some(Stall { written, until: later(now, self.patience) }),
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Heard> {
        let heard = match ready!(self.stream().poll_next(cx)) {
            Some(Ok(Message::Binary(data))) => Heard::Message(MessageKind::Binary, data),
            Some(Ok(Message::Text(text))) => Heard::Message(MessageKind::Text, text.into()),
            Some(Ok(Message::Ping(data))) => {
                // tungstenite has queued the pong, with a head of six bytes.
                self.flushing = true;
                self.pongs = self.pongs.saturating_add(data.len()).saturating_add(6);
                Heard::Alive(AliveKind::Ping)
            }
            // Raw frames are never read, only written.
            Some(Ok(Message::Pong(_) | Message::Frame(_))) => Heard::Alive(AliveKind::Pong),
            Some(Ok(Message::Close(frame))) => {
                // tungstenite has queued the answer. If it cannot leave now, the peer will not miss it.
                let _ = self.stream().poll_flush(cx);
                let (code, reason) = frame
                    .map_or((NO_CODE, String::new()), |frame| (frame.code.into(), frame.reason.as_str().to_owned()));
                Heard::Closed(code, reason)
            }
            Some(Err(error @ Error::Capacity(_))) => {
                self.deaf = true;
                Heard::TooLarge(link_error(&error))
            }
            Some(Err(error)) => {
                self.object(cx, &error);
                Heard::Failed(link_error(&error))
            }
            None => Heard::Failed(ended()),
        };
        Poll::Ready(heard)
    }

    /// RFC 6455, section 7.1.7: who breaks the protocol is told so, if that can leave at once.
    fn object(&mut self, cx: &mut Context<'_>, error: &Error) {
        let code = match error {
            Error::Utf8(_) => CloseCode::Invalid,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return,
            Error::Protocol(_) => CloseCode::Protocol,
            _ => return,
        };
        let close = Message::Close(Some(CloseFrame { code, reason: Default::default() }));
        if self.stream().start_send(close).is_ok() {
            let _ = self.stream().poll_flush(cx);
        }
    }

    /// Waits for the end of the stream. To close it with bytes unread would reset it, and destroy our goodbye on its way.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<Heard> {
        let mut waste = [0; 4 * 1024];
        for _ in 0..16 {
            match ready!(Pin::new(self.stream.get_mut()).poll_read(cx, &mut waste)) {
                Ok(0) => return Poll::Ready(Heard::Failed(ended())),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Heard::Failed(LinkError::new(io_kind(&error), error.to_string()))),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn broke(&mut self, error: Error) {
        self.broken = Some(link_error(&error));
    }

    fn stream(&mut self) -> Pin<&mut WebSocket> {
        Pin::new(&mut *self.stream)
    }
}

fn ended() -> LinkError {
    LinkError::new(LinkErrorKind::Reset, "the stream ended without a Close frame")
}

fn link_error(error: &Error) -> LinkError {
    let kind = match error {
        Error::Io(error) => io_kind(error),
        Error::Capacity(_) => LinkErrorKind::TooLarge,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return ended(),
        Error::ConnectionClosed | Error::AlreadyClosed => LinkErrorKind::Reset,
        Error::Protocol(_) | Error::Utf8(_) => LinkErrorKind::Protocol,
        _ => LinkErrorKind::Io,
    };
    LinkError::new(kind, error.to_string())
}
