//! Records of the registry as they come in.

use super::decode::{Decoded, Faults, is_id};
use crate::{
    app::{
        FieldFault,
        registry::{
            Attributes, BranchForm, Detail, Formality, MemberStatus, Record, RecordKind, RecordRef,
        },
    },
    proto::{
        google::r#type as google,
        v1::{self, registry_record as raw_record},
    },
};

/// The most attributes of a record.
const ATTRIBUTES_MAX: usize = 64;
/// How many other compounds a joint branch may serve.
const JOINED_MAX: usize = 50;

/// A record, settled by the rules of its kind; otherwise its id and every fault of it.
pub(super) fn record(
    county: &str,
    raw: &v1::RegistryRecord,
) -> Result<Record, (String, Vec<FieldFault>)> {
    let mut faults = Faults::default();
    let decoded = decode(&mut faults, raw);
    let settled = decoded.map(|mut it| {
        faults.extend(it.settle(county));
        it
    });
    let faults = faults.into_inner();
    match settled {
        Some(record) if faults.is_empty() => Ok(record),
        Some(_) | None => Err((raw.id.chars().take(64).collect(), faults)),
    }
}

/// What a kind is, if it is said.
pub(super) fn kind(faults: &mut Faults, path: &str, raw: i32) -> Option<RecordKind> {
    faults.said(path, v1::RecordKind::try_from(raw), |it| match it {
        v1::RecordKind::Unspecified => None,
        v1::RecordKind::County => Some(RecordKind::County),
        v1::RecordKind::Street => Some(RecordKind::Street),
        v1::RecordKind::Community => Some(RecordKind::Community),
        v1::RecordKind::Compound => Some(RecordKind::Compound),
        v1::RecordKind::Building => Some(RecordKind::Building),
        v1::RecordKind::Branch => Some(RecordKind::Branch),
        v1::RecordKind::Member => Some(RecordKind::Member),
        v1::RecordKind::Post => Some(RecordKind::Post),
        v1::RecordKind::Company => Some(RecordKind::Company),
        v1::RecordKind::Project => Some(RecordKind::Project),
    })
}

/// A reference; an absent one is `Some(None)`.
pub(super) fn reference(
    faults: &mut Faults,
    path: &str,
    raw: Option<&v1::RecordRef>,
) -> Decoded<Option<RecordRef>> {
    let Some(raw) = raw else { return Some(None) };
    faults.below(path, |faults| {
        let kind = kind(faults, "kind", raw.kind);
        let id = faults.id("id", &raw.id);
        Some(Some(RecordRef { kind: kind?, id: id? }))
    })
}

/// A reference that must be there.
pub(super) fn some_reference(
    faults: &mut Faults,
    path: &str,
    raw: Option<&v1::RecordRef>,
) -> Option<RecordRef> {
    let reference = reference(faults, path, raw)?;
    if reference.is_none() {
        faults.missing(path);
    }
    reference
}

fn decode(faults: &mut Faults, raw: &v1::RegistryRecord) -> Option<Record> {
    let kind = kind(faults, "kind", raw.kind);
    let id = faults.id("id", &raw.id);
    // The names of persons are theirs, however they are written.
    let person = matches!(kind, Some(RecordKind::Member | RecordKind::Post));
    let name =
        if person { faults.name("name", &raw.name) } else { faults.plain_name("name", &raw.name) };
    let parent = reference(faults, "parent", raw.parent.as_ref());
    let days = faults.days(
        ("effective_from", raw.effective_from.as_ref()),
        ("effective_until", raw.effective_until.as_ref()),
    );
    let attributes = attributes(faults, &raw.attributes);
    let detail = raw.detail.as_ref().map(|it| detail(faults, it));
    if detail.is_none() {
        let en = "the detail of its kind must be given";
        faults.add("detail", "DETAIL_MISMATCH", en, "须给出与类别相符的详情");
    }
    if raw.record_time.is_some() {
        let en = "this field is for output only";
        faults.add("record_time", "OUTPUT_FIELD_SET", en, "此项仅用于输出");
    }
    let (from, until) = days?;
    Some(Record {
        kind: kind?,
        id: id?,
        name: name?,
        erased: false,
        parent: parent?,
        from,
        until,
        attributes: attributes?,
        detail: detail??,
    })
}

fn attributes(faults: &mut Faults, raw: &Attributes) -> Option<Attributes> {
    if raw.len() > ATTRIBUTES_MAX {
        let en = format!("a record has at most {ATTRIBUTES_MAX} attributes");
        faults.add("attributes", "BATCH_TOO_LARGE", en, "属性过多，至多 64 项");
        return None;
    }
    // Of names that are none, one is told.
    if let Some(wrong) = raw.keys().find(|it| !is_id(it)) {
        faults.id("attributes", wrong);
        return None;
    }
    let mut good = true;
    for (name, value) in raw {
        good &= faults.name(&format!("attributes.{name}"), value).is_some();
    }
    good.then(|| raw.clone())
}

fn area(faults: &mut Faults, path: &str, raw: Option<&google::Decimal>) -> Decoded<Option<String>> {
    let value = faults.decimal(path, raw)?;
    if value.is_some_and(crate::domain::exact::Decimal::is_negative) {
        faults.add(path, "COUNT_NEGATIVE", "an area is not below 0", "面积不得为负");
        return None;
    }
    Some(value.map(|it| it.to_string()))
}

