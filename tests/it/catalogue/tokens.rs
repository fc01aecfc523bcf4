//! Tokens, good ones and every kind of bad one.

use std::time::SystemTime;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use steelyard::sign::SigningKey;

/// Makes tokens that a server of this key believes, and such as it does not.
pub(crate) struct Maker(SigningKey);

/// A credential that is none: of which row, what it is, and the values of its `authorization`.
pub(crate) struct Bad {
    pub(crate) row: &'static str,
    pub(crate) what: String,
    pub(crate) values: Vec<String>,
}

fn encoded(it: &Value) -> String {
    URL_SAFE_NO_PAD.encode(it.to_string())
}

/// An object with other values; none takes a key away.
fn with(mut it: Value, change: &Value) -> Value {
    for (key, value) in change.as_object().unwrap() {
        if value.is_null() {
            it.as_object_mut().unwrap().remove(key);
        } else {
            it[key] = value.clone();
        }
    }
    it
}

pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

impl Maker {
    pub(crate) const fn new(key: SigningKey) -> Self {
        Self(key)
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "kid": self.0.id(), "typ": "JWT"})
    }

    fn claims() -> Value {
        json!({"iss": "steelyard-local", "aud": "steelyard", "sub": "local-administrator",
               "iat": now(), "nbf": now(), "exp": now() + 3_600})
    }

    /// A signed token with changes of its header and of its claims.
    fn signed(&self, header: &Value, claims: &Value) -> String {
        let (header, claims) = (with(self.header(), header), with(Self::claims(), claims));
        let message = format!("{}.{}", encoded(&header), encoded(&claims));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(self.0.sign(message.as_bytes())))
    }

    /// The header of a good token of a principal.
    pub(crate) fn of(&self, principal: &str) -> String {
        format!("Bearer {}", self.signed(&json!({}), &json!({"sub": principal})))
    }

    /// A token that names a key.
    pub(crate) fn with_key(&self, name: &str) -> String {
        format!("Bearer {}", self.signed(&json!({"kid": name}), &json!({})))
    }

    /// Signed by what everybody knows: the public key.
    fn by_the_public_key(&self) -> Vec<String> {
        let public = self.0.public().unwrap().jwk();
        let raw = URL_SAFE_NO_PAD.decode(public["x"].as_str().unwrap()).unwrap();
        let secrets = [raw, public.to_string().into_bytes()];
        let header = with(self.header(), &json!({"alg": "HS256"}));
        let message = format!("{}.{}", encoded(&header), encoded(&Self::claims()));
        let token = |secret: &Vec<u8>| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
            let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
            format!("{message}.{signature}")
        };
        secrets.iter().map(token).collect()
    }

    /// Every kind of credential that is none.
    pub(crate) fn bad(&self) -> Vec<Bad> {
        let good = self.of("local-administrator");
        let token = good.strip_prefix("Bearer ").unwrap();
        let mut all = Vec::new();
        let mut put = |row, what: &str, values: &[&str]| {
            let values = values.iter().map(|it| (*it).to_owned()).collect();
            all.push(Bad { row, what: what.to_owned(), values });
        };
        put("C1", "none", &[]);
        put("C1", "empty", &[""]);
        put("C1", "no scheme", &[token]);
        put("C1", "another scheme", &["Basic YTpi"]);
        put("C1", "no token", &["Bearer "]);
        put("C1", "three dots", &["Bearer a.b.c"]);
        put("C2", "two of the same", &[&good, &good]);
        put("C2", "a good one and none", &[&good, "Bearer x"]);
        put("C2", "two in one", &[&format!("{good}, {good}")]);
        let mut signed = |row, header: &Value, claims: &Value| {
            let what = format!("{header} {claims}").chars().take(80).collect();
            let values = vec![format!("Bearer {}", self.signed(header, claims))];
            all.push(Bad { row, what, values });
        };
        for alg in ["none", "None", "HS256", "HS512", "EdDSA ", "RS256", "ES256", "PS256"] {
            signed("C3", &json!({"alg": alg}), &json!({}));
        }
        for aud in [json!(null), json!("other"), json!(["steelyard", "other"]), json!([])] {
            signed("C4", &json!({}), &json!({"aud": aud}));
        }
        for iss in [json!(null), json!("other"), json!(["steelyard-local"])] {
            signed("C5", &json!({}), &json!({"iss": iss}));
        }
        for ago in [6, 30] {
            let times = json!({"exp": now() - ago, "nbf": now() - 600, "iat": now() - 600});
            signed("C6", &json!({}), &times);
        }
        for nbf in [json!(now() + 3_600), json!(now().to_string()), json!(null)] {
            signed("C7", &json!({}), &json!({"nbf": nbf, "exp": now() + 7_200}));
        }
        signed("C8", &json!({}), &json!({"iat": now() + 600}));
        let half = format!("{}.5", now() + 3_600);
        signed("C8", &json!({}), &json!({"exp": serde_json::from_str::<Value>(&half).unwrap()}));
        for sub in [json!(null), json!(""), json!("a b"), json!("书记"), json!("x".repeat(65))] {
            signed("C8", &json!({}), &json!({"sub": sub}));
        }
        signed("C9", &json!({}), &json!({"exp": now() + 86_401, "nbf": now()}));
        signed("C9", &json!({}), &json!({"exp": i64::MAX}));
        signed("C10", &json!({"kid": "stranger"}), &json!({}));
        for kid in [
            "../../../../etc/passwd".to_owned(),
            "https://example.test/keys.json".to_owned(),
            "' OR 1=1; --".to_owned(),
            "k".repeat(5 * 1024),
        ] {
            signed("C11", &json!({"kid": kid}), &json!({}));
        }
        for header in [
            json!({"jku": "https://example.test/keys.json"}),
            json!({"x5u": "https://example.test/chain.pem"}),
            json!({"jwk": self.0.public().unwrap().jwk()}),
            json!({"crit": ["exp"]}),
        ] {
            signed("C12", &header, &json!({}));
        }
        let long = "x".repeat(9 * 1024);
        signed("C13", &json!({}), &json!({"more": long}));
        for token in self.by_the_public_key() {
            let values = vec![format!("Bearer {token}")];
            all.push(Bad { row: "C3", what: "signed with the public key".to_owned(), values });
        }
        let unsigned = with(self.header(), &json!({"alg": "none"}));
        let values = vec![format!("Bearer {}.{}.", encoded(&unsigned), encoded(&Self::claims()))];
        all.push(Bad { row: "C3", what: "unsigned".to_owned(), values });
        let other = Self(SigningKey::generate().unwrap());
        let header = json!({"kid": self.0.id()});
        let values = vec![format!("Bearer {}", other.signed(&header, &json!({})))];
        all.push(Bad { row: "C3", what: "signed by another key".to_owned(), values });
        all
    }
}
