//! The selection of red-flag compounds (F1 to F9): every branch, community and street, the group, the
//! committee and the department in their turn, up to the public notice.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use comfy_table::Cell;
use serde_json::{Value, json};

use super::{
    Failed,
    report::{Done, Given, RED_FLAG, Report},
    round::{date, words},
    service::Serving,
    tables::{right, table},
};
use crate::{
    client::{CallError, Chosen, Client},
    domain::{exact::Money, selection::SelectionDocument, time::Day},
    proto::v1::{CandidateStage, SelectionCandidate, StreetQuota},
    sample::{COUNTY, RecordKind, SELECTION, Sample},
};

/// What came of it.
pub(super) struct Selection {
    chosen: Chosen,
    document: SelectionDocument,
}

/// The selection from its opening to its notice, ranked by the criteria's published run.
pub(super) async fn carry_out(
    (service, client): (&Serving, &Client),
    (sample, done): (&Sample, &[Done]),
    today: Day,
) -> Result<Selection, Failed> {
    let run = done.iter().find(|it| it.document.id == RED_FLAG);
    let run = run.ok_or(CallError::Lacks("the criteria's run"))?;
    let document = SelectionDocument::read(SELECTION.1.as_bytes())
        .map_err(|_| CallError::Lacks("a sound selection document"))?;
    let become_caller = async |principal: &str| {
        let token = service.token_for(principal)?;
        let channel = service.connect().await?;
        Client::new(channel, COUNTY, Some(&token)).map_err(Failed::from)
    };
    let of = (sample, run.run.run_id.as_str());
    let chosen = client.carry_selection(of, date(today), become_caller).await?;
    Ok(Selection { chosen, document })
}

impl Selection {
    fn at(&self, stage: CandidateStage) -> usize {
        self.chosen.candidates.iter().filter(|it| it.stage() == stage).count()
    }

    fn streets(&self) -> &[StreetQuota] {
        self.chosen.selection.quota.as_ref().map_or(&[], |it| &it.streets)
    }

    fn county_seats(&self) -> i64 {
        self.chosen.selection.quota.as_ref().map_or(0, |it| it.county)
    }

    /// On the list, or approved where no notice could be posted.
    fn listed(&self) -> usize {
        self.at(CandidateStage::Noticed).saturating_add(self.at(CandidateStage::Approved))
    }

    /// The line that says how it went.
    pub(super) fn stage(&self) -> String {
        format!(
            "{} of {} branches through the selection: {} on the list, {} cancelled for a report",
            self.chosen.candidates.len(),
            self.chosen.selection.selection.as_ref().map_or(0, |it| it.branches),
            self.listed(),
            self.at(CandidateStage::Cancelled),
        )
    }

    /// What the document's awards come to for those on the list, once they are confirmed (A1).
    pub(super) fn honours(&self) -> BTreeMap<String, Given> {
        let count = u64::try_from(self.listed()).unwrap_or(0);
        let one = |it: &crate::domain::scheme::Award| {
            let fen = it.amount.fen().saturating_mul(i64::try_from(count).unwrap_or(0));
            (it.id.clone(), Given { count, fen })
        };
        self.document.awards.iter().map(one).collect()
    }

    /// Prints the seats, the list, what was refused and the notice's head.
    pub(super) fn print(&self, report: &Report, out: &mut impl Write) -> io::Result<()> {
        self.seats(report, out)?;
        self.list(report, out)?;
        writeln!(out, "\nRefused on the way, with the rule named (F12)")?;
        for (what, status) in &self.chosen.refused {
            let words = words(status);
            writeln!(out, "  {what}: {}\n    {}", words.en, words.zh)?;
        }
        for equal in &self.chosen.decided {
            writeln!(out, "  then decided by the street and recorded: {}", equal.join(", "))?;
        }
        if let Some(notice) = &self.chosen.notice {
            writeln!(out, "\nThe notice (F8)")?;
            let head = notice.lines().filter(|it| !it.is_empty()).take(8);
            head.into_iter().try_for_each(|it| writeln!(out, "  {it}"))?;
        }
        let each: Vec<String> = self
            .document
            .awards
            .iter()
            .map(|it| Money::from_fen(it.amount.fen()).to_string())
            .collect();
        writeln!(out, "  once confirmed, {} yuan to each branch (A1)", each.join(" and "))
    }

