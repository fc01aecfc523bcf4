//! Calls that no ordinary client makes: any method, any header, any bytes.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::HeaderMap;
use tokio::net::{TcpSocket, TcpStream};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::process::credentials;

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How many bytes go out at once.
    pub(crate) part: usize,
    /// Whether the request is ended.
    pub(crate) ends: bool,
    /// Whether it says nothing of who calls.
    pub(crate) anonymous: bool,
}

/// A connection that speaks HTTP/2.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) send: SendRequest<Bytes>,
    pub(crate) at: SocketAddr,
}

impl Ask {
    /// A call of a method without a message yet.
    pub(crate) fn of(path: &str) -> Self {
        let headers = vec![
            ("content-type".to_owned(), "application/grpc".to_owned()),
            ("te".to_owned(), "trailers".to_owned()),
        ];
        let (method, path, body) = ("POST", path.to_owned(), Vec::new());
        Self { method, path, headers, body, part: 16 * 1024, ends: true, anonymous: false }
    }

    /// With a further message.
    pub(crate) fn message(mut self, message: &[u8]) -> Self {
        self.body.extend(framed(message));
        self
    }

    /// With these bytes after the others.
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.body.extend(bytes);
        self
    }

    /// With a header in place of one of the same name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|it| it.0 != name);
        self
    }
}

/// A message with its length.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat()
}

/// A connection from an address of this machine.
pub(crate) async fn connected(at: SocketAddr, from: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::from(from), 0)).unwrap();
    // What is sent goes out at once: a delayed part is a case of its own.
    socket.set_nodelay(true).unwrap();
    socket.connect(at).await.unwrap()
}

/// A connection that speaks HTTP/2.
pub(crate) async fn client(at: SocketAddr, from: [u8; 4]) -> Client {
    let stream = connected(at, from).await;
    let (send, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(async move {
        // The call says how it ended.
        let _ = connection.await;
    });
    Client { send, at }
}

/// What came back: how it ended, and the messages of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Told {
    /// The code, and the reason where it is none of success; how it broke off where it did.
    pub(crate) end: String,
    /// The messages, framed.
    pub(crate) body: Vec<u8>,
    /// The status in bytes: its code, its text and its details.
    pub(crate) status: Vec<Vec<u8>>,
    /// How many faults of shape it says there are.
    pub(crate) faults: usize,
}

impl Told {
    fn broken(why: &h2::Error) -> Self {
        Self { end: broken(why), ..Self::default() }
    }

    /// The one message of the answer.
    pub(crate) fn message<M: prost::Message + Default>(&self) -> M {
        assert_eq!(self.end, "OK");
        M::decode(&self.body[5..]).unwrap()
    }

    /// All that the details say, as far as it is text.
    pub(crate) fn text(&self) -> String {
        self.status.iter().map(|it| String::from_utf8_lossy(it)).collect::<Vec<_>>().join(" ")
    }
}

/// Sends it on a connection of its own and answers all that came back.
pub(crate) async fn told(at: SocketAddr, ask: &Ask) -> Told {
    let mut client = client(at, [127, 0, 0, 1]).await;
    told_on(&mut client, ask).await
}

/// The same on a connection that is there.
pub(crate) async fn told_on(client: &mut Client, ask: &Ask) -> Told {
    let all = answered(client, ask);
    tokio::time::timeout(Duration::from_secs(90), all)
        .await
        .unwrap_or_else(|_| Told { end: "nothing in 90 s".to_owned(), ..Told::default() })
}

/// Sends it and answers what came back.
pub(crate) async fn call(at: SocketAddr, ask: &Ask) -> String {
    called(at, [127, 0, 0, 1], ask).await
}

/// The same from an address of its own.
pub(crate) async fn called(at: SocketAddr, from: [u8; 4], ask: &Ask) -> String {
    let mut client = client(at, from).await;
    sent(&mut client, ask).await
}

/// The same on a connection that is there.
pub(crate) async fn sent(client: &mut Client, ask: &Ask) -> String {
    told_on(client, ask).await.end
}

