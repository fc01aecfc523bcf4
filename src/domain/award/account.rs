//! Accounts (会计科目) of a purpose, and the movements between them: every one balances.

use crate::domain::exact::{InvalidMoney, Money};

/// An account of one purpose of one year. Debits are above zero and credits below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What the county has appropriated to the purpose (拨款): a credit.
    Appropriation,
    /// What can still be reserved (可用).
    Available,
    /// What is set aside for payments that are not made yet (已预留).
    Reserved,
    /// Everything that left for recipients, also what came back later (已支付).
    Paid,
    /// What the treasury sent back, of what left (退回): a credit.
    Returned,
    /// What recipients paid back (已追回): a credit.
    Recovered,
    /// What recipients owe (应追回). Money that is owed cannot be spent.
    Due,
    /// The other side of what recipients owe: a credit.
    Claims,
}

impl Account {
    /// All accounts, in the order of a trial balance.
    pub const ALL: [Self; 8] = [
        Self::Appropriation,
        Self::Available,
        Self::Reserved,
        Self::Paid,
        Self::Returned,
        Self::Recovered,
        Self::Due,
        Self::Claims,
    ];

    /// The word of rows and journals.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Appropriation => "appropriation",
            Self::Available => "available",
            Self::Reserved => "reserved",
            Self::Paid => "paid",
            Self::Returned => "returned",
            Self::Recovered => "recovered",
            Self::Due => "due",
            Self::Claims => "claims",
        }
    }

    /// The Chinese of it.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Appropriation => "拨款",
            Self::Available => "可用",
            Self::Reserved => "已预留",
            Self::Paid => "已支付",
            Self::Returned => "退回",
            Self::Recovered => "已追回",
            Self::Due => "应追回",
            Self::Claims => "追回债权",
        }
    }

    /// The account of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What a movement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Movement {
    /// More is appropriated (追加).
    Increase,
    /// Something that was appropriated is taken back (核减).
    Decrease,
    /// It comes from another purpose of the year (调入).
    TransferIn,
    /// It goes to another purpose of the year (调出).
    TransferOut,
    /// It is set aside for a payment (预留).
    Reserve,
    /// It is set aside no longer (释放).
    Release,
    /// The treasury paid (支付).
    Pay,
    /// The treasury did not bring it to the recipient: it left and is back (退回).
    Bounce,
    /// It came back after it had been paid (退汇).
    Return,
    /// The recipient is to pay it back (应追回, A5).
    Demand,
    /// The recipient paid it back (追回).
    Collect,
    /// It is not asked for any more (免予追回).
    Waive,
    /// It is not owed any more: the recipient is entitled again (撤销追回).
    Drop,
}

impl Movement {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Increase,
        Self::Decrease,
        Self::TransferIn,
        Self::TransferOut,
        Self::Reserve,
        Self::Release,
        Self::Pay,
        Self::Bounce,
        Self::Return,
        Self::Demand,
        Self::Collect,
        Self::Waive,
        Self::Drop,
    ];

    /// The word of rows and journals.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Increase => "increase",
            Self::Decrease => "decrease",
            Self::TransferIn => "transfer_in",
            Self::TransferOut => "transfer_out",
            Self::Reserve => "reserve",
            Self::Release => "release",
            Self::Pay => "pay",
            Self::Bounce => "bounce",
            Self::Return => "return",
            Self::Demand => "demand",
            Self::Collect => "collect",
            Self::Waive => "waive",
            Self::Drop => "drop",
        }
    }

    /// The Chinese of it.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Increase => "追加",
            Self::Decrease => "核减",
            Self::TransferIn => "调入",
            Self::TransferOut => "调出",
            Self::Reserve => "预留",
            Self::Release => "释放预留",
            Self::Pay => "支付",
            Self::Bounce => "未到账退回",
            Self::Return => "付后退汇",
            Self::Demand => "应追回",
            Self::Collect => "追回",
            Self::Waive => "免予追回",
            Self::Drop => "撤销追回",
        }
    }

    /// The movement of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// The accounts that it debits, and those that it credits: as many of the one as of the other,
    /// each by the whole amount.
    pub const fn sides(self) -> (&'static [Account], &'static [Account]) {
        use Account as A;
        match self {
            Self::Increase | Self::TransferIn => (&[A::Available], &[A::Appropriation]),
            Self::Decrease | Self::TransferOut => (&[A::Appropriation], &[A::Available]),
            Self::Reserve => (&[A::Reserved], &[A::Available]),
            Self::Release => (&[A::Available], &[A::Reserved]),
            Self::Pay => (&[A::Paid], &[A::Reserved]),
            Self::Bounce => (&[A::Available, A::Paid], &[A::Reserved, A::Returned]),
            Self::Return => (&[A::Available], &[A::Returned]),
            Self::Demand => (&[A::Due], &[A::Claims]),
            Self::Collect => (&[A::Available, A::Claims], &[A::Recovered, A::Due]),
            Self::Waive | Self::Drop => (&[A::Claims], &[A::Due]),
        }
    }

    /// Its entries: debits above zero and credits below, which add up to zero, in the order of
    /// [`Account::ALL`].
    ///
    /// # Errors
    /// The amount has no opposite.
    pub fn postings(self, amount: Money) -> Result<Vec<(Account, Money)>, InvalidMoney> {
        let opposite = Money::ZERO.minus(amount)?;
        let (debits, credits) = self.sides();
        let side = |account: Account| match (debits.contains(&account), credits.contains(&account))
        {
            (true, _) => Some((account, amount)),
            (false, true) => Some((account, opposite)),
            (false, false) => None,
        };
        Ok(Account::ALL.into_iter().filter_map(side).collect())
    }
}
