//! Rolled-up rows, and the ledger's entries to prove them by.

use crate::store::bulk::{Holds, Table};

statements! {
    TOTALS = concat!("
SELECT t.subject_kind, t.subject, t.year, t.sums, t.through_seq, t.latest, t.revision
  FROM ", for_each_of!("$3", "totals", "t",
    "t.county = $1 AND t.subject_kind = $2 AND t.subject = k.value"), "
 WHERE t.year ", among!("$4"), "
 ORDER BY t.subject, t.year");

    // All years of subjects, for the proof.
    TOTALS_ALL_YEARS = concat!("
SELECT t.subject_kind, t.subject, t.year, t.sums, t.through_seq, t.latest, t.revision
  FROM ", for_each_of!("$3", "totals", "t",
    "t.county = $1 AND t.subject_kind = $2 AND t.subject = k.value"), "
 ORDER BY t.subject, t.year");

    // The entries that stand, of subjects over a range of days.
    STANDING_ENTRIES = concat!("
SELECT f.subject, f.item, f.on_day, f.amount_a, f.amount_b
  FROM ", for_each_of!("$3", "facts", "f",
    "f.county = $1 AND f.subject_kind = $2 AND f.subject = k.value"), "
 WHERE f.kind = 'entry' AND f.on_day >= $4 AND f.on_day <= $5
   AND (SELECT r.seq FROM facts r WHERE r.county = f.county AND r.reverses = f.seq) IS NULL
 ORDER BY f.subject, f.seq");

    // The next subjects that have entries or rolled-up rows.
    TOTALS_SUBJECTS = "
SELECT subject_kind, subject
  FROM (SELECT subject_kind, subject
          FROM (SELECT DISTINCT subject_kind, subject FROM totals
                 WHERE county = $1 AND (subject_kind, subject) > ($2, $3)
                 ORDER BY subject_kind, subject LIMIT $4) t
         UNION
        SELECT subject_kind, subject
          FROM (SELECT DISTINCT subject_kind, subject FROM facts
                 WHERE county = $1 AND kind = 'entry' AND (subject_kind, subject) > ($2, $3)
                 ORDER BY subject_kind, subject LIMIT $4) f) s
 ORDER BY subject_kind, subject
 LIMIT $4";
}

pub(in super::super) const TOTALS_TABLE: Table = Table {
    name: "totals",
    columns: &[
        ("county", Holds::Text),
        ("subject_kind", Holds::Text),
        ("subject", Holds::Text),
        ("year", Holds::Int),
        ("sums", Holds::Bytes),
        ("through_seq", Holds::Int),
        ("latest", Holds::Int),
        ("revision", Holds::Int),
    ],
    tail: "ON CONFLICT (county, subject_kind, subject, year) DO UPDATE \
           SET sums = excluded.sums, through_seq = excluded.through_seq, \
               latest = excluded.latest, revision = totals.revision + 1",
};
