//! Entitlements as they stand: what was published gives, what was proposed and paid of it, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    follow::payable_of,
    held::{Paying, Payments, sum, too_large},
    origin::{Here, Origin},
};
use crate::{
    app::{App, AppError},
    domain::{
        award::{EntitlementKey, Payment, Source, SourceKind, Unclaimed, held},
        exact::Money,
        scheme::Basis,
    },
    store::BatchesOf,
};

/// What somebody is entitled to, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntitlementView {
    /// What is paid once.
    pub key: EntitlementKey,
    /// What the award is called.
    pub title: String,
    /// How much is given now; zero: nothing any more.
    pub amount: Money,
    /// What can be proposed of it.
    pub payable: Money,
    /// What the recipient has of it, or will have.
    pub held: Money,
    /// What the recipient owes.
    pub due: Money,
    /// The subjects of the results that it rests on.
    pub subjects: Vec<String>,
    /// Its payments, the oldest first.
    pub payments: Vec<Payment>,
    /// Why, in English, ...
    pub en: String,
    /// ... and in Chinese.
    pub zh: String,
    /// Where the award stands.
    pub basis: Vec<Basis>,
}

/// Everything that a source entitles to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitled {
    /// The run or selection.
    pub origin: String,
    /// By award, recipient and subject; also what was paid and is given no more.
    pub entitlements: Vec<EntitlementView>,
    /// What was earned and nobody can be paid.
    pub unclaimed: Vec<Unclaimed>,
    /// Everything that can be proposed.
    pub payable: Money,
}

impl App {
    /// What a source entitles to now.
    ///
    /// # Errors
    /// `RUN_NOT_PUBLISHED`, `SELECTION_NOT_CONFIRMED`; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn entitlements(&self, county: &str, source: &Source) -> Result<Entitled, AppError> {
        let mut tx = self.read().await?;
        let now = self.known(&mut *tx, county, None).await?.moment()?;
        let here = Here { county, now, plans: &self.plans };
        let origin = Origin::read(&mut *tx, here, source).await?;
        let paying = Paying::read(&mut *tx, county, BatchesOf::Source(source)).await?;
        let payments = paying.payments()?;
        let keys: BTreeSet<&EntitlementKey> = origin.claims.keys().chain(payments.keys()).collect();
        let titles: BTreeMap<&EntitlementKey, &str> = paying
            .batches
            .values()
            .flat_map(|it| it.lines.values())
            .map(|it| (&it.entitlement, it.award_title.as_str()))
            .collect();
        let view = |key| entitlement(&origin, &payments, key, titles.get(key).copied());
        let entitlements: Vec<_> = keys.into_iter().map(view).collect::<Result<_, _>>()?;
        let payable = sum(entitlements.iter().map(|it| it.payable))?;
        let (id, unclaimed) = (origin.id, origin.unclaimed);
        Ok(Entitled { origin: id, entitlements, unclaimed, payable })
    }
}

fn entitlement(
    origin: &Origin,
    payments: &Payments,
    key: &EntitlementKey,
    title: Option<&str>,
) -> Result<EntitlementView, AppError> {
    let claim = origin.claims.get(key);
    let payments = payments.get(key).cloned().unwrap_or_default();
    let amount = claim.map_or(Money::ZERO, |it| it.amount);
    let subjects = claim.map(|it| it.subjects.clone()).unwrap_or_default();
    let title = claim.map_or_else(|| title.unwrap_or_default().to_owned(), |it| it.title.clone());
    let open = payments.iter().flat_map(|it| &it.recoveries).map(|it| it.open);
    let (en, zh) = because(origin, key, (amount, &title), &subjects);
    Ok(EntitlementView {
        payable: payable_of(amount, &payments, false)?,
        held: held(&payments).map_err(too_large)?,
        due: sum(open)?,
        basis: origin.basis.get(&key.award).cloned().unwrap_or_default(),
        key: key.clone(),
        title,
        amount,
        subjects,
        payments,
        en,
        zh,
    })
}

/// Why somebody is entitled: which result of which document, and which award of it.
fn because(
    origin: &Origin,
    key: &EntitlementKey,
    (amount, title): (Money, &str),
    subjects: &[String],
) -> (String, String) {
    let Source { kind, id, period } = &origin.source;
    let (version, by, award) = (origin.version, &origin.id, &key.award);
    let (what, zh_what) = match kind {
        SourceKind::Scheme => ("published run", "已公布批次"),
        SourceKind::Selection => ("confirmed selection", "已认定评选"),
    };
    let called = if title.is_empty() { award.as_str() } else { title };
    if amount == Money::ZERO {
        let en = format!("{what} `{by}` of `{id}` for {period} does not give `{award}` any more");
        let zh = format!("{id} {period} 年度{zh_what} {by} 不再给予“{called}”");
        return (en, zh);
    }
    let of = subjects.join(", ");
    let en = format!(
        "{what} `{by}` of `{id}` version {version} for {period} gives `{award}`, {amount} yuan, \
         for the result of {of}"
    );
    let zh = format!(
        "依据《{}》第 {version} 版，{period} 年度{zh_what} {by} 中 {} 的结果，给予“{called}”{amount} 元",
        origin.title,
        subjects.join("、")
    );
    (en, zh)
}
