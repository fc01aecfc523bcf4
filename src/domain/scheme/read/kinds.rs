//! The kinds that read facts, figures and other results.

use super::{
    super::{
        Assessed, Band, Cap, Channels, Combine, Counted, CountedPoints, Counting, Measured,
        NodeKind, Quantity, ResultOf, Several, Surveyed, Turn, Voted, yaml::Data,
    },
    node_shapes::{
        ASSESSED, BAND, CAP, CHECKED, COMPARED, COUNTED, MEASURED, PLACED, SURVEYED, VOTED,
    },
    predicates::Scope,
    reader::{At, Fields, Reader},
    roll_up::RESULT_OF,
    scalars, words,
};
use crate::domain::exact::{Decimal, Share};

const COUNT_MAX: u32 = 1_000_000_000;

impl Reader {
    /// The kind of that key, which is one of those without parts.
    pub(super) fn leaf(&mut self, key: &'static str, at: &At<'_>) -> Option<NodeKind> {
        match key {
            "counted" => self.counted(at).map(NodeKind::Counted),
            "assessed" => self.assessed(at).map(NodeKind::Assessed),
            "proposed" => self.proposed(at).map(NodeKind::Proposed),
            "voted" => self.voted(at).map(NodeKind::Voted),
            "surveyed" => self.surveyed(at).map(NodeKind::Surveyed),
            "measured" => self.measured(at).map(NodeKind::Measured),
            "checked" => self.checked(at),
            "scheduled" => self.scheduled(at).map(NodeKind::Scheduled),
            "imported" => self.imported(at).map(NodeKind::Imported),
            "result_of" => self.result_of(at).map(NodeKind::ResultOf),
            "compared" => self.compared(at),
            "placed" => self.placed(at),
            _ => self.number(at).map(NodeKind::Constant),
        }
    }

    pub(super) fn counted(&mut self, at: &At<'_>) -> Option<Counted> {
        let fields = self.open(at, &COUNTED)?;
        let caps = fields.at("caps").map(|it| self.caps(&it)).unwrap_or_default();
        let valid_months = fields.at("valid").and_then(|it| self.months(&it));
        let counting = match (fields.at("points"), fields.at("tiers")) {
            (_, Some(tiers)) => Some(Counting::Tiers(self.ascending(&tiers, "TIERS_ORDER"))),
            (Some(points), None) => self.each_counted(&fields, &points),
            (None, None) => None,
        };
        Some(Counted { counting: counting?, caps, valid_months })
    }

    fn each_counted(&mut self, fields: &Fields<'_>, at: &At<'_>) -> Option<Counting> {
        let each = fields.at("each").and_then(|it| self.range(&it));
        let repeats = fields.at("repeats").map(|it| self.numbers(&it)).unwrap_or_default();
        let points = if at.value.text() == Some("entered") {
            CountedPoints::Entered { each }
        } else {
            if fields.has("each") {
                let wrong = "`each` holds an entry's own points, and the scheme sets them here";
                let zh = "each 只能与 points: entered 同用";
                let right = "`points: entered`, or leave `each` out";
                self.fault("EACH_PLACE", &fields.key("each"), wrong, zh, right);
            }
            CountedPoints::Fixed(self.number(at)?)
        };
        Some(Counting::Each { points, repeats })
    }

    fn numbers(&mut self, at: &At<'_>) -> Vec<Decimal> {
        let items = self.list(at);
        items.iter().filter_map(|it| self.number(it)).collect()
    }

