//! What a mapping of the document may hold: the tables of the reader and of the JSON Schema.

use crate::domain::{
    scheme::read::{
        BASES, BASIS, Form, IN_FORCE, Shape, may, must, shape,
        words::{self, Words, names},
    },
    selection::RosterForm,
};

/// `steelyard: selection/v1`.
pub(super) fn formats() -> Words<()> {
    vec![("selection/v1", ())]
}

/// `forms: [compound_branch]`.
pub(super) fn roster_forms() -> Words<RosterForm> {
    RosterForm::ALL.map(|it| (it.name(), it)).to_vec()
}

/// `to: branch`: the money is the branch's (A1).
pub(super) fn award_to() -> Words<()> {
    vec![("branch", ())]
}

/// `{day: 01-10, year: next}`.
pub(super) fn years() -> Words<()> {
    vec![("next", ())]
}

pub(super) static DOCUMENT: Shape = shape(
    "selection",
    "One selection's rules (评选办法): versioned, checked, and never changed once published.",
    &[
        must("steelyard", Form::Word(|| names(formats())), "The form of this document."),
        must("id", Form::Id, "The document's id, the same in all its versions."),
        must("version", Form::Whole(1, u32::MAX), "The version, from 1, without gaps."),
        must("title", Form::Title, "What people call it."),
        must("honour", Form::Title, "What one who is confirmed is called."),
        must("in_force", Form::Map(&IN_FORCE), "When the document holds."),
        may("basis", Form::Either(BASES), "The documents it rests on."),
        must("criteria", Form::Map(&CRITERIA), "What candidates are judged by (F10)."),
        must(
            "forms",
            Form::ListOf(&Form::Word(|| names(roster_forms()))),
            "Which branches are counted for the share (F4).",
        ),
        must("seats", Form::Map(&SEATS), "The share, its rounding and the caps (F1, F5)."),
        must("steps", Form::Map(&STEPS), "The steps before the notice, every one (F2 to F7)."),
        must("notice", Form::Map(&NOTICE), "The public notice (公示, F8)."),
        may("awards", Form::Maps(&AWARD), "What money follows for those who are confirmed (A1)."),
    ],
);

pub(super) static CRITERIA: Shape = shape(
    "criteria",
    "What candidates are judged by.",
    &[
        must("scheme", Form::Id, "The scheme whose results rank them; its subjects are compounds."),
        may("grade", Form::Id, "The grade that a candidate reaches at least; not written: any."),
        may(
            "bars",
            Form::ListOf(&Form::Id),
            "Items of the scheme's veto list of which none may be in force.",
        ),
    ],
);

pub(super) static SEATS: Shape = shape(
    "seats",
    "How many a street may recommend, and the county confirm.",
    &[
        must("share", Form::Share, "The share of the branches counted; above 0, at most 100%."),
        may(
            "rounding",
            Form::Word(|| names(words::seat_roundings())),
            "How the share becomes whole seats; largest_remainder if not written.",
        ),
        may("each_at_most", Form::Whole(1, u32::MAX), "The most seats of one street."),
        may("at_most", Form::Whole(1, u32::MAX), "The county's cap over all, with any rounding."),
    ],
);

pub(super) static STEPS: Shape = shape(
    "steps",
    "The six steps, each once; they are taken in this order.",
    &[
        must("application", Form::Map(&STEP), "The branch applies (申报, F2)."),
        must("opinion", Form::Map(&STEP), "The community's opinion (社区把关, F3)."),
        must("recommendation", Form::Map(&STEP), "The street recommends (街道审核推荐, F4)."),
        must("examination", Form::Map(&STEP), "The selection group examines (评选组评选, F6)."),
        must("consultation", Form::Map(&STEP), "Departments are asked (征求意见, F7)."),
        must("decision", Form::Map(&STEP), "The standing committee decides (常委会审定, F7)."),
    ],
);

pub(super) static STEP: Shape = shape(
    "step",
    "Who takes a step, until when, and with what.",
    &[
        must(
            "by",
            Form::Id,
            "Who: `compound`, `community`, `street`, `county`, or an office of the county's.",
        ),
        may(
            "until",
            Form::Either(&[Form::MonthDay, Form::Map(&UNTIL)]),
            "The last day, in the selection's year or the next; not written: no limit of its own.",
        ),
        may("forms", Form::Maps(&FORM), "The papers that the step asks for."),
    ],
);

pub(super) static UNTIL: Shape = shape(
    "until",
    "A day of the next year.",
    &[
        must("day", Form::MonthDay, "The month and the day."),
        must("year", Form::Word(|| names(years())), "`next`: the year after the selection's."),
    ],
);

pub(super) static FORM: Shape = shape(
    "form",
    "A paper that a step asks for.",
    &[
        must("id", Form::Id, "Unique in its step."),
        must("title", Form::Title, "What people call it."),
    ],
);

pub(super) static NOTICE: Shape = shape(
    "notice",
    "How long those who were decided on are under public notice: five working days or more.",
    &[
        must("days", Form::Whole(1, 366), "Days after the day of posting, which is not counted."),
        must("of", Form::Word(|| names(words::days_of())), "`working`: F8 counts working days."),
    ],
);

pub(super) static AWARD: Shape = shape(
    "award",
    "One award, to every branch that is confirmed.",
    &[
        must("id", Form::Id, "Unique among the awards."),
        may("title", Form::Title, "What people call it."),
        must("amount", Form::Amount, "Yuan, to the fen; above 0."),
        must("to", Form::Word(|| names(award_to())), "The branch, as working funds."),
        may(
            "paid",
            Form::Word(|| names(words::award_paid())),
            "A branch that is entitled more than once a year: `once` (not written: so) or `each` time.",
        ),
        may("basis", Form::Either(BASES), "What it rests on."),
    ],
);

/// Every mapping of the document.
pub(super) fn all() -> Vec<&'static Shape> {
    vec![
        &DOCUMENT, &IN_FORCE, &BASIS, &CRITERIA, &SEATS, &STEPS, &STEP, &UNTIL, &FORM, &NOTICE,
        &AWARD,
    ]
}
