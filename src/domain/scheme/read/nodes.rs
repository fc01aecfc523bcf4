//! The tree of nodes: what all of them have in common, and those made of others.

use std::collections::BTreeSet;

use super::{
    super::{
        Missing, Node, NodeIndex, NodeKind, Rounding,
        yaml::{Data, Yaml},
    },
    node_shapes::{DROP, KIND_KEYS, MISSING, NODE, PARENT_KEYS, ROUND},
    reader::{At, Fields, Reader},
    scalars::good_id,
    words::{self, MissingWord},
};
use crate::domain::exact::{Decimal, Exact, RoundingMode, Share};

/// The most nodes of a score.
pub(super) const NODES_MAX: usize = 4096;

/// The nodes read so far, in the document's order.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    pub(super) all: Vec<Node>,
    ids: BTreeSet<String>,
}

/// What stands above a node.
#[derive(Debug, Clone, Copy)]
struct Above {
    node: NodeIndex,
    weighted: bool,
}

impl Reader {
    /// Finds every node's id before any is read, so that a node may name one further down.
    pub(super) fn find_nodes(&mut self, root: &At<'_>) {
        let mut count = 0_usize;
        self.find_below(root.value, &mut count);
        if count > NODES_MAX {
            let (wrong, zh) =
                (format!("the score has {count} nodes"), format!("评分节点有 {count} 个"));
            self.fault("TOO_MANY_NODES", &root.spot(), wrong, zh, "at most 4096 nodes");
        }
    }

    fn find_below(&mut self, node: &Yaml, count: &mut usize) {
        let Data::Map(entries) = &node.data else { return };
        if let Some(id) = node.get("id").and_then(Yaml::text).filter(|it| good_id(it)) {
            self.node_ids.entry(id.to_owned()).or_insert(*count);
        }
        *count = count.saturating_add(1);
        for entry in entries.iter().filter(|it| PARENT_KEYS.contains(&it.key.as_str())) {
            for child in entry.value.items() {
                self.find_below(child, count);
            }
        }
    }

    /// The whole tree under `score`.
    pub(super) fn score(&mut self, at: &At<'_>) -> Vec<Node> {
        let mut nodes = Nodes::default();
        self.node(at, None, "", &mut nodes);
        nodes.all
    }

    /// Reads one node and those below it. Depth is bounded by the document's.
    fn node(
        &mut self,
        at: &At<'_>,
        above: Option<Above>,
        ids_above: &str,
        nodes: &mut Nodes,
    ) -> Option<NodeIndex> {
        let fields = self.open(at, &NODE)?;
        let id =
            fields.at("id").and_then(|it| self.unique(&it, &mut nodes.ids)).unwrap_or_default();
        let path = if above.is_none() { id.clone() } else { format!("{ids_above}/{id}") };
        let index = nodes.all.len();
        let mut node = self.common(&fields, above);
        (node.id, node.path) = (id, path.clone());
        nodes.all.push(node);
        self.inside = Some(index);
        let key = fields.first_of(KIND_KEYS);
        let kind = match key {
            Some(key) if PARENT_KEYS.contains(&key) => {
                let children = self.children(&fields, key, index, &path, nodes);
                self.parent(&fields, key, children, nodes)
            }
            Some(key) => fields.at(key).and_then(|it| self.leaf(key, &it)),
            None => None,
        };
        if let Some(kind) = kind {
            self.needs_out_of(&fields, &kind, above);
            let full = nodes.all.get(index).and_then(|it| it.out_of);
            self.top_marks_within(&fields, &kind, full);
            if let Some(node) = nodes.all.get_mut(index) {
                node.kind = kind;
            }
        }
        self.inside = None;
        Some(index)
    }

    /// An id that was not given before.
    pub(in crate::domain) fn unique(
        &mut self,
        at: &At<'_>,
        seen: &mut BTreeSet<String>,
    ) -> Option<String> {
        let id = self.id(at)?;
        if !seen.insert(id.clone()) {
            let (wrong, zh) =
                (format!("the id `{id}` was given before"), format!("标识 `{id}` 重复"));
            self.fault("DUPLICATE_ID", &at.spot(), wrong, zh, "another id");
        }
        Some(id)
    }

