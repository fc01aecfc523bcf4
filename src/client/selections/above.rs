//! The steps above the streets, and the notice.

use tonic::Status;

use super::{ID, Offices, place, step};
use crate::{
    client::{CallError, Client},
    proto::{
        google,
        v1::{self, CandidateStage, CandidateVerdict, RecordKind},
    },
    sample::COUNTY,
};

impl Client {
    /// The selection group passes everybody, two are asked, and the standing committee approves.
    pub(super) async fn upper_steps<E: From<CallError>, F: AsyncFn(&str) -> Result<Self, E>>(
        &self,
        offices: &Offices<'_, F>,
        department: &Self,
    ) -> Result<(), E> {
        let group = offices.caller("selection_group", (RecordKind::County, COUNTY)).await?;
        let committee = offices.caller("standing_committee", (RecordKind::County, COUNTY)).await?;
        let own = self.candidates_at(&[CandidateStage::Recommended], "").await?;
        let judgements = |opinion: &str| -> Vec<v1::CandidateJudgement> {
            let verdict = CandidateVerdict::Pass.into();
            let one = |it: &v1::SelectionCandidate| v1::CandidateJudgement {
                candidate: Some(step(&it.branch_id, opinion)),
                verdict,
            };
            own.iter().map(one).collect()
        };
        let (county, selection_id) = (self.county.clone(), ID.to_owned());
        let request = v1::ExamineCandidatesRequest {
            county: county.clone(),
            request_id: "selection-examine".to_owned(),
            selection_id: selection_id.clone(),
            judgements: judgements("审查通过"),
            decided_by: "selection-group".to_owned(),
        };
        group.selections().examine_candidates(request).await.map_err(CallError::from)?;
        for asked in ["standing-committee-member-1", "political-legal-committee"] {
            let request = v1::ConsultCandidatesRequest {
                county: county.clone(),
                request_id: format!("selection-consult-{asked}"),
                selection_id: selection_id.clone(),
                candidates: own.iter().map(|it| step(&it.branch_id, "无不同意见")).collect(),
                decided_by: asked.to_owned(),
            };
            department.selections().consult_candidates(request).await.map_err(CallError::from)?;
        }
        let request = v1::DecideCandidatesRequest {
            county,
            request_id: "selection-decide".to_owned(),
            selection_id,
            judgements: judgements("同意"),
            decided_by: "standing-committee".to_owned(),
        };
        committee.selections().decide_candidates(request).await.map_err(CallError::from)?;
        Ok(())
    }

    pub(super) async fn post(
        &self,
        today: google::r#type::Date,
    ) -> Result<v1::PostSelectionNoticeResponse, Status> {
        let request = v1::PostSelectionNoticeRequest {
            county: self.county.clone(),
            request_id: "selection-notice".to_owned(),
            selection_id: ID.to_owned(),
            posted_on: Some(today),
            report_to: "县委组织部组织二股".to_owned(),
        };
        self.selections().post_selection_notice(request).await.map(tonic::Response::into_inner)
    }

    pub(super) async fn selection_notice_text(&self) -> Result<String, CallError> {
        let request = v1::GenerateSelectionNoticeRequest {
            county: self.county.clone(),
            selection_id: ID.to_owned(),
            format: v1::SelectionNoticeFormat::Markdown.into(),
        };
        Ok(self.selections().generate_selection_notice(request).await?.into_inner().document)
    }

    /// Two reports come in: the one about the last of the list is true.
    pub(super) async fn reports<E: From<CallError>, F: AsyncFn(&str) -> Result<Self, E>>(
        &self,
        (offices, department): (&Offices<'_, F>, &Self),
        today: google::r#type::Date,
    ) -> Result<String, E> {
        let mut listed = self.candidates_at(&[CandidateStage::Noticed], "").await?;
        listed.sort_by_key(place);
        let (Some(first), Some(last)) = (listed.first(), listed.last()) else {
            return Err(CallError::Lacks("anybody on the list").into());
        };
        let outcomes = [
            (first, "反映小区绿化养护不到位", v1::ReportOutcome::NotProven, "经核查不属实"),
            (
                last,
                "反映申报材料中的活动记录系补造",
                v1::ReportOutcome::Proven,
                "经核查属实，取消评选资格",
            ),
        ];
        for (number, (about, text, outcome, answer)) in (1_i32..).zip(outcomes) {
            let over = (RecordKind::Street, about.street_id.as_str());
            let street = offices.caller("street", over).await?;
            let request = v1::FileReportRequest {
                county: self.county.clone(),
                request_id: format!("selection-report-{number}"),
                selection_id: ID.to_owned(),
                branch_id: about.branch_id.clone(),
                text: text.to_owned(),
                received_on: Some(today),
                ..Default::default()
            };
            street.selections().file_report(request).await.map_err(CallError::from)?;
            let request = v1::AnswerReportRequest {
                county: self.county.clone(),
                request_id: format!("selection-answer-{number}"),
                selection_id: ID.to_owned(),
                number,
                outcome: outcome.into(),
                text: answer.to_owned(),
                answered_by: "discipline-commission".to_owned(),
                evidence: Vec::new(),
            };
            department.selections().answer_report(request).await.map_err(CallError::from)?;
        }
        Ok(last.branch_id.clone())
    }
}
