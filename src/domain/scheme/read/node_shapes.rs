//! The mappings of the score: nodes, what each kind is made of, and conditions.

use super::{
    chain::PROPOSED,
    roll_up::{RESULT_OF, VETOED},
    shape::{Form, Shape, may, must, shape},
    shapes::BASES,
    words::{self, names},
};

/// The most a count of the document may be.
pub(super) const COUNT_MAX: u32 = 1_000_000_000;

/// The keys of which a node has exactly one.
pub(in crate::domain::scheme) const KIND_KEYS: &[&str] = &[
    "sum",
    "weighted",
    "average",
    "best",
    "worst",
    "counted",
    "scheduled",
    "assessed",
    "proposed",
    "voted",
    "surveyed",
    "measured",
    "checked",
    "imported",
    "result_of",
    "compared",
    "placed",
    "constant",
];

/// The kinds made of other nodes.
pub(super) const PARENT_KEYS: &[&str] = &["sum", "weighted", "average", "best", "worst"];

pub(in crate::domain::scheme) static NODE: Shape = Shape {
    name: "node",
    about: "One node of the score, of exactly one kind. Kind, then base, then clamp, then round.",
    keys: &[
        must("id", Form::Id, "Unique in the scheme; also the item of entries and sheets."),
        may("title", Form::Title, "What people call it."),
        may("basis", Form::Either(BASES), "What it rests on."),
        may(
            "out_of",
            Form::Number,
            "Full marks, above 0. Needed below `weighted` and by kinds that yield a fraction.",
        ),
        may("base", Form::Number, "Added first; 0 if not written."),
        may("clamp", Form::Pair, "[least, most], after `base` and before `round`."),
        may("round", Form::Map(&ROUND), "The only rounding there is."),
        may(
            "missing",
            Form::Either(&[Form::Word(|| names(words::missing())), Form::Map(&MISSING)]),
            "What becomes of it when it is missing. Not on the root.",
        ),
        may(
            "weight",
            Form::Share,
            "Below `weighted` only; the weights of one node's parts add up to exactly 100%.",
        ),
        may("sum", Form::Maps(&NODE), "The sum."),
        may(
            "weighted",
            Form::Maps(&NODE),
            "The weighted mean of the parts' fractions of full marks.",
        ),
        may("average", Form::Maps(&NODE), "The mean of what is left after `drop`."),
        may("drop", Form::Map(&DROP), "How many parts an `average` drops."),
        may("best", Form::Maps(&NODE), "The greatest."),
        may("worst", Form::Maps(&NODE), "The least."),
        may("counted", Form::Map(&COUNTED), "Ledger entries of this item."),
        may(
            "scheduled",
            Form::Map(&SCHEDULED),
            "The compound branch's own items, by its schedule.",
        ),
        may("assessed", Form::Map(&ASSESSED), "Sheets by assessors."),
        may("proposed", Form::Map(&PROPOSED), "A value that levels propose, adjust and confirm."),
        may("voted", Form::Map(&VOTED), "A ballot."),
        may("surveyed", Form::Map(&SURVEYED), "A survey."),
        may("measured", Form::Map(&MEASURED), "A reported figure turned into points."),
        may("checked", Form::Map(&CHECKED), "Points for a condition."),
        may("imported", Form::Map(&IMPORTED), "Marks of another system."),
        may("result_of", Form::Map(&RESULT_OF), "Published results of another scheme."),
        may("compared", Form::Map(&COMPARED), "This subject's value of a node by the group's."),
        may("placed", Form::Map(&PLACED), "Points for the place in a group."),
        may("constant", Form::Number, "A fixed number of points."),
    ],
    one_of: &[KIND_KEYS],
    any_of: &[],
    together: &[("drop", "average")],
};

pub(super) static ROUND: Shape = shape(
    "round",
    "A rounding.",
    &[
        must("to", Form::Whole(0, 6), "Decimal places."),
        may("mode", Form::Word(|| names(words::roundings())), "How; half_up if not written."),
    ],
);

pub(super) static MISSING: Shape = shape(
    "missing_value",
    "A figure set by decree; `base`, `clamp` and `round` do not touch it.",
    &[must("value", Form::Number, "The figure.")],
);

pub(super) static DROP: Shape = Shape {
    name: "drop",
    about: "How many parts are dropped; never all of them.",
    keys: &[
        may("highest", Form::Whole(0, COUNT_MAX), "How many of the greatest."),
        may("lowest", Form::Whole(0, COUNT_MAX), "How many of the least."),
    ],
    one_of: &[],
    any_of: &["highest", "lowest"],
    together: &[],
};

