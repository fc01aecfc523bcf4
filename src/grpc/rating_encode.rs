//! Ratings as messages (P4).

use std::collections::BTreeMap;

use super::{
    encode::{date, decimal, text},
    result_encode::{self, exact},
};
use crate::{
    app::run::{Evidence, KeptResult, Shown},
    domain::{
        engine::{Part, PartWhy, Reason, SheetValue, advice, unadvised},
        exact::Decimal,
        facts::VetoRecord,
        scheme::{AdviceBand, Scheme},
    },
    proto::v1,
};

/// A kept result as a rating.
pub(super) fn rating(shown: &Shown, kept: &KeptResult, evidence: &Evidence) -> v1::Rating {
    let scheme = shown.plan.scheme();
    let result = result_encode::result(&shown.plan, &shown.run, kept);
    let advised = advice(scheme, &kept.advisable());
    let none = advised.and_then(|_| unadvised(kept.status));
    v1::Rating {
        subject: result.subject,
        period: result.period,
        status: result.status,
        score: result.score,
        score_before_vetoes: result.score_before_vetoes,
        out_of: scheme.nodes.first().and_then(|it| it.out_of).map(decimal),
        grade: kept.grade.as_deref().and_then(|it| grade(scheme, it)),
        sheets: kept.sheets.iter().map(|it| sheet(scheme, it)).collect(),
        vetoes: vetoes(scheme, kept, evidence),
        renewal: advised.and_then(|it| it.renewal).map(one_advice),
        price: advised.and_then(|it| it.price).map(one_advice),
        no_advice: none.map(|(code, words)| v1::Reason {
            code: code.to_owned(),
            params: BTreeMap::new(),
            text: Some(text(words.en, words.zh)),
        }),
        parts: kept.parts.iter().map(part).collect(),
        ranks: result.ranks,
        groups: result.groups,
        reasons: result.reasons,
        basis: scheme
            .basis
            .iter()
            .map(|it| v1::RatingBasis { document: it.document.clone(), clause: it.clause.clone() })
            .collect(),
        digest: result.digest,
        receipt: result.receipt,
    }
}

fn grade(scheme: &Scheme, id: &str) -> Option<v1::RatingGrade> {
    let count = scheme.grades.len();
    let position = scheme.grades.iter().position(|it| it.id == id)?;
    let number = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
    Some(v1::RatingGrade {
        id: id.to_owned(),
        title: scheme.grades.get(position)?.title.clone(),
        level: number(count.saturating_sub(position)),
        levels: number(count),
    })
}

fn sheet(scheme: &Scheme, sheet: &SheetValue) -> v1::RatingSheet {
    let node = scheme.nodes.iter().find(|it| it.id == sheet.node);
    v1::RatingSheet {
        id: sheet.node.clone(),
        title: node.map(|it| it.title.clone()).unwrap_or_default(),
        value: sheet.value.as_ref().map(exact),
        out_of: node.and_then(|it| it.out_of).map(decimal),
    }
}

fn vetoes(scheme: &Scheme, kept: &KeptResult, evidence: &Evidence) -> Vec<v1::RatingVeto> {
    let mut vetoes = Vec::new();
    for reason in &kept.reasons {
        let Reason::Veto { item, records } = reason else { continue };
        let references = evidence.of(&kept.subject, records);
        let mut records: Vec<(&VetoRecord, Vec<String>)> = records.iter().zip(references).collect();
        records.sort_by(|(a, _), (b, _)| (a.from, a.until, &a.by).cmp(&(b.from, b.until, &b.by)));
        let titled = scheme.vetoes.iter().find(|it| it.id == *item);
        vetoes.push(v1::RatingVeto {
            item: item.clone(),
            title: titled.map(|it| it.title.clone()).unwrap_or_default(),
            records: records
                .into_iter()
                .map(|(it, evidence)| v1::RatingVetoRecord {
                    raised_by: it.by.clone().unwrap_or_default(),
                    effective_from: Some(date(it.from)),
                    effective_until: it.until.map(date),
                    evidence,
                })
                .collect(),
        });
    }
    vetoes
}

fn one_advice(band: &AdviceBand) -> v1::Advice {
    v1::Advice { id: band.id.clone(), title: band.title.clone() }
}

fn part(part: &Part) -> v1::RatingPart {
    let number = |it: Option<Decimal>| it.map(decimal);
    v1::RatingPart {
        subject_id: part.subject.clone(),
        period: part.period.map(|it| it.to_string()).unwrap_or_default(),
        score: number(part.score),
        counts: number(part.counts),
        out_of: Some(decimal(part.out_of)),
        figure: number(part.figure),
        weight: part.weight.as_ref().map(exact),
        grade: part.grade.clone(),
        vetoes: part.vetoes.clone(),
        standing: match part.why {
            PartWhy::Counted => v1::RatingPartStanding::Counted,
            PartWhy::Held => v1::RatingPartStanding::Held,
            PartWhy::Excluded => v1::RatingPartStanding::Excluded,
            PartWhy::LeftOut => v1::RatingPartStanding::LeftOut,
            PartWhy::Unscored => v1::RatingPartStanding::Unscored,
            PartWhy::Unweighed => v1::RatingPartStanding::Unweighed,
        }
        .into(),
        taken_over: part.taken_over.map(date),
        node: part.node.clone(),
    }
}