    fn caps(&mut self, at: &At<'_>) -> Vec<Cap> {
        let mut caps: Vec<Cap> = Vec::new();
        for item in self.list(at) {
            let Some(fields) = self.open(&item, &CAP) else { continue };
            let at_most = fields.at("at_most").and_then(|it| self.number(&it));
            let at_least = fields.at("at_least").and_then(|it| self.number(&it));
            let per = fields.at("per").and_then(|it| self.word(&it, words::windows()));
            if let (Some(least), Some(most)) = (at_least, at_most)
                && least > most
            {
                let wrong = format!("`at_least: {least}` is above `at_most: {most}`");
                let zh = format!("下限 {least} 大于上限 {most}");
                self.fault(
                    "RANGE_ORDER",
                    &fields.key("at_least"),
                    wrong,
                    zh,
                    "a least not above the most",
                );
            }
            let Some(per) = per else { continue };
            if let Some(last) = caps.last().filter(|it| it.per >= per) {
                let wrong = format!("`{}` does not come after `{}`", per.name(), last.per.name());
                let zh =
                    format!("`{}` 应写在 `{}` 之前，且每种周期一次", per.name(), last.per.name());
                let right = "caps from the shorter window to the longer, each window once";
                self.fault("CAPS_ORDER", &fields.key("per"), wrong, zh, right);
            }
            caps.push(Cap { per, at_most, at_least });
        }
        caps
    }

    pub(super) fn months(&mut self, at: &At<'_>) -> Option<u32> {
        let text = at.value.text().unwrap_or_default();
        let number = text.strip_suffix(" months").or_else(|| text.strip_suffix(" month"));
        let months = number.and_then(scalars::whole).filter(|it| (1..=1200).contains(it));
        if months.is_none() && at.value.data != Data::Refused {
            let right = "a number of months from 1 to 1200, such as `24 months`";
            let (wrong, zh) = ("this is no number of months", "此处应为月数");
            self.fault("NOT_MONTHS", &at.spot(), wrong, zh, right);
        }
        months
    }

    /// Weights by name that add up to exactly 100%.
    fn shares(&mut self, at: &At<'_>) -> Vec<(String, Share)> {
        let named = self.named(at);
        let written = named.len();
        let mut shares = Vec::with_capacity(written);
        for (name, at) in named {
            if let Some(share) = self.positive_share(&at) {
                shares.push((name, share));
            }
        }
        if shares.len() == written {
            let weights: Vec<_> = shares.iter().map(|it| it.1.clone()).collect();
            self.whole_weight(&weights, &at.spot());
        }
        shares
    }

    fn assessed(&mut self, at: &At<'_>) -> Option<Assessed> {
        let fields = self.open(at, &ASSESSED)?;
        let by = fields.at("by").map(|it| self.shares(&it)).unwrap_or_default();
        let several = fields.at("several").and_then(|it| self.word(&it, words::several()));
        let several = several.unwrap_or(Several::Average);
        if fields.has("trim_from") && several != Several::Trimmed {
            let (wrong, zh) = (
                "`trim_from` says nothing without `trimmed`",
                "trim_from 只能与 several: trimmed 同用",
            );
            let right = "`several: trimmed`, or leave `trim_from` out";
            self.fault("TRIM_FROM_PLACE", &fields.key("trim_from"), wrong, zh, right);
        }
        let trim_from = fields.at("trim_from").and_then(|it| self.whole(&it, 3, COUNT_MAX));
        let trim_from = trim_from.and_then(|it| usize::try_from(it).ok()).unwrap_or(3);
        let rescale = self.rescale(&fields);
        Some(Assessed { by, several, trim_from, rescale })
    }

    pub(super) fn rescale(&mut self, fields: &Fields<'_>) -> bool {
        fields.at("absent").is_some_and(|it| self.word(&it, words::absent()).is_some())
    }

    fn least(&mut self, fields: &Fields<'_>) -> u64 {
        fields.at("least").and_then(|it| self.whole(&it, 1, COUNT_MAX)).map_or(1, u64::from)
    }

