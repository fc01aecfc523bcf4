//! A record of the registry: its kinds, what each kind has, and which lies in which.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{BranchForm, Formality, MemberStatus};
use crate::{
    app::{AppError, person::random},
    domain::{exact::Decimal, time::Day},
    store::{NameKept, RegistryVersion, StoreError, commitment},
};

/// Attributes by name, as predicates of schemes read them.
pub type Attributes = BTreeMap<String, String>;

/// What a record is. The order is that of the tree's children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// County (县 / 区 / 新区): the root.
    County,
    /// Street or town (街道 / 镇).
    Street,
    /// Community (社区).
    Community,
    /// Compound (小区).
    Compound,
    /// Building (楼栋).
    Building,
    /// Party branch (党支部).
    Branch,
    /// Party member (党员).
    Member,
    /// Post (职务).
    Post,
    /// Property company (物业企业).
    Company,
    /// Property project (物业项目).
    Project,
}

impl RecordRef {
    /// The record of that kind and id.
    pub fn new(kind: RecordKind, id: &str) -> Self {
        Self { kind, id: id.to_owned() }
    }
}

impl RecordKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::County,
        Self::Street,
        Self::Community,
        Self::Compound,
        Self::Building,
        Self::Branch,
        Self::Member,
        Self::Post,
        Self::Company,
        Self::Project,
    ];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::County => "county",
            Self::Street => "street",
            Self::Community => "community",
            Self::Compound => "compound",
            Self::Building => "building",
            Self::Branch => "branch",
            Self::Member => "member",
            Self::Post => "post",
            Self::Company => "company",
            Self::Project => "project",
        }
    }

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Whether it is a unit of the organisation tree.
    pub const fn is_unit(self) -> bool {
        self.level().is_some()
    }

    /// The level of a unit in the tree; 1 for the county.
    pub const fn level(self) -> Option<usize> {
        match self {
            Self::County => Some(1),
            Self::Street => Some(2),
            Self::Community => Some(3),
            Self::Compound => Some(4),
            Self::Building => Some(5),
            Self::Branch | Self::Member | Self::Post | Self::Company | Self::Project => None,
        }
    }
}

/// One record by kind and id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordRef {
    /// The kind.
    pub kind: RecordKind,
    /// The id, unique within county and kind.
    pub id: String,
}

/// What only one kind of record has. Areas are decimal texts, in square metres.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Of a unit.
    OrgUnit {
        /// The floor area; absent where not measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        floor_area: Option<String>,
        /// Households; absent where not counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        households: Option<i64>,
        /// The service centre's area (I6, I8); absent where not measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site_area: Option<String>,
    },
    /// Of a branch.
    Branch {
        /// What it belongs to.
        anchor: RecordRef,
        /// Its form.
        form: BranchForm,
        /// The other compounds that a joint branch serves, sorted (I2).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        joins: Vec<String>,
    },
    /// Of a member, who may belong to two branches at once (M4).
    Member {
        /// The building of residence, in the compound of residence (I3).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        building: Option<String>,
        /// The compound of residence.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        compound: Option<String>,
        /// Directly managed (直管党员, I2).
        directly_managed: bool,
        /// Formal or probationary; absent where nobody said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        formality: Option<Formality>,
        /// In-service, retired or floating.
        status: MemberStatus,
        /// The branch at the employer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit_branch: Option<String>,
    },
    /// Of a post.
    Post {
        /// Who holds it.
        person: String,
        /// Which post.
        title: String,
        /// Where it is held.
        unit: RecordRef,
    },
    /// Of a company.
    Company {},
    /// Of a project: one company's contract on one compound (P6).
    Project {
        /// The class within which projects are compared.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<String>,
        /// The company.
        company: String,
        /// The compound.
        compound: String,
        /// The floor area served; absent where not measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        floor_area: Option<String>,
        /// Households served; absent where not counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        households: Option<i64>,
    },
}

impl Detail {
    /// The areas that are stated, which are decimal texts.
    fn areas(&self) -> [Option<&String>; 2] {
        match self {
            Self::OrgUnit { floor_area, site_area, .. } => {
                [floor_area.as_ref(), site_area.as_ref()]
            }
            Self::Project { floor_area, .. } => [floor_area.as_ref(), None],
            Self::Branch { .. } | Self::Member { .. } | Self::Post { .. } | Self::Company {} => {
                [None, None]
            }
        }
    }
}

/// One version of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
    /// Its name; empty where it was erased.
    pub name: String,
    /// Whether the name was there and was erased.
    pub erased: bool,
    /// What it lies in.
    pub parent: Option<RecordRef>,
    /// The first day on which this version holds.
    pub from: Day,
    /// The last day; none until a later version does.
    pub until: Option<Day>,
    /// The attributes as given, without those of the detail.
    pub attributes: Attributes,
    /// What only its kind has.
    pub detail: Detail,
}

/// What is stored of attributes and detail; the fields are in byte order, so that the text is
/// canonical.
#[derive(Serialize, Deserialize)]
struct Stored {
    attributes: Attributes,
    detail: Detail,
}

impl Record {
    /// The record as others refer to it.
    pub fn reference(&self) -> RecordRef {
        RecordRef { kind: self.kind, id: self.id.clone() }
    }

