//! What callers do about a selection (F1 to F9): every branch, community and street of the sample
//! county, the selection group, the standing committee and the department, each as a caller of its
//! own.

mod above;

use std::collections::{BTreeMap, BTreeSet};

use tonic::Status;
use tonic_types::StatusExt as _;

use super::{CallError, Calls, Client};
use crate::{
    proto::{
        google,
        v1::{
            self, CandidateStage, OpinionVerdict, RecordKind,
            selection_document_service_client::SelectionDocumentServiceClient,
            selection_service_client::SelectionServiceClient,
        },
    },
    sample::{Applicant, COUNTY, SELECTION, Sample, YEAR},
};

/// The selection.
pub const ID: &str = "red-flag-2022";
/// The day whose branches are counted.
const ROSTER_DAY: google::r#type::Date = google::r#type::Date { year: 2022, month: 11, day: 1 };
/// Why the last street passes its first over in the story.
const PASSED_OVER: &str = "平安建设另有专项整治任务，街道党工委会议研究决定先行推荐";

/// What came of a selection up to its notice.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The selection as it stands.
    pub selection: v1::GetSelectionResponse,
    /// Its candidates by branch.
    pub candidates: Vec<v1::SelectionCandidate>,
    /// The list as it was posted, as Markdown; none where no notice could be posted.
    pub notice: Option<String>,
    /// What the service refused on the way, by what was tried.
    pub refused: Vec<(&'static str, Status)>,
    /// The branches whose order at a street's line was decided (F11).
    pub decided: Vec<Vec<String>>,
    /// The branch whose candidacy was cancelled for a report (F9); empty: none was.
    pub cancelled: String,
}

/// A caller for each office, and what it was granted over.
struct Offices<'c, F> {
    county: &'c Client,
    become_caller: F,
}

impl<E: From<CallError>, F: AsyncFn(&str) -> Result<Client, E>> Offices<'_, F> {
    async fn caller(&self, role: &str, (kind, id): (RecordKind, &str)) -> Result<Client, E> {
        let principal = format!("{role}-{id}").replace('_', "-");
        let over = v1::RecordRef { kind: kind.into(), id: id.to_owned() };
        self.county.grant_role(&principal, role, over).await?;
        (self.become_caller)(&principal).await
    }
}

impl Client {
    fn selections(&self) -> SelectionServiceClient<Calls> {
        SelectionServiceClient::new(self.calls.clone()).max_decoding_message_size(super::ANSWER_MAX)
    }

    /// Carries the sample's selection from its opening to its notice, with a report that is proven.
    /// `run` is the criteria's; `today` the day by the service's clock. `become_caller` gives a caller
    /// by its principal; roles are granted before.
    ///
    /// # Errors
    /// What the service says; that it lets something through that it must refuse.
    pub async fn carry_selection<E: From<CallError>>(
        &self,
        (sample, run): (&Sample, &str),
        today: google::r#type::Date,
        become_caller: impl AsyncFn(&str) -> Result<Self, E>,
    ) -> Result<Chosen, E> {
        let offices = Offices { county: self, become_caller };
        let department =
            offices.caller("organization_department", (RecordKind::County, COUNTY)).await?;
        let mut refused = Vec::new();
        self.open_selection().await?;
        let applicants = sample.applicants();
        let (vetoed, late) = self.applications(&offices, applicants, today).await?;
        refused.push(("an application after the last day", late));
        refused.extend(vetoed.map(|it| ("an application under a veto", it)));
        self.opinions(&offices, applicants).await?;
        let rank = v1::AdoptRankingRequest {
            county: self.county.clone(),
            request_id: "selection-ranking".to_owned(),
            selection_id: ID.to_owned(),
            run_id: run.to_owned(),
        };
        self.selections().adopt_ranking(rank).await.map_err(CallError::from)?;
        let decided = self.recommendations(&offices, &mut refused).await?;
        self.upper_steps(&offices, &department).await?;
        let posted = department.post(today).await;
        let notice = match posted {
            Ok(_) => Some(department.selection_notice_text().await?),
            Err(why) => {
                refused.push(("a notice in a year whose holidays are not announced", why));
                None
            }
        };
        let mut cancelled = String::new();
        if notice.is_some() {
            cancelled = self.reports((&offices, &department), today).await?;
            let early = department.confirm_selection("too-soon").await;
            let early = refusal(early, "to confirm during the notice")?;
            refused.push(("a confirmation during the notice", early));
        }
        let selection = self.look().await?;
        let candidates = self.candidates_at(&[], "").await?;
        Ok(Chosen { selection, candidates, notice, refused, decided, cancelled })
    }