fn households(faults: &mut Faults, raw: Option<i64>) -> Decoded<Option<i64>> {
    match raw {
        Some(count) => faults.count("households", count).map(Some),
        None => Some(None),
    }
}

fn detail(faults: &mut Faults, raw: &raw_record::Detail) -> Option<Detail> {
    match raw {
        raw_record::Detail::OrgUnit(raw) => faults.below("org_unit", |faults| {
            let households = households(faults, raw.households);
            let site_area = area(faults, "site_area", raw.site_area.as_ref());
            let floor_area = area(faults, "floor_area", raw.floor_area.as_ref());
            Some(Detail::OrgUnit {
                floor_area: floor_area?,
                households: households?,
                site_area: site_area?,
            })
        }),
        raw_record::Detail::Branch(raw) => faults.below("branch", |faults| {
            let form = faults.said("form", v1::BranchForm::try_from(raw.form), branch_form);
            let anchor = some_reference(faults, "anchor", raw.anchor.as_ref());
            let joins = joined(faults, &raw.joined_compound_ids);
            Some(Detail::Branch { anchor: anchor?, form: form?, joins: joins? })
        }),
        raw_record::Detail::Member(raw) => faults.below("member", |faults| {
            let status =
                faults.said("status", v1::MemberStatus::try_from(raw.status), member_status);
            let unit_branch = faults.optional_id("unit_branch_id", &raw.unit_branch_id);
            let compound = faults.optional_id("compound_id", &raw.compound_id);
            let building = faults.optional_id("building_id", &raw.building_id);
            let formality = formality(faults, raw.formality);
            Some(Detail::Member {
                building: building?,
                compound: compound?,
                directly_managed: raw.directly_managed,
                formality: formality?,
                status: status?,
                unit_branch: unit_branch?,
            })
        }),
        raw_record::Detail::Post(raw) => faults.below("post", |faults| {
            let person = faults.id("person_id", &raw.person_id);
            let title = faults.id("title", &raw.title);
            let unit = some_reference(faults, "unit", raw.unit.as_ref());
            Some(Detail::Post { person: person?, title: title?, unit: unit? })
        }),
        raw_record::Detail::Company(v1::Company {}) => Some(Detail::Company {}),
        raw_record::Detail::Project(raw) => faults.below("project", |faults| {
            let company = faults.id("company_id", &raw.company_id);
            let compound = faults.id("compound_id", &raw.compound_id);
            let class = faults.optional_id("project_class", &raw.project_class);
            let households = households(faults, raw.households);
            let floor_area = area(faults, "floor_area", raw.floor_area.as_ref());
            Some(Detail::Project {
                class: class?,
                company: company?,
                compound: compound?,
                floor_area: floor_area?,
                households: households?,
            })
        }),
    }
}

/// The other compounds of a joint branch.
fn joined(faults: &mut Faults, raw: &[String]) -> Option<Vec<String>> {
    if raw.len() > JOINED_MAX {
        let en = format!("a joint branch serves at most {JOINED_MAX} other compounds");
        faults.add("joined_compound_ids", "TOO_MANY", en, "联合党支部服务的其他小区至多 50 个");
        return None;
    }
    let ids = raw.iter().enumerate();
    let read: Vec<_> =
        ids.map(|(index, id)| faults.id(&format!("joined_compound_ids[{index}]"), id)).collect();
    read.into_iter().collect()
}

/// Formal, probationary, or not said.
pub(super) fn formality(faults: &mut Faults, raw: i32) -> Decoded<Option<Formality>> {
    match v1::MemberFormality::try_from(raw) {
        Ok(v1::MemberFormality::Unspecified) => Some(None),
        named => faults
            .said("formality", named, |it| match it {
                v1::MemberFormality::Unspecified => None,
                v1::MemberFormality::Formal => Some(Formality::Formal),
                v1::MemberFormality::Probationary => Some(Formality::Probationary),
            })
            .map(Some),
    }
}

const fn branch_form(form: v1::BranchForm) -> Option<BranchForm> {
    match form {
        v1::BranchForm::Unspecified => None,
        v1::BranchForm::CompoundBranch => Some(BranchForm::CompoundBranch),
        v1::BranchForm::PartyGroup => Some(BranchForm::PartyGroup),
        v1::BranchForm::JointBranch => Some(BranchForm::JointBranch),
        v1::BranchForm::UnitBranch => Some(BranchForm::UnitBranch),
        v1::BranchForm::GeneralBranch => Some(BranchForm::GeneralBranch),
        v1::BranchForm::PartyCommittee => Some(BranchForm::PartyCommittee),
    }
}

pub(super) const fn member_status(status: v1::MemberStatus) -> Option<MemberStatus> {
    match status {
        v1::MemberStatus::Unspecified => None,
        v1::MemberStatus::InService => Some(MemberStatus::InService),
        v1::MemberStatus::Retired => Some(MemberStatus::Retired),
        v1::MemberStatus::Floating => Some(MemberStatus::Floating),
    }
}