pub(super) static COUNTED: Shape = Shape {
    name: "counted",
    about: "Entries by the day the deed was done.",
    keys: &[
        may(
            "points",
            Form::Either(&[Form::Number, Form::Word(|| names(words::entered()))]),
            "Points of one time, or the entry's own.",
        ),
        may(
            "each",
            Form::Pair,
            "[least, most] of one entry's own points; with `points: entered` only.",
        ),
        may(
            "repeats",
            Form::Numbers,
            "The first entry's multiplier, the second's, …, the last for every later one.",
        ),
        may(
            "tiers",
            Form::Pairs,
            "[[times, points], …] ascending: the sum of times picks the highest tier reached.",
        ),
        may("caps", Form::Maps(&CAP), "From the shorter window to the longer."),
        may("valid", Form::Months, "Entries count so long, instead of within the period."),
    ],
    one_of: &[&["points", "tiers"]],
    any_of: &[],
    together: &[("each", "points"), ("repeats", "points")],
};

pub(super) static CAP: Shape = Shape {
    name: "cap",
    about: "Each window's total is held to this, once.",
    keys: &[
        must("per", Form::Word(|| names(words::windows())), "The window."),
        may("at_most", Form::Number, "The most."),
        may("at_least", Form::Number, "The least."),
    ],
    one_of: &[],
    any_of: &["at_most", "at_least"],
    together: &[],
};

pub(super) static ASSESSED: Shape = shape(
    "assessed",
    "Sheets with points out of the node's `out_of`.",
    &[
        must("by", Form::Shares, "Weights by role; they add up to exactly 100%."),
        may(
            "several",
            Form::Word(|| names(words::several())),
            "How one role's several sheets combine; average if not written.",
        ),
        may(
            "trim_from",
            Form::Whole(3, COUNT_MAX),
            "The fewest sheets that `trimmed` trims; 3 if not written.",
        ),
        may(
            "absent",
            Form::Word(|| names(words::absent())),
            "`rescale`: the other roles' weights are scaled up for an absent one.",
        ),
    ],
);

pub(super) static VOTED: Shape = shape(
    "voted",
    "A ballot: the mean worth of the valid votes by the greatest worth.",
    &[
        must("ballot", Form::Name, "The ballot's name."),
        must("options", Form::Points, "What each option is worth; options not named are void."),
        may("least", Form::Whole(1, COUNT_MAX), "The fewest valid ballots; 1 if not written."),
    ],
);

pub(super) static SURVEYED: Shape = shape(
    "surveyed",
    "A survey: satisfied by answered.",
    &[
        must("survey", Form::Name, "The survey's name."),
        must(
            "channels",
            Form::Either(&[Form::Word(|| names(words::pooled())), Form::Shares]),
            "`pooled`, or weights by channel that add up to exactly 100%.",
        ),
        may("least", Form::Whole(1, COUNT_MAX), "The fewest answers; 1 if not written."),
        may(
            "absent",
            Form::Word(|| names(words::absent())),
            "`rescale`: the other channels' weights are scaled up for an absent one.",
        ),
    ],
);

pub(super) static MEASURED: Shape = Shape {
    name: "measured",
    about: "A reported figure turned into points.",
    keys: &[
        may("metric", Form::Name, "One figure."),
        may("ratio", Form::Map(&RATIO), "One figure by another; by zero it is missing."),
        may("bands", Form::Maps(&BAND), "From the top; the last band has no limit."),
        may("linear", Form::Pairs, "[[figure, points], …] ascending, held at the ends."),
        may("as_is", Form::Yes, "The figure itself."),
    ],
    one_of: &[&["metric", "ratio"], &["bands", "linear", "as_is"]],
    any_of: &[],
    together: &[],
};

pub(super) static RATIO: Shape = shape(
    "ratio",
    "One reported figure by another.",
    &[must("of", Form::Name, "The upper one."), must("per", Form::Name, "The lower one.")],
);

pub(super) static BAND: Shape = shape(
    "band",
    "One band.",
    &[
        may("at_least", Form::Number, "Its lower limit; the last band has none."),
        must("points", Form::Number, "Its points."),
    ],
);

pub(super) static CHECKED: Shape = shape(
    "checked",
    "Points for a condition.",
    &[
        must("when", Form::Map(&PREDICATE), "The condition."),
        must("points", Form::Number, "Points where it holds."),
        may("otherwise", Form::Number, "Points where it does not; 0 if not written."),
    ],
);

pub(super) static IMPORTED: Shape = shape(
    "imported",
    "Marks of another system: raw by full, as reported.",
    &[
        must("source", Form::Name, "The source's name."),
        may(
            "several",
            Form::Word(|| names(words::several_places())),
            "How the reports of two units in one period combine; last if not written.",
        ),
        may(
            "absent",
            Form::Word(|| names(words::absent())),
            "`rescale`: a unit that has not reported is as if the member had not been in it.",
        ),
    ],
);

