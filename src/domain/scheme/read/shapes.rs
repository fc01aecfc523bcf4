//! The mappings around the score: the document itself, grades, vetoes, ranking, awards, examples.

use super::{
    advice::{ADVICE, ADVICE_BAND},
    chain::POOL,
    node_shapes::{COUNTED, NODE, PREDICATE, RATIO},
    shape::{Form, Shape, may, must, shape},
    words::{self, names},
};

pub(in crate::domain::scheme) static DOCUMENT: Shape = shape(
    "scheme",
    "One evaluation's rules (评分办法): versioned, checked, and never changed once published.",
    &[
        must("steelyard", Form::Word(|| names(words::formats())), "The form of this document."),
        must("id", Form::Id, "The scheme's id, the same in all its versions."),
        must("version", Form::Whole(1, u32::MAX), "The version, from 1."),
        may("title", Form::Title, "What people call it."),
        must("subject", Form::Word(|| names(words::subjects())), "What is evaluated."),
        must("period", Form::Word(|| names(words::periods())), "Over how long."),
        must("in_force", Form::Map(&IN_FORCE), "When the scheme holds."),
        may("basis", Form::Either(BASES), "The documents the scheme rests on."),
        may("roster", Form::Map(&PREDICATE), "Which subjects a run takes: by attributes only."),
        may(
            "appraised",
            Form::Word(|| names(words::appraised())),
            "In which of a person's posts they are appraised (S1); at_end if not written.",
        ),
        may(
            "cohort",
            Form::Word(|| names(words::cohorts())),
            "The dimension in which posts form a cohort that its unit assesses (S1).",
        ),
        may(
            "indicators",
            Form::ListOf(&Form::Word(|| names(words::indicators()))),
            "The metrics that the service computes from its registry, of compounds (I1 to I3, I9).",
        ),
        must(
            "score",
            Form::Map(&NODE),
            "The root of the score. Rounds to 2 places half-up if it says nothing.",
        ),
        may("grades", Form::Maps(&GRADE), "Grades from the top. The last has no condition."),
        may("vetoes", Form::Maps(&VETO), "The veto list (一票否决权清单)."),
        may("ranking", Form::Map(&RANKING), "How subjects are ranked."),
        may("awards", Form::Maps(&AWARD), "What money follows."),
        may(
            "consequences",
            Form::Maps(&CONSEQUENCE),
            "What follows from published results, beside awards (S3, S6).",
        ),
        may("honours", Form::Map(&HONOURS), "Who is eligible for the period's honours (M6)."),
        may(
            "sheets",
            Form::ListOf(&Form::Id),
            "The nodes whose values a result keeps and shows (P1), besides the score.",
        ),
        may("advice", Form::Map(&ADVICE), "What a result advises on contracts and prices (P4)."),
        may("check_in", Form::Map(&CHECK_IN), "When a member must have checked in (M3)."),
        may("conduct", Form::Map(&CONDUCT), "Negative conduct that was not put right (M6)."),
        may(
            "party_floor",
            Form::Map(&PARTY_FLOOR),
            "The least weight of party organisations (P2).",
        ),
        may("closes", Form::Map(&CLOSES), "When the period closes for new facts."),
        may("notice", Form::Map(&NOTICE), "The public notice before publication (公示, F8)."),
        may(
            "objections",
            Form::Map(&OBJECTIONS),
            "How long published results may be objected to (异议).",
        ),
        may("examples", Form::Maps(&EXAMPLE), "Worked examples; every one must give what it says."),
    ],
);

pub(in crate::domain) static IN_FORCE: Shape = shape(
    "in_force",
    "When a scheme holds, both days included.",
    &[must("from", Form::Day, "The first day."), may("until", Form::Day, "The last day.")],
);

pub(in crate::domain) static BASIS: Shape = shape(
    "basis",
    "What a rule rests on.",
    &[must("document", Form::Title, "The document."), may("clause", Form::Title, "The clause.")],
);

/// `basis`: text or a mapping, or a list of such.
pub(in crate::domain) static BASES: &[Form] = &[
    Form::Title,
    Form::Map(&BASIS),
    Form::ListOf(&Form::Either(&[Form::Title, Form::Map(&BASIS)])),
];

pub(in crate::domain::scheme) static GRADE: Shape = shape(
    "grade",
    "One grade.",
    &[
        must("id", Form::Id, "Unique among the grades."),
        may("title", Form::Title, "What people call it."),
        may("at_least", Form::Number, "The least rounded score; below that of the grade above."),
        may("when", Form::Map(&PREDICATE), "A condition that must hold."),
        may("unless", Form::Map(&PREDICATE), "A condition that must not hold."),
        may("seats", Form::Map(&SEATS), "How many may have it (名额)."),
    ],
);

