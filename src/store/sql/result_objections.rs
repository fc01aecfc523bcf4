//! Objections to published results, and what they were answered.

statements! {
    RESULT_OBJECTIONS = "
SELECT o.run_id, o.number, o.subject, o.person, o.node, o.text, o.raised_by, o.raised_on,
       o.evidence, o.recorded, o.recorded_by, o.request_id, a.verdict, a.text AS answer,
       a.answered_by, a.evidence AS answer_evidence, a.recorded AS answered,
       a.recorded_by AS answer_recorded_by, a.request_id AS answer_request_id
  FROM result_objections o
  LEFT JOIN result_answers a
    ON a.county = o.county AND a.run_id = o.run_id AND a.number = o.number
 WHERE o.county = $1 AND (o.run_id, o.number) > ($2, $3)
 ORDER BY o.run_id, o.number
 LIMIT $4";

    INSERT_RESULT_OBJECTION = "
INSERT INTO result_objections
       (county, run_id, number, subject, person, node, text, raised_by, raised_on, evidence,
        recorded, recorded_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

    INSERT_RESULT_ANSWER = "
INSERT INTO result_answers
       (county, run_id, number, verdict, text, answered_by, evidence, recorded, recorded_by,
        request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
}
