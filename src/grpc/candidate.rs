//! Candidates for posts over gRPC.

use std::collections::BTreeSet;

use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::Faults,
    encode::{date, text, timestamp},
    fact_scope::listable,
    formation::finding,
    registry_decode, registry_encode,
    registry_scope::absent,
    status,
    veto::standing_out,
};
use crate::{
    app::{
        App, AppError,
        access::{Node, Permit, Placed, places},
        candidate::{Bar, Candidacy, CandidacyItem, Candidate},
        registry::{Detail, Record, RecordKind, as_of},
    },
    proto::v1::{self, candidate_service_server::CandidateServiceServer},
    store::{AsOf, ReadTx, fact_id},
};

/// How many schemes can be named.
const SCHEMES_MAX: usize = 32;

pub(super) fn service(
    app: &App,
) -> CandidateServiceServer<impl v1::candidate_service_server::CandidateService + use<>> {
    CandidateServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::candidate_service_server::CandidateService for Service {
    async fn check_candidate(
        &self,
        request: Request<v1::CheckCandidateRequest>,
    ) -> Result<Response<v1::CheckCandidateResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.check(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

/// The schemes that are named, each once.
fn schemes(faults: &mut Faults, raw: &[String]) -> Option<Vec<String>> {
    if raw.len() > SCHEMES_MAX {
        let en = format!("at most {SCHEMES_MAX} schemes");
        let zh = format!("评分办法至多 {SCHEMES_MAX} 个");
        faults.add("scheme_ids", "BATCH_TOO_LARGE", en, zh);
        return None;
    }
    let mut seen = BTreeSet::new();
    let mut sound = true;
    for (index, id) in raw.iter().enumerate() {
        let path = format!("scheme_ids[{index}]");
        match faults.id(&path, id) {
            Some(id) if !seen.insert(id.clone()) => {
                faults.add(&path, "DUPLICATE_ID", "this scheme is named twice", "评分办法重复");
                sound = false;
            }
            Some(_) => (),
            None => sound = false,
        }
    }
    sound.then(|| seen.into_iter().collect())
}

impl Service {
    async fn check(
        &self,
        call: &Call,
        raw: &v1::CheckCandidateRequest,
    ) -> Result<v1::CheckCandidateResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let person = faults.id("person_id", &raw.person_id);
        let title = faults.id("title", &raw.title);
        let unit = registry_decode::some_reference(&mut faults, "unit", raw.unit.as_ref());
        let on = faults.day("on", raw.on.as_ref());
        let scheme_ids = schemes(&mut faults, &raw.scheme_ids);
        let replaces = faults.optional_id("replaces_post_id", &raw.replaces_post_id);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let read = (|| {
            let of = (person?, title?, unit?, scheme_ids?, replaces?);
            Some((permit?, county?, of, on?, known?))
        })();
        let (permit, county, of, on, known) = faults.finish(read)?;
        let (person, title, unit, scheme_ids, replaces) = of;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, known).await?.moment()?;
        let on = on.map_or_else(|| self.app.today(), Ok)?;
        let at = (county.as_str(), as_of(on, known));
        let record = self.covered_unit(&mut *tx, at, &permit, &unit).await?;
        self.covered_person(&mut *tx, at, &permit, &person).await?;
        let asked = Candidacy { person, title, unit, replaces, scheme_ids, on, known };
        let mut found = self.app.candidate(&mut *tx, &county, &asked, &record).await?;
        covered_records(&mut *tx, at, &permit, &found).await?;
        found.posts = covered_posts(&mut *tx, at, &permit, found.posts).await?;
        Ok(encode(&asked, found))
    }

    /// The unit, where the caller sees the posts in it.
    async fn covered_unit(
        &self,
        tx: &mut dyn ReadTx,
        (county, as_of): (&str, AsOf),
        permit: &Permit,
        unit: &Node,
    ) -> Result<Record, AppError> {
        let found = self.app.record(tx, county, unit, as_of).await;
        let record = absent(permit, RecordKind::Post, found)?.record;
        if permit.whole_kind(RecordKind::Post) {
            return Ok(record);
        }
        let placed = places(tx, county, as_of, &BTreeSet::from([unit.clone()])).await?;
        let nodes = placed.get(unit).map(|it| it.nodes.clone()).unwrap_or_default();
        let posts = Placed { kind: RecordKind::Post, nodes };
        if permit.covers(&posts) { Ok(record) } else { Err(AppError::Denied) }
    }

    /// Whether the person is one that the caller sees: a member who is theirs, or, of those who are
    /// no members, one who holds a post that is.
    async fn covered_person(
        &self,
        tx: &mut dyn ReadTx,
        (county, as_of): (&str, AsOf),
        permit: &Permit,
        person: &str,
    ) -> Result<(), AppError> {
        if permit.whole_kind(RecordKind::Member) {
            return Ok(());
        }
        let kind = RecordKind::Member.word();
        if !tx.registry_history(county, kind, person).await?.is_empty() {
            let of = (kind.to_owned(), person.to_owned());
            return listable(&self.app, tx, county, permit, (Some(&of), &[])).await;
        }
        let registered = self.app.registered_organisations(tx, county, as_of).await?;
        let held = registered.held_by(person);
        let seen = covered_posts(tx, (county, as_of), permit, held).await?;
        if seen.is_empty() { Err(AppError::Denied) } else { Ok(()) }
    }
}

/// Those of these posts that the caller sees.
async fn covered_posts(
    tx: &mut dyn ReadTx,
    (county, as_of): (&str, AsOf),
    permit: &Permit,
    mut posts: Vec<Record>,
) -> Result<Vec<Record>, AppError> {
    if !permit.whole_kind(RecordKind::Post) {
        let nodes: BTreeSet<Node> = posts.iter().map(Record::reference).collect();
        let placed = places(tx, county, as_of, &nodes).await?;
        posts.retain(|it| placed.get(&it.reference()).is_some_and(|it| permit.covers(it)));
    }
    Ok(posts)
}

/// Refuses an answer that rests on a record about a post that is not the caller's, where it lay
/// when the person held it last.
async fn covered_records(
    tx: &mut dyn ReadTx,
    (county, as_of): (&str, AsOf),
    permit: &Permit,
    found: &Candidate,
) -> Result<(), AppError> {
    if permit.whole_kind(RecordKind::Post) {
        return Ok(());
    }
    let about: BTreeSet<&str> = found
        .bars
        .iter()
        .chain(&found.later)
        .filter(|it| it.veto.fact.subject_kind == RecordKind::Post.word())
        .map(|it| it.veto.fact.subject.as_str())
        .collect();
    for post in about {
        let day = found.held_until.get(post).copied().unwrap_or(as_of.day);
        let node = Node::new(RecordKind::Post, post);
        let at = AsOf { day, ..as_of };
        let placed = places(tx, county, at, &BTreeSet::from([node.clone()])).await?;
        if !placed.get(&node).is_some_and(|it| permit.covers(it)) {
            return Err(AppError::Denied);
        }
    }
    Ok(())
}

fn item(of: &CandidacyItem) -> v1::CandidacyItem {
    v1::CandidacyItem {
        scheme_id: of.scheme_id.clone(),
        scheme_version: i32::try_from(of.version).unwrap_or(i32::MAX),
        item: of.veto.id.clone(),
        title: of.veto.title.clone(),
    }
}

fn bar(items: &[CandidacyItem], of: Bar) -> Option<v1::CandidacyBar> {
    let item = item(items.get(of.item)?);
    let kind = match of.veto.fact.subject_kind.as_str() {
        "member" => v1::SubjectKind::Member,
        _ => v1::SubjectKind::Post,
    };
    let (from, id) = (of.from, &item.item);
    let name = if item.title.is_empty() { id } else { &item.title };
    let words = match of.until {
        Some(until) => text(
            format!("`{id}` bars from candidacy from {from} to {until}"),
            format!("{name}（{id}）：{from} 至 {until} 不得列为候选人"),
        ),
        None => text(
            format!("`{id}` bars from candidacy from {from} on"),
            format!("{name}（{id}）：自 {from} 起不得列为候选人"),
        ),
    };
    Some(v1::CandidacyBar {
        veto_id: fact_id(of.veto.seq),
        subject: Some(v1::SubjectRef { kind: kind.into(), id: of.veto.fact.subject }),
        raised_by: of.veto.fact.by_whom,
        from: Some(date(from)),
        until: of.until.map(date),
        standing: standing_out(of.standing).into(),
        text: Some(words),
        item: Some(item),
    })
}

fn member(of: Record) -> Option<v1::CandidateMember> {
    let Detail::Member { status, formality, compound, .. } = of.detail else { return None };
    Some(v1::CandidateMember {
        status: registry_encode::status(status).into(),
        formality: registry_encode::formality(formality).into(),
        compound_id: compound.unwrap_or_default(),
    })
}

fn post(of: Record) -> Option<v1::CandidatePost> {
    let Detail::Post { title, unit, .. } = of.detail else { return None };
    let unit = Some(registry_encode::reference(unit));
    Some(v1::CandidatePost { post_id: of.id, title, unit })
}

fn encode(asked: &Candidacy, found: Candidate) -> v1::CheckCandidateResponse {
    let items = &found.items;
    v1::CheckCandidateResponse {
        eligible: found.bars.is_empty(),
        bars: found.bars.into_iter().filter_map(|it| bar(items, it)).collect(),
        later: found.later.into_iter().filter_map(|it| bar(items, it)).collect(),
        items: items.iter().map(item).collect(),
        member: found.member.and_then(member),
        posts: found.posts.into_iter().filter_map(post).collect(),
        formation_now: found.now.iter().map(finding).collect(),
        formation_with: found.with.iter().map(finding).collect(),
        on: Some(date(asked.on)),
        known_at: Some(timestamp(asked.known)),
    }
}
