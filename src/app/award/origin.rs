//! What entitles, read from what was published and confirmed (A1, A2), and from nothing else.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    app::{
        AppError, Missing,
        registry::RecordKind,
        run::{self, Appraisal, Appraised, published_on},
        scheme::Plans,
        selection::{Selected, all_selections, selected_at},
    },
    domain::{
        award::{
            Claim, EntitlementKey, RecipientKind, Source, SourceKind, Unclaimed, WhyUnclaimed,
        },
        engine::{Plan, followed},
        scheme::{Award, AwardTo, Basis, Paid, Scheme, SubjectKind},
        selection::{Phase, Stage},
        time::Moment,
    },
    store::{ReadTx, ResultsAfter, RunRecord},
};

/// How many results are read at once.
const PAGE: i64 = 1_000;

/// What a source entitles to.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The document and period.
    pub(super) source: Source,
    /// The version of the document.
    pub(super) version: i64,
    /// The run or selection.
    pub(super) id: String,
    /// What the document is called.
    pub(super) title: String,
    /// Where each award stands.
    pub(super) basis: BTreeMap<String, Vec<Basis>>,
    /// Who is entitled to what, by key.
    pub(super) claims: BTreeMap<EntitlementKey, Claim>,
    /// What was earned and nobody can be paid, by award and subject.
    pub(super) unclaimed: Vec<Unclaimed>,
}

/// Where and when a source is read.
#[derive(Clone, Copy)]
pub(in crate::app) struct Here<'a> {
    pub(in crate::app) county: &'a str,
    pub(in crate::app) now: Moment,
    pub(in crate::app) plans: &'a Plans,
}

impl Origin {
    /// What a source entitles to now.
    ///
    /// # Errors
    /// `RUN_NOT_PUBLISHED`, `SELECTION_NOT_CONFIRMED`; those of the store.
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        here: Here<'_>,
        source: &Source,
    ) -> Result<Self, AppError> {
        match source.kind {
            SourceKind::Scheme => {
                let run = tx.published_run(here.county, &source.id, &source.period).await?;
                let name = || format!("{} {}", source.id, source.period);
                let run = run.ok_or_else(|| AppError::not_found(Missing::PublishedRun, name()))?;
                Self::of_run(tx, here, &run).await
            }
            SourceKind::Selection => {
                let missing = || {
                    let name = format!("{} {}", source.id, source.period);
                    AppError::not_found(Missing::ConfirmedSelection, name)
                };
                let all = all_selections(tx, here.county).await?.into_iter();
                let own =
                    all.filter(|it| it.document_id == source.id && it.period == source.period);
                for it in own {
                    let id = it.selection_id;
                    let selected =
                        selected_at(tx, (here.county, here.now, here.plans), &id).await?;
                    if selected.state.phase == Phase::Confirmed {
                        return Ok(Self::of_selection(&selected));
                    }
                }
                Err(missing())
            }
        }
    }

    /// What a run entitles to, once it is published; if it is not, as if it were published now.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn of_run(
        tx: &mut dyn ReadTx,
        here: Here<'_>,
        run: &RunRecord,
    ) -> Result<Self, AppError> {
        let found = tx.scheme(here.county, &run.scheme_id, run.version).await?;
        let missing = || AppError::not_found(Missing::Scheme, run.scheme_id.clone());
        let plan = here.plans.plan(&found.ok_or_else(missing)?)?;
        let scheme = plan.scheme();
        let (id, period) = (run.scheme_id.clone(), run.period.clone());
        let source = Source { kind: SourceKind::Scheme, id, period };
        let origin = (run.version, run.run_id.clone(), scheme.title.clone());
        let mut all = Gathered::of(source, origin, &scheme.awards);
        if scheme.awards.is_empty() {
            return Ok(all.done());
        }
        let mut shown = run.clone();
        if published_on(&shown)?.is_none() {
            shown.published = Some((here.now, String::new()));
        }
        let mut after = ResultsAfter::Ordinal(i64::MIN);
        loop {
            let records = tx.results(here.county, &run.run_id, &after, PAGE).await?;
            let Some(last) = records.last() else { return Ok(all.done()) };
            after = ResultsAfter::Ordinal(last.ordinal);
            let subjects: Vec<String> = records.iter().map(|it| it.subject.clone()).collect();
            let mut who = posts(tx, here.county, (&shown, &plan), &subjects).await?;
            for record in &records {
                let kept = run::sound(record)?;
                let appraised = who.remove(&kept.subject).unwrap_or_default();
                all.take(scheme, &Appraisal { kept, appraised });
            }
        }
    }

    /// What a selection entitles to: those who are confirmed.
    pub(super) fn of_selection(selected: &Selected) -> Self {
        let (record, document) = (&selected.record, &selected.document);
        let (id, period) = (record.document_id.clone(), record.period.clone());
        let source = Source { kind: SourceKind::Selection, id, period };
        let (version, title) = (record.document_version, document.title.clone());
        let origin = (version, record.selection_id.clone(), title);
        let mut all = Gathered::of(source, origin, &document.awards);
        for branch in selected.at_stage(Stage::Confirmed) {
            for award in &document.awards {
                let to = match award.to {
                    AwardTo::Branch => branch.as_str(),
                    AwardTo::Person => "",
                };
                all.give(award, to, &branch);
            }
        }
        all.done()
    }
}