/// Sends headers and what fits of the body.
pub(crate) async fn begun(
    client: &mut Client,
    ask: &Ask,
) -> Result<(ResponseFuture, h2::SendStream<Bytes>), h2::Error> {
    let mut request = http::Request::new(());
    *request.method_mut() = ask.method.parse().unwrap();
    *request.uri_mut() = format!("http://steelyard.test{}", ask.path).parse().unwrap();
    let who = if ask.anonymous { Vec::new() } else { credentials(client.at) };
    for (name, value) in ask.headers.iter().chain(&who) {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    let empty = ask.ends && ask.body.is_empty();
    std::future::poll_fn(|cx| client.send.poll_ready(cx)).await?;
    client.send.send_request(request, empty)
}

async fn answered(client: &mut Client, ask: &Ask) -> Told {
    let (response, stream) = match begun(client, ask).await {
        Ok(begun) => begun,
        Err(why) => return Told::broken(&why),
    };
    let (body, ends, part) = (ask.body.clone(), ask.ends, ask.part);
    let sending = tokio::spawn(send(stream, body, ends, part));
    let told = match response.await {
        Ok(response) => all_of(response).await,
        Err(why) => Told::broken(&why),
    };
    sending.abort();
    told
}

/// Sends a body as the other side takes it; what it no longer takes stays.
pub(crate) async fn send(
    mut stream: h2::SendStream<Bytes>,
    body: Vec<u8>,
    ends: bool,
    part: usize,
) -> Option<h2::SendStream<Bytes>> {
    let mut rest = Bytes::from(body);
    while !rest.is_empty() {
        let wanted = rest.len().min(part);
        stream.reserve_capacity(wanted);
        while stream.capacity() < wanted {
            std::future::poll_fn(|cx| stream.poll_capacity(cx)).await?.ok()?;
        }
        let now = rest.split_to(wanted);
        stream.send_data(now, ends && rest.is_empty()).ok()?;
    }
    if !ends {
        // It stays open for as long as the answer is waited for.
        std::future::pending::<()>().await;
    }
    Some(stream)
}

/// What an answer says in the end.
pub(crate) async fn heard(response: http::Response<h2::RecvStream>) -> String {
    all_of(response).await.end
}

/// All that an answer says.
pub(crate) async fn all_of(response: http::Response<h2::RecvStream>) -> Told {
    let (head, mut stream) = response.into_parts();
    let mut told = Told::default();
    if head.status != 200 {
        told.end = format!("HTTP {}", head.status.as_u16());
        return told;
    }
    if head.headers.contains_key("grpc-status") {
        return named(&head.headers, told.body);
    }
    while let Some(data) = stream.data().await {
        match data {
            Ok(data) => {
                told.body.extend_from_slice(&data);
                // Whoever reads gives room for more.
                let _ = stream.flow_control().release_capacity(data.len());
            }
            Err(why) => return Told::broken(&why),
        }
    }
    match stream.trailers().await {
        Ok(Some(trailers)) => named(&trailers, told.body),
        Ok(None) => {
            told.end = format!("no status after {} bytes", told.body.len());
            told
        }
        Err(why) => Told::broken(&why),
    }
}

/// A status by its names: the code, and the reason where it is none of success.
fn named(headers: &HeaderMap, body: Vec<u8>) -> Told {
    let status = Status::from_header_map(headers).unwrap();
    let bytes = vec![
        i32::from(status.code()).to_be_bytes().to_vec(),
        status.message().into(),
        status.details().to_vec(),
    ];
    let end = name_of(&status);
    let info = status.get_error_details().error_info().cloned();
    let faults = info.and_then(|it| it.metadata.get("faults_total")?.parse().ok());
    Told { end, body, status: bytes, faults: faults.unwrap_or_default() }
}

/// The code and the reason of a status.
fn name_of(status: &Status) -> String {
    if status.code() == Code::Ok {
        return "OK".to_owned();
    }
    let code = code(status.code());
    let details = status.get_error_details();
    let (Some(info), Some(zh)) = (details.error_info(), details.localized_message()) else {
        return format!("{code} without details: {}", status.message());
    };
    assert_eq!(info.domain, "steelyard.v1");
    let text = status.message();
    let leaks = ["prost", "tonic", "hyper", "h2 ", "rotobuf", "::", ".rs", "sqlx", "SELECT"];
    assert!(leaks.iter().all(|it| !text.contains(it)), "{text}");
    assert!(zh.message.chars().any(|it| it > '\u{2e80}'), "{}", zh.message);
    format!("{code} {}", info.reason)
}

/// The name of a code.
pub(crate) fn code(code: Code) -> String {
    let mut name = String::new();
    for it in format!("{code:?}").chars() {
        if it.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(it.to_ascii_uppercase());
    }
    name
}

/// How a call ended that has no answer.
pub(crate) fn broken(why: &h2::Error) -> String {
    let reason = why.reason().map_or_else(String::new, |it| format!(" {it:?}"));
    match why {
        it if it.is_go_away() => format!("GOAWAY{reason}"),
        it if it.is_reset() => format!("RST_STREAM{reason}"),
        it if it.is_io() => "closed".to_owned(),
        it => format!("{it:?}"),
    }
}
