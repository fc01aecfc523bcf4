//! Heads, requests and the audit trail.

use crate::store::bulk::{Holds, Table};

statements! {
    // The view has the names of all counties and nothing else.
    COUNTIES = "SELECT county FROM all_counties ORDER BY county";

    HEAD = "
SELECT county, fact_seq, registry_seq, audit_count, audit_head, recorded
  FROM county_heads
 WHERE county = $1";

    // Takes the row's lock on PostgreSQL whether it was there or not; the moment always moves on.
    // It names the county to the database as well, so that a write needs no statement for that.
    LOCK_COUNTY = concat!("
INSERT INTO county_heads (county, fact_seq, registry_seq, audit_count, audit_head, recorded)
VALUES (", scope!("$1"), ", 0, 0, 0, $2, $3)
    ON CONFLICT (county) DO UPDATE
       SET recorded = CASE WHEN county_heads.recorded < excluded.recorded THEN excluded.recorded
                           ELSE county_heads.recorded + 1 END
RETURNING county, fact_seq, registry_seq, audit_count, audit_head, recorded");

    SET_HEAD = "
UPDATE county_heads
   SET fact_seq = $2, registry_seq = $3, audit_count = $4, audit_head = $5
 WHERE county = $1";

    BEGIN_REQUEST = "
INSERT INTO request_log (county, principal, request_id, method, fingerprint, response, recorded)
VALUES ($1, $2, $3, $4, $5, NULL, $6)
    ON CONFLICT (county, principal, request_id) DO NOTHING";

    REQUEST = "
SELECT method, fingerprint, response
  FROM request_log
 WHERE county = $1 AND principal = $2 AND request_id = $3";

    FINISH_REQUEST = "
UPDATE request_log
   SET response = $4
 WHERE county = $1 AND principal = $2 AND request_id = $3 AND response IS NULL";

    AUDIT_PAGE = "
SELECT county, seq, recorded, principal, method, request_id, fingerprint, subject, effect_digest,
       prev_hash, hash
  FROM audit_entries
 WHERE county = $1 AND seq > $2
 ORDER BY seq
 LIMIT $3";
}

pub(in super::super) const AUDIT_ENTRIES: Table = Table {
    name: "audit_entries",
    columns: &[
        ("county", Holds::Text),
        ("seq", Holds::Int),
        ("recorded", Holds::Int),
        ("principal", Holds::Text),
        ("method", Holds::Text),
        ("request_id", Holds::Text),
        ("fingerprint", Holds::Bytes),
        ("subject", Holds::Text),
        ("effect_digest", Holds::Bytes),
        ("prev_hash", Holds::Bytes),
        ("hash", Holds::Bytes),
    ],
    tail: "",
};
