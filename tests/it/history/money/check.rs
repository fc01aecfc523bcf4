//! The checker for money: what the clients were told against what the database shows, and the books against
//! themselves. Pure, and with a bookkeeping of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Ask,
    observe::{MovementRow, Rows},
};

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    /// K1, K3: what was acknowledged, or is known by its repeat, is not there, or not as it was asked for.
    Lost,
    /// K1, K3: something of it is there twice, or more than was asked for.
    Doubled,
    /// K2: something is there of what was refused or never asked for.
    Resurrected,
    /// K4: of a call that nobody knows about, some is there and some is not.
    Half,
    /// K6: entries do not add up to nothing, or are not those of the movement.
    Unbalanced,
    /// K6: the figures of a movement are not what all entries up to it come to.
    Figures,
    /// K6: something is below zero, or more is available than is there.
    Overdrawn,
    /// K6: movements are not numbered without gaps.
    Gap,
    /// K6: what is reserved, paid, back, recovered or owed is not what payments and recoveries say.
    Held,
    /// K8: a write or a kept refusal without its one entry in the audit trail, or an entry of nothing.
    Entry,
    /// K10: a repeat was answered otherwise.
    OtherAnswer,
}

impl Rule {
    pub(super) const ALL: [Self; 11] = [
        Self::Lost,
        Self::Doubled,
        Self::Resurrected,
        Self::Half,
        Self::Unbalanced,
        Self::Figures,
        Self::Overdrawn,
        Self::Gap,
        Self::Held,
        Self::Entry,
        Self::OtherAnswer,
    ];
}

/// Whether a call was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Maybe,
    Yes,
    No,
}

/// A call, and what was told of it.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) ask: Ask,
    pub(super) request_id: String,
    pub(super) expected: Result<Vec<String>, &'static str>,
    pub(super) done: Done,
    /// Every answer there was: one, if repeats are answered alike.
    pub(super) answers: BTreeSet<Vec<u8>>,
    /// Whether an attempt ended in the unknown.
    pub(super) doubted: bool,
}

type Found = Vec<(Rule, String)>;

/// Everything that is wrong.
pub(super) fn check(history: &[Kept], rows: &Rows) -> Found {
    let mut found = Vec::new();
    effects(&mut found, history, rows);
    books(&mut found, rows);
    held(&mut found, rows);
    for it in history.iter().filter(|it| it.answers.len() > 1) {
        found.push((Rule::OtherAnswer, it.request_id.clone()));
    }
    found
}

/// What each request left, sorted.
fn left(rows: &Rows) -> BTreeMap<&str, Vec<String>> {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for it in &rows.effects {
        all.entry(&it.request_id).or_default().push(it.effect.clone());
    }
    for it in &rows.movements {
        let effect = format!("{} {} {}", it.what, it.amount, it.line);
        all.entry(&it.request_id).or_default().push(effect);
    }
    all.values_mut().for_each(|it| it.sort());
    all
}

/// How many there are of each.
fn counted(of: &[String]) -> BTreeMap<&str, i64> {
    let mut all = BTreeMap::new();
    for it in of {
        *all.entry(it.as_str()).or_insert(0) += 1;
    }
    all
}

fn effects(found: &mut Found, history: &[Kept], rows: &Rows) {
    let mut left = left(rows);
    let mut audit = BTreeMap::new();
    for it in &rows.audit {
        *audit.entry(it.request_id.as_str()).or_insert(0) += 1;
    }
    for it in history {
        let id = it.request_id.as_str();
        let there = left.remove(id).unwrap_or_default();
        let entry = audit.remove(id).unwrap_or(0);
        // A refusal is kept, and has its entry too.
        let entries = match (&it.expected, it.done) {
            (Ok(_), _) => i64::from(!there.is_empty())..=i64::from(!there.is_empty()),
            (Err(_), Done::Maybe) => 0..=1,
            (Err(_), Done::Yes | Done::No) => 1..=1,
        };
        if !entries.contains(&entry) {
            found.push((Rule::Entry, format!("{id}: {entry} entries for {there:?}")));
        }
        let wanted = match (&it.expected, it.done) {
            (Ok(wanted), Done::Yes) => wanted.as_slice(),
            (Ok(wanted), Done::Maybe) if !there.is_empty() => wanted.as_slice(),
            (Ok(_), Done::Maybe | Done::No) | (Err(_), _) => {
                if !there.is_empty() {
                    found.push((Rule::Resurrected, format!("{id}: {there:?}")));
                }
                continue;
            }
        };
        let (wanted, there) = (counted(wanted), counted(&there));
        let count = |of: &BTreeMap<&str, i64>, it: &str| of.get(it).copied().unwrap_or(0);
        if wanted.iter().any(|(effect, many)| count(&there, effect) < *many) {
            let rule = if it.done == Done::Yes { Rule::Lost } else { Rule::Half };
            found.push((rule, format!("{id}: {there:?} of {wanted:?}")));
        }
        if there.iter().any(|(effect, many)| count(&wanted, effect) < *many) {
            found.push((Rule::Doubled, format!("{id}: {there:?} of {wanted:?}")));
        }
    }
    found.extend(left.into_iter().map(|it| (Rule::Resurrected, format!("{it:?}"))));
    found.extend(audit.into_keys().map(|it| (Rule::Entry, format!("{it}: of no request"))));
}

