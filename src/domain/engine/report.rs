//! One subject's whole result: status, score, grade, places, awards, reasons, and why.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Advisable, Candidate, Plan, Reason, Settlement, Standing, Status,
    cohort::{Evaluator, Groups},
    followed,
    judge::{Judged, bit, first, record_counts},
    note::{Listener, Note, Notes, Silent},
    outcome::facts_of,
    predicate::Asked,
    roll_up::{Part, parts},
    value::{EngineError, Value},
};
use crate::domain::{
    exact::{Exact, Money},
    facts::{Facts, PostOfPeriod, touches},
    scheme::{Award, AwardTo, Predicate, Scheme},
    time::Period,
};

/// One award that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awarded {
    /// The award's id.
    pub id: String,
    /// How much.
    pub amount: Money,
    /// Who gets it.
    pub to: AwardTo,
}

/// One node as it came out, with what happened there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The node's position in the scheme.
    pub node: usize,
    /// What it came to.
    pub value: Value,
    /// What happened, in order.
    pub notes: Vec<Note>,
}

/// The value of a node that the scheme shows as a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetValue {
    /// The node's id.
    pub node: String,
    /// Its value, after vetoes; none where it has none, and where the subject is excluded.
    pub value: Option<Exact>,
}

/// One subject's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectResult {
    /// The subject.
    pub subject: String,
    /// The period.
    pub period: Period,
    /// What it is.
    pub status: Status,
    /// The published score.
    pub score: Option<Exact>,
    /// The score without vetoes.
    pub score_before_vetoes: Option<Exact>,
    /// The grade's id.
    pub grade: Option<String>,
    /// Whether it holds one of the limited seats of its grade.
    pub seated: bool,
    /// The grade with seats that its score without vetoes reaches and from which it is barred, the
    /// highest of several; for the explanation alone.
    pub barred: Option<String>,
    /// How many barred subjects left it its seat; for the explanation alone.
    pub left_by: u32,
    /// Places by group.
    pub ranks: BTreeMap<String, u32>,
    /// Awards, in the scheme's order; those as of publication only where the facts say what was
    /// then.
    pub awards: Vec<Awarded>,
    /// The ids of what follows (S3, S6), in the scheme's order; nothing where the facts do not say
    /// what was on the day of publication.
    pub consequences: Option<Vec<String>>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The values of the scheme's sheets, in its order (P1).
    pub sheets: Vec<SheetValue>,
    /// The results of others that it took, where its scheme lists them (P6).
    pub parts: Vec<Part>,
    /// The nodes, in the scheme's order; empty where no explanation was asked for.
    pub nodes: Vec<Explained>,
}

impl SubjectResult {
    /// What advice goes by.
    pub fn advisable(&self) -> Advisable<'_> {
        Advisable {
            status: self.status,
            score: self.score.as_ref(),
            grade: self.grade.as_deref(),
            reasons: &self.reasons,
        }
    }
}

impl SubjectResult {
    /// Takes what follows on publication, where the facts say what was on that day.
    fn follow(&mut self, scheme: &Scheme, facts: &Facts) {
        let Some(attributes) = &facts.published else { return };
        let followed = followed(scheme, &self.advisable(), attributes);
        let ids = followed.consequences.iter().map(|it| it.id.clone());
        self.consequences = Some(ids.collect());
        let awarded = |it: &&Award| Awarded { id: it.id.clone(), amount: it.amount, to: it.to };
        self.awards.extend(followed.awards.iter().map(awarded));
        self.awards.sort_by_key(|own| scheme.awards.iter().position(|it| it.id == own.id));
    }
}

/// For which grades an award would follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwardIf {
    /// The award's position in the scheme.
    pub award: usize,
    /// The grades with which it follows, as a set of positions.
    pub grades: u64,
    /// Whether it follows without a grade.
    pub ungraded: bool,
}

/// One subject judged by itself: all that its facts decide, before the cohort is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// What ranking and seats need.
    pub candidate: Candidate,
    /// The published score.
    pub score: Option<Exact>,
    /// The score without vetoes.
    pub score_before_vetoes: Option<Exact>,
    /// What is missing, which vetoes are in force, and what bars honours.
    pub reasons: Vec<Reason>,
    /// The awards that some grade would bring.
    pub awards: Vec<AwardIf>,
    /// The values of the scheme's sheets, in its order; none where one has none.
    pub sheets: Vec<Option<Exact>>,
}

impl Plan {
    /// The group of a subject within which the seats of a grade are counted.
    fn seat_group(&self, grade: &str, candidate: &Candidate, pooled: bool) -> String {
        let seats =
            self.scheme.grades.iter().find(|it| it.id == *grade).and_then(|it| it.seats.as_ref());
        let pool = seats.and_then(|it| it.pool.as_ref()).filter(|_| pooled).map(|it| &it.into);
        let name = pool.or_else(|| seats.map(|it| &it.within));
        let position = name.and_then(|name| self.groups.iter().position(|it| it == name));
        let group = position.and_then(|it| candidate.groups.get(it));
        group.map(ToString::to_string).unwrap_or_default()
    }

