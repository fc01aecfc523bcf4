//! The document's own keys.

use super::{
    super::{
        Basis, InForce, NodeIndex, ResultsOf, Scheme, check,
        yaml::{Data, Yaml},
    },
    predicates::Scope,
    reader::{At, Fields, Reader, Spot},
    scalars::good_id,
    shapes::{BASIS, DOCUMENT, IN_FORCE},
    words,
};
use crate::domain::time::PeriodKind;

impl Reader {
    /// The whole document. Nothing if a part without which there is no scheme could not be read.
    pub(super) fn document(&mut self, at: &At<'_>) -> Option<Scheme> {
        let fields = self.open(at, &DOCUMENT)?;
        let _ = fields.at("steelyard").and_then(|it| self.word(&it, words::formats()));
        let id = fields.at("id").and_then(|it| self.id(&it));
        let version = fields.at("version").and_then(|it| self.whole(&it, 1, u32::MAX));
        let title = fields.at("title").and_then(|it| self.title(&it)).unwrap_or_default();
        let subject = fields.at("subject").and_then(|it| self.word(&it, words::subjects()));
        let period = fields.at("period").and_then(|it| self.word(&it, words::periods()));
        let in_force = fields.at("in_force").and_then(|it| self.in_force(&it));
        let basis = self.basis(&fields);
        self.own = (id.clone(), period);
        self.find_grades(&fields);
        let score = fields.at("score");
        if let Some(score) = &score {
            self.find_nodes(score);
        }
        let roster = fields.at("roster").and_then(|it| self.predicate(&it, Scope::Roster));
        let appraised = self.appraised(&fields, subject);
        let cohort = self.cohort(&fields, subject);
        let indicators = self.indicators(&fields, subject);
        let nodes = score.map(|it| self.score(&it)).unwrap_or_default();
        if let Some(at) = fields.at("party_floor") {
            self.party_floor(&at, &nodes);
        }
        let cycles = check::cycles(&nodes, &self.references);
        self.faults.extend(cycles);
        let ranked = fields.has("ranking");
        let grades = fields.at("grades").map(|it| self.grades(&it, ranked)).unwrap_or_default();
        let vetoes = fields.at("vetoes").map(|it| self.vetoes(&it, subject)).unwrap_or_default();
        let ranking = fields.at("ranking").and_then(|it| self.ranking(&it));
        let awards = fields.at("awards").map(|it| self.awards(&it, subject)).unwrap_or_default();
        let published = self.published(&fields);
        let following = self.following(&fields, subject, &nodes);
        let advice = fields.at("advice").and_then(|it| self.advice(&it, &vetoes));
        let sheets = fields.at("sheets").map(|it| self.sheets(&it)).unwrap_or_default();
        self.listed_nodes(&nodes);
        let examples = fields.at("examples").map(|it| self.examples(&it)).unwrap_or_default();
        Some(Scheme {
            id: id?,
            version: version?,
            title,
            subject: subject?,
            period: period?,
            in_force: in_force?,
            basis,
            roster,
            appraised,
            cohort,
            indicators,
            nodes,
            grades,
            vetoes,
            ranking,
            awards,
            consequences: published.consequences,
            honours: following.honours,
            sheets,
            advice,
            check_in: following.check_in,
            conduct: following.conduct,
            closes_after: following.closes_after,
            notice: following.notice,
            objections: published.objections,
            examples,
            warnings: Vec::new(),
        })
    }

    /// Finds every grade's id before anything names one.
    fn find_grades(&mut self, fields: &Fields<'_>) {
        let Some(at) = fields.at("grades") else { return };
        let grades = at.value.items().iter().filter(|it| matches!(it.data, Data::Map(_)));
        for (position, grade) in grades.enumerate() {
            if let Some(id) = grade.get("id").and_then(Yaml::text).filter(|it| good_id(it)) {
                self.grade_ids.entry(id.to_owned()).or_insert(position);
            }
        }
    }

    pub(in crate::domain) fn in_force(&mut self, at: &At<'_>) -> Option<InForce> {
        let fields = self.open(at, &IN_FORCE)?;
        let from = fields.at("from").and_then(|it| self.day(&it));
        let until = fields.at("until").and_then(|it| self.day(&it));
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            let (wrong, zh) = (
                format!("`until: {until}` is before `from: {from}`"),
                format!("结束日 {until} 早于开始日 {from}"),
            );
            self.fault(
                "IN_FORCE_ORDER",
                &fields.key("until"),
                wrong,
                zh,
                "a last day not before the first",
            );
        }
        Some(InForce { from: from?, until })
    }

    /// `basis` of anything that has one: text or a mapping, or a list of such.
    pub(in crate::domain) fn basis(&mut self, fields: &Fields<'_>) -> Vec<Basis> {
        let Some(at) = fields.at("basis") else { return Vec::new() };
        let items = match at.value.data {
            Data::Seq(_) => self.list_or_none(&at),
            Data::Scalar(_) | Data::Map(_) | Data::Refused => vec![at],
        };
        items.iter().filter_map(|it| self.basis_item(it)).collect()
    }

    fn basis_item(&mut self, at: &At<'_>) -> Option<Basis> {
        if matches!(at.value.data, Data::Scalar(_)) {
            let document = self.title(at)?;
            return Some(Basis { document, clause: String::new() });
        }
        let fields = self.open(at, &BASIS)?;
        let document = fields.at("document").and_then(|it| self.title(&it));
        let clause = fields.at("clause").and_then(|it| self.title(&it)).unwrap_or_default();
        Some(Basis { document: document?, clause })
    }

    /// A scheme may take its own results only over shorter periods than its own: anything else
    /// would need itself.
    pub(super) fn own_result(&mut self, scheme: &str, of: ResultsOf, spot: &Spot) {
        let (Some(id), period) = &self.own else { return };
        if id != scheme {
            return;
        }
        let shorter = match (of, period) {
            (_, None) => true,
            (ResultsOf::Halves, Some(period)) => *period == PeriodKind::Year,
            (ResultsOf::Quarters, Some(period)) => {
                matches!(period, PeriodKind::Year | PeriodKind::Half)
            }
            (ResultsOf::Months, Some(period)) => *period != PeriodKind::Month,
            (ResultsOf::Itself | ResultsOf::Children | ResultsOf::Projects, Some(_)) => false,
        };
        if !shorter {
            let (wrong, zh) =
                ("the scheme takes its own results of the same period", "办法引用了自身同期结果");
            let right = "another scheme's id, or `of: halves`, `of: quarters` or `of: months` of a longer period";
            self.fault("RESULT_OF_ITSELF", spot, wrong, zh, right);
        }
    }

    /// The position of a node that stands under `path`; used by no kind's own value.
    pub(super) fn outside_node(&mut self, at: &At<'_>) -> Option<NodeIndex> {
        self.inside = None;
        self.node_ref(at)
    }
}
