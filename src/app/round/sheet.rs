//! One's own sheets: saving, handing in, taking back, reading.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{ALWAYS, Assessor, Own, RoundView, SheetState, items_of, mark, revisions, top_marks};
use crate::{
    app::{App, AppError, Done, FieldFault, Refusal, Violation, Write},
    domain::{
        exact::Decimal,
        time::{Day, Moment},
    },
    store::{ReadTx, RevisionState, RoundSheet, SheetKey, SheetRevision, StoreError, StoreTx},
};

/// Points by item, in ten-thousandths.
pub(super) type Points = BTreeMap<String, i64>;

/// What a sheet is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The subject.
    pub subject: String,
    /// Points by item in ten-thousandths, in the order given; each item once.
    pub points: Vec<(String, i64)>,
}

/// How many sheets a call changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Sheets that are changed.
    pub recorded: usize,
    /// Sheets that were so already.
    pub unchanged: usize,
}

/// One of one's own sheets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetView {
    /// The sheet with its newest revision.
    pub sheet: RoundSheet,
    /// How far it is.
    pub state: SheetState,
    /// Points by item in ten-thousandths.
    pub points: BTreeMap<String, i64>,
    /// The items without points, in the scheme's order.
    pub missing: Vec<String>,
    /// The last day on which it is taken.
    pub last_day: Day,
}

/// How the answer is made.
type Encode = Arc<dyn Fn(&Changed) -> Vec<u8> + Send + Sync>;

impl App {
    /// Saves drafts of one's own sheets, all or none.
    ///
    /// # Errors
    /// Every fault at once: `ITEM_NOT_ASSESSED`, `POINTS_OUT_OF_RANGE`; [`AppError::Denied`] where a
    /// sheet is not one's own or not expected; `ROUND_CLOSED`, `ROUND_NOT_BEGUN`, `ROUND_DUE_PASSED`,
    /// `SHEET_HANDED_IN`; those of every write.
    pub async fn save_drafts(
        &self,
        call: Write,
        (own, who): (Own, Assessor),
        drafts: Vec<Draft>,
        encode: Encode,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), own, who, drafts, plans, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, own, who, drafts, plans, encode) = &*shared;
                let subjects: Vec<String> = drafts.iter().map(|it| it.subject.clone()).collect();
                let mine = Mine::read(tx, call, (own, who, &subjects), at).await?;
                let items = items_of(&*mine.view.plan(tx, &call.county, plans).await?, &who.role);
                judge(drafts, &items, &who.role)?;
                mine.refuse(
                    ("SHEET_HANDED_IN", "it is handed in: withdraw it first"),
                    |it| it == Some(RevisionState::HandedIn),
                    "已提交的打分表须先撤回再修改",
                )?;
                let mut new = Vec::new();
                for draft in drafts {
                    let points: Points = draft.points.iter().cloned().collect();
                    let text = text(&points)?;
                    if mine.latest(&draft.subject).is_none_or(|it| it.points != text) {
                        new.push(mine.next(call, &draft.subject, RevisionState::Draft, text, at));
                    }
                }
                mine.keep(tx, call, new, encode).await
            })
        })
        .await
    }

    /// Hands in one's own sheets as they were saved last, all or none.
    ///
    /// # Errors
    /// Every fault at once: `ITEM_MISSING`; [`AppError::Denied`]; `ROUND_CLOSED`, `ROUND_NOT_BEGUN`,
    /// `ROUND_DUE_PASSED`, `TOP_MARKS_EXCEEDED`; those of every write.
    pub async fn hand_in_sheets(
        &self,
        call: Write,
        (own, who): (Own, Assessor),
        subjects: Vec<String>,
        encode: Encode,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), own, who, subjects, plans, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, own, who, subjects, plans, encode) = &*shared;
                let mine = Mine::read(tx, call, (own, who, subjects), at).await?;
                let plan = mine.view.plan(tx, &call.county, plans).await?;
                let items = items_of(&plan, &who.role);
                let mut faults = Vec::new();
                let mut new = Vec::new();
                for (index, subject) in subjects.iter().enumerate() {
                    let latest = mine.latest(subject);
                    if latest.is_some_and(|it| it.state == RevisionState::HandedIn) {
                        continue;
                    }
                    let points = latest.map(points_of).transpose()?.unwrap_or_default();
                    let path = format!("subject_ids[{index}]");
                    faults.extend(incomplete(&path, subject, &points, &items));
                    let state = RevisionState::HandedIn;
                    new.push(mine.next(call, subject, state, text(&points)?, at));
                }
                if !faults.is_empty() {
                    return Err(AppError::Invalid(faults));
                }
                top_marks::refuse(tx, &call.county, (&plan, who), &new).await?;
                mine.keep(tx, call, new, encode).await
            })
        })
        .await
    }

    /// Takes one's own sheets back, all or none: they are drafts again.
    ///
    /// # Errors
    /// [`AppError::Denied`]; `ROUND_CLOSED`, `ROUND_NOT_BEGUN`, `ROUND_DUE_PASSED`,
    /// `SHEET_NOT_HANDED_IN`; those of every write.
    pub async fn withdraw_sheets(
        &self,
        call: Write,
        (own, who): (Own, Assessor),
        subjects: Vec<String>,
        encode: Encode,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), own, who, subjects, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, own, who, subjects, encode) = &*shared;
                let mine = Mine::read(tx, call, (own, who, subjects), at).await?;
                mine.refuse(
                    ("SHEET_NOT_HANDED_IN", "it is not handed in"),
                    |it| it != Some(RevisionState::HandedIn),
                    "尚未提交的打分表无从撤回",
                )?;
                let state = RevisionState::Withdrawn;
                let new = subjects.iter().map(|subject| {
                    let points = mine.latest(subject).map(|it| it.points.clone());
                    mine.next(call, subject, state, points.unwrap_or_default(), at)
                });
                let new = new.collect();
                mine.keep(tx, call, new, encode).await
            })
        })
        .await
    }

    /// One of one's own sheets.
    ///
    /// # Errors
    /// [`AppError::Denied`]: it is not one's own, or not expected; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn sheet(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (own, who, subject): (&Own, &Assessor, &str),
    ) -> Result<SheetView, AppError> {
        let subjects = [subject.to_owned()];
        let (view, mut sheets) = own_sheets(tx, county, (own, who, &subjects)).await?;
        let sheet = sheets.remove(subject).ok_or(AppError::Denied)?;
        let plan = view.plan(tx, county, &self.plans).await?;
        shown(&view, sheet, &items_of(&plan, &who.role))
    }

    /// A page of one's own sheets of a round, by role, assessor and subject; none of a round that is
    /// not there.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_sheets(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (own, round, known): (&Own, &str, Moment),
        page: (&SheetKey, i64),
    ) -> Result<Vec<SheetView>, AppError> {
        let view = match RoundView::read(tx, county, round, known).await {
            Ok(view) => view,
            Err(AppError::NotFound { .. }) => return Ok(Vec::new()),
            Err(other) => return Err(other),
        };
        let plan = view.plan(tx, county, &self.plans).await?;
        let holders: Vec<String> = own.0.iter().cloned().collect();
        let found = tx.sheets_held(county, (round, known), &holders, page).await?;
        let mut items: BTreeMap<String, Vec<(String, Decimal)>> = BTreeMap::new();
        let mut all = Vec::with_capacity(found.len());
        for sheet in found {
            let role = sheet.key.role.clone();
            let of_role = items.entry(role).or_insert_with_key(|role| items_of(&plan, role));
            all.push(shown(&view, sheet, of_role)?);
        }
        Ok(all)
    }
}

