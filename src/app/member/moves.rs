//! Moving a member from a day on.

use std::{collections::BTreeSet, sync::Arc};

use super::{Membership, one_month};
use crate::{
    app::{
        App, AppError, Done, Missing, Outcome, Refusal, RefusedBecause, Write,
        registry::{Detail, Formality, MemberStatus, Record, RecordKind, effect, judge_records},
        timeline::{Held, timelines},
    },
    domain::{
        facts::Span,
        time::{Day, Moment},
    },
    store::{AsOf, StoreTx},
};

/// What is to be from a day on; what is not said stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Move {
    /// The compound of residence.
    pub compound: Option<Option<String>>,
    /// The branch at the employer.
    pub unit_branch: Option<Option<String>>,
    /// The standing.
    pub status: Option<MemberStatus>,
    /// Whether directly managed.
    pub directly_managed: Option<bool>,
    /// Formal or probationary.
    pub formality: Option<Option<Formality>>,
    /// The building of residence.
    pub building: Option<Option<String>>,
    /// Takes days between the last record and this one on which nothing is known.
    pub accept_gap: bool,
}

/// What a move comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The member's days as they are now, without check-ins.
    pub membership: Membership,
    /// The days on which nothing is known, where such were accepted.
    pub gap: Option<Span>,
    /// By when to check in with the new compound; nothing where the compound stays, or where the
    /// member is not in service.
    pub check_in_due: Option<Day>,
}

/// How an answer becomes the bytes that are kept.
type Encode = Arc<dyn Fn(&Moved) -> Vec<u8> + Send + Sync>;

impl Move {
    fn changes(&self, record: &Record) -> Option<Detail> {
        let Detail::Member { building, compound, directly_managed, formality, status, unit_branch } =
            &record.detail
        else {
            return None;
        };
        let to = self.compound.clone().unwrap_or_else(|| compound.clone());
        // A building lies in one compound: it is not kept into another.
        let stays = building.clone().filter(|_| to == *compound);
        let detail = Detail::Member {
            building: self.building.clone().unwrap_or(stays),
            compound: to,
            directly_managed: self.directly_managed.unwrap_or(*directly_managed),
            formality: self.formality.unwrap_or(*formality),
            status: self.status.unwrap_or(*status),
            unit_branch: self.unit_branch.clone().unwrap_or_else(|| unit_branch.clone()),
        };
        (detail != record.detail).then_some(detail)
    }
}

fn compound(record: &Record) -> Option<&String> {
    match &record.detail {
        Detail::Member { compound, .. } => compound.as_ref(),
        Detail::OrgUnit { .. }
        | Detail::Branch { .. }
        | Detail::Post { .. }
        | Detail::Company {}
        | Detail::Project { .. } => None,
    }
}

impl App {
    /// The record that a move makes of a member, with the days between if there are any.
    ///
    /// # Errors
    /// The member is not there; `NOTHING_MOVES`, `LATER_VERSION`, `MEMBERSHIP_GAP`.
    pub async fn moved_record(
        &self,
        tx: &mut dyn crate::store::ReadTx,
        county: &str,
        (member, on): (&str, Day),
        (asked, known): (&Move, Moment),
    ) -> Result<(Record, Option<Span>), AppError> {
        let ids = [member.to_owned()];
        let mut found = timelines(tx, county, RecordKind::Member.word(), &ids, known).await?;
        let held = found.remove(member).unwrap_or_default();
        let before = held.iter().rfind(|it| it.days.from <= on);
        let before = before.ok_or_else(|| AppError::not_found(Missing::Record, member))?;
        if let Some(later) = held.iter().find(|it| it.days.from > on) {
            return Err(later_version(later));
        }
        let gap = gap(before, on);
        if let (Some(gap), false) = (gap, asked.accept_gap) {
            return Err(refuse_gap(gap));
        }
        let detail = asked.changes(&before.record);
        let detail = match (detail, gap) {
            (Some(detail), _) => detail,
            // After days without a record the same again is something new.
            (None, Some(_)) => before.record.detail.clone(),
            (None, None) => {
                return Err(AppError::invalid(
                    "compound_id",
                    "NOTHING_MOVES",
                    "the member belongs there already: nothing would change from that day on",
                    "该日起各项与原登记相同，没有变动",
                ));
            }
        };
        let mut record =
            Record { from: on, until: None, parent: None, detail, ..before.record.clone() };
        let mut faults = record.settle(county);
        for fault in &mut faults {
            fault.path = fault.path.replacen("member.", "", 1);
        }
        if faults.is_empty() { Ok((record, gap)) } else { Err(AppError::Invalid(faults)) }
    }