    /// Whether it holds on that day, if no later version does.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|it| day <= it)
    }

    /// The attributes as predicates read them: those given and those that the detail gives. A post's
    /// `status`, where the post carries none, is that of its holder.
    pub fn predicates(&self) -> Attributes {
        let mut all = self.attributes.clone();
        let mut put = |name: &str, value: &str| all.insert(name.to_owned(), value.to_owned());
        match &self.detail {
            Detail::Member { status, directly_managed, formality, .. } => {
                put("status", status.word());
                put("directly_managed", if *directly_managed { "true" } else { "false" });
                if let Some(formality) = formality {
                    put("formality", formality.word());
                }
            }
            Detail::Post { title, .. } => {
                put("post", title);
            }
            Detail::Project { class: Some(class), .. } => {
                put("class", class);
            }
            Detail::Project { class: None, .. }
            | Detail::OrgUnit { .. }
            | Detail::Branch { .. }
            | Detail::Company {} => (),
        }
        all
    }

    /// What the record refers to besides its parent.
    pub(super) fn refers_to(&self) -> Vec<RecordRef> {
        let to = RecordRef::new;
        match &self.detail {
            Detail::Member { unit_branch, building, .. } => {
                let unit = unit_branch.iter().map(|it| to(RecordKind::Branch, it));
                unit.chain(building.iter().map(|it| to(RecordKind::Building, it))).collect()
            }
            Detail::Branch { joins, .. } => {
                joins.iter().map(|it| to(RecordKind::Compound, it)).collect()
            }
            Detail::Project { company, .. } => vec![to(RecordKind::Company, company)],
            Detail::OrgUnit { .. } | Detail::Post { .. } | Detail::Company {} => Vec::new(),
        }
    }

    /// Reads a stored version.
    pub fn from_version(version: &RegistryVersion) -> Result<Self, StoreError> {
        let kind = |word: &str| {
            RecordKind::named(word).ok_or_else(|| StoreError::unknown_word("kind", word))
        };
        let parent = match version.parent_kind.as_str() {
            "" => None,
            word => Some(RecordRef { kind: kind(word)?, id: version.parent_id.clone() }),
        };
        let stored: Stored = serde_json::from_str(&version.attributes)
            .map_err(|why| StoreError::corrupt("attributes", why))?;
        for area in stored.detail.areas().into_iter().flatten() {
            Decimal::parse(area).map_err(|why| StoreError::corrupt("attributes", why))?;
        }
        Ok(Self {
            kind: kind(&version.kind)?,
            id: version.id.clone(),
            name: version.name.clone(),
            erased: matches!(version.kept, NameKept::Erased { .. }),
            parent,
            from: version.effective_from,
            until: version.effective_until,
            attributes: stored.attributes,
            detail: stored.detail,
        })
    }

    /// The person whom the record is about: a member, or the holder of a post. The name of such a
    /// record is a person's, or has one in it.
    pub fn person(&self) -> Option<&str> {
        match &self.detail {
            Detail::Member { .. } => Some(&self.id),
            Detail::Post { person, .. } => Some(person),
            Detail::OrgUnit { .. }
            | Detail::Branch { .. }
            | Detail::Company {}
            | Detail::Project { .. } => None,
        }
    }

    /// Which post it is; nothing of other records.
    pub fn post_title(&self) -> Option<&str> {
        match &self.detail {
            Detail::Post { title, .. } => Some(title),
            Detail::Member { .. }
            | Detail::OrgUnit { .. }
            | Detail::Branch { .. }
            | Detail::Company {}
            | Detail::Project { .. } => None,
        }
    }

    /// Whether the other says the same, as far as this one still knows: an erased name is like any.
    pub(super) fn says_what(&self, other: &Self) -> bool {
        if !self.erased {
            return self == other;
        }
        let unnamed = Self { name: String::new(), erased: true, ..other.clone() };
        *self == unnamed
    }

    /// The version to store. `erased` are persons whose names are not kept any more.
    pub fn version(
        &self,
        recorded_by: &str,
        erased: &BTreeSet<String>,
    ) -> Result<RegistryVersion, AppError> {
        let kept = match self.person() {
            None => NameKept::InRow,
            Some(person) => {
                let salt = random()?;
                if erased.contains(person) {
                    NameKept::Erased { commitment: commitment(&salt, &self.name) }
                } else {
                    NameKept::Apart { salt }
                }
            }
        };
        let gone = matches!(kept, NameKept::Erased { .. });

        let stored = Stored { attributes: self.attributes.clone(), detail: self.detail.clone() };
        let attributes =
            serde_json::to_string(&stored).map_err(|why| AppError::Internal(why.to_string()))?;
        let (parent_kind, parent_id) = match &self.parent {
            Some(parent) => (parent.kind.word().to_owned(), parent.id.clone()),
            None => (String::new(), String::new()),
        };
        Ok(RegistryVersion {
            kind: self.kind.word().to_owned(),
            id: self.id.clone(),
            effective_from: self.from,
            effective_until: self.until,
            name: if gone { String::new() } else { self.name.clone() },
            kept,
            parent_kind,
            parent_id,
            attributes,
            recorded_by: recorded_by.to_owned(),
        })
    }
}
