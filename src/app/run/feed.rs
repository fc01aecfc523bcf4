//! What receiving systems follow: publications in their order, and what each did to whom, from any
//! point on. A point is a plain text that means the same for ever: runs and publications never
//! change once they are there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    Change, KeptResult, RunSelector, Shown,
    changes::differs,
    read::{selected, sound},
};
use crate::{
    app::{App, AppError, FieldFault, Missing, digest, hex, registry::RecordKind},
    store::{
        NewPublication, PublicationRecord, ReadTx, ResultRecord, ResultsAfter, RunRecord,
        StoreError, StoreTx,
    },
};

/// How many results of each run are read at once.
const PAGE: i64 = 500;
/// Bytes of the digest of a run's id that a cursor carries.
const MARK: usize = 4;
/// The most bytes of a subject's id.
const SUBJECT_MAX: usize = 64;

/// How much of a publication was told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    /// Up to this subject; empty: nothing yet.
    UpTo(String),
    /// All of it.
    All,
}

/// A point of a county's publications, from which is gone on.
///
/// As a text: `0.` is the beginning; `7-9f86d081:m-00345` is within publication 7, after subject
/// `m-00345`; `7-9f86d081.` is after all of publication 7. The digits between are the first of
/// a digest of the id of the run that was published, so that a cursor of another county, or of a
/// store that was put back to an earlier state and went another way, is told from one of this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    seq: i64,
    mark: String,
    told: Told,
}

impl Position {
    /// Before the first publication.
    pub fn start() -> Self {
        Self { seq: 0, mark: String::new(), told: Told::All }
    }

    fn at(publication: &PublicationRecord, told: Told) -> Self {
        let mark = mark(&publication.publication.run_id);
        Self { seq: publication.seq, mark, told }
    }

    /// After one subject of a publication.
    pub fn after(publication: &PublicationRecord, subject: &str) -> Self {
        Self::at(publication, Told::UpTo(subject.to_owned()))
    }

    /// Reads a text exactly as [`Position`] writes it; the empty text is the beginning. `None` where
    /// it is no such text.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text == "0." {
            return Some(Self::start());
        }
        let (seq, rest) = text.split_once('-')?;
        let (mark, told) = rest.split_at_checked(MARK.saturating_mul(2))?;
        let hex = mark.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        let told = match (told, told.strip_prefix(':')) {
            (".", _) => Told::All,
            (_, Some(subject)) if is_subject(subject) => Told::UpTo(subject.to_owned()),
            _ => return None,
        };
        let seq = number(seq).filter(|_| hex)?;
        Some(Self { seq, mark: mark.to_owned(), told })
    }
}

/// A number from 1 of at most 18 digits, as it is written.
fn number(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|it| it.is_ascii_digit()) && (1..=18).contains(&text.len());
    if !digits || text.starts_with('0') {
        return None;
    }
    let digit = |it: u8| i64::from(it.saturating_sub(b'0'));
    Some(text.bytes().fold(0, |sum: i64, it| sum.saturating_mul(10).saturating_add(digit(it))))
}

fn is_subject(text: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"._:-".contains(&it);
    text.len() <= SUBJECT_MAX && text.bytes().all(plain)
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seq)?;
        if self.seq > 0 {
            write!(f, "-{}", self.mark)?;
        }
        match &self.told {
            Told::UpTo(subject) => write!(f, ":{subject}"),
            Told::All => f.write_str("."),
        }
    }
}

fn mark(run_id: &str) -> String {
    let hash = digest(&[run_id.as_bytes()]);
    hash.get(..MARK).map(hex).unwrap_or_default()
}

/// What is wrong with a cursor that is none, or none of this county.
pub fn cursor_fault() -> FieldFault {
    FieldFault {
        path: "cursor".to_owned(),
        reason: "CURSOR_INVALID",
        en: "this is no cursor of a publication of this county: start from the beginning"
            .to_owned(),
        zh: "该游标不属于本县已有的公布，请从头开始".to_owned(),
    }
}

/// What of the publications is followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Following {
    /// Of this scheme; empty for all.
    pub scheme_id: String,
    /// Of these subjects; empty for all.
    pub subjects: BTreeSet<String>,
    /// Of these kinds of subjects; others are passed over.
    pub kinds: BTreeSet<RecordKind>,
    /// Whether every result is told whose digest differs, also where it shows nothing new.
    pub every: bool,
    /// Whether also results are told whose digest is the same: what follows from them goes by the day
    /// of publication.
    pub whole: bool,
}

