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
    /// Payments of awards to the person, by batch and line, with what is demanded back.
    pub payments: Vec<PaymentLine>,
    /// Movements of the county's books that these payments brought about, in the order of the books.
    pub movements: Vec<MovementLine>,
    /// What the person did: requests, runs, schemes, schedules, rounds, calendars, notices, budgets,
    /// payments, recoveries; and the sheets of rounds that are the person's, or about it.
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

/// A payment of an award to the person (A2). Amounts are yuan, as `2000.00`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentLine {
    /// Its batch.
    pub batch_id: String,
    /// Its number in the batch.
    pub line: i64,
    /// The year whose money it draws on.
    pub year: String,
    /// The purpose that it draws on.
    pub purpose: String,
    /// What entitles, with its version, as `scheme/id/1`.
    pub source: String,
    /// The period that it is for.
    pub period: String,
    /// The published run, or the confirmed selection.
    pub origin: String,
    /// The award.
    pub award: String,
    /// What it is called.
    pub award_title: String,
    /// The subject that earned it, where each is paid; empty where it is paid once.
    pub each: String,
    /// The subjects of the results that it rests on.
    pub subjects: Vec<String>,
    /// Which payment of the entitlement it is, from 1.
    pub attempt: i64,
    /// How much.
    pub amount: String,
    /// What has become of it: `reserved`, `freed`, `withdrawn`, `paid` or `returned`.
    pub state: &'static str,
    /// What was said with the proposal; empty for nothing.
    pub reason: String,
    /// When it was proposed.
    pub recorded: String,
    /// By whom.
    pub recorded_by: String,
    /// What happened to it, and to its batch as a whole.
    pub events: Vec<MoneyEvent>,
    /// What was demanded of it back, by number (A5).
    pub recoveries: Vec<RecoveryLine>,
}

/// Something that happened to a payment or to a recovery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoneyEvent {
    /// Its number in the batch or recovery.
    pub event: i64,
    /// What happened.
    pub what: &'static str,
    /// How much, in yuan; absent for what happens to the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The treasury's day; absent where it has none.
    pub on: Option<String>,
    /// The treasury's reference; empty for none.
    pub reference: String,
    /// The reason; empty for none.
    pub reason: String,
    /// Who decided; empty for none.
    pub decided_by: String,
    /// The papers.
    pub papers: Vec<String>,
    /// When it was recorded.
    pub recorded: String,
    /// By whom.
    pub recorded_by: String,
}

/// Money that the person is to pay back, or paid back (A5). Amounts are yuan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecoveryLine {
    /// Its number in the county.
    pub recovery: i64,
    /// How much was demanded.
    pub amount: String,
    /// How much is owed still.
    pub open: String,
    /// Why: `superseded`, `honour_cancelled` or `demanded`.
    pub cause: &'static str,
    /// The run or selection that it follows from; empty for none.
    pub cause_id: String,
    /// The reason in words; empty for none.
    pub reason: String,
    /// Who decided; empty for none.
    pub decided_by: String,
    /// The papers.
    pub papers: Vec<String>,
    /// When it was recorded.
    pub recorded: String,
    /// By whom.
    pub recorded_by: String,
    /// What became of it.
    pub events: Vec<MoneyEvent>,
}

/// A movement of the county's books about the person (A3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovementLine {
    /// The year.
    pub year: String,
    /// The purpose.
    pub purpose: String,
    /// Its number in the purpose's year.
    pub number: i64,
    /// What it is, as `pay`.
    pub what: &'static str,
    /// How much, in yuan.
    pub amount: String,
    /// The payment: its batch, ...
    pub batch_id: String,
    /// ... and its line.
    pub line: i64,
    /// The recovery; 0 for none.
    pub recovery: i64,
    /// When it was recorded.
    pub recorded: String,
    /// By whom.
    pub recorded_by: String,
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
