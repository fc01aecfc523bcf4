//! Which party organisations the compounds should have and have (I1 to I3), on the year's last day.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use comfy_table::Cell;
use serde_json::{Map, Value};

use super::tables::{right, table};
use crate::{
    client::{CallError, Client},
    proto::v1::{self, FormationRule as Rule, FormationStanding as Standing},
};

/// The rules in their order, and what each is about.
const RULES: [(Rule, &str, &str); 6] = [
    (Rule::SettledMembers, "settled_members", "3 settled formal members: a branch 应建党支部"),
    (Rule::DirectlyManaged, "directly_managed", "directly managed: own or joint branch 直管党员"),
    (Rule::CommitteeSize, "committee_size", "committee of 3 to 5 支部委员"),
    (Rule::Secretary, "secretary", "one secretary 书记"),
    (Rule::Deputies, "deputies", "1 or 2 deputies 副书记"),
    (Rule::Building, "building", "building: group or head 楼栋党小组、楼栋长"),
];
/// The standings in their order, as columns.
const STANDINGS: [(Standing, &str); 5] = [
    (Standing::Met, "met"),
    (Standing::Lacking, "lacking"),
    (Standing::Advised, "advised"),
    (Standing::Undecided, "undecided"),
    (Standing::NotDue, "not_due"),
];

/// How compounds and buildings stand, by rule and standing.
#[derive(Debug)]
pub(super) struct Formations(BTreeMap<(i32, i32), usize>);

impl Formations {
    /// Asks for them.
    pub(super) async fn gather(client: &Client) -> Result<Self, CallError> {
        let mut counts: BTreeMap<(i32, i32), usize> = BTreeMap::new();
        let formations: Vec<v1::Formation> = client.formations((2022, 12, 31)).await?;
        for it in formations.iter().flat_map(|it| &it.findings) {
            let count = counts.entry((it.rule, it.standing)).or_default();
            *count = count.saturating_add(1);
        }
        Ok(Self(counts))
    }

    fn count(&self, rule: Rule, standing: Standing) -> usize {
        self.0.get(&(rule.into(), standing.into())).copied().unwrap_or(0)
    }

    /// Prints them.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let mut table =
            table(&["rule 组建要求", "met", "lacking", "advised", "undecided", "not due"]);
        for (rule, _, words) in RULES {
            let counts = STANDINGS.map(|(standing, _)| right(self.count(rule, standing)));
            table.add_row([Cell::new(words)].into_iter().chain(counts));
        }
        writeln!(
            out,
            "\nParty organisations that are due and there, on 31 December (I1 to I3)\n{table}"
        )
    }

    /// The same for machines.
    pub(super) fn json(&self) -> Value {
        let rules = RULES.iter().map(|(rule, name, _)| {
            let counts = STANDINGS.iter().map(|(standing, word)| {
                ((*word).to_owned(), Value::from(self.count(*rule, *standing)))
            });
            ((*name).to_owned(), Value::Object(counts.collect()))
        });
        Value::Object(rules.collect::<Map<String, Value>>())
    }
}
