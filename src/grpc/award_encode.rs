//! Awards, payments and what changes do to them, as they go out.

use super::result_encode::money;
use crate::{
    app::award::{MoneyChange, MoneyChanges},
    domain::award::{EntitlementKey, RecipientKind},
    proto::v1,
};

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
