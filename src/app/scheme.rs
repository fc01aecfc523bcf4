//! The county's schemes: checking, publishing once, finding the version in force, retiring.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use super::{App, AppError, Done, Effect, Missing, Refusal, Write, digest};
use crate::{
    domain::{
        engine::{Plan, run_examples},
        scheme::{NodeKind, Place, Schedule, Scheme, SchemeFault, Severity, SubjectKind, Veto},
        time::{Day, Moment, Period},
    },
    store::{ReadTx, Retirement, SchemeHeader, StoreError, StoreTx},
};

/// The largest document, in bytes.
pub const DOCUMENT_MAX: usize = 1024 * 1024;
/// How many compiled schemes are kept at hand.
const PLANS_MAX: usize = 256;
/// How many point schedules are kept at hand.
const SCHEDULES_MAX: usize = 20_000;
/// How many headers are read at once.
const PAGE: i64 = 1_000;

/// A version with its document, as it is kept.
pub type Published = (SchemeHeader, String);

/// What a check found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The compiled scheme, where the document is sound enough to say what it is.
    pub plan: Option<Arc<Plan>>,
    /// Every fault and warning, in the order of the document.
    pub faults: Vec<SchemeFault>,
    /// How many examples gave what they say.
    pub examples_passed: usize,
    /// How many examples there are.
    pub examples_total: usize,
}

impl Checked {
    /// Whether the document may be published: no fault, only warnings.
    pub fn is_sound(&self) -> bool {
        self.plan.is_some() && self.faults.iter().all(|it| it.severity == Severity::Warning)
    }
}

/// Compiled schemes, and point schedules, by the digest of their documents.
#[derive(Debug, Default)]
pub struct Plans {
    schemes: Kept<Plan>,
    schedules: Kept<Schedule>,
}

/// What was read of documents, by their digest.
#[derive(Debug)]
struct Kept<T>(Mutex<BTreeMap<[u8; 32], Arc<T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    fn get(&self, digest: &[u8; 32]) -> Option<Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    fn put(&self, digest: [u8; 32], made: T, most: usize) -> Arc<T> {
        let made = Arc::new(made);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= most {
            all.clear();
        }
        all.insert(digest, Arc::clone(&made));
        made
    }
}

impl Plans {
    /// The compiled scheme of a published document.
    pub fn plan(&self, (header, document): &Published) -> Result<Arc<Plan>, StoreError> {
        if let Some(plan) = self.get(&header.digest) {
            return Ok(plan);
        }
        let scheme = Scheme::read(document.as_bytes()).map_err(|faults| {
            let first = faults.first().map_or_else(String::new, ToString::to_string);
            StoreError::corrupt("document", first)
        })?;
        Ok(self.schemes.put(header.digest, Plan::compile(Arc::new(scheme)), PLANS_MAX))
    }

    /// The point schedule of an adopted document.
    pub(super) fn schedule(
        &self,
        digest: [u8; 32],
        document: &str,
    ) -> Result<Arc<Schedule>, StoreError> {
        if let Some(schedule) = self.schedules.get(&digest) {
            return Ok(schedule);
        }
        let schedule = Schedule::read(document.as_bytes()).map_err(|faults| {
            let first = faults.first().map_or_else(String::new, ToString::to_string);
            StoreError::corrupt("document", first)
        })?;
        Ok(self.schedules.put(digest, schedule, SCHEDULES_MAX))
    }

    /// The compiled scheme of that digest, if it was compiled before.
    pub fn get(&self, digest: &[u8; 32]) -> Option<Arc<Plan>> {
        self.schemes.get(digest)
    }

    /// The compiled schemes of that kind of subject that are in force on a day.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn in_force(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (kind, day): (SubjectKind, Day),
    ) -> Result<Vec<Arc<Plan>>, AppError> {
        let mut plans = Vec::new();
        for header in headers_in_force(headers(tx, county).await?, day) {
            if header.subject_kind != kind.name() {
                continue;
            }
            let known = self.get(&header.digest);
            plans.push(match known {
                Some(plan) => plan,
                None => match tx.scheme(county, &header.scheme_id, header.version).await? {
                    Some(published) => self.plan(&published)?,
                    None => continue,
                },
            });
        }
        Ok(plans)
    }
}

