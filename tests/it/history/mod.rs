//! Killed processes: what callers were told and what is there afterwards, judged by a checker that
//! stands outside the service. `docs/reliability.md` says what this proves.

mod check;
mod corrupt;
mod cuts;
mod dice;
mod kills;
mod load;
mod log;
mod money;
mod observe;
mod process;
mod replicas;
mod seats;
mod together;
mod world;
