//! What the demonstration found, gathered from the service's answers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{dual::Dual, formation::Formations};
use crate::{
    client::CallError,
    domain::{
        exact::{InvalidMoney, Money},
        scheme::Scheme,
    },
    proto::v1,
    sample::{BUDGET_FEN, Detail, Document, RecordKind, Sample},
};

/// The criteria of the red-flag selection.
pub(super) const RED_FLAG: &str = "xinping.red-flag-compound";
/// The scheme of the property rating.
pub(super) const RATING: &str = "xuancheng.property-rating";

/// One published evaluation.
pub(super) struct Done {
    pub(super) document: Document,
    pub(super) scheme: Scheme,
    pub(super) run: v1::Run,
    pub(super) results: Vec<v1::Result>,
    /// Of posts, what follows besides.
    pub(super) appraisals: Vec<v1::Appraisal>,
}

impl Done {
    /// The dimension of the groups that share the seats of a grade.
    fn within(&self, grade: &str) -> Option<&str> {
        let grade = self.scheme.grades.iter().find(|it| it.id == grade)?;
        grade.seats.as_ref().map(|it| it.within.as_str())
    }
}

/// A compound and its places by the selection's criteria.
#[derive(Debug, serde::Serialize)]
pub(super) struct Ranked {
    pub(super) compound: String,
    pub(super) name: String,
    pub(super) street: String,
    pub(super) street_name: String,
    /// Within the street; two that are equal in every key share one (F11).
    pub(super) place: i32,
    pub(super) county_place: i32,
    pub(super) score: String,
}

/// A tie left open.
#[derive(Debug, serde::Serialize)]
pub(super) struct Tie {
    pub(super) scheme: String,
    pub(super) grade: String,
    pub(super) group: String,
    pub(super) score: String,
    pub(super) subjects: Vec<String>,
    pub(super) names: Vec<String>,
}

/// A project with a veto in force.
#[derive(Debug, serde::Serialize)]
pub(super) struct Vetoed {
    pub(super) project: String,
    pub(super) name: String,
    pub(super) company: String,
    pub(super) items: Vec<String>,
    pub(super) grade: String,
    pub(super) score: String,
}

/// How often an award was given, and how much that is.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Given {
    pub(super) count: u64,
    pub(super) fen: i64,
}

/// The findings.
pub(super) struct Report {
    pub(super) done: Vec<Done>,
    pub(super) dual: Dual,
    pub(super) formations: Formations,
    names: BTreeMap<(RecordKind, String), String>,
    companies: BTreeMap<String, String>,
    /// What the selection gives a right to, once it is confirmed (A1).
    honours: BTreeMap<String, Given>,
}

/// The fen of an amount.
pub(super) fn fen(it: &crate::proto::google::r#type::Money) -> i64 {
    let part = i64::from(it.nanos).div_euclid(10_000_000);
    it.units.saturating_mul(100).saturating_add(part)
}

/// A decimal, or a dash.
pub(super) fn shown(value: Option<&crate::proto::google::r#type::Decimal>) -> String {
    value.map_or_else(|| "—".to_owned(), |it| it.value.clone())
}

pub(super) fn id_of(result: &v1::Result) -> &str {
    result.subject.as_ref().map_or("", |it| it.id.as_str())
}

impl Report {
    pub(super) fn new(
        sample: &Sample,
        done: Vec<Done>,
        of_days: (Dual, Formations),
        honours: BTreeMap<String, Given>,
    ) -> Self {
        let (dual, formations) = of_days;
        let named = sample.records.iter().map(|it| ((it.kind, it.id.clone()), it.name.clone()));
        let names: BTreeMap<_, _> = named.collect();
        let mut companies = BTreeMap::new();
        for record in &sample.records {
            if let Detail::Project { company_id, .. } = &record.detail {
                let name = names.get(&(RecordKind::Company, company_id.clone())).cloned();
                companies.insert(record.id.clone(), name.unwrap_or_default());
            }
        }
        Self { done, dual, formations, names, companies, honours }
    }

    pub(super) fn name<'a>(&'a self, kind: RecordKind, id: &'a str) -> &'a str {
        self.names.get(&(kind, id.to_owned())).map_or(id, String::as_str)
    }

    fn of(&self, id: &'static str) -> impl Iterator<Item = &v1::Result> {
        let done = self.done.iter().filter(move |it| it.document.id == id);
        done.flat_map(|it| it.results.iter())
    }

