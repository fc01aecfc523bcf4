//! Proposing payments: worked out from what was published, and their money reserved.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    LINES_MAX,
    books::{About, Ledger, exceeded, unknown},
    follow::payable_of,
    held::{BatchView, Paying, sum},
    origin::{Here, Origin},
    refusal,
    rows::Proposed,
};
use crate::{
    app::{App, AppError, Done, Violation, Write, round::mark},
    domain::{
        award::{Claim, EntitlementKey, Movement, Source},
        exact::Money,
    },
    store::{BatchRecord, BatchesOf, LineRecord, MovementRecord},
};

/// Payments to be proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposeBatch {
    /// The batch's id.
    pub batch_id: String,
    /// The purpose whose budget it draws on.
    pub purpose: String,
    /// What entitles.
    pub source: Source,
    /// Only these; empty: everything that can be proposed.
    pub choices: Vec<EntitlementKey>,
    /// What is said with it.
    pub text: String,
}

impl App {
    /// Proposes payments and reserves their money, all or nothing; `encode` makes the answer out of the
    /// batch and what its purpose has then.
    ///
    /// # Errors
    /// `RUN_NOT_PUBLISHED`, `SELECTION_NOT_CONFIRMED`, `BATCH_EXISTS`, `NOTHING_PAYABLE`, `NOT_PAYABLE`,
    /// `BATCH_TOO_LARGE`, `PURPOSE_UNKNOWN`, `BUDGET_EXCEEDED`; those of every write.
    pub async fn propose_batch(
        &self,
        call: Write,
        asked: ProposeBatch,
        encode: impl Fn(&BatchView, &MovementRecord) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), asked, plans, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, plans, encode) = &*shared;
                let county = call.county.as_str();
                if tx.batch(county, &asked.batch_id).await?.is_some() {
                    let (reason, existing) = ("BATCH_EXISTS", asked.batch_id.clone());
                    return Err(AppError::AlreadyExists { reason, existing });
                }
                let here = Here { county, now, plans };
                let origin = Origin::read(tx, here, &asked.source).await.map_err(not_there)?;
                let paying = Paying::read(tx, county, BatchesOf::Source(&asked.source)).await?;
                let lines = lines(&origin, &paying, asked)?;
                let attempts = paying.attempts();
                let first = |it: &&LineRecord| !attempts.contains_key(&it.entitlement);
                let first: BTreeSet<_> =
                    lines.iter().filter(first).map(|it| it.entitlement.clone()).collect();
                let batch = BatchRecord {
                    batch_id: asked.batch_id.clone(),
                    year: year(&asked.source),
                    purpose: asked.purpose.clone(),
                    source: asked.source.clone(),
                    source_version: origin.version,
                    origin: origin.id.clone(),
                    text: asked.text.clone(),
                    mark: mark(call, now),
                };
                let mut ledger = Ledger::of(county, mark(call, now));
                let of = (batch.year.as_str(), batch.purpose.as_str());
                afford(tx, &mut ledger, of, &lines).await?;
                for it in &lines {
                    let about = About::of(it);
                    ledger.record(tx, of, (Movement::Reserve, it.amount), about).await?;
                }
                let newest = ledger.newest(tx, of).await?.cloned();
                let newest = newest.ok_or_else(|| unknown(of.0, of.1))?;
                let view = BatchView::proposed(batch.clone(), &lines);
                let first = first.into_iter().collect();
                ledger.rows.proposed.push(Proposed { batch, first, lines });
                let effects = ledger.keep(tx).await?.into_iter().collect();
                Ok(Done { response: encode(&view, &newest), effects })
            })
        })
        .await
    }
}

/// A source that is not published or confirmed yet is a refusal that is kept: a late repeat of the request
/// does not pay what its caller was told was not there.
fn not_there(why: AppError) -> AppError {
    let AppError::NotFound { what, id } = why else { return why };
    let (en, zh) = (format!("there is no {} `{id}`", what.en()), what.zh());
    refusal(what.reason(), en, format!("尚无{zh}“{id}”")).with("rule", "A1").into()
}

/// The year whose budget a source draws on: that of its period (A3).
pub(super) fn year(source: &Source) -> String {
    source.period.split('-').next().unwrap_or_default().to_owned()
}

/// Refuses what the purpose cannot pay as a whole, before any of it is reserved.
async fn afford(
    tx: &mut dyn crate::store::ReadTx,
    ledger: &mut Ledger<'_>,
    of: (&str, &str),
    lines: &[LineRecord],
) -> Result<(), AppError> {
    let asked = sum(lines.iter().map(|it| it.amount))?;
    let Some(newest) = ledger.newest(tx, of).await? else { return Err(unknown(of.0, of.1).into()) };
    let available = newest.after.available;
    if asked > available { Err(exceeded(of, available, asked).into()) } else { Ok(()) }
}

