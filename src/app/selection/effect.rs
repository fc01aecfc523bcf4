//! What was changed of a selection, for the audit trail.

use super::PAGE;
use crate::{
    app::{AppError, Effect, digest},
    domain::selection::RosterBranch,
    store::{ReadTx, SelectionEventRecord, SelectionRecord},
};

/// An opening with its roster.
pub(in crate::app) fn opening(it: &SelectionRecord, roster: &[RosterBranch]) -> Effect {
    let day = it.roster_day.to_string();
    let versions = [it.document_version, it.scheme_version].map(i64::to_be_bytes);
    let mut parts: Vec<&[u8]> = vec![
        it.document_id.as_bytes(),
        &versions[0],
        it.period.as_bytes(),
        day.as_bytes(),
        it.scheme_id.as_bytes(),
        &versions[1],
    ];
    for it in roster {
        let row = [&it.branch, &it.compound, &it.community, &it.street];
        parts.extend(row.map(String::as_bytes));
    }
    Effect { subject: format!("selection/{}", it.selection_id), digest: digest(&parts) }
}

/// Events of one moment, in their order.
pub(in crate::app) fn events(selection: &str, rows: &[SelectionEventRecord]) -> Effect {
    let numbers: Vec<[u8; 8]> = rows.iter().map(|it| it.event.to_be_bytes()).collect();
    let mut parts: Vec<&[u8]> = Vec::new();
    for (it, number) in rows.iter().zip(&numbers) {
        parts.push(number);
        let row = [&it.what, &it.branch, &it.detail, &it.text, &it.decided_by, &it.evidence];
        parts.extend(row.map(String::as_bytes));
    }
    Effect { subject: format!("selection/{selection}/events"), digest: digest(&parts) }
}

/// All selections of a county, by id.
pub(in crate::app) async fn all(
    tx: &mut dyn ReadTx,
    county: &str,
) -> Result<Vec<SelectionRecord>, AppError> {
    let (mut all, mut after): (Vec<SelectionRecord>, _) = (Vec::new(), String::new());
    loop {
        let page = tx.selection_page(county, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after.clone_from(&last.selection_id);
        all.extend(page);
    }
}
