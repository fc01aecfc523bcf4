//! The least weight of party organisations among those who assess (P2).

use std::collections::BTreeSet;

use super::{
    super::{Node, NodeKind},
    reader::{At, Reader, Spot},
    shapes::PARTY_FLOOR,
};
use crate::domain::exact::{Exact, Share};

impl Reader {
    /// Holds every `assessed` node to the floor. It changes no score: it decides whether the scheme
    /// is taken, so that nothing of it is kept.
    pub(super) fn party_floor(&mut self, at: &At<'_>, nodes: &[Node]) {
        let Some(fields) = self.open(at, &PARTY_FLOOR) else { return };
        let roles = fields.at("roles").map(|it| (self.names(&it), it.spot()));
        let floor = fields.at("at_least").and_then(|it| self.positive_share(&it));
        let Some((roles, written)) = roles else { return };
        let roles: BTreeSet<String> = roles.into_iter().collect();
        let mut unknown = roles.clone();
        for node in nodes {
            let NodeKind::Assessed(assessed) = &node.kind else { continue };
            for (role, _) in &assessed.by {
                unknown.remove(role);
            }
            if let Some(floor) = &floor {
                self.hold_to_floor(node, &assessed.by, &roles, floor);
            }
        }
        for role in unknown {
            let wrong = format!("no `assessed` node has the role `{role}`");
            let zh = format!("没有测评项使用角色 `{role}`");
            self.fault("UNKNOWN_ROLE", &written, wrong, zh, "roles that `by` of a node names");
        }
    }

    fn hold_to_floor(
        &mut self,
        node: &Node,
        by: &[(String, Share)],
        roles: &BTreeSet<String>,
        floor: &Share,
    ) {
        let weights = || by.iter().map(|it| it.1.exact());
        // Weights that do not add up to a whole are a fault of their own.
        if Exact::sum(weights()).ok() != Some(Exact::ONE) {
            return;
        }
        let of_party = by.iter().filter(|it| roles.contains(&it.0)).map(|it| it.1.exact());
        let Ok(sum) = Exact::sum(of_party) else { return };
        if sum >= *floor.exact() {
            return;
        }
        let found = Share::from(sum);
        let below = node.path.split_once('/').map(|it| format!("score/{}", it.1));
        let path = below.unwrap_or_else(|| "score".to_owned());
        let spot = Spot { place: node.place, path };
        let wrong = format!("party organisations weigh {found} together, less than {floor}");
        let zh = format!("党组织权重合计 {found}，低于规定的 {floor}");
        let right = format!("weights of which theirs add up to {floor} or more");
        self.fault("PARTY_FLOOR", &spot, wrong, zh, right);
    }
}
