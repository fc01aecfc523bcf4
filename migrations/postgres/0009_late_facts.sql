-- Why a fact was recorded after its period had closed; empty where it was not late.
ALTER TABLE facts ADD COLUMN late_reason TEXT COLLATE "C" NOT NULL DEFAULT '';

-- What is said about other facts, by their ids: checks of entries, objections and answers.
CREATE INDEX facts_about ON facts (county, item) WHERE kind IN ('entry_check', 'objection', 'answer');
CREATE INDEX facts_objections ON facts (county, seq) WHERE kind = 'objection';
