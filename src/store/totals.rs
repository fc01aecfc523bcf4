//! Rolled-up point entries: one row per subject and year, provable from the ledger.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::{Day, Moment};

/// The sums of one item over one month of one subject. Times and points are ten-thousandths,
/// products of the two are hundred-millionths.
///
/// Sums serve a scheme as they are where nothing looks at single entries. A limit on `each` entry
/// holds if `least_points` and `greatest_points` keep it; `repeats` can be worked out if all
/// entries are alike ([`Cell::uniform`]); a cap per day can be worked out if no day has two entries
/// ([`Cell::crowded`]) and they are alike. Otherwise the ledger has to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// How many entries stand.
    pub entries: i64,
    /// How many of them have points of their own.
    pub with_points: i64,
    /// Sum of times, in ten-thousandths.
    pub times: i128,
    /// Sum of times × own points over the entries that have points, in hundred-millionths.
    pub product: i128,
    /// Least and greatest own points; absent where no entry has points.
    pub points: Option<(i64, i64)>,
    /// Least times of an entry.
    pub least_times: i64,
    /// Greatest times of an entry.
    pub greatest_times: i64,
    /// The days of the month that have an entry: bit 0 is the first.
    pub days: u32,
    /// Whether some day has more than one entry.
    pub crowded: bool,
}

impl Cell {
    fn of(day: Day, times: i64, points: Option<i64>) -> Option<Self> {
        let product = match points {
            Some(points) => i128::from(times).checked_mul(i128::from(points))?,
            None => 0,
        };
        let bit = u32::try_from(day.day().checked_sub(1)?).ok()?;
        Some(Self {
            entries: 1,
            with_points: i64::from(points.is_some()),
            times: i128::from(times),
            product,
            points: points.map(|it| (it, it)),
            least_times: times,
            greatest_times: times,
            days: 1_u32.checked_shl(bit)?,
            crowded: false,
        })
    }

    fn add(&mut self, other: &Self) -> Option<()> {
        self.entries = self.entries.checked_add(other.entries)?;
        self.with_points = self.with_points.checked_add(other.with_points)?;
        self.times = self.times.checked_add(other.times)?;
        self.product = self.product.checked_add(other.product)?;
        self.points = match (self.points, other.points) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, two) => one.or(two),
        };
        self.least_times = self.least_times.min(other.least_times);
        self.greatest_times = self.greatest_times.max(other.greatest_times);
        self.crowded = self.crowded || other.crowded || self.days & other.days != 0;
        self.days |= other.days;
        Some(())
    }

    /// Whether all entries have the same times and the same points (or none of them has points).
    pub fn uniform(&self) -> bool {
        let alike = match self.points {
            Some((least, greatest)) => least == greatest && self.with_points == self.entries,
            None => true,
        };
        alike && self.least_times == self.greatest_times
    }
}

/// The sums of one subject over one year, by item and month (1 to 12).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    items: BTreeMap<String, BTreeMap<u8, Cell>>,
}

/// The first byte of the encoding.
const VERSION: u8 = 1;

impl Sums {
    /// Adds one entry. `None` if a sum would leave its range; the sums are then of no use.
    pub fn add(&mut self, item: &str, day: Day, times: i64, points: Option<i64>) -> Option<()> {
        let cell = Cell::of(day, times, points)?;
        self.add_cell(item, u8::try_from(day.month()).ok()?, &cell)
    }

    /// Adds all of another subject-year's sums.
    pub fn merge(&mut self, other: &Self) -> Option<()> {
        for (item, months) in &other.items {
            for (month, cell) in months {
                self.add_cell(item, *month, cell)?;
            }
        }
        Some(())
    }

    fn add_cell(&mut self, item: &str, month: u8, cell: &Cell) -> Option<()> {
        if !self.items.contains_key(item) {
            self.items.insert(item.to_owned(), BTreeMap::new());
        }
        let months = self.items.get_mut(item)?;
        if let Some(there) = months.get_mut(&month) {
            return there.add(cell);
        }
        months.insert(month, cell.clone());
        Some(())
    }

