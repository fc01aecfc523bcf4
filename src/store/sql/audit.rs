//! The audit trail beside what it is about: for listing, for checkpoints and for the proof.

/// The columns of an audit entry.
macro_rules! entries {
    () => {
        "
SELECT county, seq, recorded, principal, method, request_id, fingerprint, subject, effect_digest,
       prev_hash, hash
  FROM audit_entries"
    };
}

statements! {
    // An empty text asks for nothing; a method or subject is asked for by how it begins.
    AUDIT_FOUND = concat!(entries!(), "
 WHERE county = $1 AND seq > $2 AND ($4 = '' OR principal = $4)
   AND SUBSTR(method, 1, LENGTH(CAST($5 AS TEXT))) = $5
   AND SUBSTR(subject, 1, LENGTH(CAST($6 AS TEXT))) = $6
   AND recorded >= $7 AND recorded <= $8
 ORDER BY seq
 LIMIT $3");

    // The next county that anything is kept of, each table by a look into its key.
    NEXT_COUNTY = "
SELECT MIN(c.county) AS county
  FROM (SELECT MIN(county) AS county FROM all_counties WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_audit_entries WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_audit_checkpoints WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_request_log WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_registry_versions WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_schemes WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_selection_documents WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_schedules WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_calendar_editions WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_rounds WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_chains WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_selections WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_money_movements WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_award_batches WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_facts WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_runs WHERE county > $1
        UNION ALL SELECT MIN(county) FROM counties_of_publications WHERE county > $1) c";

    LEDGER_PAGE = concat!(columns!(), "
  FROM facts f
 WHERE f.county = $1 AND f.seq > $2
 ORDER BY f.seq
 LIMIT $3");

    REGISTRY_ROWS = concat!(versions!(), "
  FROM registry_versions v
 WHERE v.county = $1 AND (v.kind, v.id, v.effective_from, v.seq) > ($2, $3, $4, $5)
 ORDER BY v.kind, v.id, v.effective_from, v.seq
 LIMIT $6");

    REQUEST_PAGE = "
SELECT principal, request_id, method, fingerprint, recorded
  FROM request_log
 WHERE county = $1 AND (principal, request_id) > ($2, $3) AND response IS NOT NULL
 ORDER BY principal, request_id
 LIMIT $4";

    CHECKPOINTS = "
SELECT county, entries, key_id, head, signed, signature
  FROM audit_checkpoints
 WHERE county = $1 AND (entries, key_id) > ($2, $3)
 ORDER BY entries, key_id
 LIMIT $4";

    NEWEST_CHECKPOINT = "
SELECT county, entries, key_id, head, signed, signature
  FROM audit_checkpoints
 WHERE county = $1 AND entries >= 0
 ORDER BY entries DESC, key_id
 LIMIT 1";

    INSERT_CHECKPOINT = "
INSERT INTO audit_checkpoints (county, entries, key_id, head, signed, signature)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (county, entries, key_id) DO NOTHING";
}
