//! Point schedules: their documents, and the bounds that a scheme sets them.

use std::collections::BTreeSet;

use super::{
    super::{
        Adoption, Belonging, Imported, InForce, Place, Quorum, Schedule, ScheduleItem, Scheduled,
        SchemeFault, SeveralPlaces, yaml,
    },
    node_shapes::{ADOPTION, IMPORTED, QUORUM, SCHEDULED},
    reader::{At, Fields, Reader},
    shapes::{EXAMPLE_SCHEDULE, SCHEDULE, SCHEDULE_ITEM},
    sort, words,
};
use crate::domain::exact::{Decimal, Exact};

/// The largest document of a schedule, in bytes.
pub const SCHEDULE_MAX: usize = 256 * 1024;
/// The most items of a schedule, whatever a scheme says.
const ITEMS_MAX: u32 = 1_000;
/// In how many days a member may object where the scheme says nothing.
const OBJECTION_DAYS: u32 = 10;

impl Schedule {
    /// Reads and checks a document.
    ///
    /// # Errors
    /// Every fault of the document, in the order of the text.
    pub fn read(text: &[u8]) -> Result<Self, Vec<SchemeFault>> {
        if text.len() > SCHEDULE_MAX {
            let mut reader = Reader::new(Vec::new());
            let spot = super::reader::Spot { place: Place::default(), path: String::new() };
            let (wrong, zh) = ("the document is too large", "文档过大");
            reader.fault("DOCUMENT_TOO_LARGE", &spot, wrong, zh, "at most 256 KiB");
            return Err(reader.faults);
        }
        let parsed = yaml::parse(text);
        let mut reader = Reader::new(parsed.faults);
        let schedule = parsed.tree.as_ref().and_then(|tree| reader.schedule(&At::root(tree)));
        let mut faults = reader.faults;
        sort(&mut faults);
        schedule.filter(|_| faults.is_empty()).ok_or(faults)
    }
}

impl Reader {
    fn schedule(&mut self, at: &At<'_>) -> Option<Schedule> {
        let fields = self.open(at, &SCHEDULE)?;
        let _ = fields.at("steelyard").and_then(|it| self.word(&it, words::schedule_formats()));
        let version = fields.at("version").and_then(|it| self.whole(&it, 1, u32::MAX));
        let title = fields.at("title").and_then(|it| self.title(&it)).unwrap_or_default();
        let basis = self.basis(&fields);
        let schedule = self.own_items(&fields)?;
        Some(Schedule { version: version?, title, basis, ..schedule })
    }

    /// The schedules of an example.
    pub(super) fn example_schedules(&mut self, at: &At<'_>) -> Vec<Schedule> {
        let mut schedules = Vec::new();
        for item in self.list(at) {
            let Some(fields) = self.open(&item, &EXAMPLE_SCHEDULE) else { continue };
            schedules.extend(self.own_items(&fields));
        }
        schedules
    }

    /// What every schedule says: where, when and what.
    fn own_items(&mut self, fields: &Fields<'_>) -> Option<Schedule> {
        let compound = fields.at("compound").and_then(|it| self.name(&it));
        let in_force: Option<InForce> = fields.at("in_force").and_then(|it| self.in_force(&it));
        let list = fields.at("items")?;
        let mut ids = BTreeSet::new();
        let mut items = Vec::new();
        for item in self.list(&list) {
            let Some(fields) = self.open(&item, &SCHEDULE_ITEM) else { continue };
            let id = fields.at("id").and_then(|it| self.unique(&it, &mut ids));
            let title = fields.at("title").and_then(|it| self.title(&it)).unwrap_or_default();
            let counted = fields.at("counted").and_then(|it| self.counted(&it));
            let check = fields.at("check");
            let second_person =
                check.is_some_and(|it| self.word(&it, words::entry_checks()).is_some());
            let (place, path) = (fields.spot.place, fields.spot.path.clone());
            if let (Some(id), Some(counted)) = (id, counted) {
                items.push(ScheduleItem { id, title, counted, second_person, place, path });
            }
        }
        let place = list.spot().place;
        Some(Schedule {
            compound: compound?,
            version: 1,
            title: String::new(),
            in_force: in_force?,
            basis: Vec::new(),
            items,
            place,
        })
    }

