//! A server in this process on a loopback port, over a store in memory, and a clock that stands.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use steelyard::{
    app::{App, Caller, Clock},
    domain::time::Moment,
    proto::{
        google::r#type::{Date, Decimal},
        v1::{
            self, access_service_client::AccessServiceClient,
            appraisal_chain_service_client::AppraisalChainServiceClient,
            appraisal_result_service_client::AppraisalResultServiceClient,
            assessment_service_client::AssessmentServiceClient,
            audit_service_client::AuditServiceClient, award_service_client::AwardServiceClient,
            budget_service_client::BudgetServiceClient,
            calendar_service_client::CalendarServiceClient,
            candidate_service_client::CandidateServiceClient,
            entry_service_client::EntryServiceClient,
            evaluation_service_client::EvaluationServiceClient,
            fact_service_client::FactServiceClient,
            formation_service_client::FormationServiceClient,
            indicator_service_client::IndicatorServiceClient,
            member_service_client::MemberServiceClient, notice_service_client::NoticeServiceClient,
            pool_service_client::PoolServiceClient,
            property_rating_service_client::PropertyRatingServiceClient,
            receipt_service_client::ReceiptServiceClient,
            recovery_service_client::RecoveryServiceClient,
            registry_service_client::RegistryServiceClient,
            schedule_service_client::ScheduleServiceClient,
            scheme_service_client::SchemeServiceClient,
            selection_document_service_client::SelectionDocumentServiceClient,
            selection_service_client::SelectionServiceClient,
            veto_service_client::VetoServiceClient,
        },
    },
    server::{self, Serving},
    store,
    transport::{Call, Stage},
};
use tokio::net::TcpListener;
use tonic::{
    Status,
    body::Body,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;
use tower::ServiceExt;

/// The header in which a test names its caller.
const PRINCIPAL: &str = "x-test-principal";

/// The county of most tests.
pub(crate) const COUNTY: &str = "xinping";

/// A clock that stands until it is set.
#[derive(Debug)]
pub(crate) struct Standing(Mutex<Moment>);

impl Standing {
    pub(crate) fn at(text: &str) -> Self {
        let clock = Self(Mutex::new(Moment::from_micros(0)));
        clock.set(text);
        clock
    }

    pub(crate) fn set(&self, text: &str) {
        *self.0.lock().unwrap() = Moment::parse(text).unwrap();
    }
}

impl Clock for Standing {
    fn now(&self) -> Moment {
        *self.0.lock().unwrap()
    }
}

/// A running server and the ways to it.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) app: App,
    pub(crate) clock: Arc<Standing>,
    /// Where it listens.
    pub(crate) address: std::net::SocketAddr,
    channel: Channel,
}

impl Served {
    pub(crate) fn registry(&self) -> RegistryServiceClient<Channel> {
        RegistryServiceClient::new(self.channel.clone())
    }

    pub(crate) fn accesses(&self) -> AccessServiceClient<Channel> {
        AccessServiceClient::new(self.channel.clone())
    }

    pub(crate) fn schemes(&self) -> SchemeServiceClient<Channel> {
        SchemeServiceClient::new(self.channel.clone())
    }

    pub(crate) fn selection_documents(&self) -> SelectionDocumentServiceClient<Channel> {
        SelectionDocumentServiceClient::new(self.channel.clone())
    }

    pub(crate) fn selections(&self) -> SelectionServiceClient<Channel> {
        SelectionServiceClient::new(self.channel.clone())
    }

    pub(crate) fn budgets(&self) -> BudgetServiceClient<Channel> {
        BudgetServiceClient::new(self.channel.clone())
    }

    pub(crate) fn awards(&self) -> AwardServiceClient<Channel> {
        AwardServiceClient::new(self.channel.clone())
    }

    pub(crate) fn recoveries(&self) -> RecoveryServiceClient<Channel> {
        RecoveryServiceClient::new(self.channel.clone())
    }

    pub(crate) fn schedules(&self) -> ScheduleServiceClient<Channel> {
        ScheduleServiceClient::new(self.channel.clone())
    }

    pub(crate) fn calendars(&self) -> CalendarServiceClient<Channel> {
        CalendarServiceClient::new(self.channel.clone())
    }

