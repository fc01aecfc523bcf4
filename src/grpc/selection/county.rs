//! What is done to a selection as a whole.

use prost::Message;

use super::{Service, decode, encode};
use crate::{
    app::{
        AppError,
        selection::{
            Abandon, Act, Among, DecideTie, Extend, OpenSelection, PostList, Reach, Selected,
        },
    },
    domain::selection::Stage,
    grpc::{admit::Call, decode::Faults, write_call},
    proto::v1,
};

/// What every act carries.
struct Head<'r> {
    method: &'static str,
    county: &'r str,
    request_id: &'r str,
    selection_id: &'r str,
}

impl Service {
    pub(super) async fn open(
        &self,
        call: &Call,
        mut raw: v1::OpenSelectionRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let selection_id = faults.id("selection_id", &raw.selection_id);
        let document_id = faults.id("document_id", &raw.document_id);
        let period = faults.period("period", &raw.period);
        let roster_day = faults.some_day("roster_day", raw.roster_day.as_ref());
        let asked = (|| {
            let (selection_id, document_id) = (selection_id?, document_id?);
            let (period, roster_day) = (period?, roster_day?);
            Some(OpenSelection { selection_id, document_id, period, roster_day })
        })();
        let read = (|| permit.and(Some((county?, request_id?, asked?))))();
        let (county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "SelectionService.OpenSelection", county, request_id, &raw);
        let encode = |it: &Selected| {
            let (selection, quota) = (Some(encode::selection(it)), Some(encode::quota(it)));
            v1::OpenSelectionResponse { selection, quota }.encode_to_vec()
        };
        self.app.open_selection(of, asked, encode).await
    }

    /// Decodes what all acts have alike, and does it.
    async fn act<M: Message>(
        &self,
        call: &Call,
        (head, message): (Head<'_>, &M),
        read: impl FnOnce(&mut Faults) -> Option<Act>,
        encode: impl Fn(&Selected) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", head.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(head.request_id);
        let selection_id = faults.id("selection_id", head.selection_id);
        let act = read(&mut faults);
        let read = (|| Some((permit?, county?, request_id?, selection_id?, act?)))();
        let (permit, county, request_id, selection_id, act) = faults.finish(read)?;
        if let Act::Order(asked) = &act
            && !Reach::of(permit, &county).holds(asked.street())
        {
            return Err(AppError::Denied);
        }
        let of = write_call(call, head.method, county, request_id, message);
        self.app.organise_selection(of, (selection_id, act), encode).await
    }

    pub(super) async fn extend(
        &self,
        call: &Call,
        mut raw: v1::ExtendDeadlineRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.ExtendDeadline",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let read = |faults: &mut Faults| {
            let step = decode::kind(faults, raw.step);
            let until = faults.some_day("until", raw.until.as_ref());
            let unit = decode::unit(faults, raw.unit.as_ref());
            let reason = faults.why("reason", &raw.reason);
            let decided_by = faults.id("decided_by", &raw.decided_by);
            let (reason, decided_by) = (reason?, decided_by?);
            Some(Act::Extend(Extend {
                step: step?,
                until: until?,
                unit: unit?,
                reason,
                decided_by,
            }))
        };
        let step = raw.step;
        let encode = move |it: &Selected| {
            let step = it.steps().iter().map(encode::step).find(|it| it.step == step);
            v1::ExtendDeadlineResponse { step }.encode_to_vec()
        };
        self.act(call, (head, &raw), read, encode).await
    }

    pub(super) async fn rank(
        &self,
        call: &Call,
        mut raw: v1::AdoptRankingRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.AdoptRanking",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let read = |faults: &mut Faults| faults.id("run_id", &raw.run_id).map(Act::Rank);
        let encode = |it: &Selected| {
            v1::AdoptRankingResponse { selection: Some(encode::selection(it)) }.encode_to_vec()
        };
        self.act(call, (head, &raw), read, encode).await
    }

    pub(super) async fn order(
        &self,
        call: &Call,
        mut raw: v1::DecideSelectionTieRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.DecideSelectionTie",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let read = |faults: &mut Faults| {
            let among = among(faults, &raw);
            let reason = faults.why("reason", &raw.reason);
            let decided_by = faults.id("decided_by", &raw.decided_by);
            let (reason, decided_by) = (reason?, decided_by?);
            Some(Act::Order(DecideTie { among: among?, reason, decided_by }))
        };
        let encode = |it: &Selected| {
            v1::DecideSelectionTieResponse { quota: Some(encode::quota(it)) }.encode_to_vec()
        };
        self.act(call, (head, &raw), read, encode).await
    }

    pub(super) async fn post(
        &self,
        call: &Call,
        mut raw: v1::PostSelectionNoticeRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.PostSelectionNotice",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let read = |faults: &mut Faults| {
            let posted_on = faults.some_day("posted_on", raw.posted_on.as_ref());
            let report_to = faults.name("report_to", &raw.report_to);
            Some(Act::Post(PostList { posted_on: posted_on?, report_to: report_to? }))
        };
        let encode = |it: &Selected| {
            let branch_ids = it.at_stage(Stage::Noticed);
            let selection = Some(encode::selection(it));
            v1::PostSelectionNoticeResponse { selection, branch_ids }.encode_to_vec()
        };
        self.act(call, (head, &raw), read, encode).await
    }

    pub(super) async fn confirm(
        &self,
        call: &Call,
        mut raw: v1::ConfirmSelectionRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.ConfirmSelection",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let read = |_: &mut Faults| Some(Act::Confirm);
        let encode = |it: &Selected| {
            let branch_ids = it.at_stage(Stage::Confirmed);
            let selection = Some(encode::selection(it));
            v1::ConfirmSelectionResponse { selection, branch_ids }.encode_to_vec()
        };
        self.act(call, (head, &raw), read, encode).await
    }

    pub(super) async fn abandon(
        &self,
        call: &Call,
        mut raw: v1::AbandonSelectionRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.AbandonSelection",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let read = |faults: &mut Faults| {
            let reason = faults.why("reason", &raw.reason);
            let decided_by = faults.id("decided_by", &raw.decided_by);
            Some(Act::Abandon(Abandon { reason: reason?, decided_by: decided_by? }))
        };
        let encode = |it: &Selected| {
            v1::AbandonSelectionResponse { selection: Some(encode::selection(it)) }.encode_to_vec()
        };
        self.act(call, (head, &raw), read, encode).await
    }
}

/// What is ordered: branches or streets, one of the two.
fn among(faults: &mut Faults, raw: &v1::DecideSelectionTieRequest) -> Option<Among> {
    let street = faults.optional_id("street_id", &raw.street_id);
    if raw.street_ids.is_empty() || !raw.branch_ids.is_empty() {
        if !raw.street_ids.is_empty() {
            let en = "either branches are ordered or streets";
            faults.add("street_ids", "FIELD_CONFLICT", en, "一次只能排定党支部或街道之一");
        }
        let order = decode::ids(faults, "branch_ids", &raw.branch_ids);
        return Some(Among::Candidates { street: street?, order: order? });
    }
    if !raw.street_id.is_empty() {
        let en = "streets are ordered over the county, not within one of them";
        faults.add("street_id", "FIELD_CONFLICT", en, "街道之间的次序由县级排定");
    }
    decode::ids(faults, "street_ids", &raw.street_ids).map(Among::Streets)
}