impl Plans {
    /// The items of the veto lists that records about a kind of subject can name: those of the
    /// schemes about it in force on a day; about members, those too that are of a post's holder.
    pub async fn veto_items(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (kind, day): (SubjectKind, Day),
    ) -> Result<Vec<Veto>, AppError> {
        let own = self.in_force(tx, county, (kind, day)).await?;
        let mut items: Vec<Veto> = own.iter().flat_map(|it| &it.scheme().vetoes).cloned().collect();
        if kind == SubjectKind::Member {
            let posts = self.in_force(tx, county, (SubjectKind::Post, day)).await?;
            let of_posts = posts.iter().flat_map(|it| &it.scheme().vetoes);
            items.extend(of_posts.filter(|it| it.of_holder).cloned());
        }
        Ok(items)
    }
}

/// The last day in force: by the document or by retirement, whichever is earlier.
pub fn last_day(header: &SchemeHeader) -> Option<Day> {
    let retired = header.retired.as_ref().map(|it| it.last_day);
    header.in_force_until.into_iter().chain(retired).min()
}

/// All published versions of a county, by id and version.
pub async fn headers(tx: &mut dyn ReadTx, county: &str) -> Result<Vec<SchemeHeader>, AppError> {
    let mut all: Vec<SchemeHeader> = Vec::new();
    loop {
        let after = all.last().map(|it| (it.scheme_id.clone(), it.version)).unwrap_or_default();
        let page = tx.scheme_page(county, (&after.0, after.1), PAGE).await?;
        let last = i64::try_from(page.len()).is_ok_and(|it| it < PAGE);
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

/// Of each scheme the version in force on a day: the highest whose days include it.
pub fn headers_in_force(all: Vec<SchemeHeader>, day: Day) -> Vec<SchemeHeader> {
    let holds =
        |it: &SchemeHeader| it.in_force_from <= day && last_day(it).is_none_or(|last| day <= last);
    let mut highest: BTreeMap<String, SchemeHeader> = BTreeMap::new();
    for header in all.into_iter().filter(holds) {
        highest.insert(header.scheme_id.clone(), header);
    }
    highest.into_values().collect()
}

/// Checks a document and runs its examples. It takes a while: not for a thread that serves.
pub fn check(document: &[u8]) -> Checked {
    let scheme = match Scheme::read(document) {
        Ok(scheme) => scheme,
        Err(faults) => {
            return Checked { plan: None, faults, examples_passed: 0, examples_total: 0 };
        }
    };
    let mut faults = scheme.warnings.clone();
    let total = scheme.examples.len();
    let plan = Arc::new(Plan::compile(Arc::new(scheme)));
    let mut failed: BTreeSet<Place> = BTreeSet::new();
    for wrong in run_examples(&plan) {
        failed.insert(wrong.place);
        faults.push(SchemeFault {
            severity: Severity::Fault,
            code: "EXAMPLE_DIFFERS",
            place: wrong.place,
            path: format!("examples `{}`", wrong.title),
            wrong: wrong.wrong,
            wrong_zh: "示例结果与所述不符".to_owned(),
            right: "rules and an example that agree".to_owned(),
        });
    }
    faults.sort_by(|a, b| (a.place, &a.path, a.code).cmp(&(b.place, &b.path, b.code)));
    let examples_passed = total.saturating_sub(failed.len());
    Checked { plan: Some(plan), faults, examples_passed, examples_total: total }
}

/// The schemes whose results a scheme takes, each with the place of the first node that does.
fn references(scheme: &Scheme) -> BTreeMap<&str, (Place, &str)> {
    let mut all = BTreeMap::new();
    for node in &scheme.nodes {
        if let NodeKind::ResultOf(result) = &node.kind {
            all.entry(result.scheme.as_str()).or_insert((node.place, node.path.as_str()));
        }
    }
    all
}

impl App {
    /// Checks a document away from the threads that serve. With a county, schemes that it has not
    /// published are faults too.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn check_scheme(
        &self,
        county: Option<&str>,
        document: Vec<u8>,
    ) -> Result<Checked, AppError> {
        let mut checked = checked_apart(document).await?;
        let (Some(county), Some(plan)) = (county, checked.plan.clone()) else {
            return Ok(checked);
        };
        let mut tx = self.read().await?;
        for (id, (place, path)) in references(plan.scheme()) {
            if id == plan.scheme().id || tx.scheme(county, id, 0).await?.is_some() {
                continue;
            }
            checked.faults.push(SchemeFault {
                severity: Severity::Fault,
                code: "SCHEME_REFERENCE_UNKNOWN",
                place,
                path: path.to_owned(),
                wrong: format!("the county has not published `{id}`"),
                wrong_zh: format!("本县尚未发布评分办法 {id}"),
                right: "a scheme that is published before this one".to_owned(),
            });
        }
        checked.faults.sort_by(|a, b| (a.place, &a.path).cmp(&(b.place, &b.path)));
        Ok(checked)
    }

    /// Publishes a checked document; `encode` makes the answer out of the header.
    pub async fn publish_scheme(
        &self,
        call: Write,
        plan: Arc<Plan>,
        document: String,
        encode: impl Fn(&SchemeHeader) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), plan, document, plans, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, plan, document, plans, encode) = &*shared;
                let header = header(plan.scheme(), document, at, &call.principal);
                may_publish(tx, &call.county, plans, plan.scheme(), &header).await?;
                tx.insert_scheme(&call.county, &header, document).await?;
                let subject = format!("scheme/{}/{}", header.scheme_id, header.version);
                let effect = Effect { subject, digest: header.digest };
                Ok(Done { response: encode(&header), effects: vec![effect] })
            })
        })
        .await
    }

    /// Sets the last day in force of a version; `encode` makes the answer out of the header.
    pub async fn retire_scheme(
        &self,
        call: Write,
        (scheme_id, version): (String, i64),
        (last_day, reason): (Day, String),
        encode: impl Fn(&SchemeHeader) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), scheme_id, reason, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, scheme_id, reason, encode) = &*shared;
                let found = tx.scheme(&call.county, scheme_id, version).await?;
                let name = format!("{scheme_id}/{version}");
                let missing = || AppError::not_found(Missing::Scheme, &name);
                let (mut header, _) = found.ok_or_else(missing)?;
                may_retire(&header, last_day)?;
                let retirement = Retirement {
                    last_day,
                    reason: reason.clone(),
                    recorded: at,
                    recorded_by: call.principal.clone(),
                };
                tx.retire_scheme(&call.county, scheme_id, version, &retirement).await?;
                header.retired = Some(retirement);
                let effect = retirement_effect(&name, last_day, reason);
                Ok(Done { response: encode(&header), effects: vec![effect] })
            })
        })
        .await
    }
}

