//! The words of a scheme that name a choice. One table each: the reader takes them from here, and
//! so does the JSON Schema.

use crate::domain::{
    exact::{ApportionRule, RoundingMode},
    scheme::{
        Appraised, AwardTo, Cohort, Combine, CompareWith, Indicator, Order, Paid, Places,
        ResultsOf, SeatBase, Several, SeveralPlaces, SubjectKind, VetoCounts,
    },
    time::{DaysOf, PeriodKind, Window},
};

/// Words and what they stand for.
pub(in crate::domain) type Words<T> = Vec<(&'static str, T)>;

/// The words alone.
pub(in crate::domain) fn names<T>(words: Words<T>) -> Vec<&'static str> {
    words.into_iter().map(|it| it.0).collect()
}

pub(super) fn formats() -> Words<()> {
    vec![("scheme/v1", ())]
}

pub(super) fn schedule_formats() -> Words<()> {
    vec![("schedule/v1", ())]
}

/// `notice: {of: working}`.
pub(in crate::domain) fn days_of() -> Words<DaysOf> {
    [DaysOf::Working, DaysOf::Calendar].map(|it| (it.word(), it)).to_vec()
}

/// `put_right: {in_time: ends}`: whether the veto never was.
pub(super) fn put_right() -> Words<bool> {
    vec![("ends", false), ("annuls", true)]
}

/// `as_of: publication`.
pub(super) fn award_as_of() -> Words<()> {
    vec![("publication", ())]
}

/// `paid: each`.
pub(in crate::domain) fn award_paid() -> Words<Paid> {
    vec![("once", Paid::Once), ("each", Paid::Each)]
}

/// `check: second_person`.
pub(super) fn entry_checks() -> Words<()> {
    vec![("second_person", ())]
}

pub(super) fn several_places() -> Words<SeveralPlaces> {
    vec![
        ("last", SeveralPlaces::Last),
        ("prorated-by-days", SeveralPlaces::ProratedByDays),
        ("best", SeveralPlaces::Best),
    ]
}

pub(super) fn honours() -> Words<()> {
    ["eligible", "barred"].map(|it| (it, ())).to_vec()
}

pub(super) fn subjects() -> Words<SubjectKind> {
    SubjectKind::ALL.map(|it| (it.name(), it)).to_vec()
}

pub(super) fn cohorts() -> Words<Cohort> {
    Cohort::ALL.map(|it| (it.name(), it)).to_vec()
}

pub(super) fn periods() -> Words<PeriodKind> {
    [PeriodKind::Year, PeriodKind::Half, PeriodKind::Quarter, PeriodKind::Month]
        .map(|it| (it.name(), it))
        .to_vec()
}

pub(super) fn roundings() -> Words<RoundingMode> {
    RoundingMode::ALL.map(|it| (it.name(), it)).to_vec()
}

pub(super) fn windows() -> Words<Window> {
    Window::ALL.map(|it| (it.name(), it)).to_vec()
}

pub(in crate::domain) fn seat_roundings() -> Words<ApportionRule> {
    ApportionRule::ALL.map(|it| (it.name(), it)).to_vec()
}

pub(super) fn results_of() -> Words<ResultsOf> {
    ResultsOf::ALL.map(|it| (it.name(), it)).to_vec()
}

pub(super) fn several() -> Words<Several> {
    vec![
        ("average", Several::Average),
        ("median", Several::Median),
        ("latest", Several::Latest),
        ("trimmed", Several::Trimmed),
    ]
}

pub(super) fn combines() -> Words<Combine> {
    vec![
        ("average", Combine::Average),
        ("weighted", Combine::Weighted),
        ("best", Combine::Best),
        ("worst", Combine::Worst),
        ("sum", Combine::Sum),
    ]
}

pub(super) fn compare_with() -> Words<CompareWith> {
    vec![("best", CompareWith::Best), ("mean", CompareWith::Mean)]
}

pub(super) fn seat_bases() -> Words<SeatBase> {
    vec![("subjects", SeatBase::Subjects), ("results", SeatBase::Results)]
}

pub(super) fn veto_counts() -> Words<VetoCounts> {
    vec![("any_day", VetoCounts::AnyDay), ("at_end", VetoCounts::AtEnd)]
}

/// `of: holder`: records about the member who holds the post count too.
pub(super) fn veto_of() -> Words<()> {
    vec![("holder", ())]
}

pub(super) fn appraised() -> Words<Appraised> {
    vec![("at_end", Appraised::AtEnd), ("longest", Appraised::Longest)]
}

/// The figures that the registry gives of a compound.
pub(super) fn indicators() -> Words<Indicator> {
    Indicator::ALL.map(|it| (it.name(), it)).to_vec()
}

pub(super) fn orders() -> Words<Order> {
    vec![("descending", Order::Descending), ("ascending", Order::Ascending)]
}

pub(super) fn places() -> Words<Places> {
    vec![("competition", Places::Competition), ("dense", Places::Dense)]
}

pub(in crate::domain) fn award_to() -> Words<AwardTo> {
    vec![("branch", AwardTo::Branch), ("person", AwardTo::Person)]
}

pub(super) fn statuses() -> Words<()> {
    ["final", "incomplete", "excluded", "tie_open"].map(|it| (it, ())).to_vec()
}

pub(super) fn example_seats() -> Words<bool> {
    vec![("applied", false), ("open", true)]
}

/// `absent: rescale`: the others' weights are scaled up.
pub(super) fn absent() -> Words<()> {
    vec![("rescale", ())]
}

/// `unscored` of a `result_of`: whether a result without a score is left out.
pub(super) fn unscored() -> Words<bool> {
    vec![("missing", false), ("leave_out", true)]
}

/// `missing`, besides `{value: x}`.
pub(super) fn missing() -> Words<MissingWord> {
    vec![
        ("incomplete", MissingWord::Incomplete),
        ("zero", MissingWord::Zero),
        ("exclude", MissingWord::Exclude),
    ]
}

/// A word of `missing`.
#[derive(Debug, Clone, Copy)]
pub(super) enum MissingWord {
    Incomplete,
    Zero,
    Exclude,
}

/// `points: entered`.
pub(super) fn entered() -> Words<()> {
    vec![("entered", ())]
}

/// `channels: pooled`.
pub(super) fn pooled() -> Words<()> {
    vec![("pooled", ())]
}

/// `by: [score]`.
pub(super) fn score() -> Words<()> {
    vec![("score", ())]
}
