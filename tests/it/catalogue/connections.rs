//! A. What connections do that send no call, half a call, or far too much.

use std::time::{Duration, Instant};

use super::{
    Row,
    frames::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, Ended, Frame, GOAWAY, HEADERS, PING, PREFACE,
        RST_STREAM, Raw, frame, headers, of_call, of_call_by,
    },
    messages::{CHECK, LIST_RUNS, RECORD_FACTS, UPSERT, WATCH, ask, field, list_runs},
    process::Process,
    row,
    wire::{Ask, call, called, client, connected, framed, sent},
};

/// The settings that leave no room for any answer.
const NO_WINDOW: [u8; 6] = [0, 4, 0, 0, 0, 0];
/// Far longer than anything here may take.
const LONG: Duration = Duration::from_secs(75);

pub(super) fn rows() -> Vec<Row> {
    let mut rows = quiet();
    rows.extend(half());
    rows.extend(floods());
    rows.extend(many());
    rows
}

/// Closed not before the limit and not long after it.
async fn closed(raw: &mut Raw, most: u64, lives: bool) -> String {
    let began = Instant::now();
    let end = raw.end(LONG, lives).await;
    let took = began.elapsed().as_secs();
    // What says goodbye first is closed right after.
    let end = if end.starts_with("GOAWAY") { raw.end(LONG, lives).await } else { end };
    if took > most { format!("{end} after {took} s") } else { end }
}

fn quiet() -> Vec<Row> {
    vec![
        row!("A1", "a silent connection", "closed", Slow, |at| {
            let mut raw = Raw::silent(at.address, [127, 0, 1, 1]).await;
            vec![closed(&mut raw, 15, false).await]
        }),
        row!("A2", "ten bytes of the preface; the preface alone", "closed", Slow, |at| {
            let mut ten = Raw::silent(at.address, [127, 0, 1, 2]).await;
            ten.say(&PREFACE[..10]).await;
            let mut alone = Raw::silent(at.address, [127, 0, 1, 2]).await;
            alone.say(PREFACE).await;
            let (ten, alone) =
                tokio::join!(closed(&mut ten, 15, false), closed(&mut alone, 15, false));
            vec![ten, alone]
        }),
        row!("A3", "the preface at one byte a second", "closed", Slow, |at| {
            let mut raw = Raw::silent(at.address, [127, 0, 1, 3]).await;
            let began = Instant::now();
            let mut end = "open".to_owned();
            for byte in PREFACE {
                raw.say(&[*byte]).await;
                end = raw.end(Duration::from_secs(1), false).await;
                if end == "closed" {
                    break;
                }
            }
            assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
            vec![end]
        }),
        row!("A5", "nothing after SETTINGS, no PING acknowledged", "closed", Slow, |at| {
            let mut raw = Raw::open(at.address, [127, 0, 1, 5], &[]).await;
            vec![closed(&mut raw, 60, false).await]
        }),
        row!("A6", "HEADERS without END_HEADERS", "closed", Slow, |at| {
            let mut raw = Raw::open(at.address, [127, 0, 1, 6], &[]).await;
            raw.say(&frame(HEADERS, 0, 1, &of_call(at.address, LIST_RUNS))).await;
            vec![closed(&mut raw, 60, false).await]
        }),
        row!(
            "A15",
            "an answer is never read, PINGs are acknowledged",
            "RST_STREAM CANCEL",
            Slow,
            |at| {
                let mut raw = Raw::open(at.address, [127, 0, 1, 15], &NO_WINDOW).await;
                raw.say(&frame(HEADERS, END_HEADERS, 1, &of_call(at.address, WATCH))).await;
                raw.say(&frame(DATA, END_STREAM, 1, &framed(&[]))).await;
                let began = Instant::now();
                let end = raw.end(LONG, true).await;
                let took = began.elapsed().as_secs();
                vec![if (25..60).contains(&took) { end } else { format!("{end} after {took} s") }]
            }
        ),
    ]
}

