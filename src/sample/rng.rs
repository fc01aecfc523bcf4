//! Numbers that look random and are the same for the same seed, on every machine.

/// `SplitMix64` (Steele, Lea and Flood 2014): one addition and three mixing steps a number.
///
/// Integers only. Every subject draws from a generator of its own, forked by name and number, so
/// that one more draw for one subject moves nobody else's.
#[derive(Debug, Clone)]
pub(super) struct Rng(u64);

impl Rng {
    /// The generator of one part of the sample: of a seed, a name, and a number below that name.
    pub(super) fn of(seed: u64, name: &str, number: i64) -> Self {
        let mut state = Self(seed);
        for byte in name.bytes() {
            state.0 ^= u64::from(byte);
            state.next();
        }
        state.0 ^= number.unsigned_abs();
        state.next();
        state
    }

    /// The next 64 bits.
    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from `least` to `most`, both possible; `least` where they are reversed.
    ///
    /// The remainder of 64 bits: for the small spans of a sample its unevenness is below 1 in 2^40.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = most.saturating_sub(least).saturating_add(1);
        let span = u64::try_from(span).unwrap_or(0).max(1);
        let drawn = self.next().checked_rem(span).unwrap_or(0);
        least.saturating_add(i64::try_from(drawn).unwrap_or(0))
    }

    /// Whether something happens that happens in so many of a hundred cases.
    pub(super) fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of the words; the empty one where there is none.
    pub(super) fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let last = i64::try_from(words.len()).unwrap_or(0).saturating_sub(1);
        let index = usize::try_from(self.between(0, last)).unwrap_or(0);
        words.get(index).copied().unwrap_or_default()
    }

    /// Puts the items into an order of its own (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let most = i64::try_from(last).unwrap_or(0);
            items.swap(last, usize::try_from(self.between(0, most)).unwrap_or(0));
        }
    }

    /// So many whole numbers from `least` to `most` that add up to `total`, as far as they can.
    pub(super) fn spread(&mut self, total: i64, count: usize, least: i64, most: i64) -> Vec<i64> {
        let mut parts: Vec<i64> = (0..count).map(|_| self.between(least, most)).collect();
        let sum = parts.iter().fold(0_i64, |sum, it| sum.saturating_add(*it));
        let mut lacking = total.saturating_sub(sum);
        while lacking != 0 {
            let before = lacking;
            for part in &mut parts {
                let step = lacking.signum();
                let moved = part.saturating_add(step);
                if lacking != 0 && (least..=most).contains(&moved) {
                    *part = moved;
                    lacking = lacking.saturating_sub(step);
                }
            }
            if lacking == before {
                break;
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs of the published reference implementation for seed 1234567.
    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut rng = Rng(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| rng.next()).collect();
        let reference =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(drawn, reference);
    }

    #[test]
    fn a_spread_adds_up_within_its_bounds() {
        let mut rng = Rng::of(7, "spread", 0);
        let parts = rng.spread(4_300, 100, 30, 56);
        assert_eq!(parts.iter().copied().reduce(|a, b| a + b), Some(4_300));
        assert!(parts.iter().all(|it| (30..=56).contains(it)));
        assert_eq!(rng.spread(1_000, 3, 1, 2), [2, 2, 2], "what cannot be reached ends");
    }
}
