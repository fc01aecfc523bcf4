//! Budgets, awards and recoveries as they come in.

use std::collections::BTreeMap;

use super::{
    decode::{Decoded, Faults, YEARS},
    evaluation_encode::ordinal,
};
use crate::{
    app::{award::TreasuryAnswer, places},
    domain::{
        award::{EntitlementKey, RecipientKind, Source, SourceKind},
        exact::Money,
        time::PeriodKind,
    },
    proto::{google::r#type as google, v1},
};

/// The most choices of a proposal, and the most answers of a message.
const LIST_MAX: usize = 1_000;
/// The largest amount of an act: ten thousand million yuan, so that no sum of a county's books comes near
/// the end of the numbers.
const AMOUNT_MAX: Money = Money::from_fen(1_000_000_000_000);
/// The most papers of an act.
const PAPERS_MAX: usize = 20;
/// The most bytes of a reference.
const REFERENCE_MAX: usize = 200;
/// The most bytes of a reason.
const REASON_MAX: usize = 2_000;

/// An amount above zero.
pub(super) fn amount(
    faults: &mut Faults,
    path: &str,
    raw: Option<&google::Money>,
) -> Option<Money> {
    let amount = faults.some_money(path, raw)?;
    if amount > AMOUNT_MAX {
        let en = format!("an amount is at most {AMOUNT_MAX} yuan");
        faults.add(path, "MONEY_INVALID", en, format!("金额至多 {AMOUNT_MAX} 元"));
        return None;
    }
    if amount == Money::ZERO {
        faults.add(path, "MONEY_INVALID", "this amount is above 0", "金额须大于 0");
        return None;
    }
    Some(amount)
}

/// A year, as `2022`.
pub(super) fn year(faults: &mut Faults, path: &str, raw: &str) -> Option<String> {
    let (first, last) = YEARS;
    if raw.len() == 4 && (first..=last).contains(&ordinal(raw)) {
        return Some(raw.to_owned());
    }
    let en = format!("a year is {first} to {last}, in four digits");
    faults.add(path, "YEAR_INVALID", en, format!("年份为四位数字，{first} 至 {last}"));
    None
}

/// A year, or nothing where it is empty.
pub(super) fn optional_year(faults: &mut Faults, path: &str, raw: &str) -> Option<String> {
    if raw.is_empty() { Some(String::new()) } else { year(faults, path, raw) }
}

/// An id, or an empty one.
pub(super) fn any_id(faults: &mut Faults, path: &str, raw: &str) -> Option<String> {
    faults.optional_id(path, raw).map(Option::unwrap_or_default)
}

/// What may be said with a step; empty: nothing.
pub(super) fn said(faults: &mut Faults, path: &str, raw: &str) -> Option<String> {
    if raw.is_empty() { Some(String::new()) } else { faults.text(path, raw, REASON_MAX) }
}

/// A reference of the treasury; empty: none.
pub(super) fn reference(faults: &mut Faults, path: &str, raw: &str) -> Option<String> {
    if raw.is_empty() { Some(String::new()) } else { faults.text(path, raw, REFERENCE_MAX) }
}

/// The papers of an act.
pub(super) fn papers(faults: &mut Faults, raw: &[String]) -> Option<Vec<String>> {
    if raw.len() > PAPERS_MAX {
        let en = format!("there are at most {PAPERS_MAX} papers");
        let zh = format!("材料至多 {PAPERS_MAX} 份");
        faults.add("papers", "EVIDENCE_TOO_MANY", en, zh);
        return None;
    }
    let mut all = Vec::with_capacity(raw.len());
    for (index, it) in raw.iter().enumerate() {
        all.extend(faults.text(&format!("papers[{index}]"), it, REFERENCE_MAX));
    }
    (all.len() == raw.len()).then_some(all)
}

/// The document and period that entitles.
pub(super) fn source(faults: &mut Faults, raw: Option<&v1::EntitlementSource>) -> Option<Source> {
    use v1::entitlement_source::Document;
    let Some(raw) = raw else {
        no_source(faults, "source");
        return None;
    };
    faults.below("source", |faults| {
        let document = match &raw.document {
            None => {
                no_source(faults, "document");
                None
            }
            Some(Document::SchemeId(id)) => {
                faults.id("scheme_id", id).map(|it| (SourceKind::Scheme, it))
            }
            Some(Document::SelectionDocumentId(id)) => {
                faults.id("selection_document_id", id).map(|it| (SourceKind::Selection, it))
            }
        };
        let period = faults.period("period", &raw.period);
        // One is paid once a year (A4): what is given by halves or months has no payment.
        if period.is_some_and(|it| it.kind() != PeriodKind::Year) {
            let en = "awards are paid by the year, as `2022` (A4)";
            faults.add("period", "PERIOD_NOT_A_YEAR", en, "奖补按年度支付，周期写作 2022（A4）");
            return None;
        }
        let (kind, id) = document?;
        Some(Source { kind, id, period: period?.to_string() })
    })
}

fn no_source(faults: &mut Faults, path: &str) {
    let en = "say what entitles: a scheme or a selection document";
    faults.add(path, "SOURCE_MISSING", en, "须写明依据：评价方案或评选文件");
}

/// Whom money goes to. A name is of answers, and is not looked at.
pub(super) fn recipient(
    faults: &mut Faults,
    raw: &v1::AwardRecipientRef,
) -> Option<(RecipientKind, String)> {
    let of = |it: v1::RecipientKind| match it {
        v1::RecipientKind::Unspecified => None,
        v1::RecipientKind::Branch => Some(RecipientKind::Branch),
        v1::RecipientKind::Member => Some(RecipientKind::Member),
    };
    faults.below("recipient", |faults| {
        let kind = faults.said("kind", v1::RecipientKind::try_from(raw.kind), of);
        let id = faults.id("id", &raw.id);
        Some((kind?, id?))
    })
}

fn key(faults: &mut Faults, raw: &v1::EntitlementKey) -> Option<EntitlementKey> {
    let award = faults.id("award_id", &raw.award_id);
    if raw.recipient.is_none() {
        faults.missing("recipient");
    }
    let whom = raw.recipient.as_ref().and_then(|it| recipient(faults, it));
    let each = any_id(faults, "each", &raw.each);
    let (recipient, recipient_id) = whom?;
    Some(EntitlementKey { award: award?, recipient, recipient_id, each: each? })
}

/// What is chosen of everything that can be proposed, each once; nothing: all of it.
pub(super) fn choices(
    faults: &mut Faults,
    raw: &[v1::EntitlementKey],
) -> Option<Vec<EntitlementKey>> {
    let short = few(faults, "choices", raw.len());
    let mut all = Vec::with_capacity(raw.len());
    for (index, it) in raw.iter().enumerate() {
        all.extend(faults.below(&format!("choices[{index}]"), |faults| key(faults, it)));
    }
    let whole = all.len() == raw.len() && short;
    // What was faulty is told as that, and not as twice the same.
    let good = !whole || once(faults, ("choices", "", "CHOICE_TWICE"), &all);
    (whole && good).then_some(all)
}

/// The treasury's answers, one a line.
pub(super) fn answers(
    faults: &mut Faults,
    raw: &[v1::TreasuryAnswer],
) -> Option<Vec<TreasuryAnswer>> {
    if raw.is_empty() {
        let en = "a message carries at least one";
        faults.add("answers", "BATCH_EMPTY", en, "至少须有一条");
    }
    let short = few(faults, "answers", raw.len());
    let mut all = Vec::with_capacity(raw.len());
    for (index, it) in raw.iter().enumerate() {
        all.extend(faults.below(&format!("answers[{index}]"), |faults| answer(faults, it)));
    }
    let lines: Vec<i32> = raw.iter().map(|it| it.line).collect();
    let good = once(faults, ("answers", ".line", "LINE_TWICE"), &lines);
    (good && short && all.len() == raw.len() && !raw.is_empty()).then_some(all)
}

fn answer(faults: &mut Faults, raw: &v1::TreasuryAnswer) -> Option<TreasuryAnswer> {
    use v1::treasury_answer::Outcome;
    let line = line(faults, raw.line);
    match &raw.outcome {
        None => {
            let en = "say whether the treasury paid it or sent it back";
            faults.add("outcome", "ANSWER_MISSING", en, "须写明已支付或已退回");
            None
        }
        Some(Outcome::Paid(it)) => faults.below("paid", |faults| {
            let on = faults.some_day("on", it.on.as_ref());
            let reference = reference(faults, "reference", &it.reference);
            let (line, on, reference) = (line?, on?, reference?);
            Some(TreasuryAnswer { line, paid: true, on, reference, text: String::new() })
        }),
        Some(Outcome::Returned(it)) => faults.below("returned", |faults| {
            let on = faults.some_day("on", it.on.as_ref());
            let text = faults.why("reason", &it.reason);
            let reference = reference(faults, "reference", &it.reference);
            let (line, on, reference) = (line?, on?, reference?);
            Some(TreasuryAnswer { line, paid: false, on, reference, text: text? })
        }),
    }
}

/// A payment of a batch.
pub(super) fn line(faults: &mut Faults, raw: i32) -> Option<i64> {
    if raw > 0 {
        return Some(i64::from(raw));
    }
    faults.add("line", "LINE_INVALID", "lines are numbered from 1", "行号从 1 起");
    None
}

/// A recovery, by its number.
pub(super) fn recovery(faults: &mut Faults, raw: i64) -> Decoded<i64> {
    if raw > 0 {
        return Some(raw);
    }
    let en = "recoveries are numbered from 1";
    faults.add("recovery", "RECOVERY_INVALID", en, "追回事项编号从 1 起");
    None
}

/// Notes a list that is too long.
fn few(faults: &mut Faults, path: &str, count: usize) -> bool {
    if count <= LIST_MAX {
        return true;
    }
    let en = format!("a message carries at most {LIST_MAX}, and these are {count}");
    let zh = format!("每条消息至多 {LIST_MAX} 条，现有 {count} 条");
    faults.add(path, "BATCH_TOO_LARGE", en, zh);
    false
}

/// Notes what stands in a list more than once, at each of its places.
fn once<K: Ord>(
    faults: &mut Faults,
    (list, field, reason): (&str, &str, &'static str),
    keys: &[K],
) -> bool {
    let mut by_key: BTreeMap<&K, Vec<usize>> = BTreeMap::new();
    for (index, key) in keys.iter().enumerate() {
        by_key.entry(key).or_default().push(index);
    }
    let mut twice: Vec<&Vec<usize>> = by_key.values().filter(|it| it.len() > 1).collect();
    twice.sort_unstable();
    for same in &twice {
        let places = places(list, same);
        for index in *same {
            let en = format!("the same stands in {places}");
            let zh = format!("同一内容重复：{places}");
            faults.add(&format!("{list}[{index}]{field}"), reason, en, zh);
        }
    }
    twice.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::result_encode::money;

    #[test]
    fn an_amount_is_above_nothing_and_below_the_end_of_the_books() {
        let read = |fen: i64| {
            let mut faults = Faults::default();
            let amount = amount(&mut faults, "amount", Some(&money(Money::from_fen(fen))));
            let told =
                faults.into_inner().into_iter().map(|it| format!("{} {}", it.path, it.reason));
            (amount.map(Money::fen), told.collect::<Vec<_>>())
        };
        let most = 1_000_000_000_000;
        for taken in [1, most] {
            assert_eq!(read(taken), (Some(taken), vec![]));
        }
        for refused in [-1, 0, most + 1, i64::MAX] {
            assert_eq!(read(refused), (None, vec!["amount MONEY_INVALID".to_owned()]));
        }
    }
}
