//! Grants of roles, and roles.

macro_rules! records {
    () => {
        "
SELECT a.seq, a.what, a.principal, a.role, a.unit_kind, a.unit_id, a.effective_from,
       a.effective_until, a.definition, a.reason, a.recorded, a.recorded_by
  FROM access_records a"
    };
}

statements! {
    ACCESS_OF = concat!(records!(), "
 WHERE a.county = $1 AND a.principal = $2
 ORDER BY a.seq");

    ACCESS_PAGE = concat!(records!(), "
 WHERE a.county = $1 AND a.seq > $2
 ORDER BY a.seq
 LIMIT $3");

    // The county's head is locked: nobody else takes the number.
    INSERT_ACCESS = "
INSERT INTO access_records (county, seq, what, principal, role, unit_kind, unit_id, effective_from,
                            effective_until, definition, reason, recorded, recorded_by, request_id)
SELECT $1, COALESCE(MAX(a.seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
  FROM access_records a
 WHERE a.county = $1 AND a.seq > 0
RETURNING seq";
}