/// [`check`] away from the threads that serve.
pub async fn checked_apart(document: Vec<u8>) -> Result<Checked, AppError> {
    let span = tracing::Span::current();
    let task = tokio::task::spawn_blocking(move || span.in_scope(|| check(&document)));
    task.await.map_err(|why| AppError::Internal(format!("a check did not end: {why}")))
}

/// What a retirement changed, for the audit trail; `name` is id and version.
pub(super) fn retirement_effect(name: &str, last_day: Day, reason: &str) -> Effect {
    let subject = format!("scheme/{name}/retirement");
    Effect { subject, digest: digest(&[last_day.to_string().as_bytes(), reason.as_bytes()]) }
}

/// The version of a scheme that is in force on the last day of a period of its length.
///
/// # Errors
/// `SCHEME_NOT_FOUND`, `SCHEME_NOT_IN_FORCE`, `PERIOD_KIND_MISMATCH`; those of the store.
pub(super) async fn in_force_over(
    tx: &mut dyn ReadTx,
    county: &str,
    (id, period): (&str, Period),
) -> Result<SchemeHeader, AppError> {
    let mut versions = headers(tx, county).await?;
    versions.retain(|it| it.scheme_id == id);
    if versions.is_empty() {
        return Err(AppError::not_found(Missing::Scheme, id));
    }
    let found = headers_in_force(versions, period.last_day()).pop();
    let found = found.ok_or_else(|| AppError::not_found(Missing::SchemeInForce, id))?;
    let kind = &found.period_kind;
    if period.kind().name() != kind {
        let en = format!("`{id}` evaluates by {kind}, and {period} is a {}", period.kind().name());
        let refusal =
            Refusal::new("PERIOD_KIND_MISMATCH", en, "评价周期的长度与评分办法规定的不一致");
        return Err(AppError::Refused(refusal.with("period_kind", kind.clone())));
    }
    Ok(found)
}

