//! Awards, payments and what changes do to them, as they go out.

use super::{encode::timestamp, result_encode::money};
use crate::{
    app::{
        App, AppError,
        access::{FieldGroup, Permit},
        award::{MoneyChange, MoneyChanges, Names},
        registry::RecordKind,
    },
    domain::award::{EntitlementKey, RecipientKind},
    proto::v1,
    store::MovementRecord,
};

/// Whether a caller sees the names of persons who are paid.
pub(super) fn sees_names(permit: &Permit) -> bool {
    permit.shows_all(RecordKind::Member, FieldGroup::Names)
}

/// The names of recipients that a caller sees: those of branches always, those of persons where it
/// sees names.
pub(super) async fn names(
    app: &App,
    (county, permit): (&str, &Permit),
    of: impl IntoIterator<Item = (RecipientKind, String)>,
) -> Result<Names, AppError> {
    let persons = sees_names(permit);
    let seen = |it: &(RecipientKind, String)| persons || it.0 == RecipientKind::Branch;
    let of: Vec<_> = of.into_iter().filter(seen).collect();
    if of.is_empty() { Ok(Names::new()) } else { app.recipient_names(county, &of).await }
}

/// Whom an entitlement is paid to.
pub(super) fn paid_to(it: &EntitlementKey) -> (RecipientKind, String) {
    (it.recipient, it.recipient_id.clone())
}

/// Whom money goes to, with the name where it is seen.
pub(super) fn named(names: &Names, (kind, id): (RecipientKind, &str)) -> v1::AwardRecipientRef {
    let name = names.get(&(kind, id.to_owned())).cloned().unwrap_or_default();
    v1::AwardRecipientRef { name, ..recipient(kind, id) }
}

/// Whom money goes to, without a name.
pub(crate) fn recipient(kind: RecipientKind, id: &str) -> v1::AwardRecipientRef {
    let kind = match kind {
        RecipientKind::Branch => v1::RecipientKind::Branch,
        RecipientKind::Member => v1::RecipientKind::Member,
    };
    v1::AwardRecipientRef { kind: kind.into(), id: id.to_owned(), name: String::new() }
}

/// What is paid once.
pub(crate) fn key(it: &EntitlementKey) -> v1::EntitlementKey {
    v1::EntitlementKey {
        award_id: it.award.clone(),
        recipient: Some(recipient(it.recipient, &it.recipient_id)),
        each: it.each.clone(),
    }
}

/// The same, with the recipient's name where it is seen.
pub(super) fn named_key(it: &EntitlementKey, names: &Names) -> v1::EntitlementKey {
    let recipient = Some(named(names, (it.recipient, &it.recipient_id)));
    v1::EntitlementKey { recipient, ..key(it) }
}

/// What a purpose has after its newest movement.
pub(super) fn purpose(newest: &MovementRecord) -> v1::PurposeBudget {
    let has = &newest.after;
    v1::PurposeBudget {
        year: newest.year.clone(),
        purpose_id: newest.purpose.clone(),
        title: newest.title.clone(),
        appropriated: Some(money(has.appropriated)),
        reserved: Some(money(has.reserved)),
        paid: has.net_paid().ok().map(money),
        returned: Some(money(has.returned)),
        recovered: Some(money(has.recovered)),
        due: Some(money(has.due)),
        available: Some(money(has.available)),
        available_words: has.available.in_words(),
        movements: newest.number,
        moved_time: Some(timestamp(newest.mark.recorded)),
    }
}

/// What a change does to money, with at most so many recipients.
pub(crate) fn consequences(of: &MoneyChanges, most: usize) -> v1::MoneyConsequences {
    v1::MoneyConsequences {
        consequences: of.changes.iter().take(most).map(consequence).collect(),
        total: i64::try_from(of.changes.len()).unwrap_or(i64::MAX),
        gained: Some(money(of.gained)),
        lost: Some(money(of.lost)),
        to_recover: Some(money(of.to_recover)),
    }
}

fn consequence(it: &MoneyChange) -> v1::MoneyConsequence {
    v1::MoneyConsequence {
        key: Some(key(&it.key)),
        award_title: it.title.clone(),
        before: Some(money(it.before)),
        after: Some(money(it.after)),
        withdrawn: Some(money(it.withdrawn)),
        to_recover: Some(money(it.to_recover)),
        to_recover_if_paid: Some(money(it.to_recover_if_paid)),
        dropped: Some(money(it.dropped)),
        payable: Some(money(it.payable)),
    }
}
