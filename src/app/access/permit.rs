//! The proof that a caller may do something, and over what.

use std::{collections::BTreeSet, sync::Arc};

use super::{FieldGroup, Kept, Node, Permission, Placed, Role};
use crate::app::{Caller, registry::RecordKind};

/// What a caller holds a permission for. Made by [`crate::app::App::permit`] only.
#[derive(Debug, Clone)]
pub struct Permit {
    /// Who calls.
    pub principal: Arc<str>,
    county: Node,
    reaches: Vec<(Node, Arc<Role>)>,
}

impl Permit {
    pub(super) fn of(caller: &Caller, county: &str, permission: Permission, kept: &Kept) -> Self {
        let county = Node::new(RecordKind::County, county);
        let reaches = if caller.administrator {
            vec![(county.clone(), Arc::new(Role::administrator()))]
        } else {
            let allows = |(_, role): &&(Node, Arc<Role>)| role.permissions.contains(&permission);
            kept.held.iter().filter(allows).cloned().collect()
        };
        Self { principal: Arc::clone(&caller.principal), county, reaches }
    }

    pub(super) fn reaches_anything(&self) -> bool {
        !self.reaches.is_empty()
    }

    /// Whether it is held for the whole county, whatever the kind.
    pub fn whole_county(&self) -> bool {
        self.reaches.iter().any(|(node, _)| *node == self.county)
    }

    /// Whether every object of a kind in the county is covered: who sees all of them is told that
    /// one does not exist.
    pub fn whole_kind(&self, kind: RecordKind) -> bool {
        let reaches =
            |(node, role): &(Node, Arc<Role>)| *node == self.county && role.kinds.contains(&kind);
        self.reaches.iter().any(reaches)
    }

    /// Whether an object is covered: its kind is reached, and it lies in or below a unit held.
    pub fn covers(&self, placed: &Placed) -> bool {
        self.covering(placed).next().is_some()
    }

    /// Whether an object shows a group of fields to the caller.
    pub fn shows(&self, placed: &Placed, field: FieldGroup) -> bool {
        self.covering(placed).any(|role| role.fields.contains(&field))
    }

    /// Whether all objects of a kind show a group of fields.
    pub fn shows_all(&self, kind: RecordKind, field: FieldGroup) -> bool {
        let shows = |(node, role): &(Node, Arc<Role>)| {
            *node == self.county && role.kinds.contains(&kind) && role.fields.contains(&field)
        };
        self.reaches.iter().any(shows)
    }

    /// Whether any object of a kind may show a group of fields.
    pub fn may_show_of(&self, kind: RecordKind, field: FieldGroup) -> bool {
        let shows = |(_, role): &(Node, Arc<Role>)| {
            role.kinds.contains(&kind) && role.fields.contains(&field)
        };
        self.reaches.iter().any(shows)
    }

    /// Whether any object may show a group of fields: asking for what is never shown is refused.
    pub fn may_show(&self, field: FieldGroup) -> bool {
        self.reaches.iter().any(|(_, role)| role.fields.contains(&field))
    }

    /// The kinds reached anywhere.
    pub fn kinds(&self) -> BTreeSet<RecordKind> {
        self.reaches.iter().flat_map(|(_, role)| role.kinds.iter().copied()).collect()
    }

    /// Whether a unit is held, itself or by one above it.
    pub fn holds_unit(&self, nodes: &BTreeSet<Node>) -> bool {
        self.reaches.iter().any(|(node, _)| *node == self.county || nodes.contains(node))
    }

    /// The records over which itself, and not over one above, it is held.
    pub fn units(&self) -> impl Iterator<Item = &Node> {
        self.reaches.iter().map(|it| &it.0)
    }

    fn covering(&self, placed: &Placed) -> impl Iterator<Item = &Role> {
        let covers = |(node, role): &&(Node, Arc<Role>)| {
            role.kinds.contains(&placed.kind)
                && (*node == self.county || placed.nodes.contains(node))
        };
        self.reaches.iter().filter(covers).map(|(_, role)| &**role)
    }
}
