//! The year-end appraisal chain (S1, S2): every community, street and the county in its turn.

use std::io::{self, Write};

use serde_json::{Value, json};
use tonic_types::StatusExt as _;

use super::{Failed, service::Serving};
use crate::{
    client::{Chained, Client},
    proto::v1::RecordKind,
    sample::{COUNTY, Sample},
};

/// What came of it.
#[derive(Debug)]
pub(super) struct Appraised(Chained);

/// The chain from its opening until every cohort is closed.
pub(super) async fn carry_out(
    (service, client): (&Serving, &Client),
    sample: &Sample,
) -> Result<Appraised, Failed> {
    let become_caller = async |principal: &str| {
        let token = service.token_for(principal)?;
        let channel = service.connect().await?;
        Client::new(channel, COUNTY, Some(&token)).map_err(Failed::from)
    };
    Ok(Appraised(client.carry_chain(sample, become_caller).await?))
}

impl Appraised {
    fn posts(&self) -> i32 {
        self.0.cohorts.iter().fold(0, |all, it| all.saturating_add(it.posts))
    }

    fn beyond(&self) -> i32 {
        self.0.cohorts.iter().fold(0, |all, it| all.saturating_add(it.beyond_band))
    }

    /// How many cohorts are assessed by units of a kind.
    fn of(&self, kind: RecordKind) -> usize {
        let own =
            |it: &&crate::proto::v1::Cohort| it.unit.as_ref().is_some_and(|it| it.kind() == kind);
        self.0.cohorts.iter().filter(own).count()
    }

    /// The line that says how it went.
    pub(super) fn stage(&self) -> String {
        format!(
            "{} posts through the appraisal chain: {} communities, then {} streets, {} values, {} beyond the band",
            self.posts(),
            self.of(RecordKind::Community),
            self.of(RecordKind::Street),
            self.0.values,
            self.beyond(),
        )
    }

    /// Prints what was refused.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let refused = &self.0.refused;
        let zh = refused.get_details_localized_message().map(|it| it.message).unwrap_or_default();
        writeln!(out, "\nThe appraisal chain (S1, S2)")?;
        writeln!(out, "  a street closed before its communities: {}\n    {zh}", refused.message())
    }

    /// The same for machines.
    pub(super) fn json(&self) -> Value {
        json!({
            "posts": self.posts(),
            "communities": self.of(RecordKind::Community),
            "streets": self.of(RecordKind::Street),
            "values": self.0.values,
            "beyond_band": self.beyond(),
            "refused": self.0.refused.message(),
        })
    }
}
