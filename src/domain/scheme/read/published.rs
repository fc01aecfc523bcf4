//! What follows from published results (S3, S6), and objections to them.

use std::collections::BTreeSet;

use super::{
    super::{Consequence, ObjectionRule},
    predicates::Scope,
    reader::{At, Fields, Reader},
    shapes::{CONSEQUENCE, OBJECTIONS},
    words,
};

/// The parts of a document about published results.
#[derive(Debug, Default)]
pub(super) struct Published {
    pub(super) consequences: Vec<Consequence>,
    pub(super) objections: Option<ObjectionRule>,
}

impl Reader {
    pub(super) fn published(&mut self, fields: &Fields<'_>) -> Published {
        Published {
            consequences: fields
                .at("consequences")
                .map(|it| self.consequences(&it))
                .unwrap_or_default(),
            objections: fields.at("objections").and_then(|it| self.objections(&it)),
        }
    }

    fn consequences(&mut self, at: &At<'_>) -> Vec<Consequence> {
        let items = self.list_or_none(at);
        let count = items.len();
        let mut ids = BTreeSet::new();
        let mut consequences = Vec::with_capacity(count);
        for (position, item) in items.into_iter().enumerate() {
            let Some(fields) = self.open(&item, &CONSEQUENCE) else { continue };
            if position == Consequence::MAX {
                let most = Consequence::MAX;
                let wrong = format!("{count} consequences, and a scheme has at most {most}");
                let zh = format!("结果运用共 {count} 项，至多 {most} 项");
                self.fault("TOO_MANY_CONSEQUENCES", &fields.spot, wrong, zh, "fewer of them");
            }
            let id = fields.at("id").and_then(|it| self.unique(&it, &mut ids)).unwrap_or_default();
            let title = fields.at("title").and_then(|it| self.title(&it)).unwrap_or_default();
            let when = fields.at("when").and_then(|it| self.predicate(&it, Scope::Published));
            let (basis, place) = (self.basis(&fields), fields.spot.place);
            consequences.extend(when.map(|when| Consequence { id, title, place, when, basis }));
        }
        consequences
    }

    fn objections(&mut self, at: &At<'_>) -> Option<ObjectionRule> {
        let fields = self.open(at, &OBJECTIONS)?;
        let days = fields.at("days").and_then(|it| self.whole(&it, 1, 366));
        let of = fields.at("of").and_then(|it| self.word(&it, words::days_of()));
        Some(ObjectionRule { days: days?, of: of? })
    }
}
