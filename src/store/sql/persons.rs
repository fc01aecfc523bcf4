//! Names of persons, what was erased, and where else a person is named.

use crate::store::bulk::{Holds, Table};

statements! {
    // The row stays and says that there was a name.
    ERASE_NAME = "
UPDATE person_names
   SET name = '', salt = $5
 WHERE county = $1 AND kind = $2 AND id = $3 AND seq = $4 AND name <> ''";

    // What was hashed had the name in it; a repeat of the request is told that its id is taken.
    BLIND_REQUEST = "
UPDATE request_log
   SET fingerprint = $4
 WHERE county = $1 AND principal = $2 AND request_id = $3";

    INSERT_ERASURE = "
INSERT INTO person_erasures (county, id, recorded, erased_by, reason, request_id)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (county, id) DO NOTHING";

    ERASURES = concat!("
SELECT e.id, e.recorded, e.erased_by, e.reason
  FROM ", for_each_of!("$2", "person_erasures", "e", "e.county = $1 AND e.id = k.value"), "
 ORDER BY e.id");

    // Facts that somebody recorded, or that name somebody beside their subject. `$4` is a pattern.
    FACTS_NAMING = concat!(columns!(), reversal!(), "
  FROM facts f
  LEFT JOIN facts r ON r.county = f.county AND r.reverses = f.seq
 WHERE f.county = $1 AND f.seq > $2
   AND (f.recorded_by = $3 OR f.by_whom = $3 OR f.detail LIKE $4 ESCAPE '!')
 ORDER BY f.seq
 LIMIT $5");

    REQUESTS_OF = "
SELECT request_id, method, recorded
  FROM request_log
 WHERE county = $1 AND principal = $2 AND request_id > $3
 ORDER BY request_id
 LIMIT $4";
}

pub(in super::super) const PERSON_NAMES: Table = Table {
    name: "person_names",
    columns: &[
        ("county", Holds::Text),
        ("kind", Holds::Text),
        ("id", Holds::Text),
        ("seq", Holds::Int),
        ("name", Holds::Text),
        ("salt", Holds::Bytes),
    ],
    tail: "",
};