    pub(crate) fn notices(&self) -> NoticeServiceClient<Channel> {
        NoticeServiceClient::new(self.channel.clone())
    }

    pub(crate) fn rounds(&self) -> AssessmentServiceClient<Channel> {
        AssessmentServiceClient::new(self.channel.clone())
    }

    pub(crate) fn chains(&self) -> AppraisalChainServiceClient<Channel> {
        AppraisalChainServiceClient::new(self.channel.clone())
    }

    pub(crate) fn vetoes(&self) -> VetoServiceClient<Channel> {
        VetoServiceClient::new(self.channel.clone())
    }

    pub(crate) fn members(&self) -> MemberServiceClient<Channel> {
        MemberServiceClient::new(self.channel.clone())
    }

    pub(crate) fn formations(&self) -> FormationServiceClient<Channel> {
        FormationServiceClient::new(self.channel.clone())
    }

    pub(crate) fn indicators(&self) -> IndicatorServiceClient<Channel> {
        IndicatorServiceClient::new(self.channel.clone())
    }

    pub(crate) fn candidates(&self) -> CandidateServiceClient<Channel> {
        CandidateServiceClient::new(self.channel.clone())
    }

    pub(crate) fn evaluations(&self) -> EvaluationServiceClient<Channel> {
        EvaluationServiceClient::new(self.channel.clone())
    }

    pub(crate) fn audit(&self) -> AuditServiceClient<Channel> {
        AuditServiceClient::new(self.channel.clone())
    }

    pub(crate) fn receipts(&self) -> ReceiptServiceClient<Channel> {
        ReceiptServiceClient::new(self.channel.clone())
    }

    pub(crate) fn ratings(&self) -> PropertyRatingServiceClient<Channel> {
        PropertyRatingServiceClient::new(self.channel.clone())
    }

    pub(crate) fn appraisal_results(&self) -> AppraisalResultServiceClient<Channel> {
        AppraisalResultServiceClient::new(self.channel.clone())
    }

    pub(crate) fn pools(&self) -> PoolServiceClient<Channel> {
        PoolServiceClient::new(self.channel.clone()).max_encoding_message_size(4 * 1024 * 1024)
    }

    pub(crate) fn facts(&self) -> FactServiceClient<Channel> {
        FactServiceClient::new(self.channel.clone())
    }

    pub(crate) fn entries(&self) -> EntryServiceClient<Channel> {
        EntryServiceClient::new(self.channel.clone())
    }

    /// Records records in one message and answers what became of them.
    pub(crate) async fn upsert(
        &self,
        request_id: &str,
        records: Vec<v1::RegistryRecord>,
    ) -> v1::UpsertRecordsResponse {
        let message = v1::UpsertRecordsRequest {
            county: COUNTY.into(),
            request_id: request_id.into(),
            records,
        };
        let answer = self.registry().upsert_records(tokio_stream::once(message)).await;
        answer.unwrap().into_inner()
    }

    /// The county, a street, a community and a compound, all of 2022, and two members.
    pub(crate) async fn with_a_county(self) -> Self {
        let mut records = units();
        records.extend(["m1", "m2"].map(member));
        let answer = self.upsert("county", records).await;
        assert_eq!(answer.items, []);
        self
    }
}

/// Serves over a store in memory.
pub(crate) async fn served() -> Served {
    served_over("sqlite::memory:").await
}

/// Serves over a store, without the runner: tests carry runs out themselves.
pub(crate) async fn served_over(url: &str) -> Served {
    served_as(url, |app| app).await
}

