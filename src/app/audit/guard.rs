//! Which counties take no writes, because their trail does not end as its head says.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    app::{App, AppError, Refusal},
    store::{ChainCheck, CountyHead, ReadTx, StoreError},
};

/// What is known of the counties' trails since this process started.
#[derive(Debug, Default)]
pub(crate) struct Guard(Mutex<BTreeMap<String, bool>>);

impl Guard {
    fn known(&self, county: &str) -> Option<bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(county).copied()
    }

    fn learn(&self, county: &str, whole: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(county.to_owned(), whole);
    }

    /// Whether the county takes no writes.
    pub(crate) fn is_broken(&self, county: &str) -> bool {
        self.known(county) == Some(false)
    }

    /// From now on the county takes no writes, until an operator has looked into it and the service
    /// starts again.
    pub(crate) fn set_broken(&self, county: &str) {
        tracing::error!(county, "the audit trail is broken: the county takes no writes");
        self.learn(county, false);
    }

    /// Refuses a write of a county whose trail is broken. The first write of a county looks at the
    /// end of its trail; `head` is as it was when the county was locked.
    pub(crate) async fn check(
        &self,
        tx: &mut (impl ReadTx + ?Sized),
        head: &CountyHead,
    ) -> Result<(), AppError> {
        let county = &head.county;
        let whole = if let Some(whole) = self.known(county) {
            whole
        } else {
            let whole = ends_as_its_head_says(tx, head).await?;
            if whole {
                self.learn(county, true);
            } else {
                self.set_broken(county);
            }
            whole
        };
        if whole { Ok(()) } else { Err(broken(county).into()) }
    }
}

fn broken(county: &str) -> Refusal {
    Refusal::new(
        "AUDIT_BROKEN",
        format!("the audit trail of `{county}` is broken: it can be read, and takes no writes"),
        format!("{county} 的审计链已损坏，只可读取，不可写入"),
    )
    .with("county", county)
}

/// Whether the newest entry is the one that the head names, and is what was hashed.
async fn ends_as_its_head_says(
    tx: &mut (impl ReadTx + ?Sized),
    head: &CountyHead,
) -> Result<bool, AppError> {
    let before = head.audit_count.saturating_sub(1);
    let page = match tx.audit_page(&head.county, before, 2).await {
        Ok(page) => page,
        Err(StoreError::Corrupt { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    if head.audit_count == 0 {
        return Ok(page.is_empty() && head.audit_head == [0; 32]);
    }
    let [newest] = page.as_slice() else { return Ok(false) };
    let mut check = ChainCheck::after(before, newest.prev_hash);
    Ok(check.take(newest).is_ok() && check.end(head.audit_count, &head.audit_head).is_ok())
}

impl App {
    /// Looks at the end of every county's trail, as each county's first write would. Answers the
    /// counties that take no writes.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn audit_whole(&self) -> Result<Vec<String>, AppError> {
        let mut tx = self.read().await?;
        let mut refused = Vec::new();
        for county in tx.counties().await? {
            let Some(head) = tx.head(&county).await? else { continue };
            match self.guard.check(&mut *tx, &head).await {
                Ok(()) => (),
                Err(AppError::Refused(_)) => refused.push(county),
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }
}
