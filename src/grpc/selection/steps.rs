//! Steps of candidates.

use prost::Message;

use super::{Service, decode, encode};
use crate::{
    app::{
        AppError,
        selection::{Reach, Step, StepOf, Turn},
    },
    domain::selection::{Action, StepKind},
    grpc::{admit::Call, award_encode::consequences, decode::Faults, write_call},
    proto::v1,
};

/// How many recipients an answer tells of at most.
const MONEY_MAX: usize = 1_000;

/// What every step carries besides its candidates.
struct Head<'r> {
    method: &'static str,
    county: &'r str,
    request_id: &'r str,
    selection_id: &'r str,
}

impl Service {
    /// Decodes what all steps have alike, and takes the step. `list` reads the candidates, `message`
    /// is the request without its id, `encode` makes the answer.
    async fn step<M: Message>(
        &self,
        call: &Call,
        (head, turn, message): (Head<'_>, Turn, &M),
        list: impl FnOnce(&mut Faults) -> Option<Vec<StepOf>>,
        encode: impl Fn(Vec<v1::SelectionCandidate>, Option<v1::MoneyConsequences>) -> Vec<u8>
        + Send
        + Sync
        + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", head.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(head.request_id);
        let selection_id = faults.id("selection_id", head.selection_id);
        let of = list(&mut faults);
        let asked = (|| Some(Step { selection_id: selection_id?, turn, of: of? }))();
        let read = (|| Some((permit?, county?, request_id?, asked?)))();
        let (permit, county, request_id, step) = faults.finish(read)?;
        let reach = Reach::of(permit, &county);
        let of = write_call(call, head.method, county, request_id, message);
        let seen = reach.clone();
        let sees_money = seen.sees_money();
        let encode = move |selected: &_, branches: &[String], money: &_| {
            let money = sees_money.then(|| consequences(money, MONEY_MAX));
            encode(encode::candidates(selected, (&seen, branches)), money)
        };
        self.app.take_steps(of, reach, step, encode).await
    }

    pub(super) async fn apply(
        &self,
        call: &Call,
        mut raw: v1::ApplyForSelectionRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.ApplyForSelection",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let turn = Turn::Of(StepKind::Application);
        let list = |faults: &mut Faults| {
            decode::one(faults, (&raw.candidate, &raw.decided_by), (Action::Apply, false))
        };
        let encode = |mut all: Vec<_>, _| {
            v1::ApplyForSelectionResponse { candidate: all.pop() }.encode_to_vec()
        };
        self.step(call, (head, turn, &raw), list, encode).await
    }

    pub(super) async fn withdraw(
        &self,
        call: &Call,
        mut raw: v1::WithdrawApplicationRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.WithdrawApplication",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let turn = Turn::Of(StepKind::Application);
        let list = |faults: &mut Faults| {
            decode::one(faults, (&raw.candidate, &raw.decided_by), (Action::Withdraw, false))
        };
        let encode = |mut all: Vec<_>, _| {
            v1::WithdrawApplicationResponse { candidate: all.pop() }.encode_to_vec()
        };
        self.step(call, (head, turn, &raw), list, encode).await
    }

    pub(super) async fn opine(
        &self,
        call: &Call,
        mut raw: v1::GiveOpinionsRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.GiveOpinions",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let turn = Turn::Of(StepKind::Opinion);
        let list = |faults: &mut Faults| decode::opinions(faults, (&raw.opinions, &raw.decided_by));
        let encode = |all: Vec<_>, _| v1::GiveOpinionsResponse { candidates: all }.encode_to_vec();
        self.step(call, (head, turn, &raw), list, encode).await
    }

    pub(super) async fn review(
        &self,
        call: &Call,
        mut raw: v1::ReviewCandidatesRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.ReviewCandidates",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let turn = Turn::Of(StepKind::Recommendation);
        let list = |faults: &mut Faults| {
            decode::many(faults, (&raw.candidates, &raw.decided_by), (Action::Review, false))
        };
        let encode =
            |all: Vec<_>, _| v1::ReviewCandidatesResponse { candidates: all }.encode_to_vec();
        self.step(call, (head, turn, &raw), list, encode).await
    }

    pub(super) async fn recommend(
        &self,
        call: &Call,
        mut raw: v1::RecommendCandidatesRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.RecommendCandidates",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let turn = Turn::Of(StepKind::Recommendation);
        let list = |faults: &mut Faults| {
            decode::many(faults, (&raw.candidates, &raw.decided_by), (Action::Recommend, false))
        };
        let encode =
            |all: Vec<_>, _| v1::RecommendCandidatesResponse { candidates: all }.encode_to_vec();
        self.step(call, (head, turn, &raw), list, encode).await
    }

    pub(super) async fn examine(
        &self,
        call: &Call,
        mut raw: v1::ExamineCandidatesRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.ExamineCandidates",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let turn = Turn::Of(StepKind::Examination);
        let list = |faults: &mut Faults| {
            decode::judgements(
                faults,
                (&raw.judgements, &raw.decided_by),
                (Action::Examine, Action::Decline),
            )
        };
        let encode =
            |all: Vec<_>, _| v1::ExamineCandidatesResponse { candidates: all }.encode_to_vec();
        self.step(call, (head, turn, &raw), list, encode).await
    }

    pub(super) async fn consult(
        &self,
        call: &Call,
        mut raw: v1::ConsultCandidatesRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.ConsultCandidates",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let turn = Turn::Of(StepKind::Consultation);
        let list = |faults: &mut Faults| {
            decode::many(faults, (&raw.candidates, &raw.decided_by), (Action::Consult, false))
        };
        let encode =
            |all: Vec<_>, _| v1::ConsultCandidatesResponse { candidates: all }.encode_to_vec();
        self.step(call, (head, turn, &raw), list, encode).await
    }

    pub(super) async fn decide(
        &self,
        call: &Call,
        mut raw: v1::DecideCandidatesRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.DecideCandidates",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let turn = Turn::Of(StepKind::Decision);
        let list = |faults: &mut Faults| {
            decode::judgements(
                faults,
                (&raw.judgements, &raw.decided_by),
                (Action::Approve, Action::Reject),
            )
        };
        let encode =
            |all: Vec<_>, _| v1::DecideCandidatesResponse { candidates: all }.encode_to_vec();
        self.step(call, (head, turn, &raw), list, encode).await
    }

    pub(super) async fn cancel(
        &self,
        call: &Call,
        mut raw: v1::CancelHonoursRequest,
    ) -> Result<Vec<u8>, AppError> {
        let (county, selection) = (raw.county.clone(), raw.selection_id.clone());
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "SelectionService.CancelHonours",
            county: &county,
            request_id: &request_id,
            selection_id: &selection,
        };
        let turn = Turn::County;
        let list = |faults: &mut Faults| {
            decode::many(faults, (&raw.candidates, &raw.decided_by), (Action::Cancel, true))
        };
        let encode = |candidates: Vec<_>, money| {
            v1::CancelHonoursResponse { candidates, money }.encode_to_vec()
        };
        self.step(call, (head, turn, &raw), list, encode).await
    }
}
