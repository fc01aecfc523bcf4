//! Who is entitled to what, and by what (A1, A2, A4).

use crate::domain::exact::Money;

/// What kind of document entitles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// A scheme: its published results.
    Scheme,
    /// A selection document: its confirmed selection.
    Selection,
}

impl SourceKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Scheme, Self::Selection];

    /// The word of rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Selection => "selection",
        }
    }

    /// The kind of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What entitles: a document in one period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// What kind of document.
    pub kind: SourceKind,
    /// Its id.
    pub id: String,
    /// The period, as `2022`.
    pub period: String,
}

/// Who is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecipientKind {
    /// A branch, as working funds.
    Branch,
    /// A person.
    Member,
}

impl RecipientKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Branch, Self::Member];

    /// The word of rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Member => "member",
        }
    }

    /// The kind of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What is paid once for one source (A4): the store takes it once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntitlementKey {
    /// The award.
    pub award: String,
    /// Who is paid, ...
    pub recipient: RecipientKind,
    /// ... and the id.
    pub recipient_id: String,
    /// Where the document pays the award each time it is earned: the subject that earned it. Empty
    /// where it pays once.
    pub each: String,
}

/// An entitlement (应得奖补) as a source gives it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What is paid once.
    pub key: EntitlementKey,
    /// What the award is called.
    pub title: String,
    /// How much.
    pub amount: Money,
    /// The subjects of the results that it rests on, by id: several where one person earned a once
    /// award in several posts.
    pub subjects: Vec<String>,
}

/// Why an award that was earned has nobody to be paid to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyUnclaimed {
    /// The registry names no branch.
    NoBranch,
    /// The registry names no person.
    NoPerson,
}

impl WhyUnclaimed {
    /// The stable reason.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoBranch => "NO_BRANCH",
            Self::NoPerson => "NO_PERSON",
        }
    }

    /// Why, in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::NoBranch => "the registry names no branch that would be paid",
            Self::NoPerson => "the registry names no person who would be paid",
        }
    }

    /// In Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NoBranch => "登记中没有应领取的党支部",
            Self::NoPerson => "登记中没有应领取的人员",
        }
    }
}

/// An award that was earned and that nobody can be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclaimed {
    /// The award.
    pub award: String,
    /// The subject that earned it.
    pub subject: String,
    /// Why nobody is paid.
    pub why: WhyUnclaimed,
}
