//! The part of a line that only posts have: which posts their holder held.

use serde_json::value::RawValue;

use super::{Path, Reader, Words};
use crate::domain::facts::{PostHeld, PostLeftOut};

const NOT_LEFT_OUT: Words = (
    "FACTS_POST_LEFT_OUT",
    "a post is left out by `roster` or as `passed_on`",
    "left_out 应为 roster 或 passed_on",
);
const HELD_TWICE: Words =
    ("FACTS_OVERLAP", "these days overlap days given before", "与前面给出的日期重叠");

impl Reader {
    /// `posts`: those that the holder of the subject held on which days, by post and first day; the
    /// days of one post do not overlap.
    pub(super) fn posts(&mut self, path: &Path<'_>, raw: &RawValue) -> Vec<PostHeld> {
        let mut posts = self.list(path, raw, |it, path, raw| {
            let keys = ["post", "title", "from", "until", "left_out"];
            let record = it.record(path, raw, &keys)?;
            let post = it.needed(path, &record, "post", Self::text);
            let title = it.optional(path, &record, "title", Self::text);
            let days = it.span(path, &record);
            let left_out = it.optional(path, &record, "left_out", Self::left_out);
            let (post, days, title) = (post?, days?, title.unwrap_or_default());
            record.known.then_some(PostHeld { post, title, days, left_out })
        });
        posts.sort_by(|a, b| (&a.post, a.days.from).cmp(&(&b.post, b.days.from)));
        for (index, pair) in posts.windows(2).enumerate() {
            if let [earlier, later] = pair
                && earlier.post == later.post
                && earlier.days.until.is_none_or(|it| later.days.from <= it)
            {
                self.fault(&Path::Index(path, index.saturating_add(1)), HELD_TWICE);
            }
        }
        posts
    }

    fn left_out(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<PostLeftOut> {
        let word = self.text(path, raw)?;
        let left_out = PostLeftOut::named(&word);
        if left_out.is_none() {
            self.fault(path, NOT_LEFT_OUT);
        }
        left_out
    }
}
