//! Runs, batches and results.

use crate::store::bulk::{Holds, Table};

/// The columns of a run, without the cohort.
macro_rules! runs {
    () => {
        "
SELECT run_id, scheme_id, version, scheme_digest, period, known_micros, facts_seq, registry_seq,
       state, subjects, engine_version, result_digest, quotas, supersedes, superseded_by, reason,
       started, started_by, computed, published, published_by, revision
  FROM runs"
    };
}

/// The columns of result `r`.
macro_rules! results {
    () => {
        "
SELECT r.subject, r.ordinal, r.period, r.status, r.score, r.score_before, r.grade, r.ranks,
       r.awards, r.reasons, r.groups, r.digest"
    };
}

statements! {
    RUN = concat!(runs!(), "
 WHERE county = $1 AND run_id = $2");

    PUBLISHED_RUN = concat!(runs!(), "
 WHERE county = $1 AND scheme_id = $2 AND period = $3 AND state = 'published'");

    RUN_PAGE = concat!(runs!(), "
 WHERE county = $1 AND run_id > $2 AND ($3 = '' OR scheme_id = $3) AND ($4 = '' OR period = $4)
   AND state ", among!("$5"), "
 ORDER BY run_id
 LIMIT $6");

    // Of all counties; the view has nothing but these two columns.
    OPEN_RUNS = "SELECT county, run_id FROM all_open_runs ORDER BY county, run_id";

    INSERT_RUN = "
INSERT INTO runs
       (county, run_id, scheme_id, version, scheme_digest, period, known_micros, facts_seq,
        registry_seq, state, subjects, engine_version, result_digest, quotas, supersedes,
        superseded_by, reason, started, started_by, computed, published, published_by, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
        $21, $22, 1)";

    UPDATE_RUN = "
UPDATE runs
   SET state = $4, subjects = $5, engine_version = $6, result_digest = $7, quotas = $8,
       supersedes = $9, superseded_by = $10, reason = $11, computed = $12, published = $13,
       published_by = $14, revision = revision + 1
 WHERE county = $1 AND run_id = $2 AND revision = $3
RETURNING revision";

    SET_COHORT = "UPDATE runs SET cohort = $3 WHERE county = $1 AND run_id = $2";

    COHORT = "SELECT cohort FROM runs WHERE county = $1 AND run_id = $2";

    // A step waits until all before it are done. A claim that has run out can be taken again.
    CLAIM_BATCH = concat!("
UPDATE run_batches
   SET state = 'claimed', claimed_by = $3, claimed_until = $5, claim = claim + 1
 WHERE county = $1 AND run_id = $2
   AND (step, batch) = (
       SELECT b.step, b.batch
         FROM run_batches b
        WHERE b.county = $1 AND b.run_id = $2
          AND (b.state = 'open' OR (b.state = 'claimed' AND b.claimed_until < $4))
          AND NOT EXISTS (
              SELECT 1 FROM run_batches e
               WHERE e.county = $1 AND e.run_id = $2 AND e.step < b.step AND e.state <> 'done')
        ORDER BY b.step, b.batch
        LIMIT 1", skip_locked!(), ")
   AND (state = 'open' OR (state = 'claimed' AND claimed_until < $4))
RETURNING step, batch, subjects, claim");

    EXTEND_CLAIM = "
UPDATE run_batches
   SET claimed_until = $6
 WHERE county = $1 AND run_id = $2 AND step = $3 AND batch = $4 AND claim = $5
   AND state = 'claimed'";

    COMPLETE_BATCH = "
UPDATE run_batches
   SET state = 'done', payload = $6
 WHERE county = $1 AND run_id = $2 AND step = $3 AND batch = $4 AND claim = $5
   AND state = 'claimed'";

    PROGRESS = "
SELECT step, COUNT(*) AS total, COUNT(CASE WHEN state = 'done' THEN 1 END) AS done
  FROM run_batches
 WHERE county = $1 AND run_id = $2
 GROUP BY step
 ORDER BY step";

    PAYLOADS = "
SELECT payload
  FROM run_batches
 WHERE county = $1 AND run_id = $2 AND step = $3 AND state = 'done'
 ORDER BY batch";

    RESULTS_BY_ORDINAL = concat!(results!(), "
  FROM results r
 WHERE r.county = $1 AND r.run_id = $2 AND r.ordinal > $3
 ORDER BY r.ordinal
 LIMIT $4");

    RESULTS_BY_SUBJECT = concat!(results!(), "
  FROM results r
 WHERE r.county = $1 AND r.run_id = $2 AND r.subject > $3
 ORDER BY r.subject
 LIMIT $4");

    RESULTS_OF = concat!(results!(), "
  FROM ", for_each_of!("$3", "results", "r",
    "r.county = $1 AND r.run_id = $2 AND r.subject = k.value"), "
 ORDER BY r.subject");
}

pub(in super::super) const RUN_BATCHES: Table = Table {
    name: "run_batches",
    columns: &[
        ("county", Holds::Text),
        ("run_id", Holds::Text),
        ("step", Holds::Int),
        ("batch", Holds::Int),
        ("subjects", Holds::Text),
        ("state", Holds::Text),
        ("claimed_by", Holds::Text),
        ("claimed_until", Holds::Int),
        ("claim", Holds::Int),
        ("payload", Holds::Bytes),
    ],
    tail: "",
};

pub(in super::super) const RESULTS_TABLE: Table = Table {
    name: "results",
    columns: &[
        ("county", Holds::Text),
        ("run_id", Holds::Text),
        ("ordinal", Holds::Int),
        ("subject", Holds::Text),
        ("period", Holds::Text),
        ("status", Holds::Text),
        ("score", Holds::Int),
        ("score_before", Holds::Int),
        ("grade", Holds::Text),
        ("ranks", Holds::Text),
        ("awards", Holds::Text),
        ("reasons", Holds::Text),
        ("groups", Holds::Text),
        ("digest", Holds::Bytes),
    ],
    tail: "",
};
