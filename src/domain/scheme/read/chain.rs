//! Proposed values and cohorts of posts (S1, S2).

use super::{
    super::{Cohort, Proposed, SubjectKind},
    reader::{At, Fields, Reader},
    shape::{Form, Shape, may, must, shape},
    words,
};

pub(super) static PROPOSED: Shape = shape(
    "proposed",
    "A value that one level proposes and higher ones adjust and confirm (S2).",
    &[
        must("by", Form::Names, "The levels, lowest first: 1 to 5."),
        may(
            "band",
            Form::Number,
            "The points by which a level may depart from the one below without a reason.",
        ),
    ],
);

impl Reader {
    /// `proposed: {by: [community, street], band: 5}`.
    pub(super) fn proposed(&mut self, at: &At<'_>) -> Option<Proposed> {
        let fields = self.open(at, &PROPOSED)?;
        let by = fields.at("by").map(|it| self.names(&it)).unwrap_or_default();
        if by.len() > Proposed::LEVELS_MAX {
            let wrong = format!("there are {} levels", by.len());
            let zh = format!("层级有 {} 个，至多 5 个", by.len());
            self.fault("LEVELS_COUNT", &fields.key("by"), wrong, zh, "1 to 5 levels");
        }
        let band = fields.at("band").and_then(|it| {
            let band = self.number(&it)?;
            if band.is_negative() {
                let (wrong, zh) = (format!("{band} is below 0"), format!("{band} 小于 0"));
                self.fault("NEGATIVE", &it.spot(), wrong, zh, "points of 0 or more");
            }
            Some(band)
        });
        Some(Proposed { by, band })
    }

    /// `cohort: community`, of schemes about posts.
    pub(super) fn cohort(
        &mut self,
        fields: &Fields<'_>,
        subject: Option<SubjectKind>,
    ) -> Option<Cohort> {
        let at = fields.at("cohort")?;
        self.only_of_posts(fields, "cohort", subject);
        self.word(&at, words::cohorts())
    }

    /// Refuses a key of schemes about posts in any other.
    pub(super) fn only_of_posts(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        subject: Option<SubjectKind>,
    ) {
        if subject.is_none_or(|it| it == SubjectKind::Post) {
            return;
        }
        let wrong = format!("`{key}` is about posts, and this scheme is not");
        let zh = format!("`{key}` 只用于以职务为对象的办法");
        let right = "`subject: post`, or leave it out";
        self.fault("ONLY_OF_POSTS", &fields.key(key), wrong, zh, right);
    }
}
