//! Results as a table for spreadsheets.

use super::{GivenAward, KeptResult, Shown};
use crate::{
    app::{
        AppError, hex,
        spreadsheet::{BYTE_ORDER_MARK, harmless, written},
    },
    domain::{
        engine::{Plan, honours, reason_words},
        exact::{Exact, RoundingMode},
        scheme::SubjectKind,
    },
};

/// A score, with the places to which the scheme rounds its root.
pub fn score_text(plan: &Plan, value: &Exact) -> String {
    let places = plan.scheme().nodes.first().and_then(|it| it.round).map_or(2, |it| it.to);
    value.text(places, RoundingMode::HalfUp)
}

/// The grade whose limited seat a result holds.
pub fn seat(plan: &Plan, seated: bool, grade: Option<&String>) -> Option<String> {
    let limited = plan.scheme().grades.iter().find(|it| Some(&it.id) == grade);
    grade.filter(|_| seated && limited.is_some_and(|it| it.seats.is_some())).cloned()
}

/// The dimensions of groups that subjects of a kind can have, in byte order: a table has the same
/// columns whoever is in it.
const fn dimensions(kind: SubjectKind) -> &'static [&'static str] {
    match kind {
        SubjectKind::Member => &["community", "compound", "county", "street", "unit_branch"],
        SubjectKind::Project => &["class", "community", "company", "compound", "county", "street"],
        SubjectKind::Company => &["county"],
        SubjectKind::Post => &["building", "community", "compound", "county", "street"],
        SubjectKind::Compound => &["community", "compound", "county", "street"],
    }
}

/// The table of a run's results. Its first line, and then results as they come, by page.
#[derive(Debug)]
pub struct Table {
    shown: Shown,
    ranks: Vec<String>,
    money: bool,
}

impl Table {
    /// Of a run; with a column of awards where money may be seen.
    pub fn new(shown: Shown, money: bool) -> Self {
        let within = shown.plan.scheme().ranking.iter().flat_map(|it| it.within.iter());
        let mut ranks: Vec<String> = within.cloned().collect();
        ranks.sort_unstable();
        ranks.dedup();
        Self { shown, ranks, money }
    }

    /// The run's id.
    pub fn run_id(&self) -> &str {
        &self.shown.run.run_id
    }

    /// The byte order mark and the line of the columns' names.
    ///
    /// # Errors
    /// A mistake of the program alone.
    pub fn head(&self) -> Result<Vec<u8>, AppError> {
        let mut names: Vec<String> =
            ["subject", "period", "status", "score", "score_before_vetoes", "grade", "seat"]
                .map(str::to_owned)
                .into();
        names.extend(self.ranks.iter().map(|it| format!("rank_{it}")));
        names.extend(self.dimensions().iter().map(|it| format!("group_{it}")));
        names.extend(self.money.then(|| "awards".to_owned()));
        names.extend(self.says_honours().then(|| "honours".to_owned()));
        names.extend(["reasons_zh", "reasons_en", "digest", "run_id"].map(str::to_owned));
        let mut head = BYTE_ORDER_MARK.to_vec();
        head.extend(written(|lines| lines.write_record(&names))?);
        Ok(head)
    }

    /// The lines of results.
    ///
    /// # Errors
    /// A mistake of the program alone.
    pub fn lines<'a>(
        &self,
        results: impl IntoIterator<Item = &'a KeptResult>,
    ) -> Result<Vec<u8>, AppError> {
        written(|lines| {
            results.into_iter().try_for_each(|it| {
                lines.write_record(self.cells(it).into_iter().map(|it| harmless(&it)))
            })
        })
    }

    /// Whether the scheme says who is eligible for honours.
    fn says_honours(&self) -> bool {
        self.shown.plan.scheme().honours.is_some()
    }

    fn dimensions(&self) -> &'static [&'static str] {
        dimensions(self.shown.plan.scheme().subject)
    }

    fn cells(&self, it: &KeptResult) -> Vec<String> {
        let (plan, run) = (&self.shown.plan, &self.shown.run);
        let score = |it: Option<&Exact>| it.map_or_else(String::new, |it| score_text(plan, it));
        let mut cells = vec![
            it.subject.clone(),
            it.period.clone(),
            it.status.name().to_owned(),
            score(it.score.as_ref()),
            score(it.score_before_vetoes.as_ref()),
            it.grade.clone().unwrap_or_default(),
            seat(plan, it.seated, it.grade.as_ref()).unwrap_or_default(),
        ];
        let rank = |within: &String| it.ranks.get(within).map(ToString::to_string);
        cells.extend(self.ranks.iter().map(|it| rank(it).unwrap_or_default()));
        let group = |dimension: &&str| it.groups.get(*dimension).cloned().unwrap_or_default();
        cells.extend(self.dimensions().iter().map(group));
        if self.money {
            cells.push(it.awards.iter().map(award).collect::<Vec<_>>().join("; "));
        }
        if self.says_honours() {
            let eligible = honours(plan.scheme(), it.status, &it.reasons);
            let word = eligible.map_or("", |it| if it { "eligible" } else { "barred" });
            cells.push(word.to_owned());
        }
        let words = it.reasons.iter().map(|it| reason_words(it, plan.scheme()));
        let (zh, en): (Vec<_>, Vec<_>) = words.map(|it| (it.zh, it.en)).unzip();
        cells.extend([zh.join("；"), en.join("; "), hex(&it.digest), run.run_id.clone()]);
        cells
    }
}

/// An award, its amount in CNY, and whom it goes to where the registry names somebody.
fn award(it: &GivenAward) -> String {
    match it.recipient.as_str() {
        "" => format!("{} {}", it.id, it.amount),
        to => format!("{} {} {to}", it.id, it.amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_in_byte_order_and_once() {
        for kind in SubjectKind::ALL {
            assert!(dimensions(kind).is_sorted_by(|a, b| a < b), "{}", kind.name());
        }
    }
}
