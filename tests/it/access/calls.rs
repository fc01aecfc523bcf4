//! One call of each method about one object: whether it is the caller's to make.

use steelyard::proto::v1::{self, SubjectKind};
use tokio_stream::StreamExt as _;
use tonic::{Code, Status};

use super::county::{Counties, deed, published, records, registered, word};
use crate::harness::{by, date, reference};

/// Where an object lies, seen from the unit that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) county: &'static str,
    /// The unit at the position.
    pub(super) unit: (v1::RecordKind, &'static str),
    /// A subject there.
    pub(super) subject: (SubjectKind, &'static str),
}

/// Whether a caller may call a method about a target, and is shown it where it is listed.
pub(super) async fn may(all: &Counties, who: &str, method: &str, at: Target) -> bool {
    let answer = asked(all, who, method, at).await;
    match answer {
        Ok(shown) => shown,
        Err(status) if status.code() == Code::PermissionDenied => false,
        Err(status) => {
            let other = [Code::InvalidArgument, Code::FailedPrecondition, Code::NotFound];
            assert!(other.contains(&status.code()), "{method} by {who} at {at:?}: {status:?}");
            true
        }
    }
}

pub(super) fn done<T>(_: T) -> bool {
    true
}

async fn asked(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let service = method.split_once('.').unwrap().0;
    match service {
        "RegistryService" => registry(all, who, method, at).await,
        "SchemeService" => scheme(all, who, method, at).await,
        "SelectionDocumentService" => {
            super::selection_calls::selection_document(all, who, method, at).await
        }
        "SelectionService" => super::selection_calls::selection(all, who, method, at).await,
        "BudgetService" => super::award_calls::budget(all, who, method, at).await,
        "AwardService" => super::award_calls::award(all, who, method, at).await,
        "RecoveryService" => super::award_calls::recovery(all, who, method, at).await,
        "PoolService" => super::pool_calls::pool(all, who, method, at).await,
        "ScheduleService" => schedule(all, who, method, at).await,
        "CalendarService" => super::notice_calls::calendar(all, who, method, at).await,
        "VetoService" => super::notice_calls::veto(all, who, at).await,
        "NoticeService" => super::notice_calls::notice(all, who, method, at).await,
        "FactService" => fact(all, who, method, at).await,
        "MemberService" => super::member_calls::member(all, who, method, at).await,
        "FormationService" => super::formation_calls::formation(all, who, method, at).await,
        "IndicatorService" => super::formation_calls::indicator(all, who, method, at).await,
        "CandidateService" => super::formation_calls::candidate(all, who, at).await,
        "EntryService" => entry(all, who, method, at).await,
        "AppraisalChainService" => super::chain_calls::chain(all, who, method, at).await,
        "AssessmentService" => super::round_calls::round(all, who, method, at).await,
        "EvaluationService" => match method {
            "EvaluationService.ListResults"
            | "EvaluationService.StreamResults"
            | "EvaluationService.ListResultEvents"
            | "EvaluationService.WatchResults"
            | "EvaluationService.ExportResults"
            | "EvaluationService.GetResult"
            | "EvaluationService.ExplainResult" => result(all, who, method, at).await,
            _ => run(all, who, method, at).await,
        },
        "AccessService" => access(all, who, method, at).await,
        "AuditService" => audit(all, who, method, at).await,
        "PropertyRatingService" => super::rating_calls::rating(all, who, method, at).await,
        "AppraisalResultService" => super::appraisal_calls::appraisal(all, who, method, at).await,
        "ReceiptService" => receipt(all, who, method, at).await,
        _ => panic!("{method}: say here how it is called, and review its line of the matrix"),
    }
}

async fn registry(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let (kind, id) = (registered(at.subject.0), at.subject.1);
    let county = at.county.to_owned();
    let mut client = all.served.registry();
    match method {
        "RegistryService.UpsertRecords" => {
            let same = records(at.county).into_iter().filter(|it| it.id == id).collect();
            let request_id = format!("{method}-{id}");
            let message = v1::UpsertRecordsRequest { county, request_id, records: same };
            client.upsert_records(by(who, tokio_stream::once(message))).await.map(done)
        }
        "RegistryService.GetRecord" => {
            let id = id.to_owned();
            let request =
                v1::GetRecordRequest { county, kind: kind.into(), id, ..Default::default() };
            client.get_record(by(who, request)).await.map(done)
        }
        "RegistryService.ListRecords" => {
            let request =
                v1::ListRecordsRequest { county, kind: kind.into(), ..Default::default() };
            let page = client.list_records(by(who, request)).await?.into_inner();
            Ok(page.records.iter().any(|it| it.id == id))
        }
        "RegistryService.GetTree" => {
            let root = reference(at.unit.0, at.unit.1);
            let request = v1::GetTreeRequest { county, root, ..Default::default() };
            client.get_tree(by(who, request)).await.map(done)
        }
        _ => panic!("{method}"),
    }
}

/// Methods about the county's rules: a message with faults is enough, since nobody who may not is
/// told of them.
async fn scheme(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let mut client = all.served.schemes();
    match method {
        "SchemeService.CheckScheme" => {
            let request = v1::CheckSchemeRequest { county, document: b"?".to_vec() };
            client.check_scheme(by(who, request)).await.map(done)
        }
        "SchemeService.PublishScheme" => {
            let request = v1::PublishSchemeRequest { county, ..Default::default() };
            client.publish_scheme(by(who, request)).await.map(done)
        }
        "SchemeService.GetScheme" => {
            let scheme_id = "test.member".to_owned();
            let request = v1::GetSchemeRequest { county, scheme_id, selector: None };
            client.get_scheme(by(who, request)).await.map(done)
        }
        "SchemeService.ListSchemes" => {
            let request = v1::ListSchemesRequest { county, ..Default::default() };
            client.list_schemes(by(who, request)).await.map(done)
        }
        "SchemeService.RetireScheme" => {
            let request = v1::RetireSchemeRequest { county, ..Default::default() };
            client.retire_scheme(by(who, request)).await.map(done)
        }
        _ => panic!("{method}"),
    }
}

/// Methods about a compound's point schedule: a meeting without counts stops a write behind the
/// permission. No compound lies above or beside one, and what is not there is like what is not theirs.
async fn schedule(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let compound = if at.unit.1 == "c-2" { "k-2" } else { at.unit.1 };
    let document = format!(
        "{{steelyard: schedule/v1, compound: {compound}, version: 1, in_force: {{from: 2022-03-01}},
          items: [{{id: duty, counted: {{points: 1, caps: [{{per: year, at_most: 5}}]}}}}]}}"
    );
    let compound_id = compound.to_owned();
    let mut client = all.served.schedules();
    match method {
        "ScheduleService.CheckSchedule" => {
            let request = v1::CheckScheduleRequest { county, document: document.into() };
            client.check_schedule(by(who, request)).await.map(done)
        }
        "ScheduleService.AdoptSchedule" => {
            let document = document.into();
            let request = v1::AdoptScheduleRequest { county, document, ..Default::default() };
            client.adopt_schedule(by(who, request)).await.map(done)
        }
        "ScheduleService.RetireSchedule" => {
            let request = v1::RetireScheduleRequest {
                county,
                request_id: format!("retire-{who}-{compound}"),
                compound_id,
                version: 1,
                last_day_in_force: date("2022-12-31"),
                reason: "测试".into(),
            };
            client.retire_schedule(by(who, request)).await.map(done)
        }
        "ScheduleService.GetSchedule" => {
            let request = v1::GetScheduleRequest { county, compound_id, ..Default::default() };
            client.get_schedule(by(who, request)).await.map(done)
        }
        "ScheduleService.ListSchedules" => {
            let request = v1::ListSchedulesRequest { county, ..Default::default() };
            client.list_schedules(by(who, request)).await.map(done)
        }
        _ => panic!("{method}"),
    }
}