    /// Moves a member from a day on.
    ///
    /// # Errors
    /// Those of [`App::moved_record`]; `PARENT_UNKNOWN`, `REFERENCE_UNKNOWN`; those of every write.
    pub async fn move_member(
        &self,
        call: Write,
        (member, on): (String, Day),
        asked: Move,
        encode: Encode,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((self.clone(), call.clone(), member, asked, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (app, call, member, asked, encode) = &*shared;
                let county = &call.county;
                let at = (member.as_str(), on);
                let (record, gap) = app.moved_record(tx, county, at, (asked, now)).await?;
                let before = compound_before(tx, county, at, now).await?;
                let items = [Ok(record)];
                let outcomes = judge_records(tx, county, now, &items).await?;
                if let Some(Outcome::Refused { because, .. }) = outcomes.into_iter().next() {
                    return Err(refused(because));
                }
                let [Ok(record)] = items else { return Err(AppError::Denied) };
                let ids = [member.clone()];
                let erased = tx.erasures(county, &ids).await?.into_iter().map(|it| it.id);
                let erased: BTreeSet<String> = erased.collect();
                let version = record.version(&call.principal, &erased)?;
                tx.insert_registry(county, &call.request_id, std::slice::from_ref(&version))
                    .await?;
                let kind = RecordKind::Member.word();
                let held = timelines(tx, county, kind, &ids, now).await?.remove(member);
                let membership = Membership::of(member, &held.unwrap_or_default());
                let check_in_due = due(&record, before.as_ref(), on);
                let response = encode(&Moved { membership, gap, check_in_due });
                Ok(Done { response, effects: vec![effect(&[version])] })
            })
        })
        .await
    }
}

async fn compound_before(
    tx: &mut dyn StoreTx,
    county: &str,
    (member, on): (&str, Day),
    known: Moment,
) -> Result<Option<String>, AppError> {
    let Some(day) = on.date().yesterday().ok().and_then(Day::from_date) else { return Ok(None) };
    let ids = [member.to_owned()];
    let found = tx.registered(county, "member", &ids, AsOf { day, known }).await?;
    let record = found.first().map(|it| Record::from_version(&it.version)).transpose()?;
    Ok(record.as_ref().and_then(compound).cloned())
}

/// By when to check in (M3).
fn due(record: &Record, before: Option<&String>, on: Day) -> Option<Day> {
    let in_service =
        matches!(record.detail, Detail::Member { status: MemberStatus::InService, .. });
    let moved = compound(record).is_some() && compound(record) != before;
    (in_service && moved).then(|| on.plus_months(one_month().within_months)).flatten()
}

/// The days between the last record's end and a day.
fn gap(before: &Held, on: Day) -> Option<Span> {
    let from = before.days.until?.next().filter(|it| *it < on)?;
    let until = on.date().yesterday().ok().and_then(Day::from_date);
    Some(Span { from, until })
}

fn later_version(later: &Held) -> AppError {
    let from = later.days.from;
    Refusal::new(
        "LATER_VERSION",
        format!("the member is recorded anew from {from} on: the move would only hold until then"),
        format!("该党员自 {from} 起另有登记，本次变动只能持续到此前"),
    )
    .with("from", from.to_string())
    .into()
}

fn refuse_gap(gap: Span) -> AppError {
    let until = gap.until.unwrap_or(gap.from);
    let from = gap.from;
    Refusal::new(
        "MEMBERSHIP_GAP",
        format!("nothing is known of the member from {from} to {until}: `accept_gap` takes that"),
        format!("{from} 至 {until} 没有该党员的登记，须补登或确认空档（accept_gap）"),
    )
    .with("from", from.to_string())
    .with("until", until.to_string())
    .into()
}

fn refused(because: RefusedBecause) -> AppError {
    match because {
        RefusedBecause::Shape(faults) => AppError::Invalid(faults),
        RefusedBecause::State { reason, en, zh } | RefusedBecause::Exists { reason, en, zh } => {
            Refusal::new(reason, en, zh).into()
        }
    }
}
