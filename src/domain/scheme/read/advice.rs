//! What a result shows and advises: sheets (P1), contracts and prices (P4).

use std::collections::BTreeSet;

use super::{
    super::{Advice, AdviceBand, NodeIndex, Veto},
    reader::{At, Reader},
    shape::{Form, Shape, may, must, shape},
};

pub(in crate::domain::scheme) static ADVICE: Shape = Shape {
    name: "advice",
    about: "What a result advises (P4): of each list the first that holds.",
    keys: &[
        may("renewal", Form::Maps(&ADVICE_BAND), "On renewing the contract."),
        may("price", Form::Maps(&ADVICE_BAND), "On the price that is agreed."),
    ],
    one_of: &[],
    any_of: &["renewal", "price"],
    together: &[],
};

pub(in crate::domain::scheme) static ADVICE_BAND: Shape = shape(
    "advice_band",
    "One advice. All its conditions must hold; the last of a list has none.",
    &[
        must("id", Form::Id, "Unique in its list; what other systems read."),
        may("title", Form::Title, "What people read."),
        may("grade", Form::ListOf(&Form::Id), "The result has one of these grades."),
        may("at_least", Form::Number, "The score is not below this."),
        may("vetoed", Form::ListOf(&Form::Id), "One of these vetoes is in force."),
    ],
);

impl Reader {
    /// `advice: {renewal: […], price: […]}`.
    pub(super) fn advice(&mut self, at: &At<'_>, vetoes: &[Veto]) -> Option<Advice> {
        let fields = self.open(at, &ADVICE)?;
        let mut list =
            |key: &str| fields.at(key).map(|it| self.advice_bands(&it, vetoes)).unwrap_or_default();
        Some(Advice { renewal: list("renewal"), price: list("price") })
    }

    fn advice_bands(&mut self, at: &At<'_>, vetoes: &[Veto]) -> Vec<AdviceBand> {
        let items = self.list(at);
        let last = items.len().saturating_sub(1);
        let mut ids = BTreeSet::new();
        let mut bands = Vec::with_capacity(items.len());
        for (position, item) in items.into_iter().enumerate() {
            let Some(fields) = self.open(&item, &ADVICE_BAND) else { continue };
            let conditions = ["grade", "at_least", "vetoed"];
            let written = conditions.into_iter().find(|it| fields.has(it));
            match written {
                Some(key) if position == last => {
                    let wrong = format!("the last advice has `{key}`: some results get none");
                    let zh = format!("最后一项建议写有 `{key}`，会有结果得不到建议");
                    let right = "leave it out, or add an advice below";
                    self.fault("LAST_ADVICE", &fields.key(key), wrong, zh, right);
                }
                None if position < last => {
                    let (wrong, zh) = (
                        "the advice takes every result: those below it are never given",
                        "该建议没有条件，其后各项永不会给出",
                    );
                    let right = "`grade`, `at_least` or `vetoed`, or the last place of the list";
                    self.fault("ADVICE_ALWAYS", &fields.spot, wrong, zh, right);
                }
                Some(_) | None => {}
            }
            let grades = fields.at("grade").map(|it| self.list(&it)).unwrap_or_default();
            let items = fields.at("vetoed").map(|it| self.list(&it)).unwrap_or_default();
            bands.push(AdviceBand {
                id: fields.at("id").and_then(|it| self.unique(&it, &mut ids)).unwrap_or_default(),
                title: fields.at("title").and_then(|it| self.title(&it)).unwrap_or_default(),
                grades: grades.iter().filter_map(|it| self.grade_ref(it)).collect(),
                at_least: fields.at("at_least").and_then(|it| self.number(&it)),
                vetoed: items.iter().filter_map(|it| self.veto_ref(it, vetoes)).collect(),
            });
        }
        bands
    }

    /// `sheets: [party_building, service_quality]`: each node once.
    pub(super) fn sheets(&mut self, at: &At<'_>) -> Vec<NodeIndex> {
        let (mut seen, mut sheets) = (BTreeSet::new(), Vec::new());
        for item in self.list(at) {
            if self.unique(&item, &mut seen).is_some() {
                sheets.extend(self.outside_node(&item));
            }
        }
        sheets
    }

    /// The id of an item of this scheme's veto list.
    fn veto_ref(&mut self, at: &At<'_>, vetoes: &[Veto]) -> Option<String> {
        let id = self.id(at)?;
        if vetoes.iter().any(|it| it.id == id) {
            return Some(id);
        }
        let (wrong, zh) = (format!("there is no veto `{id}`"), format!("一票否决清单中没有 {id}"));
        self.fault("UNKNOWN_VETO", &at.spot(), wrong, zh, "an item of `vetoes`");
        None
    }
}
