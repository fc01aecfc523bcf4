//! The file of one person: what is written of each thing that is kept.

use serde::Serialize;

/// What is kept about one person, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Export {
    /// The county.
    pub county: String,
    /// The person.
    pub id: String,
    /// As of the county's newest write.
    pub as_of: String,
    /// That the names were erased; absent where they are kept.
    pub erased: Option<ErasedOn>,
    /// The versions of the person's own record and of the posts held.
    pub registry: Vec<VersionLine>,
    /// Facts about the person, and those that the person recorded, assessed or is named in.
    pub facts: Vec<FactLine>,
    /// Results, of every run.
    pub results: Vec<ResultLine>,
    /// Objections during public notices, about the person, or raised or answered by it.
    pub notice_objections: Vec<NoticeLine>,
    /// Objections to published results, about the person, or raised or answered by it.
    pub result_objections: Vec<ObjectionLine>,
    /// What the person did: requests, runs, schemes, schedules, rounds, calendars, notices; and the
    /// sheets of rounds that are the person's, or about it.
    pub acts: Vec<Act>,
    /// Entries of the audit trail by the person or about it.
    pub audit: Vec<AuditLine>,
    /// Grants to the person and over it, and their revocations.
    pub access: Vec<AccessLine>,
    /// Posts that others held too: their facts and results are left out, since they may be about them.
    pub shared_posts: Vec<String>,
}

/// That the names were erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErasedOn {
    /// When.
    pub recorded: String,
    /// On whose word.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// An objection during a public notice, with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeLine {
    /// The run.
    pub run_id: String,
    /// Its number among those of the run.
    pub number: i64,
    /// The subject it is about.
    pub subject: String,
    /// What is said to be wrong.
    pub text: String,
    /// Who raised it.
    pub raised_by: String,
    /// On which day.
    pub raised_on: String,
    /// References to the evidence, as a JSON list; empty for none.
    pub evidence: String,
    /// When it was recorded.
    pub recorded: String,
    /// By which principal.
    pub recorded_by: String,
    /// Verdict, text, who answered, evidence, when and by which principal recorded; absent: open.
    pub answer: Option<[String; 6]>,
}

/// An objection to a published result, with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectionLine {
    /// The run.
    pub run_id: String,
    /// Its number among those of the run.
    pub number: i64,
    /// The subject it is about.
    pub subject: String,
    /// The person whom the result is about; empty for none.
    pub person: String,
    /// The component; empty: the result as a whole.
    pub node: String,
    /// What is said to be wrong.
    pub text: String,
    /// Who raised it.
    pub raised_by: String,
    /// On which day.
    pub raised_on: String,
    /// References to the evidence, as a JSON list; empty for none.
    pub evidence: String,
    /// When it was recorded.
    pub recorded: String,
    /// By which principal.
    pub recorded_by: String,
    /// Verdict, text, who answered, evidence, when and by which principal recorded; absent: open.
    pub answer: Option<[String; 6]>,
}

/// A grant or a revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessLine {
    /// `grant` or `revoke`.
    pub what: &'static str,
    /// To whom.
    pub principal: String,
    /// Which role.
    pub role: String,
    /// Over which kind of unit.
    pub unit_kind: String,
    /// Over which unit.
    pub unit_id: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// When.
    pub recorded: String,
}

/// A version of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionLine {
    /// `member` or `post`.
    pub kind: String,
    /// The record's id.
    pub id: String,
    /// The name; empty where it was erased.
    pub name: String,
    /// Whether it was.
    pub name_erased: bool,
    /// The first day.
    pub from: String,
    /// The last day; absent while it holds.
    pub until: Option<String>,
    /// What it lies in, as `compound/k-01`; absent for nothing.
    pub parent: Option<String>,
    /// Attributes and details.
    pub attributes: serde_json::Value,
    /// When it was recorded.
    pub recorded: String,
    /// By whom.
    pub recorded_by: String,
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactLine {
    /// Its id.
    pub id: String,
    /// Why it is here: `about`, or `named` for one that the person recorded, assessed or is named in.
    pub because: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// What it is about, as `member/m-001`; empty for a decision.
    pub subject: String,
    /// The item.
    pub item: String,
    /// The period; empty where it has days.
    pub period: String,
    /// The first day.
    pub from: Option<String>,
    /// The last day.
    pub until: Option<String>,
    /// The name of the value.
    pub name: String,
    /// The first amount, as it is stored.
    pub amount_a: Option<i64>,
    /// The second amount, as it is stored.
    pub amount_b: Option<i64>,
    /// Reason or detail.
    pub detail: String,
    /// Who assessed, checked, objected, answered or decided; the branch of the unit that reported.
    pub by_whom: String,
    /// The moment of an assessment or a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// References to evidence.
    pub evidence: String,
    /// Why it was recorded late; empty where it was not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub late_reason: String,
    /// The source and its record, as `system/record`; empty for none.
    pub source: String,
    /// When it was recorded.
    pub recorded: String,
    /// By whom.
    pub recorded_by: String,
    /// When, by whom and why it was reversed; absent while it stands.
    pub reversed: Option<(String, String, String)>,
}

/// A result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultLine {
    /// The run.
    pub run_id: String,
    /// Where the run stands.
    pub state: &'static str,
    /// The scheme and its version, as `id/1`.
    pub scheme: String,
    /// Who or what was evaluated.
    pub subject: String,
    /// The period.
    pub period: String,
    /// What became of it.
    pub status: String,
    /// The score, in millionths.
    pub score: Option<i64>,
    /// The grade.
    pub grade: String,
    /// The places, as JSON.
    pub ranks: String,
    /// The awards, as JSON.
    pub awards: String,
    /// The reasons, as JSON.
    pub reasons: String,
    /// The groups, as JSON.
    pub groups: String,
}

/// What the person did as a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// What, as `run started`, or the method of a request.
    pub what: String,
    /// Of what: a run, a scheme, a schedule, a request's id.
    pub of: String,
    /// When.
    pub at: String,
}

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditLine {
    /// Its number.
    pub seq: i64,
    /// When.
    pub recorded: String,
    /// Who did it.
    pub principal: String,
    /// The method.
    pub method: String,
    /// What it was done to.
    pub subject: String,
    /// Its hash.
    pub hash: String,
}