    /// `scheduled: {…}`.
    pub(super) fn scheduled(&mut self, at: &At<'_>) -> Option<Scheduled> {
        let fields = self.open(at, &SCHEDULED)?;
        let items = fields.at("items").and_then(|it| self.counts(&it));
        let each = fields.at("each").and_then(|it| self.range(&it));
        let in_all = fields.at("in_all").and_then(|it| self.range(&it));
        let places = self.belonging(&fields, SeveralPlaces::ProratedByDays);
        let valid_at_most = fields.at("valid_at_most").and_then(|it| self.months(&it));
        let adoption = fields.at("adoption").and_then(|it| self.adoption(&it));
        let days = fields.at("objections").and_then(|it| self.whole(&it, 1, 366));
        if let (Some((least, most)), Some(at)) = (in_all, fields.at("in_all"))
            && (least > Decimal::ZERO || most < Decimal::ZERO)
        {
            let (wrong, zh) = ("a schedule without an entry comes to 0", "没有积分记录时合计为 0");
            self.fault("RANGE_ZERO", &at.spot(), wrong, zh, "a range with 0 in it");
        }
        Some(Scheduled {
            items: items.unwrap_or((1, 100)),
            each: each?,
            in_all: in_all?,
            places,
            valid_at_most,
            adoption: adoption.unwrap_or_else(Adoption::more_than_half),
            objection_days: days.unwrap_or(OBJECTION_DAYS),
        })
    }

    /// `imported: {…}`.
    pub(super) fn imported(&mut self, at: &At<'_>) -> Option<Imported> {
        let fields = self.open(at, &IMPORTED)?;
        let source = fields.at("source").and_then(|it| self.name(&it));
        let places = self.belonging(&fields, SeveralPlaces::Last);
        Some(Imported { source: source?, places })
    }

    fn belonging(&mut self, fields: &Fields<'_>, default: SeveralPlaces) -> Belonging {
        let several = fields.at("several").and_then(|it| self.word(&it, words::several_places()));
        Belonging { several: several.unwrap_or(default), rescale: self.rescale(fields) }
    }

    /// `[fewest, most]`, whole and from 1.
    fn counts(&mut self, at: &At<'_>) -> Option<(u32, u32)> {
        let items = self.list(at);
        let [fewest, most] = items.as_slice() else {
            let (wrong, zh) = ("these are not two numbers", "此处应为两个数");
            self.fault("NOT_A_PAIR", &at.spot(), wrong, zh, "the fewest and the most: `[3, 30]`");
            return None;
        };
        let fewest = self.whole(fewest, 1, ITEMS_MAX);
        let most = self.whole(most, 1, ITEMS_MAX);
        let (fewest, most) = (fewest?, most?);
        if fewest > most {
            let wrong = format!("the fewest, {fewest}, are more than the most, {most}");
            let zh = format!("下限 {fewest} 大于上限 {most}");
            self.fault("RANGE_ORDER", &at.spot(), wrong, zh, "a least not above the most");
        }
        Some((fewest, most))
    }

    fn adoption(&mut self, at: &At<'_>) -> Option<Adoption> {
        let fields = self.open(at, &ADOPTION)?;
        let present = fields.at("present").and_then(|it| self.quorum(&it));
        let in_favour = fields.at("in_favour").and_then(|it| self.quorum(&it));
        let half = Adoption::more_than_half();
        Some(Adoption {
            present: present.unwrap_or(half.present),
            in_favour: in_favour.unwrap_or(half.in_favour),
        })
    }

    fn quorum(&mut self, at: &At<'_>) -> Option<Quorum> {
        let fields = self.open(at, &QUORUM)?;
        let above = fields.has("above");
        let at = fields.at(if above { "above" } else { "at_least" })?;
        let share = self.share(&at)?;
        if share.exact().is_negative() || *share.exact() > Exact::ONE {
            let wrong = format!("`{share}` is not from 0 to 100%");
            let zh = format!("`{share}` 不在 0 至 100% 之间");
            self.fault("QUORUM_SHARE", &at.spot(), wrong, zh, "a share such as `1/2` or `2/3`");
        }
        Some(Quorum { share: share.exact().clone(), above })
    }
}