    /// Everything but the id and the kind.
    fn common(&mut self, fields: &Fields<'_>, above: Option<Above>) -> Node {
        let root = above.is_none();
        let round = fields.at("round").and_then(|it| self.round(&it));
        let default = Rounding { to: 2, mode: RoundingMode::HalfUp };
        if root && fields.has("missing") {
            let (wrong, zh) = ("the root has no `missing`", "总分不能写 missing");
            let right = "leave it out: an incomplete root is an incomplete result";
            self.fault("ROOT_MISSING", &fields.key("missing"), wrong, zh, right);
        }
        Node {
            id: String::new(),
            title: fields.at("title").and_then(|it| self.title(&it)).unwrap_or_default(),
            basis: self.basis(fields),
            place: fields.spot.place,
            path: String::new(),
            parent: above.map(|it| it.node),
            out_of: fields.at("out_of").and_then(|it| self.positive(&it)),
            base: self.number_or_zero(fields.at("base")),
            clamp: fields.at("clamp").and_then(|it| self.range(&it)),
            round: if root { round.or(Some(default)) } else { round },
            missing: fields.at("missing").and_then(|it| self.missing(&it)).unwrap_or_default(),
            weight: self.weight(fields, above),
            kind: NodeKind::Constant(Decimal::ZERO),
        }
    }

    fn weight(&mut self, fields: &Fields<'_>, above: Option<Above>) -> Option<Share> {
        let below_weighted = above.is_some_and(|it| it.weighted);
        let Some(at) = fields.at("weight") else {
            if below_weighted {
                let (wrong, zh) = ("a part of `weighted` has no weight", "加权项缺少 weight");
                let right = "a weight such as `50%` or `1/3`";
                self.fault("WEIGHT_MISSING", &fields.key("weight"), wrong, zh, right);
            }
            return None;
        };
        if !below_weighted {
            let wrong = "a weight says something below `weighted` only";
            let zh = "只有 weighted 的下级才能写 weight";
            self.fault("WEIGHT_PLACE", &fields.key("weight"), wrong, zh, "leave it out");
        }
        self.positive_share(&at)
    }

    fn round(&mut self, at: &At<'_>) -> Option<Rounding> {
        let fields = self.open(at, &ROUND)?;
        let to = fields.at("to").and_then(|it| self.whole(&it, 0, 6));
        let mode = fields.at("mode").and_then(|it| self.word(&it, words::roundings()));
        to.map(|to| Rounding { to, mode: mode.unwrap_or_default() })
    }

    fn missing(&mut self, at: &At<'_>) -> Option<Missing> {
        if matches!(at.value.data, Data::Map(_)) {
            let fields = self.open(at, &MISSING)?;
            return fields.at("value").and_then(|it| self.number(&it)).map(Missing::Value);
        }
        Some(match self.word(at, words::missing())? {
            MissingWord::Incomplete => Missing::Incomplete,
            MissingWord::Zero => Missing::Value(Decimal::ZERO),
            MissingWord::Exclude => Missing::Exclude,
        })
    }

    /// Full marks, where the kind or the node above needs them.
    fn needs_out_of(&mut self, fields: &Fields<'_>, kind: &NodeKind, above: Option<Above>) {
        let weighted = above.is_some_and(|it| it.weighted);
        if fields.has("out_of") || !(weighted || kind.is_fraction()) {
            return;
        }
        let (wrong, zh) = if kind.is_fraction() {
            let name = kind.name();
            (
                format!("`{name}` yields a fraction of full marks, and there are none"),
                format!("`{name}` 需要满分 out_of"),
            )
        } else {
            (
                "a part of `weighted` has no full marks".to_owned(),
                "加权项缺少满分 out_of".to_owned(),
            )
        };
        self.fault("OUT_OF_MISSING", &fields.key("out_of"), wrong, zh, "`out_of: 100`, say");
    }

