//! A TCP stream that can be told to read and write slowly, as a network or a peer under pressure does.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::platform::Pace;

/// Between two reads of a slow reader.
const PAUSE: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug)]
pub(super) struct Paced {
    stream: TcpStream,
    pace: Pace,
    /// What a slow reader waits for.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(super) fn new(stream: TcpStream) -> Paced {
        Paced { stream, pace: Pace::default(), pause: None }
    }

    /// Keeps this pace from now on.
    pub(super) fn keep(&mut self, pace: Pace) {
        if let Some(window) = pace.window.and_then(|bytes| usize::try_from(bytes).ok()) {
            // The system may round it up to its own least size.
            let _ = socket2::SockRef::from(&self.stream).set_recv_buffer_size(window);
        }
        self.pace = pace;
    }

    pub(super) fn into_inner(self) -> TcpStream {
        self.stream
    }
}

impl AsyncRead for Paced {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let paced = self.get_mut();
        let Some(rate) = paced.pace.read_per_second else {
            return Pin::new(&mut paced.stream).poll_read(context, buffer);
        };
        if let Some(pause) = &mut paced.pause {
            ready!(pause.as_mut().poll(context));
            paced.pause = None;
        }
        let most = usize::try_from(rate / 10).unwrap_or(usize::MAX).clamp(1, buffer.remaining().max(1));
        let mut some = vec![0; most];
        let mut small = ReadBuf::new(&mut some);
        ready!(Pin::new(&mut paced.stream).poll_read(context, &mut small))?;
        buffer.put_slice(small.filled());
        paced.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Paced {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let paced = self.get_mut();
        let most = paced.pace.write_at_once.and_then(|bytes| usize::try_from(bytes.max(1)).ok());
        let data = most.and_then(|most| data.get(..most)).unwrap_or(data);
        Pin::new(&mut paced.stream).poll_write(context, data)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