async fn fact(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let (kind, id) = at.subject;
    let county = at.county.to_owned();
    let mut client = all.served.facts();
    let request_id = format!("{method}-{id}");
    match method {
        "FactService.RecordFacts" => {
            let facts = vec![deed(kind, id)];
            let request = v1::RecordFactsRequest { county, request_id, facts };
            client.record_facts(by(who, request)).await.map(done)
        }
        "FactService.StreamFacts" => {
            let facts = vec![deed(kind, id)];
            let message = v1::StreamFactsRequest { county, request_id, facts };
            client.stream_facts(by(who, tokio_stream::once(message))).await.map(done)
        }
        "FactService.ReverseFact" => {
            let request = v1::ReverseFactRequest {
                county,
                request_id: String::new(),
                fact_id: all.facts[&(at.county, id.to_owned())].clone(),
                reason: "误记".into(),
                recorded_by: "clerk".into(),
                evidence: Vec::new(),
            };
            reverse(all, who, request, deed(kind, id)).await
        }
        "FactService.ListFacts" => {
            let subject = Some(v1::SubjectRef { kind: kind.into(), id: id.into() });
            let request = v1::ListFactsRequest { county, subject, ..Default::default() };
            let page = client.list_facts(by(who, request)).await?.into_inner();
            assert!(!page.facts.is_empty());
            Ok(true)
        }
        "FactService.ListLateFacts" => super::member_calls::late_facts(all, who, at).await,
        _ => panic!("{method}"),
    }
}

