//! What callers do about an appraisal chain (S1, S2): every unit of the sample county, as a caller of
//! its own, in the right order.

use std::collections::BTreeMap;

use tonic::{Code, Status};

use super::{CallError, Calls, Client, ROWS, wire};
use crate::{
    proto::v1::{
        self, RecordKind, appraisal_chain_service_client::AppraisalChainServiceClient,
        appraisal_result_service_client::AppraisalResultServiceClient,
    },
    sample::{COUNTY, Document, Review, Sample, Word},
};

/// The chain.
const CHAIN: &str = "year-2022";
/// The schemes of its steps, from below.
const SCHEMES: [&str; 2] = ["xinping.secretary-appraisal", "xinping.community-secretary-appraisal"];

/// What came of a chain.
#[derive(Debug, Clone)]
pub struct Chained {
    /// The cohorts at the end, from the lowest step.
    pub cohorts: Vec<v1::Cohort>,
    /// How many values were recorded.
    pub values: usize,
    /// What the service says to whoever closes the first street before anything below it.
    pub refused: Status,
}

/// One level's word in one step, by unit.
type Said<'r> = BTreeMap<&'r str, Vec<(&'r Review, &'r Word)>>;

impl Client {
    fn chains(&self) -> AppraisalChainServiceClient<Calls> {
        AppraisalChainServiceClient::new(self.calls.clone())
            .max_decoding_message_size(super::ANSWER_MAX)
    }

    /// Carries the sample's chain from its opening until every cohort is closed. `become_caller` gives
    /// a caller by its principal; roles are granted before.
    ///
    /// # Errors
    /// What the service says; that it closes a cohort before its time.
    pub async fn carry_chain<E: From<CallError>>(
        &self,
        sample: &Sample,
        become_caller: impl AsyncFn(&str) -> Result<Self, E>,
    ) -> Result<Chained, E> {
        let reviews = sample.reviews();
        self.open_chain().await?;
        let streets: Said<'_> = said(&reviews, true, "street");
        let first = streets.keys().next().copied().unwrap_or_default();
        let refused = self.close_cohort(SCHEMES[1], first, "too-soon").await;
        let Err(refused) = refused else {
            return Err(CallError::Lacks("a refusal to close from above").into());
        };
        let mut values = 0_usize;
        for (of_community, scheme) in [(false, SCHEMES[0]), (true, SCHEMES[1])] {
            let levels: &[&str] = if of_community {
                &["street", "county"]
            } else {
                &["community", "street", "county"]
            };
            for level in levels.iter().copied() {
                for (unit, words) in said(&reviews, of_community, level) {
                    let caller = self.appraiser(level, unit, &become_caller).await?;
                    let first = levels.first() == Some(&level);
                    caller.speak(scheme, (level, unit), &words, first).await?;
                    values = values.saturating_add(words.len());
                }
            }
            let cohort = if of_community { "street" } else { "community" };
            for unit in said(&reviews, of_community, cohort).into_keys() {
                let closed = self.close_cohort(scheme, unit, "in-time").await;
                closed.map_err(CallError::from)?;
            }
        }
        let cohorts = self.cohorts().await?;
        Ok(Chained { cohorts, values, refused })
    }

