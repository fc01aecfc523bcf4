//! What was done to a trail, in plain words.

use std::fmt;

/// What was done to a county's trail, its checkpoints, or the rows that it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tampering {
    /// A field of an entry was edited.
    FieldEdited,
    /// A hash of an entry was edited.
    HashEdited,
    /// The first entries were deleted.
    FirstDeleted,
    /// Entries in the middle were deleted.
    MiddleDeleted,
    /// The last entry was deleted.
    LastDeleted,
    /// The last few entries were deleted.
    LastFewDeleted,
    /// All entries of a county were deleted.
    AllDeleted,
    /// An entry was inserted.
    Inserted,
    /// Entries stand in another order.
    Reordered,
    /// An entry was put in a second time.
    Duplicated,
    /// An entry was moved from one county to another.
    Moved,
    /// Characters were moved from one field to the next.
    BoundaryShifted,
    /// The stored checkpoints were put back.
    CheckpointRewound,
    /// Two entries follow the same one.
    Forked,
    /// The history was written anew from some point on, with new hashes.
    Rewritten,
    /// The head of a county does not say what its trail is, and the trail is whole.
    HeadEdited,
    /// A checkpoint is not signed by a key that was given.
    CheckpointUnsigned,
    /// Something was done that has no entry, or an entry speaks of something that is not there.
    EffectWithoutEntry,
    /// A row is not what its entry says was recorded.
    RowChanged,
    /// A stored value cannot be read at all.
    Unreadable,
}

impl Tampering {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FieldEdited => "field-edited",
            Self::HashEdited => "hash-edited",
            Self::FirstDeleted => "first-deleted",
            Self::MiddleDeleted => "middle-deleted",
            Self::LastDeleted => "last-deleted",
            Self::LastFewDeleted => "last-few-deleted",
            Self::AllDeleted => "all-deleted",
            Self::Inserted => "inserted",
            Self::Reordered => "reordered",
            Self::Duplicated => "duplicated",
            Self::Moved => "moved-between-counties",
            Self::BoundaryShifted => "field-boundary-shifted",
            Self::CheckpointRewound => "checkpoint-rewound",
            Self::Forked => "forked",
            Self::Rewritten => "rewritten",
            Self::HeadEdited => "head-edited",
            Self::CheckpointUnsigned => "checkpoint-unsigned",
            Self::EffectWithoutEntry => "effect-without-entry",
            Self::RowChanged => "row-changed",
            Self::Unreadable => "unreadable",
        }
    }

    /// The name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::FieldEdited => "改动字段",
            Self::HashEdited => "改动哈希",
            Self::FirstDeleted => "删除首条",
            Self::MiddleDeleted => "删除中间条目",
            Self::LastDeleted => "删除末条",
            Self::LastFewDeleted => "删除末尾若干条",
            Self::AllDeleted => "删除全部条目",
            Self::Inserted => "插入条目",
            Self::Reordered => "调换次序",
            Self::Duplicated => "重复条目",
            Self::Moved => "在县之间移动",
            Self::BoundaryShifted => "移动字段边界",
            Self::CheckpointRewound => "回退检查点",
            Self::Forked => "分叉",
            Self::Rewritten => "重写历史",
            Self::HeadEdited => "改动链首",
            Self::CheckpointUnsigned => "检查点签名无效",
            Self::EffectWithoutEntry => "效果与条目不对应",
            Self::RowChanged => "记录被改动",
            Self::Unreadable => "无法读取",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The county.
    pub county: String,
    /// What was done.
    pub what: Tampering,
    /// The entry, or the first of several; none where it is not about one.
    pub entry: Option<i64>,
    /// What was found, in a sentence.
    pub text: String,
}

impl Finding {
    pub(super) fn new(
        county: &str,
        what: Tampering,
        entry: impl Into<Option<i64>>,
        text: impl Into<String>,
    ) -> Self {
        Self { county: county.to_owned(), what, entry: entry.into(), text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.county)?;
        if let Some(entry) = self.entry {
            write!(f, "entry {entry}: ")?;
        }
        write!(f, "{}: {} ({})", self.what.name(), self.text, self.what.zh())
    }
}
