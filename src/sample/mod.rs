//! A sample county: made of a seed, the same byte for byte, with everything that the county's five
//! schemes ask for and the odd cases that a real year has. Pure: no clock, no files, no floats.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "numbers here are small and drawn between bounds that stand beside them"
)]

mod belonging;
mod build;
mod buildings;
mod communities;
mod compounds;
mod conduct;
mod evidence;
mod indicators;
mod members;
mod membership;
mod model;
mod names;
mod offline;
mod places;
mod posts;
mod projects;
mod reports;
mod reviews;
mod rng;
mod schedules;
mod schemes;
mod size;

pub use compounds::Applicant;
pub use model::{
    Body, BranchForm, Date, Detail, Fact, MemberFormality, MemberStatus, Record, RecordKind,
    RecordRef, State, Step, Subject, SubjectKind,
};
pub use offline::Line;
pub use reviews::{ITEM as REVIEW, Review, Word};
pub use schedules::Adoption;
pub use schemes::{COMPANIES, Document, SCHEMES, SELECTION};
pub use size::Size;

use build::Build;

/// The county's id.
pub const COUNTY: &str = "xinping";
/// The year of the sample.
pub const YEAR: &str = "2022";
/// The half year for which property projects are rated.
pub const HALF: &str = "2022-H2";
/// What the county has set aside for the year, in fen: 300,000 yuan (rule A4).
pub const BUDGET_FEN: i64 = 30_000_000;

/// A county with a year's facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The registry, every record after those it refers to.
    pub records: Vec<Record>,
    /// The compounds' point schedules, each compound's versions in their order.
    pub schedules: Vec<Adoption>,
    /// The facts.
    pub facts: Vec<Fact>,
    applicants: Vec<Applicant>,
}

impl Sample {
    /// Makes the county of a seed.
    pub fn make(seed: u64, size: &Size) -> Self {
        let mut build = Build::new(seed, size);
        let places = places::make(&mut build);
        let members = members::register(&mut build, &places);
        let posts = posts::register(&mut build, &places, &members);
        buildings::lead(&mut build, &places, &members);
        let projects = projects::register(&mut build, &places);
        let schedules = schedules::adopt(&mut build, &places, &members);
        members::facts(&mut build, &places, &members, &schedules);
        compounds::facts(&mut build, &places);
        posts::facts(&mut build, &places, &posts);
        communities::facts(&mut build, &places);
        projects::facts(&mut build, &projects);
        let applicants = compounds::applicants(&places);
        let Build { records, adoptions: schedules, facts, .. } = build;
        Self { records, schedules, facts, applicants }
    }

    /// The branches that apply for the red-flag selection, by compound (F2), and what their
    /// communities say of them (F3).
    pub fn applicants(&self) -> &[Applicant] {
        &self.applicants
    }

    /// What the levels of the appraisal say of every post, by post (S2).
    pub fn reviews(&self) -> Vec<Review> {
        reviews::reviews(self)
    }

    /// The facts of one scheme as lines of the offline command, by subject id. `results` are
    /// the published scores of compounds, by id, for the scheme that draws on them.
    pub fn lines(&self, scheme: &Document, results: &[(String, String)]) -> Vec<Line> {
        offline::lines(self, scheme, results)
    }
}

#[cfg(test)]
mod tests;