    /// The result of a subject once its cohort is settled.
    pub fn conclude(
        &self,
        assessment: Assessment,
        settlement: &Settlement,
        period: Period,
    ) -> SubjectResult {
        let scheme = self.scheme();
        let grade_id = |it: &u8| scheme.grades.get(usize::from(*it)).map(|it| it.id.clone());
        let Assessment { candidate, score, score_before_vetoes, mut reasons, awards, sheets } =
            assessment;
        let status = Status::of(candidate.standing, settlement);
        let within = scheme.ranking.iter().flat_map(|it| it.within.iter().cloned());
        let ranks = within.zip(settlement.ranks.iter().copied()).filter(|(_, place)| *place > 0);
        let follows = |it: &&AwardIf| match settlement.grade {
            _ if status != Status::Final => false,
            Some(grade) => it.grades & bit(usize::from(grade)) != 0,
            None => it.ungraded,
        };
        let awards = awards.iter().filter(follows).filter_map(|it| scheme.awards.get(it.award));
        let barred = |it: &Reason| matches!(it, Reason::HonoursBarred { .. });
        let barred: Vec<Reason> = reasons.extract_if(.., |it| barred(it)).collect();
        let tie = settlement.tie.as_ref().and_then(grade_id);
        let group = |grade: &String| self.seat_group(grade, &candidate, settlement.pooled);
        reasons.extend(tie.map(|grade| Reason::TieOpen { group: group(&grade), grade }));
        let exhausted = settlement.exhausted.iter().filter_map(grade_id);
        reasons.extend(exhausted.map(|grade| Reason::SeatsExhausted { grade }));
        reasons.extend(barred);
        let barred = candidate.barred.as_deref().and_then(|it| first(it.grades));
        let barred = barred.and_then(|it| scheme.grades.get(it)).map(|it| it.id.clone());
        SubjectResult {
            subject: candidate.subject.into(),
            period,
            status,
            score,
            score_before_vetoes,
            grade: settlement.grade.as_ref().and_then(grade_id),
            seated: settlement.seated,
            barred,
            left_by: settlement.left_by,
            ranks: ranks.collect(),
            awards: awards
                .map(|it| Awarded { id: it.id.clone(), amount: it.amount, to: it.to })
                .collect(),
            consequences: None,
            reasons,
            sheets: scheme
                .sheets
                .iter()
                .zip(sheets)
                .filter_map(|(it, value)| {
                    let node = scheme.nodes.get(*it)?.id.clone();
                    Some(SheetValue { node, value })
                })
                .collect(),
            parts: Vec::new(),
            nodes: Vec::new(),
        }
    }
}

impl Evaluator {
    /// Judges one subject by itself.
    pub fn assess(&mut self, facts: &Facts, groups: &Groups) -> Result<Assessment, EngineError> {
        self.assess_with(facts, groups, &mut Silent)
    }

    /// The whole result of one subject of a settled cohort, with its explanation.
    pub fn explain(
        &mut self,
        facts: &Facts,
        groups: &Groups,
        settlement: &Settlement,
    ) -> Result<SubjectResult, EngineError> {
        let mut notes = Notes(vec![Vec::new(); self.plan.scheme.nodes.len()]);
        let assessment = self.assess_with(facts, groups, &mut notes)?;
        if let Some(root) = notes.0.first_mut() {
            let told = self.posts(facts);
            root.splice(0..0, told);
        }
        let mut result = self.plan.conclude(assessment, settlement, self.period);
        result.parts = parts(&self.plan.scheme, facts);
        result.follow(&self.plan.scheme, facts);
        let nodes = self.scratch.values.iter().cloned().zip(notes.0).enumerate();
        result.nodes =
            nodes.map(|(node, (value, notes))| Explained { node, value, notes }).collect();
        Ok(result)
    }

    /// The whole result of one subject of a settled cohort, without the explanation.
    pub fn result(
        &mut self,
        facts: &Facts,
        groups: &Groups,
        settlement: &Settlement,
    ) -> Result<SubjectResult, EngineError> {
        let assessment = self.assess_with(facts, groups, &mut Silent)?;
        let mut result = self.plan.conclude(assessment, settlement, self.period);
        result.parts = parts(&self.plan.scheme, facts);
        result.follow(&self.plan.scheme, facts);
        Ok(result)
    }