pub(in crate::domain::scheme) static SEATS: Shape = shape(
    "seats",
    "Seats of a grade; the best by the ranking keep it.",
    &[
        must("share", Form::Share, "The share of the group, 0 to 100%."),
        must(
            "of",
            Form::Word(|| names(words::seat_bases())),
            "Everybody in the group, or those with a place.",
        ),
        must("within", Form::Name, "The group's name."),
        must(
            "rounding",
            Form::Word(|| names(words::seat_roundings())),
            "How the share becomes whole seats.",
        ),
        may("each_at_most", Form::Whole(0, u32::MAX), "The most seats of one group, cut last."),
        may(
            "at_most",
            Form::Whole(0, u32::MAX),
            "The most seats of all groups; with largest_remainder only.",
        ),
        may("pool", Form::Map(&POOL), "How small groups share seats; not written: they do not."),
    ],
);

pub(in crate::domain::scheme) static VETO: Shape = shape(
    "veto",
    "One item of the veto list (一票否决).",
    &[
        must("id", Form::Id, "Unique among the vetoes."),
        may("title", Form::Title, "What people call it."),
        may("raised_by", Form::Names, "Who may raise it; not written: anybody."),
        may(
            "counts",
            Form::Word(|| names(words::veto_counts())),
            "When in the period it must be in force; any_day if not written.",
        ),
        may("put_right", Form::Map(&PUT_RIGHT), "What comes of putting it right in time (P3)."),
        may("object", Form::Map(&VETO_OBJECT), "How long the company may object (P3)."),
        may(
            "of",
            Form::Word(|| names(words::veto_of())),
            "Records about the member who holds the post count too (S5).",
        ),
        may("candidacy", Form::Yes, "It bars from being a candidate for a post (S5)."),
        must(
            "then",
            Form::Either(&[Form::Map(&EFFECT), Form::Maps(&EFFECT)]),
            "What it does: one or more effects.",
        ),
    ],
);

pub(in crate::domain::scheme) static PUT_RIGHT: Shape = shape(
    "put_right",
    "What comes of putting a veto's cause right in time.",
    &[
        must("days", Form::Whole(1, 3660), "Days after the day the company was told."),
        may(
            "in_time",
            Form::Word(|| names(words::put_right())),
            "`ends` the day before, the default; `annuls`: it never was in force.",
        ),
    ],
);

pub(in crate::domain::scheme) static VETO_OBJECT: Shape = shape(
    "veto_object",
    "How long the company may object to a veto.",
    &[must("days", Form::Whole(1, 3660), "Days after the day the company was told.")],
);

pub(in crate::domain::scheme) static EFFECT: Shape = Shape {
    name: "effect",
    about: "What a veto does. A veto never raises anything.",
    keys: &[
        may("excluded", Form::Yes, "No score, no place."),
        may("grade", Form::Id, "That grade, or a lower one if the score gives that; no place."),
        may("grade_at_best", Form::Id, "Never above that grade (一票否优)."),
        may("grades_down", Form::Whole(1, 1000), "So many grades down."),
        may("score_at_most", Form::Number, "The score is at most this."),
        may("score_less", Form::Number, "The score is less by this, which is 0 or more."),
        may("node", Form::Id, "That node becomes `value` where it was greater."),
        may("value", Form::Number, "The value of `node`."),
        may("no_awards", Form::Yes, "No awards."),
    ],
    one_of: &[],
    any_of: &[
        "excluded",
        "grade",
        "grade_at_best",
        "grades_down",
        "score_at_most",
        "score_less",
        "node",
        "no_awards",
    ],
    together: &[("node", "value"), ("value", "node")],
};

pub(in crate::domain::scheme) static RANKING: Shape = shape(
    "ranking",
    "How subjects are ranked.",
    &[
        must("within", Form::Names, "The groups to rank within."),
        must(
            "by",
            Form::ListOf(&Form::Either(&[
                Form::Word(|| names(words::score())),
                Form::Map(&RANK_KEY),
            ])),
            "The keys in order; higher first unless `order: ascending`.",
        ),
        may(
            "places",
            Form::Word(|| names(words::places())),
            "1 2 2 4 (competition, the default) or 1 2 2 3 (dense).",
        ),
    ],
);

