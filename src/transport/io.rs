//! A connection whose first bytes were read already.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

/// The preface of HTTP/2, and the head of the first frame.
const HEAD: usize = 33;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The kind of the first frame: SETTINGS.
const SETTINGS: u8 = 4;

/// After how many bytes the connection lets its calls run: they take in what it read, and of small
/// frames that lie unread it bears about two thousand.
const TURN: usize = 16 * 1024;

/// Bytes in and out.
#[derive(Debug)]
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection that has said its first bytes, and says them again to whoever reads it.
#[derive(Debug)]
pub(super) struct Connection {
    wire: Wire,
    head: [u8; HEAD],
    told: usize,
    /// How much was read in this turn.
    turn: usize,
}

impl Connection {
    /// Reads the first bytes; what is no HTTP/2 is an error.
    pub(super) async fn open(mut wire: Wire) -> io::Result<Self> {
        let mut head = [0; HEAD];
        match &mut wire {
            Wire::Plain(wire) => wire.read_exact(&mut head).await?,
            Wire::Tls(wire) => wire.read_exact(&mut head).await?,
        };
        let kind = head.get(PREFACE.len().saturating_add(3));
        if !head.starts_with(PREFACE) || kind != Some(&SETTINGS) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no HTTP/2"));
        }
        Ok(Self { wire, head, told: 0, turn: 0 })
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { wire, head, told, turn } = &mut *self;
        let left = head.get(*told..).unwrap_or_default();
        if left.is_empty() {
            if *turn >= TURN {
                *turn = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let before = into.filled().len();
            let read = match wire {
                Wire::Plain(wire) => Pin::new(wire).poll_read(cx, into),
                Wire::Tls(wire) => Pin::new(wire.as_mut()).poll_read(cx, into),
            };
            let more = into.filled().len().saturating_sub(before);
            *turn = if read.is_pending() { 0 } else { turn.saturating_add(more) };
            return read;
        }
        let now = left.len().min(into.remaining());
        into.put_slice(left.get(..now).unwrap_or_default());
        *told = told.saturating_add(now);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Plain(wire) => Pin::new(wire).poll_write(cx, bytes),
            Wire::Tls(wire) => Pin::new(wire.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(wire) => Pin::new(wire).poll_flush(cx),
            Wire::Tls(wire) => Pin::new(wire.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(wire) => Pin::new(wire).poll_shutdown(cx),
            Wire::Tls(wire) => Pin::new(wire.as_mut()).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Plain(wire) => Pin::new(wire).poll_write_vectored(cx, bytes),
            Wire::Tls(wire) => Pin::new(wire.as_mut()).poll_write_vectored(cx, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.wire {
            Wire::Plain(wire) => wire.is_write_vectored(),
            Wire::Tls(wire) => wire.is_write_vectored(),
        }
    }
}
