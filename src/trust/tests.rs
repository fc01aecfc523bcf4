//! Good tokens of every algorithm, and every bad one of the catalogue.

use std::{collections::BTreeSet, fs, path::PathBuf, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use serde_json::{Value, json};

use super::*;
use crate::{
    domain::time::Moment,
    sign::{SigningKey, base64url},
};

const NOW: i64 = 1_767_225_600;

#[derive(Debug)]
struct Standing(Mutex<i64>);

impl Clock for Standing {
    fn now(&self) -> Moment {
        Moment::from_micros(self.0.lock().unwrap().saturating_mul(1_000_000))
    }
}

/// What signs a message.
type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

struct Fixture {
    path: PathBuf,
    trust: Trust,
    clock: Arc<Standing>,
    /// By algorithm: the name of the key, and the key.
    keys: BTreeMap<&'static str, (String, Sign)>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _gone_already = fs::remove_file(&self.path);
    }
}

fn fixture(name: &str) -> Fixture {
    let ed = SigningKey::generate().unwrap();
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let point = ec.public_key().as_ref().to_vec();
    let public = rsa.public_key();
    let (n, e) = (public.modulus(), public.exponent());
    let set = json!({"keys": [
        ed.public().unwrap().jwk(),
        {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "ec",
         "x": base64url(&point[1..33]), "y": base64url(&point[33..65])},
        {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "rsa",
         "n": base64url(n.big_endian_without_leading_zero()),
         "e": base64url(e.big_endian_without_leading_zero())},
        {"kty": "oct", "kid": "shared", "k": "AAAA"},
        {"kty": "RSA", "use": "enc", "kid": "enc", "n": "AQAB", "e": "AQAB"},
    ]});
    let path = std::env::temp_dir().join(format!("steelyard-{name}-{}.json", std::process::id()));
    fs::write(&path, set.to_string()).unwrap();
    let id = ed.id().to_owned();
    let mut keys: BTreeMap<&'static str, (String, Sign)> = BTreeMap::new();
    keys.insert("EdDSA", (id, Box::new(move |it| ed.sign(it))));
    keys.insert(
        "ES256",
        (
            "ec".to_owned(),
            Box::new(move |it| ec.sign(&SystemRandom::new(), it).unwrap().as_ref().to_vec()),
        ),
    );
    keys.insert(
        "RS256",
        (
            "rsa".to_owned(),
            Box::new(move |it| {
                let mut signature = vec![0; rsa.public_modulus_len()];
                rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), it, &mut signature).unwrap();
                signature
            }),
        ),
    );
    let terms = Terms { issuer: "county".to_owned(), audience: "steelyard".to_owned() };
    let clock = Arc::new(Standing(Mutex::new(NOW)));
    let ring = Arc::new(KeyRing::open(&path).unwrap());
    let trust = Trust::new(ring, terms, None, BTreeSet::new(), clock.clone());
    Fixture { path, trust, clock, keys }
}

fn claims() -> Value {
    json!({"iss": "county", "aud": "steelyard", "sub": "clerk-1",
           "iat": NOW, "nbf": NOW, "exp": NOW + 3_600})
}

fn with(change: &Value) -> Value {
    let mut claims = claims();
    for (key, value) in change.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(key);
        } else {
            claims[key] = value.clone();
        }
    }
    claims
}

impl Fixture {
    fn token(&self, algorithm: &str, header: &Value, claims: &Value) -> String {
        let (name, sign) = &self.keys[algorithm];
        let mut whole = json!({"alg": algorithm, "kid": name, "typ": "JWT"});
        for (key, value) in header.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let encoded = |it: &Value| base64url(it.to_string().as_bytes());
        let message = format!("{}.{}", encoded(&whole), encoded(claims));
        format!("{message}.{}", base64url(&sign(message.as_bytes())))
    }

    fn good(&self, algorithm: &str, claims: &Value) -> bool {
        self.takes(&self.token(algorithm, &json!({}), claims))
    }

    fn takes(&self, token: &str) -> bool {
        match self.trust.caller(Some(&format!("Bearer {token}")), None) {
            Ok(caller) => {
                assert_eq!(&*caller.principal, "clerk-1");
                true
            }
            Err(why) => {
                assert_eq!(why, Refused::Unauthenticated);
                false
            }
        }
    }
}

#[test]
fn each_algorithm_with_its_own_key_is_believed() {
    let fixture = fixture("algorithms");
    for algorithm in ["EdDSA", "ES256", "RS256"] {
        assert!(fixture.good(algorithm, &claims()), "{algorithm}");
        let token = fixture.token(algorithm, &json!({}), &claims());
        let cut = token.get(..token.len() - 2).unwrap();
        assert!(!fixture.takes(cut), "{algorithm}");
        for other in ["EdDSA", "ES256", "RS256"] {
            let mixed = fixture.token(algorithm, &json!({"alg": other}), &claims());
            assert_eq!(fixture.takes(&mixed), other == algorithm, "{algorithm} as {other}");
        }
    }
}

