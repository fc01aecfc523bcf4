//! What is kept about one person: all of it in one file, and the erasing of what can be erased.
//!
//! A person is whoever has a `member` record of that id, or holds a post by it. What can be erased is
//! what names the person: the names of these records. Scores, posts and facts stay under the id, which
//! names nobody once the names are gone.

mod erase;
mod export;
mod lines;
mod money;
mod objections;

pub use erase::Erased;
pub use lines::{
    Act, AuditLine, ErasedOn, Export, FactLine, MoneyEvent, MovementLine, PaymentLine,
    RecoveryLine, ResultLine, VersionLine,
};

use super::{
    AppError,
    registry::{Record, RecordKind},
};
use crate::{
    domain::time::Day,
    store::{ReadTx, StoredVersion, VersionKey},
};

/// How many rows are read at once.
const PAGE: i64 = 1_000;

/// Thirty-two bytes that nobody can guess.
pub(super) fn random() -> Result<[u8; 32], AppError> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| AppError::Internal("the system gave no random bytes".to_owned()))?;
    Ok(bytes)
}

/// The versions of a person's own record and of the posts that the person holds or held.
struct Versions {
    /// In the order in which they were recorded within each record.
    all: Vec<StoredVersion>,
    /// Posts that nobody else ever held.
    own_posts: Vec<String>,
    /// Posts that somebody else held too.
    shared_posts: Vec<String>,
}

impl Versions {
    async fn read(tx: &mut dyn ReadTx, county: &str, id: &str) -> Result<Self, AppError> {
        let mut all = tx.registry_history(county, RecordKind::Member.word(), id).await?;
        let mut posts: Vec<(String, bool, bool)> = Vec::new();
        let first = Day::new(1, 1, 1);
        let first = first.ok_or_else(|| AppError::Internal("no first day".to_owned()))?;
        let mut after: VersionKey = (String::new(), first, 0);
        loop {
            let kind = RecordKind::Post.word();
            let page = tx.versions_after(county, kind, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.version.id.clone(), last.version.effective_from, last.seq);
            for stored in page {
                let held = Record::from_version(&stored.version)?.person() == Some(id);
                match posts.last_mut().filter(|it| it.0 == stored.version.id) {
                    Some((_, by_this, by_others)) => {
                        *by_this |= held;
                        *by_others |= !held;
                    }
                    None => posts.push((stored.version.id.clone(), held, !held)),
                }
                if held {
                    all.push(stored);
                }
            }
        }
        posts.retain(|(_, by_this, _)| *by_this);
        let (shared, own): (Vec<_>, Vec<_>) = posts.into_iter().partition(|(_, _, it)| *it);
        let ids = |of: Vec<(String, bool, bool)>| of.into_iter().map(|it| it.0).collect();
        Ok(Self { all, own_posts: ids(own), shared_posts: ids(shared) })
    }
}
