//! Words of access as they come in and go out.

use super::{
    decode::Faults,
    encode::{date, timestamp},
    registry_decode, registry_encode,
};
use crate::{
    app::access::{FieldGroup, Grant, NamedRole, Permission, Role},
    proto::v1,
};

/// A permission, if one is said.
pub(super) const fn permission(raw: v1::Permission) -> Option<Permission> {
    match raw {
        v1::Permission::Unspecified => None,
        v1::Permission::RegistryRead => Some(Permission::RegistryRead),
        v1::Permission::RegistryWrite => Some(Permission::RegistryWrite),
        v1::Permission::SchemeRead => Some(Permission::SchemeRead),
        v1::Permission::SchemePublish => Some(Permission::SchemePublish),
        v1::Permission::FactRead => Some(Permission::FactRead),
        v1::Permission::FactRecord => Some(Permission::FactRecord),
        v1::Permission::FactReverse => Some(Permission::FactReverse),
        v1::Permission::Decide => Some(Permission::Decide),
        v1::Permission::RunRead => Some(Permission::RunRead),
        v1::Permission::RunStart => Some(Permission::RunStart),
        v1::Permission::RunPublish => Some(Permission::RunPublish),
        v1::Permission::ResultRead => Some(Permission::ResultRead),
        v1::Permission::ResultPreview => Some(Permission::ResultPreview),
        v1::Permission::ResultExplain => Some(Permission::ResultExplain),
        v1::Permission::AuditRead => Some(Permission::AuditRead),
        v1::Permission::AccessRead => Some(Permission::AccessRead),
        v1::Permission::AccessManage => Some(Permission::AccessManage),
        v1::Permission::ScheduleAdopt => Some(Permission::ScheduleAdopt),
        v1::Permission::EntryCheck => Some(Permission::EntryCheck),
        v1::Permission::Object => Some(Permission::Object),
        v1::Permission::ObjectionAnswer => Some(Permission::ObjectionAnswer),
        v1::Permission::RoundOrganise => Some(Permission::RoundOrganise),
        v1::Permission::RoundAssess => Some(Permission::RoundAssess),
        v1::Permission::CalendarLoad => Some(Permission::CalendarLoad),
        v1::Permission::NoticePost => Some(Permission::NoticePost),
        v1::Permission::NoticeObject => Some(Permission::NoticeObject),
        v1::Permission::NoticeAnswer => Some(Permission::NoticeAnswer),
        v1::Permission::AppraisalOrganise => Some(Permission::AppraisalOrganise),
        v1::Permission::AppraisalPropose => Some(Permission::AppraisalPropose),
        v1::Permission::AppraisalAdjust => Some(Permission::AppraisalAdjust),
        v1::Permission::AppraisalConfirm => Some(Permission::AppraisalConfirm),
        v1::Permission::AppraisalRead => Some(Permission::AppraisalRead),
        v1::Permission::SelectionOrganise => Some(Permission::SelectionOrganise),
        v1::Permission::SelectionApply => Some(Permission::SelectionApply),
        v1::Permission::SelectionOpine => Some(Permission::SelectionOpine),
        v1::Permission::SelectionRecommend => Some(Permission::SelectionRecommend),
        v1::Permission::SelectionExamine => Some(Permission::SelectionExamine),
        v1::Permission::SelectionDecide => Some(Permission::SelectionDecide),
        v1::Permission::SelectionRead => Some(Permission::SelectionRead),
        v1::Permission::BudgetManage => Some(Permission::BudgetManage),
        v1::Permission::AwardPropose => Some(Permission::AwardPropose),
        v1::Permission::AwardApprove => Some(Permission::AwardApprove),
        v1::Permission::AwardSettle => Some(Permission::AwardSettle),
        v1::Permission::AwardRead => Some(Permission::AwardRead),
    }
}

