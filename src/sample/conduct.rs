//! Negative conduct (M6) and vetoes of members.

use super::{
    build::{Build, Days, date, days_after, subject},
    members::{Member, every, recorder},
    model::{Body, Date, Step, Subject, SubjectKind},
};

/// Cases of negative conduct and vetoes, each of every so many members.
pub(super) fn conduct(build: &mut Build<'_>, member: &Member) {
    let who = subject(SubjectKind::Member, &member.id);
    let number = member.number;
    if every(number, 50, 20) {
        case(build, member, &who);
    }
    if every(number, 600, 90) {
        build.veto(&who, "discipline", "county", Days::from(5, 9));
    }
    // Ended in the year before: it no longer counts.
    if every(number, 600, 91) {
        build.veto(&who, "discipline", "street", Days::last_year());
    }
    if every(number, 500, 92) {
        build.veto(&who, "false_points", "community", Days::between((10, 1), (10, 31)));
    }
    if every(number, 400, 93) {
        build.veto(&who, "moved_away", "community", Days::from(9, 1));
    }
    // Moved away and came back before the year's end.
    if every(number, 900, 94) {
        build.veto(&who, "moved_away", "street", Days::between((4, 1), (11, 15)));
    }
}

/// One case: put right in time, or late, or never, or not to be put right at all.
fn case(build: &mut Build<'_>, member: &Member, who: &Subject) {
    let mut rng = build.rng("conduct", member.number);
    let nth = member.number.checked_div(50).unwrap_or(0);
    let case_id = format!("c-2022-{:03}", nth + 1);
    let on = date(rng.between(2, 11), rng.between(1, 28));
    let by = days_after(on, 30);
    let in_time = rng.between(3, 29);
    let late = rng.between(1, 40);
    let (what, text) = if rng.chance(50) {
        ("duties", "认领的岗位职责无故不履行")
    } else {
        ("property_rules", "占用公共楼道堆放杂物")
    };
    let outcome = nth.checked_rem(5).unwrap_or(0);
    let steps: Vec<(Step, Date)> = match outcome {
        0 => vec![(Step::PutRight, days_after(on, in_time))],
        1 => vec![(Step::Reported, days_after(by, 1)), (Step::PutRight, days_after(by, late))],
        2 => vec![
            (Step::NotPutRight, days_after(by, 1)),
            (Step::Reported, days_after(by, 3)),
            (Step::Exposed, days_after(by, 5)),
        ],
        // On the last day on which it counts.
        3 => vec![(Step::PutRight, by)],
        _ => vec![(Step::Exposed, days_after(on, 7))],
    };
    let put_right_by = (outcome < 4).then_some(by);
    let recorder = recorder(member.belonging.compound_on(on));
    let body = Body::Conduct { case_id: case_id.clone(), what, on, put_right_by, text };
    build.fact(who, body, &recorder);
    for (step, on) in steps {
        let case_id = case_id.clone();
        build.fact(who, Body::ConductStep { case_id, step, on }, &recorder);
    }
}
