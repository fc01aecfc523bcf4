//! What is told of published appraisals of posts (S3, S6): who was appraised, and what the registry
//! said on the day of publication, as it was known at that moment.

use std::collections::BTreeMap;

use super::{KeptResult, Rated, RatingSelector, ResultFilter, Shown, period_of, read::sound};
use crate::{
    app::{
        App, AppError,
        registry::{Detail, Record, RecordKind, RecordRef},
        timeline::{Held, lately, timelines},
    },
    domain::{
        engine::{Followed, followed},
        time::{Day, Moment},
    },
    store::{ReadTx, ResultsAfter, RunRecord, StoreError},
};

/// How many rows are read at once.
const PAGE: i64 = 1_000;

/// Who was appraised in a post, and what was on the day of publication.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appraised {
    /// Who held the post on the last day of the period, or last before it, as the run knew it; empty:
    /// the registry did not say.
    pub person: String,
    /// The person's name; empty where it was erased.
    pub name: String,
    /// The post's title then.
    pub title: String,
    /// Where it was held then.
    pub unit: Option<RecordRef>,
    /// The attributes of the day of publication, with the person's `status`, as known at that moment.
    pub attributes: BTreeMap<String, String>,
}

/// A result with whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appraisal {
    /// The result.
    pub kept: KeptResult,
    /// Who was appraised.
    pub appraised: Appraised,
}

impl Appraisal {
    /// What follows from it by the day of publication.
    pub fn followed<'s>(&self, shown: &'s Shown) -> Followed<'s> {
        followed(shown.plan.scheme(), &self.kept.advisable(), &self.appraised.attributes)
    }
}

/// Which appraisals are listed; what is not said is not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppraisalFilter {
    /// By what the result says.
    pub results: ResultFilter,
    /// Of this person.
    pub person: Option<String>,
    /// Those from which one of these follows.
    pub consequences: Vec<String>,
}

/// A page of appraisals.
#[derive(Debug, Clone)]
pub struct AppraisalPage {
    /// The appraisals, in the run's order.
    pub appraisals: Vec<Appraisal>,
    /// The ordinal after which the next page starts; none after the last page.
    pub next: Option<i64>,
}

/// Whether subjects of a kind are appraised.
pub fn is_appraised(kind: RecordKind) -> bool {
    kind == RecordKind::Post
}

impl App {
    /// The publication of appraisals that is meant, in one snapshot.
    ///
    /// # Errors
    /// `DAY_IN_FUTURE`, `RUN_NOT_PUBLISHED`, `NOT_AN_APPRAISAL`, and those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn appraisals_of(
        &self,
        county: &str,
        selector: &RatingSelector,
    ) -> Result<Rated, AppError> {
        let found = self.told(county, selector).await?;
        let kind = RecordKind::named(&found.publication.publication.subject_kind);
        if kind.is_some_and(is_appraised) {
            return Ok(found);
        }
        let id = &selector.scheme_id;
        let en = format!("`{id}` is not about posts");
        Err(AppError::refused("NOT_AN_APPRAISAL", en, format!("评分办法 {id} 的对象不是职务")))
    }

    /// Who was appraised in these posts, by post.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn appraised(
        &self,
        county: &str,
        run: &RunRecord,
        posts: &[String],
    ) -> Result<BTreeMap<String, Appraised>, AppError> {
        let mut tx = self.read().await?;
        appraised(&mut *tx, county, run, posts).await
    }

    /// A page of a run's appraisals that are seen. A run's results never change, nor what was known
    /// when it was published, so that pages read at different times are pages of one list.
    ///
    /// # Errors
    /// `DIGEST_MISMATCH`, and those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_appraisals(
        &self,
        county: &str,
        shown: &Shown,
        filter: &AppraisalFilter,
        (after, limit): (i64, usize),
        seen: impl Fn(&Appraisal) -> bool + Send,
    ) -> Result<AppraisalPage, AppError> {
        let mut tx = self.read().await?;
        let mut page = AppraisalPage { appraisals: Vec::new(), next: None };
        let mut after = after;
        loop {
            let from = ResultsAfter::Ordinal(after);
            let records = tx.results(county, &shown.run.run_id, &from, PAGE).await?;
            if records.is_empty() {
                return Ok(page);
            }
            let posts: Vec<String> = records.iter().map(|it| it.subject.clone()).collect();
            let mut who = appraised(&mut *tx, county, &shown.run, &posts).await?;
            for record in records {
                let kept = sound(&record)?;
                let appraised = who.remove(&kept.subject).unwrap_or_default();
                let appraisal = Appraisal { kept, appraised };
                if filter.takes(shown, &appraisal) && seen(&appraisal) {
                    if page.appraisals.len() == limit {
                        page.next = Some(after);
                        return Ok(page);
                    }
                    page.appraisals.push(appraisal);
                }
                after = record.ordinal;
            }
        }
    }
}

