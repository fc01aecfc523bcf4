//! Grants of roles, and roles as a county has them.

use std::{collections::BTreeMap, sync::Arc};

use super::{Role, builtin};
use crate::{
    app::{
        App, AppError, Done, Effect, Missing, Refusal, Write, digest,
        registry::{RecordKind, RecordRef, as_of},
    },
    domain::time::{Day, Moment},
    store::{AccessRecord, AccessWhat, NewAccess, ReadTx, StoreError},
};

/// How many rows are read at once.
const PAGE: i64 = 5_000;

/// A role that a principal holds over a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who holds it.
    pub principal: String,
    /// Which role.
    pub role: String,
    /// Over what.
    pub unit: RecordRef,
    /// The first day; none from the beginning.
    pub from: Option<Day>,
    /// The last day; none without end.
    pub until: Option<Day>,
    /// Why.
    pub reason: String,
    /// Who granted it.
    pub granted_by: String,
    /// When.
    pub granted: Moment,
}

impl Grant {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from.is_none_or(|it| it <= day) && self.until.is_none_or(|it| day <= it)
    }
}

/// What to grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRole {
    /// To whom.
    pub principal: String,
    /// Which role.
    pub role: String,
    /// Over what.
    pub unit: RecordRef,
    /// The first day.
    pub from: Option<Day>,
    /// The last day.
    pub until: Option<Day>,
    /// Why.
    pub reason: String,
}

/// What to take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeRole {
    /// From whom.
    pub principal: String,
    /// Which role.
    pub role: String,
    /// Over what.
    pub unit: RecordRef,
    /// Why.
    pub reason: String,
}

/// What a role is to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefineRole {
    /// The role.
    pub id: String,
    /// What it means.
    pub role: Role,
    /// Why.
    pub reason: String,
}

/// A role by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRole {
    /// The id.
    pub id: String,
    /// What it means.
    pub role: Role,
    /// Whether the county has defined it.
    pub defined: bool,
}

/// Which grants are listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GrantFilter {
    /// Of this principal; empty for all.
    pub principal: String,
    /// Of this role; empty for all.
    pub role: String,
}

pub(super) fn read_role(definition: &str) -> Result<Role, AppError> {
    let read = serde_json::from_str(definition);
    Ok(read.map_err(|why| StoreError::corrupt("definition", why))?)
}

/// The grants that hold after all these rows, by principal, role and unit.
pub(super) fn in_force(rows: Vec<AccessRecord>) -> Result<Vec<Grant>, AppError> {
    let mut held: BTreeMap<(String, String, RecordRef), Grant> = BTreeMap::new();
    for AccessRecord { recorded, entry, .. } in rows {
        if entry.what == AccessWhat::Role {
            continue;
        }
        let kind = RecordKind::named(&entry.unit_kind)
            .ok_or_else(|| StoreError::unknown_word("unit_kind", &entry.unit_kind))?;
        let unit = RecordRef { kind, id: entry.unit_id };
        let key = (entry.principal.clone(), entry.role.clone(), unit.clone());
        if entry.what == AccessWhat::Revoke {
            held.remove(&key);
            continue;
        }
        let grant = Grant {
            principal: entry.principal,
            role: entry.role,
            unit,
            from: entry.effective_from,
            until: entry.effective_until,
            reason: entry.reason,
            granted_by: entry.recorded_by,
            granted: recorded,
        };
        held.insert(key, grant);
    }
    Ok(held.into_values().collect())
}

/// The roles of a county by id.
async fn roles(
    tx: &mut (impl ReadTx + ?Sized),
    county: &str,
) -> Result<BTreeMap<String, NamedRole>, AppError> {
    let named =
        |id: &str, role, defined| (id.to_owned(), NamedRole { id: id.to_owned(), role, defined });
    let mut roles: BTreeMap<String, NamedRole> =
        builtin().into_iter().map(|(id, role)| named(id, role, false)).collect();
    for row in tx.access_of(county, "").await? {
        let (id, role) = (row.entry.role, read_role(&row.entry.definition)?);
        roles.extend([named(&id, role, true)]);
    }
    Ok(roles)
}

fn entry(what: AccessWhat, call: &Write, role: &str, reason: &str) -> NewAccess {
    NewAccess {
        what,
        principal: String::new(),
        role: role.to_owned(),
        unit_kind: String::new(),
        unit_id: String::new(),
        effective_from: None,
        effective_until: None,
        definition: String::new(),
        reason: reason.to_owned(),
        recorded_by: call.principal.clone(),
    }
}

fn effect(entry: &NewAccess) -> Effect {
    let day = |it: Option<Day>| it.map_or_else(String::new, |it| it.to_string());
    let (from, until) = (day(entry.effective_from), day(entry.effective_until));
    let subject = match entry.what {
        AccessWhat::Role => format!("role/{}", entry.role),
        AccessWhat::Grant | AccessWhat::Revoke => {
            let (what, unit) = (entry.what.word(), &entry.unit_id);
            format!("access/{what} {}/{} {}/{unit}", entry.principal, entry.role, entry.unit_kind)
        }
    };
    let parts = [
        entry.what.word(),
        &entry.principal,
        &entry.role,
        &entry.unit_kind,
        &entry.unit_id,
        &from,
        &until,
        &entry.definition,
        &entry.reason,
        &entry.recorded_by,
    ];
    Effect { subject, digest: digest(&parts.map(str::as_bytes)) }
}

/// How an answer becomes the bytes that are kept.
type Encode<T> = Arc<dyn Fn(&T) -> Vec<u8> + Send + Sync>;

