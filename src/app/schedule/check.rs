//! Documents of schedules, by themselves and by the bounds of the schemes that take them.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::{
    app::{App, AppError, FieldFault, scheme::Plans},
    domain::{
        engine::Plan,
        scheme::{Place, Schedule, SchemeFault, Severity, SubjectKind},
        time::Day,
    },
    store::ReadTx,
};

/// A document that was read without a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleDocument {
    text: String,
    schedule: Schedule,
}

impl ScheduleDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// Every fault of it, in its order.
    pub fn read(document: &[u8]) -> Result<Self, Vec<SchemeFault>> {
        let schedule = Schedule::read(document)?;
        // What was read is UTF-8.
        let text = String::from_utf8_lossy(document).into_owned();
        Ok(Self { text, schedule })
    }

    /// The same away from the threads that serve.
    ///
    /// # Errors
    /// The reading did not end.
    pub async fn read_apart(document: Vec<u8>) -> Result<Result<Self, Vec<SchemeFault>>, AppError> {
        let span = tracing::Span::current();
        let task = tokio::task::spawn_blocking(move || span.in_scope(|| Self::read(&document)));
        task.await.map_err(|why| AppError::Internal(format!("a reading did not end: {why}")))
    }

    /// What it says.
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Its text, byte for byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 over its bytes.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }
}

/// What a check found.
#[derive(Debug, Clone)]
pub struct CheckedSchedule {
    /// The document, where it is sound enough to say what it is.
    pub document: Option<ScheduleDocument>,
    /// Every fault, in the order of the document.
    pub faults: Vec<SchemeFault>,
    /// The schemes by whose bounds it was checked, by id.
    pub schemes: Vec<String>,
}

impl App {
    /// Checks a document by itself and by the bounds of the schemes in force on its first day.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn check_schedule(
        &self,
        county: &str,
        document: Vec<u8>,
    ) -> Result<CheckedSchedule, AppError> {
        match ScheduleDocument::read_apart(document).await? {
            Err(faults) => Ok(CheckedSchedule { document: None, faults, schemes: Vec::new() }),
            Ok(document) => {
                let (schemes, mut faults) = self.bounds_of(county, document.schedule()).await?;
                if schemes.is_empty() {
                    faults.push(not_taken(document.schedule().in_force.from));
                }
                Ok(CheckedSchedule { document: Some(document), faults, schemes })
            }
        }
    }

    /// The schemes that take a schedule, and every way in which it goes beyond their bounds.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn bounds_of(
        &self,
        county: &str,
        schedule: &Schedule,
    ) -> Result<(Vec<String>, Vec<SchemeFault>), AppError> {
        let mut tx = self.read().await?;
        let takers = takers(&self.plans, &mut *tx, county, schedule.in_force.from).await?;
        let schemes = takers.iter().map(|it| it.scheme().id.clone()).collect();
        Ok((schemes, beyond(&takers, schedule)))
    }
}

/// The schemes about members that are in force on a day and have a `scheduled` node, by id.
pub(super) async fn takers(
    plans: &Plans,
    tx: &mut dyn ReadTx,
    county: &str,
    day: Day,
) -> Result<Vec<Arc<Plan>>, AppError> {
    let mut takers = plans.in_force(tx, county, (SubjectKind::Member, day)).await?;
    takers.retain(|it| it.scheme().scheduled().is_some());
    Ok(takers)
}

/// Every way in which a schedule goes beyond the bounds of any of these schemes, in the order of its
/// document. Where there are several schemes, each fault names its own.
pub(super) fn beyond(takers: &[Arc<Plan>], schedule: &Schedule) -> Vec<SchemeFault> {
    let mut all = Vec::new();
    for taker in takers {
        let scheme = taker.scheme();
        for mut fault in scheme.beyond_bounds(schedule) {
            if takers.len() > 1 {
                fault.right = format!("{}, by `{}`", fault.right, scheme.id);
                fault.wrong_zh = format!("{}（{}）", fault.wrong_zh, scheme.id);
            }
            all.push(fault);
        }
    }
    all.sort_by(|a, b| (a.place, &a.path, a.code).cmp(&(b.place, &b.path, b.code)));
    all
}

/// That no scheme takes schedules on that day, as a fault of the document.
fn not_taken(from: Day) -> SchemeFault {
    SchemeFault {
        severity: Severity::Fault,
        code: "SCHEDULES_NOT_TAKEN",
        place: Place::default(),
        path: "in_force.from".to_owned(),
        wrong: format!("no scheme about members that is in force on {from} takes point schedules"),
        wrong_zh: format!("{from} 有效的党员评分办法均不采用积分细则"),
        right: "a day on which a scheme with a `scheduled` node is in force".to_owned(),
    }
}

/// The faults of a document, as faults of a request's field.
pub fn field_faults(faults: &[SchemeFault]) -> Vec<FieldFault> {
    let one = |it: &SchemeFault| FieldFault {
        path: format!("document:{}:{} {}", it.place.line, it.place.column, it.path),
        reason: it.code,
        en: match it.right.as_str() {
            "" => it.wrong.clone(),
            right => format!("{}; {right}", it.wrong),
        },
        zh: it.wrong_zh.clone(),
    };
    faults.iter().map(one).collect()
}