    /// The months of an item that have entries, ascending; empty if there are none.
    pub fn months(&self, item: &str) -> impl Iterator<Item = (u8, &Cell)> {
        self.items.get(item).into_iter().flatten().map(|(month, cell)| (*month, cell))
    }

    /// The items that have entries, ascending by bytes.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.items.keys().map(String::as_str)
    }

    /// Whether no entry stands.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The stored bytes: equal sums have equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        put_length(&mut out, self.items.len());
        for (item, months) in &self.items {
            put_length(&mut out, item.len());
            out.extend_from_slice(item.as_bytes());
            put_length(&mut out, months.len());
            for (month, cell) in months {
                put(&mut out, u128::from(*month));
                put_signed(&mut out, i128::from(cell.entries));
                put_signed(&mut out, i128::from(cell.with_points));
                put_signed(&mut out, cell.times);
                put_signed(&mut out, cell.product);
                if let Some((least, greatest)) = cell.points {
                    put_signed(&mut out, i128::from(least));
                    put_signed(&mut out, i128::from(greatest));
                }
                put_signed(&mut out, i128::from(cell.least_times));
                put_signed(&mut out, i128::from(cell.greatest_times));
                put(&mut out, (u128::from(cell.days) << 1) | u128::from(cell.crowded));
            }
        }
        out
    }

    /// Reads stored bytes; `None` if they are no sums.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Reader(bytes);
        if bytes.byte()? != VERSION {
            return None;
        }
        let mut items = BTreeMap::new();
        for _ in 0..bytes.length()? {
            let length = bytes.length()?;
            let item = String::from_utf8(bytes.take(length)?.to_vec()).ok()?;
            let mut months = BTreeMap::new();
            for _ in 0..bytes.length()? {
                let month = u8::try_from(bytes.unsigned()?).ok()?;
                months.insert(month, bytes.cell()?);
            }
            items.insert(item, months);
        }
        bytes.0.is_empty().then_some(Self { items })
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    put(out, u128::try_from(length).unwrap_or(u128::MAX));
}

fn put(out: &mut Vec<u8>, mut value: u128) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Zigzag, so that small negatives are short.
fn put_signed(out: &mut Vec<u8>, value: i128) {
    put(out, ((value << 1) ^ (value >> 127)).cast_unsigned());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn unsigned(&mut self) -> Option<u128> {
        let mut value = 0_u128;
        for shift in (0..128_u32).step_by(7) {
            let byte = self.byte()?;
            let part = u128::from(byte & 0x7f);
            let placed = part.checked_shl(shift)?;
            if placed >> shift != part {
                return None;
            }
            value |= placed;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.unsigned()?).ok()
    }

    fn signed(&mut self) -> Option<i128> {
        let raw = self.unsigned()?;
        let half = (raw >> 1).cast_signed();
        Some(if raw & 1 == 0 { half } else { !half })
    }

    fn small(&mut self) -> Option<i64> {
        i64::try_from(self.signed()?).ok()
    }

    fn cell(&mut self) -> Option<Cell> {
        let (entries, with_points) = (self.small()?, self.small()?);
        let (times, product) = (self.signed()?, self.signed()?);
        let points = if with_points > 0 { Some((self.small()?, self.small()?)) } else { None };
        let (least_times, greatest_times) = (self.small()?, self.small()?);
        let marks = self.unsigned()?;
        let days = u32::try_from(marks >> 1).ok()?;
        let crowded = marks & 1 == 1;
        Some(Cell {
            entries,
            with_points,
            times,
            product,
            points,
            least_times,
            greatest_times,
            days,
            crowded,
        })
    }
}

/// The rolled-up row of a subject and year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalsRow {
    /// The kind of subject.
    pub subject_kind: String,
    /// The subject.
    pub subject: String,
    /// The calendar year of the entries' days.
    pub year: i64,
    /// The sums of the entries that stand.
    pub sums: Sums,
    /// The sequence number of the newest ledger row of the batch that changed the row last: all
    /// entries and reversals of the subject up to it are in.
    pub through_seq: i64,
    /// The moment at which that batch was recorded. As of an earlier moment the sums do not hold, and
    /// the ledger has to be read.
    pub latest: Moment,
    /// How many times the row was written.
    pub revision: i64,
}