fn half() -> Vec<Row> {
    vec![
        row!(
            "A7",
            "half a message, then nothing",
            "DEADLINE_EXCEEDED DEADLINE_EXCEEDED",
            Slow,
            |at| {
                let half =
                    Ask { ends: false, ..Ask::of(RECORD_FACTS).bytes(&[0, 0, 0, 1, 0, 10, 7]) };
                let soon = half.clone().header("grpc-timeout", "2S");
                let (cap, soon) = tokio::join!(
                    called(at.address, [127, 0, 1, 7], &half),
                    called(at.address, [127, 0, 1, 7], &soon)
                );
                vec![cap, soon]
            }
        ),
        row!(
            "A8",
            "a whole message, and no end",
            "DEADLINE_EXCEEDED DEADLINE_EXCEEDED",
            Slow,
            |at| {
                let open = Ask { ends: false, ..ask(LIST_RUNS, &list_runs()) };
                vec![called(at.address, [127, 0, 1, 8], &open).await]
            }
        ),
        row!(
            "A28",
            "SIGTERM with a silent connection, a half call and a watch",
            "UNAVAILABLE SERVER_STOPPING",
            Slow,
            |_at| {
                let at = Process::start(&["--grace", "6"]);
                let address = at.address;
                let mut silent = Raw::silent(address, [127, 0, 0, 1]).await;
                let mut unread = Raw::open(address, [127, 0, 0, 1], &NO_WINDOW).await;
                unread.say(&frame(HEADERS, END_HEADERS, 1, &of_call(at.address, WATCH))).await;
                unread.say(&frame(DATA, END_STREAM, 1, &framed(&[]))).await;
                let half = Ask { ends: false, ..Ask::of(UPSERT) };
                let half = tokio::spawn(async move { call(address, &half).await });
                let watch = tokio::spawn(async move { call(address, &ask(WATCH, &[])).await });
                tokio::time::sleep(Duration::from_secs(1)).await;
                let began = Instant::now();
                at.terminate();
                let seen = vec![watch.await.unwrap(), half.await.unwrap()];
                let code = tokio::task::spawn_blocking(move || at.ended(Duration::from_secs(30)));
                assert_eq!(code.await.unwrap(), Some(69), "calls were still under way");
                assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
                assert_eq!(silent.end(Duration::from_secs(1), false).await, "closed");
                seen
            }
        ),
    ]
}