pub(in crate::domain::scheme) static RANK_KEY: Shape = Shape {
    name: "rank_key",
    about: "One key of a ranking.",
    keys: &[
        may("score", Form::Yes, "The published (rounded) score."),
        may("node", Form::Id, "The exact value of that node."),
        may("metric", Form::Name, "A reported figure."),
        may("order", Form::Word(|| names(words::orders())), "Which end is first."),
    ],
    one_of: &[&["score", "node", "metric"]],
    any_of: &[],
    together: &[],
};

pub(in crate::domain::scheme) static AWARD: Shape = shape(
    "award",
    "One award, of final subjects only.",
    &[
        must("id", Form::Id, "Unique among the awards."),
        may("title", Form::Title, "What people call it."),
        must("amount", Form::Amount, "Yuan, to the fen; above 0."),
        may("when", Form::Map(&PREDICATE), "The condition; not written: every final subject."),
        must("to", Form::Word(|| names(words::award_to())), "Who gets it."),
        may(
            "as_of",
            Form::Word(|| names(words::award_as_of())),
            "`when` looks at the day of publication (S6): grade and attributes only, of posts only.",
        ),
        may("paid", Form::Word(|| names(words::award_paid())), "`once` a year, or `each` time."),
        may("basis", Form::Either(BASES), "What it rests on."),
    ],
);

pub(in crate::domain::scheme) static CONSEQUENCE: Shape = shape(
    "consequence",
    "One thing that follows from a published final result, by the day of publication.",
    &[
        must("id", Form::Id, "Unique among the consequences."),
        may("title", Form::Title, "What people read."),
        must("when", Form::Map(&PREDICATE), "The condition, over grade and attributes only."),
        may("basis", Form::Either(BASES), "What it rests on."),
    ],
);

pub(in crate::domain::scheme) static OBJECTIONS: Shape = shape(
    "objections",
    "How long published results may be objected to.",
    &[
        must(
            "days",
            Form::Whole(1, 366),
            "Days after the day of publication, which is not counted.",
        ),
        must(
            "of",
            Form::Word(|| names(words::days_of())),
            "Working days by the state's notices of holidays, or all days.",
        ),
    ],
);

pub(in crate::domain::scheme) static HONOURS: Shape = Shape {
    name: "honours",
    about: "Who is eligible for the period's honours.",
    keys: &[
        may("when", Form::Map(&PREDICATE), "A condition that must hold."),
        may("unless", Form::Map(&PREDICATE), "A condition that must not hold."),
    ],
    one_of: &[],
    any_of: &["when", "unless"],
    together: &[],
};

pub(in crate::domain::scheme) static CHECK_IN: Shape = shape(
    "check_in",
    "Check-ins (报到) as a figure of late days and a finding.",
    &[
        may("first_by", Form::Day, "The first day by which anybody had to."),
        may("within", Form::Months, "How long after a change of residence; 1 month."),
        may("metric", Form::Name, "The figure of late days; late_days."),
        may("finding", Form::Name, "The finding on late days; late_check_in."),
    ],
);

pub(in crate::domain::scheme) static CONDUCT: Shape = shape(
    "conduct",
    "Cases of negative conduct as a finding for the rest of their year.",
    &[may("finding", Form::Name, "The finding; negative_conduct.")],
);

pub(in crate::domain::scheme) static PARTY_FLOOR: Shape = shape(
    "party_floor",
    "The least weight that party organisations have together, in every `assessed` node (P2).",
    &[
        must("roles", Form::Names, "The party organisations, by the roles in which they assess."),
        must("at_least", Form::Share, "The least that their weights add up to."),
    ],
);

pub(in crate::domain::scheme) static CLOSES: Shape = shape(
    "closes",
    "When the period closes for new facts: then, or when a run is published.",
    &[must("days", Form::Whole(0, 3660), "Days after the period's last day.")],
);

pub(in crate::domain::scheme) static NOTICE: Shape = shape(
    "notice",
    "How long a run is under public notice before it is published.",
    &[
        must("days", Form::Whole(1, 366), "Days after the day of posting, which is not counted."),
        must(
            "of",
            Form::Word(|| names(words::days_of())),
            "Working days by the state's notices of holidays, or all days.",
        ),
    ],
);

