//! Single faults of what follows from days.

use super::{MEMBERS, faults::Case};

pub(super) const CASES: &[Case] = &[
    (MEMBERS, "within: 1 month", "within: 1 week", &["NOT_MONTHS 7:42 check_in.within"]),
    (MEMBERS, "2020-06-30", "2020-06-31", &["NOT_A_DAY 7:22 check_in.first_by"]),
    (MEMBERS, "{finding: negative_conduct}", "{fact: x}", &["UNKNOWN_KEY 8:11 conduct.fact"]),
    (
        MEMBERS,
        "{when: {attribute: status, is: in_service}, unless: {fact: negative_conduct}}",
        "{}",
        &["ANY_OF 9:10 honours"],
    ),
    (MEMBERS, "closes: {days: 31}", "closes: {days: -1}", &["OUT_OF_RANGE 10:16 closes.days"]),
    (
        MEMBERS,
        "several: best",
        "several: worst",
        &["NOT_A_CHOICE 15:85 score/unit.imported.several"],
    ),
    (
        MEMBERS,
        "        items: [1, 30]",
        "        items: [0, 30]",
        &["OUT_OF_RANGE 21:17 score/compound.scheduled.items[0]"],
    ),
    (
        MEMBERS,
        "        items: [1, 30]",
        "        items: [31, 30]",
        &["RANGE_ORDER 21:16 score/compound.scheduled.items"],
    ),
    (
        MEMBERS,
        "        items: [1, 30]",
        "        items: [1, 30, 40]",
        &["NOT_A_PAIR 21:16 score/compound.scheduled.items"],
    ),
    (MEMBERS, "        each: [-10, 10]\n", "", &["KEY_MISSING 21:9 score/compound.scheduled.each"]),
    (
        MEMBERS,
        "in_all: [-60, 40]",
        "in_all: [1, 40]",
        &["RANGE_ZERO 23:17 score/compound.scheduled.in_all"],
    ),
    (
        MEMBERS,
        "{above: 1/2}",
        "{above: 3/2}",
        &["QUORUM_SHARE 27:37 score/compound.scheduled.adoption.present.above"],
    ),
    (
        MEMBERS,
        "{above: 1/2}",
        "{above: 1/2, at_least: 1/2}",
        &["ONE_OF 27:42 score/compound.scheduled.adoption.present"],
    ),
    (
        MEMBERS,
        "objections: 15",
        "objections: 0",
        &["OUT_OF_RANGE 28:21 score/compound.scheduled.objections"],
    ),
    (
        MEMBERS,
        "imported: {source: unit_branch, several: best, absent: rescale}",
        "scheduled: {each: [0, 1], in_all: [0, 1]}",
        &["SCHEDULED_TWICE 16:7 score/compound"],
    ),
    (
        MEMBERS,
        "subject: member",
        "subject: post",
        &[
            "ONLY_OF_MEMBERS 7:1 check_in",
            "ONLY_OF_MEMBERS 8:1 conduct",
            "ONLY_OF_MEMBERS 16:7 score/compound",
        ],
    ),
    (
        MEMBERS,
        "check: second_person",
        "check: third_person",
        &["NOT_A_CHOICE 31:143 examples[0].schedules[0].items[0].check"],
    ),
    (
        MEMBERS,
        "schedules: [{compound: k, ",
        "schedules: [{",
        &["KEY_MISSING 31:17 examples[0].schedules[0].compound"],
    ),
    (
        MEMBERS,
        "honours: eligible",
        "honours: maybe",
        &["NOT_A_CHOICE 37:38 examples[0].gives.honours"],
    ),
];