    /// Ends the selection, as the county's department.
    ///
    /// # Errors
    /// What the service says.
    pub async fn confirm_selection(
        &self,
        when: &str,
    ) -> Result<v1::ConfirmSelectionResponse, Status> {
        let request = v1::ConfirmSelectionRequest {
            county: self.county.clone(),
            request_id: format!("selection-confirm-{when}"),
            selection_id: ID.to_owned(),
        };
        self.selections().confirm_selection(request).await.map(tonic::Response::into_inner)
    }

    /// The candidates at some stages, or at any, of a street, or of all.
    ///
    /// # Errors
    /// What the service says.
    pub async fn candidates_at(
        &self,
        stages: &[CandidateStage],
        street: &str,
    ) -> Result<Vec<v1::SelectionCandidate>, CallError> {
        let request = v1::ListCandidatesRequest {
            county: self.county.clone(),
            selection_id: ID.to_owned(),
            stages: stages.iter().map(|it| i32::from(*it)).collect(),
            street_id: street.to_owned(),
            page_size: 1_000,
            ..Default::default()
        };
        Ok(self.selections().list_candidates(request).await?.into_inner().candidates)
    }

    async fn look(&self) -> Result<v1::GetSelectionResponse, CallError> {
        let request =
            v1::GetSelectionRequest { county: self.county.clone(), selection_id: ID.to_owned() };
        Ok(self.selections().get_selection(request).await?.into_inner())
    }

    async fn open_selection(&self) -> Result<(), CallError> {
        let (document_id, text) = SELECTION;
        let request = v1::PublishSelectionDocumentRequest {
            county: self.county.clone(),
            request_id: "selection-document".to_owned(),
            document: text.as_bytes().to_vec(),
        };
        let mut documents = SelectionDocumentServiceClient::new(self.calls.clone());
        documents.publish_selection_document(request).await?;
        let request = v1::OpenSelectionRequest {
            county: self.county.clone(),
            request_id: "selection-open".to_owned(),
            selection_id: ID.to_owned(),
            document_id: document_id.to_owned(),
            period: YEAR.to_owned(),
            roster_day: Some(ROSTER_DAY),
        };
        self.selections().open_selection(request).await?;
        Ok(())
    }

    /// Moves the last day of every step that is over to today (F12).
    async fn extend(&self, today: google::r#type::Date) -> Result<(), CallError> {
        let steps = self.look().await?.steps;
        let key = |it: &google::r#type::Date| (it.year, it.month, it.day);
        for it in
            steps.iter().filter(|it| it.until.as_ref().is_some_and(|it| key(it) < key(&today)))
        {
            let request = v1::ExtendDeadlineRequest {
                county: self.county.clone(),
                request_id: format!("selection-extend-{}", it.step),
                selection_id: ID.to_owned(),
                step: it.step,
                until: Some(today),
                unit: None,
                reason: "示例县补办本年度评选".to_owned(),
                decided_by: "organization-department".to_owned(),
            };
            self.selections().extend_deadline(request).await?;
        }
        Ok(())
    }

    async fn apply(&self, it: &Applicant, when: &str) -> Result<(), Status> {
        let evidence = v1::SelectionEvidence {
            form_id: "application_form".to_owned(),
            reference: format!("applications/{}.pdf", it.branch_id),
        };
        let request = v1::ApplyForSelectionRequest {
            county: self.county.clone(),
            request_id: format!("selection-apply-{}-{when}", it.branch_id),
            selection_id: ID.to_owned(),
            candidate: Some(v1::CandidateStep {
                branch_id: it.branch_id.clone(),
                opinion: String::new(),
                evidence: vec![evidence],
            }),
            decided_by: format!("meeting-{}", it.branch_id),
        };
        self.selections().apply_for_selection(request).await.map(|_| ())
    }

