//! Entitlements, batches of payments, and recoveries.

use crate::store::bulk::{Holds, Table};

macro_rules! batch {
    () => {
        "
SELECT batch_id, year, purpose, source_kind, source_id, period, source_version, origin, text,
       recorded, recorded_by, request_id
  FROM award_batches"
    };
}

/// The payments `l` of batches `b`, whose source is theirs.
macro_rules! lines {
    () => {
        "
SELECT l.batch_id, l.line, l.award, l.recipient_kind, l.recipient, l.each_of, l.attempt, l.amount,
       l.subjects, l.award_title
  FROM award_batches b
  JOIN award_lines l
    ON l.county = b.county AND l.batch_id = b.batch_id AND l.source_kind = b.source_kind
   AND l.source_id = b.source_id AND l.period = b.period"
    };
}

/// What happened to batches `b`.
macro_rules! batch_events {
    () => {
        "
SELECT e.batch_id, e.event, e.what, e.line, e.on_day, e.reference, e.text, e.decided_by, e.evidence,
       e.recorded, e.recorded_by, e.request_id
  FROM award_batches b
  JOIN award_batch_events e ON e.county = b.county AND e.batch_id = b.batch_id"
    };
}

/// Recoveries `r` of payments of batches `b`.
macro_rules! recoveries {
    () => {
        "
SELECT r.recovery, r.batch_id, r.line, r.amount, r.cause, r.cause_id, r.text, r.decided_by,
       r.evidence, r.recorded, r.recorded_by, r.request_id
  FROM award_batches b
  JOIN recoveries r ON r.county = b.county AND r.batch_id = b.batch_id"
    };
}

/// What became of recoveries of payments of batches `b`.
macro_rules! recovery_events {
    () => {
        "
SELECT e.recovery, e.event, e.what, e.amount, e.on_day, e.reference, e.text, e.decided_by,
       e.evidence, e.recorded, e.recorded_by, e.request_id
  FROM award_batches b
  JOIN recoveries r ON r.county = b.county AND r.batch_id = b.batch_id
  JOIN recovery_events e ON e.county = r.county AND e.recovery = r.recovery"
    };
}

macro_rules! of_batch {
    () => {
        "
 WHERE b.county = $1 AND b.batch_id = $2"
    };
}

macro_rules! of_source {
    () => {
        "
 WHERE b.county = $1 AND b.source_kind = $2 AND b.source_id = $3 AND b.period = $4"
    };
}