const fn permission_out(of: Permission) -> v1::Permission {
    match of {
        Permission::RegistryRead => v1::Permission::RegistryRead,
        Permission::RegistryWrite => v1::Permission::RegistryWrite,
        Permission::SchemeRead => v1::Permission::SchemeRead,
        Permission::SchemePublish => v1::Permission::SchemePublish,
        Permission::FactRead => v1::Permission::FactRead,
        Permission::FactRecord => v1::Permission::FactRecord,
        Permission::FactReverse => v1::Permission::FactReverse,
        Permission::Decide => v1::Permission::Decide,
        Permission::RunRead => v1::Permission::RunRead,
        Permission::RunStart => v1::Permission::RunStart,
        Permission::RunPublish => v1::Permission::RunPublish,
        Permission::ResultRead => v1::Permission::ResultRead,
        Permission::ResultPreview => v1::Permission::ResultPreview,
        Permission::ResultExplain => v1::Permission::ResultExplain,
        Permission::AuditRead => v1::Permission::AuditRead,
        Permission::AccessRead => v1::Permission::AccessRead,
        Permission::AccessManage => v1::Permission::AccessManage,
        Permission::ScheduleAdopt => v1::Permission::ScheduleAdopt,
        Permission::EntryCheck => v1::Permission::EntryCheck,
        Permission::Object => v1::Permission::Object,
        Permission::ObjectionAnswer => v1::Permission::ObjectionAnswer,
        Permission::RoundOrganise => v1::Permission::RoundOrganise,
        Permission::RoundAssess => v1::Permission::RoundAssess,
        Permission::CalendarLoad => v1::Permission::CalendarLoad,
        Permission::NoticePost => v1::Permission::NoticePost,
        Permission::NoticeObject => v1::Permission::NoticeObject,
        Permission::NoticeAnswer => v1::Permission::NoticeAnswer,
        Permission::AppraisalOrganise => v1::Permission::AppraisalOrganise,
        Permission::AppraisalPropose => v1::Permission::AppraisalPropose,
        Permission::AppraisalAdjust => v1::Permission::AppraisalAdjust,
        Permission::AppraisalConfirm => v1::Permission::AppraisalConfirm,
        Permission::AppraisalRead => v1::Permission::AppraisalRead,
        Permission::SelectionOrganise => v1::Permission::SelectionOrganise,
        Permission::SelectionApply => v1::Permission::SelectionApply,
        Permission::SelectionOpine => v1::Permission::SelectionOpine,
        Permission::SelectionRecommend => v1::Permission::SelectionRecommend,
        Permission::SelectionExamine => v1::Permission::SelectionExamine,
        Permission::SelectionDecide => v1::Permission::SelectionDecide,
        Permission::SelectionRead => v1::Permission::SelectionRead,
        Permission::BudgetManage => v1::Permission::BudgetManage,
        Permission::AwardPropose => v1::Permission::AwardPropose,
        Permission::AwardApprove => v1::Permission::AwardApprove,
        Permission::AwardSettle => v1::Permission::AwardSettle,
        Permission::AwardRead => v1::Permission::AwardRead,
    }
}

const fn field(raw: v1::FieldGroup) -> Option<FieldGroup> {
    match raw {
        v1::FieldGroup::Unspecified => None,
        v1::FieldGroup::Names => Some(FieldGroup::Names),
        v1::FieldGroup::Ballots => Some(FieldGroup::Ballots),
        v1::FieldGroup::Money => Some(FieldGroup::Money),
    }
}

const fn field_out(of: FieldGroup) -> v1::FieldGroup {
    match of {
        FieldGroup::Names => v1::FieldGroup::Names,
        FieldGroup::Ballots => v1::FieldGroup::Ballots,
        FieldGroup::Money => v1::FieldGroup::Money,
    }
}

/// A role as it is to be.
pub(super) fn role(faults: &mut Faults, raw: Option<&v1::Role>) -> Option<(String, Role)> {
    let Some(raw) = raw else {
        faults.missing("role");
        return None;
    };
    faults.below("role", |faults| {
        let id = faults.id("role_id", &raw.role_id);
        let title = faults.name("title", &raw.title);
        let mut role = Role { title: title?, ..Role::default() };
        for (index, it) in raw.permissions.iter().enumerate() {
            let path = format!("permissions[{index}]");
            let said = faults.said(&path, v1::Permission::try_from(*it), permission);
            role.permissions.extend(said);
        }
        for (index, it) in raw.kinds.iter().enumerate() {
            role.kinds.extend(registry_decode::kind(faults, &format!("kinds[{index}]"), *it));
        }
        for (index, it) in raw.fields.iter().enumerate() {
            let path = format!("fields[{index}]");
            role.fields.extend(faults.said(&path, v1::FieldGroup::try_from(*it), field));
        }
        Some((id?, role))
    })
}

/// A role as it is.
pub(super) fn role_out(it: &NamedRole) -> v1::Role {
    let NamedRole { id, role, defined } = it;
    v1::Role {
        role_id: id.clone(),
        title: role.title.clone(),
        permissions: role.permissions.iter().map(|it| permission_out(*it).into()).collect(),
        kinds: role.kinds.iter().map(|it| registry_encode::kind(*it).into()).collect(),
        fields: role.fields.iter().map(|it| field_out(*it).into()).collect(),
        defined: *defined,
    }
}

/// A grant as it is.
pub(super) fn grant_out(it: &Grant) -> v1::Grant {
    v1::Grant {
        principal: it.principal.clone(),
        role_id: it.role.clone(),
        unit: Some(registry_encode::reference(it.unit.clone())),
        effective_from: it.from.map(date),
        effective_until: it.until.map(date),
        reason: it.reason.clone(),
        granted_by: it.granted_by.clone(),
        grant_time: Some(timestamp(it.granted)),
    }
}
