//! What follows from days: honours, check-in, conduct, closing, notice; and where schedules may be read.

use super::{
    super::{CheckInRule, ConductRule, Honours, Node, NodeKind, NoticeRule, SubjectKind},
    predicates::Scope,
    reader::{At, Fields, Reader, Spot},
    shapes::{CHECK_IN, CLOSES, CONDUCT, HONOURS, NOTICE},
    words,
};

/// The parts of a document about what follows from days.
#[derive(Debug, Default)]
pub(super) struct Following {
    pub(super) honours: Option<Honours>,
    pub(super) check_in: Option<CheckInRule>,
    pub(super) conduct: Option<ConductRule>,
    pub(super) closes_after: Option<u32>,
    pub(super) notice: Option<NoticeRule>,
}

impl Reader {
    pub(super) fn following(
        &mut self,
        fields: &Fields<'_>,
        subject: Option<SubjectKind>,
        nodes: &[Node],
    ) -> Following {
        let of_members = subject.is_none_or(|it| it == SubjectKind::Member);
        for key in ["check_in", "conduct"] {
            if fields.has(key) && !of_members {
                self.only_of_members(key, &fields.key(key));
            }
        }
        self.one_schedule(nodes, of_members);
        Following {
            honours: fields.at("honours").and_then(|it| self.honours(&it)),
            check_in: fields.at("check_in").and_then(|it| self.check_in(&it)),
            conduct: fields.at("conduct").and_then(|it| self.conduct(&it)),
            closes_after: fields.at("closes").and_then(|it| {
                let fields = self.open(&it, &CLOSES)?;
                fields.at("days").and_then(|it| self.whole(&it, 0, 3660))
            }),
            notice: fields.at("notice").and_then(|it| self.notice(&it)),
        }
    }

    fn only_of_members(&mut self, key: &str, spot: &Spot) {
        let wrong = format!("`{key}` is about members, and this scheme is not");
        let zh = format!("`{key}` 只用于以党员为对象的办法");
        self.fault("ONLY_OF_MEMBERS", spot, wrong, zh, "`subject: member`, or leave it out");
    }

    /// A schedule is read as a whole, so that two nodes would count every entry twice.
    fn one_schedule(&mut self, nodes: &[Node], of_members: bool) {
        let scheduled = |it: &&Node| matches!(it.kind, NodeKind::Scheduled(_));
        for (count, node) in nodes.iter().filter(scheduled).enumerate() {
            let below = node.path.split_once('/').map(|it| format!("score/{}", it.1));
            let path = below.unwrap_or_else(|| "score".to_owned());
            let spot = Spot { place: node.place, path };
            if !of_members {
                self.only_of_members("scheduled", &spot);
            }
            if count > 0 {
                let wrong = "a second node counts the same entries again";
                let zh = "scheduled 只能有一个，否则积分重复计算";
                self.fault("SCHEDULED_TWICE", &spot, wrong, zh, "one `scheduled` node");
            }
        }
    }

    fn honours(&mut self, at: &At<'_>) -> Option<Honours> {
        let fields = self.open(at, &HONOURS)?;
        let when = fields.at("when").and_then(|it| self.predicate(&it, Scope::Score));
        let unless = fields.at("unless").and_then(|it| self.predicate(&it, Scope::Score));
        Some(Honours { when, unless })
    }

    fn notice(&mut self, at: &At<'_>) -> Option<NoticeRule> {
        let fields = self.open(at, &NOTICE)?;
        let days = fields.at("days").and_then(|it| self.whole(&it, 1, 366));
        let of = fields.at("of").and_then(|it| self.word(&it, words::days_of()));
        Some(NoticeRule { days: days?, of: of? })
    }

    fn check_in(&mut self, at: &At<'_>) -> Option<CheckInRule> {
        let fields = self.open(at, &CHECK_IN)?;
        let metric = fields.at("metric").and_then(|it| self.name(&it));
        let finding = fields.at("finding").and_then(|it| self.name(&it));
        Some(CheckInRule {
            first_by: fields.at("first_by").and_then(|it| self.day(&it)),
            within_months: fields.at("within").and_then(|it| self.months(&it)).unwrap_or(1),
            metric: metric.unwrap_or_else(|| "late_days".to_owned()),
            finding: finding.unwrap_or_else(|| "late_check_in".to_owned()),
        })
    }

    fn conduct(&mut self, at: &At<'_>) -> Option<ConductRule> {
        let fields = self.open(at, &CONDUCT)?;
        let finding = fields.at("finding").and_then(|it| self.name(&it));
        Some(ConductRule { finding: finding.unwrap_or_else(|| "negative_conduct".to_owned()) })
    }
}
