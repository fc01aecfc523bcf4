//! The calls of `AppraisalResultService`, one of each about one object.

use steelyard::proto::v1::{self, SubjectKind};
use tonic::{Code, Status};

use super::{
    calls::{Target, done},
    county::{Counties, SUBJECTS, word},
};
use crate::harness::{by, date};

/// An objection to each published result.
pub(super) async fn prepare(all: &Counties, county: &'static str) {
    for (kind, id) in SUBJECTS {
        let run_id = &all.runs[&(county, word(kind))];
        let request = objection(county, run_id, id);
        all.served.appraisal_results().raise_appraisal_objection(request).await.unwrap();
    }
}

fn objection(county: &str, run_id: &str, subject: &str) -> v1::RaiseAppraisalObjectionRequest {
    v1::RaiseAppraisalObjectionRequest {
        county: county.into(),
        request_id: format!("objected-{subject}"),
        run_id: run_id.into(),
        subject_id: subject.into(),
        text: "次数有误".into(),
        raised_by: "somebody".into(),
        raised_on: date("2023-01-10"),
        ..Default::default()
    }
}

/// Appraisals are of posts; of other kinds of subjects nobody is told any. Objections are about
/// results of every kind.
pub(super) async fn appraisal(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let (kind, id) = at.subject;
    let county = at.county.to_owned();
    let scheme_id = format!("test.{}", word(kind));
    let of = Some(v1::AppraisalSelector { scheme_id: scheme_id.clone(), ..Default::default() });
    let run_id = all.runs[&(at.county, word(kind))].clone();
    let mut client = all.served.appraisal_results();
    let answer = match method {
        "AppraisalResultService.GetAppraisal" => {
            let request = v1::GetAppraisalRequest { county, of, post_id: id.into() };
            client.get_appraisal(by(who, request)).await.map(done)
        }
        "AppraisalResultService.ListAppraisals" => {
            let request = v1::ListAppraisalsRequest { county, of, ..Default::default() };
            let page = client.list_appraisals(by(who, request)).await;
            page.map(|it| it.into_inner().appraisals.iter().any(|it| it.post_id == id))
        }
        "AppraisalResultService.ListAppraisalChanges" => {
            let request =
                v1::ListAppraisalChangesRequest { county, scheme_id, ..Default::default() };
            let page = client.list_appraisal_changes(by(who, request)).await?.into_inner();
            return Ok(page.changes.iter().any(|it| it.post_id == id));
        }
        "AppraisalResultService.WatchAppraisals" => {
            let request = v1::WatchAppraisalsRequest { county, scheme_id, ..Default::default() };
            let mut stream = client.watch_appraisals(by(who, request)).await?.into_inner();
            let first = stream.message().await?.unwrap();
            return Ok(first.changes.iter().any(|it| it.post_id == id));
        }
        "AppraisalResultService.RaiseAppraisalObjection" => {
            // It goes as far as the subject: a message without a text is stored nowhere.
            let text = String::new();
            let request =
                v1::RaiseAppraisalObjectionRequest { text, ..objection(&county, &run_id, id) };
            return client.raise_appraisal_objection(by(who, request)).await.map(done);
        }
        "AppraisalResultService.AnswerAppraisalObjection" => {
            let of_kind: Vec<_> = SUBJECTS.iter().filter(|it| it.0 == kind).collect();
            let number = of_kind.iter().position(|it| it.1 == id).unwrap();
            let number = i32::try_from(number).unwrap() + 1;
            let request = v1::AnswerAppraisalObjectionRequest {
                county,
                run_id,
                number,
                ..Default::default()
            };
            return client.answer_appraisal_objection(by(who, request)).await.map(done);
        }
        "AppraisalResultService.ListAppraisalObjections" => {
            let request =
                v1::ListAppraisalObjectionsRequest { county, run_id, ..Default::default() };
            let page = client.list_appraisal_objections(by(who, request)).await?.into_inner();
            return Ok(page.objections.iter().any(|it| it.subject_id == id));
        }
        _ => panic!("{method}"),
    };
    match answer {
        Err(status) if status.code() == Code::FailedPrecondition => {
            assert_ne!(kind, SubjectKind::Post, "{status:?}");
            Ok(false)
        }
        answer => answer,
    }
}