/// A rolled-up row that is not what the ledger gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalsDifference {
    /// The kind of subject.
    pub subject_kind: String,
    /// The subject.
    pub subject: String,
    /// The year.
    pub year: i64,
    /// The sums kept; absent if there is no row or its bytes are no sums.
    pub kept: Option<Sums>,
    /// The sums of the ledger's entries; absent if the ledger has no entry.
    pub ledger: Option<Sums>,
}

/// Reading of the rolled-up rows. They change only with the facts they are made of.
#[async_trait]
pub trait TotalsReads {
    /// The rows of the subjects (at most 1,000) and years, by subject and year.
    async fn totals(
        &mut self,
        county: &str,
        subject_kind: &str,
        subjects: &[String],
        years: &[i64],
    ) -> Result<Vec<TotalsRow>, StoreError>;
    /// Works all sums of the county out of the ledger again and names each row that differs.
    async fn verify_totals(&mut self, county: &str) -> Result<Vec<TotalsDifference>, StoreError>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Entry = (String, i64, i64, i64, Option<i64>);

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let points = proptest::option::of(prop_oneof![-50_000..50_000_i64, any::<i64>()]);
        let times = prop_oneof![Just(10_000_i64), 0..90_000_i64, Just(i64::MAX)];
        proptest::collection::vec(("[a-c志]{1,2}", 1..=12_i64, 1..=28_i64, times, points), 0..20)
    }

    fn sums(entries: &[Entry]) -> Option<Sums> {
        let mut sums = Sums::default();
        for (item, month, day, times, points) in entries {
            sums.add(item, Day::new(2022, *month, *day)?, *times, *points)?;
        }
        Some(sums)
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_the_same(entries in entries()) {
            if let Some(sums) = sums(&entries) {
                prop_assert_eq!(Sums::decode(&sums.encode()), Some(sums));
            }
        }

        #[test]
        fn the_order_of_entries_and_merging_of_parts_make_no_difference(
            entries in entries(), cut in 0..20_usize,
        ) {
            let whole = sums(&entries);
            let (one, two) = entries.split_at(cut.min(entries.len()));
            let mut backwards = entries.clone();
            backwards.reverse();
            if let (Some(whole), Some(mut one), Some(two), Some(backwards)) =
                (whole, sums(one), sums(two), sums(&backwards))
            {
                prop_assert_eq!(&backwards, &whole);
                prop_assert!(one.merge(&two).is_some());
                prop_assert_eq!(one.encode(), whole.encode());
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(sums) = Sums::decode(&bytes) {
                prop_assert_eq!(Sums::decode(&sums.encode()), Some(sums));
            }
        }
    }

    #[test]
    fn two_entries_of_one_day_are_a_crowd_and_of_two_days_are_not() {
        let crowded = |days: [i64; 2]| {
            let entries = days.map(|day| ("v".to_owned(), 3, day, 10_000, None));
            let sums = sums(&entries).unwrap();
            let (_, cell) = sums.months("v").next().unwrap();
            (cell.crowded, cell.uniform(), cell.entries)
        };
        assert_eq!(crowded([5, 5]), (true, true, 2));
        assert_eq!(crowded([5, 6]), (false, true, 2));
    }

    #[test]
    fn products_are_exact_at_the_greatest_decimals() {
        let day = Day::new(2022, 1, 31).unwrap();
        let mut sums = Sums::default();
        for _ in 0..3 {
            sums.add("a", day, 99_999_999_999_999, Some(-99_999_999_999_999)).unwrap();
        }
        let (_, cell) = sums.months("a").next().unwrap();
        assert_eq!(cell.product, -3 * 99_999_999_999_999_i128 * 99_999_999_999_999);
        assert_eq!(cell.days, 1 << 30);
    }

    #[test]
    fn a_sum_that_leaves_its_range_is_told() {
        let day = Day::new(2022, 1, 31).unwrap();
        let mut sums = Sums::default();
        let mut added = 0;
        while sums.add("a", day, i64::MAX, Some(i64::MAX)).is_some() {
            added += 1;
            assert!(added < 10);
        }
        assert_eq!(added, 2);
    }
}
