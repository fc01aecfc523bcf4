//! The books as they go out.

use crate::{
    app::{
        AppError,
        award::{Names, Statement, TrialBalance, papers},
    },
    domain::{
        award::{Movement, RecipientKind},
        exact::Money,
    },
    grpc::{award_encode::named, encode::timestamp, result_encode::money},
    proto::v1,
    store::{AccountSum, MovementRecord},
};

/// Who is paid by a movement, or pays back.
pub(super) fn recipient_of(it: &MovementRecord) -> Option<(RecipientKind, String)> {
    Some((RecipientKind::named(&it.recipient_kind)?, it.recipient.clone()))
}

/// Where a statement goes on after a movement.
pub(super) fn cursor(it: &MovementRecord) -> String {
    let recorded = it.mark.recorded.micros();
    format!("{recorded} {} {} {}", it.year, it.purpose, it.number)
}

/// One movement.
pub(super) fn movement(it: &MovementRecord, names: &Names) -> Result<v1::MoneyMovement, AppError> {
    let posting = |(account, amount): &(crate::domain::award::Account, Money)| v1::Posting {
        account: account.word().to_owned(),
        amount: Some(money(*amount)),
    };
    Ok(v1::MoneyMovement {
        year: it.year.clone(),
        purpose_id: it.purpose.clone(),
        number: it.number,
        kind: it.movement.word().to_owned(),
        title: it.movement.zh().to_owned(),
        amount: Some(money(it.amount)),
        postings: it.postings.iter().map(posting).collect(),
        available_after: Some(money(it.after.available)),
        other_purpose_id: it.other_purpose.clone(),
        batch_id: it.batch_id.clone(),
        line: i32::try_from(it.line).unwrap_or(i32::MAX),
        recovery: it.recovery,
        recipient: recipient_of(it).map(|(kind, id)| named(names, (kind, &id))),
        reason: it.text.clone(),
        decided_by: it.decided_by.clone(),
        papers: papers(&it.evidence)?,
        recorded_by: it.mark.by.clone(),
        recorded_time: Some(timestamp(it.mark.recorded)),
    })
}

/// A page of a statement, and what the whole of it comes to.
pub(super) fn statement(
    it: &Statement,
    movements: Vec<v1::MoneyMovement>,
    next_page_token: String,
) -> v1::GetStatementResponse {
    let total = |(movement, (count, amount)): (&Movement, &(i64, Money))| v1::MovementTotal {
        kind: movement.word().to_owned(),
        title: movement.zh().to_owned(),
        count: *count,
        amount: Some(money(*amount)),
    };
    v1::GetStatementResponse {
        movements,
        totals: it.totals.iter().map(total).collect(),
        kept: Some(money(it.kept)),
        kept_words: it.kept.in_words(),
        next_page_token,
    }
}

/// A trial balance.
pub(super) fn trial_balance(it: &TrialBalance) -> v1::GetTrialBalanceResponse {
    let account = |it: &AccountSum| v1::AccountBalance {
        purpose_id: it.purpose.clone(),
        account: it.account.word().to_owned(),
        title: it.account.zh().to_owned(),
        debits: Some(money(it.debit)),
        credits: Some(money(it.credit)),
        balance: it.debit.minus(it.credit).ok().map(money),
    };
    v1::GetTrialBalanceResponse {
        accounts: it.accounts.iter().map(account).collect(),
        debits: Some(money(it.debits)),
        credits: Some(money(it.credits)),
    }
}
