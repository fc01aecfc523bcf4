//! The ledger.

use crate::store::bulk::{Holds, Table};

statements! {
    // Facts of periods and facts of days, as they stood at `$4`.
    FACTS = concat!(columns!(), "
  FROM ", for_each_of!("$3", "facts", "f",
    "f.county = $1 AND f.subject_kind = $2 AND f.subject = k.value"), "
 WHERE f.recorded <= $4 AND f.kind ", among!("$5"), " AND f.kind <> 'reversal'
   AND (f.period ", among!("$6"), "
        OR (f.on_day <= $8 AND (f.until_day IS NULL OR f.until_day >= $7)))
   AND (SELECT r.seq FROM facts r
         WHERE r.county = f.county AND r.reverses = f.seq AND r.recorded <= $4) IS NULL
 ORDER BY f.subject, f.seq");

    LIST_FACTS = concat!(columns!(), reversal!(), "
  FROM facts f
  LEFT JOIN facts r ON r.county = f.county AND r.reverses = f.seq AND r.recorded <= $4
 WHERE f.county = $1 AND f.subject_kind = $2 AND f.subject = $3
   AND f.recorded <= $4 AND f.seq > $9 AND f.kind ", among!("$5"), " AND f.kind <> 'reversal'
   AND ($11 = 0 OR f.period ", among!("$6"), "
        OR (f.on_day <= $8 AND (f.until_day IS NULL OR f.until_day >= $7)))
   AND ($12 = 1 OR r.seq IS NULL)
 ORDER BY f.seq
 LIMIT $10");

    FACT = concat!(columns!(), reversal!(), "
  FROM facts f
  LEFT JOIN facts r ON r.county = f.county AND r.reverses = f.seq AND r.recorded <= $3
 WHERE f.county = $1 AND f.seq = $2 AND f.recorded <= $3");

    FACTS_OF = concat!(columns!(), reversal!(), "
  FROM ", for_each_of!("$2", "facts", "f",
    "f.county = $1 AND f.seq = CAST(k.value AS BIGINT)"), "
  LEFT JOIN facts r ON r.county = f.county AND r.reverses = f.seq AND r.recorded <= $3
 WHERE f.recorded <= $3
 ORDER BY f.seq");

    // What is said about other facts, by their ids: an index of its own.
    FACTS_ABOUT = concat!(columns!(), reversal!(), "
  FROM ", for_each_of!("$2", "facts", "f",
    "f.county = $1 AND f.kind IN ('entry_check', 'objection', 'answer', 'veto_step') AND f.item = k.value"), "
  LEFT JOIN facts r ON r.county = f.county AND r.reverses = f.seq AND r.recorded <= $3
 WHERE f.recorded <= $3
 ORDER BY f.seq");

    OBJECTIONS_AFTER = concat!(columns!(), reversal!(), "
  FROM facts f
  LEFT JOIN facts r ON r.county = f.county AND r.reverses = f.seq AND r.recorded <= $3
 WHERE f.county = $1 AND f.kind = 'objection' AND f.seq > $2 AND f.recorded <= $3
 ORDER BY f.seq
 LIMIT $4");

    VETOES_AFTER = concat!(columns!(), reversal!(), "
  FROM facts f
  LEFT JOIN facts r ON r.county = f.county AND r.reverses = f.seq AND r.recorded <= $3
 WHERE f.county = $1 AND f.kind = 'veto' AND f.seq > $2 AND f.recorded <= $3
 ORDER BY f.seq
 LIMIT $4");

    FACTS_BY_SOURCE_RECORD = concat!(columns!(), reversal!(), "
  FROM ", for_each_of!("$2", "facts", "f",
    "f.county = $1 AND f.source_record <> '' AND f.source_record = k.value"), "
  LEFT JOIN facts r ON r.county = f.county AND r.reverses = f.seq
 ORDER BY f.seq");
}

pub(in super::super) const FACTS_TABLE: Table = Table {
    name: "facts",
    columns: &[
        ("county", Holds::Text),
        ("seq", Holds::Int),
        ("kind", Holds::Text),
        ("subject_kind", Holds::Text),
        ("subject", Holds::Text),
        ("item", Holds::Text),
        ("period", Holds::Text),
        ("on_day", Holds::Day),
        ("until_day", Holds::Day),
        ("name", Holds::Text),
        ("amount_a", Holds::Int),
        ("amount_b", Holds::Int),
        ("detail", Holds::Text),
        ("by_whom", Holds::Text),
        ("at_micros", Holds::Int),
        ("evidence", Holds::Text),
        ("source", Holds::Text),
        ("source_record", Holds::Text),
        ("reverses", Holds::Int),
        ("recorded", Holds::Int),
        ("recorded_by", Holds::Text),
        ("request_id", Holds::Text),
        ("late_reason", Holds::Text),
    ],
    tail: "",
};