    fn seats(&self, report: &Report, out: &mut impl Write) -> io::Result<()> {
        let header = [
            "street 街道",
            "branches 支部",
            "quota",
            "floor",
            "remainder",
            "seats 名额",
            "why",
            "taken",
        ];
        let mut table = table(&header);
        let (mut branches, mut seats, mut taken) = (0_i64, 0_i64, 0_i64);
        for it in self.streets() {
            (branches, seats, taken) = (
                branches.saturating_add(it.branches),
                seats.saturating_add(it.seats),
                taken.saturating_add(it.taken),
            );
            table.add_row([
                Cell::new(report.name(RecordKind::Street, &it.street_id)),
                right(it.branches),
                right(&it.quota),
                right(it.floor),
                right(&it.remainder),
                right(it.seats),
                Cell::new(&it.why),
                right(it.taken),
            ]);
        }
        table.add_row([
            Cell::new("全县 all"),
            right(branches),
            Cell::new(""),
            Cell::new(""),
            Cell::new(""),
            right(seats),
            Cell::new(format!("at most {}", self.county_seats())),
            right(taken),
        ]);
        let title = "20% of each street's branches, applying or not, 20 at most (F1, F4, F5)";
        writeln!(out, "\nSeats of 红旗小区: {title}\n{table}")
    }

    fn list(&self, report: &Report, out: &mut impl Write) -> io::Result<()> {
        let mut chosen: Vec<&SelectionCandidate> =
            self.chosen.candidates.iter().filter(|it| it.merit.is_some()).collect();
        chosen.retain(|it| {
            matches!(
                it.stage(),
                CandidateStage::Noticed | CandidateStage::Approved | CandidateStage::Cancelled
            )
        });
        let place = |it: &SelectionCandidate| it.merit.as_ref().map_or(0, |it| it.place);
        chosen.sort_by_key(|it| (place(it), it.branch_id.clone()));
        let mut table = table(&[
            "place",
            "compound 小区",
            "branch",
            "street 街道",
            "in street",
            "score 得分",
            "stage",
        ]);
        for it in chosen {
            let merit = it.merit.clone().unwrap_or_default();
            let stage = it.stage().as_str_name().trim_start_matches("CANDIDATE_STAGE_");
            let passed = if it.out_of_order { ", out of order" } else { "" };
            table.add_row([
                right(merit.place),
                Cell::new(report.name(RecordKind::Compound, &it.compound_id)),
                Cell::new(&it.branch_id),
                Cell::new(report.name(RecordKind::Street, &it.street_id)),
                right(merit.place_in_street),
                right(merit.score),
                Cell::new(format!("{}{passed}", stage.to_lowercase())),
            ]);
        }
        writeln!(out, "\nOn the list (F7 to F9)\n{table}")
    }

    /// The same for machines, without what the day decides.
    pub(super) fn json(&self) -> Value {
        let street =
            |it: &StreetQuota| json!([it.street_id, it.branches, it.quota, it.seats, it.taken]);
        let reason = |(what, status): &(&str, tonic::Status)| {
            use tonic_types::StatusExt as _;
            let reason = status.get_details_error_info().map(|it| it.reason);
            ((*what).to_owned(), reason.unwrap_or_default())
        };
        let refused: BTreeMap<String, String> = self.chosen.refused.iter().map(reason).collect();
        json!({
            "streets": self.streets().iter().map(street).collect::<Vec<_>>(),
            "applied": self.chosen.candidates.len(),
            "listed": self.listed(),
            "cancelled": self.at(CandidateStage::Cancelled),
            "refused": refused,
            "decided": self.chosen.decided,
        })
    }
}
