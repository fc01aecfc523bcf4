//! From a document's text to a selection document: all faults at once, each with its place, its path,
//! what is wrong and what would be right. The text is read as strictly as a scheme's.

mod criteria;
mod document;
mod shapes;
mod steps;
#[cfg(test)]
mod tests;

pub use criteria::{Unfit, UnfitCriteria, unfit};

use crate::domain::scheme::{
    SchemeFault,
    read::{At, Reader, sort},
    schema::schema_of,
    yaml,
};
use crate::domain::selection::SelectionDocument;

impl SelectionDocument {
    /// Reads and checks a document by itself. What it asks of its criteria scheme, [`unfit`] tells.
    ///
    /// # Errors
    /// Every fault of the document, in the order of the text.
    pub fn read(text: &[u8]) -> Result<Self, Vec<SchemeFault>> {
        let parsed = yaml::parse(text);
        let mut reader = Reader::new(parsed.faults);
        let read = parsed.tree.as_ref();
        let read = read.and_then(|tree| document::document(&mut reader, &At::root(tree)));
        let mut faults = reader.faults;
        sort(&mut faults);
        read.filter(|_| faults.is_empty()).ok_or(faults)
    }
}

/// What a scheme lacks, as faults of the document's text, in its order.
pub fn unfit_faults(text: &[u8], lacking: &[UnfitCriteria]) -> Vec<SchemeFault> {
    let tree = yaml::parse(text).tree;
    let criteria = tree.as_ref().and_then(|it| it.get("criteria"));
    let place = |it: &UnfitCriteria| {
        let value = criteria?.get(it.key)?;
        it.index.map_or(Some(value), |index| value.items().get(index)).map(|it| it.place)
    };
    let mut faults: Vec<_> =
        lacking.iter().map(|it| it.fault(place(it).unwrap_or_default())).collect();
    sort(&mut faults);
    faults
}

/// The JSON Schema (2020-12) of the selection document, as text. What a schema cannot say (orders,
/// references) the reader says.
pub fn selection_schema() -> String {
    let names = ("urn:steelyard:selection:v1", "Steelyard selection document");
    schema_of(names, &shapes::DOCUMENT, &shapes::all())
}
