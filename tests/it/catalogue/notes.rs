//! What the table says after its rows: where the service's answer is another than the demand that
//! the row comes from, and which demands have no row yet.

/// Below the table.
pub(super) const NOTES: &str = "
## Where the answer is another than asked for

- **C13.c**: a token that takes several frames of headers ends the connection before anything is read of it; up to there it is HTTP 431.
- **C19.b, E3**: ids differ by case, so the own id in other case is somebody else's: PERMISSION_DENIED and not INVALID_ARGUMENT.
- **D14.d**: how much is too much is said by the scheme in force, not by the shape of the message: FAILED_PRECONDITION for the item.
- **D19**: a stored value that is none is told as DATA_LOSS, so that INTERNAL means a fault of the program. A list in which it stands is refused as a whole; everything beside it is read.
- **E10, E11.b**: an item that is stored has no place for a warning, so equal names and odd characters in persons' names bring none. Ids tell records apart.
- **E12**: there is no search by text; the filters that take text are beginnings, compared as they are.
- **E13**: what is exported is JSON; there are no tables for spreadsheets whose cells could be formulas.
- **H4.b**: records, and facts in a stream, are taken or refused one by one, and the answer says which; RecordFacts is all or nothing in its shape.
- **H9**: within one process a write under an id that is under way waits in the line of writers and gets the first one's answer (H6.a); ABORTED is for a store that somebody else holds.
- **H17**: there are no consistency tokens. A moment to read as of stands in their place.
- **H21**: a watch of a run has no position to go on from; it begins with the state as it is. One of results has.

## What has no row yet

- **C24** (separation of duties): no method proposes, reviews or approves yet. The rule is tested by itself, in `src/app/access/duties.rs`.
- **D15, D16, D18** (amounts, currencies, the budget): no request carries money yet. **H11** and the part of **H12** about awards wait for the same methods; H12 is shown on publications.
- **H13** (stale etags): nothing has one. A version of a record, a scheme and a run is never edited.
- **H6** on two replicas: the store does one request that is sent twice at once a single time, on both databases (`tests/it/store_conformance/together.rs`); the binary is asked as one process here.
";