/// Of a subject that is no member the entry is named: whether it may be is asked before what it is.
async fn entry(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let (county, id) = (at.county.to_owned(), at.subject.1);
    let key = (at.county, id.to_owned());
    let fact_id = all.facts[&key].clone();
    let objection_id = all.objections.get(&key).unwrap_or(&fact_id).clone();
    let request_id = format!("{method}-{id}");
    let mut client = all.served.entries();
    match method {
        "EntryService.CheckEntries" => {
            let verdict = v1::EntryVerdict::Confirmed.into();
            let reason = String::new();
            let items =
                vec![v1::EntryToCheck { fact_id, verdict, reason, checked_by: "second".into() }];
            let request = v1::CheckEntriesRequest { county, request_id, items };
            client.check_entries(by(who, request)).await.map(done)
        }
        "EntryService.RaiseObjection" => {
            let request = v1::RaiseObjectionRequest {
                county,
                request_id,
                fact_id,
                text: "次数有误".into(),
                raised_by: "somebody".into(),
                evidence: Vec::new(),
            };
            client.raise_objection(by(who, request)).await.map(done)
        }
        "EntryService.AnswerObjection" => {
            let request = v1::AnswerObjectionRequest {
                county,
                request_id,
                objection_id,
                verdict: v1::ObjectionVerdict::Dismissed.into(),
                text: "经核实无误".into(),
                answered_by: "second".into(),
                ..Default::default()
            };
            client.answer_objection(by(who, request)).await.map(done)
        }
        "EntryService.ListObjections" => {
            let request = v1::ListObjectionsRequest { county, ..Default::default() };
            let page = client.list_objections(by(who, request)).await?.into_inner();
            let is = |it: &v1::ObjectionCase| {
                it.fact.as_ref().and_then(|it| it.subject.as_ref()).is_some_and(|it| it.id == id)
            };
            Ok(page.objections.iter().any(is))
        }
        _ => panic!("{method}"),
    }
}

/// A reversal that goes as far as the object, and then no further: the fact stays.
async fn reverse(
    all: &Counties,
    who: &str,
    request: v1::ReverseFactRequest,
    about: v1::Fact,
) -> Result<bool, Status> {
    // A request id that was used for something else stops the write after the permission.
    let used =
        v1::ReverseFactRequest { request_id: format!("used-{who}-{}", request.fact_id), ..request };
    let body = v1::RecordFactsRequest {
        county: used.county.clone(),
        request_id: used.request_id.clone(),
        facts: vec![about],
    };
    let taken = all.served.facts().record_facts(by(who, body)).await;
    match all.served.facts().reverse_fact(by(who, used)).await {
        Err(status) if status.code() == Code::AlreadyExists => Ok(true),
        Err(status) => Err(status),
        // Whoever may reverse may record, by the roles there are.
        Ok(_) => panic!("reversed by {who}: {taken:?}"),
    }
}

async fn run(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let run_id = all.runs[&(at.county, word(at.subject.0))].clone();
    let mut client = all.served.evaluations();
    match method {
        "EvaluationService.StartRun" => {
            let request = v1::StartRunRequest { county, ..Default::default() };
            client.start_run(by(who, request)).await.map(done)
        }
        "EvaluationService.WatchRun" => {
            let request = v1::WatchRunRequest { county, run_id };
            client.watch_run(by(who, request)).await.map(done)
        }
        "EvaluationService.GetRun" => {
            let request = v1::GetRunRequest { county, run_id };
            client.get_run(by(who, request)).await.map(done)
        }
        "EvaluationService.ListRuns" => {
            let request = v1::ListRunsRequest { county, ..Default::default() };
            client.list_runs(by(who, request)).await.map(done)
        }
        "EvaluationService.PublishRun" => {
            let request = v1::PublishRunRequest { county, run_id, request_id: String::new() };
            client.publish_run(by(who, request)).await.map(done)
        }
        "EvaluationService.SupersedeRun" => {
            let request = v1::SupersedeRunRequest { county, ..Default::default() };
            client.supersede_run(by(who, request)).await.map(done)
        }
        "EvaluationService.ListChanges" => {
            let request = v1::ListChangesRequest {
                county,
                old_run_id: run_id.clone(),
                new_run_id: run_id,
                ..Default::default()
            };
            client.list_changes(by(who, request)).await.map(done)
        }
        "EvaluationService.Compute" => {
            client.compute(by(who, v1::ComputeRequest::default())).await.map(done)
        }
        _ => panic!("{method}"),
    }
}

