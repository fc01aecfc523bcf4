//! Appraisal chains and what was recorded about them.

use crate::store::bulk::{Holds, Table};

macro_rules! chain {
    () => {
        "
SELECT chain_id, period, steps, recorded, recorded_by, request_id
  FROM chains"
    };
}

statements! {
    CHAIN = concat!(chain!(), "
 WHERE county = $1 AND chain_id = $2");

    CHAIN_PAGE = concat!(chain!(), "
 WHERE county = $1 AND chain_id > $2 AND ($3 = '' OR period = $3)
 ORDER BY chain_id
 LIMIT $4");

    CHAIN_EVENTS = "
SELECT event, what, scheme_id, unit, subject, item, cases, reason, recorded, recorded_by, request_id
  FROM chain_events
 WHERE county = $1 AND chain_id = $2
 ORDER BY event";

    INSERT_CHAIN = "
INSERT INTO chains (county, chain_id, period, steps, recorded, recorded_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)";
}

pub(in super::super) const CHAIN_EVENTS_TABLE: Table = Table {
    name: "chain_events",
    columns: &[
        ("county", Holds::Text),
        ("chain_id", Holds::Text),
        ("event", Holds::Int),
        ("what", Holds::Text),
        ("scheme_id", Holds::Text),
        ("unit", Holds::Text),
        ("subject", Holds::Text),
        ("item", Holds::Text),
        ("cases", Holds::Int),
        ("reason", Holds::Text),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
    ],
    tail: "",
};