/// Who was appraised in posts on the day of publication; nobody where the scheme does not ask.
async fn posts(
    tx: &mut dyn ReadTx,
    county: &str,
    (run, plan): (&RunRecord, &Arc<Plan>),
    subjects: &[String],
) -> Result<BTreeMap<String, Appraised>, AppError> {
    let scheme = plan.scheme();
    let asks = scheme.awards.iter().any(|it| it.as_of_publication);
    if !asks || scheme.subject != SubjectKind::Post {
        return Ok(BTreeMap::new());
    }
    run::appraised(tx, county, run, subjects).await
}

/// Claims on their way.
struct Gathered(Origin);

impl Gathered {
    fn of(source: Source, (version, id, title): (i64, String, String), awards: &[Award]) -> Self {
        let basis = awards.iter().map(|it| (it.id.clone(), it.basis.clone())).collect();
        let (claims, unclaimed) = (BTreeMap::new(), Vec::new());
        Self(Origin { source, version, id, title, basis, claims, unclaimed })
    }

    fn done(mut self) -> Origin {
        self.0.unclaimed.sort_by(|a, b| (&a.award, &a.subject).cmp(&(&b.award, &b.subject)));
        self.0
    }

    /// What one result gives: what the run says, and what follows on the day of publication.
    fn take(&mut self, scheme: &Scheme, it: &Appraisal) {
        for given in &it.kept.awards {
            if let Some(award) = scheme.awards.iter().find(|own| own.id == given.id) {
                self.give(award, &given.recipient, &it.kept.subject);
            }
        }
        let late = followed(scheme, &it.kept.advisable(), &it.appraised.attributes);
        for award in late.awards {
            let unit = it.appraised.unit.as_ref();
            let branch = unit.filter(|it| it.kind == RecordKind::Branch);
            let to = match award.to {
                AwardTo::Person => it.appraised.person.as_str(),
                AwardTo::Branch => branch.map_or("", |it| it.id.as_str()),
            };
            self.give(award, to, &it.kept.subject);
        }
    }

    fn give(&mut self, award: &Award, to: &str, subject: &str) {
        let subject = subject.to_owned();
        let (recipient, why) = match award.to {
            AwardTo::Branch => (RecipientKind::Branch, WhyUnclaimed::NoBranch),
            AwardTo::Person => (RecipientKind::Member, WhyUnclaimed::NoPerson),
        };
        if to.is_empty() {
            let award = award.id.clone();
            self.0.unclaimed.push(Unclaimed { award, subject, why });
            return;
        }
        let each = match award.paid {
            Paid::Once => String::new(),
            Paid::Each => subject.clone(),
        };
        let (award_id, recipient_id) = (award.id.clone(), to.to_owned());
        let key = EntitlementKey { award: award_id, recipient, recipient_id, each };
        let claim = self.0.claims.entry(key.clone()).or_insert_with(|| Claim {
            key,
            title: called(award).to_owned(),
            amount: award.amount,
            subjects: Vec::new(),
        });
        if let Err(at) = claim.subjects.binary_search(&subject) {
            claim.subjects.insert(at, subject);
        }
    }
}

/// What an award is called: by its id where its document gives it no title.
fn called(award: &Award) -> &str {
    if award.title.is_empty() { &award.id } else { &award.title }
}