    /// The compounds that have a place, by their place in the county.
    pub(super) fn ranked(&self) -> Vec<Ranked> {
        let placed = self.of(RED_FLAG).filter(|it| it.ranks.contains_key("county"));
        let mut ranked: Vec<Ranked> = placed
            .map(|it| {
                let (compound, street) = (id_of(it), it.groups.get("street").map_or("", |it| it));
                let place = |dimension| it.ranks.get(dimension).copied().unwrap_or(0);
                Ranked {
                    compound: compound.to_owned(),
                    name: self.name(RecordKind::Compound, compound).to_owned(),
                    street: street.to_owned(),
                    street_name: self.name(RecordKind::Street, street).to_owned(),
                    place: place("street"),
                    county_place: place("county"),
                    score: shown(it.score.as_ref()),
                }
            })
            .collect();
        ranked.sort_by(|a, b| (a.county_place, &a.compound).cmp(&(b.county_place, &b.compound)));
        ranked
    }

    /// Ties left open: those that share a scheme, a grade, a group and a score.
    pub(super) fn ties(&self) -> Vec<Tie> {
        let mut ties: BTreeMap<[String; 4], Vec<String>> = BTreeMap::new();
        for done in &self.done {
            for result in done.results.iter().filter(|it| it.status() == v1::ResultStatus::TieOpen)
            {
                let reason = result.reasons.iter().find(|it| it.code == "tie_open");
                let param = |name: &str| {
                    reason.and_then(|it| it.params.get(name)).cloned().unwrap_or_default()
                };
                let (grade, score) = (param("grade"), shown(result.score.as_ref()));
                let within = done.within(&grade).and_then(|it| result.groups.get(it)).cloned();
                let key = [done.document.id.to_owned(), grade, within.unwrap_or_default(), score];
                ties.entry(key).or_default().push(id_of(result).to_owned());
            }
        }
        let ties = ties.into_iter().map(|([scheme, grade, group, score], subjects)| {
            let kind = if scheme == RED_FLAG { RecordKind::Compound } else { RecordKind::Post };
            let names = subjects.iter().map(|it| self.name(kind, it).to_owned()).collect();
            Tie { scheme, grade, group, score, subjects, names }
        });
        ties.collect()
    }

    /// Projects with a veto in force, and their companies.
    pub(super) fn vetoed(&self) -> Vec<Vetoed> {
        let mut vetoed = Vec::new();
        for result in self.of(RATING) {
            let items: Vec<String> = result
                .reasons
                .iter()
                .filter(|it| it.code == "veto")
                .filter_map(|it| it.params.get("item").cloned())
                .collect();
            if !items.is_empty() {
                let project = id_of(result);
                vetoed.push(Vetoed {
                    project: project.to_owned(),
                    name: self.name(RecordKind::Project, project).to_owned(),
                    company: self.companies.get(project).cloned().unwrap_or_default(),
                    items,
                    grade: result.grade.clone().unwrap_or_else(|| "—".to_owned()),
                    score: shown(result.score.as_ref()),
                });
            }
        }
        vetoed
    }

    /// The awards, by id.
    pub(super) fn awards(&self) -> BTreeMap<String, Given> {
        let mut awards = self.honours.clone();
        let results = self.done.iter().filter(|it| it.appraisals.is_empty());
        let given = results.flat_map(|it| &it.results).flat_map(|it| &it.awards);
        let given = given.map(|it| (&it.award_id, &it.amount));
        // Of posts also those as of publication, which no result has.
        let of_posts = self.done.iter().flat_map(|it| &it.appraisals).flat_map(|it| &it.awards);
        for (id, amount) in given.chain(of_posts.map(|it| (&it.id, &it.amount))) {
            let Some(amount) = amount else { continue };
            let fen = fen(amount);
            let sum = awards.entry(id.clone()).or_default();
            sum.count = sum.count.saturating_add(1);
            sum.fen = sum.fen.saturating_add(fen);
        }
        awards
    }

    /// How many posts what follows from (S3, S6), by id: title and count.
    pub(super) fn follows(&self) -> BTreeMap<String, (String, usize)> {
        let mut counts: BTreeMap<String, (String, usize)> = BTreeMap::new();
        let all = self.done.iter().flat_map(|it| &it.appraisals).flat_map(|it| &it.consequences);
        for it in all {
            let (_, count) = counts.entry(it.id.clone()).or_insert((it.title.clone(), 0));
            *count = count.saturating_add(1);
        }
        counts
    }

    /// All awards together, and what they leave of the budget.
    pub(super) fn money(&self) -> Result<(Money, Money), InvalidMoney> {
        let mut total = Money::from_fen(0);
        for given in self.awards().values() {
            total = total.plus(Money::from_fen(given.fen))?;
        }
        Ok((total, Money::from_fen(BUDGET_FEN).minus(total)?))
    }

