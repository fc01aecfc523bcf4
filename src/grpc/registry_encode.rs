//! Records of the registry as they go out.

use super::encode::{date, timestamp};
use crate::{
    app::registry::{
        BranchForm, Detail, Formality, MemberStatus, Record, RecordKind, RecordRef, Recorded,
        TreeNode,
    },
    proto::{
        google::r#type as google,
        v1::{self, registry_record as raw_record},
    },
};

pub(super) const fn kind(kind: RecordKind) -> v1::RecordKind {
    match kind {
        RecordKind::County => v1::RecordKind::County,
        RecordKind::Street => v1::RecordKind::Street,
        RecordKind::Community => v1::RecordKind::Community,
        RecordKind::Compound => v1::RecordKind::Compound,
        RecordKind::Building => v1::RecordKind::Building,
        RecordKind::Branch => v1::RecordKind::Branch,
        RecordKind::Member => v1::RecordKind::Member,
        RecordKind::Post => v1::RecordKind::Post,
        RecordKind::Company => v1::RecordKind::Company,
        RecordKind::Project => v1::RecordKind::Project,
    }
}

pub(super) fn reference(of: RecordRef) -> v1::RecordRef {
    v1::RecordRef { kind: kind(of.kind).into(), id: of.id }
}

pub(super) const fn form(form: BranchForm) -> v1::BranchForm {
    match form {
        BranchForm::CompoundBranch => v1::BranchForm::CompoundBranch,
        BranchForm::PartyGroup => v1::BranchForm::PartyGroup,
        BranchForm::JointBranch => v1::BranchForm::JointBranch,
        BranchForm::UnitBranch => v1::BranchForm::UnitBranch,
        BranchForm::GeneralBranch => v1::BranchForm::GeneralBranch,
        BranchForm::PartyCommittee => v1::BranchForm::PartyCommittee,
    }
}

pub(super) const fn status(status: MemberStatus) -> v1::MemberStatus {
    match status {
        MemberStatus::InService => v1::MemberStatus::InService,
        MemberStatus::Retired => v1::MemberStatus::Retired,
        MemberStatus::Floating => v1::MemberStatus::Floating,
    }
}

pub(super) const fn formality(of: Option<Formality>) -> v1::MemberFormality {
    match of {
        None => v1::MemberFormality::Unspecified,
        Some(Formality::Formal) => v1::MemberFormality::Formal,
        Some(Formality::Probationary) => v1::MemberFormality::Probationary,
    }
}

fn area(text: Option<String>) -> Option<google::Decimal> {
    text.map(|value| google::Decimal { value })
}

fn detail(detail: Detail) -> raw_record::Detail {
    match detail {
        Detail::OrgUnit { floor_area, households, site_area } => {
            raw_record::Detail::OrgUnit(v1::OrgUnit {
                households,
                site_area: area(site_area),
                floor_area: area(floor_area),
            })
        }
        Detail::Branch { anchor, form: of, joins } => raw_record::Detail::Branch(v1::Branch {
            form: form(of).into(),
            anchor: Some(reference(anchor)),
            joined_compound_ids: joins,
        }),
        Detail::Member {
            building,
            compound,
            directly_managed,
            formality: formal,
            status: of,
            unit_branch,
        } => raw_record::Detail::Member(v1::Member {
            formality: formality(formal).into(),
            building_id: building.unwrap_or_default(),
            status: status(of).into(),
            unit_branch_id: unit_branch.unwrap_or_default(),
            compound_id: compound.unwrap_or_default(),
            directly_managed,
        }),
        Detail::Post { person, title, unit } => raw_record::Detail::Post(v1::Post {
            person_id: person,
            title,
            unit: Some(reference(unit)),
        }),
        Detail::Company {} => raw_record::Detail::Company(v1::Company {}),
        Detail::Project { class, company, compound, floor_area, households } => {
            raw_record::Detail::Project(v1::Project {
                company_id: company,
                compound_id: compound,
                project_class: class.unwrap_or_default(),
                households,
                floor_area: area(floor_area),
            })
        }
    }
}

/// A record as it was recorded.
pub(super) fn record(Recorded { record, recorded }: Recorded) -> v1::RegistryRecord {
    let Record { kind: of, id, name, parent, from, until, attributes, detail: has, .. } = record;
    v1::RegistryRecord {
        kind: kind(of).into(),
        id,
        name,
        parent: parent.map(reference),
        effective_from: Some(date(from)),
        effective_until: until.map(date),
        attributes,
        detail: Some(detail(has)),
        record_time: Some(timestamp(recorded)),
    }
}

/// A node of the tree.
pub(super) fn node(TreeNode { record, depth, children }: TreeNode) -> v1::TreeNode {
    let count = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
    let branch_form = match &record.detail {
        Detail::Branch { form: of, .. } => form(*of),
        Detail::OrgUnit { .. }
        | Detail::Member { .. }
        | Detail::Post { .. }
        | Detail::Company {}
        | Detail::Project { .. } => v1::BranchForm::Unspecified,
    };
    v1::TreeNode {
        record: Some(reference(record.reference())),
        name: record.name,
        parent: record.parent.map(reference),
        depth: count(depth),
        child_count: count(children),
        branch_form: branch_form.into(),
    }
}
