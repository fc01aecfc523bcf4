//! HTTP/2 frame by frame, for what no library sends.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use super::{process::credentials, wire::connected};

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A frame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) payload: Vec<u8>,
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Headers as literals that are not kept.
pub(crate) fn headers(all: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in all {
        bytes.push(0);
        for text in [name, value] {
            // A length of seven bits, and what is more in parts of seven bits, the lowest first.
            let mut more = text.len();
            if more < 127 {
                bytes.push(u8::try_from(more).unwrap());
            } else {
                bytes.push(127);
                more -= 127;
                while more > 127 {
                    bytes.push(u8::try_from(more % 128).unwrap() | 128);
                    more /= 128;
                }
                bytes.push(u8::try_from(more).unwrap());
            }
            bytes.extend(text.bytes());
        }
    }
    bytes
}

/// The headers of a call.
pub(crate) fn of_call(at: SocketAddr, path: &str) -> Vec<u8> {
    of_call_by(path, &credentials(at))
}

/// The same with other headers that say who calls.
pub(crate) fn of_call_by(path: &str, who: &[(String, String)]) -> Vec<u8> {
    let mut all = vec![
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "steelyard.test"),
        (":path", path),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    all.extend(who.iter().map(|it| (it.0.as_str(), it.1.as_str())));
    headers(&all)
}

/// A connection, frame by frame.
pub(crate) struct Raw {
    pub(crate) read: OwnedReadHalf,
    pub(crate) write: OwnedWriteHalf,
    buffer: Vec<u8>,
}

impl Raw {
    /// Connected, and nothing said.
    pub(crate) async fn silent(at: SocketAddr, from: [u8; 4]) -> Self {
        Self::of(connected(at, from).await)
    }

    pub(crate) fn of(stream: TcpStream) -> Self {
        let (read, write) = stream.into_split();
        Self { read, write, buffer: Vec::new() }
    }

    /// Connected, with the preface and these settings.
    pub(crate) async fn open(at: SocketAddr, from: [u8; 4], settings: &[u8]) -> Self {
        let mut raw = Self::silent(at, from).await;
        raw.say(PREFACE).await;
        raw.say(&frame(SETTINGS, 0, 0, settings)).await;
        raw
    }

    /// Sends; whether the other side still takes it.
    pub(crate) async fn say(&mut self, bytes: &[u8]) -> bool {
        self.write.write_all(bytes).await.is_ok()
    }

    /// The next frame; nothing once the connection is closed.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            if self.buffer.len() >= 9 {
                let length =
                    u32::from_be_bytes([0, self.buffer[0], self.buffer[1], self.buffer[2]]);
                let end = 9 + usize::try_from(length).unwrap();
                if self.buffer.len() >= end {
                    let bytes: Vec<u8> = self.buffer.drain(..end).collect();
                    let (kind, flags) = (bytes[3], bytes[4]);
                    return Some(Frame { kind, flags, payload: bytes[9..].to_vec() });
                }
            }
            match self.read.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => (),
            }
        }
    }

    /// Reads until the first frame that is looked for; acknowledges what a caller that lives
    /// acknowledges, if it is to live.
    pub(crate) async fn until(
        &mut self,
        most: Duration,
        lives: bool,
        wanted: impl Fn(&Frame) -> bool,
    ) -> Ended {
        let all = async {
            while let Some(it) = self.next().await {
                if wanted(&it) {
                    return Ended::Frame(it);
                }
                if lives && it.flags & ACK == 0 && it.kind == PING {
                    self.say(&frame(PING, ACK, 0, &it.payload)).await;
                }
                if lives && it.flags & ACK == 0 && it.kind == SETTINGS {
                    self.say(&frame(SETTINGS, ACK, 0, &[])).await;
                }
            }
            Ended::Closed
        };
        timeout(most, all).await.unwrap_or(Ended::Open)
    }

    /// What it says last of all, once it was told too much.
    pub(crate) async fn goodbye(&mut self) -> String {
        match self.until(Duration::from_secs(20), false, |it| it.kind == GOAWAY).await {
            Ended::Frame(it) => {
                let code = u32::from_be_bytes(it.payload[4..8].try_into().unwrap());
                format!("GOAWAY {:?}", h2::Reason::from(code))
            }
            other @ (Ended::Closed | Ended::Open) => format!("{other:?}"),
        }
    }

    /// How the connection ends: the words of a row.
    pub(crate) async fn end(&mut self, most: Duration, lives: bool) -> String {
        match self.until(most, lives, |it| it.kind == GOAWAY || it.kind == RST_STREAM).await {
            Ended::Closed => "closed".to_owned(),
            Ended::Open => "open".to_owned(),
            Ended::Frame(it) if it.kind == GOAWAY => {
                let code = u32::from_be_bytes(it.payload[4..8].try_into().unwrap());
                format!("GOAWAY {:?}", h2::Reason::from(code))
            }
            Ended::Frame(it) => {
                let code = u32::from_be_bytes(it.payload[..4].try_into().unwrap());
                format!("RST_STREAM {:?}", h2::Reason::from(code))
            }
        }
    }
}

/// How a wait ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Frame(Frame),
    Closed,
    Open,
}
