//! Appraisals and objections to them as messages.

use super::super::{
    encode::{date, decimal, text, timestamp},
    registry_encode::reference,
    result_encode::{self, money},
};
use crate::{
    app::{
        access::FieldGroup,
        result_objection::ObjectionSide,
        run::{Appraisal, GivenAward, Shown},
    },
    domain::{
        scheme::{Award, AwardTo, Basis, Consequence, Predicate, Scheme},
        time::{Day, Period},
    },
    proto::v1,
    store::{ResultAnswer, ResultVerdict, StoreError},
};

/// What is told of every appraisal of a publication.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    /// Run and scheme.
    pub(super) shown: &'a Shown,
    /// The day of publication.
    pub(super) published_on: Option<Day>,
    /// Until when it may be objected to.
    pub(super) object_until: Option<Day>,
}

/// An appraisal, of which the caller sees these groups of fields.
pub(super) fn appraisal(
    told: Told<'_>,
    it: &Appraisal,
    sees: impl Fn(FieldGroup) -> bool,
) -> v1::Appraisal {
    let (shown, kept, who) = (told.shown, &it.kept, &it.appraised);
    let scheme = shown.plan.scheme();
    let result = result_encode::result(&shown.plan, &shown.run, kept);
    let follows = it.followed(shown);
    let why = Why { scheme, told, it };
    let awards = if sees(FieldGroup::Money) { awards(&why, &follows.awards) } else { Vec::new() };
    let name = if sees(FieldGroup::Names) { who.name.clone() } else { String::new() };
    v1::Appraisal {
        post_id: kept.subject.clone(),
        post_title: who.title.clone(),
        unit: who.unit.clone().map(reference),
        person_id: who.person.clone(),
        person_name: name,
        period: result.period,
        status: result.status,
        score: result.score,
        out_of: scheme.nodes.first().and_then(|it| it.out_of).map(decimal),
        grade: kept.grade.as_deref().map(|id| grade(scheme, id)),
        ranks: result.ranks,
        groups: result.groups,
        reasons: result.reasons,
        consequences: follows.consequences.iter().map(|it| consequence(&why, it)).collect(),
        awards,
        published_on: told.published_on.map(date),
        status_on_publication: why.status().to_owned(),
        object_until: told.object_until.map(date),
        objections: None,
        basis: basis(&scheme.basis),
        digest: result.digest,
        receipt: result.receipt,
    }
}

fn grade(scheme: &Scheme, id: &str) -> v1::AppraisalGrade {
    let title = scheme.grades.iter().find(|it| it.id == id).map(|it| it.title.clone());
    v1::AppraisalGrade { id: id.to_owned(), title: title.unwrap_or_default() }
}

fn basis(of: &[Basis]) -> Vec<v1::AppraisalBasis> {
    let one = |it: &Basis| v1::AppraisalBasis {
        document: it.document.clone(),
        clause: it.clause.clone(),
    };
    of.iter().map(one).collect()
}

/// What the sentences speak of.
struct Why<'a> {
    scheme: &'a Scheme,
    told: Told<'a>,
    it: &'a Appraisal,
}

impl Why<'_> {
    /// The status of the day of publication; empty: nobody said.
    fn status(&self) -> &str {
        self.it.appraised.attributes.get("status").map_or("", String::as_str)
    }

    /// Why something follows: the grade, and the status of the day of publication where it is asked.
    fn because(&self, when: Option<&Predicate>) -> v1::LocalText {
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        if let Some(id) = &self.it.kept.grade {
            let grade = grade(self.scheme, id);
            en.push(format!("the grade is `{id}`"));
            let title = if grade.title.is_empty() { id } else { &grade.title };
            zh.push(format!("等次为“{title}”"));
        }
        if let (true, Some(day)) = (when.is_some_and(asks_status), self.told.published_on) {
            let status = self.status();
            let (word, own) = match status {
                "in_service" => ("in-service", "在职"),
                "retired" => ("retired", "离退休"),
                "floating" => ("floating", "流动党员"),
                "" => ("of no known status", "未登记"),
                other => (other, other),
            };
            en.push(format!("the person was {word} on {day}, the day of publication"));
            zh.push(format!("公布之日（{day}）身份为{own}"));
        }
        if en.is_empty() {
            en.push("it follows from every final result".to_owned());
            zh.push("凡有最终结果者均适用".to_owned());
        }
        text(en.join("; "), zh.join("；"))
    }
}

