//! In which post a person is appraised, and why, in words (S1).

use super::{
    note::Note,
    words::{Words, words},
};
use crate::domain::facts::{PostLeftOut, PostOfPeriod, PostStanding};

/// The sentence of a note about a post, if it is one.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other notes are told elsewhere")]
pub(super) fn posts(note: &Note) -> Option<Words> {
    Some(match note {
        Note::AppraisedIn { post } => {
            let (en, zh) = why(post.standing);
            let ((here, en), (zh_here, zh)) = ((held(post), en), (zh_held(post), zh));
            words(format!("appraised in {here}: {en}"), format!("在{zh_here}考核：{zh}"))
        }
        Note::OtherPost { post } => {
            let (en, zh) = why(post.standing);
            let (also, zh_also) = if post.standing.appraised() {
                ("is appraised too", "同时考核")
            } else {
                ("is not appraised", "不考核")
            };
            words(
                format!("{}, {also}: {en}", held(post)),
                format!("{}{zh_also}：{zh}", zh_held(post)),
            )
        }
        _ => return None,
    })
}

fn held(of: &PostOfPeriod) -> String {
    let PostOfPeriod { post, title, from, until, days, .. } = of;
    let title = if title.is_empty() { String::new() } else { format!(" ({title})") };
    format!("`{post}`{title}, held from {from} to {until}, on {days} days of the period")
}

fn zh_held(of: &PostOfPeriod) -> String {
    let PostOfPeriod { post, title, from, until, days, .. } = of;
    let title = if title.is_empty() { String::new() } else { format!("（{title}）") };
    format!("职务 {post}{title}（本周期 {from} 至 {until} 任职，共 {days} 天）")
}

const fn why(standing: PostStanding) -> (&'static str, &'static str) {
    match standing {
        PostStanding::AtEnd => ("it is held on the period's last day", "期末在任"),
        PostStanding::Only => {
            ("it is the only post of the period that can be", "本周期唯一可考核的职务")
        }
        PostStanding::Longest => ("it was held longest", "任职时间最长"),
        PostStanding::Later => {
            ("another was held on as many days, and this one later", "与他职任职天数相同，任职较晚")
        }
        PostStanding::Beside => (
            "others were held on as many days and until the same day",
            "与他职任职天数相同且同时任职，均予考核",
        ),
        PostStanding::NotAtEnd => ("it is not held on the period's last day", "期末不在任"),
        PostStanding::Shorter => ("another was held on more days", "任职时间短于他职"),
        PostStanding::Earlier => {
            ("another was held on as many days, and later", "与他职任职天数相同，任职较早")
        }
        PostStanding::LeftOut(PostLeftOut::Roster) => {
            ("the scheme does not take it", "不在本办法考核范围")
        }
        PostStanding::LeftOut(PostLeftOut::PassedOn) => (
            "the record went over to another person within the period, and is theirs",
            "该职务记录在本周期内转由他人任职，归其后任",
        ),
    }
}