async fn result(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let (kind, id) = at.subject;
    let (county, run) = (at.county.to_owned(), published(word(kind)));
    let is = |it: &v1::Result| it.subject.as_ref().is_some_and(|it| it.id == id);
    let mut client = all.served.evaluations();
    match method {
        "EvaluationService.ListResults" => {
            Ok(all.listed(who, at.county, word(kind), 0).await?.iter().any(is))
        }
        "EvaluationService.StreamResults" => {
            let request = v1::StreamResultsRequest { county, run, filter: None };
            let mut stream = client.stream_results(by(who, request)).await?.into_inner();
            let mut found = false;
            while let Some(message) = stream.next().await {
                found |= message?.results.iter().any(is);
            }
            Ok(found)
        }
        "EvaluationService.ListResultEvents" => {
            let scheme_id = format!("test.{}", word(kind));
            let request = v1::ListResultEventsRequest { county, scheme_id, ..Default::default() };
            let page = client.list_result_events(by(who, request)).await?.into_inner();
            Ok(page.events.iter().filter_map(|it| it.result.as_ref()).any(is))
        }
        "EvaluationService.WatchResults" => {
            let scheme_id = format!("test.{}", word(kind));
            let request = v1::WatchResultsRequest { county, scheme_id, ..Default::default() };
            let mut stream = client.watch_results(by(who, request)).await?.into_inner();
            let first = stream.message().await?.unwrap();
            Ok(first.events.iter().filter_map(|it| it.result.as_ref()).any(is))
        }
        "EvaluationService.ExportResults" => {
            let format = v1::ExportFormat::Csv.into();
            let request = v1::ExportResultsRequest { county, run, filter: None, format };
            let mut stream = client.export_results(by(who, request)).await?.into_inner();
            let mut file = Vec::new();
            while let Some(message) = stream.next().await {
                file.extend(message?.chunk);
            }
            Ok(String::from_utf8(file).unwrap().lines().any(|it| it.split(',').next() == Some(id)))
        }
        "EvaluationService.GetResult" => {
            let request = v1::GetResultRequest { county, run, subject_id: id.into() };
            client.get_result(by(who, request)).await.map(done)
        }
        "EvaluationService.ExplainResult" => {
            let request = v1::ExplainResultRequest { county, run, subject_id: id.into() };
            client.explain_result(by(who, request)).await.map(done)
        }
        _ => panic!("{method}"),
    }
}

async fn access(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let mut client = all.served.accesses();
    match method {
        "AccessService.GrantRole" => {
            let request = v1::GrantRoleRequest { county, ..Default::default() };
            client.grant_role(by(who, request)).await.map(done)
        }
        "AccessService.RevokeRole" => {
            let request = v1::RevokeRoleRequest { county, ..Default::default() };
            client.revoke_role(by(who, request)).await.map(done)
        }
        "AccessService.DefineRole" => {
            let request = v1::DefineRoleRequest { county, ..Default::default() };
            client.define_role(by(who, request)).await.map(done)
        }
        "AccessService.ListGrants" => {
            let request = v1::ListGrantsRequest { county, ..Default::default() };
            client.list_grants(by(who, request)).await.map(done)
        }
        "AccessService.ListRoles" => {
            client.list_roles(by(who, v1::ListRolesRequest { county })).await.map(done)
        }
        "AccessService.GetCaller" => {
            client.get_caller(by(who, v1::GetCallerRequest { county })).await.map(done)
        }
        _ => panic!("{method}"),
    }
}

async fn audit(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let mut client = all.served.audit();
    match method {
        "AuditService.ListAudit" => {
            let request = v1::ListAuditRequest { county, ..Default::default() };
            client.list_audit(by(who, request)).await.map(done)
        }
        "AuditService.GetCheckpoint" => {
            client.get_checkpoint(by(who, v1::GetCheckpointRequest { county })).await.map(done)
        }
        _ => panic!("{method}"),
    }
}

async fn receipt(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let mut client = all.served.receipts();
    match method {
        "ReceiptService.GetSignedResult" => {
            let request = v1::GetSignedResultRequest {
                county: at.county.to_owned(),
                run: published(word(at.subject.0)),
                subject_id: at.subject.1.to_owned(),
            };
            client.get_signed_result(by(who, request)).await.map(done)
        }
        "ReceiptService.ListKeys" => {
            client.list_keys(by(who, v1::ListKeysRequest {})).await.map(done)
        }
        _ => panic!("{method}"),
    }
}
