//! Every indicator by its id, rule, words and line: the table that is told in docs/indicators.md.

use crate::domain::scheme::Indicator;

/// How months of a year become one figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// What is there at a time: the latest month holds.
    Stock,
    /// What happens over time: the months add up.
    Flow,
}

/// What a rule's line asks of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The rule draws none.
    None,
    /// At least so many hundredths.
    AtLeast(i64),
    /// A service centre's (I6): so many square metres, or so many for every hundred households.
    Centre,
}

/// Where the figures come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// One recorded metric.
    Metric(&'static str, Run),
    /// One recorded metric by another.
    Share(&'static str, &'static str, Run),
    /// A recorded metric for every hundred households as registered.
    PerHundredHouseholds(&'static str, Run),
    /// The registered site of the community.
    Site,
}

/// A recorded indicator.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spec {
    pub(super) id: &'static str,
    pub(super) rule: &'static str,
    pub(super) source: Source,
    pub(super) line: Line,
    pub(super) en: &'static str,
    pub(super) zh: &'static str,
}

const fn spec(
    (id, rule): (&'static str, &'static str),
    source: Source,
    line: Line,
    (en, zh): (&'static str, &'static str),
) -> Spec {
    Spec { id, rule, source, line, en, zh }
}

/// The metric of a service centre's area, in square metres.
pub(super) const CENTRE: &str = "service_centre_area";

/// Those that are recorded, in the order of their rules.
pub(super) static RECORDED: [Spec; 12] = {
    use Run::{Flow, Stock};
    use Source::{Metric, PerHundredHouseholds, Share, Site};
    const OPINIONS: &str = "opinions_collected";
    [
        spec(
            ("owners_committee_members", "I5"),
            Share("owners_committee_party_members", "owners_committee_size", Stock),
            Line::AtLeast(50),
            ("party members among the owners' committee", "业委会党员比例"),
        ),
        spec(
            (CENTRE, "I6"),
            Metric(CENTRE, Stock),
            Line::Centre,
            ("area of the service centre in square metres", "党群服务中心面积（平方米）"),
        ),
        spec(
            ("service_centre_per_100_households", "I6"),
            PerHundredHouseholds(CENTRE, Stock),
            Line::Centre,
            (
                "square metres of the service centre for every 100 households",
                "党群服务中心每百户面积（平方米）",
            ),
        ),
        spec(
            ("seven_haves", "I7"),
            Metric("seven_haves", Stock),
            Line::AtLeast(700),
            ("of the seven that a place of activity has", "活动阵地“七有”"),
        ),
        spec(
            ("meeting_place_haves", "I8"),
            Metric("meeting_place_haves", Stock),
            Line::AtLeast(700),
            ("of the seven that a meeting place has", "议事阵地“7个有”"),
        ),
        spec(
            ("community_site_area", "I8"),
            Site,
            Line::AtLeast(50_000),
            ("area of the community's site in square metres", "社区阵地面积（平方米）"),
        ),
        spec(
            ("training_sessions", "I10"),
            Metric("training_sessions", Flow),
            Line::AtLeast(200),
            ("training sessions of the year", "全年党务培训次数"),
        ),
        spec(
            (OPINIONS, "I11"),
            Metric(OPINIONS, Flow),
            Line::None,
            ("opinions collected", "收集社情民意件数"),
        ),
        spec(
            ("opinions_answered", "I11"),
            Share("opinions_answered", OPINIONS, Flow),
            Line::None,
            ("opinions answered of those collected", "社情民意答复率"),
        ),
        spec(
            ("opinions_solved", "I11"),
            Share("opinions_solved", OPINIONS, Flow),
            Line::None,
            ("opinions solved of those collected", "社情民意解决率"),
        ),
        spec(
            ("opinions_evaluated", "I11"),
            Share("opinions_evaluated", OPINIONS, Flow),
            Line::None,
            ("opinions evaluated by those who gave them", "社情民意评价反馈率"),
        ),
        spec(
            ("disputes_mediated", "I11"),
            Share("disputes_settled", "disputes", Flow),
            Line::None,
            ("disputes settled of those that arose", "矛盾纠纷调解率"),
        ),
    ]
};

/// Every metric that an indicator reads.
pub(super) fn metrics() -> Vec<&'static str> {
    let mut metrics = Vec::new();
    for spec in &RECORDED {
        match spec.source {
            Source::Metric(it, _) | Source::PerHundredHouseholds(it, _) => metrics.push(it),
            Source::Share(of, per, _) => metrics.extend([of, per]),
            Source::Site => (),
        }
    }
    metrics
}

/// Rule and words of an indicator that the registry gives.
pub(super) const fn registered(of: Indicator) -> (&'static str, &'static str, &'static str) {
    match of {
        Indicator::FormationDue => ("I9", "an organisation is due", "应建党组织"),
        Indicator::FormationDone => ("I9", "the organisation that is due is there", "应建已建"),
        Indicator::DirectMembers => {
            ("I2", "directly managed members who live here", "居住的直管党员")
        }
        Indicator::CommitteeSize => ("I3", "persons in the branch's committee", "支部委员会人数"),
        Indicator::BranchSecretaries => ("I3", "branch secretaries", "支部书记人数"),
        Indicator::DeputySecretaries => ("I3", "deputy secretaries", "支部副书记人数"),
        Indicator::Buildings => ("I3", "buildings", "楼栋数"),
        Indicator::BuildingsLed => {
            ("I3", "buildings with a party group or a building head", "有党小组或楼栋长的楼栋数")
        }
        Indicator::MembersResident => ("M3", "members who live here", "居住党员人数"),
        Indicator::MembersInService => {
            ("M3", "members in service who live here", "居住的在职党员人数")
        }
        Indicator::MembersCheckedIn => {
            ("M3", "members in service who have checked in here", "已报到的在职党员人数")
        }
        Indicator::Households => ("I6", "households", "住户数"),
    }
}