statements! {
    BATCH = concat!(batch!(), "
 WHERE county = $1 AND batch_id = $2");

    BATCH_PAGE = concat!(batch!(), "
 WHERE county = $1 AND batch_id > $2 AND ($3 = '' OR year = $3) AND ($4 = '' OR purpose = $4)
 ORDER BY batch_id
 LIMIT $5");

    BATCHES_OF = concat!(batch!(), "
 WHERE county = $1 AND source_kind = $2 AND source_id = $3 AND period = $4
 ORDER BY batch_id");

    ENTITLEMENTS_OF = "
SELECT award, recipient_kind, recipient, each_of, recorded, recorded_by, request_id
  FROM entitlements
 WHERE county = $1 AND source_kind = $2 AND source_id = $3 AND period = $4
 ORDER BY award, recipient_kind, recipient, each_of";

    LINES_OF_BATCH = concat!(lines!(), of_batch!(), "
 ORDER BY l.batch_id, l.line");

    LINES_OF_SOURCE = concat!(lines!(), of_source!(), "
 ORDER BY l.batch_id, l.line");

    EVENTS_OF_BATCH = concat!(batch_events!(), of_batch!(), "
 ORDER BY e.batch_id, e.event");

    EVENTS_OF_SOURCE = concat!(batch_events!(), of_source!(), "
 ORDER BY e.batch_id, e.event");

    RECOVERIES_OF_BATCH = concat!(recoveries!(), of_batch!(), "
 ORDER BY r.recovery");

    RECOVERIES_OF_SOURCE = concat!(recoveries!(), of_source!(), "
 ORDER BY r.recovery");

    RECOVERY_EVENTS_OF_BATCH = concat!(recovery_events!(), of_batch!(), "
 ORDER BY e.recovery, e.event");

    RECOVERY_EVENTS_OF_SOURCE = concat!(recovery_events!(), of_source!(), "
 ORDER BY e.recovery, e.event");

    RECOVERY = concat!(recoveries!(), "
 WHERE r.county = $1 AND r.recovery = $2");

    RECOVERY_PAGE = concat!(recoveries!(), "
 WHERE r.county = $1 AND r.recovery > $2 AND ($3 = '' OR b.year = $3) AND ($4 = '' OR b.purpose = $4)
 ORDER BY r.recovery
 LIMIT $5");

    LAST_RECOVERY = "
SELECT recovery
  FROM recoveries
 WHERE county = $1 AND recovery > 0
 ORDER BY recovery DESC
 LIMIT 1";

    INSERT_BATCH = "
INSERT INTO award_batches
       (county, batch_id, year, purpose, source_kind, source_id, period, source_version, origin,
        text, recorded, recorded_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
}

pub(in super::super) const ENTITLEMENTS: Table = Table {
    name: "entitlements",
    columns: &[
        ("county", Holds::Text),
        ("source_kind", Holds::Text),
        ("source_id", Holds::Text),
        ("period", Holds::Text),
        ("award", Holds::Text),
        ("recipient_kind", Holds::Text),
        ("recipient", Holds::Text),
        ("each_of", Holds::Text),
        ("batch_id", Holds::Text),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
    ],
    tail: "",
};

pub(in super::super) const AWARD_LINES: Table = Table {
    name: "award_lines",
    columns: &[
        ("county", Holds::Text),
        ("batch_id", Holds::Text),
        ("line", Holds::Int),
        ("source_kind", Holds::Text),
        ("source_id", Holds::Text),
        ("period", Holds::Text),
        ("award", Holds::Text),
        ("recipient_kind", Holds::Text),
        ("recipient", Holds::Text),
        ("each_of", Holds::Text),
        ("attempt", Holds::Int),
        ("amount", Holds::Int),
        ("subjects", Holds::Text),
        ("award_title", Holds::Text),
    ],
    tail: "",
};

pub(in super::super) const AWARD_BATCH_EVENTS: Table = Table {
    name: "award_batch_events",
    columns: &[
        ("county", Holds::Text),
        ("batch_id", Holds::Text),
        ("event", Holds::Int),
        ("what", Holds::Text),
        ("line", Holds::Int),
        ("on_day", Holds::Day),
        ("reference", Holds::Text),
        ("text", Holds::Text),
        ("decided_by", Holds::Text),
        ("evidence", Holds::Text),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
    ],
    tail: "",
};

pub(in super::super) const RECOVERIES: Table = Table {
    name: "recoveries",
    columns: &[
        ("county", Holds::Text),
        ("recovery", Holds::Int),
        ("batch_id", Holds::Text),
        ("line", Holds::Int),
        ("amount", Holds::Int),
        ("cause", Holds::Text),
        ("cause_id", Holds::Text),
        ("text", Holds::Text),
        ("decided_by", Holds::Text),
        ("evidence", Holds::Text),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
    ],
    tail: "",
};

pub(in super::super) const RECOVERY_EVENTS: Table = Table {
    name: "recovery_events",
    columns: &[
        ("county", Holds::Text),
        ("recovery", Holds::Int),
        ("event", Holds::Int),
        ("what", Holds::Text),
        ("amount", Holds::Int),
        ("on_day", Holds::Day),
        ("reference", Holds::Text),
        ("text", Holds::Text),
        ("decided_by", Holds::Text),
        ("evidence", Holds::Text),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
    ],
    tail: "",
};
