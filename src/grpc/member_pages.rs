//! Pages of what members have several of: what the caller sees is gathered until a page is full.

use std::collections::BTreeSet;

use prost::Message;

use super::page::Page;
use crate::{
    app::member::{Conduct, LateCheckIn, Told},
    domain::time::Moment,
    store::{fact_id, fact_seq},
};

/// An entry of a listing by members.
pub(super) trait OfMember {
    /// Whose it is.
    fn member(&self) -> &str;
    /// Where the listing goes on after it.
    fn told(&self) -> &Told;
}

impl OfMember for LateCheckIn {
    fn member(&self) -> &str {
        &self.member
    }

    fn told(&self) -> &Told {
        &self.told
    }
}

impl OfMember for Conduct {
    fn member(&self) -> &str {
        &self.member
    }

    fn told(&self) -> &Told {
        &self.told
    }
}

/// The entries of one page, as they are gathered.
#[derive(Debug)]
pub(super) struct Shown<T> {
    /// How many are asked for at once: one more than fits, to know whether something follows.
    pub(super) wanted: usize,
    all: Vec<T>,
    told: Option<Told>,
}

impl<T: OfMember> Shown<T> {
    /// None yet.
    pub(super) fn of(page: &Page) -> Self {
        let (member, entries) = page.after.split_once(' ').unwrap_or_default();
        let entries = fact_seq(entries).and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        let told = Some(Told { member: member.to_owned(), entries });
        let wanted = usize::try_from(page.size).unwrap_or(usize::MAX).saturating_add(1);
        Self { wanted, all: Vec::new(), told }
    }

    /// Where to go on; nothing once the page is full or all is told.
    pub(super) fn go_on(&mut self) -> Option<Told> {
        self.told.take().filter(|_| self.all.len() < self.wanted)
    }

    /// Takes what was found, as far as the caller sees its members.
    pub(super) fn take(&mut self, found: Vec<T>, seen: &BTreeSet<String>) {
        self.told = found.last().map(|it| it.told().clone());
        self.all.extend(found.into_iter().filter(|it| seen.contains(it.member())));
    }

    /// The page, and the token of the one after it; empty where nothing follows.
    pub(super) fn page<M: Message>(
        mut self,
        page: &Page,
        known: Moment,
        encode: impl Fn(&T) -> M,
    ) -> (Vec<M>, String) {
        self.all.truncate(self.wanted);
        let (shown, more) = page.fit::<M>(self.all.iter().map(encode).collect());
        let last = shown.len().checked_sub(1).and_then(|it| self.all.get(it)).filter(|_| more);
        let token = last.map_or_else(String::new, |it| {
            let entries = i64::try_from(it.told().entries).unwrap_or(i64::MAX);
            page.next(&format!("{} {}", it.told().member, fact_id(entries)), Some(known))
        });
        (shown, token)
    }
}
