//! Acts about budgets.

use prost::Message;

use super::Service;
use crate::{
    app::{
        AppError,
        award::{BudgetAct, RecordAct},
    },
    grpc::{admit::Call, award_decode, award_encode, decode::Faults, write_call},
    proto::v1,
    store::MovementRecord,
};

impl Service {
    pub(super) async fn act(
        &self,
        call: &Call,
        mut raw: v1::RecordBudgetActRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let asked = asked(&mut faults, &raw);
        let read = (|| permit.and(Some((county?, request_id?, asked?))))();
        let (county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "BudgetService.RecordBudgetAct", county, request_id, &raw);
        let encode = |newest: &[MovementRecord]| {
            let budgets = newest.iter().map(award_encode::purpose).collect();
            v1::RecordBudgetActResponse { budgets }.encode_to_vec()
        };
        self.app.record_budget_act(of, asked, encode).await
    }
}

fn asked(faults: &mut Faults, raw: &v1::RecordBudgetActRequest) -> Option<RecordAct> {
    let act = act(faults, raw);
    let year = award_decode::year(faults, "year", &raw.year);
    let purpose = faults.id("purpose_id", &raw.purpose_id);
    let amount = award_decode::amount(faults, "amount", raw.amount.as_ref());
    let title = match raw.title.as_str() {
        "" => Some(String::new()),
        title => faults.plain_name("title", title),
    };
    let text = faults.why("reason", &raw.reason);
    let decided_by = faults.id("decided_by", &raw.decided_by);
    let papers = award_decode::papers(faults, &raw.papers);
    Some(RecordAct {
        act: act?,
        year: year?,
        purpose: purpose?,
        amount: amount?,
        title: title?,
        text: text?,
        decided_by: decided_by?,
        papers: papers?,
    })
}

/// What the act does: a transfer says where it goes, and nothing else does.
fn act(faults: &mut Faults, raw: &v1::RecordBudgetActRequest) -> Option<BudgetAct> {
    let of = |it: v1::BudgetActKind| match it {
        v1::BudgetActKind::Unspecified => None,
        v1::BudgetActKind::Increase | v1::BudgetActKind::Decrease | v1::BudgetActKind::Transfer => {
            Some(it)
        }
    };
    let kind = faults.said("kind", v1::BudgetActKind::try_from(raw.kind), of);
    let path = "to_purpose_id";
    let to = match (kind, raw.to_purpose_id.as_str()) {
        (Some(v1::BudgetActKind::Transfer), "") => {
            let en = "a transfer says to which purpose it goes";
            faults.add(path, "TRANSFER_FIELD", en, "调剂须写明调入的经费");
            None
        }
        (Some(v1::BudgetActKind::Transfer), to) if to == raw.purpose_id => {
            let en = "a transfer goes to another purpose";
            faults.add(path, "PURPOSE_SAME", en, "不得调剂给同一经费");
            None
        }
        (Some(v1::BudgetActKind::Transfer) | None, to) => award_decode::any_id(faults, path, to),
        (Some(_), "") => Some(String::new()),
        (Some(_), _) => {
            let en = "only a transfer goes to another purpose";
            faults.add(path, "TRANSFER_FIELD", en, "只有调剂才写明调入的经费");
            None
        }
    };
    match (kind?, to?) {
        (v1::BudgetActKind::Unspecified, _) => None,
        (v1::BudgetActKind::Increase, _) => Some(BudgetAct::Increase),
        (v1::BudgetActKind::Decrease, _) => Some(BudgetAct::Decrease),
        (v1::BudgetActKind::Transfer, to) => Some(BudgetAct::Transfer(to)),
    }
}
