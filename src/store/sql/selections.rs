//! Selections, their rosters and what happened in them.

use crate::store::bulk::{Holds, Table};

macro_rules! selection {
    () => {
        "
SELECT selection_id, document_id, document_version, period, roster_day, scheme_id, scheme_version,
       recorded, recorded_by, request_id
  FROM selections"
    };
}

statements! {
    SELECTION = concat!(selection!(), "
 WHERE county = $1 AND selection_id = $2");

    SELECTION_PAGE = concat!(selection!(), "
 WHERE county = $1 AND selection_id > $2
 ORDER BY selection_id
 LIMIT $3");

    SELECTION_ROSTER = "
SELECT branch, compound, community, street
  FROM selection_roster
 WHERE county = $1 AND selection_id = $2
 ORDER BY branch";

    SELECTION_EVENTS = "
SELECT event, what, branch, detail, text, decided_by, evidence, recorded, recorded_by, request_id
  FROM selection_events
 WHERE county = $1 AND selection_id = $2 AND event > $3
 ORDER BY event";

    INSERT_SELECTION = "
INSERT INTO selections (county, selection_id, document_id, document_version, period, roster_day,
                        scheme_id, scheme_version, recorded, recorded_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
}

pub(in super::super) const SELECTION_ROSTER_TABLE: Table = Table {
    name: "selection_roster",
    columns: &[
        ("county", Holds::Text),
        ("selection_id", Holds::Text),
        ("branch", Holds::Text),
        ("compound", Holds::Text),
        ("community", Holds::Text),
        ("street", Holds::Text),
    ],
    tail: "",
};

pub(in super::super) const SELECTION_EVENTS_TABLE: Table = Table {
    name: "selection_events",
    columns: &[
        ("county", Holds::Text),
        ("selection_id", Holds::Text),
        ("event", Holds::Int),
        ("what", Holds::Text),
        ("branch", Holds::Text),
        ("detail", Holds::Text),
        ("text", Holds::Text),
        ("decided_by", Holds::Text),
        ("evidence", Holds::Text),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
    ],
    tail: "",
};