    fn quotas(&self) -> Vec<Value> {
        let mut tables = Vec::new();
        for done in &self.done {
            for table in &done.run.quotas {
                let groups: Vec<Value> = table.groups.iter().map(quota).collect();
                let grade = &table.for_grade;
                tables.push(json!({"scheme": done.document.id, "for": grade, "groups": groups}));
            }
        }
        tables
    }

    /// Everything as one object.
    pub(super) fn json(
        &self,
        seed: u64,
        explained: &v1::ExplainResultResponse,
    ) -> Result<Value, CallError> {
        let (total, left) = self.money().map_err(|_| CallError::Lacks("a sum of money"))?;
        let mut all_grades = Map::new();
        let mut statuses = Map::new();
        for done in &self.done {
            let counts: Map<String, Value> =
                grades(done).into_iter().map(|(id, _, count)| (id, count.into())).collect();
            all_grades.insert(done.document.id.to_owned(), counts.into());
            statuses.insert(done.document.id.to_owned(), json!(done.run.status_counts));
        }
        let awards: Map<String, Value> = self
            .awards()
            .into_iter()
            .map(|(id, given)| {
                let amount = Money::from_fen(given.fen).to_string();
                (id, json!({"count": given.count, "amount": amount}))
            })
            .collect();
        let follows = self.follows().into_iter().map(|(id, it)| (id, it.1.into()));
        let follows: Map<String, Value> = follows.collect();
        let ratings = all_grades.get(RATING).cloned().unwrap_or_default();
        Ok(json!({
            "seed": seed,
            "quotas": self.quotas(),
            "ranked": self.ranked(),
            "ties_open": self.ties(),
            "ratings": ratings,
            "vetoed": self.vetoed(),
            "grades": all_grades,
            "statuses": statuses,
            "dual": self.dual.json(),
            "formations": self.formations.json(),
            "follows": follows,
            "awards": awards,
            "total": total.to_string(),
            "left": left.to_string(),
            "budget": Money::from_fen(BUDGET_FEN).to_string(),
            "explained": explanation(explained),
        }))
    }
}

/// How many results of a scheme have each grade: id, title, count, from the top.
pub(super) fn grades(done: &Done) -> Vec<(String, String, usize)> {
    let grades = done.scheme.grades.iter().map(|grade| {
        let has = |it: &&v1::Result| it.grade.as_deref() == Some(grade.id.as_str());
        (grade.id.clone(), grade.title.clone(), done.results.iter().filter(has).count())
    });
    grades.collect()
}

/// The word of a quota row's reason.
fn why(row: &v1::QuotaGroup) -> &'static str {
    match row.why() {
        v1::QuotaWhy::Unspecified => "",
        v1::QuotaWhy::Floor => "floor",
        v1::QuotaWhy::HalfUp => "half_up",
        v1::QuotaWhy::Ceiling => "ceiling",
        v1::QuotaWhy::Remainder => "remainder",
        v1::QuotaWhy::TieOpen => "tie_open",
    }
}

/// An exact number as it is shown.
pub(super) fn number(value: Option<&v1::ExactNumber>) -> String {
    shown(value.and_then(|it| it.shown.as_ref()))
}

fn quota(row: &v1::QuotaGroup) -> Value {
    json!({
        "group": row.group,
        "members": row.members,
        "quota": number(row.quota.as_ref()),
        "floor": row.floor,
        "remainder": number(row.remainder.as_ref()),
        "seats": row.seats,
        "why": why(row),
    })
}

fn explanation(explained: &v1::ExplainResultResponse) -> Value {
    let subject = explained.result.as_ref().map_or("", id_of);
    let score = explained.result.as_ref().map(|it| shown(it.score.as_ref()));
    let steps: Vec<Value> = explained
        .steps
        .iter()
        .filter_map(|it| it.how.as_ref())
        .map(|it| json!({"en": it.en, "zh": it.zh}))
        .collect();
    json!({
        "subject": subject,
        "score": score,
        "root": explained.root.as_ref().map(node),
        "steps": steps,
    })
}

fn node(it: &v1::ExplainedNode) -> Value {
    let how = it.how.as_ref().map(|how| json!({"en": how.en, "zh": how.zh}));
    json!({
        "id": it.id,
        "title": it.title,
        "value": it.value.as_ref().map(|value| number(Some(value))),
        "how": how,
        "children": it.children.iter().map(node).collect::<Vec<Value>>(),
    })
}