/// The next part of what was published.
#[derive(Debug, Clone)]
pub struct Step {
    /// Of which publication.
    pub publication: PublicationRecord,
    /// What results of its run are shown with.
    pub after: Shown,
    /// What results of the run that it replaced are shown with; nothing where it replaced none.
    pub before: Option<Shown>,
    /// What it did to whom, by subject; perhaps to nobody of this part.
    pub changes: Vec<Change>,
    /// Where to go on after all of them.
    pub to: Position,
    /// How many subjects were looked at.
    pub looked_at: usize,
}

impl App {
    /// What was published after a position: the next part of the next publication, whoever may see
    /// it. Nothing where there is no further publication.
    ///
    /// # Errors
    /// `CURSOR_INVALID`, and those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn next_publication(
        &self,
        county: &str,
        following: &Following,
        from: &Position,
    ) -> Result<Option<Step>, AppError> {
        let mut tx = self.read().await?;
        let found = pending(&mut *tx, county, &following.scheme_id, from).await?;
        let Some((publication, after)) = found else { return Ok(None) };
        let it = &publication.publication;
        let new = self.side(&mut *tx, county, &it.run_id).await?;
        let old = match it.replaced_run_id.as_str() {
            "" => None,
            id => Some(self.side(&mut *tx, county, id).await?),
        };
        let mut step = Step {
            to: Position::at(&publication, Told::All),
            publication,
            after: new,
            before: old,
            changes: Vec::new(),
            looked_at: 0,
        };
        let kind = RecordKind::named(&step.publication.publication.subject_kind);
        if kind.is_none_or(|it| following.kinds.contains(&it)) {
            step.fill(&mut *tx, county, following, &after).await?;
        }
        Ok(Some(step))
    }

    /// One run of a publication, which is there.
    async fn side(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        run_id: &str,
    ) -> Result<Shown, AppError> {
        let selector = RunSelector::Id(run_id.to_owned());
        match selected(tx, county, &selector).await {
            Ok(run) => self.shown_of(tx, county, run).await,
            Err(AppError::NotFound { .. } | AppError::Refused(_)) => {
                let why = format!("the results of run `{run_id}` are not there");
                Err(StoreError::corrupt("publications.run_id", why).into())
            }
            Err(error) => Err(error),
        }
    }
}

/// The publication that a position is in, or the next one, and after which subject of it to go on.
async fn pending(
    tx: &mut dyn ReadTx,
    county: &str,
    scheme_id: &str,
    from: &Position,
) -> Result<Option<(PublicationRecord, String)>, AppError> {
    if let Some(before) = from.seq.checked_sub(1).filter(|it| *it >= 0) {
        let found = tx.publications(county, before, "", 1).await?.pop();
        let found =
            found.filter(|it| it.seq == from.seq && mark(&it.publication.run_id) == from.mark);
        let found = found.ok_or_else(|| AppError::Invalid(vec![cursor_fault()]))?;
        let asked = scheme_id.is_empty() || found.publication.scheme_id == scheme_id;
        if let (Told::UpTo(subject), true) = (&from.told, asked) {
            return Ok(Some((found, subject.clone())));
        }
    }
    let next = tx.publications(county, from.seq, scheme_id, 1).await?.pop();
    Ok(next.map(|it| (it, String::new())))
}

/// A subject's rows in the new run and in the old one.
type Rows = (Option<ResultRecord>, Option<ResultRecord>);

impl Step {
    /// Reads the part after a subject.
    async fn fill(
        &mut self,
        tx: &mut dyn ReadTx,
        county: &str,
        following: &Following,
        after: &str,
    ) -> Result<(), AppError> {
        let subjects = &following.subjects;
        let (news, more) = rows(tx, county, &self.after.run, subjects, after).await?;
        let (olds, more_old) = match &self.before {
            Some(old) => rows(tx, county, &old.run, subjects, after).await?,
            None => (Vec::new(), None),
        };
        // Where a run has more rows, only what lies before them is whole on both sides.
        let until = [more, more_old].into_iter().flatten().min();
        let mut together: BTreeMap<String, Rows> = BTreeMap::new();
        for row in news {
            let subject = row.subject.clone();
            together.entry(subject).or_default().0 = Some(row);
        }
        for row in olds {
            let subject = row.subject.clone();
            together.entry(subject).or_default().1 = Some(row);
        }
        for (subject, (new, old)) in together {
            if until.as_ref().is_some_and(|it| subject > *it) {
                break;
            }
            self.looked_at = self.looked_at.saturating_add(1);
            let sides = (new.as_ref(), old.as_ref());
            self.changes.extend(change(subject, sides, following)?);
        }
        if let Some(until) = until {
            self.to = Position::after(&self.publication, &until);
        }
        Ok(())
    }
}

