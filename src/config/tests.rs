//! Settings that are right, wrong, and half.

use super::*;

fn read(settings: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let get = |key: &str| {
        assert!(KEYS.contains(&key), "{key} is not listed");
        settings.iter().find(|it| it.0 == key).map(|it| it.1.to_owned())
    };
    Config::from_strings(get).map_err(|all| all.iter().map(ToString::to_string).collect())
}

#[test]
fn every_fault_is_reported_at_once() {
    let wrong = KEYS.map(|it| (it, ""));
    let told = read(&wrong).unwrap_err();
    assert_eq!(told.len(), 13, "{told:#?}");
    assert!(told[0].starts_with("listen is ``: "), "{}", told[0]);
}

#[test]
fn nothing_set_means_the_embedded_store_on_this_machine_only() {
    let config = read(&[]).unwrap();
    assert_eq!(config.store_url, "sqlite://steelyard.db");
    assert_eq!(config.listen.to_string(), "127.0.0.1:50051");
    assert_eq!(config.grace, Duration::from_secs(20));
    assert!(config.reflection && config.tls.is_none() && config.trust.token_keys.is_none());
}

#[test]
fn others_are_let_in_by_tls_and_keys_or_by_so_many_words() {
    let open = ("listen", "0.0.0.0:50051");
    let (certificate, key) = (("tls-certificate", "c.pem"), ("tls-key", "k.pem"));
    let keys = ("token-keys", "jwks.json");
    let clients = [("client-ca", "ca.pem"), ("client-identities", "who.json")];
    for settings in [
        vec![open],
        vec![open, keys],
        vec![open, certificate, key],
        vec![("listen", "[::]:1")],
        vec![open, ("listen-without-tls-or-keys", "off")],
    ] {
        let told = read(&settings).unwrap_err();
        assert!(told[0].contains("--listen-without-tls-or-keys"), "{settings:?} {told:?}");
    }
    let config = read(&[open, certificate, key, keys]).unwrap();
    assert!(!config.reflection, "who can be reached by others is not described unless it says so");
    assert!(read(&[open, certificate, key, clients[0], clients[1]]).is_ok());
    assert!(read(&[open, ("listen-without-tls-or-keys", "on")]).is_ok());
    assert!(read(&[("listen", "[::1]:50051")]).is_ok());
}

#[test]
fn halves_are_refused() {
    let lone = ["tls-certificate", "tls-key", "client-ca", "client-identities"];
    for key in lone {
        assert!(read(&[(key, "x.pem")]).is_err(), "{key}");
    }
    let clients = [("client-ca", "ca.pem"), ("client-identities", "who.json")];
    assert!(read(&clients).is_err(), "callers' certificates without our own");
}

#[test]
fn a_password_is_not_shown() {
    let told = read(&[("store", "mysql://a:geheim@h/db")]).unwrap_err();
    assert!(!told[0].contains("geheim"), "{}", told[0]);
}

#[test]
fn numbers_and_names_have_their_form() {
    for text in ["", "-1", "1.5", "３", "3601", "99999999999999999999", "1s"] {
        assert!(read::seconds(text).is_err(), "`{text}`");
    }
    assert_eq!(read::seconds("0"), Ok(Duration::ZERO));
    assert_eq!(read::seconds("3600"), Ok(Duration::from_hours(1)));
    let names = read::names("a-1, b.2,").unwrap();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a-1", "b.2"]);
    assert!(read::names("书记").is_err());
    assert!(read::switch("yes").is_err());
}