    /// Every branch applies: the first of them too late, and after an extension all of them. Those
    /// under a veto are refused. Answers what one of these is told, and what the late one is.
    async fn applications<E: From<CallError>, F: AsyncFn(&str) -> Result<Self, E>>(
        &self,
        offices: &Offices<'_, F>,
        applicants: &[Applicant],
        today: google::r#type::Date,
    ) -> Result<(Option<Status>, Status), E> {
        let (mut vetoed, mut late) = (None, None);
        for it in applicants {
            let over = (RecordKind::Compound, it.compound_id.as_str());
            let branch = offices.caller("compound_branch", over).await?;
            if late.is_none() {
                let too_late = branch.apply(it, "late").await;
                late = Some(refusal(too_late, "to apply after the last day")?);
                self.extend(today).await?;
            }
            match branch.apply(it, "in-time").await {
                Ok(()) => (),
                Err(why) if is(&why, "CANDIDATE_VETOED") => vetoed = Some(why),
                Err(why) => return Err(CallError::from(why).into()),
            }
        }
        let late = late.ok_or(CallError::Lacks("an applicant"))?;
        Ok((vetoed, late))
    }

    /// The communities' opinions. The first application is sent back and comes again.
    async fn opinions<E: From<CallError>, F: AsyncFn(&str) -> Result<Self, E>>(
        &self,
        offices: &Offices<'_, F>,
        applicants: &[Applicant],
    ) -> Result<(), E> {
        let applied = self.candidates_at(&[CandidateStage::Applied], "").await?;
        let applied: BTreeSet<String> = applied.into_iter().map(|it| it.branch_id).collect();
        let mut of: BTreeMap<&str, Vec<&Applicant>> = BTreeMap::new();
        for it in applicants.iter().filter(|it| applied.contains(&it.branch_id)) {
            of.entry(&it.community_id).or_default().push(it);
        }
        let mut returned = false;
        for (community, own) in of {
            let caller = offices.caller("community", (RecordKind::Community, community)).await?;
            if !returned && let Some(first) = own.iter().find(|it| it.opinion_passes) {
                returned = true;
                let back = (OpinionVerdict::Return, "申报表未附满意度测评材料，请补正");
                caller.opine(community, &[(*first, back)], "back").await?;
                let over = (RecordKind::Compound, first.compound_id.as_str());
                let branch = offices.caller("compound_branch", over).await?;
                branch.apply(first, "again").await.map_err(CallError::from)?;
            }
            let verdict = |it: &Applicant| {
                if it.opinion_passes {
                    (OpinionVerdict::Pass, "材料属实，同意申报")
                } else {
                    (OpinionVerdict::Refuse, "小区党支部组织生活不正常，不同意申报")
                }
            };
            let all: Vec<_> = own.iter().map(|it| (*it, verdict(it))).collect();
            caller.opine(community, &all, "first").await?;
        }
        Ok(())
    }

    async fn opine(
        &self,
        community: &str,
        all: &[(&Applicant, (OpinionVerdict, &str))],
        when: &str,
    ) -> Result<(), CallError> {
        let one = |(it, (verdict, opinion)): &(&Applicant, (OpinionVerdict, &str))| {
            v1::ApplicationOpinion {
                candidate: Some(step(&it.branch_id, opinion)),
                verdict: (*verdict).into(),
            }
        };
        let request = v1::GiveOpinionsRequest {
            county: self.county.clone(),
            request_id: format!("selection-opinions-{community}-{when}"),
            selection_id: ID.to_owned(),
            opinions: all.iter().map(one).collect(),
            decided_by: format!("meeting-{community}"),
        };
        self.selections().give_opinions(request).await?;
        Ok(())
    }

