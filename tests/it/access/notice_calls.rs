//! Calls of calendars and of public notices: whether they are the caller's to make, and whom the lists
//! show.

use steelyard::proto::v1::{self, SubjectKind};
use tonic::Status;

use super::{
    calls::Target,
    county::{Counties, SUBJECTS, scheme, word},
};
use crate::harness::{by, date};

/// A run of each kind under public notice, with an objection about each subject.
pub(super) async fn prepare(all: &mut Counties, county: &'static str) {
    for kind in [SubjectKind::Member, SubjectKind::Project, SubjectKind::Post] {
        let word = word(kind);
        let document =
            scheme(word).replace(&format!("id: test.{word}"), &format!("id: test.noticed-{word}"));
        let request = v1::PublishSchemeRequest {
            county: county.into(),
            request_id: format!("noticed-{word}"),
            document: (document + "notice: {days: 5, of: calendar}\n").into(),
        };
        all.served.schemes().publish_scheme(request).await.unwrap();
        let run_id = all.started(county, &format!("noticed-{word}"), "noticed").await;
        let request = v1::PostNoticeRequest {
            county: county.into(),
            request_id: format!("notice-{word}"),
            run_id: run_id.clone(),
            posted_on: date("2023-01-10"),
            object_to: "组织部".into(),
        };
        all.served.notices().post_notice(request).await.unwrap();
        for (_, id) in SUBJECTS.into_iter().filter(|it| it.0 == kind) {
            let request = objection(county, &run_id, id);
            all.served.notices().raise_notice_objection(request).await.unwrap();
        }
        all.noticed.insert((county, word), run_id);
    }
}

fn objection(county: &str, run_id: &str, subject: &str) -> v1::RaiseNoticeObjectionRequest {
    v1::RaiseNoticeObjectionRequest {
        county: county.into(),
        request_id: format!("noticed-{subject}"),
        run_id: run_id.into(),
        subject_id: subject.into(),
        text: "次数有误".into(),
        raised_by: "somebody".into(),
        raised_on: date("2023-01-10"),
        evidence: Vec::new(),
    }
}

/// A call about the notice of the run that the target's subject is in.
pub(super) async fn notice(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let (kind, id) = at.subject;
    let county = at.county.to_owned();
    let run_id = all.noticed[&(at.county, word(kind))].clone();
    let of_kind: Vec<_> = SUBJECTS.iter().filter(|it| it.0 == kind).collect();
    let number = of_kind.iter().position(|it| it.1 == id).unwrap();
    let number = i32::try_from(number).unwrap() + 1;
    let mut client = all.served.notices();
    match method {
        "NoticeService.PostNotice" => {
            let request = v1::PostNoticeRequest { county, ..Default::default() };
            client.post_notice(by(who, request)).await.map(|_| true)
        }
        "NoticeService.GetNotice" => {
            let request = v1::GetNoticeRequest { county, run_id };
            client.get_notice(by(who, request)).await.map(|_| true)
        }
        "NoticeService.ListNotices" => {
            let request = v1::ListNoticesRequest { county, ..Default::default() };
            client.list_notices(by(who, request)).await.map(|_| true)
        }
        "NoticeService.GenerateNotice" => {
            let format = v1::NoticeFormat::Markdown.into();
            let request = v1::GenerateNoticeRequest { county, run_id, format, filter: None };
            let answer = client.generate_notice(by(who, request)).await?.into_inner();
            Ok(answer.document.contains(id))
        }
        "NoticeService.RaiseNoticeObjection" => {
            // It goes as far as the subject: a message without a text is stored nowhere.
            let text = String::new();
            let request =
                v1::RaiseNoticeObjectionRequest { text, ..objection(&county, &run_id, id) };
            client.raise_notice_objection(by(who, request)).await.map(|_| true)
        }
        "NoticeService.AnswerNoticeObjection" => {
            let request =
                v1::AnswerNoticeObjectionRequest { county, run_id, number, ..Default::default() };
            client.answer_notice_objection(by(who, request)).await.map(|_| true)
        }
        "NoticeService.ListNoticeObjections" => {
            let request = v1::ListNoticeObjectionsRequest { county, run_id, ..Default::default() };
            let page = client.list_notice_objections(by(who, request)).await?.into_inner();
            Ok(page.objections.iter().any(|it| it.subject_id == id))
        }
        _ => panic!("{method}"),
    }
}

/// A call about the county's calendar.
pub(super) async fn calendar(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let mut client = all.served.calendars();
    match method {
        "CalendarService.LoadCalendarYear" => {
            let request = v1::LoadCalendarYearRequest { county, ..Default::default() };
            client.load_calendar_year(by(who, request)).await.map(|_| true)
        }
        "CalendarService.GetCalendar" => {
            let request = v1::GetCalendarRequest { county, year: 2026, ..Default::default() };
            client.get_calendar(by(who, request)).await.map(|_| true)
        }
        "CalendarService.AddWorkingDays" => {
            let start = date("2026-01-05");
            let request =
                v1::AddWorkingDaysRequest { county, start, days: 5, ..Default::default() };
            client.add_working_days(by(who, request)).await.map(|_| true)
        }
        _ => panic!("{method}"),
    }
}

/// A call about the vetoes of the target's subject.
pub(super) async fn veto(all: &Counties, who: &str, at: Target) -> Result<bool, Status> {
    let (kind, id) = at.subject;
    let subject = Some(v1::SubjectRef { kind: kind.into(), id: id.into() });
    let county = at.county.to_owned();
    let request = v1::ListVetoesRequest { county, subject, ..Default::default() };
    all.served.vetoes().list_vetoes(by(who, request)).await.map(|_| true)
}