/// The round and an assessor's sheets about these subjects, by subject.
///
/// # Errors
/// [`AppError::Denied`]: the round is not there, or one of them is not expected or not one's own.
async fn own_sheets(
    tx: &mut dyn ReadTx,
    county: &str,
    (own, who, subjects): (&Own, &Assessor, &[String]),
) -> Result<(RoundView, BTreeMap<String, RoundSheet>), AppError> {
    let round = who.round_id.as_str();
    let view = match RoundView::read(tx, county, round, ALWAYS).await {
        Ok(view) => view,
        Err(AppError::NotFound { .. }) => return Err(AppError::Denied),
        Err(other) => return Err(other),
    };
    let of = (who.role.as_str(), who.assessor.as_str());
    let found = tx.sheets_of(county, (round, ALWAYS), of, subjects).await?;
    let wanted: BTreeSet<&String> = subjects.iter().collect();
    if found.len() < wanted.len() || !found.iter().all(|it| own.holds(&it.holder)) {
        return Err(AppError::Denied);
    }
    let sheets = found.into_iter().map(|it| (it.key.subject.clone(), it));
    Ok((view, sheets.collect()))
}

/// An assessor's own sheets that a call is about.
struct Mine<'a> {
    who: &'a Assessor,
    view: RoundView,
    sheets: BTreeMap<String, RoundSheet>,
}

