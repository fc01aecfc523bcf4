//! What a principal holds in a county, kept for a moment: asking the store on every read would cost
//! more than the read.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Node, Role, builtin, grants};
use crate::{
    app::{App, AppError, Caller},
    domain::time::Day,
    store::AccessWhat,
};

/// How long a read may go by what was read before. A role that another server takes away ends there
/// this much later at the most; one taken away here ends at once, and writes always ask.
const LASTS: Duration = Duration::from_secs(1);
/// The most principals that are kept.
const KEPT_MAX: usize = 10_000;

/// What a principal holds in a county today.
#[derive(Debug, Default)]
pub struct Kept {
    /// Each unit with the role over it.
    pub held: Vec<(Node, Arc<Role>)>,
}

type Key = (String, Arc<str>);
/// Since when, for which day, what.
type Held = (Instant, Day, Arc<Kept>);

/// What principals hold, kept for a moment.
#[derive(Debug, Default)]
pub(in crate::app) struct Cache(Mutex<BTreeMap<Key, Held>>);

impl Cache {
    fn get(&self, key: &Key, today: Day) -> Option<Arc<Kept>> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, day, kept) = cache.get(key)?;
        (since.elapsed() < LASTS && *day == today).then(|| Arc::clone(kept))
    }

    fn put(&self, key: Key, today: Day, kept: &Arc<Kept>) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= KEPT_MAX {
            cache.retain(|_, (since, _, _)| since.elapsed() < LASTS);
            if cache.len() >= KEPT_MAX {
                cache.clear();
            }
        }
        cache.insert(key, (Instant::now(), today, Arc::clone(kept)));
    }

    /// Forgets everything: something was granted, taken or defined here.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl App {
    /// What a caller holds; `fresh` asks the store, otherwise what was read within the last second
    /// will do.
    pub(super) async fn held(
        &self,
        caller: &Caller,
        county: &str,
        fresh: bool,
    ) -> Result<Arc<Kept>, AppError> {
        if caller.administrator {
            return Ok(Arc::default());
        }
        let today = self.today()?;
        let key = (county.to_owned(), Arc::clone(&caller.principal));
        if let Some(kept) = self.access.get(&key, today).filter(|_| !fresh) {
            return Ok(kept);
        }
        let mut tx = self.read().await?;
        let rows = tx.access_of(county, &caller.principal).await?;
        let mut roles: BTreeMap<String, Arc<Role>> = BTreeMap::new();
        if !rows.is_empty() {
            let start = builtin().into_iter();
            roles.extend(start.map(|(id, role)| (id.to_owned(), Arc::new(role))));
            for row in tx.access_of(county, "").await? {
                if row.entry.what == AccessWhat::Role {
                    let role = grants::read_role(&row.entry.definition)?;
                    roles.insert(row.entry.role, Arc::new(role));
                }
            }
        }
        drop(tx);
        let mut kept = Kept::default();
        for grant in grants::in_force(rows)? {
            let role = roles.get(&grant.role).filter(|_| grant.holds_on(today));
            if let Some(role) = role {
                let node = Node::new(grant.unit.kind, &grant.unit.id);
                kept.held.push((node, Arc::clone(role)));
            }
        }
        let kept = Arc::new(kept);
        self.access.put(key, today, &kept);
        Ok(kept)
    }
}