    fn assess_with(
        &mut self,
        facts: &Facts,
        groups: &Groups,
        listener: &mut impl Listener,
    ) -> Result<Assessment, EngineError> {
        let plan = Arc::clone(&self.plan);
        let given = (facts, &*self.schedules);
        let judged = plan.judge(given, self.period, groups, &mut self.scratch, listener)?;
        let mut reasons = self.reasons(facts, &judged);
        reasons.extend(self.barred(facts)?);
        Ok(Assessment {
            candidate: self.candidate_of(facts, &judged),
            reasons,
            awards: self.awards(facts, &judged)?,
            sheets: self.sheets(&judged),
            score: judged.score,
            score_before_vetoes: judged.before,
        })
    }

    /// In which post the person is appraised, and in which others or not.
    fn posts(&self, facts: &Facts) -> Vec<Note> {
        let rule = self.plan.scheme.appraised.unwrap_or_default();
        let posts = facts.posts_of_period(rule, self.period).into_iter().map(Box::new);
        let note = |post: Box<PostOfPeriod>| {
            let own = post.post == facts.subject && post.standing.appraised();
            if own { Note::AppraisedIn { post } } else { Note::OtherPost { post } }
        };
        posts.map(note).collect()
    }

    /// The values of the scheme's sheets.
    fn sheets(&self, judged: &Judged) -> Vec<Option<Exact>> {
        let excluded = judged.standing == Standing::Excluded;
        let value = |it: &usize| {
            let value = self.scratch.values.get(*it).and_then(Value::known).cloned();
            value.filter(|_| !excluded)
        };
        self.plan.scheme.sheets.iter().map(value).collect()
    }

    /// The awards that would follow, by grade: a grade is only known once seats are settled.
    fn awards(&self, facts: &Facts, judged: &Judged) -> Result<Vec<AwardIf>, EngineError> {
        let scheme = &self.plan.scheme;
        let mut awards = Vec::new();
        if judged.no_awards || scheme.awards.is_empty() {
            return Ok(awards);
        }
        let values = &self.scratch.values;
        let own = scheme.awards.iter().enumerate().filter(|(_, it)| !it.as_of_publication);
        for (index, award) in own {
            let follows = |grade: Option<usize>| match &award.when {
                None => Ok(true),
                Some(when) => {
                    let (nodes, period) = (&scheme.nodes, self.period);
                    let asked = Asked { facts, period, nodes, values, grade, node: 0 };
                    asked.holds(when, &mut Silent).map_err(|why| EngineError::Exact {
                        subject: facts.subject.clone(),
                        path: format!("awards/{}", award.id),
                        why,
                    })
                }
            };
            let mut grades = 0_u64;
            for grade in 0..scheme.grades.len() {
                if follows(Some(grade))? {
                    grades |= bit(grade);
                }
            }
            let ungraded = follows(None)?;
            if grades != 0 || ungraded {
                awards.push(AwardIf { award: index, grades, ungraded });
            }
        }
        Ok(awards)
    }

    /// Why the subject is not eligible for honours, if it is not.
    fn barred(&self, facts: &Facts) -> Result<Option<Reason>, EngineError> {
        let Some(honours) = &self.plan.scheme.honours else { return Ok(None) };
        let (period, values) = (self.period, self.scratch.values.as_slice());
        let nodes = &self.plan.scheme.nodes;
        let asked = Asked { facts, period, nodes, values, grade: None, node: 0 };
        let holds = |it: &Predicate| {
            asked.holds(it, &mut Silent).map_err(|why| EngineError::Exact {
                subject: facts.subject.clone(),
                path: "honours".to_owned(),
                why,
            })
        };
        if let Some(when) = &honours.when
            && !holds(when)?
        {
            return Ok(Some(Reason::HonoursBarred { facts: Vec::new() }));
        }
        let Some(unless) = &honours.unless else { return Ok(None) };
        if !holds(unless)? {
            return Ok(None);
        }
        let mut named = Vec::new();
        facts_of(unless, &mut named);
        let days = (period.first_day(), period.last_day());
        named.retain(|name| {
            let of = facts.findings.iter().filter(|it| it.fact == *name);
            of.into_iter().any(|it| touches(it.from, it.until, days.0, days.1))
        });
        Ok(Some(Reason::HonoursBarred { facts: named }))
    }

    fn reasons(&self, facts: &Facts, judged: &Judged) -> Vec<Reason> {
        let scheme = &self.plan.scheme;
        let mut reasons = Vec::new();
        for node in judged.missing.iter().filter_map(|it| scheme.nodes.get(*it)) {
            let state = facts.states.get(&node.id);
            reasons.push(Reason::Missing {
                node: node.id.clone(),
                state: state.map(|it| it.kind),
                reason: state.and_then(|it| it.reason.clone()),
            });
        }
        for veto in judged.vetoes.iter().filter_map(|it| scheme.vetoes.get(*it)) {
            let records = facts.vetoes.iter().filter(|it| record_counts(veto, it, self.period));
            let records = records.cloned().collect();
            reasons.push(Reason::Veto { item: veto.id.clone(), records });
        }
        reasons
    }
}
