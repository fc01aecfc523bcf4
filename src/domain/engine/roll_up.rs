//! `result_of` that lists: which results were taken, what each counts with and what it weighs (P6).
//! The weights add up to one exactly.

use super::{
    note::{Listener, Note},
    words::{Words, words},
};
use crate::domain::{
    exact::{Decimal, Exact, ExactError},
    facts::{AboutResult, Facts, GivenResult, GivenStatus},
    scheme::{Combine, Listing, Node, NodeKind, ResultOf, ResultsWith, Scheme},
    time::{Day, Period},
};

/// What became of a result that a `result_of` node lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartWhy {
    /// It counts with its score.
    Counted,
    /// A veto is in force on it: it counts with what the scheme says.
    Held,
    /// A veto took it out, and so it is left out here.
    Excluded,
    /// It has no score, and is left out.
    LeftOut,
    /// It has no score, and the node is missing for it.
    Unscored,
    /// It does not say what it weighs, and the node is missing for it.
    Unweighed,
}

impl PartWhy {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Counted, Self::Held, Self::Excluded, Self::LeftOut, Self::Unscored, Self::Unweighed];

    /// The word of the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Held => "held",
            Self::Excluded => "excluded",
            Self::LeftOut => "left_out",
            Self::Unscored => "unscored",
            Self::Unweighed => "unweighed",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    const fn counts(self) -> bool {
        matches!(self, Self::Counted | Self::Held)
    }
}

/// One result that a `result_of` node lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The node.
    pub node: String,
    /// Whose result it is.
    pub subject: String,
    /// Over which period; none where the facts do not say.
    pub period: Option<Period>,
    /// Its published score; none where it has none.
    pub score: Option<Decimal>,
    /// What it counts with, in the same points; none where it does not count.
    pub counts: Option<Decimal>,
    /// Its scheme's full marks.
    pub out_of: Decimal,
    /// What weighs it, as households; none where nothing does.
    pub figure: Option<Decimal>,
    /// Its share of all that count, which add up to one; none where nothing weighs, or where the
    /// node is missing.
    pub weight: Option<Exact>,
    /// Its grade.
    pub grade: Option<String>,
    /// The vetoes in force on it.
    pub vetoes: Vec<String>,
    /// What became of it.
    pub why: PartWhy,
    /// The first day on which it was this subject's, where it was another's before in its period.
    pub taken_over: Option<Day>,
}

/// Everything that a scheme's `result_of` nodes list, node by node in the scheme's order, by period
/// and subject; nothing where no node lists.
pub fn parts(scheme: &Scheme, facts: &Facts) -> Vec<Part> {
    let mut all = Vec::new();
    for node in &scheme.nodes {
        let NodeKind::ResultOf(of) = &node.kind else { continue };
        let out = facts.states.get(&node.id).is_some_and(|it| it.kind.leaves_out());
        if let (Some(listing), false) = (&of.listed, out) {
            all.extend(listed(&node.id, of, listing, facts));
        }
    }
    all
}

/// Whether one of the results that a node lists is as asked. What a veto excluded is not asked.
pub(super) fn any(node: &Node, facts: &Facts, with: &ResultsWith) -> bool {
    let NodeKind::ResultOf(of) = &node.kind else { return false };
    given(of, facts).filter_map(|it| it.about.as_deref()).any(|about| {
        let stays = about.status != GivenStatus::Excluded;
        stays
            && match with {
                ResultsWith::Vetoed(items) => about.vetoes.iter().any(|it| items.contains(it)),
                ResultsWith::Graded(grades) => about.grade.iter().any(|it| grades.contains(it)),
            }
    })
}

fn given<'f>(of: &ResultOf, facts: &'f Facts) -> impl Iterator<Item = &'f GivenResult> {
    let wanted = of.of;
    facts.results.get(&of.scheme).into_iter().flatten().filter(move |it| it.of == wanted)
}

