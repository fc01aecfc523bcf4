//! The clients' side: calls that can be sent again byte for byte, and what came of them, logged.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use prost::Message as _;
use sha2::{Digest as _, Sha256};
use steelyard::proto::v1::{
    self, access_service_client::AccessServiceClient,
    evaluation_service_client::EvaluationServiceClient, fact_service_client::FactServiceClient,
    registry_service_client::RegistryServiceClient, scheme_service_client::SchemeServiceClient,
};
use tonic::{Code, Request, Status, transport::Channel};
use tonic_types::StatusExt as _;

use super::{
    log::{Call, Done, Effect, Event, Log, Part},
    observe::hex,
};

/// How long a call may take where nothing is to go wrong.
pub(super) const LONG: Duration = Duration::from_secs(30);

/// A call as it is sent, and sent again.
#[derive(Debug, Clone)]
pub(super) enum Sent {
    Record(v1::RecordFactsRequest),
    Stream(Vec<v1::StreamFactsRequest>),
    Reverse(v1::ReverseFactRequest),
    Upsert(v1::UpsertRecordsRequest),
    Grant(v1::GrantRoleRequest),
    Scheme(v1::PublishSchemeRequest),
    Start(v1::StartRunRequest),
    Publish(v1::PublishRunRequest),
    Supersede(v1::SupersedeRunRequest),
}

/// What was answered: the bytes, the ids given to items, and the run that is named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Answer {
    bytes: Vec<u8>,
    ids: Vec<String>,
    pub(super) run: String,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Ok,
    /// The code.
    Fail(String),
    /// The reason, where the service gave one.
    Unknown(String),
}

impl Sent {
    const fn method(&self) -> &'static str {
        match self {
            Self::Record(_) => "FactService.RecordFacts",
            Self::Stream(_) => "FactService.StreamFacts",
            Self::Reverse(_) => "FactService.ReverseFact",
            Self::Upsert(_) => "RegistryService.UpsertRecords",
            Self::Grant(_) => "AccessService.GrantRole",
            Self::Scheme(_) => "SchemeService.PublishScheme",
            Self::Start(_) => "EvaluationService.StartRun",
            Self::Publish(_) => "EvaluationService.PublishRun",
            Self::Supersede(_) => "EvaluationService.SupersedeRun",
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Record(it) => it.encode_to_vec(),
            Self::Stream(it) => it.iter().flat_map(prost::Message::encode_to_vec).collect(),
            Self::Reverse(it) => it.encode_to_vec(),
            Self::Upsert(it) => it.encode_to_vec(),
            Self::Grant(it) => it.encode_to_vec(),
            Self::Scheme(it) => it.encode_to_vec(),
            Self::Start(it) => it.encode_to_vec(),
            Self::Publish(it) => it.encode_to_vec(),
            Self::Supersede(it) => it.encode_to_vec(),
        }
    }
}

impl Sent {
    /// Whether these are facts that a service which is up records.
    fn is_sound(&self) -> bool {
        let Self::Record(it) = self else { return false };
        it.facts.iter().all(|it| match &it.fact {
            Some(v1::fact::Fact::Entry(entry)) => {
                entry.times.as_ref().is_some_and(|it| !it.value.contains('e'))
            }
            _ => false,
        })
    }
}

fn ids(items: &[v1::ItemStatus]) -> Vec<String> {
    items.iter().map(|it| it.id.clone()).collect()
}

/// How many messages were repeats is the one thing that a repeat of a stream tells otherwise.
fn same(counts: Option<v1::BulkCounts>) -> Option<v1::BulkCounts> {
    counts.map(|it| v1::BulkCounts { replayed_messages: 0, ..it })
}

/// Everything the clients share.
#[derive(Debug)]
pub(super) struct World {
    pub(super) log: Log,
    /// By number, with how many effects each has.
    sent: Mutex<BTreeMap<u64, (Sent, usize)>>,
    /// A connection to each replica, the present one.
    ends: Mutex<Vec<Channel>>,
    token: String,
    in_flight: AtomicUsize,
    acknowledged: AtomicUsize,
    /// Whether facts are said to be acknowledged before they are: the fault that must be caught.
    pub(super) hasty: AtomicBool,
    /// Facts that can be reversed.
    pub(super) facts: Mutex<Vec<i64>>,
    /// The run that is published, and one that was started after it.
    pub(super) published: Mutex<String>,
    pub(super) started: Mutex<String>,
}