    fn voted(&mut self, at: &At<'_>) -> Option<Voted> {
        let fields = self.open(at, &VOTED)?;
        let ballot = fields.at("ballot").and_then(|it| self.name(&it));
        let least = self.least(&fields);
        let mut options = Vec::new();
        if let Some(at) = fields.at("options") {
            let named = self.named(&at);
            let written = named.len();
            for (name, at) in named {
                let Some(worth) = self.number(&at) else { continue };
                if worth.is_negative() {
                    let (wrong, zh) = (
                        format!("`{name}` is worth less than 0"),
                        format!("`{name}` 的分值小于 0"),
                    );
                    self.fault("OPTION_WORTH", &at.spot(), wrong, zh, "0 or more");
                }
                options.push((name, worth));
            }
            let greatest = options.iter().map(|it| it.1).max();
            if options.len() == written && greatest == Some(Decimal::ZERO) {
                let (wrong, zh) = ("no option is worth anything", "各选项分值均为 0");
                self.fault("OPTION_WORTH", &at.spot(), wrong, zh, "an option worth more than 0");
            }
        }
        Some(Voted { ballot: ballot?, options, least })
    }

    fn surveyed(&mut self, at: &At<'_>) -> Option<Surveyed> {
        let fields = self.open(at, &SURVEYED)?;
        let survey = fields.at("survey").and_then(|it| self.name(&it));
        let (least, rescale) = (self.least(&fields), self.rescale(&fields));
        let channels = fields.at("channels").and_then(|it| match it.value.data {
            Data::Scalar(_) => {
                let pooled = self.word(&it, words::pooled()).map(|()| Channels::Pooled);
                if fields.has("absent") {
                    let (wrong, zh) =
                        ("pooled channels have no weights to scale up", "合并渠道没有权重可调整");
                    self.fault(
                        "ABSENT_PLACE",
                        &fields.key("absent"),
                        wrong,
                        zh,
                        "leave `absent` out",
                    );
                }
                pooled
            }
            Data::Seq(_) | Data::Map(_) | Data::Refused => {
                Some(Channels::Weighted(self.shares(&it)))
            }
        });
        Some(Surveyed { survey: survey?, channels: channels?, least, rescale })
    }

    fn measured(&mut self, at: &At<'_>) -> Option<Measured> {
        let fields = self.open(at, &MEASURED)?;
        let quantity = match (fields.at("metric"), fields.at("ratio")) {
            (Some(metric), _) => self.name(&metric).map(Quantity::Metric),
            (None, Some(ratio)) => self.ratio(&ratio).map(|(of, per)| Quantity::Ratio { of, per }),
            (None, None) => None,
        };
        let turn = match (fields.at("bands"), fields.at("linear"), fields.at("as_is")) {
            (Some(bands), _, _) => Some(Turn::Bands(self.bands(&bands))),
            (None, Some(linear), _) => Some(Turn::Linear(self.knots(&linear))),
            (None, None, Some(as_is)) => self.yes(&as_is).then_some(Turn::AsIs),
            (None, None, None) => None,
        };
        Some(Measured { quantity: quantity?, turn: turn? })
    }

    fn knots(&mut self, at: &At<'_>) -> Vec<(Decimal, Decimal)> {
        if let [_] = at.value.items() {
            let (wrong, zh) = ("there is nothing between one knot", "至少需要两个节点");
            self.fault(
                "KNOTS_FEW",
                &at.spot(),
                wrong,
                zh,
                "at least two knots, such as `[[0, 0], [1, 10]]`",
            );
        }
        self.ascending(at, "KNOTS_ORDER")
    }