pub(in crate::domain::scheme) static SCHEDULE: Shape = shape(
    "schedule",
    "One compound branch's own list of items (积分明细).",
    &[
        must(
            "steelyard",
            Form::Word(|| names(words::schedule_formats())),
            "The form of this document.",
        ),
        must("compound", Form::Name, "The compound's id."),
        must("version", Form::Whole(1, u32::MAX), "The version, from 1."),
        may("title", Form::Title, "What people call it."),
        must(
            "in_force",
            Form::Map(&IN_FORCE),
            "From when it holds, and until when at the longest.",
        ),
        may("basis", Form::Either(BASES), "What it rests on."),
        must("items", Form::Maps(&SCHEDULE_ITEM), "The items."),
    ],
);

pub(in crate::domain::scheme) static EXAMPLE_SCHEDULE: Shape = shape(
    "example_schedule",
    "A point schedule that holds for an example.",
    &[
        must("compound", Form::Name, "The compound's id."),
        must(
            "in_force",
            Form::Map(&IN_FORCE),
            "From when it holds, and until when at the longest.",
        ),
        must("items", Form::Maps(&SCHEDULE_ITEM), "The items."),
    ],
);

pub(in crate::domain::scheme) static SCHEDULE_ITEM: Shape = shape(
    "schedule_item",
    "One item.",
    &[
        must("id", Form::Id, "Unique in the schedule; what entries name."),
        may("title", Form::Title, "What people call it."),
        must("counted", Form::Map(&COUNTED), "How its entries count."),
        may(
            "check",
            Form::Word(|| names(words::entry_checks())),
            "`second_person`: an entry counts once somebody else has confirmed it.",
        ),
    ],
);

pub(in crate::domain::scheme) static EXAMPLE: Shape = shape(
    "example",
    "A worked example: one subject alone.",
    &[
        may("title", Form::Title, "What it shows."),
        may(
            "seats",
            Form::Word(|| names(words::example_seats())),
            "`open` leaves the limits on seats out.",
        ),
        may("schedules", Form::Maps(&EXAMPLE_SCHEDULE), "Point schedules that hold for it."),
        must("facts", Form::Facts, "One line of facts, without `subject`."),
        must("gives", Form::Map(&GIVES), "What comes of it; what is not said is not compared."),
    ],
);

pub(in crate::domain::scheme) static GIVES: Shape = Shape {
    name: "gives",
    about: "What an example gives.",
    keys: &[
        may("score", Form::NumberOrNull, "The score."),
        may("score_before_vetoes", Form::NumberOrNull, "The score without vetoes."),
        may("grade", Form::IdOrNull, "The grade."),
        may("status", Form::Word(|| names(words::statuses())), "The status."),
        may("awards", Form::Amounts, "All awards, by id."),
        may(
            "consequences",
            Form::ListOf(&Form::Id),
            "All that follows, by id; the facts need `published`.",
        ),
        may("honours", Form::Word(|| names(words::honours())), "Whether eligible for honours."),
        may("advice", Form::Map(&ADVISED), "What is advised."),
    ],
    one_of: &[],
    any_of: &[
        "score",
        "score_before_vetoes",
        "grade",
        "status",
        "awards",
        "consequences",
        "honours",
        "advice",
    ],
    together: &[],
};

pub(in crate::domain::scheme) static ADVISED: Shape = Shape {
    name: "advised",
    about: "What is advised, by the ids of `advice`; null: nothing.",
    keys: &[
        may("renewal", Form::IdOrNull, "On renewing the contract."),
        may("price", Form::IdOrNull, "On the price that is agreed."),
    ],
    one_of: &[],
    any_of: &["renewal", "price"],
    together: &[],
};

/// Every mapping of the document that has a definition of its own in the JSON Schema.
pub(in crate::domain::scheme) fn all() -> Vec<&'static Shape> {
    let mut all = vec![
        &DOCUMENT,
        &IN_FORCE,
        &BASIS,
        &GRADE,
        &SEATS,
        &POOL,
        &VETO,
        &PUT_RIGHT,
        &VETO_OBJECT,
        &EFFECT,
        &RANKING,
        &RANK_KEY,
        &AWARD,
        &CONSEQUENCE,
        &OBJECTIONS,
        &EXAMPLE,
        &EXAMPLE_SCHEDULE,
        &SCHEDULE_ITEM,
        &HONOURS,
        &ADVICE,
        &ADVICE_BAND,
        &CHECK_IN,
        &CONDUCT,
        &PARTY_FLOOR,
        &CLOSES,
        &NOTICE,
        &GIVES,
        &ADVISED,
        &NODE,
        &PREDICATE,
        &RATIO,
    ];
    all.extend(super::node_shapes::KINDS);
    all
}