impl<'a> Mine<'a> {
    /// Reads them, and refuses to change any of them where the round takes none.
    async fn read(
        tx: &mut dyn StoreTx,
        call: &Write,
        (own, who, subjects): (&Own, &'a Assessor, &[String]),
        at: Moment,
    ) -> Result<Self, AppError> {
        let (view, sheets) = own_sheets(tx, &call.county, (own, who, subjects)).await?;
        view.takes(&who.role, &who.assessor, at)?;
        Ok(Self { who, view, sheets })
    }

    fn latest(&self, subject: &str) -> Option<&SheetRevision> {
        self.sheets.get(subject).and_then(|it| it.latest.as_ref())
    }

    /// Refuses the call for the sheets whose state stands in the way.
    fn refuse(
        &self,
        (reason, en): (&'static str, &'static str),
        wrong: impl Fn(Option<RevisionState>) -> bool,
        zh: &str,
    ) -> Result<(), AppError> {
        let state = |it: &RoundSheet| it.latest.as_ref().map(|it| it.state);
        let all = self.sheets.values().filter(|it| wrong(state(it)));
        let all: Vec<Violation> =
            all.map(|it| Violation { reason, subject: name_of(&it.key), en }).collect();
        let Some(first) = all.first() else { return Ok(()) };
        let count = all.len().to_string();
        let first = &first.subject;
        let told = format!("{count} sheet(s) stand in the way; the first is `{first}`: {en}");
        let zh = format!("{zh}（共 {count} 份，第一份：{first}）");
        let refusal = Refusal::new(reason, told, zh).with("sheets", count);
        Err(AppError::Refused(refusal.naming(all)))
    }

    /// The next revision of a sheet.
    fn next(
        &self,
        call: &Write,
        subject: &str,
        state: RevisionState,
        points: String,
        at: Moment,
    ) -> (SheetKey, SheetRevision) {
        let key = SheetKey {
            role: self.who.role.clone(),
            assessor: self.who.assessor.clone(),
            subject: subject.to_owned(),
        };
        let before = self.latest(subject).map_or(0, |it| it.revision);
        let revision = before.saturating_add(1);
        (key, SheetRevision { revision, state, points, mark: mark(call, at) })
    }

    async fn keep(
        &self,
        tx: &mut dyn StoreTx,
        call: &Write,
        mut new: Vec<(SheetKey, SheetRevision)>,
        encode: &Encode,
    ) -> Result<Done, AppError> {
        let round = &self.who.round_id;
        new.sort_by(|a, b| a.0.cmp(&b.0));
        let unchanged = self.sheets.len().saturating_sub(new.len());
        let changed = Changed { recorded: new.len(), unchanged };
        let effect = (!new.is_empty()).then(|| revisions(round, &new));
        tx.insert_revisions(&call.county, round, &new).await?;
        Ok(Done { response: encode(&changed), effects: effect.into_iter().collect() })
    }
}

/// A sheet as errors call it.
pub(super) fn name_of(key: &SheetKey) -> String {
    format!("{}/{}/{}", key.role, key.assessor, key.subject)
}

/// What the fact of an item of a sheet names as its source.
pub(in crate::app) fn source_record(round: &str, key: &SheetKey, item: &str) -> String {
    format!("{round}/{}/{item}", name_of(key))
}

fn text(points: &Points) -> Result<String, AppError> {
    serde_json::to_string(points).map_err(|why| AppError::Internal(why.to_string()))
}

/// The points of a revision.
pub(super) fn points_of(revision: &SheetRevision) -> Result<Points, AppError> {
    let read = serde_json::from_str(&revision.points);
    Ok(read.map_err(|why| StoreError::corrupt("points", why))?)
}

/// Every item is one of the role's, and its points are between 0 and full marks.
fn judge(drafts: &[Draft], items: &[(String, Decimal)], role: &str) -> Result<(), AppError> {
    let mut faults = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        for (number, (item, points)) in draft.points.iter().enumerate() {
            let path = format!("sheets[{index}].points[{number}]");
            let Some((_, full)) = items.iter().find(|it| it.0 == *item) else {
                faults.push(FieldFault {
                    path: format!("{path}.item"),
                    reason: "ITEM_NOT_ASSESSED",
                    en: format!("`{role}` does not assess `{item}`"),
                    zh: format!("{role} 不测评 {item}"),
                });
                continue;
            };
            let points = Decimal::from_ten_thousandths(*points);
            if points.is_none_or(|it| it < Decimal::ZERO || it > *full) {
                faults.push(FieldFault {
                    path: format!("{path}.points"),
                    reason: "POINTS_OUT_OF_RANGE",
                    en: format!("`{item}` has 0 to {full} points"),
                    zh: format!("{item} 的分值为 0 至 {full}"),
                });
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(AppError::Invalid(faults)) }
}

/// A fault for each item of a sheet that has no points.
fn incomplete(
    path: &str,
    subject: &str,
    points: &Points,
    items: &[(String, Decimal)],
) -> Vec<FieldFault> {
    let lacking = items.iter().filter(|it| !points.contains_key(&it.0));
    let fault = |(item, _): &(String, Decimal)| FieldFault {
        path: format!("{path}.{item}"),
        reason: "ITEM_MISSING",
        en: format!("`{subject}` has no points for `{item}`"),
        zh: format!("{subject} 的 {item} 尚未打分"),
    };
    lacking.map(fault).collect()
}

fn shown(
    view: &RoundView,
    sheet: RoundSheet,
    items: &[(String, Decimal)],
) -> Result<SheetView, AppError> {
    let points = sheet.latest.as_ref().map(points_of).transpose()?.unwrap_or_default();
    let lacking = items.iter().filter(|it| !points.contains_key(&it.0));
    let missing = lacking.map(|it| it.0.clone()).collect();
    let last_day = view.last_day(&sheet.key.role, &sheet.key.assessor);
    Ok(SheetView { state: view.state(&sheet), points, missing, last_day, sheet })
}