/// Whether a condition asks for the status.
fn asks_status(when: &Predicate) -> bool {
    match when {
        Predicate::Attribute { attribute, .. } => attribute == "status",
        Predicate::All(parts) | Predicate::Any(parts) | Predicate::None(parts) => {
            parts.iter().any(asks_status)
        }
        Predicate::Node { .. }
        | Predicate::Metric { .. }
        | Predicate::Ratio { .. }
        | Predicate::Fact { .. }
        | Predicate::Results { .. }
        | Predicate::Grade { .. } => false,
    }
}

fn consequence(why: &Why<'_>, it: &Consequence) -> v1::AppraisalConsequence {
    let year = Period::parse(&why.it.kept.period).map(Period::year);
    v1::AppraisalConsequence {
        id: it.id.clone(),
        title: it.title.clone(),
        year: year.ok().and_then(|it| i32::try_from(it).ok()).unwrap_or_default(),
        because: Some(why.because(Some(&it.when))),
        basis: basis(&it.basis),
    }
}

/// Those of the run's result and those as of publication, in the scheme's order.
fn awards(why: &Why<'_>, followed: &[&Award]) -> Vec<v1::AppraisalAward> {
    let kept = &why.it.kept.awards;
    let one = |award: &Award| {
        let own = kept.iter().find(|it: &&GivenAward| it.id == award.id);
        let late = followed.iter().any(|it| it.id == award.id);
        let amount = own.map(|it| it.amount).or_else(|| late.then_some(award.amount))?;
        Some(v1::AppraisalAward {
            id: award.id.clone(),
            title: award.title.clone(),
            amount: Some(money(amount)),
            to: match award.to {
                AwardTo::Branch => v1::AwardRecipient::Branch,
                AwardTo::Person => v1::AwardRecipient::Person,
            }
            .into(),
            as_of_publication: late,
            because: late.then(|| why.because(award.when.as_ref())),
            basis: basis(&award.basis),
        })
    };
    why.scheme.awards.iter().filter_map(one).collect()
}

/// A verdict, if one is said.
pub(super) const fn verdict(raw: v1::AppraisalVerdict) -> Option<ResultVerdict> {
    match raw {
        v1::AppraisalVerdict::Unspecified => None,
        v1::AppraisalVerdict::Dismissed => Some(ResultVerdict::Dismissed),
        v1::AppraisalVerdict::Upheld => Some(ResultVerdict::Upheld),
    }
}

fn evidence(text: &str) -> Result<Vec<String>, StoreError> {
    match text {
        "" => Ok(Vec::new()),
        text => serde_json::from_str(text).map_err(|why| StoreError::corrupt("evidence", why)),
    }
}

/// An objection with its answer.
pub(super) fn objection(side: &ObjectionSide) -> Result<v1::AppraisalObjection, StoreError> {
    let it = &side.objection;
    let answer = it.answer.as_ref().map(|answer| self::answer(answer, &side.superseded_by));
    Ok(v1::AppraisalObjection {
        run_id: it.run_id.clone(),
        number: i32::try_from(it.number).unwrap_or(i32::MAX),
        subject_id: it.subject.clone(),
        node_id: it.node.clone(),
        text: it.text.clone(),
        raised_by: it.raised_by.clone(),
        raised_on: Some(date(it.raised_on)),
        evidence: evidence(&it.evidence)?,
        record_time: Some(timestamp(it.recorded)),
        answer: answer.transpose()?,
    })
}

fn answer(it: &ResultAnswer, superseded_by: &str) -> Result<v1::AppraisalAnswer, StoreError> {
    let verdict = match it.verdict {
        ResultVerdict::Dismissed => v1::AppraisalVerdict::Dismissed,
        ResultVerdict::Upheld => v1::AppraisalVerdict::Upheld,
    };
    let upheld = it.verdict == ResultVerdict::Upheld;
    Ok(v1::AppraisalAnswer {
        verdict: verdict.into(),
        text: it.text.clone(),
        answered_by: it.answered_by.clone(),
        evidence: evidence(&it.evidence)?,
        record_time: Some(timestamp(it.recorded)),
        superseded_by_run_id: if upheld { superseded_by.to_owned() } else { String::new() },
    })
}