#[test]
fn every_bad_claim_is_refused() {
    let fixture = fixture("claims");
    let bad = [
        json!({"aud": null}),
        json!({"aud": "other"}),
        json!({"aud": ["steelyard", "other"]}),
        json!({"aud": ["steelyard"]}),
        json!({"iss": null}),
        json!({"iss": "other"}),
        json!({"iss": ["county"]}),
        json!({"exp": NOW - 6, "nbf": NOW - 60, "iat": NOW - 60}),
        json!({"exp": NOW - 30, "nbf": NOW - 60, "iat": NOW - 60}),
        json!({"exp": null}),
        json!({"exp": "later"}),
        json!({"exp": 1_767_229_200.5}),
        json!({"nbf": NOW + 3_600, "exp": NOW + 7_200}),
        json!({"nbf": NOW + 6}),
        json!({"nbf": NOW.to_string()}),
        json!({"nbf": null}),
        json!({"iat": NOW + 6}),
        json!({"iat": "now"}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": "clerk 1"}),
        json!({"sub": "书记"}),
        json!({"sub": "x".repeat(65)}),
        json!({"exp": NOW + 86_401}),
        json!({"exp": NOW}),
        json!({"exp": i64::MAX}),
    ];
    for change in bad {
        if change == json!({"exp": NOW}) {
            // Valid for no time at all.
            assert!(!fixture.good("EdDSA", &with(&json!({"exp": NOW, "nbf": NOW}))));
            continue;
        }
        assert!(!fixture.good("EdDSA", &with(&change)), "{change}");
    }
    let good = [
        json!({"exp": NOW - 4, "nbf": NOW - 60, "iat": NOW - 60}),
        json!({"nbf": NOW + 5}),
        json!({"iat": NOW + 5}),
        json!({"iat": null}),
        json!({"exp": NOW + 86_400}),
    ];
    for change in good {
        assert!(fixture.good("EdDSA", &with(&change)), "{change}");
    }
}

#[test]
fn every_bad_header_is_refused() {
    let fixture = fixture("headers");
    let bad = [
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"alg": "eddsa"}),
        json!({"alg": null}),
        json!({"kid": "../../etc/passwd"}),
        json!({"kid": "https://evil.example/keys"}),
        json!({"kid": "' OR 1=1 --"}),
        json!({"kid": "k".repeat(10_240)}),
        json!({"kid": "shared"}),
        json!({"kid": "enc"}),
        json!({"kid": null}),
        json!({"kid": 1}),
        json!({"jku": "https://evil.example/keys"}),
        json!({"x5u": "https://evil.example/keys"}),
        json!({"jwk": {"kty": "OKP"}}),
        json!({"crit": ["exp"]}),
        json!({"typ": "JWE"}),
        json!({"b64": false}),
    ];
    for header in bad {
        let token = fixture.token("EdDSA", &header, &claims());
        assert!(!fixture.takes(&token), "{header}");
    }
    let unsigned = fixture.token("EdDSA", &json!({"alg": "none"}), &claims());
    let cut = unsigned.get(..=unsigned.rfind('.').unwrap()).unwrap();
    for token in ["", ".", "..", "a.b.c", "a.b", cut, &"x".repeat(65_536)] {
        assert!(!fixture.takes(token), "{token}");
    }
    let token = fixture.token("EdDSA", &json!({}), &claims());
    for header in [format!("bearer {token}"), format!("Basic {token}"), token.clone()] {
        let answer = fixture.trust.caller(Some(&header), None);
        assert_eq!(answer, Err(Refused::Unauthenticated));
    }
    assert_eq!(fixture.trust.caller(None, None), Err(Refused::Unauthenticated));
    assert!(fixture.takes(&token));
}

#[test]
fn a_remembered_token_ends_when_it_expires_and_when_its_key_goes() {
    let fixture = fixture("remembered");
    let token = fixture.token("EdDSA", &json!({}), &claims());
    assert!(fixture.takes(&token) && fixture.takes(&token));
    *fixture.clock.0.lock().unwrap() = NOW + 3_606;
    assert!(!fixture.takes(&token), "it expired");
    *fixture.clock.0.lock().unwrap() = NOW;
    assert!(fixture.takes(&token));
    // Half a file leaves the keys as they were.
    fs::write(&fixture.path, "{\"keys\": [").unwrap();
    fixture.trust.keys.refresh();
    assert!(fixture.takes(&token));
    let other = SigningKey::generate().unwrap().public().unwrap().jwk();
    fs::write(&fixture.path, json!({"keys": [other]}).to_string()).unwrap();
    fixture.trust.keys.refresh();
    assert!(!fixture.takes(&token), "its key is gone");
}

#[test]
fn unknown_keys_are_looked_for_once_and_never_hurt_the_known() {
    let fixture = fixture("strangers");
    let good = fixture.token("EdDSA", &json!({}), &claims());
    let added = SigningKey::generate().unwrap();
    let mut set: Value = serde_json::from_str(&fs::read_to_string(&fixture.path).unwrap()).unwrap();
    set["keys"].as_array_mut().unwrap().push(added.public().unwrap().jwk());
    fs::write(&fixture.path, set.to_string()).unwrap();
    let before = fixture.trust.keys.generation();
    for number in 0..10_000 {
        let header = json!({"kid": format!("stranger-{number}")});
        // The signature does not matter: the name is not known.
        assert!(!fixture.takes(&format!("{}.e30.AA", base64url(header.to_string().as_bytes()))));
        let alg = json!({"alg": "EdDSA", "kid": format!("stranger-{number}")});
        assert!(!fixture.takes(&format!("{}.e30.AA", base64url(alg.to_string().as_bytes()))));
    }
    assert_eq!(fixture.trust.keys.generation(), before + 1, "the file was read once");
    assert!(fixture.takes(&good));
    assert_eq!(fixture.trust.verified.lock().unwrap().tokens.len(), 1);
}
