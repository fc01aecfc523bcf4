//! Signed results: what was published, as one canonical text that can be checked without the
//! service.

use serde_json::{Map, Value, json};

use super::{
    App, AppError, Refusal, hex,
    run::{KeptResult, Shown},
};
use crate::{
    domain::{
        engine::{Part, SheetValue, advice, honours, reason_words},
        exact::{Decimal, RoundingMode},
        scheme::{AdviceBand, AwardTo, Scheme},
    },
    sign::{ReceiptKeys, jws},
    store::RunState,
};

/// What the payload is, so that nothing else signed by the key is taken for it.
const KIND: &str = "steelyard/result/v1";
/// Who issues it.
const ISSUER: &str = "steelyard";

/// A signed result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedResult {
    /// The result as canonical JSON (RFC 8785).
    pub payload: Vec<u8>,
    /// The detached signature.
    pub jws: String,
    /// The id of the key.
    pub key_id: String,
}

impl App {
    fn keys(&self) -> Result<&ReceiptKeys, AppError> {
        self.receipts.as_deref().ok_or_else(|| {
            let en = "this server has no key to sign with";
            AppError::refused("SIGNING_KEY_MISSING", en, "本服务未配置签名密钥")
        })
    }

    /// Every public key that the service signs or ever signed with, as a JWK set.
    ///
    /// # Errors
    /// `SIGNING_KEY_MISSING`.
    pub fn receipt_keys(&self) -> Result<String, AppError> {
        Ok(self.keys()?.keys().to_json())
    }

    /// One subject's result of a run that is published, or was, signed.
    ///
    /// # Errors
    /// `SIGNING_KEY_MISSING`, `RESULT_NOT_PUBLISHED`, and those of reading the result.
    pub async fn signed_result(
        &self,
        county: &str,
        shown: &Shown,
        kept: &KeptResult,
    ) -> Result<SignedResult, AppError> {
        let keys = self.keys()?;
        let run = &shown.run;
        if !matches!(run.state, RunState::Published | RunState::Superseded) {
            let id = &run.run_id;
            return Err(Refusal::new(
                "RESULT_NOT_PUBLISHED",
                format!("run `{id}` is {}: only what is published is signed", run.state.word()),
                format!("批次 {id} 的状态为 {}，只对已公布的结果签名", run.state.word()),
            )
            .with("state", run.state.word())
            .into());
        }
        let mut said = result(county, shown, kept);
        if run.state == RunState::Superseded {
            let at = self.get_run(county, &run.run_id).await?.superseded;
            let at = at.map(|it| it.to_string());
            let superseded = json!({"by": run.superseded_by, "at": at, "reason": run.reason});
            said.insert("superseded".to_owned(), superseded);
        }
        // Maps keep their keys in byte order and numbers are whole: what is written is canonical.
        let payload = serde_json::to_vec(&said).map_err(|it| AppError::Internal(it.to_string()))?;
        let jws = jws::detached(keys.signer(), &payload);
        Ok(SignedResult { payload, jws, key_id: keys.signer().id().to_owned() })
    }
}

/// A result as it is shown, with everything that it rests on.
fn result(county: &str, shown: &Shown, kept: &KeptResult) -> Map<String, Value> {
    let (run, scheme) = (&shown.run, shown.plan.scheme());
    let places = scheme.nodes.first().and_then(|it| it.round).map_or(2, |it| it.to);
    let score = |it: &Option<crate::domain::exact::Exact>| {
        it.as_ref().map(|it| it.text(places, RoundingMode::HalfUp))
    };
    let limited = |id: &String| scheme.grades.iter().any(|it| it.id == *id && it.seats.is_some());
    let seat = kept.grade.as_ref().filter(|it| kept.seated && limited(it));
    let reasons: Vec<Value> = kept
        .reasons
        .iter()
        .map(|it| {
            let words = reason_words(it, scheme);
            json!({"code": it.code(), "en": words.en, "zh": words.zh})
        })
        .collect();
    let awards: Vec<Value> = kept
        .awards
        .iter()
        .map(|it| {
            let to = match it.to {
                AwardTo::Branch => "branch",
                AwardTo::Person => "person",
            };
            let amount = it.amount.to_string();
            let recipient = Some(&it.recipient).filter(|it| !it.is_empty());
            json!({"id": it.id, "amount": amount, "currency": "CNY", "to": to, "recipient": recipient})
        })
        .collect();
    let said = json!({
        "kind": KIND,
        "issuer": ISSUER,
        "county": county,
        "subject": {"kind": scheme.subject.name(), "id": kept.subject},
        "period": kept.period,
        "status": kept.status.name(),
        "score": score(&kept.score),
        "score_before_vetoes": score(&kept.score_before_vetoes),
        "grade": kept.grade,
        "seat": seat,
        "ranks": kept.ranks,
        "groups": kept.groups,
        "awards": awards,
        "reasons": reasons,
        "digest": hex(&kept.digest),
        "facts_digest": kept.facts_digest,
        "scheme": {"id": run.scheme_id, "version": run.version, "digest": hex(&run.scheme_digest)},
        "run_id": run.run_id,
        "run_digest": run.result_digest.map(|it| hex(&it)),
        "engine": run.engine_version,
        "known": run.known.to_string(),
        "published": run.published.as_ref().map(|it| it.0.to_string()),
    });
    match said {
        Value::Object(mut map) => {
            // Said only where the scheme says it: payloads of before stay as they were signed.
            if let Some(eligible) = honours(scheme, kept.status, &kept.reasons) {
                let word = if eligible { "eligible" } else { "barred" };
                map.insert("honours".to_owned(), json!(word));
            }
            map.extend(rated(scheme, kept));
            map
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// What only schemes say that show sheets, list results or advise (P1, P4, P6).
fn rated(scheme: &Scheme, kept: &KeptResult) -> Map<String, Value> {
    let mut map = Map::new();
    if !kept.sheets.is_empty() {
        let value = |it: &SheetValue| it.value.as_ref().map(ToString::to_string);
        let sheets = kept.sheets.iter().map(|it| json!({"id": it.node, "exact": value(it)}));
        map.insert("sheets".to_owned(), sheets.collect());
    }
    if !kept.parts.is_empty() {
        let number = |it: Option<Decimal>| it.map(|it| it.to_string());
        let part = |it: &Part| {
            json!({
                "node": it.node,
                "subject": it.subject,
                "period": it.period.map(|it| it.to_string()),
                "score": number(it.score),
                "counts": number(it.counts),
                "out_of": it.out_of.to_string(),
                "figure": number(it.figure),
                "weight": it.weight.as_ref().map(ToString::to_string),
                "grade": it.grade,
                "vetoes": it.vetoes,
                "why": it.why.name(),
                "taken_over": it.taken_over.map(|it| it.to_string()),
            })
        };
        map.insert("results".to_owned(), kept.parts.iter().map(part).collect());
    }
    if let Some(advised) = advice(scheme, &kept.advisable()) {
        let one = |it: Option<&AdviceBand>| it.map(|it| json!({"id": it.id, "title": it.title}));
        let advised = json!({"renewal": one(advised.renewal), "price": one(advised.price)});
        map.insert("advice".to_owned(), advised);
    }
    map
}