impl App {
    /// Gives a principal a role over a unit. What it holds already stays as it is.
    ///
    /// # Errors
    /// `ROLE_UNKNOWN`; the unit does not exist today; those of every write.
    pub async fn grant_role(
        &self,
        call: Write,
        asked: GrantRole,
        encode: Encode<Grant>,
    ) -> Result<Vec<u8>, AppError> {
        let (today, shared) = (self.today()?, Arc::new((call.clone(), asked, encode)));
        let done = self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let (county, unit) = (&call.county, &asked.unit);
                if !roles(tx, county).await?.contains_key(&asked.role) {
                    return Err(unknown(&asked.role));
                }
                let whole = *unit == RecordRef { kind: RecordKind::County, id: county.clone() };
                let ids = [unit.id.clone()];
                let at = as_of(today, now);
                if !whole && tx.registered(county, unit.kind.word(), &ids, at).await?.is_empty() {
                    return Err(AppError::not_found(Missing::Record, &unit.id));
                }
                let grant = Grant {
                    principal: asked.principal.clone(),
                    role: asked.role.clone(),
                    unit: unit.clone(),
                    from: asked.from,
                    until: asked.until,
                    reason: asked.reason.clone(),
                    granted_by: call.principal.clone(),
                    granted: now,
                };
                let held = in_force(tx.access_of(county, &asked.principal).await?)?;
                let terms = |it: &Grant| (it.role.clone(), it.unit.clone(), it.from, it.until);
                if let Some(same) = held.iter().find(|it| terms(it) == terms(&grant)) {
                    return Ok(Done { response: encode(same), effects: Vec::new() });
                }
                let new = NewAccess {
                    principal: asked.principal.clone(),
                    unit_kind: unit.kind.word().to_owned(),
                    unit_id: unit.id.clone(),
                    effective_from: asked.from,
                    effective_until: asked.until,
                    ..entry(AccessWhat::Grant, call, &asked.role, &asked.reason)
                };
                tx.insert_access(county, &call.request_id, &new).await?;
                Ok(Done { response: encode(&grant), effects: vec![effect(&new)] })
            })
        });
        let done = done.await;
        self.access.forget();
        done
    }

    /// Takes a role over a unit from a principal.
    ///
    /// # Errors
    /// `GRANT_NOT_FOUND`; those of every write.
    pub async fn revoke_role(
        &self,
        call: Write,
        asked: RevokeRole,
        encode: Encode<Grant>,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), asked, encode));
        let done = self.write(call, move |tx, _| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let (county, unit) = (&call.county, &asked.unit);
                let held = in_force(tx.access_of(county, &asked.principal).await?)?;
                let found = held.iter().find(|it| it.role == asked.role && it.unit == *unit);
                let missing = || {
                    let en = "the principal does not hold that role over that unit";
                    AppError::refused("GRANT_NOT_FOUND", en, "该主体并无此项授权")
                };
                let grant = found.ok_or_else(missing)?;
                let new = NewAccess {
                    principal: asked.principal.clone(),
                    unit_kind: unit.kind.word().to_owned(),
                    unit_id: unit.id.clone(),
                    ..entry(AccessWhat::Revoke, call, &asked.role, &asked.reason)
                };
                tx.insert_access(county, &call.request_id, &new).await?;
                Ok(Done { response: encode(grant), effects: vec![effect(&new)] })
            })
        });
        let done = done.await;
        self.access.forget();
        done
    }

    /// States what a role means from now on.
    ///
    /// # Errors
    /// Those of every write.
    pub async fn define_role(
        &self,
        call: Write,
        asked: DefineRole,
        encode: Encode<NamedRole>,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), asked, encode));
        let done = self.write(call, move |tx, _| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let definition = serde_json::to_string(&asked.role)
                    .map_err(|why| AppError::Internal(why.to_string()))?;
                let new = NewAccess {
                    definition,
                    ..entry(AccessWhat::Role, call, &asked.id, &asked.reason)
                };
                tx.insert_access(&call.county, &call.request_id, &new).await?;
                let (id, role) = (asked.id.clone(), asked.role.clone());
                let response = encode(&NamedRole { id, role, defined: true });
                Ok(Done { response, effects: vec![effect(&new)] })
            })
        });
        let done = done.await;
        self.access.forget();
        done
    }

    /// The grants in force, whatever their days, by principal, role and unit.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn grants(&self, county: &str, filter: &GrantFilter) -> Result<Vec<Grant>, AppError> {
        let mut tx = self.read().await?;
        let mut rows = Vec::new();
        if filter.principal.is_empty() {
            let mut after = 0;
            loop {
                let page = tx.access_page(county, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = last.seq;
                rows.extend(page);
            }
        } else {
            rows = tx.access_of(county, &filter.principal).await?;
        }
        let mut grants = in_force(rows)?;
        grants.retain(|it| filter.role.is_empty() || it.role == filter.role);
        Ok(grants)
    }

    /// The roles of a county, by id.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn roles(&self, county: &str) -> Result<Vec<NamedRole>, AppError> {
        let mut tx = self.read().await?;
        Ok(roles(&mut *tx, county).await?.into_values().collect())
    }
}

fn unknown(role: &str) -> AppError {
    let en = format!("there is no role `{role}` in this county: ListRoles names those there are");
    let refusal = Refusal::new("ROLE_UNKNOWN", en, format!("本县没有角色 {role}"));
    AppError::Refused(refusal.with("role", role))
}