/// The same, with an application that has more than a store and a clock.
pub(crate) async fn served_as(url: &str, with: impl FnOnce(App) -> App) -> Served {
    let clock = Arc::new(Standing::at("2023-01-10T01:00:00Z"));
    let store = store::open(url).await.unwrap();
    let app = with(App::new(store, clock.clone(), "of the tests"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serving = Serving::new(Duration::ZERO, &[], Named);
    tokio::spawn(server::serve(app.clone(), listener.into(), serving, std::future::pending()));
    let channel = Endpoint::from_shared(format!("http://{at}")).unwrap().connect().await.unwrap();
    Served { app, clock, address: at, channel }
}

/// Believes the header of the tests; without one, the caller is an administrator.
#[derive(Debug)]
pub(crate) struct Named;

impl Stage for Named {
    async fn pass<S: Call>(
        self: Arc<Self>,
        mut request: http::Request<Body>,
        next: S,
    ) -> http::Response<Body> {
        let named = request.headers().get(PRINCIPAL).map(|it| it.to_str().unwrap().to_owned());
        let token = request.headers().get("authorization").map(|it| it.to_str().unwrap());
        let token = token.and_then(|it| it.strip_prefix("Bearer as-")).map(str::to_owned);
        let named = named.or(token);
        let principal = named.as_deref().unwrap_or("local");
        let caller = Caller { principal: principal.into(), administrator: named.is_none() };
        request.extensions_mut().insert(caller);
        next.oneshot(request).await.unwrap()
    }
}

/// A message of a caller.
pub(crate) fn by<T>(principal: &str, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert(PRINCIPAL, principal.parse().unwrap());
    request
}

pub(crate) fn date(text: &str) -> Option<Date> {
    let parts: Vec<i32> = text.split('-').map(|it| it.parse().unwrap()).collect();
    Some(Date { year: parts[0], month: parts[1], day: parts[2] })
}

pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    Some(Decimal { value: text.into() })
}

pub(crate) fn reference(kind: v1::RecordKind, id: &str) -> Option<v1::RecordRef> {
    Some(v1::RecordRef { kind: kind.into(), id: id.into() })
}

/// A record of 2022 without a parent.
pub(crate) fn record(
    kind: v1::RecordKind,
    id: &str,
    detail: v1::registry_record::Detail,
) -> v1::RegistryRecord {
    v1::RegistryRecord {
        kind: kind.into(),
        id: id.into(),
        name: format!("名称 {id}"),
        effective_from: date("2022-01-01"),
        detail: Some(detail),
        ..Default::default()
    }
}

/// A unit of 2022.
pub(crate) fn unit(
    kind: v1::RecordKind,
    id: &str,
    parent: Option<v1::RecordRef>,
) -> v1::RegistryRecord {
    let detail = v1::registry_record::Detail::OrgUnit(v1::OrgUnit::default());
    v1::RegistryRecord { parent, ..record(kind, id, detail) }
}

pub(crate) fn units() -> Vec<v1::RegistryRecord> {
    use v1::RecordKind::{Community, Compound, County, Street};
    vec![
        unit(County, COUNTY, None),
        unit(Street, "guishan", reference(County, COUNTY)),
        unit(Community, "c-01", reference(Street, "guishan")),
        unit(Compound, "k-01", reference(Community, "c-01")),
    ]
}

pub(crate) fn member(id: &str) -> v1::RegistryRecord {
    let detail = v1::Member {
        status: v1::MemberStatus::InService.into(),
        compound_id: "k-01".into(),
        ..Default::default()
    };
    record(v1::RecordKind::Member, id, v1::registry_record::Detail::Member(detail))
}

/// An entry of a member.
pub(crate) fn entry(member: &str, item: &str, on: &str) -> v1::Fact {
    v1::Fact {
        subject: Some(v1::SubjectRef { kind: v1::SubjectKind::Member.into(), id: member.into() }),
        recorded_by: "clerk".into(),
        fact: Some(v1::fact::Fact::Entry(v1::Entry {
            item: item.into(),
            on: date(on),
            ..Default::default()
        })),
        ..Default::default()
    }
}

pub(crate) fn record_facts(request_id: &str, facts: Vec<v1::Fact>) -> v1::RecordFactsRequest {
    v1::RecordFactsRequest { county: COUNTY.into(), request_id: request_id.into(), facts }
}

/// The stable reason of a status; every status has one, of our domain, and a Chinese sentence.
pub(crate) fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
    assert_eq!(info.domain, "steelyard.v1");
    let message = details.localized_message().unwrap();
    assert_eq!(message.locale, "zh-CN");
    assert!(message.message.chars().any(|it| it > '\u{2e80}'), "{}", message.message);
    info.reason.clone()
}

/// The faulty fields of a status with their reasons.
pub(crate) fn violations(status: &Status) -> Vec<(String, String)> {
    let details = status.get_error_details();
    let all = details.bad_request().unwrap().field_violations.iter();
    all.map(|it| {
        assert!(it.localized_message.is_some(), "{}", it.field);
        (it.field.clone(), it.reason.clone())
    })
    .collect()
}