/// What stands beside a published document.
pub(super) fn header(scheme: &Scheme, document: &str, at: Moment, principal: &str) -> SchemeHeader {
    use sha2::{Digest, Sha256};
    SchemeHeader {
        scheme_id: scheme.id.clone(),
        version: i64::from(scheme.version),
        digest: Sha256::digest(document.as_bytes()).into(),
        title: scheme.title.clone(),
        subject_kind: scheme.subject.name().to_owned(),
        period_kind: scheme.period.name().to_owned(),
        in_force_from: scheme.in_force.from,
        in_force_until: scheme.in_force.until,
        published: at,
        published_by: principal.to_owned(),
        retired: None,
    }
}

/// Versions ascend, agree on what they evaluate, and take results of published schemes only, none of
/// which takes theirs.
async fn may_publish(
    tx: &mut dyn StoreTx,
    county: &str,
    plans: &Plans,
    scheme: &Scheme,
    header: &SchemeHeader,
) -> Result<(), AppError> {
    let (id, version) = (&header.scheme_id, header.version);
    if tx.scheme(county, id, version).await?.is_some() {
        let existing = format!("{id}/{version}");
        return Err(AppError::AlreadyExists { reason: "SCHEME_VERSION_EXISTS", existing });
    }
    if let Some((highest, _)) = tx.scheme(county, id, 0).await? {
        if version < highest.version {
            let en = format!("version {} of `{id}` is published already", highest.version);
            return Err(AppError::refused("SCHEME_VERSION_NOT_NEXT", en, "版本号须递增"));
        }
        let kinds = |it: &SchemeHeader| (it.subject_kind.clone(), it.period_kind.clone());
        if kinds(&highest) != kinds(header) {
            let en = "all versions of a scheme have one kind of subject and of period";
            let zh = "同一评分办法各版本的评价对象和周期须一致";
            return Err(AppError::refused("SCHEME_SUBJECT_CHANGED", en, zh));
        }
    }
    let mut open: Vec<String> = references(scheme).into_keys().map(str::to_owned).collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let own: BTreeSet<String> = open.iter().cloned().collect();
    while let Some(other) = open.pop() {
        if other == *id {
            let en = format!("`{id}` would take its own results");
            let refusal = Refusal::new("SCHEME_CYCLE", en, "评分办法相互引用形成循环");
            return Err(AppError::Refused(refusal.with("scheme_id", other)));
        }
        if !seen.insert(other.clone()) {
            continue;
        }
        match tx.scheme(county, &other, 0).await? {
            Some(published) => {
                let plan = plans.plan(&published)?;
                open.extend(references(plan.scheme()).into_keys().map(str::to_owned));
            }
            None if own.contains(&other) => {
                let en = format!("the county has not published `{other}`");
                let zh = format!("本县尚未发布评分办法 {other}");
                let refusal = Refusal::new("SCHEME_REFERENCE_UNKNOWN", en, zh);
                return Err(AppError::Refused(refusal.with("scheme_id", other)));
            }
            None => (),
        }
    }
    Ok(())
}

fn may_retire(header: &SchemeHeader, last_day: Day) -> Result<(), AppError> {
    if let Some(retired) = &header.retired {
        let en = format!("it has been retired already, with {} as its last day", retired.last_day);
        return Err(AppError::refused("SCHEME_RETIRED", en, "该版本已停止使用"));
    }
    if last_day < header.in_force_from {
        let en = format!("it is in force from {} on", header.in_force_from);
        return Err(AppError::refused("RETIRE_BEFORE_FORCE", en, "停用日早于生效日"));
    }
    if let Some(until) = header.in_force_until.filter(|it| last_day > *it) {
        let en = format!("it ends on {until} by itself");
        return Err(AppError::refused("RETIRE_AFTER_FORCE", en, "停用日晚于有效期截止日"));
    }
    Ok(())
}
