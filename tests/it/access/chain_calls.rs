//! Calls about appraisal chains. In each county there is one, of every post; those in a community are
//! its cohort, which it assesses.

use steelyard::proto::v1;
use tonic::Status;

use super::{calls::Target, county::Counties};
use crate::harness::{by, decimal};

const SCHEME: &str = "steelyard: scheme/v1
id: test.chain
version: 1
title: 测试
subject: post
period: year
in_force: {from: 2022-01-01}
cohort: community
score: {id: total, out_of: 10, sum: [{id: work, out_of: 10, proposed: {by: [community, street, county]}}]}
";

/// The chain of a county; asked for again it is there.
async fn begun(all: &Counties, county: &str) {
    let request = v1::PublishSchemeRequest {
        county: county.to_owned(),
        request_id: "chain-scheme".into(),
        document: SCHEME.into(),
    };
    all.served.schemes().publish_scheme(request).await.unwrap();
    let request = v1::OpenChainRequest {
        county: county.to_owned(),
        request_id: "chain".into(),
        chain_id: "y".into(),
        period: "2022".into(),
        scheme_ids: vec!["test.chain".into()],
    };
    all.served.chains().open_chain(request).await.unwrap();
}

pub(super) async fn chain(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    begun(all, at.county).await;
    let (county, chain_id) = (at.county.to_owned(), "y".to_owned());
    let (unit, subject) = (at.unit.1, at.subject.1);
    let mut client = all.served.chains();
    match method {
        "AppraisalChainService.OpenChain" => {
            let request = v1::OpenChainRequest { county, ..Default::default() };
            client.open_chain(by(who, request)).await.map(|_| true)
        }
        "AppraisalChainService.GetChain" => {
            let request = v1::GetChainRequest { county, chain_id };
            client.get_chain(by(who, request)).await.map(|_| true)
        }
        "AppraisalChainService.ListChains" => {
            let request = v1::ListChainsRequest { county, ..Default::default() };
            client.list_chains(by(who, request)).await.map(|_| true)
        }
        "AppraisalChainService.ListCohorts" => {
            let request = v1::ListCohortsRequest { county, chain_id, scheme_id: String::new() };
            let found = client.list_cohorts(by(who, request)).await?.into_inner().cohorts;
            Ok(found.iter().any(|it| it.unit.as_ref().is_some_and(|it| it.id == unit)))
        }
        "AppraisalChainService.ListCases" => {
            let scheme_id = "test.chain".to_owned();
            let request =
                v1::ListCasesRequest { county, chain_id, scheme_id, ..Default::default() };
            let found = client.list_cases(by(who, request)).await?.into_inner().cases;
            Ok(found.iter().any(|it| it.subject_id == subject))
        }
        _ => recorded(all, who, method, at).await,
    }
}

/// Calls that record something about the post at the position, or about the cohort of the unit there.
async fn recorded(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let (county, chain_id) = (at.county.to_owned(), "y".to_owned());
    let (unit, subject) = (at.unit.1, at.subject.1);
    let scheme_id = "test.chain".to_owned();
    let request_id = format!("{method}-{subject}");
    let decided_by = "somebody".to_owned();
    let values = vec![v1::CaseDecision {
        subject_id: subject.into(),
        item: "work".into(),
        points: decimal("8"),
        reason: String::new(),
    }];
    let mut client = all.served.chains();
    match method {
        "AppraisalChainService.ProposeValues" => {
            let request = v1::ProposeValuesRequest {
                county,
                request_id,
                chain_id,
                scheme_id,
                decided_by,
                values,
            };
            client.propose_values(by(who, request)).await.map(|_| true)
        }
        "AppraisalChainService.AdjustValues" => {
            let request = v1::AdjustValuesRequest {
                county,
                request_id,
                chain_id,
                scheme_id,
                level: "street".into(),
                decided_by,
                values,
            };
            client.adjust_values(by(who, request)).await.map(|_| true)
        }
        "AppraisalChainService.ConfirmValues" => {
            let request = v1::ConfirmValuesRequest {
                county,
                request_id,
                chain_id,
                scheme_id,
                decided_by,
                values,
            };
            client.confirm_values(by(who, request)).await.map(|_| true)
        }
        "AppraisalChainService.CloseCohort" => {
            let unit_id = unit.to_owned();
            let request =
                v1::CloseCohortRequest { county, request_id, chain_id, scheme_id, unit_id };
            client.close_cohort(by(who, request)).await.map(|_| true)
        }
        "AppraisalChainService.ReopenCases" => {
            let cases = vec![v1::CaseRef { subject_id: subject.into(), item: "work".into() }];
            let reason = "复核".to_owned();
            let request =
                v1::ReopenCasesRequest { county, request_id, chain_id, scheme_id, cases, reason };
            client.reopen_cases(by(who, request)).await.map(|_| true)
        }
        _ => panic!("{method}"),
    }
}
