//! Single faults of what only schemes about posts say.

use super::{super::Appraised, Scheme, faults::Case};

/// A scheme about posts that says in which a person is appraised, and what is about the person.
pub(super) const POSTS: &str = "steelyard: scheme/v1
id: county.posts
version: 1
subject: post
period: year
in_force: {from: 2024-01-01}
appraised: longest
score: {id: root, out_of: 100, constant: 80}
vetoes:
  - {id: crime, of: holder, candidacy: true, then: {no_awards: true}}
  - {id: own, then: {no_awards: true}}
";

pub(super) const CASES: &[Case] = &[
    (POSTS, "longest", "latest", &["NOT_A_CHOICE 7:12 appraised"]),
    (POSTS, "of: holder", "of: member", &["NOT_A_CHOICE 10:21 vetoes[0].of"]),
    (POSTS, "candidacy: true", "candidacy: no", &["NOT_TRUE 10:40 vetoes[0].candidacy"]),
    (POSTS, "of: holder, ", "", &["CANDIDACY_OF_POST 10:17 vetoes[0].candidacy"]),
    (
        POSTS,
        "subject: post",
        "subject: member",
        &[
            "ONLY_OF_POSTS 7:1 appraised",
            "ONLY_OF_POSTS 10:17 vetoes[0].of",
            "ONLY_OF_POSTS 10:29 vetoes[0].candidacy",
        ],
    ),
];

#[test]
fn what_is_not_written_is_the_post_of_the_last_day_and_the_post_alone() {
    let scheme = Scheme::read(POSTS.as_bytes()).unwrap();
    assert_eq!(scheme.appraised, Some(Appraised::Longest));
    let of = |index: usize| scheme.vetoes.get(index).map(|it| (it.of_holder, it.candidacy));
    assert_eq!((of(0), of(1)), (Some((true, true)), Some((false, false))));
    let silent = POSTS.replace("appraised: longest\n", "");
    let silent = Scheme::read(silent.as_bytes()).unwrap();
    assert_eq!(silent.appraised, None);
    assert_eq!(silent.appraised.unwrap_or_default(), Appraised::AtEnd);
}