/// The value of a node that lists, as a fraction of full marks.
pub(super) fn value(
    (index, id): (usize, &str),
    (of, listing): (&ResultOf, &Listing),
    facts: &Facts,
    listener: &mut impl Listener,
) -> Result<Option<Exact>, ExactError> {
    let parts = listed(id, of, listing, facts);
    if parts.is_empty() {
        listener.note(index, || Note::NoResult { of: of.of });
        return Ok(None);
    }
    let count = parts.iter().filter(|it| it.why.counts()).count();
    listener.note(index, || Note::Results { count, combine: of.combine });
    for part in &parts {
        listener.note(index, || Note::Listed { part: Box::new(part.clone()) });
    }
    let least = usize::try_from(of.least).unwrap_or(usize::MAX);
    if count < least {
        let (have, least) = (whole(count), whole(least));
        listener.note(index, || Note::TooFew { have, least });
    }
    if count < least || !whole_enough(of, &parts) {
        return Ok(None);
    }
    combined(of.combine, &parts)
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Whether nothing is there for which the node would be missing.
fn whole_enough(of: &ResultOf, parts: &[Part]) -> bool {
    let lacks = |it: &Part| matches!(it.why, PartWhy::Unscored | PartWhy::Unweighed);
    let counted = parts.iter().filter(|it| it.why.counts()).count();
    let least = usize::try_from(of.least).unwrap_or(usize::MAX);
    counted >= least && !parts.iter().any(lacks)
}

fn combined(combine: Combine, parts: &[Part]) -> Result<Option<Exact>, ExactError> {
    let mut fractions = Vec::with_capacity(parts.len());
    let mut weighted = Exact::ZERO;
    for part in parts {
        let Some(counts) = part.counts else { continue };
        let fraction = Exact::from(counts).over(&Exact::from(part.out_of))?;
        if let Some(weight) = &part.weight {
            weighted = weighted.plus(&fraction.times(weight)?)?;
        }
        fractions.push(fraction);
    }
    match combine {
        Combine::Sum => Exact::sum(&fractions).map(Some),
        Combine::Best => Ok(fractions.into_iter().max()),
        Combine::Worst => Ok(fractions.into_iter().min()),
        Combine::Average | Combine::Weighted => {
            let weighed = parts.iter().any(|it| it.weight.is_some());
            Ok(weighed.then_some(weighted))
        }
    }
}

/// All results of a node, by period and subject, each with its share.
fn listed(id: &str, of: &ResultOf, listing: &Listing, facts: &Facts) -> Vec<Part> {
    let unknown = AboutResult::default();
    let mut parts: Vec<Part> = given(of, facts)
        .map(|it| part(id, (of, listing), it, it.about.as_deref().unwrap_or(&unknown)))
        .collect();
    parts.sort_by(|a, b| {
        let first = |it: &Part| it.period.map(|it| (it.first_day(), it.last_day()));
        (first(a), &a.subject).cmp(&(first(b), &b.subject))
    });
    if !whole_enough(of, &parts) || !matches!(of.combine, Combine::Average | Combine::Weighted) {
        return parts;
    }
    let figures = || parts.iter().filter(|it| it.why.counts()).filter_map(|it| it.figure);
    let figures: Vec<Exact> = figures().map(Exact::from).collect();
    let Ok(sum) = Exact::sum(&figures) else { return parts };
    if sum.is_positive() {
        for part in parts.iter_mut().filter(|it| it.why.counts()) {
            let share = part.figure.map(|it| Exact::from(it).over(&sum));
            part.weight = share.and_then(Result::ok);
        }
    }
    parts
}

fn part(
    id: &str,
    (of, listing): (&ResultOf, &Listing),
    given: &GivenResult,
    about: &AboutResult,
) -> Part {
    let figure = match (of.combine, &listing.weight) {
        (Combine::Average, _) => Some(Decimal::ONE),
        (Combine::Weighted, Some(figure)) => about.weights.get(figure).copied(),
        (Combine::Weighted, None) => given.weight,
        (Combine::Best | Combine::Worst | Combine::Sum, _) => None,
    };
    let held = listing
        .vetoed
        .as_ref()
        .filter(|rule| about.vetoes.iter().any(|it| rule.items.contains(it)));
    let (counts, why) = match (given.score, held) {
        _ if about.status == GivenStatus::Excluded => (None, PartWhy::Excluded),
        (Some(score), Some(rule)) => (Some(score.min(rule.score_at_most)), PartWhy::Held),
        (None, Some(rule)) if rule.unscored.is_some() => (rule.unscored, PartWhy::Held),
        (Some(score), None) => (Some(score), PartWhy::Counted),
        (None, _) if listing.leave_out => (None, PartWhy::LeftOut),
        (None, _) => (None, PartWhy::Unscored),
    };
    let unweighed = why.counts() && figure.is_none() && of.combine == Combine::Weighted;
    let (counts, why) = if unweighed { (None, PartWhy::Unweighed) } else { (counts, why) };
    Part {
        node: id.to_owned(),
        subject: about.subject.clone(),
        period: about.period,
        score: given.score,
        counts,
        out_of: given.out_of,
        figure,
        weight: None,
        grade: about.grade.clone(),
        vetoes: about.vetoes.clone(),
        why,
        taken_over: about.taken_over,
    }
}

/// What happened to one listed result, in words.
pub(super) fn part_words(part: &Part) -> Words {
    let Part { subject, out_of, .. } = part;
    let period = part.period.map(|it| format!(" {it}")).unwrap_or_default();
    let score = part.score.map_or_else(|| "—".to_owned(), |it| it.to_string());
    let counts = part.counts.map_or_else(|| "—".to_owned(), |it| it.to_string());
    let vetoes = part.vetoes.join(", ");
    let (en, zh) = match part.why {
        PartWhy::Counted => (format!("{score} of {out_of}"), format!("{score}（满分 {out_of}）")),
        PartWhy::Held => (
            format!("under the veto {vetoes} it counts with {counts} (score {score} of {out_of})"),
            format!("一票否决（{vetoes}）生效，按 {counts} 计（得分 {score}，满分 {out_of}）"),
        ),
        PartWhy::Excluded => (
            "is excluded by a veto, and left out".to_owned(),
            "因一票否决不参加评定，不计入".to_owned(),
        ),
        PartWhy::LeftOut => {
            ("has no score, and is left out".to_owned(), "没有得分，不计入".to_owned())
        }
        PartWhy::Unscored => (
            "has no score, so that all of it is missing".to_owned(),
            "没有得分，因此整项缺失".to_owned(),
        ),
        PartWhy::Unweighed => (
            "does not say what it weighs, so that all of it is missing".to_owned(),
            "没有权重依据，因此整项缺失".to_owned(),
        ),
    };
    let weight = part.weight.as_ref().map(ToString::to_string);
    let figure = part.figure.map(|it| it.to_string()).unwrap_or_default();
    let (weight, weight_zh) = weight.map_or_else(Default::default, |it| {
        (format!(", {figure} weighs {it}"), format!("，{figure} 折合权重 {it}"))
    });
    let (since, since_zh) = part.taken_over.map_or_else(Default::default, |it| {
        (
            format!("; taken over on {it}: it counts whole for who has it on the last day"),
            format!("；{it} 起接管：按期末所属企业全额计入"),
        )
    });
    words(
        format!("{subject}{period}: {en}{weight}{since}"),
        format!("{subject}{period}：{zh}{weight_zh}{since_zh}"),
    )
}
