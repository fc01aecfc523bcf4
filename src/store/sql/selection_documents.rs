//! Published selection documents.

/// The header of selection document `s`.
macro_rules! header {
    () => {
        "s.document_id, s.version, s.digest, s.title, s.honour, s.criteria_scheme, s.in_force_from,
       s.in_force_until, s.published, s.published_by, s.request_id"
    };
}

statements! {
    SELECTION_DOCUMENT = concat!("SELECT ", header!(), ", s.document
  FROM selection_documents s
 WHERE s.county = $1 AND s.document_id = $2 AND (s.version = $3 OR $3 = 0)
 ORDER BY s.version DESC
 LIMIT 1");

    SELECTION_DOCUMENT_IN_FORCE = concat!("SELECT ", header!(), ", s.document
  FROM selection_documents s
 WHERE s.county = $1 AND s.document_id = $2 AND s.in_force_from <= $3
   AND (s.in_force_until IS NULL OR s.in_force_until >= $3)
 ORDER BY s.version DESC
 LIMIT 1");

    SELECTION_DOCUMENT_PAGE = concat!("SELECT ", header!(), "
  FROM selection_documents s
 WHERE s.county = $1 AND (s.document_id, s.version) > ($2, $3)
 ORDER BY s.document_id, s.version
 LIMIT $4");

    INSERT_SELECTION_DOCUMENT = "
INSERT INTO selection_documents
       (county, document_id, version, document, digest, title, honour, criteria_scheme,
        in_force_from, in_force_until, published, published_by, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
}
