//! What an explanation says of seats that barred subjects leave (S5, S8).

use super::{
    report::SubjectResult,
    words::{Words, words},
};
use crate::domain::{
    exact::RoundingMode,
    scheme::{Grade, Scheme},
};

fn title(grade: &Grade) -> &str {
    if grade.title.is_empty() { &grade.id } else { &grade.title }
}

/// That the subject's score reaches a grade with seats from which it is barred; nothing where it is
/// not. Nobody else is named.
fn barred(result: &SubjectResult, scheme: &Scheme) -> Option<Words> {
    let id = result.barred.as_ref()?;
    let grade = scheme.grades.iter().find(|it| it.id == *id)?;
    let places = scheme.nodes.first().and_then(|it| it.round).map_or(2, |it| it.to);
    let score = result.score_before_vetoes.as_ref()?.text(places, RoundingMode::HalfUp);
    let title = title(grade);
    Some(words(
        format!("{score} without vetoes is above the line of `{id}`: barred, it takes no seat"),
        format!("不计一票否决得分 {score}，达到{title}（{id}）分数线，因受限制不占名额"),
    ))
}

/// That the subject holds a seat which barred ones ahead of it leave; nothing where none do.
fn left(result: &SubjectResult, scheme: &Scheme) -> Option<Words> {
    let count = (result.left_by > 0).then_some(result.left_by)?;
    let id = result.grade.as_ref()?;
    let grade = scheme.grades.iter().find(|it| it.id == *id)?;
    let title = title(grade);
    Some(words(
        format!("{count} ahead of it barred from `{id}` take no seat: this one was left by them"),
        format!("排位在前的 {count} 个对象受限制不占{title}（{id}）名额，由其递补"),
    ))
}

/// What is to say of seats and barred subjects, first of its own bar, then of the seat it was left.
pub fn seat_words(result: &SubjectResult, scheme: &Scheme) -> [Option<Words>; 2] {
    [barred(result, scheme), left(result, scheme)]
}
