//! Takes a stream of messages in before they are asked for, up to a bound.
//!
//! The connection counts small frames that lie unread and ends itself when there are too many: a
//! caller of many small messages would lose all its calls while one handler writes. What lies here
//! is packed, and beyond the bound the caller waits, as the protocol has it. What is still on its way
//! after a call was answered counts in the same way, so it is taken in and dropped for a while.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame};
use tokio::{sync::Notify, time};
use tonic::{Status, body::Body};

/// For how long what comes after the answer is taken in.
const LINGER: Duration = Duration::from_secs(5);

/// A body that is taken in ahead by a task of its own.
pub(super) fn drained(inner: Body, ahead: usize) -> Body {
    if inner.is_end_stream() {
        return inner;
    }
    let shared = Arc::new(Mutex::new(Shared::default()));
    let gone = Arc::new(Notify::new());
    let (taken, left) = (Arc::clone(&shared), Arc::clone(&gone));
    tokio::spawn(async move {
        tokio::select! {
            biased;
            () = drain(inner, taken, ahead) => (),
            () = async { left.notified().await; time::sleep(LINGER).await } => (),
        }
    });
    Body::new(Inbox { shared, gone })
}

#[derive(Default)]
struct Shared {
    /// What came and was not asked for yet.
    data: BytesMut,
    /// How it ended.
    end: Option<End>,
    /// Whether nobody will ask any more.
    gone: bool,
    /// Who waits for more, and who for room.
    reader: Option<Waker>,
    writer: Option<Waker>,
}

enum End {
    Of(Option<Result<Frame<Bytes>, Status>>),
    Told,
}

async fn drain(mut inner: Body, shared: Arc<Mutex<Shared>>, ahead: usize) {
    std::future::poll_fn(|cx| {
        loop {
            {
                let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                if shared.data.len() >= ahead {
                    shared.writer = Some(cx.waker().clone());
                    return Poll::Pending;
                }
            }
            let frame = match Pin::new(&mut inner).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(frame) => frame,
            };
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(reader) = shared.reader.take() {
                reader.wake();
            }
            match frame {
                Some(Ok(frame)) if frame.is_data() && shared.gone => {}
                Some(Ok(frame)) if frame.is_data() => {
                    shared.data.extend_from_slice(&frame.into_data().unwrap_or_default());
                }
                end => {
                    shared.end = Some(End::Of(end));
                    return Poll::Ready(());
                }
            }
        }
    })
    .await;
}

struct Inbox {
    shared: Arc<Mutex<Shared>>,
    gone: Arc<Notify>,
}

impl http_body::Body for Inbox {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if !shared.data.is_empty() {
            let data = shared.data.split().freeze();
            if let Some(writer) = shared.writer.take() {
                writer.wake();
            }
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match shared.end.replace(End::Told) {
            Some(End::Of(end)) => Poll::Ready(end),
            Some(End::Told) => Poll::Ready(None),
            None => {
                shared.end = None;
                shared.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.gone = true;
        shared.data = BytesMut::new();
        if let Some(writer) = shared.writer.take() {
            writer.wake();
        }
        self.gone.notify_one();
    }
}
