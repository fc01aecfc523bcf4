//! Assessment rounds, sheets and their revisions.

use crate::store::bulk::{Holds, Table};

/// The header of round `o`, with the step `c` that closed it.
macro_rules! round {
    () => {
        "
SELECT o.round_id, o.scheme_id, o.version, o.subject_kind, o.period, o.opens_on, o.due_on,
       o.recorded, o.recorded_by, o.request_id, c.step AS closed_step, c.reason AS closed_reason,
       c.first_fact AS closed_first_fact, c.facts AS closed_facts, c.recorded AS closed,
       c.recorded_by AS closed_by, c.request_id AS closed_request_id
  FROM rounds o
  LEFT JOIN round_steps c
    ON c.county = o.county AND c.round_id = o.round_id AND c.what = 'closing'"
    };
}

/// Expected sheet `s` with its newest revision `r`.
macro_rules! sheet {
    () => {
        "
SELECT s.round_id, s.role, s.assessor, s.subject, s.optional, s.holder, s.recorded, s.recorded_by,
       s.request_id, r.revision, r.state, r.recorded AS revised, r.recorded_by AS revised_by,
       r.request_id AS revised_request_id"
    };
}

/// The revision that was the newest at moment `$2`.
macro_rules! newest {
    () => {
        "
    ON r.county = s.county AND r.round_id = s.round_id AND r.role = s.role
   AND r.assessor = s.assessor AND r.subject = s.subject
   AND r.revision = (SELECT MAX(x.revision) FROM round_revisions x
                      WHERE x.county = s.county AND x.round_id = s.round_id AND x.role = s.role
                        AND x.assessor = s.assessor AND x.subject = s.subject
                        AND x.recorded <= $2)"
    };
}

statements! {
    ROUND = concat!(round!(), "
 WHERE o.county = $1 AND o.round_id = $2");

    ROUND_PAGE = concat!(round!(), "
 WHERE o.county = $1 AND o.round_id > $2 AND ($3 = '' OR o.scheme_id = $3)
   AND ($4 = '' OR o.period = $4)
 ORDER BY o.round_id
 LIMIT $5");

    ROUND_STEPS = "
SELECT p.step, p.what, p.role, p.assessor, p.subject, p.until_day, p.reason, p.first_fact, p.facts,
       p.recorded, p.recorded_by, p.request_id
  FROM round_steps p
 WHERE p.county = $1 AND p.round_id = $3 AND p.recorded <= $2
 ORDER BY p.step";

    ROUND_SHEETS = concat!(sheet!(), ", '' AS points
  FROM round_sheets s
  LEFT JOIN round_revisions r", newest!(), "
 WHERE s.county = $1 AND s.round_id = $3 AND s.recorded <= $2
   AND (s.role, s.assessor, s.subject) > ($4, $5, $6)
 ORDER BY s.role, s.assessor, s.subject
 LIMIT $7");

    HANDED_IN = concat!(sheet!(), ", r.points
  FROM round_sheets s
  JOIN round_revisions r", newest!(), "
 WHERE s.county = $1 AND s.round_id = $3 AND s.recorded <= $2 AND r.state = 'handed_in'
   AND (s.role, s.assessor, s.subject) > ($4, $5, $6)
 ORDER BY s.role, s.assessor, s.subject
 LIMIT $7");

    SHEETS_OF = concat!(sheet!(), ", r.points
  FROM ", for_each_of!("$6", "round_sheets", "s",
    "s.county = $1 AND s.round_id = $3 AND s.role = $4 AND s.assessor = $5 AND s.subject = k.value"), "
  LEFT JOIN round_revisions r", newest!(), "
 WHERE s.recorded <= $2
 ORDER BY s.role, s.assessor, s.subject");

    SHEETS_HELD = concat!(sheet!(), ", r.points
  FROM ", for_each_of!("$4", "round_sheets", "s",
    "s.county = $1 AND s.round_id = $3 AND s.holder = k.value"), "
  LEFT JOIN round_revisions r", newest!(), "
 WHERE s.recorded <= $2 AND (s.role, s.assessor, s.subject) > ($5, $6, $7)
 ORDER BY s.role, s.assessor, s.subject
 LIMIT $8");

    SHEETS_ABOUT = concat!(sheet!(), ", '' AS points
  FROM ", for_each_of!("$3", "round_sheets", "s", "s.county = $1 AND s.subject = k.value"), "
  LEFT JOIN round_revisions r", newest!(), "
 WHERE s.recorded <= $2
 ORDER BY s.round_id, s.role, s.assessor, s.subject");

    ANY_SHEET_OF = concat!(sheet!(), ", '' AS points
  FROM round_sheets s
  LEFT JOIN round_revisions r", newest!(), "
 WHERE s.county = $1 AND s.round_id = $3 AND s.role = $4 AND s.assessor = $5 AND s.recorded <= $2
 ORDER BY s.role, s.assessor, s.subject
 LIMIT 1");

    ROUND_REVISIONS = "
SELECT r.role, r.assessor, r.subject, r.revision, r.state, r.points, r.recorded AS revised,
       r.recorded_by AS revised_by, r.request_id AS revised_request_id
  FROM round_revisions r
 WHERE r.county = $1 AND r.round_id = $2
   AND (r.role, r.assessor, r.subject, r.revision) > ($3, $4, $5, $6)
 ORDER BY r.role, r.assessor, r.subject, r.revision
 LIMIT $7";

    INSERT_ROUND = "
INSERT INTO rounds
       (county, round_id, scheme_id, version, subject_kind, period, opens_on, due_on, recorded,
        recorded_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    INSERT_ROUND_STEP = "
INSERT INTO round_steps
       (county, round_id, step, what, role, assessor, subject, until_day, reason, first_fact, facts,
        recorded, recorded_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
}

pub(in super::super) const ROUND_SHEETS_TABLE: Table = Table {
    name: "round_sheets",
    columns: &[
        ("county", Holds::Text),
        ("round_id", Holds::Text),
        ("role", Holds::Text),
        ("assessor", Holds::Text),
        ("subject", Holds::Text),
        ("optional", Holds::Int),
        ("holder", Holds::Text),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
    ],
    tail: "",
};

pub(in super::super) const ROUND_REVISIONS_TABLE: Table = Table {
    name: "round_revisions",
    columns: &[
        ("county", Holds::Text),
        ("round_id", Holds::Text),
        ("role", Holds::Text),
        ("assessor", Holds::Text),
        ("subject", Holds::Text),
        ("revision", Holds::Int),
        ("state", Holds::Text),
        ("points", Holds::Text),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
    ],
    tail: "",
};
