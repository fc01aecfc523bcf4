//! What only schemes about posts say: in which post a person is appraised, and which vetoes are about
//! the person.

use super::{
    super::{Appraised, SubjectKind},
    reader::{Fields, Reader},
    words,
};

impl Reader {
    /// `appraised`.
    pub(super) fn appraised(
        &mut self,
        fields: &Fields<'_>,
        subject: Option<SubjectKind>,
    ) -> Option<Appraised> {
        let appraised = fields.at("appraised").and_then(|it| self.word(&it, words::appraised()));
        if fields.has("appraised") {
            self.only_of_posts(fields, "appraised", subject);
        }
        appraised
    }

    /// `of: holder` and `candidacy` of a veto. Whoever is a candidate need not hold a post, so that
    /// an item that bars from candidacy is about the person.
    pub(super) fn of_person(
        &mut self,
        fields: &Fields<'_>,
        subject: Option<SubjectKind>,
    ) -> (bool, bool) {
        for key in ["of", "candidacy"] {
            if fields.has(key) {
                self.only_of_posts(fields, key, subject);
            }
        }
        let of_holder = fields.at("of").and_then(|it| self.word(&it, words::veto_of())).is_some();
        let candidacy = fields.at("candidacy").is_some_and(|it| self.yes(&it));
        if candidacy && !fields.has("of") {
            let wrong = "who is a candidate may hold no post: the item is of the person";
            let zh = "候选人未必任职，限制候选的事项须针对本人";
            self.fault("CANDIDACY_OF_POST", &fields.key("candidacy"), wrong, zh, "`of: holder`");
        }
        (of_holder, candidacy)
    }
}
