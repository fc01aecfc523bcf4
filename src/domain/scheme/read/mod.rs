//! From a document's text to a scheme: every restriction of the scheme language, all faults at
//! once, each with its place, its path, what is wrong and what would be right.

mod advice;
mod chain;
mod document;
mod examples;
mod following;
mod indicators;
mod kinds;
mod node_shapes;
mod nodes;
mod party_floor;
mod posts;
mod predicates;
mod published;
mod reader;
mod roll_up;
mod scalars;
mod schedule;
mod shape;
mod shapes;
mod standing;
pub(in crate::domain) mod words;

#[cfg(test)]
pub(super) use node_shapes::KIND_KEYS;
pub(super) use reader::Reference;
pub(in crate::domain) use reader::{At, Fields, Reader};
pub use schedule::SCHEDULE_MAX;
pub(in crate::domain) use shape::{Form, Key, Shape, may, must, shape};
pub(in crate::domain) use shapes::{BASES, BASIS, IN_FORCE};
pub(super) use shapes::{DOCUMENT, all as all_shapes};

use super::{Scheme, SchemeFault, check, yaml};

impl Scheme {
    /// Reads and checks a document, without running its examples. What a person should look at,
    /// though it stops nothing, is in [`Scheme::warnings`].
    ///
    /// # Errors
    /// Every fault of the document, in the order of the text.
    pub fn read(text: &[u8]) -> Result<Self, Vec<SchemeFault>> {
        let parsed = yaml::parse(text);
        let mut reader = Reader::new(parsed.faults);
        let scheme = parsed.tree.as_ref().and_then(|tree| reader.document(&At::root(tree)));
        let mut faults = reader.faults;
        sort(&mut faults);
        match scheme {
            Some(mut scheme) if faults.is_empty() => {
                scheme.warnings = check::warnings(&scheme);
                sort(&mut scheme.warnings);
                Ok(scheme)
            }
            Some(_) | None => Err(faults),
        }
    }
}

/// Puts faults in the order of the text, each once.
pub(in crate::domain) fn sort(faults: &mut Vec<SchemeFault>) {
    faults.sort_by(|a, b| (a.place, &a.path, a.code).cmp(&(b.place, &b.path, b.code)));
    faults.dedup();
}