impl World {
    pub(super) fn new(folder: &Path, token: String) -> Arc<Self> {
        Arc::new(Self {
            log: Log::to(&folder.join("history.jsonl")),
            sent: Mutex::default(),
            ends: Mutex::default(),
            token,
            in_flight: AtomicUsize::new(0),
            acknowledged: AtomicUsize::new(0),
            hasty: AtomicBool::new(false),
            facts: Mutex::default(),
            published: Mutex::default(),
            started: Mutex::default(),
        })
    }

    /// Puts a connection to a replica in the place of what there was.
    pub(super) fn reach(&self, replica: usize, channel: Channel) {
        let mut ends = self.ends.lock().unwrap();
        match ends.get_mut(replica) {
            Some(end) => *end = channel,
            None => ends.push(channel),
        }
    }

    fn channel(&self, replica: usize) -> Channel {
        let ends = self.ends.lock().unwrap();
        ends[replica % ends.len()].clone()
    }

    /// How many replicas there are.
    pub(super) fn replicas(&self) -> usize {
        self.ends.lock().unwrap().len()
    }

    /// How many calls are under way.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    /// How many effects were acknowledged, those of repeats once more.
    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    pub(super) fn evaluations(&self, replica: usize) -> EvaluationServiceClient<Channel> {
        EvaluationServiceClient::new(self.channel(replica))
    }

    /// A message with the caller's credentials.
    pub(super) fn by<T>(&self, message: T, within: Duration) -> Request<T> {
        let mut request = Request::new(message);
        let token = format!("Bearer {}", self.token).parse().unwrap();
        request.metadata_mut().insert("authorization", token);
        request.set_timeout(within);
        request
    }

    /// Logs a call before it is sent, and keeps it.
    pub(super) fn invoke(&self, sent: Sent, parts: Vec<Part>) -> u64 {
        let number = self.log.number();
        let body = hex(&Sha256::digest(sent.bytes()));
        let effects = parts.iter().map(|it| it.effects.len()).sum();
        let call = Call { number, method: sent.method().to_owned(), body, parts };
        self.log.write(&Event::Invoke { at: self.log.now(), call });
        self.sent.lock().unwrap().insert(number, (sent, effects));
        number
    }

    /// Sends a call that was logged, and logs what comes of it.
    pub(super) async fn attempt(&self, call: u64, replica: usize, within: Duration) -> Outcome {
        let (sent, effects) = self.sent.lock().unwrap()[&call].clone();
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let hasty = self.hasty.load(Ordering::SeqCst) && within == LONG && sent.is_sound();
        if hasty {
            let (answer, run) = (String::new(), String::new());
            let at = self.log.now();
            self.log.write(&Event::Ok { at, call, answer, ids: Vec::new(), run });
        }
        let answered = self.send(&sent, replica, within).await;
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        if hasty {
            return answered.map_or_else(|it| Outcome::Unknown(it.to_string()), |_| Outcome::Ok);
        }
        let at = self.log.now();
        match answered {
            Ok(answer) => {
                let Answer { bytes, ids, run } = answer.clone();
                self.learn(&sent, &answer);
                self.acknowledged.fetch_add(effects, Ordering::SeqCst);
                let answer_digest = hex(&Sha256::digest(bytes));
                self.log.write(&Event::Ok { at, call, answer: answer_digest, ids, run });
                Outcome::Ok
            }
            Err(status) => {
                let code = format!("{:?}", status.code());
                let details = status.get_error_details();
                let reason = details.error_info().map_or_else(String::new, |it| it.reason.clone());
                if is_unknown(&status) {
                    self.log.write(&Event::Unknown { at, call, code });
                    return Outcome::Unknown(reason);
                }
                let ours = [Code::Internal, Code::Unknown, Code::DataLoss];
                assert!(!ours.contains(&status.code()), "a fault of the service: {status:?}");
                self.log.write(&Event::Fail { at, call, code: code.clone(), reason });
                Outcome::Fail(code)
            }
        }
    }

    /// Logs and sends a call.
    pub(super) async fn call(
        &self,
        sent: Sent,
        parts: Vec<Part>,
        replica: usize,
        within: Duration,
    ) -> Outcome {
        let call = self.invoke(sent, parts);
        self.attempt(call, replica, within).await
    }