/// The payments that are proposed, numbered by award, recipient and subject.
fn lines(
    origin: &Origin,
    paying: &Paying,
    asked: &ProposeBatch,
) -> Result<Vec<LineRecord>, AppError> {
    let payments = paying.payments()?;
    let attempts = paying.attempts();
    let chosen: BTreeSet<&EntitlementKey> = asked.choices.iter().collect();
    let all: Vec<&EntitlementKey> = if chosen.is_empty() {
        origin.claims.keys().collect()
    } else {
        chosen.into_iter().collect()
    };
    let (mut lines, mut refused) = (Vec::new(), Vec::new());
    for key in all {
        let own = payments.get(key).map_or(&[][..], Vec::as_slice);
        let Some(claim) = origin.claims.get(key) else {
            refused.push(not_payable("NOT_ENTITLED", key));
            continue;
        };
        let amount = payable_of(claim.amount, own, !asked.choices.is_empty())?;
        if amount == Money::ZERO {
            if !asked.choices.is_empty() {
                refused.push(not_payable("PAID_ALREADY", key));
            }
            continue;
        }
        let number = i64::try_from(lines.len()).unwrap_or(i64::MAX).saturating_add(1);
        let attempt = attempts.get(key).copied().unwrap_or(0).saturating_add(1);
        lines.push(line(asked, claim, (number, attempt), amount)?);
    }
    judge(&lines, refused, asked)?;
    Ok(lines)
}

fn line(
    asked: &ProposeBatch,
    claim: &Claim,
    (line, attempt): (i64, i64),
    amount: Money,
) -> Result<LineRecord, AppError> {
    let subjects = serde_json::to_string(&claim.subjects);
    Ok(LineRecord {
        batch_id: asked.batch_id.clone(),
        line,
        entitlement: claim.key.clone(),
        attempt,
        amount,
        subjects: subjects.map_err(|why| AppError::Internal(why.to_string()))?,
        award_title: claim.title.clone(),
    })
}

fn not_payable(reason: &'static str, key: &EntitlementKey) -> Violation {
    let en = match reason {
        "NOT_ENTITLED" => "the published result or confirmed selection does not give it",
        _ => "it is paid, or reserved for a payment",
    };
    let each = if key.each.is_empty() { String::new() } else { format!("/{}", key.each) };
    let of = key.recipient.word();
    let subject = format!("{}/{of}/{}{each}", key.award, key.recipient_id);
    Violation { reason, subject, en }
}

/// Why a payment cannot be made, in Chinese.
fn told(reason: &str) -> &'static str {
    match reason {
        "NOT_ENTITLED" => "已公布的结果或已认定的评选不给予该项",
        _ => "已支付，或已为其预留",
    }
}

/// Refuses a batch that would be empty, too large, or of what cannot be paid.
fn judge(
    lines: &[LineRecord],
    refused: Vec<Violation>,
    asked: &ProposeBatch,
) -> Result<(), AppError> {
    if let Some(first) = refused.first() {
        let (en, zh) = (
            format!("{} of the payments chosen cannot be made: {}", refused.len(), first.en),
            format!(
                "所选付款中有 {} 项不能支付：{}，{}",
                refused.len(),
                first.subject,
                told(first.reason)
            ),
        );
        let refusal = refusal("NOT_PAYABLE", en, zh).with("rule", "A4");
        return Err(refusal.with("count", refused.len().to_string()).naming(refused).into());
    }
    if lines.is_empty() {
        let Source { id, period, .. } = &asked.source;
        let en = format!("nothing of `{id}` for {period} is left to be paid");
        let zh = format!("{id} {period} 没有可支付的奖补");
        return Err(refusal("NOTHING_PAYABLE", en, zh).with("rule", "A4").into());
    }
    if lines.len() > LINES_MAX {
        let en = format!("{} payments can be proposed, and a batch takes {LINES_MAX}", lines.len());
        let zh = format!("可支付 {} 项，每批最多 {LINES_MAX} 项，请选择", lines.len());
        return Err(refusal("BATCH_TOO_LARGE", en, zh).into());
    }
    Ok(())
}

/// The subjects of a line read back.
///
/// # Errors
/// They do not read back.
pub fn subjects(line: &LineRecord) -> Result<Vec<String>, AppError> {
    let broken = |why| crate::store::StoreError::corrupt("award_lines.subjects", why);
    Ok(serde_json::from_str(&line.subjects).map_err(broken)?)
}
