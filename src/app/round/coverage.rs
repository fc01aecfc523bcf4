//! How far the sheets of a round are, without their points.

use super::{RoundView, SheetState, state::all_sheets};
use crate::{
    app::{App, AppError},
    domain::time::{Day, Moment},
    store::{ReadTx, RevisionState, SheetKey},
};

/// Which lines are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageListing {
    /// The round.
    pub round_id: String,
    /// Only sheets for the lack of which it cannot be closed.
    pub missing_only: bool,
    /// Only of this role; none for all.
    pub role: Option<String>,
    /// Only of this assessor; none for all.
    pub assessor: Option<String>,
    /// After this sheet.
    pub after: SheetKey,
    /// As known at this moment.
    pub known: Moment,
    /// At most so many.
    pub limit: usize,
}

/// The expected sheets of a round by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CoverageCounts {
    /// All.
    pub expected: i64,
    /// Nothing saved.
    pub not_begun: i64,
    /// Saved, and not handed in.
    pub draft: i64,
    /// Handed in by the due day.
    pub handed_in: i64,
    /// Handed in later.
    pub handed_in_late: i64,
    /// Not handed in, and excused.
    pub excused: i64,
    /// Not handed in, required and not excused.
    pub missing: i64,
}

/// How far one sheet is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageLine {
    /// Whose, about whom.
    pub key: SheetKey,
    /// Whether the round can be closed without it.
    pub optional: bool,
    /// How far it is.
    pub state: SheetState,
    /// Whether the round cannot be closed for the lack of it.
    pub missing: bool,
    /// When it was handed in; none where it is not.
    pub handed_in: Option<Moment>,
    /// The last day on which it is taken.
    pub last_day: Day,
}

/// A page of coverage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The kind of the round's subjects.
    pub subject_kind: String,
    /// The whole round.
    pub counts: CoverageCounts,
    /// The lines that were asked for; one more than the limit where there are more.
    pub lines: Vec<CoverageLine>,
}

impl App {
    /// How far the sheets of a round are.
    ///
    /// # Errors
    /// It is not there; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn coverage(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        asked: &CoverageListing,
    ) -> Result<Coverage, AppError> {
        let view = RoundView::read(tx, county, &asked.round_id, asked.known).await?;
        let (mut counts, mut lines) = (CoverageCounts::default(), Vec::new());
        for sheet in all_sheets(tx, county, (&asked.round_id, asked.known)).await? {
            let line = CoverageLine {
                optional: sheet.optional,
                state: view.state(&sheet),
                missing: view.missing(&sheet),
                handed_in: sheet
                    .latest
                    .as_ref()
                    .filter(|it| it.state == RevisionState::HandedIn)
                    .map(|it| it.mark.recorded),
                last_day: view.last_day(&sheet.key.role, &sheet.key.assessor),
                key: sheet.key,
            };
            counts.add(&line);
            if asked.lists(&line) && lines.len() <= asked.limit {
                lines.push(line);
            }
        }
        Ok(Coverage { subject_kind: view.header.subject_kind, counts, lines })
    }
}

impl CoverageListing {
    fn lists(&self, line: &CoverageLine) -> bool {
        line.key > self.after
            && (line.missing || !self.missing_only)
            && self.role.as_ref().is_none_or(|it| *it == line.key.role)
            && self.assessor.as_ref().is_none_or(|it| *it == line.key.assessor)
    }
}

impl CoverageCounts {
    fn add(&mut self, line: &CoverageLine) {
        let of_state = match line.state {
            SheetState::NotBegun => &mut self.not_begun,
            SheetState::Draft => &mut self.draft,
            SheetState::HandedIn => &mut self.handed_in,
            SheetState::HandedInLate => &mut self.handed_in_late,
            SheetState::Excused => &mut self.excused,
        };
        *of_state = of_state.saturating_add(1);
        self.expected = self.expected.saturating_add(1);
        self.missing = self.missing.saturating_add(i64::from(line.missing));
    }
}
