//! Everything that is kept about one person.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    PAGE, Versions,
    lines::{AccessLine, Act, AuditLine, ErasedOn, Export, FactLine, ResultLine, VersionLine},
    money::{movements, payments},
    objections::{notices, objected},
};
use crate::{
    app::{
        App, AppError, Missing, calendar, chain, hex, registry::RecordKind, round, schedule,
        selection,
    },
    domain::time::Moment,
    store::{
        AccessRecord, AccessWhat, AuditRecord, FactListing, NameKept, ReadTx, ResultRecord,
        RunListing, RunRecord, SheetKey, StoredFact, StoredVersion,
    },
};

/// Later than every moment there is.
const ALWAYS: Moment = Moment::from_micros(i64::MAX);

impl App {
    /// Everything that is kept about one person, of one moment.
    pub async fn export_person(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        id: &str,
    ) -> Result<Export, AppError> {
        let missing = || AppError::not_found(Missing::Record, id);
        let head = tx.head(county).await?.ok_or_else(missing)?;
        let versions = Versions::read(tx, county, id).await?;
        let subjects = Subjects { id, posts: &versions.own_posts };
        let facts = facts(tx, county, &subjects).await?;
        let (results, mut acts) = results(tx, county, &subjects).await?;
        requests(tx, county, id, &mut acts).await?;
        schemes(tx, county, id, &mut acts).await?;
        schedules(tx, county, id, &mut acts).await?;
        rounds(tx, county, &subjects, &mut acts).await?;
        chains(tx, county, id, &mut acts).await?;
        selections(tx, county, id, &mut acts).await?;
        calendars(tx, county, id, &mut acts).await?;
        let payments = payments(tx, county, id, &mut acts).await?;
        let movements = movements(tx, county, id, &mut acts).await?;
        let about = (id, versions.own_posts.as_slice());
        let notice_objections = notices(tx, county, about, &mut acts).await?;
        let result_objections = objected(tx, county, about).await?;
        let audit = audit(tx, county, id).await?;
        let access = access(tx, county, id).await?;
        let nothing = versions.all.is_empty()
            && facts.is_empty()
            && notice_objections.is_empty()
            && result_objections.is_empty()
            && payments.is_empty()
            && movements.is_empty();
        if nothing && acts.is_empty() && audit.is_empty() {
            return Err(missing());
        }
        let erased = tx.erasures(county, &[id.to_owned()]).await?.pop();
        Ok(Export {
            county: county.to_owned(),
            id: id.to_owned(),
            as_of: head.recorded.to_string(),
            erased: erased.map(|it| ErasedOn {
                recorded: it.recorded.to_string(),
                by: it.by,
                reason: it.reason,
            }),
            registry: versions.all.iter().map(version_line).collect::<Result<_, _>>()?,
            facts,
            results,
            notice_objections,
            result_objections,
            payments,
            movements,
            acts,
            audit,
            access,
            shared_posts: versions.shared_posts,
        })
    }
}

/// Grants to the person, as a principal of its id, and over it.
async fn access(tx: &mut dyn ReadTx, county: &str, id: &str) -> Result<Vec<AccessLine>, AppError> {
    let (mut lines, mut after) = (Vec::new(), 0);
    loop {
        let page = tx.access_page(county, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(lines) };
        after = last.seq;
        for AccessRecord { recorded, entry, .. } in page {
            let over = entry.unit_kind == "member" && entry.unit_id == id;
            if over || (entry.what != AccessWhat::Role && entry.principal == id) {
                lines.push(AccessLine {
                    what: entry.what.word(),
                    principal: entry.principal,
                    role: entry.role,
                    unit_kind: entry.unit_kind,
                    unit_id: entry.unit_id,
                    reason: entry.reason,
                    by: entry.recorded_by,
                    recorded: recorded.to_string(),
                });
            }
        }
    }
}

/// What facts and results of the person are about.
struct Subjects<'a> {
    id: &'a str,
    posts: &'a [String],
}

