//! What a caller does about assessment rounds (P2) and public notices (F8).

use std::sync::Arc;

use tonic::Status;

use super::{CallError, Calls, Client, wire};
use crate::{
    proto::{
        google::r#type::Date,
        v1::{
            self, assessment_service_client::AssessmentServiceClient,
            notice_service_client::NoticeServiceClient,
        },
    },
    sample::Document,
};

/// Sheets of one assessor in one role: what each subject gets, by item.
#[derive(Debug, Clone)]
pub struct Handing {
    /// The role.
    pub role: String,
    /// The assessor.
    pub assessor: String,
    /// The sheets.
    pub sheets: Vec<v1::DraftSheet>,
}

impl Client {
    fn rounds(&self) -> AssessmentServiceClient<Calls> {
        AssessmentServiceClient::new(self.calls.clone())
    }

    fn notices(&self) -> NoticeServiceClient<Calls> {
        NoticeServiceClient::new(self.calls.clone()).max_decoding_message_size(super::ANSWER_MAX)
    }

    /// Opens a round over a document's period between two days, and says who assesses in it.
    ///
    /// # Errors
    /// What the service says.
    pub async fn open_round(
        &self,
        round_id: &str,
        document: &Document,
        (opens_on, due_on): (Date, Date),
        assignments: Vec<v1::Assignment>,
    ) -> Result<i64, CallError> {
        let request = v1::OpenRoundRequest {
            county: self.county.clone(),
            request_id: format!("sample-round-{round_id}"),
            round_id: round_id.to_owned(),
            scheme_id: document.id.to_owned(),
            period: document.period.to_owned(),
            opens_on: Some(opens_on),
            due_on: Some(due_on),
        };
        self.rounds().open_round(request).await?;
        let request = v1::AddAssignmentsRequest {
            county: self.county.clone(),
            request_id: format!("sample-assign-{round_id}"),
            round_id: round_id.to_owned(),
            assignments,
        };
        Ok(self.rounds().add_assignments(request).await?.into_inner().recorded)
    }

    /// Saves one's own sheets and hands them in.
    ///
    /// # Errors
    /// What the service says.
    pub async fn hand_in(&self, round_id: &str, of: &Handing) -> Result<i64, CallError> {
        let save = v1::SaveDraftsRequest {
            county: self.county.clone(),
            request_id: format!("sample-save-{}-{}", of.role, of.assessor),
            round_id: round_id.to_owned(),
            role: of.role.clone(),
            assessor_id: of.assessor.clone(),
            sheets: of.sheets.clone(),
        };
        self.rounds().save_drafts(save).await?;
        let hand_in = v1::HandInSheetsRequest {
            county: self.county.clone(),
            request_id: format!("sample-hand-in-{}-{}", of.role, of.assessor),
            round_id: round_id.to_owned(),
            role: of.role.clone(),
            assessor_id: of.assessor.clone(),
            subject_ids: of.sheets.iter().map(|it| it.subject_id.clone()).collect(),
        };
        Ok(self.rounds().hand_in_sheets(hand_in).await?.into_inner().recorded)
    }

    /// Closes a round, or hears why it cannot be closed yet.
    ///
    /// # Errors
    /// What the service says.
    pub async fn close_round(
        &self,
        round_id: &str,
        request_id: &str,
    ) -> Result<v1::CloseRoundResponse, Status> {
        let request = v1::CloseRoundRequest {
            county: self.county.clone(),
            request_id: request_id.to_owned(),
            round_id: round_id.to_owned(),
            late_reason: String::new(),
        };
        self.rounds().close_round(request).await.map(tonic::Response::into_inner)
    }

    /// Computes a document's period and posts the public notice of the run; the notice, and what the
    /// service says to whoever publishes now.
    ///
    /// # Errors
    /// What the service says; that it publishes in spite of the notice.
    pub async fn put_up(
        &self,
        document: &Document,
        posted_on: Date,
        object_to: &str,
    ) -> Result<(v1::Notice, Status), CallError> {
        let run_id = self
            .compute(document, &format!("notice-{}", document.period), Arc::new(|_| ()))
            .await?;
        let post = v1::PostNoticeRequest {
            county: self.county.clone(),
            request_id: format!("sample-notice-{}", document.period),
            run_id: run_id.clone(),
            posted_on: Some(posted_on),
            object_to: object_to.to_owned(),
        };
        let notice = self.notices().post_notice(post).await?.into_inner().notice;
        let notice = notice.ok_or(CallError::Lacks("the notice"))?;
        let publish = v1::PublishRunRequest {
            county: self.county.clone(),
            request_id: format!("sample-too-soon-{}", document.period),
            run_id,
        };
        match self.evaluations().publish_run(publish).await {
            Ok(_) => Err(CallError::Lacks("a refusal while the notice runs")),
            Err(refused) => Ok((notice, refused)),
        }
    }

    /// The text of a run's notice, as Markdown.
    ///
    /// # Errors
    /// What the service says.
    pub async fn notice_text(&self, run_id: &str) -> Result<String, CallError> {
        let request = v1::GenerateNoticeRequest {
            county: self.county.clone(),
            run_id: run_id.to_owned(),
            format: v1::NoticeFormat::Markdown.into(),
            filter: None,
        };
        Ok(self.notices().generate_notice(request).await?.into_inner().document)
    }
}

/// A sample's sheet as it is handed in.
pub fn item(item: &str, points: crate::domain::exact::Decimal) -> v1::ItemPoints {
    v1::ItemPoints { item: item.to_owned(), points: Some(wire::decimal(points)) }
}
