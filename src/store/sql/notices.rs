//! Public notices of runs, with what was objected to and answered.

macro_rules! notice {
    () => {
        "
SELECT run_id, posted_on, ends_on, days, days_of, calendar, object_to, recorded, recorded_by,
       request_id
  FROM notices"
    };
}

statements! {
    NOTICE = concat!(notice!(), "
 WHERE county = $1 AND run_id = $2");

    NOTICE_PAGE = concat!(notice!(), "
 WHERE county = $1 AND run_id > $2
 ORDER BY run_id
 LIMIT $3");

    NOTICE_OBJECTIONS = "
SELECT o.run_id, o.number, o.subject, o.text, o.raised_by, o.raised_on, o.evidence, o.recorded,
       o.recorded_by, o.request_id, a.verdict, a.text AS answer, a.answered_by,
       a.evidence AS answer_evidence, a.recorded AS answered, a.recorded_by AS answer_recorded_by,
       a.request_id AS answer_request_id
  FROM notice_objections o
  LEFT JOIN notice_answers a
    ON a.county = o.county AND a.run_id = o.run_id AND a.number = o.number
 WHERE o.county = $1 AND (o.run_id, o.number) > ($2, $3)
 ORDER BY o.run_id, o.number
 LIMIT $4";

    INSERT_NOTICE = "
INSERT INTO notices
       (county, run_id, posted_on, ends_on, days, days_of, calendar, object_to, recorded,
        recorded_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    INSERT_NOTICE_OBJECTION = "
INSERT INTO notice_objections
       (county, run_id, number, subject, text, raised_by, raised_on, evidence, recorded,
        recorded_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    INSERT_NOTICE_ANSWER = "
INSERT INTO notice_answers
       (county, run_id, number, verdict, text, answered_by, evidence, recorded, recorded_by,
        request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
}