    /// What was published about posts, with what follows from it (S3, S6); nothing where the caller may
    /// see none.
    ///
    /// # Errors
    /// What the service says, but that the caller may not.
    pub async fn appraisals(
        &self,
        document: &Document,
    ) -> Result<Option<Vec<v1::Appraisal>>, CallError> {
        let mut client = AppraisalResultServiceClient::new(self.calls.clone())
            .max_decoding_message_size(super::ANSWER_MAX);
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = v1::ListAppraisalsRequest {
                county: self.county.clone(),
                of: Some(v1::AppraisalSelector {
                    scheme_id: document.id.to_owned(),
                    period: document.period.to_owned(),
                    as_of_day: None,
                }),
                page_token,
                ..Default::default()
            };
            let page = match client.list_appraisals(request).await {
                Ok(page) => page.into_inner(),
                Err(why) if why.code() == Code::PermissionDenied => return Ok(None),
                Err(why) => return Err(why.into()),
            };
            all.extend(page.appraisals);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(Some(all));
            }
        }
    }

    async fn open_chain(&self) -> Result<(), CallError> {
        let request = v1::OpenChainRequest {
            county: self.county.clone(),
            request_id: "sample-chain".to_owned(),
            chain_id: CHAIN.to_owned(),
            period: crate::sample::YEAR.to_owned(),
            scheme_ids: SCHEMES.map(str::to_owned).to_vec(),
        };
        self.chains().open_chain(request).await?;
        Ok(())
    }

    /// The caller of a unit, with its role.
    async fn appraiser<E: From<CallError>>(
        &self,
        level: &str,
        unit: &str,
        become_caller: &impl AsyncFn(&str) -> Result<Self, E>,
    ) -> Result<Self, E> {
        let (role, kind) = match level {
            "community" => ("community", RecordKind::Community),
            "street" => ("street", RecordKind::Street),
            _ => ("organization_department", RecordKind::County),
        };
        let principal = format!("appraiser-{unit}");
        let over = v1::RecordRef { kind: kind.into(), id: unit.to_owned() };
        self.grant_role(&principal, role, over).await?;
        become_caller(&principal).await
    }

    /// Says the words of one level in one unit.
    async fn speak(
        &self,
        scheme: &str,
        (level, unit): (&str, &str),
        words: &[(&Review, &Word)],
        first: bool,
    ) -> Result<(), CallError> {
        let (county, chain_id) = (&self.county, CHAIN.to_owned());
        let step = scheme.rsplit('.').next().unwrap_or_default();
        let decided_by = format!("official-{unit}");
        for (number, part) in words.chunks(ROWS).enumerate() {
            let request_id = format!("sample-{step}-{level}-{unit}-{number}");
            let scheme_id = scheme.to_owned();
            // The highest level confirms what stands.
            let confirms = level == "county";
            let one = |(review, word): &(&Review, &Word)| v1::CaseDecision {
                subject_id: review.post.clone(),
                item: crate::sample::REVIEW.to_owned(),
                points: (!confirms || review.of_community).then(|| wire::decimal(word.points)),
                reason: word.reason.to_owned(),
            };
            let values = part.iter().map(one).collect();
            let (county, chain_id) = (county.clone(), chain_id.clone());
            let decided_by = decided_by.clone();
            if first {
                let request = v1::ProposeValuesRequest {
                    county,
                    request_id,
                    chain_id,
                    scheme_id,
                    decided_by,
                    values,
                };
                self.chains().propose_values(request).await?;
            } else if confirms {
                let request = v1::ConfirmValuesRequest {
                    county,
                    request_id,
                    chain_id,
                    scheme_id,
                    decided_by,
                    values,
                };
                self.chains().confirm_values(request).await?;
            } else {
                let level = level.to_owned();
                let request = v1::AdjustValuesRequest {
                    county,
                    request_id,
                    chain_id,
                    scheme_id,
                    level,
                    decided_by,
                    values,
                };
                self.chains().adjust_values(request).await?;
            }
        }
        Ok(())
    }

    async fn close_cohort(
        &self,
        scheme: &str,
        unit: &str,
        when: &str,
    ) -> Result<v1::CloseCohortResponse, Status> {
        let request = v1::CloseCohortRequest {
            county: self.county.clone(),
            request_id: format!("sample-close-{unit}-{when}"),
            chain_id: CHAIN.to_owned(),
            scheme_id: scheme.to_owned(),
            unit_id: unit.to_owned(),
        };
        self.chains().close_cohort(request).await.map(tonic::Response::into_inner)
    }

    async fn cohorts(&self) -> Result<Vec<v1::Cohort>, CallError> {
        let request = v1::ListCohortsRequest {
            county: self.county.clone(),
            chain_id: CHAIN.to_owned(),
            scheme_id: String::new(),
        };
        Ok(self.chains().list_cohorts(request).await?.into_inner().cohorts)
    }
}

/// The words of a level in a step, by the unit that speaks.
fn said<'r>(reviews: &'r [Review], of_community: bool, level: &str) -> Said<'r> {
    let mut all: Said<'r> = BTreeMap::new();
    for review in reviews.iter().filter(|it| it.of_community == of_community) {
        for word in review.words.iter().filter(|it| it.level == level) {
            all.entry(&word.unit).or_default().push((review, word));
        }
    }
    debug_assert!(level != "county" || all.keys().all(|it| *it == COUNTY));
    all
}
