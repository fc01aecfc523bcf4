//! Which spans and lines there are at all, decided before anything is built of them.
//!
//! Spans are told apart by their target:
//!
//! | target | what | when |
//! | --- | --- | --- |
//! | [`CALL`] | a call that is traced | always: the layer of calls has decided |
//! | [`UNTRACED`] | one that is not; it carries the id of its trace for the log, and nothing else | the same |
//! | [`BATCH`] | what several calls share, below a traced one | always: its maker has looked |
//! | [`ROOT`] | work that no call waits for | by the share of traces |
//! | any other below `steelyard` | use cases, statements | within a traced span only |
//!
//! Spans of other crates are never made: h2, hyper, tonic and tower would tell of the exporter itself.

use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::SENDER;

/// The span of a traced call.
pub(super) const CALL: &str = "steelyard::call";
/// The span of a call that is not traced.
pub(super) const UNTRACED: &str = "steelyard::call::untraced";
/// Work that several calls share.
const BATCH: &str = "steelyard::batch";
/// Work that no call waits for.
const ROOT: &str = "steelyard::root";

/// Draws which calls are traced where nobody has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sampler {
    /// Whether traces go anywhere.
    pub(super) exports: bool,
    /// In millionths.
    pub(super) share: u32,
}

impl Sampler {
    /// Without a receiver nothing is traced.
    pub(super) const NEVER: Self = Self { exports: false, share: 0 };

    /// Whether this one is traced.
    pub(super) fn draws(self) -> bool {
        match self.share {
            _ if !self.exports => false,
            0 => false,
            1_000_000.. => true,
            share => {
                let drawn =
                    u64::from_be_bytes(RandomIdGenerator::default().new_span_id().to_bytes());
                drawn.checked_rem(1_000_000).is_some_and(|it| it < u64::from(share))
            }
        }
    }
}

/// The gate: see the module.
#[derive(Debug)]
pub(super) struct Gate {
    /// The least severe lines that pass.
    pub(super) level: LevelFilter,
    /// For work that no call waits for.
    pub(super) sampler: Sampler,
}

/// Whether a target is the crate's own.
fn own(target: &str) -> bool {
    target.strip_prefix("steelyard").is_some_and(|it| it.is_empty() || it.starts_with("::"))
}

impl Gate {
    /// Lines of our own by the level that was set; of the exporter and of the database their
    /// warnings. What the database says in its own words may quote what is stored, and is left out.
    fn takes(&self, line: &Metadata<'_>) -> bool {
        let target = line.target();
        if own(target) {
            return *line.level() <= self.level;
        }
        let warns = *line.level() <= LevelFilter::WARN.min(self.level);
        let told = target.starts_with(SENDER)
            || (target.starts_with("sqlx") && !target.ends_with("::notice"));
        warns && told
    }
}

impl<S> Layer<S> for Gate
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn register_callsite(&self, it: &'static Metadata<'static>) -> Interest {
        match (it.is_span(), own(it.target())) {
            (true, true) => Interest::sometimes(),
            (true, false) => Interest::never(),
            (false, _) if self.takes(it) => Interest::always(),
            (false, _) => Interest::never(),
        }
    }

    fn enabled(&self, it: &Metadata<'_>, context: Context<'_, S>) -> bool {
        if !it.is_span() {
            return self.takes(it);
        }
        match it.target() {
            CALL | UNTRACED | BATCH => true,
            ROOT => context.lookup_current().is_none() && self.sampler.draws(),
            target if own(target) => {
                context.lookup_current().is_some_and(|it| it.metadata().target() != UNTRACED)
            }
            _ => false,
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Spans are of the level `INFO`, whatever lines are written.
        Some(self.level.max(LevelFilter::INFO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_calls_is_drawn() {
        let count =
            |share, exports| (0..4_000).filter(|_| Sampler { exports, share }.draws()).count();
        assert_eq!(
            (count(0, true), count(1_000_000, true), count(1_000_000, false)),
            (0, 4_000, 0)
        );
        // A quarter, by more than ten standard deviations.
        assert!((700..1_300).contains(&count(250_000, true)));
    }

    #[test]
    fn targets_of_others_are_not_ours() {
        assert!(own("steelyard") && own("steelyard::app::write"));
        assert!(!own("steelyards") && !own("h2::client") && !own("tonic"));
    }
}
