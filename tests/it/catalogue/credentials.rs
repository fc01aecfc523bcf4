//! C. Who calls: tokens and certificates that are none, and what they must not hurt.

use super::{
    Row,
    messages::{LIST_RUNS, ask, list_runs},
    process::{Folder, Process},
    row, tls,
    tokens::Maker,
    wire::{Ask, call, client, sent},
};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = tokens();
    rows.extend(keys());
    rows.extend(certificates());
    rows
}

/// A call with these credentials and no others.
pub(super) fn with(values: &[String]) -> Ask {
    by(ask(LIST_RUNS, &list_runs()), values)
}

pub(super) fn by(mut asked: Ask, values: &[String]) -> Ask {
    asked.anonymous = true;
    asked.headers.extend(values.iter().map(|it| ("authorization".to_owned(), it.clone())));
    asked
}

/// What each bad credential of a row is answered, and that a good one is not.
async fn bad(at: &Process, row: &str) -> Vec<String> {
    let maker = at.tokens();
    let mut client = client(at.address, [127, 0, 0, 1]).await;
    let mut seen = Vec::new();
    for it in at.bad().iter().filter(|it| it.row == row) {
        let told = sent(&mut client, &with(&it.values)).await;
        seen.push(if told == "UNAUTHENTICATED UNAUTHENTICATED" {
            told
        } else {
            format!("{told} for {}", it.what)
        });
    }
    let good = [maker.of("local-administrator")];
    assert_eq!(sent(&mut client, &with(&good)).await, "OK", "the good one is taken");
    seen
}

fn tokens() -> Vec<Row> {
    vec![
        row!(
            "C1",
            "no `authorization`; an empty one; another scheme; no token",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Cheap,
            |at| { bad(&at, "C1").await }
        ),
        row!(
            "C2",
            "two `authorization` headers, of which one is good or both are",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Cheap,
            |at| { bad(&at, "C2").await }
        ),
        row!(
            "C3",
            "`alg` of `none`, of HS256 (signed with the public key), or none of ours; no signature; that of another key",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Cheap,
            |at| { bad(&at, "C3").await }
        ),
        row!(
            "C4",
            "no `aud`, another one, a list with ours",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Cheap,
            |at| { bad(&at, "C4").await }
        ),
        row!(
            "C5",
            "no `iss`, another one, a list with ours",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Cheap,
            |at| { bad(&at, "C5").await }
        ),
        row!("C6", "expired 6 s ago, 30 s ago", "UNAUTHENTICATED UNAUTHENTICATED", Cheap, |at| {
            bad(&at, "C6").await
        }),
        row!(
            "C7",
            "`nbf` in an hour, as a text, left out",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Cheap,
            |at| { bad(&at, "C7").await }
        ),
        row!(
            "C8",
            "`iat` in the future; `exp` with a point; a `sub` that is none",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Cheap,
            |at| { bad(&at, "C8").await }
        ),
        row!("C9", "a token for more than a day", "UNAUTHENTICATED UNAUTHENTICATED", Cheap, |at| {
            bad(&at, "C9").await
        }),
        row!(
            "C11",
            "a `kid` that is a path, an address, SQL, 5 KiB long",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Cheap,
            |at| { bad(&at, "C11").await }
        ),
        row!(
            "C12",
            "`jku`, `x5u`, `jwk` or `crit` in the head of a token",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Cheap,
            |at| { bad(&at, "C12").await }
        ),
        row!(
            "C13.a",
            "a good token of more than 8 KiB",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Cheap,
            |at| { bad(&at, "C13").await }
        ),
    ]
}