impl Subjects<'_> {
    fn of_kind(&self, kind: &str) -> Vec<String> {
        match RecordKind::named(kind) {
            Some(RecordKind::Member) => vec![self.id.to_owned()],
            Some(RecordKind::Post) => self.posts.to_vec(),
            Some(
                RecordKind::County
                | RecordKind::Street
                | RecordKind::Community
                | RecordKind::Compound
                | RecordKind::Building
                | RecordKind::Branch
                | RecordKind::Company
                | RecordKind::Project,
            )
            | None => Vec::new(),
        }
    }
}

async fn facts(
    tx: &mut dyn ReadTx,
    county: &str,
    subjects: &Subjects<'_>,
) -> Result<Vec<FactLine>, AppError> {
    let mut found: BTreeMap<i64, FactLine> = BTreeMap::new();
    for kind in [RecordKind::Member.word(), RecordKind::Post.word()] {
        for subject in subjects.of_kind(kind) {
            let mut after = 0;
            loop {
                let listing = FactListing {
                    subject_kind: kind.to_owned(),
                    subject: subject.clone(),
                    kinds: Vec::new(),
                    time: None,
                    include_reversed: true,
                    known: ALWAYS,
                    after,
                    limit: PAGE,
                };
                let page = tx.list_facts(county, &listing).await?;
                let Some(last) = page.last() else { break };
                after = last.seq;
                found.extend(page.iter().map(|it| (it.seq, fact_line(it, "about"))));
            }
        }
    }
    let mut after = 0;
    loop {
        let page = tx.facts_naming(county, subjects.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for fact in &page {
            found.entry(fact.seq).or_insert_with(|| fact_line(fact, "named"));
        }
    }
    Ok(found.into_values().collect())
}

/// The results of all runs, and what the person did with runs.
async fn results(
    tx: &mut dyn ReadTx,
    county: &str,
    subjects: &Subjects<'_>,
) -> Result<(Vec<ResultLine>, Vec<Act>), AppError> {
    let (mut results, mut acts) = (Vec::new(), Vec::new());
    let mut kinds: BTreeMap<(String, i64), String> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let listing = RunListing {
            scheme_id: String::new(),
            period: String::new(),
            states: Vec::new(),
            after: after.clone(),
            limit: PAGE,
        };
        let page = tx.run_page(county, &listing).await?;
        let Some(last) = page.last() else { return Ok((results, acts)) };
        after.clone_from(&last.run_id);
        for run in &page {
            acts.extend(acts_on(run, subjects.id));
            let key = (run.scheme_id.clone(), run.version);
            if !kinds.contains_key(&key) {
                let scheme = tx.scheme(county, &run.scheme_id, run.version).await?;
                let kind = scheme.map_or_else(String::new, |it| it.0.subject_kind);
                kinds.insert(key.clone(), kind);
            }
            let of_kind = subjects.of_kind(kinds.get(&key).map_or("", String::as_str));
            for part in of_kind.chunks(1_000) {
                let found = tx.results_of(county, &run.run_id, part).await?;
                results.extend(found.into_iter().map(|it| result_line(run, it)));
            }
        }
    }
}

fn acts_on(run: &RunRecord, id: &str) -> Vec<Act> {
    let published = run.published.iter().map(|it| ("run published", it));
    let all = [("run started", &run.started)].into_iter().chain(published);
    let own = all.filter(|(_, (_, by))| by == id);
    own.map(|(what, (at, _))| Act {
        what: what.to_owned(),
        of: run.run_id.clone(),
        at: at.to_string(),
    })
    .collect()
}

async fn requests(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    acts: &mut Vec<Act>,
) -> Result<(), AppError> {
    let mut after = String::new();
    loop {
        let page = tx.requests_of(county, id, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.request_id);
        acts.extend(page.into_iter().map(|it| Act {
            what: it.method,
            of: it.request_id,
            at: it.recorded.to_string(),
        }));
    }
}