/// Rows of a run after a subject; and the last of them where more may follow.
async fn rows(
    tx: &mut dyn ReadTx,
    county: &str,
    run: &RunRecord,
    subjects: &BTreeSet<String>,
    after: &str,
) -> Result<(Vec<ResultRecord>, Option<String>), AppError> {
    if !subjects.is_empty() {
        let left: Vec<String> = subjects.iter().filter(|it| it.as_str() > after).cloned().collect();
        return Ok((tx.results_of(county, &run.run_id, &left).await?, None));
    }
    let from = ResultsAfter::Subject(after.to_owned());
    let rows = tx.results(county, &run.run_id, &from, PAGE).await?;
    let full = i64::try_from(rows.len()).is_ok_and(|it| it >= PAGE);
    let last = rows.last().filter(|_| full).map(|it| it.subject.clone());
    Ok((rows, last))
}

/// What is told of a subject: nothing where nothing differs. A member that belongs elsewhere now is
/// told of, so that those who see it there learn its result.
fn change(
    subject: String,
    (new, old): (Option<&ResultRecord>, Option<&ResultRecord>),
    following: &Following,
) -> Result<Option<Change>, AppError> {
    if !following.whole && new.zip(old).is_some_and(|(new, old)| new.digest == old.digest) {
        return Ok(None);
    }
    let before = old.map(sound).transpose()?;
    let after = new.map(sound).transpose()?;
    let same = |(old, new): (&KeptResult, &KeptResult)| {
        !differs(old, new)
            && old.groups == new.groups
            && old.sheets == new.sheets
            && old.parts == new.parts
    };
    let told = following.every || following.whole;
    let same = !told && before.as_ref().zip(after.as_ref()).is_some_and(same);
    Ok((!same).then_some(Change { subject, before, after }))
}

/// Notes the publication of a run, in the transaction that publishes it.
pub(super) async fn publish(
    tx: &mut dyn StoreTx,
    county: &str,
    run: &RunRecord,
) -> Result<(), AppError> {
    let found = tx.scheme(county, &run.scheme_id, run.version).await?;
    let (header, _) =
        found.ok_or_else(|| AppError::not_found(Missing::Scheme, run.scheme_id.clone()))?;
    let publication = NewPublication {
        run_id: run.run_id.clone(),
        replaced_run_id: run.supersedes.clone(),
        scheme_id: run.scheme_id.clone(),
        period: run.period.clone(),
        subject_kind: header.subject_kind,
    };
    tx.append_publication(county, &publication).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Moment;

    fn published(seq: i64) -> PublicationRecord {
        let publication = NewPublication {
            run_id: format!("run-{seq}"),
            replaced_run_id: String::new(),
            scheme_id: "s".to_owned(),
            period: "2022".to_owned(),
            subject_kind: "member".to_owned(),
        };
        PublicationRecord { seq, publication, recorded: Moment::from_micros(0) }
    }

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let seventh = published(7);
        let inside = Position::after(&seventh, "m.1:a-2");
        assert_eq!(inside.to_string(), format!("7-{}:m.1:a-2", mark("run-7")));
        let positions = [
            Position::start(),
            inside,
            Position::after(&seventh, ""),
            Position::at(&seventh, Told::All),
        ];
        for it in positions {
            assert_eq!(Position::parse(&it.to_string()), Some(it));
        }
        assert_eq!(Position::parse(""), Some(Position::start()));
        assert_eq!(Position::start().to_string(), "0.");
    }

    #[test]
    fn only_what_was_written_is_a_position() {
        let long = format!("1-0123abcd:{}", "m".repeat(65));
        for text in [
            "0",
            ".",
            ":",
            "0:",
            "0-.",
            "00.",
            "1.",
            "1:",
            "-1-0123abcd.",
            "+1-0123abcd.",
            "01-0123abcd.",
            "1-0123abc.",
            "1-0123ABCD.",
            "1-0123abcd",
            "1-0123abcd..",
            "1-0123abcd.m",
            "1-0123abcd:m 1",
            "1-0123abcd:m\n",
            "1-0123abcd:党",
            " 1-0123abcd.",
            "1-0123abcd. ",
            "1_0-0123abcd.",
            "0-0123abcd.",
            "9223372036854775808-0123abcd.",
            "1-0123abc党.",
            &long,
        ] {
            assert_eq!(Position::parse(text), None, "{text:?}");
        }
    }
}
