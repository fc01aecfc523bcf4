//! Proposed values, cohorts of posts, pooled seats, turnout and top marks (S1, S2, S8).

use super::{
    super::{Cohort, NodeKind, Pool, Proposed, SubjectKind, TopMarks},
    reader::{At, Fields, Reader},
    shape::{Form, Shape, may, must, shape},
    words,
};
use crate::domain::exact::{Decimal, Exact, Share};

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

pub(super) static POOL: Shape = shape(
    "pool",
    "Groups of few members that share seats as one group.",
    &[
        must(
            "fewer_than",
            Form::Whole(1, u32::MAX),
            "A group of fewer members than this is small.",
        ),
        must("into", Form::Name, "The groups of which each takes its small groups together."),
    ],
);

pub(super) static TOP_MARKS: Shape = shape(
    "top_marks",
    "How often a rater may give top marks in a round; more is refused when sheets are handed in.",
    &[
        must("from", Form::Number, "Points from which a mark is a top mark; 0 to full marks."),
        must("share", Form::Share, "The share of a rater's subjects; rounded down to whole ones."),
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

    /// `pool: {fewer_than: 4, into: street}`, of seats within that group.
    pub(super) fn pool(&mut self, at: &At<'_>, within: Option<&str>) -> Option<Pool> {
        let fields = self.open(at, &POOL)?;
        let fewer_than = fields.at("fewer_than").and_then(|it| self.whole(&it, 1, u32::MAX));
        let into = fields.at("into").and_then(|it| self.name(&it));
        if into.is_some() && into.as_deref() == within {
            let (wrong, zh) =
                ("the groups are pooled into themselves", "合并的上一级分组与本分组相同");
            let right = "another group, such as the one that they lie in";
            self.fault("POOL_INTO", &fields.key("into"), wrong, zh, right);
        }
        Some(Pool { fewer_than: u64::from(fewer_than?), into: into? })
    }

    /// `top_marks: {from: 90, share: 30%}`; whether `from` is within full marks is seen of the node.
    pub(super) fn top_marks(&mut self, at: &At<'_>) -> Option<TopMarks> {
        let fields = self.open(at, &TOP_MARKS)?;
        let from = fields.at("from").and_then(|it| {
            let from = self.number(&it)?;
            if from.is_negative() {
                let (wrong, zh) = (format!("{from} is below 0"), format!("{from} 小于 0"));
                self.fault("NEGATIVE", &it.spot(), wrong, zh, "points of 0 or more");
            }
            Some(from)
        });
        let share = fields.at("share").and_then(|it| self.part_of_all(&it));
        Some(TopMarks { from: from?, share: share? })
    }

    /// Refuses top marks that nobody can give.
    pub(super) fn top_marks_within(
        &mut self,
        fields: &Fields<'_>,
        kind: &NodeKind,
        full: Option<Decimal>,
    ) {
        let NodeKind::Assessed(assessed) = kind else { return };
        let (Some(top), Some(full)) = (&assessed.top_marks, full) else { return };
        if top.from > full {
            let wrong = format!("top marks begin at {}, above the full marks of {full}", top.from);
            let zh = format!("高分线 {} 高于满分 {full}", top.from);
            let right = "points from 0 to full marks";
            self.fault("TOP_MARKS_FROM", &fields.key("assessed"), wrong, zh, right);
        }
    }

    /// A share above 0 and at most 100%.
    pub(super) fn part_of_all(&mut self, at: &At<'_>) -> Option<Share> {
        let share = self.share(at)?;
        if !share.exact().is_positive() || *share.exact() > Exact::ONE {
            let wrong = format!("`{share}` is not above 0 and at most 100%");
            let zh = format!("`{share}` 应大于 0 且不超过 100%");
            self.fault("SHARE_RANGE", &at.spot(), wrong, zh, "a share such as `50%` or `2/3`");
        }
        Some(share)
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