impl AppraisalFilter {
    fn takes(&self, shown: &Shown, it: &Appraisal) -> bool {
        let follows = || {
            let followed = it.followed(shown);
            followed.consequences.iter().any(|it| self.consequences.contains(&it.id))
        };
        self.results.takes(&it.kept)
            && self.person.as_ref().is_none_or(|own| *own == it.appraised.person)
            && (self.consequences.is_empty() || follows())
    }
}

/// The moment of a run's publication, and its day; nothing while it is not published.
pub(in crate::app) fn published_on(run: &RunRecord) -> Result<Option<(Moment, Day)>, AppError> {
    let Some((at, _)) = &run.published else { return Ok(None) };
    let day = at.beijing_day();
    let why = "it is out of the calendar";
    Ok(Some((*at, day.ok_or_else(|| StoreError::corrupt("runs.published", why))?)))
}

/// Who was appraised in these posts of a run, by post. Without a publication nothing is said of its
/// day.
pub(in crate::app) async fn appraised(
    tx: &mut dyn ReadTx,
    county: &str,
    run: &RunRecord,
    posts: &[String],
) -> Result<BTreeMap<String, Appraised>, AppError> {
    let last_day = period_of(&run.period)?.last_day();
    let then = timelines(tx, county, RecordKind::Post.word(), posts, run.known).await?;
    let mut all: BTreeMap<String, Appraised> = BTreeMap::new();
    let mut records: BTreeMap<&str, &Record> = BTreeMap::new();
    for (id, held) in &then {
        let Some(record) = lately(held, last_day) else { continue };
        let Detail::Post { person, title, unit } = &record.detail else { continue };
        let (person, title, unit) = (person.clone(), title.clone(), Some(unit.clone()));
        all.insert(id.clone(), Appraised { person, title, unit, ..Appraised::default() });
        records.insert(id, record);
    }
    let Some((at, day)) = published_on(run)? else { return Ok(all) };
    let mut persons: Vec<String> = all.values().map(|it| it.person.clone()).collect();
    persons.sort_unstable();
    persons.dedup();
    let members = timelines(tx, county, RecordKind::Member.word(), &persons, at).await?;
    let now = timelines(tx, county, RecordKind::Post.word(), posts, at).await?;
    for (id, own) in &mut all {
        let member = members.get(&own.person).map(Vec::as_slice).unwrap_or_default();
        own.name = lately(member, day).map(|it| it.name.clone()).unwrap_or_default();
        // Of a post that has ended by then, or is another's, the attributes are those it had while
        // the person held it.
        let post = now.get(id).and_then(|held| on(held, day));
        let post = post.filter(|it| it.person() == Some(own.person.as_str()));
        let Some(post) = post.or_else(|| records.get(id.as_str()).copied()) else { continue };
        own.attributes = post.predicates();
        if let Some(Detail::Member { status, .. }) = on(member, day).map(|it| &it.detail) {
            let status = status.word().to_owned();
            own.attributes.entry("status".to_owned()).or_insert(status);
        }
    }
    Ok(all)
}

/// The version of a day.
fn on(held: &[Held], day: Day) -> Option<&Record> {
    held.iter().find(|it| it.days.contains(day)).map(|it| &it.record)
}
