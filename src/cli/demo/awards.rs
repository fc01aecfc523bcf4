//! The year's money (A1 to A5): appropriated, proposed, approved, paid, sent back and recovered.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use comfy_table::Cell;
use serde_json::{Value, json};

use super::{
    Failed,
    report::fen,
    round::{date, words},
    service::Serving,
    tables::{right, table},
};
use crate::{
    client::{Client, PaidOut},
    domain::{exact::Money, time::Day},
    proto::google::r#type::Money as Amount,
    sample::{COUNTY, SELECTION},
};

/// The scheme whose excellent get money when they are not in service (A2).
const APPRAISAL: &str = "xinping.secretary-appraisal";
/// How many lines of the payment list are shown.
const SHOWN: usize = 4;

/// What came of it.
pub(super) struct Awards(PaidOut);

/// The appraisals' awards from the appropriation to the treasury's answers.
pub(super) async fn carry_out(
    (service, client): (&Serving, &Client),
    today: Day,
) -> Result<Awards, Failed> {
    let become_caller = async |principal: &str| {
        let token = service.token_for(principal)?;
        let channel = service.connect().await?;
        Client::new(channel, COUNTY, Some(&token)).map_err(Failed::from)
    };
    let of = (APPRAISAL, SELECTION.0);
    Ok(Awards(client.pay_awards(of, date(today), become_caller).await?))
}

fn yuan(it: Option<&Amount>) -> String {
    Money::from_fen(it.map_or(0, fen)).to_string()
}

impl Awards {
    /// The line that says how it went.
    pub(super) fn stage(&self) -> String {
        let PaidOut { batch, budget, .. } = &self.0;
        format!(
            "{} payments proposed, approved and answered by the treasury: {} yuan paid, {} back, {} left of {}",
            batch.lines,
            yuan(budget.paid.as_ref()),
            yuan(budget.recovered.as_ref()),
            yuan(budget.available.as_ref()),
            yuan(budget.appropriated.as_ref()),
        )
    }

    /// Prints the list's head and foot, what was refused, and the trial balance.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let PaidOut { batch, list, again, recovery, balance, refused, .. } = &self.0;
        writeln!(out, "\nThe list that went to the treasury (A2), as CSV")?;
        let lines: Vec<&str> = list.trim_start_matches('\u{feff}').lines().collect();
        for line in lines.iter().take(SHOWN) {
            writeln!(out, "  {line}")?;
        }
        if lines.len() > SHOWN {
            writeln!(out, "  …\n  {}", lines.last().copied().unwrap_or_default())?;
        }
        let count = batch.counts.iter().map(|it| {
            let state =
                it.state().as_str_name().trim_start_matches("PAYMENT_STATE_").to_lowercase();
            format!("{} {state} ({} yuan)", it.count, yuan(it.amount.as_ref()))
        });
        let counts: Vec<String> = count.collect();
        writeln!(
            out,
            "  answered: {}; what came back is proposed again: batch `{}`",
            counts.join(", "),
            again.batch_id
        )?;
        writeln!(
            out,
            "  recovery {}: {} yuan of {} came back, {} are owed (A5)",
            recovery.number,
            yuan(recovery.collected.as_ref()),
            yuan(recovery.amount.as_ref()),
            yuan(recovery.open.as_ref()),
        )?;
        writeln!(out, "\nRefused on the way (A1, A3, A4)")?;
        for (what, status) in refused {
            let words = words(status);
            writeln!(out, "  {what}: {}\n    {}", words.en, words.zh)?;
        }
        let mut accounts = table(&["account", "科目", "debits 借", "credits 贷", "balance 余额"]);
        for it in &balance.accounts {
            accounts.add_row([
                Cell::new(&it.account),
                Cell::new(&it.title),
                right(yuan(it.debits.as_ref())),
                right(yuan(it.credits.as_ref())),
                right(yuan(it.balance.as_ref())),
            ]);
        }
        accounts.add_row([
            Cell::new("all"),
            Cell::new("合计"),
            right(yuan(balance.debits.as_ref())),
            right(yuan(balance.credits.as_ref())),
            right(Money::ZERO),
        ]);
        writeln!(out, "\nThe books of the year (A3), which balance\n{accounts}")
    }

    /// The same for machines, without what the day decides.
    pub(super) fn json(&self) -> Value {
        use tonic_types::StatusExt as _;
        let PaidOut { batch, again, recovery, budget, balance, refused, .. } = &self.0;
        let reason = |(what, status): &(&str, tonic::Status)| {
            let reason = status.get_details_error_info().map(|it| it.reason);
            ((*what).to_owned(), reason.unwrap_or_default())
        };
        let refused: BTreeMap<String, String> = refused.iter().map(reason).collect();
        let accounts: BTreeMap<&str, String> = balance
            .accounts
            .iter()
            .map(|it| (it.account.as_str(), yuan(it.balance.as_ref())))
            .collect();
        json!({
            "lines": batch.lines,
            "proposed": yuan(batch.proposed.as_ref()),
            "again": yuan(again.proposed.as_ref()),
            "owed": yuan(recovery.open.as_ref()),
            "available": yuan(budget.available.as_ref()),
            "accounts": accounts,
            "refused": refused,
        })
    }
}
