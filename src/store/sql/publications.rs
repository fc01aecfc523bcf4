//! Publications.

statements! {
    PUBLICATIONS = "
SELECT seq, run_id, replaced_run_id, scheme_id, period, subject_kind, recorded
  FROM publications
 WHERE county = $1 AND seq > $2 AND ($3 = '' OR scheme_id = $3)
 ORDER BY seq
 LIMIT $4";

    // The county's head is locked, so that nobody else takes the number.
    APPEND_PUBLICATION = "
INSERT INTO publications
       (county, seq, run_id, replaced_run_id, scheme_id, period, subject_kind, recorded)
VALUES ($1,
        COALESCE((SELECT p.seq + 1 FROM publications p
                   WHERE p.county = $1 AND p.seq > 0 ORDER BY p.seq DESC LIMIT 1), 1),
        $2, $3, $4, $5, $6, $7)
RETURNING seq";
}