fn keys() -> Vec<Row> {
    vec![
        row!(
            "C10",
            "10,000 different `kid`s; good tokens between them",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Slow,
            |at| {
                let maker = at.tokens();
                let mut client = client(at.address, [127, 0, 1, 10]).await;
                let mut seen = Vec::new();
                for number in 0..10_000 {
                    if number % 500 == 0 {
                        // A connection with 1,024 calls that are refused before they ended is closed.
                        client = super::wire::client(at.address, [127, 0, 1, 10]).await;
                    }
                    let stranger = with(&[maker.with_key(&format!("stranger-{number}"))]);
                    seen.push(sent(&mut client, &stranger).await);
                    if number % 100 == 0 {
                        let good = with(&[maker.of("local-administrator")]);
                        assert_eq!(sent(&mut client, &good).await, "OK");
                    }
                }
                seen.dedup();
                seen
            }
        ),
        row!("C13.b", "a token of 20 KiB", "HTTP 431", Cheap, |at| {
            let long = [format!("Bearer {}", "x".repeat(20 * 1024))];
            vec![call(at.address, &with(&long)).await]
        }),
        row!("C13.c", "a token of 64 KiB", "GOAWAY ENHANCE_YOUR_CALM", Cheap, |at| {
            let long = [format!("Bearer {}", "x".repeat(64 * 1024))];
            vec![call(at.address, &with(&long)).await]
        }),
    ]
}

/// A server that shows a certificate and asks for those of an authority, of which it lists
/// `a-client.test` as the principal `a-client`.
fn secured(authority: &tls::Authority) -> Process {
    let folder = Folder::new();
    let (certificate, key) = tls::own();
    let files = [
        folder.file("own.pem", certificate),
        folder.file("own.key", key),
        folder.file("clients.pem", &authority.pem()),
        folder.file("clients.json", r#"{"DNS:a-client.test": "a-client"}"#),
    ];
    let [own, key, clients, list] = files;
    let options = [
        ["--tls-certificate", &own],
        ["--tls-key", &key],
        ["--client-ca", &clients],
        ["--client-identities", &list],
        ["--administrators", "a-client"],
    ];
    Process::over(folder, &options.concat())
}

fn certificates() -> Vec<Row> {
    vec![
        row!(
            "C14",
            "a client certificate of the authority that is not listed; the same with a good token",
            "PERMISSION_DENIED PERMISSION_DENIED",
            Slow,
            |_at| {
                let authority = tls::Authority::new();
                let at = secured(&authority);
                let other = || Some(authority.named("another-client.test"));
                let good = [at.tokens().of("local-administrator")];
                vec![
                    tls::called(at.address, other(), &with(&[])).await,
                    tls::called(at.address, other(), &with(&good)).await,
                ]
            }
        ),
        row!(
            "C15.a",
            "a client certificate that is expired, of another authority, or missing",
            "hand-shake refused",
            Slow,
            |_at| {
                let authority = tls::Authority::new();
                let at = secured(&authority);
                vec![
                    tls::call(at.address, Some(authority.expired())).await,
                    tls::call(at.address, Some(tls::Authority::new().client())).await,
                    tls::call(at.address, None).await,
                ]
            }
        ),
        row!(
            "C15.b",
            "a client certificate that is listed; the same with a token of its principal",
            "OK",
            Slow,
            |_at| {
                let authority = tls::Authority::new();
                let at = secured(&authority);
                let same = [at.tokens().of("a-client")];
                vec![
                    tls::called(at.address, Some(authority.client()), &with(&[])).await,
                    tls::called(at.address, Some(authority.client()), &with(&same)).await,
                ]
            }
        ),
        row!(
            "C16",
            "a client certificate of one principal and a good token of another",
            "UNAUTHENTICATED UNAUTHENTICATED",
            Slow,
            |_at| {
                let authority = tls::Authority::new();
                let at = secured(&authority);
                let mut seen = Vec::new();
                for other in ["local-administrator", "somebody"] {
                    let other = [at.tokens().of(other)];
                    let client = Some(authority.client());
                    seen.push(tls::called(at.address, client, &with(&other)).await);
                }
                seen
            }
        ),
        row!(
            "C17.b",
            "a token that `steelyard token` issued for a principal without a role: of it no county",
            "PERMISSION_DENIED PERMISSION_DENIED",
            Slow,
            |at| {
                let issued = std::process::Command::new(env!("CARGO_BIN_EXE_steelyard"))
                    .args(["token", "nobody-yet", "--store", &at.folder.store()])
                    .output()
                    .unwrap();
                let token = String::from_utf8(issued.stdout).unwrap();
                vec![call(at.address, &with(&[format!("Bearer {}", token.trim())])).await]
            }
        ),
    ]
}

/// Who makes tokens for a server, and the header of a principal's.
pub(super) fn of(maker: &Maker, principal: &str, asked: Ask) -> Ask {
    by(asked, &[maker.of(principal)])
}