fn floods() -> Vec<Row> {
    vec![
        row!("A9", "10,000 streams, each reset at once", "GOAWAY ENHANCE_YOUR_CALM", Alone, |at| {
            let mut raw = Raw::open(at.address, [127, 0, 1, 9], &[]).await;
            let all = of_call(at.address, LIST_RUNS);
            for number in 0..10_000 {
                let stream = number * 2 + 1;
                let mut both = frame(HEADERS, END_HEADERS, stream, &all);
                both.extend(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
                if !raw.say(&both).await {
                    break;
                }
            }
            vec![raw.goodbye().await]
        }),
        row!("A10", "CONTINUATION without end", "GOAWAY ENHANCE_YOUR_CALM", Alone, |at| {
            let mut raw = Raw::open(at.address, [127, 0, 1, 10], &[]).await;
            raw.say(&frame(HEADERS, 0, 1, &of_call(at.address, LIST_RUNS))).await;
            let more = headers(&[("x-more", "more")]);
            for _ in 0..100_000 {
                if !raw.say(&frame(CONTINUATION, 0, 1, &more)).await {
                    break;
                }
            }
            vec![raw.goodbye().await]
        }),
        row!(
            "A11",
            "100,000 calls whose length is not what they say",
            "GOAWAY ENHANCE_YOUR_CALM",
            Alone,
            |at| {
                let mut raw = Raw::open(at.address, [127, 0, 1, 11], &[]).await;
                let mut all = of_call(at.address, LIST_RUNS);
                all.extend(headers(&[("content-length", "5")]));
                let mut counted = 0;
                for number in 0..100_000 {
                    let stream = number * 2 + 1;
                    let ends = END_HEADERS | END_STREAM;
                    if !raw.say(&frame(HEADERS, ends, stream, &all)).await {
                        break;
                    }
                    counted += 1;
                }
                assert!(counted < 100_000, "all of them were taken");
                vec![raw.goodbye().await]
            }
        ),
        row!("A12", "500,000 PINGs; another caller meanwhile", "OK", Alone, |at| {
            let raw = Raw::open(at.address, [127, 0, 1, 12], &[]).await;
            let pings = frame(PING, 0, 0, b"12345678").repeat(1_000);
            let flood = tokio::spawn(async move {
                let Raw { mut read, mut write, .. } = raw;
                let reading = tokio::spawn(async move {
                    let mut into = vec![0; 64 * 1024];
                    while tokio::io::AsyncReadExt::read(&mut read, &mut into)
                        .await
                        .is_ok_and(|it| it > 0)
                    {}
                });
                for _ in 0..500 {
                    if tokio::io::AsyncWriteExt::write_all(&mut write, &pings).await.is_err() {
                        break;
                    }
                }
                reading.abort();
            });
            let mut seen = Vec::new();
            for _ in 0..20 {
                seen.push(call(at.address, &ask(CHECK, &[])).await);
            }
            flood.await.unwrap();
            seen
        }),
        row!(
            "A14",
            "20,000 messages of 20 bytes in one stream; then another call",
            "INVALID_ARGUMENT REQUEST_ID_INVALID",
            Alone,
            |at| {
                let mut client = client(at.address, [127, 0, 1, 14]).await;
                let message = framed(&field(1, b"a-county-of-a"));
                let asked =
                    Ask { part: message.len(), ..Ask::of(UPSERT).bytes(&message.repeat(20_000)) };
                let seen = vec![sent(&mut client, &asked).await];
                assert_eq!(sent(&mut client, &ask(LIST_RUNS, &list_runs())).await, "OK");
                seen
            }
        ),
    ]
}

fn many() -> Vec<Row> {
    vec![
        row!(
            "A13",
            "10,000 streams at once on one connection",
            "128 taken, 1024 RST_STREAM REFUSED_STREAM, GOAWAY ENHANCE_YOUR_CALM",
            Alone,
            |at| {
                let mut raw = Raw::open(at.address, [127, 0, 1, 13], &[]).await;
                // Of four callers, none of whom has as many calls as a caller may have: whatever is
                // refused, is refused for the connection.
                let calls: Vec<_> = (0..4)
                    .map(|it| {
                        let token = at.tokens().of(&format!("caller-{it}"));
                        of_call_by(LIST_RUNS, &[("authorization".to_owned(), token)])
                    })
                    .collect();
                for (number, all) in (0..10_000).zip(calls.iter().cycle()) {
                    if !raw.say(&frame(HEADERS, END_HEADERS, number * 2 + 1, all)).await {
                        break;
                    }
                }
                let mut refused = 0;
                let wanted = |it: &Frame| it.kind == RST_STREAM || it.kind == GOAWAY;
                loop {
                    match raw.until(LONG, true, wanted).await {
                        Ended::Frame(it) if it.payload == [0, 0, 0, 7] => refused += 1,
                        Ended::Frame(it) if it.kind == GOAWAY => {
                            let number = |at: usize| {
                                u32::from_be_bytes(it.payload[at..at + 4].try_into().unwrap())
                            };
                            let taken = number(0).div_ceil(2);
                            let why = h2::Reason::from(number(4));
                            break vec![format!(
                                "{taken} taken, {refused} RST_STREAM REFUSED_STREAM, GOAWAY {why:?}"
                            )];
                        }
                        other @ (Ended::Frame(_) | Ended::Closed | Ended::Open) => {
                            break vec![format!("{other:?}")];
                        }
                    }
                }
            }
        ),
        row!(
            "A16",
            "200 silent connections of one address; another address meanwhile",
            "OK",
            Slow,
            |at| {
                let mut kept = Vec::new();
                for _ in 0..200 {
                    kept.push(connected(at.address, [127, 0, 1, 16]).await);
                }
                let seen =
                    vec![called(at.address, [127, 0, 1, 17], &ask(LIST_RUNS, &list_runs())).await];
                let mut closed = 0;
                for stream in &kept {
                    let end =
                        tokio::time::timeout(Duration::from_millis(20), stream.readable()).await;
                    closed += usize::from(end.is_ok());
                }
                assert_eq!(closed, 200 - 64, "those above 64 are closed at once");
                seen
            }
        ),
        row!(
            "A16.b",
            "more silent connections than there are descriptors; another address, once they are closed",
            "OK",
            Slow,
            |_at| {
                let at = Process::with_descriptors(48);
                let mut kept = Vec::new();
                for _ in 0..60 {
                    kept.push(connected(at.address, [127, 0, 1, 18]).await);
                }
                let before = at.worked();
                let asked = ask(LIST_RUNS, &list_runs());
                let seen = vec![called(at.address, [127, 0, 1, 19], &asked).await];
                let worked = at.worked().saturating_sub(before);
                assert!(worked < Duration::from_millis(1_500), "it was busy for {worked:?}");
                let log = at.stop(Duration::from_secs(20));
                assert!(
                    log.contains("no connection can be taken"),
                    "descriptors were left:\n{log}"
                );
                seen
            }
        ),
    ]
}