    /// Every street looks at its candidates and recommends as many of the first as it may. Where the
    /// line falls among equals it decides between them; the first street tries one too many, the last
    /// passes one over and says why.
    async fn recommendations<E: From<CallError>, F: AsyncFn(&str) -> Result<Self, E>>(
        &self,
        offices: &Offices<'_, F>,
        refused: &mut Vec<(&'static str, Status)>,
    ) -> Result<Vec<Vec<String>>, E> {
        let mut decided = Vec::new();
        let quota = self.look().await?.quota.unwrap_or_default();
        let last = quota.streets.len().saturating_sub(1);
        for (index, row) in quota.streets.iter().enumerate() {
            let street = row.street_id.as_str();
            let caller = offices.caller("street", (RecordKind::Street, street)).await?;
            let mut own = self.candidates_at(&[CandidateStage::Passed], street).await?;
            own.sort_by_key(place);
            caller.review(street, &own).await?;
            own.retain(|it| it.merit.as_ref().is_some_and(|it| it.meets));
            let seats = usize::try_from(row.seats).unwrap_or(0);
            if index == 0 && own.len() > seats {
                let many = own.get(..=seats).unwrap_or_default();
                let refusal = refusal(
                    caller.recommend((street, "too-many"), many, "").await,
                    "to recommend more than a street's seats",
                )?;
                refused.push(("one more than a street's seats", refusal));
            }
            // The first of the last street is left, where there are enough without it.
            let skip = index == last && seats > 0 && own.len() > seats;
            let from = usize::from(skip);
            let chosen: Vec<_> = own.iter().skip(from).take(seats).cloned().collect();
            if chosen.is_empty() {
                continue;
            }
            if skip {
                let unexplained = caller.recommend((street, "silent"), &chosen, "").await;
                let refusal = refusal(unexplained, "to pass a better one over in silence")?;
                refused.push(("passing a better one over without a reason", refusal));
            }
            let why = if skip { PASSED_OVER } else { "" };
            match caller.recommend((street, "first"), &chosen, why).await {
                Ok(()) => (),
                Err(why_not) if is(&why_not, "TIE_OPEN") => {
                    refused.push(("one of two equals at a street's line", why_not));
                    let at = chosen.last().map(place);
                    let equal: Vec<String> = own
                        .iter()
                        .filter(|it| Some(place(it)) == at)
                        .map(|it| it.branch_id.clone())
                        .collect();
                    caller.decide_tie(street, &equal).await?;
                    let again = caller.recommend((street, "again"), &chosen, why).await;
                    again.map_err(CallError::from)?;
                    decided.push(equal);
                }
                Err(why_not) => return Err(CallError::from(why_not).into()),
            }
        }
        Ok(decided)
    }

    async fn review(&self, street: &str, own: &[v1::SelectionCandidate]) -> Result<(), CallError> {
        let request = v1::ReviewCandidatesRequest {
            county: self.county.clone(),
            request_id: format!("selection-review-{street}"),
            selection_id: ID.to_owned(),
            candidates: own.iter().map(|it| step(&it.branch_id, "已实地评估")).collect(),
            decided_by: format!("team-{street}"),
        };
        if !own.is_empty() {
            self.selections().review_candidates(request).await?;
        }
        Ok(())
    }

    async fn recommend(
        &self,
        (street, when): (&str, &str),
        own: &[v1::SelectionCandidate],
        why: &str,
    ) -> Result<(), Status> {
        let one = |it: &v1::SelectionCandidate| v1::CandidateStep {
            evidence: vec![v1::SelectionEvidence {
                form_id: "summary_form".to_owned(),
                reference: format!("summaries/{street}.xlsx"),
            }],
            ..step(&it.branch_id, why)
        };
        let request = v1::RecommendCandidatesRequest {
            county: self.county.clone(),
            request_id: format!("selection-recommend-{street}-{when}"),
            selection_id: ID.to_owned(),
            candidates: own.iter().map(one).collect(),
            decided_by: format!("meeting-{street}"),
        };
        self.selections().recommend_candidates(request).await.map(|_| ())
    }

    async fn decide_tie(&self, street: &str, equal: &[String]) -> Result<(), CallError> {
        let request = v1::DecideSelectionTieRequest {
            county: self.county.clone(),
            request_id: format!("selection-tie-{street}"),
            selection_id: ID.to_owned(),
            street_id: street.to_owned(),
            branch_ids: equal.to_vec(),
            reason: "街道党工委会议票决".to_owned(),
            decided_by: format!("meeting-{street}"),
            ..Default::default()
        };
        self.selections().decide_selection_tie(request).await?;
        Ok(())
    }
}

fn step(branch: &str, opinion: &str) -> v1::CandidateStep {
    let (branch_id, opinion) = (branch.to_owned(), opinion.to_owned());
    v1::CandidateStep { branch_id, opinion, evidence: Vec::new() }
}

/// A candidate's place in the county; one without comes last.
fn place(it: &v1::SelectionCandidate) -> i32 {
    let place = it.merit.as_ref().map_or(0, |it| it.place);
    if place == 0 { i32::MAX } else { place }
}

fn is(status: &Status, reason: &str) -> bool {
    status.get_details_error_info().is_some_and(|it| it.reason == reason)
}

/// The refusal that must have come.
fn refusal<T>(answer: Result<T, Status>, what: &'static str) -> Result<Status, CallError> {
    match answer {
        Ok(_) => Err(CallError::Lacks(what)),
        Err(why) => Ok(why),
    }
}
