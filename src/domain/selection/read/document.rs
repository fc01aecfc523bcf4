//! The document's own keys.

use std::collections::BTreeSet;

use super::{
    shapes::{AWARD, CRITERIA, DOCUMENT, NOTICE, SEATS, award_to, formats, roster_forms},
    steps::steps,
};
use crate::domain::{
    exact::{ApportionRule, Apportionment, Exact, Money},
    scheme::{
        Award, AwardTo, NoticeRule,
        read::{At, Fields, Reader, words},
    },
    selection::{Criteria, RosterForm, SelectionDocument},
    time::DaysOf,
};

/// The fewest working days of a public notice (F8).
const NOTICE_DAYS_LEAST: u32 = 5;

/// The whole document. Nothing if a part without which there is none could not be read.
pub(super) fn document(reader: &mut Reader, at: &At<'_>) -> Option<SelectionDocument> {
    let fields = reader.open(at, &DOCUMENT)?;
    let _ = fields.at("steelyard").and_then(|it| reader.word(&it, formats()));
    let id = fields.at("id").and_then(|it| reader.id(&it));
    let version = fields.at("version").and_then(|it| reader.whole(&it, 1, u32::MAX));
    let title = fields.at("title").and_then(|it| some_text(reader, &it));
    let honour = fields.at("honour").and_then(|it| some_text(reader, &it));
    let in_force = fields.at("in_force").and_then(|it| reader.in_force(&it));
    let basis = reader.basis(&fields);
    let criteria = fields.at("criteria").and_then(|it| criteria(reader, &it));
    let forms = fields.at("forms").map(|it| forms(reader, &it));
    let seats = fields.at("seats").and_then(|it| seats(reader, &it));
    let steps = fields.at("steps").and_then(|it| steps(reader, &it));
    let notice = fields.at("notice").and_then(|it| notice(reader, &it));
    let awards = fields.at("awards").map(|it| awards(reader, &it)).unwrap_or_default();
    Some(SelectionDocument {
        id: id?,
        version: version?,
        title: title?,
        honour: honour?,
        in_force: in_force?,
        basis,
        criteria: criteria?,
        forms: forms?,
        seats: seats?,
        steps: steps?,
        notice: notice?,
        awards,
    })
}

/// Text on one line that says something.
pub(super) fn some_text(reader: &mut Reader, at: &At<'_>) -> Option<String> {
    let text = reader.title(at)?;
    if text.trim().is_empty() {
        let (wrong, zh) = ("the text is empty", "文本为空");
        reader.fault("TEXT_EMPTY", &at.spot(), wrong, zh, "text, such as `红旗小区`");
        return None;
    }
    Some(text)
}

fn criteria(reader: &mut Reader, at: &At<'_>) -> Option<Criteria> {
    let fields = reader.open(at, &CRITERIA)?;
    let scheme = fields.at("scheme").and_then(|it| reader.id(&it));
    let grade = fields.at("grade").and_then(|it| reader.id(&it));
    let mut bars = Vec::new();
    let mut seen = BTreeSet::new();
    if let Some(at) = fields.at("bars") {
        for item in reader.list_or_none(&at) {
            bars.extend(reader.unique(&item, &mut seen));
        }
    }
    Some(Criteria { scheme: scheme?, grade, bars })
}

fn forms(reader: &mut Reader, at: &At<'_>) -> Vec<RosterForm> {
    let mut forms = Vec::new();
    for item in reader.list(at) {
        let Some(form) = reader.word(&item, roster_forms()) else { continue };
        if forms.contains(&form) {
            let name = form.name();
            let (wrong, zh) = (format!("`{name}` is named twice"), format!("`{name}` 重复"));
            reader.fault("DUPLICATE_NAME", &item.spot(), wrong, zh, "each form once");
        } else {
            forms.push(form);
        }
    }
    forms
}

/// The share, its rounding and the caps (F1, F5).
fn seats(reader: &mut Reader, at: &At<'_>) -> Option<Apportionment> {
    let fields = reader.open(at, &SEATS)?;
    let share = fields.at("share").and_then(|it| {
        let share = reader.share(&it)?;
        if *share.exact() <= Exact::ZERO || *share.exact() > Exact::ONE {
            let wrong = format!("`{share}` is not above 0 and at most 100%");
            let zh = format!("`{share}` 应大于 0 且不超过 100%");
            reader.fault("SEATS_SHARE", &it.spot(), wrong, zh, "a share such as `20%` or `1/5`");
        }
        Some(share)
    });
    let rule = match fields.at("rounding") {
        Some(it) => reader.word(&it, words::seat_roundings()),
        None => Some(ApportionRule::LargestRemainder),
    };
    let mut cap = |key| fields.at(key).and_then(|it| reader.whole(&it, 1, u32::MAX)).map(u64::from);
    let (each_at_most, at_most) = (cap("each_at_most"), cap("at_most"));
    Some(Apportionment { share: share?, rule: rule?, each_at_most, at_most })
}

/// The public notice: five working days or more (F8).
fn notice(reader: &mut Reader, at: &At<'_>) -> Option<NoticeRule> {
    let fields = reader.open(at, &NOTICE)?;
    let days = fields.at("days").and_then(|it| reader.whole(&it, 1, 366));
    let of = fields.at("of").and_then(|it| reader.word(&it, words::days_of()));
    if let Some(days) = days.filter(|it| *it < NOTICE_DAYS_LEAST) {
        let wrong = format!("rule F8 asks for no fewer than 5 working days, and this is {days}");
        let zh = format!("公示时间不少于 5 个工作日（F8），此处为 {days}");
        reader.fault("NOTICE_TOO_SHORT", &fields.key("days"), wrong, zh, "`days: 5` or more");
    }
    if of.is_some_and(|it| it != DaysOf::Working) {
        let wrong = "rule F8 counts working days";
        let zh = "公示按工作日计算（F8）";
        reader.fault("NOTICE_NOT_WORKING", &fields.key("of"), wrong, zh, "`of: working`");
    }
    Some(NoticeRule { days: days?, of: of? })
}

/// What money follows (A1): the branch's, and without a condition.
fn awards(reader: &mut Reader, at: &At<'_>) -> Vec<Award> {
    let mut ids = BTreeSet::new();
    let mut awards = Vec::new();
    for item in reader.list_or_none(at) {
        let Some(fields) = reader.open(&item, &AWARD) else { continue };
        awards.extend(award(reader, &fields, &mut ids));
    }
    awards
}

fn award(reader: &mut Reader, fields: &Fields<'_>, ids: &mut BTreeSet<String>) -> Option<Award> {
    let id = fields.at("id").and_then(|it| reader.unique(&it, ids));
    let title = fields.at("title").and_then(|it| reader.title(&it)).unwrap_or_default();
    let amount = fields.at("amount").and_then(|it| {
        let amount = reader.amount(&it)?;
        if amount <= Money::ZERO {
            let (wrong, zh) = ("an award is above 0", "奖励金额应大于 0");
            reader.fault("NOT_POSITIVE", &it.spot(), wrong, zh, "yuan such as `5000.00`");
        }
        Some(amount)
    });
    let to = fields.at("to").and_then(|it| reader.word(&it, award_to()));
    let paid = fields.at("paid").and_then(|it| reader.word(&it, words::award_paid()));
    let (basis, place) = (reader.basis(fields), fields.spot.place);
    Some(Award {
        id: id?,
        title,
        place,
        amount: amount?,
        when: None,
        to: to.map(|()| AwardTo::Branch)?,
        as_of_publication: false,
        paid: paid.unwrap_or_default(),
        basis,
    })
}
