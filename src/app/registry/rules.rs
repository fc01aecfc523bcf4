//! The rules of each kind of record: which detail it has, what it lies in, which attributes are not
//! its to give.

use super::{BranchForm, Detail, Record, RecordKind, RecordRef};
use crate::app::FieldFault;

impl Record {
    /// Settles what the record lies in by the rules of its kind, and gives every fault of it.
    pub fn settle(&mut self, county: &str) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if !fits(self.kind, &self.detail) {
            let en = format!("a {} has another detail", self.kind.word());
            faults.push(fault("detail", "DETAIL_MISMATCH", en, "详情与记录类别不符"));
            return faults;
        }
        if self.kind == RecordKind::County && self.id != county {
            let en = format!("the county's own record bears the county's id, `{county}`");
            faults.push(fault("id", "ID_INVALID", en, "县级记录的编号须与所属县一致"));
        }
        for name in reserved(self.kind) {
            if self.attributes.contains_key(*name) {
                let en = format!("`{name}` is given by the detail");
                let path = format!("attributes.{name}");
                faults.push(fault(path, "ATTRIBUTE_RESERVED", en, "该属性由详情给出，不得另填"));
            }
        }
        self.settle_parent(county, &mut faults);
        self.settle_places(&mut faults);
        faults
    }

    /// A building lies in the compound of residence; other compounds are a joint branch's alone.
    fn settle_places(&mut self, faults: &mut Vec<FieldFault>) {
        match &mut self.detail {
            Detail::Member { compound: None, building: Some(_), .. } => {
                let en = "a building of residence needs the compound in which it lies";
                let zh = "填写居住楼栋时须填写所在小区";
                faults.push(fault("member.building_id", "BUILDING_WITHOUT_COMPOUND", en, zh));
            }
            Detail::Branch { anchor, form, joins } if !joins.is_empty() => {
                let path = "branch.joined_compound_ids";
                joins.sort();
                if *form != BranchForm::JointBranch {
                    let en = "only a joint branch serves other compounds";
                    faults.push(fault(
                        path,
                        "NOT_A_JOINT_BRANCH",
                        en,
                        "只有联合党支部可以服务其他小区",
                    ));
                }
                let anchored = anchor.kind == RecordKind::Compound && joins.contains(&anchor.id);
                let twice = joins.iter().zip(joins.iter().skip(1)).any(|(one, next)| one == next);
                if anchored || twice {
                    let en = "each compound is named once, and the anchor not again";
                    faults.push(fault(path, "DUPLICATE_ID", en, "小区重复，或与所在小区相同"));
                }
            }
            Detail::Member { .. }
            | Detail::Branch { .. }
            | Detail::OrgUnit { .. }
            | Detail::Post { .. }
            | Detail::Company {}
            | Detail::Project { .. } => (),
        }
    }

    fn settle_parent(&mut self, county: &str, faults: &mut Vec<FieldFault>) {
        use RecordKind::{Branch, Building, Community, Compound, County, Street};
        let at = |kind: RecordKind, id: &str| Some(RecordRef { kind, id: id.to_owned() });
        let units: &[RecordKind] = &[County, Street, Community, Compound];
        let unit_of_post: &[RecordKind] = &[County, Street, Community, Compound, Building];
        let (implied, path, may_be): (_, _, &[RecordKind]) = match &self.detail {
            Detail::OrgUnit { .. } => (self.parent.clone(), "parent", above(self.kind)),
            Detail::Branch { anchor, form: BranchForm::PartyGroup, .. } => {
                let of_groups: &[RecordKind] =
                    &[County, Street, Community, Compound, Building, Branch];
                (Some(anchor.clone()), "branch.anchor", of_groups)
            }

            Detail::Branch { anchor, .. } => (Some(anchor.clone()), "branch.anchor", units),
            Detail::Member { compound, .. } => {
                let parent = compound.as_deref().and_then(|it| at(Compound, it));
                (parent, "member.compound_id", &[Compound])
            }
            Detail::Post { unit, .. } => (Some(unit.clone()), "post.unit", unit_of_post),
            Detail::Company {} => (at(County, county), "parent", &[County]),
            Detail::Project { compound, .. } => {
                (at(Compound, compound), "project.compound_id", &[Compound])
            }
        };
        let given = std::mem::replace(&mut self.parent, implied);
        if given.is_some() && given != self.parent {
            let en = "the parent differs from what the detail says";
            faults.push(fault("parent", "PARENT_MISMATCH", en, "上级与详情不一致"));
        }
        let wrong = match &self.parent {
            Some(parent) => !may_be.contains(&parent.kind),
            None => !(may_be.is_empty() || self.kind == RecordKind::Member),
        };
        if wrong {
            let names: Vec<_> = may_be.iter().map(|it| it.word()).collect();
            let en = match names.as_slice() {
                [] => format!("a {} has no parent", self.kind.word()),
                names => format!("a {} lies in a {}", self.kind.word(), names.join(" or ")),
            };
            faults.push(fault(path, "PARENT_KIND_INVALID", en, "上级的类别不符合规定"));
        }
    }
}

/// The attributes that the detail of this kind gives.
const fn reserved(kind: RecordKind) -> &'static [&'static str] {
    match kind {
        RecordKind::Member => &["status", "directly_managed", "formality"],
        RecordKind::Post => &["post"],
        RecordKind::Project => &["class"],
        RecordKind::County
        | RecordKind::Street
        | RecordKind::Community
        | RecordKind::Compound
        | RecordKind::Building
        | RecordKind::Branch
        | RecordKind::Company => &[],
    }
}

fn fault(
    path: impl Into<String>,
    reason: &'static str,
    en: impl Into<String>,
    zh: &str,
) -> FieldFault {
    FieldFault { path: path.into(), reason, en: en.into(), zh: zh.to_owned() }
}

/// In which kind of unit a unit lies.
const fn above(kind: RecordKind) -> &'static [RecordKind] {
    match kind {
        RecordKind::Street => &[RecordKind::County],
        RecordKind::Community => &[RecordKind::Street],
        RecordKind::Compound => &[RecordKind::Community],
        RecordKind::Building => &[RecordKind::Compound],
        RecordKind::County
        | RecordKind::Branch
        | RecordKind::Member
        | RecordKind::Post
        | RecordKind::Company
        | RecordKind::Project => &[],
    }
}

/// Whether a detail is that of the kind.
const fn fits(kind: RecordKind, detail: &Detail) -> bool {
    match detail {
        Detail::OrgUnit { .. } => kind.is_unit(),
        Detail::Branch { .. } => matches!(kind, RecordKind::Branch),
        Detail::Member { .. } => matches!(kind, RecordKind::Member),
        Detail::Post { .. } => matches!(kind, RecordKind::Post),
        Detail::Company {} => matches!(kind, RecordKind::Company),
        Detail::Project { .. } => matches!(kind, RecordKind::Project),
    }
}