async fn schemes(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    acts: &mut Vec<Act>,
) -> Result<(), AppError> {
    let mut after = (String::new(), 0);
    loop {
        let page = tx.scheme_page(county, (&after.0, after.1), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = (last.scheme_id.clone(), last.version);
        for it in page {
            let of = format!("{}/{}", it.scheme_id, it.version);
            if it.published_by == id {
                let at = it.published.to_string();
                acts.push(Act { what: "scheme published".to_owned(), of: of.clone(), at });
            }
            if let Some(ended) = it.retired.filter(|ended| ended.recorded_by == id) {
                let at = ended.recorded.to_string();
                acts.push(Act { what: "scheme retired".to_owned(), of, at });
            }
        }
    }
}

async fn schedules(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    acts: &mut Vec<Act>,
) -> Result<(), AppError> {
    for it in schedule::headers(tx, county, ALWAYS).await? {
        let of = schedule::name_of(&it.compound, it.version);
        if it.adopted_by == id {
            let at = it.adopted.to_string();
            acts.push(Act { what: "schedule adopted".to_owned(), of: of.clone(), at });
        }
        if let Some(ended) = it.retired.filter(|ended| ended.recorded_by == id) {
            let at = ended.recorded.to_string();
            acts.push(Act { what: "schedule retired".to_owned(), of, at });
        }
    }
    Ok(())
}

async fn calendars(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    acts: &mut Vec<Act>,
) -> Result<(), AppError> {
    let all = tx.calendar_editions(county, calendar::ALL_YEARS, ALWAYS).await?.into_iter();
    acts.extend(all.filter(|it| it.recorded_by == id).map(|it| Act {
        what: "calendar loaded".to_owned(),
        of: format!("{}/{}", it.year, it.edition),
        at: it.recorded.to_string(),
    }));
    Ok(())
}

/// Appraisal chains that the person opened, and what it recorded about chains. Values are facts.
async fn chains(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    acts: &mut Vec<Act>,
) -> Result<(), AppError> {
    for record in chain::all_chains(tx, county, "").await? {
        let chain = &record.chain_id;
        let mut act = |what: &str, of: String, at: Moment| {
            acts.push(Act { what: what.to_owned(), of, at: at.to_string() });
        };
        if record.opened.by == id {
            act("appraisal chain opened", chain.clone(), record.opened.recorded);
        }
        for it in tx.chain_events(county, chain).await?.iter().filter(|it| it.mark.by == id) {
            let of = format!("{chain}/{}", it.event);
            act(&format!("appraisal chain {}", it.kind.word()), of, it.mark.recorded);
        }
    }
    Ok(())
}

/// Selections that the person opened, what it recorded or decided in them, and reports that it made.
async fn selections(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    acts: &mut Vec<Act>,
) -> Result<(), AppError> {
    for record in selection::all_selections(tx, county).await? {
        let selection = &record.selection_id;
        let mut act = |what: &str, of: String, at: Moment| {
            acts.push(Act { what: what.to_owned(), of, at: at.to_string() });
        };
        if record.opened.by == id {
            act("selection opened", selection.clone(), record.opened.recorded);
        }
        for it in tx.selection_events(county, selection, 0).await? {
            if selection::event_names(&it, id)? {
                let of = format!("{selection}/{}", it.event);
                act(&format!("selection {}", it.what), of, it.mark.recorded);
            }
        }
    }
    Ok(())
}

/// Rounds that the person opened, what it recorded about rounds, and the sheets in which it is the
/// assessor or whom they are about. Points are not told: those of a closed round are facts, and until
/// then a sheet is its assessor's alone.
async fn rounds(
    tx: &mut dyn ReadTx,
    county: &str,
    subjects: &Subjects<'_>,
    acts: &mut Vec<Act>,
) -> Result<(), AppError> {
    for header in round::all_rounds(tx, county).await? {
        let id = &header.round_id;
        let mut act = |what: &str, of: String, at: Moment| {
            acts.push(Act { what: what.to_owned(), of, at: at.to_string() });
        };
        if header.opened.by == subjects.id {
            act("round opened", id.clone(), header.opened.recorded);
        }
        for it in tx.round_steps(county, id, ALWAYS).await? {
            let of = format!("{id}/{}", it.step);
            if it.mark.by == subjects.id {
                act(&format!("round {}", it.kind.word()), of, it.mark.recorded);
            } else if it.assessor == subjects.id {
                act(&format!("round {}: named", it.kind.word()), of, it.mark.recorded);
            }
        }
        let about = subjects.of_kind(&header.subject_kind);
        let mut after = SheetKey::default();
        loop {
            let page = tx.round_sheets(county, (id, ALWAYS), &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.key.clone();
            for it in page {
                let SheetKey { role, assessor, subject } = &it.key;
                let of = format!("{id}/{role}/{assessor}/{subject}");
                if assessor == subjects.id || it.holder == format!("principal/{}", subjects.id) {
                    act("sheet to assess", of, it.mark.recorded);
                } else if about.contains(subject) {
                    act("sheet about", of, it.mark.recorded);
                }
            }
        }
    }
    Ok(())
}

async fn audit(tx: &mut dyn ReadTx, county: &str, id: &str) -> Result<Vec<AuditLine>, AppError> {
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let page = tx.audit_page(county, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = last.seq;
        let own = |it: &&AuditRecord| {
            let named: BTreeSet<&str> = it.entry.subject.split(['/', ' ']).collect();
            it.entry.principal == id || named.contains(id)
        };
        found.extend(page.iter().filter(own).map(audit_line));
    }
}

fn version_line(stored: &StoredVersion) -> Result<VersionLine, AppError> {
    let it = &stored.version;
    let parent = format!("{}/{}", it.parent_kind, it.parent_id);
    Ok(VersionLine {
        kind: it.kind.clone(),
        id: it.id.clone(),
        name: it.name.clone(),
        name_erased: matches!(it.kept, NameKept::Erased { .. }),
        from: it.effective_from.to_string(),
        until: it.effective_until.map(|it| it.to_string()),
        parent: (!it.parent_kind.is_empty()).then_some(parent),
        attributes: serde_json::from_str(&it.attributes)
            .map_err(|why| crate::store::StoreError::corrupt("attributes", why))?,
        recorded: stored.recorded.to_string(),
        recorded_by: it.recorded_by.clone(),
    })
}

fn fact_line(stored: &StoredFact, because: &'static str) -> FactLine {
    let it = &stored.fact;
    let pair = |one: &str, two: &str| {
        if one.is_empty() && two.is_empty() { String::new() } else { format!("{one}/{two}") }
    };
    FactLine {
        id: crate::store::fact_id(stored.seq),
        because,
        kind: it.kind.word(),
        subject: pair(&it.subject_kind, &it.subject),
        item: it.item.clone(),
        period: it.period.clone(),
        from: it.on_day.map(|it| it.to_string()),
        until: it.until_day.map(|it| it.to_string()),
        name: it.name.clone(),
        amount_a: it.amount_a,
        amount_b: it.amount_b,
        detail: it.detail.clone(),
        by_whom: it.by_whom.clone(),
        at: it.at.map(|it| it.to_string()),
        evidence: it.evidence.clone(),
        late_reason: it.late_reason.clone(),
        source: pair(&it.source, &it.source_record),
        recorded: stored.recorded.to_string(),
        recorded_by: it.recorded_by.clone(),
        reversed: stored
            .reversed
            .as_ref()
            .map(|it| (it.recorded.to_string(), it.recorded_by.clone(), it.reason.clone())),
    }
}

fn result_line(run: &RunRecord, it: ResultRecord) -> ResultLine {
    ResultLine {
        run_id: run.run_id.clone(),
        state: run.state.word(),
        scheme: format!("{}/{}", run.scheme_id, run.version),
        subject: it.subject,
        period: it.period,
        status: it.status,
        score: it.score,
        grade: it.grade,
        ranks: it.ranks,
        awards: it.awards,
        reasons: it.reasons,
        groups: it.groups,
    }
}

fn audit_line(it: &AuditRecord) -> AuditLine {
    AuditLine {
        seq: it.seq,
        recorded: it.recorded.to_string(),
        principal: it.entry.principal.clone(),
        method: it.entry.method.clone(),
        subject: it.entry.subject.clone(),
        hash: hex(&it.hash),
    }
}