    fn children(
        &mut self,
        fields: &Fields<'_>,
        key: &'static str,
        node: NodeIndex,
        ids: &str,
        nodes: &mut Nodes,
    ) -> Vec<NodeIndex> {
        let Some(list) = fields.at(key) else { return Vec::new() };
        let above = Above { node, weighted: key == "weighted" };
        let mut children = Vec::new();
        for (position, child) in self.list(&list).into_iter().enumerate() {
            let id = child.value.get("id").and_then(Yaml::text).filter(|it| good_id(it));
            let step = id.map_or_else(|| format!("[{position}]"), ToOwned::to_owned);
            let at = At { value: child.value, path: format!("{}/{step}", fields.spot.path) };
            children.extend(self.node(&at, Some(above), ids, nodes));
        }
        children
    }

    fn parent(
        &mut self,
        fields: &Fields<'_>,
        key: &'static str,
        children: Vec<NodeIndex>,
        nodes: &Nodes,
    ) -> Option<NodeKind> {
        Some(match key {
            "sum" => NodeKind::Sum(children),
            "best" => NodeKind::Best(children),
            "worst" => NodeKind::Worst(children),
            "average" => {
                let (drop_highest, drop_lowest) = self.drop(fields, children.len());
                NodeKind::Average { children, drop_highest, drop_lowest }
            }
            "weighted" => {
                let weight = |it: &NodeIndex| nodes.all.get(*it).and_then(|it| it.weight.clone());
                let weights: Option<Vec<_>> = children.iter().map(weight).collect();
                let written = fields.at(key).map_or(0, |it| it.value.items().len());
                if let Some(weights) = weights.filter(|it| it.len() == written) {
                    self.whole_weight(&weights, &fields.key(key));
                }
                NodeKind::Weighted(children)
            }
            _ => return None,
        })
    }

    fn drop(&mut self, fields: &Fields<'_>, children: usize) -> (usize, usize) {
        let Some(fields) = fields.at("drop").and_then(|it| self.open(&it, &DROP)) else {
            return (0, 0);
        };
        let count = |reader: &mut Self, key| {
            let whole = fields.at(key).and_then(|it| reader.whole(&it, 0, 1_000_000_000));
            whole.and_then(|it| usize::try_from(it).ok()).unwrap_or(0)
        };
        let (highest, lowest) = (count(self, "highest"), count(self, "lowest"));
        let dropped = highest.saturating_add(lowest);
        if children > 0 && dropped >= children {
            let wrong = format!("{dropped} of {children} parts are dropped, so nothing is left");
            let zh = format!("共 {children} 项去掉 {dropped} 项，没有剩余");
            let right = format!("at most {} dropped", children.saturating_sub(1));
            self.fault("DROP_ALL", &fields.spot, wrong, zh, right);
        }
        (highest, lowest)
    }

    /// A share above zero.
    pub(super) fn positive_share(&mut self, at: &At<'_>) -> Option<Share> {
        let share = self.share(at)?;
        if !share.exact().is_positive() {
            let (wrong, zh) = ("a weight is above 0", "权重应大于 0");
            self.fault("WEIGHT_POSITIVE", &at.spot(), wrong, zh, "a weight such as `50%` or `1/3`");
            return None;
        }
        Some(share)
    }

    /// Weights that add up to exactly 100%.
    pub(super) fn whole_weight(&mut self, weights: &[Share], spot: &super::reader::Spot) {
        let Ok(sum) = Exact::sum(weights.iter().map(Share::exact)) else {
            let (wrong, zh) = ("the weights cannot be added up exactly", "权重无法精确相加");
            self.fault("WEIGHTS_SUM", spot, wrong, zh, "simpler fractions");
            return;
        };
        if sum == Exact::ONE || weights.is_empty() {
            return;
        }
        let percent = sum.times(&Exact::whole(100)).map_or_else(
            |_| sum.to_string(),
            |it| if it.is_decimal(12) { format!("{}%", it.exact_text()) } else { sum.to_string() },
        );
        let count = weights.len();
        let equal = weights.windows(2).all(|pair| pair.first() == pair.last());
        let right = if equal {
            format!("equal weights of {count} parts are `1/{count}` each, exactly")
        } else {
            "weights that add up to exactly 100%; a third is `1/3`, not `33.3%`".to_owned()
        };
        let wrong = format!("the weights add up to {percent}, not to 100%");
        self.fault("WEIGHTS_SUM", spot, wrong, format!("权重合计 {percent}，不是 100%"), right);
    }
}
