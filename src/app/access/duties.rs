//! Separation of duties: nobody acts twice on one case in different roles (S2).

use crate::app::Refusal;

/// What somebody did on a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// Proposed it.
    Propose,
    /// Reviewed it.
    Review,
    /// Approved it.
    Approve,
}

impl Duty {
    /// The word of messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Propose => "propose",
            Self::Review => "review",
            Self::Approve => "approve",
        }
    }

    const fn zh(self) -> &'static str {
        match self {
            Self::Propose => "提出",
            Self::Review => "审核",
            Self::Approve => "批准",
        }
    }
}

/// Whether a principal may take a duty on a case, given what was done on it so far. The same duty
/// may be taken again by whoever has it: a proposal is corrected by its proposer.
///
/// # Errors
/// `SEPARATION_OF_DUTIES`, with the duty the principal has already.
pub fn separate(done: &[(Duty, &str)], duty: Duty, principal: &str) -> Result<(), Refusal> {
    let other = done.iter().find(|(had, by)| *by == principal && *had != duty);
    let Some((had, _)) = other else { return Ok(()) };
    let (en, zh) = (
        format!(
            "who may {} a case is another than who did {} it: proposing, reviewing and approving \
             are three persons'",
            duty.word(),
            had.word()
        ),
        format!("同一事项的提出、审核、批准须由不同的人办理：已{}者不得{}", had.zh(), duty.zh()),
    );
    let refusal = Refusal::new("SEPARATION_OF_DUTIES", en, zh);
    Err(refusal.with("had", had.word()).with("asked", duty.word()).remembered())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Duty; 3] = [Duty::Propose, Duty::Review, Duty::Approve];

    #[test]
    fn all_pairs_of_duties_are_two_persons() {
        for had in ALL {
            for asked in ALL {
                let answer = separate(&[(had, "a")], asked, "a");
                assert_eq!(answer.is_ok(), had == asked, "{had:?} {asked:?}");
                assert!(separate(&[(had, "a")], asked, "b").is_ok());
                if let Err(refusal) = answer {
                    assert_eq!(refusal.reason, "SEPARATION_OF_DUTIES");
                    assert!(refusal.remember);
                }
            }
        }
        let done = [(Duty::Propose, "a"), (Duty::Review, "b")];
        assert!(separate(&done, Duty::Approve, "a").is_err());
        assert!(separate(&done, Duty::Approve, "b").is_err());
        assert!(separate(&done, Duty::Approve, "c").is_ok());
    }
}