pub(super) static SCHEDULED: Shape = shape(
    "scheduled",
    "Entries by the point schedule of the compound in which the member lived (M2, M4).",
    &[
        may("items", Form::Pair, "[fewest, most] items of a schedule; [1, 100] if not written."),
        must("each", Form::Pair, "[least, most] that one time of an item may be worth."),
        must("in_all", Form::Pair, "[least, most] that all items may come to in a period."),
        may(
            "several",
            Form::Word(|| names(words::several_places())),
            "How two compounds in one period combine; prorated-by-days if not written.",
        ),
        may(
            "absent",
            Form::Word(|| names(words::absent())),
            "`rescale`: a compound without a schedule is as if the member had not lived there.",
        ),
        may("valid_at_most", Form::Months, "An item's `valid` at the longest; not written: none."),
        may("adoption", Form::Map(&ADOPTION), "What a general meeting needs to adopt a schedule."),
        may(
            "objections",
            Form::Whole(1, 366),
            "Days in which a member may object to an entry; 10 if not written.",
        ),
    ],
);

pub(super) static ADOPTION: Shape = Shape {
    name: "adoption",
    about: "Shares of those eligible; more than half each if not written.",
    keys: &[
        may("present", Form::Map(&QUORUM), "How many must be present."),
        may("in_favour", Form::Map(&QUORUM), "How many must be in favour."),
    ],
    one_of: &[],
    any_of: &["present", "in_favour"],
    together: &[],
};

pub(super) static QUORUM: Shape = Shape {
    name: "quorum",
    about: "A share of those eligible.",
    keys: &[
        may("above", Form::Share, "It must be passed."),
        may("at_least", Form::Share, "It must be reached."),
    ],
    one_of: &[&["above", "at_least"]],
    any_of: &[],
    together: &[],
};

pub(super) static COMPARED: Shape = shape(
    "compared",
    "This subject's value of a node by the group's, held to 0..1.",
    &[
        must("node", Form::Id, "The node."),
        must("within", Form::Name, "The group's name."),
        must(
            "with",
            Form::Word(|| names(words::compare_with())),
            "The group's best or mean value.",
        ),
    ],
);

pub(super) static PLACED: Shape = shape(
    "placed",
    "Points for the place: 1 + how many others of the group are greater.",
    &[
        must("node", Form::Id, "The node that orders."),
        must("within", Form::Name, "The group's name."),
        must("points", Form::Pairs, "[[place, points], …] by ascending place."),
        may("otherwise", Form::Number, "Points for every other place; 0 if not written."),
    ],
);

pub(in crate::domain::scheme) static PREDICATE: Shape = Shape {
    name: "predicate",
    about: "A condition. About something missing it is false, and `none` of it is true.",
    keys: &[
        may("node", Form::Id, "The value of a node, with one comparison."),
        may("metric", Form::Name, "A reported figure, with one comparison."),
        may("ratio", Form::Map(&RATIO), "One reported figure by another, with one comparison."),
        may("at_least", Form::Number, "Not below this."),
        may("above", Form::Number, "Above this."),
        may("at_most", Form::Number, "Not above this."),
        may("below", Form::Number, "Below this."),
        may("attribute", Form::Name, "An attribute of the subject, with `is` or `in`."),
        may("is", Form::Name, "The value of the attribute."),
        may("in", Form::Names, "The values of which the attribute has one."),
        may("fact", Form::Name, "A recorded finding of that kind is in force in the period."),
        may("grade", Form::Id, "The subject's grade; in an award's `when` only."),
        may("results", Form::Id, "A `result_of` node that lists, with `vetoed` or `graded`."),
        may("vetoed", Form::Names, "One of its results has one of these vetoes in force."),
        may("graded", Form::Names, "One of its results has one of these grades."),
        may("all", Form::Maps(&PREDICATE), "All hold."),
        may("any", Form::Maps(&PREDICATE), "At least one holds."),
        may("none", Form::Maps(&PREDICATE), "Not one holds."),
    ],
    one_of: &[&[
        "node",
        "metric",
        "ratio",
        "attribute",
        "fact",
        "results",
        "grade",
        "all",
        "any",
        "none",
    ]],
    any_of: &[],
    together: &[],
};

/// The mappings below nodes.
pub(super) static KINDS: [&Shape; 20] = [
    &SCHEDULED, &ADOPTION, &QUORUM, &ROUND, &MISSING, &DROP, &COUNTED, &CAP, &ASSESSED, &VOTED,
    &SURVEYED, &MEASURED, &BAND, &CHECKED, &IMPORTED, &RESULT_OF, &VETOED, &COMPARED, &PLACED,
    &PROPOSED,
];
