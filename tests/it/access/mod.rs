//! Who may do what: every method, for every role, at every position; and what is told to whom may
//! not.

mod appraisal_calls;
mod award_calls;
mod calls;
mod chain_calls;
pub(crate) mod county;
mod credentials;
mod formation_calls;
mod grants;
mod matrix;
mod member_calls;
mod notice_calls;
mod pool_calls;
mod rating_calls;
mod round_calls;
mod selection_calls;
mod selection_county;
