//! What happened at a node, kept only while an explanation is asked for.

use super::{proposed::ProposalLine, roll_up::Part};
use crate::domain::{
    exact::{Decimal, Exact},
    facts::{PostOfPeriod, StateKind},
    scheme::{Combine, CompareWith, ResultsOf, SeveralPlaces, Test},
    time::{Day, Window},
};

/// One step of the arithmetic, or something that was tried and did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the numbers that `words` puts into the sentence")]
pub enum Note {
    Entries { entries: usize, sum: Exact },
    EntriesHeld { entries: usize, least: Decimal, most: Decimal },
    EntriesOutside { entries: usize },
    CapCut { per: Window, window: String, total: Exact, held: Decimal },
    StayOf { compound: String, days: i64, value: Option<Exact> },
    ScheduleBy { compound: String, version: u32, from: Day },
    ItemOf { item: String, entries: usize, sum: Exact, total: Exact },
    ItemCut { item: String, per: Window, window: String, total: Exact, held: Decimal, version: u32 },
    ItemHeld { item: String, entries: usize, least: Decimal, most: Decimal },
    ItemTier { item: String, sum: Exact, points: Decimal },
    InAllCut { compound: String, total: Exact, held: Decimal },
    NotScheduled { item: String, entries: usize },
    NotConfirmed { item: String, entries: usize },
    EntryRefused { item: String, entries: usize },
    OutsideStays { entries: usize },
    NoSchedule { compound: String },
    DaysWithout { days: i64 },
    UnitOf { unit: String, days: i64, raw: Decimal, full: Decimal },
    UnitSilent { unit: String, days: i64 },
    PlacesCombined { several: SeveralPlaces, days: i64 },
    TierReached { sum: Exact, from: Decimal, points: Decimal },
    TierMissed { sum: Exact, from: Decimal, points: Decimal },
    Role { role: String, sheets: usize, value: Exact, weight: String },
    RoleAbsent { role: String },
    Replaced { role: String, by: String },
    Proposal { line: Box<ProposalLine> },
    NotProposed,
    Votes { valid: u64, void: u64, fraction: Exact },
    Turnout { cast: u64, eligible: u64, least: String, enough: bool },
    EligibleUnknown { least: String },
    TooFew { have: u64, least: u64 },
    Channel { channel: String, satisfied: u64, answered: u64 },
    ChannelAbsent { channel: String },
    Metric { name: String, value: Exact },
    MetricMissing { name: String },
    RatioByZero { per: String },
    Band { at_least: Option<Decimal>, points: Decimal },
    BandMissed { at_least: Decimal, points: Decimal },
    Knots { from: (Decimal, Decimal), to: (Decimal, Decimal) },
    Imported { raw: Decimal, full: Decimal },
    NothingReported,
    Results { count: usize, combine: Combine },
    NoResult { of: ResultsOf },
    Listed { part: Box<Part> },
    Compared { own: Exact, with: CompareWith, group: String, value: Exact },
    Place { place: u64, group: String, points: Option<Decimal> },
    Holds { what: String, holds: bool },
    Asked { what: String, test: Test, value: Option<Exact>, holds: bool },
    Part { id: String, value: Option<Exact>, weight: Option<Exact> },
    PartOut { id: String },
    PartMissing { id: String },
    Dropped { id: String, value: Exact },
    Base { base: Decimal },
    Clamped { from: Exact, to: Decimal },
    Rounded { from: Exact, to: String, mode: &'static str },
    ReplacedBy { value: Decimal },
    State { kind: StateKind, reason: Option<String> },
    VetoHeld { item: String, from: Exact, to: Exact },
    AppraisedIn { post: Box<PostOfPeriod> },
    OtherPost { post: Box<PostOfPeriod> },
}

impl Note {
    /// Whether it is something that was tried and did not hold.
    pub fn is_tried(&self) -> bool {
        if let Self::OtherPost { post } = self {
            return !post.standing.appraised();
        }
        matches!(
            self,
            Self::CapCut { .. }
                | Self::EntriesHeld { .. }
                | Self::EntriesOutside { .. }
                | Self::ItemCut { .. }
                | Self::ItemHeld { .. }
                | Self::InAllCut { .. }
                | Self::NotScheduled { .. }
                | Self::NotConfirmed { .. }
                | Self::EntryRefused { .. }
                | Self::OutsideStays { .. }
                | Self::NoSchedule { .. }
                | Self::DaysWithout { .. }
                | Self::UnitSilent { .. }
                | Self::TierMissed { .. }
                | Self::BandMissed { .. }
                | Self::RoleAbsent { .. }
                | Self::NotProposed
                | Self::Turnout { enough: false, .. }
                | Self::EligibleUnknown { .. }
                | Self::ChannelAbsent { .. }
                | Self::TooFew { .. }
                | Self::MetricMissing { .. }
                | Self::RatioByZero { .. }
                | Self::NothingReported
                | Self::NoResult { .. }
                | Self::Replaced { .. }
                | Self::Dropped { .. }
                | Self::PartOut { .. }
                | Self::PartMissing { .. }
                | Self::Asked { holds: false, .. }
                | Self::Holds { holds: false, .. }
        )
    }
}

/// Who listens to the arithmetic.
pub(super) trait Listener {
    /// Takes a note. The note is only made by a listener that keeps it.
    fn note(&mut self, node: usize, make: impl FnOnce() -> Note);

    /// Takes a note if there is one to make.
    fn note_if(&mut self, node: usize, make: impl FnOnce() -> Option<Note>);

    /// Drops what it has of a node, which is computed anew in another way.
    fn forget(&mut self, node: usize);
}

/// Nobody listens: a run over a county.
#[derive(Debug)]
pub(super) struct Silent;

impl Listener for Silent {
    fn note(&mut self, _node: usize, _make: impl FnOnce() -> Note) {}

    fn note_if(&mut self, _node: usize, _make: impl FnOnce() -> Option<Note>) {}

    fn forget(&mut self, _node: usize) {}
}

/// Keeps every note by node.
#[derive(Debug)]
pub(super) struct Notes(pub(super) Vec<Vec<Note>>);

impl Listener for Notes {
    fn note(&mut self, node: usize, make: impl FnOnce() -> Note) {
        if let Some(notes) = self.0.get_mut(node) {
            notes.push(make());
        }
    }

    fn note_if(&mut self, node: usize, make: impl FnOnce() -> Option<Note>) {
        if let Some(notes) = self.0.get_mut(node) {
            notes.extend(make());
        }
    }

    fn forget(&mut self, node: usize) {
        if let Some(notes) = self.0.get_mut(node) {
            notes.clear();
        }
    }
}
