//! The messages of a request, looked at before they are decoded.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes, BytesMut};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tonic::{Status, body::Body};

use super::{
    super::{Limits, Method, Methods, refusal},
    Call, Stage, handed, inbox,
};

/// What stands before a message: whether it is compressed, and its length.
const HEAD: usize = 5;

/// Looks at the messages of requests.
#[derive(Debug)]
pub(super) struct Frames {
    methods: Arc<Methods>,
    ahead: usize,
}

impl Frames {
    pub(super) fn new(methods: &Arc<Methods>, limits: &Limits) -> Self {
        Self { methods: Arc::clone(methods), ahead: limits.ahead }
    }
}

impl Stage for Frames {
    async fn pass<S: Call>(self: Arc<Self>, request: Request<Body>, next: S) -> Response<Body> {
        let method = request.extensions().get::<Arc<Method>>().cloned();
        let Some(method) = method else {
            return refusal::answer(refusal::unknown_method());
        };
        let takes_stream = method.takes_stream;
        let ahead = self.ahead;
        let request = request.map(|inner| {
            let inner = if takes_stream { inbox::drained(inner, ahead) } else { inner };
            Body::new(Looked {
                inner,
                methods: Arc::clone(&self.methods),
                method,
                held: BytesMut::new(),
                messages: 0,
                ended: false,
            })
        });
        handed(request, next).await
    }
}

/// The body of a request; it gives whole messages.
struct Looked {
    inner: Body,
    methods: Arc<Methods>,
    method: Arc<Method>,
    /// What came of a message that is not whole yet.
    held: BytesMut,
    messages: usize,
    ended: bool,
}

impl Looked {
    /// How many of these bytes are whole messages, all of them good.
    fn whole(&mut self, bytes: &[u8]) -> Result<usize, Status> {
        let mut rest = bytes;
        while let Some(head) = rest.get(..HEAD) {
            let (flag, mut length) = (head.first(), head.get(1..).unwrap_or_default());
            match flag {
                Some(0) => {}
                Some(1) => return Err(refusal::compressed()),
                Some(_) | None => return Err(refusal::malformed()),
            }
            let length = usize::try_from(length.get_u32()).unwrap_or(usize::MAX);
            if length > self.method.message_most {
                return Err(refusal::too_large());
            }
            if self.messages > 0 && !self.method.takes_stream {
                return Err(refusal::message_count());
            }
            let Some(message) = rest.get(HEAD..HEAD.saturating_add(length)) else { break };
            self.methods.count(&self.method, message).map_err(|_| refusal::too_many_elements())?;
            self.messages = self.messages.saturating_add(1);
            rest = rest.get(HEAD.saturating_add(length)..).unwrap_or_default();
        }
        Ok(bytes.len().saturating_sub(rest.len()))
    }

    /// The whole messages of what came, if there are any.
    fn take(&mut self, mut data: Bytes) -> Result<Option<Bytes>, Status> {
        if self.held.is_empty() {
            let whole = self.whole(&data)?;
            let good = data.split_to(whole);
            self.held.extend_from_slice(&data);
            return Ok((!good.is_empty()).then_some(good));
        }
        self.held.extend_from_slice(&data);
        let held = std::mem::take(&mut self.held);
        let whole = self.whole(&held)?;
        self.held = held;
        let good = self.held.split_to(whole);
        Ok((!good.is_empty()).then(|| good.freeze()))
    }

    /// Whether it may end here.
    fn end(&self) -> Result<(), Status> {
        if !self.held.is_empty() {
            return Err(refusal::cut());
        }
        if self.messages == 0 && !self.method.takes_stream {
            return Err(refusal::message_count());
        }
        Ok(())
    }
}

impl http_body::Body for Looked {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            if this.ended {
                return Poll::Ready(None);
            }
            let frame = match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                None => {
                    this.ended = true;
                    return Poll::Ready(this.end().err().map(Err));
                }
                Some(Err(_)) => {
                    // The caller gave up, or its connection broke: this is no end of a request.
                    this.ended = true;
                    return Poll::Ready(Some(Err(refusal::cut())));
                }
                Some(Ok(frame)) => frame,
            };
            let data = match frame.into_data() {
                Ok(data) => data,
                Err(trailers) => {
                    if let Err(status) = this.end() {
                        this.ended = true;
                        return Poll::Ready(Some(Err(status)));
                    }
                    return Poll::Ready(Some(Ok(trailers)));
                }
            };
            match this.take(data) {
                Ok(None) => {}
                Ok(Some(good)) => return Poll::Ready(Some(Ok(Frame::data(good)))),
                Err(status) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(status)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