    /// Sends a call again until its outcome is known.
    pub(super) async fn settle(&self, call: u64, replica: usize) {
        for turn in 0..200 {
            self.log.write(&Event::Again { at: self.log.now(), call });
            let again = match self.attempt(call, replica + turn, LONG).await {
                Outcome::Ok => false,
                Outcome::Fail(code) => code == "Aborted",
                Outcome::Unknown(_) => true,
            };
            if !again && self.log.look(|it| it.calls[&call].1.done != Done::Maybe) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("call {call} has no outcome: {:?}", self.log.look(|it| it.calls[&call].clone()));
    }

    async fn send(&self, sent: &Sent, to: usize, within: Duration) -> Result<Answer, Status> {
        let channel = self.channel(to);
        let plain = |bytes, run| Answer { bytes, ids: Vec::new(), run };
        Ok(match sent.clone() {
            Sent::Record(it) => {
                let mut client = FactServiceClient::new(channel);
                let it = client.record_facts(self.by(it, within)).await?.into_inner();
                Answer { bytes: it.encode_to_vec(), ids: ids(&it.items), run: String::new() }
            }
            Sent::Stream(it) => {
                let mut client = FactServiceClient::new(channel);
                let it = tokio_stream::iter(it);
                let mut it = client.stream_facts(self.by(it, within)).await?.into_inner();
                it.counts = same(it.counts);
                plain(it.encode_to_vec(), String::new())
            }
            Sent::Reverse(it) => {
                let mut client = FactServiceClient::new(channel);
                let it = client.reverse_fact(self.by(it, within)).await?.into_inner();
                plain(it.encode_to_vec(), String::new())
            }
            Sent::Upsert(it) => {
                let mut client = RegistryServiceClient::new(channel);
                let it = tokio_stream::once(it);
                let mut it = client.upsert_records(self.by(it, within)).await?.into_inner();
                it.counts = same(it.counts);
                plain(it.encode_to_vec(), String::new())
            }
            Sent::Grant(it) => {
                let mut client = AccessServiceClient::new(channel);
                let it = client.grant_role(self.by(it, within)).await?.into_inner();
                plain(it.encode_to_vec(), String::new())
            }
            Sent::Scheme(it) => {
                let mut client = SchemeServiceClient::new(channel);
                let it = client.publish_scheme(self.by(it, within)).await?.into_inner();
                plain(it.encode_to_vec(), String::new())
            }
            Sent::Start(_) | Sent::Publish(_) | Sent::Supersede(_) => {
                self.send_run(sent, to, within).await?
            }
        })
    }

    async fn send_run(&self, sent: &Sent, to: usize, within: Duration) -> Result<Answer, Status> {
        let mut client = self.evaluations(to);
        let (bytes, run) = match sent.clone() {
            Sent::Start(it) => {
                let it = client.start_run(self.by(it, within)).await?.into_inner();
                (it.encode_to_vec(), it.run)
            }
            Sent::Publish(it) => {
                let it = client.publish_run(self.by(it, within)).await?.into_inner();
                (it.encode_to_vec(), it.run)
            }
            Sent::Supersede(it) => {
                let it = client.supersede_run(self.by(it, within)).await?.into_inner();
                (it.encode_to_vec(), it.run)
            }
            Sent::Record(_)
            | Sent::Stream(_)
            | Sent::Reverse(_)
            | Sent::Upsert(_)
            | Sent::Grant(_)
            | Sent::Scheme(_) => panic!("{} is about no run", sent.method()),
        };
        Ok(Answer { bytes, ids: Vec::new(), run: run.unwrap().run_id })
    }

    /// What the clients go by from now on. A late repeat of an old call changes nothing.
    fn learn(&self, sent: &Sent, answer: &Answer) {
        let newer = |of: &Mutex<String>| {
            let mut known = of.lock().unwrap();
            if answer.run > *known {
                known.clone_from(&answer.run);
            }
        };
        match sent {
            Sent::Start(_) => newer(&self.started),
            Sent::Publish(_) | Sent::Supersede(_) => newer(&self.published),
            Sent::Record(_) => {
                let given = answer.ids.iter().filter_map(|it| it.strip_prefix('f'));
                let mut facts = self.facts.lock().unwrap();
                facts.extend(given.filter_map(|it| it.parse::<i64>().ok()));
                let behind = facts.len().saturating_sub(200);
                facts.drain(..behind);
            }
            Sent::Stream(_)
            | Sent::Reverse(_)
            | Sent::Upsert(_)
            | Sent::Grant(_)
            | Sent::Scheme(_) => (),
        }
    }
}

/// Whether a status leaves open what was done: the connection was lost, or time ran out.
fn is_unknown(status: &Status) -> bool {
    let ours = status.get_error_details().error_info().is_some();
    let open = [Code::Unavailable, Code::DeadlineExceeded, Code::Cancelled];
    open.contains(&status.code())
        || (!ours && matches!(status.code(), Code::Unknown | Code::Internal))
}

/// One request with one effect.
pub(super) fn one(request_id: &str, effect: Effect) -> Vec<Part> {
    vec![Part { request_id: request_id.to_owned(), effects: vec![effect] }]
}