    fn bands(&mut self, at: &At<'_>) -> Vec<Band> {
        let items = self.list(at);
        let count = items.len();
        let mut bands = Vec::with_capacity(count);
        let mut above: Option<Decimal> = None;
        for (position, item) in items.into_iter().enumerate() {
            let Some(fields) = self.open(&item, &BAND) else { continue };
            let last = position.saturating_add(1) == count;
            let points = fields.at("points").and_then(|it| self.number(&it));
            let at_least = fields.at("at_least").and_then(|it| self.number(&it));
            if fields.has("at_least") == last {
                let (wrong, zh) = if last {
                    (
                        "the last band has a limit, so what is below it has no band",
                        "最后一档有下限，其下没有档次",
                    )
                } else {
                    ("only the last band may be without a limit", "只有最后一档可以不写下限")
                };
                let right = "`at_least` on every band but the last, which takes the rest";
                self.fault("BANDS_LAST", &fields.key("at_least"), wrong, zh, right);
            }
            if let (Some(above), Some(here)) = (above, at_least)
                && here >= above
            {
                let wrong = format!("the limit {here} is not below {above}, the one above it");
                let zh = format!("下限 {here} 应低于上一档的 {above}");
                self.fault(
                    "BANDS_ORDER",
                    &fields.key("at_least"),
                    wrong,
                    zh,
                    "limits that descend",
                );
            }
            above = at_least.or(above);
            bands.extend(points.map(|points| Band { at_least, points }));
        }
        bands
    }

    fn checked(&mut self, at: &At<'_>) -> Option<NodeKind> {
        let fields = self.open(at, &CHECKED)?;
        let when = fields.at("when").and_then(|it| self.predicate(&it, Scope::Score));
        let points = fields.at("points").and_then(|it| self.number(&it));
        let otherwise = self.number_or_zero(fields.at("otherwise"));
        Some(NodeKind::Checked { when: when?, points: points?, otherwise })
    }

    fn result_of(&mut self, at: &At<'_>) -> Option<ResultOf> {
        let fields = self.open(at, &RESULT_OF)?;
        let scheme = fields.at("scheme").and_then(|it| self.id(&it));
        let of = fields.at("of").and_then(|it| self.word(&it, words::results_of()));
        let combine = fields.at("combine").and_then(|it| self.word(&it, words::combines()));
        let combine = combine.unwrap_or(Combine::Average);
        if let (Some(scheme), Some(of)) = (&scheme, of) {
            self.own_result(scheme, of, &fields.key("scheme"));
        }
        let least = fields.at("least").and_then(|it| self.whole(&it, 1, COUNT_MAX)).unwrap_or(1);
        let listed = self.listing(&fields, combine);
        Some(ResultOf { scheme: scheme?, of: of?, combine, least, listed })
    }

    fn compared(&mut self, at: &At<'_>) -> Option<NodeKind> {
        let fields = self.open(at, &COMPARED)?;
        let node = fields.at("node").and_then(|it| self.node_ref(&it));
        let within = fields.at("within").and_then(|it| self.name(&it));
        let with = fields.at("with").and_then(|it| self.word(&it, words::compare_with()));
        Some(NodeKind::Compared { node: node?, within: within?, with: with? })
    }

    fn placed(&mut self, at: &At<'_>) -> Option<NodeKind> {
        let fields = self.open(at, &PLACED)?;
        let node = fields.at("node").and_then(|it| self.node_ref(&it));
        let within = fields.at("within").and_then(|it| self.name(&it));
        let otherwise = self.number_or_zero(fields.at("otherwise"));
        let points = fields.at("points").map(|it| self.places(&it)).unwrap_or_default();
        Some(NodeKind::Placed { node: node?, within: within?, points, otherwise })
    }

    fn places(&mut self, at: &At<'_>) -> Vec<(u64, Decimal)> {
        let mut places = Vec::new();
        for (spot, (place, worth)) in self.ascending_at(at, "PLACES_ORDER") {
            let whole = place.millionths().checked_rem(Decimal::UNIT) == Some(0);
            let number = place.millionths().checked_div(Decimal::UNIT);
            let number = number.and_then(|it| u64::try_from(it).ok());
            if let Some(number) = number.filter(|it| whole && *it > 0) {
                places.push((number, worth));
            } else {
                let (wrong, zh) = (format!("`{place}` is no place"), format!("`{place}` 不是名次"));
                self.fault("NOT_A_PLACE", &spot, wrong, zh, "a place: 1, 2, 3, …");
            }
        }
        places
    }
}