/// What a movement debits and credits, written down from the rules and not from the product.
fn sides(what: &str) -> [&'static [&'static str]; 2] {
    match what {
        "increase" | "transfer_in" => [&["available"], &["appropriation"]],
        "decrease" | "transfer_out" => [&["appropriation"], &["available"]],
        "reserve" => [&["reserved"], &["available"]],
        "release" => [&["available"], &["reserved"]],
        "pay" => [&["paid"], &["reserved"]],
        "bounce" => [&["paid", "available"], &["reserved", "returned"]],
        "return" => [&["available"], &["returned"]],
        "demand" => [&["due"], &["claims"]],
        "collect" => [&["available", "claims"], &["recovered", "due"]],
        "waive" | "drop" => [&["claims"], &["due"]],
        other => panic!("{other}"),
    }
}

fn entries(it: &MovementRow) -> BTreeMap<String, i64> {
    let [debits, credits] = sides(&it.what);
    let debits = debits.iter().map(|account| ((*account).to_owned(), it.amount));
    debits.chain(credits.iter().map(|account| ((*account).to_owned(), -it.amount))).collect()
}

/// The books against themselves, purpose by purpose, movement by movement.
fn books(found: &mut Found, rows: &Rows) {
    let mut purposes: BTreeMap<&str, (i64, BTreeMap<&str, i64>)> = BTreeMap::new();
    for it in &rows.movements {
        let name = format!("{} {} {}", it.purpose, it.number, it.what);
        let (last, sums) = purposes.entry(&it.purpose).or_default();
        *last += 1;
        if it.number != *last {
            found.push((Rule::Gap, format!("{name}: after {}", *last - 1)));
            *last = it.number;
        }
        if it.postings.values().sum::<i64>() != 0 || it.postings != entries(it) {
            found.push((Rule::Unbalanced, format!("{name}: {:?}", it.postings)));
        }
        for (account, fen) in &it.postings {
            *sums.entry(account).or_default() += fen;
        }
        let of = |account: &str| sums.get(account).copied().unwrap_or(0);
        let [appropriated, available, reserved, paid, returned, recovered, due] = it.after;
        let summed = [
            -of("appropriation"),
            of("available"),
            of("reserved"),
            of("paid"),
            -of("returned"),
            -of("recovered"),
            of("due"),
        ];
        if summed != it.after || of("claims") != -due {
            found.push((Rule::Figures, format!("{name}: {:?}, entries {summed:?}", it.after)));
        }
        let net = paid - returned;
        let there = available == appropriated - reserved - net + recovered;
        if !there || it.after.iter().any(|it| *it < 0) || recovered + due > net {
            found.push((Rule::Overdrawn, format!("{name}: {:?}", it.after)));
        }
    }
}

/// The newest figures against payments and recoveries.
fn held(found: &mut Found, rows: &Rows) {
    let mut fates: BTreeMap<&str, &'static str> = BTreeMap::new();
    let mut over: BTreeSet<&str> = BTreeSet::new();
    for it in &rows.effects {
        match it.effect.split(' ').collect::<Vec<_>>().as_slice() {
            ["paid", line] => drop(fates.entry(line).or_insert("paid")),
            ["returned", line] => drop(fates.insert(line, "back")),
            ["cancelled" | "rejected", batch] => {
                over.insert(batch.split_once('/').unwrap().0);
            }
            _ => (),
        }
    }
    // Reserved, paid, back.
    let mut sums: BTreeMap<&str, [i64; 3]> = BTreeMap::new();
    for (line, (purpose, amount)) in &rows.lines {
        let own = sums.entry(purpose).or_default();
        let gone = over.contains(line.split_once('/').unwrap().0);
        match fates.get(line.as_str()).copied() {
            None if gone => (),
            None => own[0] += amount,
            Some("paid") => own[1] += amount,
            Some(_) => own[2] += amount,
        }
    }
    let demanded: BTreeSet<&str> =
        rows.movements.iter().filter(|it| it.what == "demand").map(|it| &*it.line).collect();
    // Recoveries are numbered in the county; their movements say of which payment they are.
    let (mut owed, mut back) = (BTreeMap::<&str, i64>::new(), BTreeMap::<&str, i64>::new());
    for it in &rows.movements {
        let own = match it.what.as_str() {
            "demand" => owed.entry(&*it.purpose).or_default(),
            "collect" | "waive" | "drop" => {
                if !demanded.contains(&*it.line) {
                    found.push((Rule::Held, format!("{}: nothing was demanded", it.line)));
                }
                back.entry(&*it.purpose).or_default()
            }
            _ => continue,
        };
        *own += it.amount;
    }
    let told = |word: &str| -> i64 {
        let all = rows.effects.iter().filter_map(|it| it.effect.strip_prefix(word));
        all.map(|it| it.split(' ').next().unwrap().parse::<i64>().unwrap()).sum()
    };
    let ended = told("collected ") + told("waived ") + told("dropped ");
    if (owed.values().sum::<i64>(), back.values().sum::<i64>()) != (told("demanded "), ended) {
        found.push((Rule::Held, "recoveries are not what the movements say".to_owned()));
    }
    let newest: BTreeMap<&str, &MovementRow> =
        rows.movements.iter().map(|it| (&*it.purpose, it)).collect();
    for (purpose, it) in newest {
        let sums = sums.get(purpose).copied().unwrap_or_default();
        let of = |all: &BTreeMap<&str, i64>| all.get(purpose).copied().unwrap_or(0);
        let due = of(&owed) - of(&back);
        let [_, _, reserved, left, returned, _, owes] = it.after;
        if ([reserved, left - returned, returned], owes) != (sums, due) {
            found.push((Rule::Held, format!("{purpose}: {:?}, {sums:?} {due}", it.after)));
        }
    }
}
