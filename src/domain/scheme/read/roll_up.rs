//! Results of other schemes: their table, and what lists single ones (P6).

use super::{
    super::{Combine, Listing, Node, NodeKind, VetoedResults},
    node_shapes::COUNT_MAX,
    reader::{At, Fields, Reader},
    shape::{Form, Shape, may, must, shape},
    words::{self, names},
};

pub(super) static RESULT_OF: Shape = Shape {
    name: "result_of",
    about: "Published results, each as score by its scheme's full marks.",
    keys: &[
        must("scheme", Form::Id, "The other scheme's id."),
        must("of", Form::Word(|| names(words::results_of())), "Whose results."),
        may(
            "combine",
            Form::Word(|| names(words::combines())),
            "How several combine; average if not written.",
        ),
        may(
            "least",
            Form::Whole(1, COUNT_MAX),
            "The fewest results that count; 1 if not written. Fewer is missing.",
        ),
        may("listed", Form::Yes, "The result lists what was taken, each with its weight (P6)."),
        may(
            "weight",
            Form::Name,
            "The figure of each result that weighs it, such as households or floor_area.",
        ),
        may(
            "unscored",
            Form::Word(|| names(words::unscored())),
            "A result without a score: `missing` (not written), or `leave_out`.",
        ),
        may("vetoed", Form::Map(&VETOED), "What a result with a veto in force counts with."),
    ],
    one_of: &[],
    any_of: &[],
    together: &[("weight", "listed"), ("unscored", "listed"), ("vetoed", "listed")],
};

pub(super) static VETOED: Shape = shape(
    "vetoed_results",
    "Results with one of these vetoes in force.",
    &[
        must("items", Form::Names, "Items of the other scheme's veto list."),
        must("score_at_most", Form::Number, "The most they count with, in the other's points."),
        may("unscored", Form::Number, "What one without a score counts with."),
    ],
);

impl Reader {
    /// How a `result_of` tells single results apart; nothing where it does not.
    pub(super) fn listing(&mut self, fields: &Fields<'_>, combine: Combine) -> Option<Listing> {
        let listed = fields.at("listed").is_some_and(|it| self.yes(&it));
        let weight = fields.at("weight").and_then(|it| self.name(&it));
        if weight.is_some() && combine != Combine::Weighted {
            let wrong = format!("`weight` says nothing where the results are combined as `{}`", {
                let named = words::combines().into_iter().find(|it| it.1 == combine);
                named.map_or("", |it| it.0)
            });
            let zh = "weight 只能与 combine: weighted 同用";
            self.fault("STRAY_KEY", &fields.key("weight"), wrong, zh, "`combine: weighted`");
        }
        let unscored = fields.at("unscored").and_then(|it| self.word(&it, words::unscored()));
        let vetoed = fields.at("vetoed").and_then(|it| self.vetoed(&it));
        let leave_out = unscored.unwrap_or(false);
        listed.then_some(Listing { weight, leave_out, vetoed })
    }

    fn vetoed(&mut self, at: &At<'_>) -> Option<VetoedResults> {
        let fields = self.open(at, &VETOED)?;
        let items = fields.at("items").map(|it| self.names(&it)).unwrap_or_default();
        let mut points = |key: &str| {
            let at = fields.at(key)?;
            let points = self.number(&at)?;
            if points.is_negative() {
                let (wrong, zh) = (format!("{points} is below 0"), format!("{points} 小于 0"));
                self.fault("NEGATIVE", &at.spot(), wrong, zh, "points of 0 or more");
            }
            Some(points)
        };
        let (most, unscored) = (points("score_at_most"), points("unscored"));
        if let (Some(most), Some(unscored)) = (most, unscored)
            && !most.is_negative()
            && unscored > most
        {
            let wrong = format!("{unscored} is above {most}: who handed nothing in would gain");
            let zh = format!("{unscored} 高于 {most}，未提交者反而得利");
            self.fault(
                "VETO_RAISES",
                &fields.key("unscored"),
                wrong,
                zh,
                "at most `score_at_most`",
            );
        }
        Some(VetoedResults { items, score_at_most: most?, unscored })
    }

    /// Refuses conditions about single results of nodes that do not list them.
    pub(super) fn listed_nodes(&mut self, nodes: &[Node]) {
        for (index, spot) in std::mem::take(&mut self.listed) {
            let Some(node) = nodes.get(index) else { continue };
            if matches!(&node.kind, NodeKind::ResultOf(of) if of.listed.is_some()) {
                continue;
            }
            let wrong = format!("`{}` lists no results", node.id);
            let zh = format!("节点 {} 未列出各项结果", node.id);
            let right = "a `result_of` node with `listed: true`";
            self.fault("NOT_LISTED", &spot, wrong, zh, right);
        }
    }
}
