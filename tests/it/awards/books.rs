//! The trial balance, and the books as other programs read them.

use steelyard::proto::v1::{self, JournalFormat};

use super::{
    cast::{
        answer, appropriated, approve, collect, demand, export, paid, proposed, returned, text,
    },
    on_both, small,
};
use crate::harness::{COUNTY, Served, by, reason};

on_both!(small: the_books_balance_and_are_read_by_others);

async fn journal(on: &Served, year: &str, format: JournalFormat) -> Result<String, tonic::Status> {
    let request = v1::ExportJournalRequest {
        county: COUNTY.into(),
        year: year.into(),
        format: format.into(),
        known_at: None,
    };
    let mut stream = on.budgets().export_journal(by("auditor", request)).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(part) = stream.message().await? {
        bytes.extend(part.chunk);
    }
    Ok(String::from_utf8(bytes).unwrap())
}

async fn the_books_balance_and_are_read_by_others(on: &Served) {
    appropriated(on, "year", "10000.00").await;
    proposed(on, "b1", "once").await;
    approve(on, "second", ("approve", "b1")).await.unwrap();
    export(on, ("export", "b1")).await.unwrap();
    let answers = [paid(1, "2023-01-10"), returned(2, "2023-01-10")];
    answer(on, ("answers", "b1"), &answers).await.unwrap();
    demand(on, "demand", ("b1", 1, "1500.00")).await.unwrap();
    collect(on, "collect", (1, "500.01", "2023-01-10")).await.unwrap();
    let request = v1::GetTrialBalanceRequest {
        county: COUNTY.into(),
        year: "2022".into(),
        ..Default::default()
    };
    let it = on.budgets().get_trial_balance(by("auditor", request)).await.unwrap().into_inner();
    let rows: Vec<_> = it
        .accounts
        .iter()
        .map(|it| {
            let figures = [&it.debits, &it.credits, &it.balance].map(text);
            (it.account.as_str(), it.title.as_str(), figures.join(" "))
        })
        .collect();
    let expected = [
        ("appropriation", "拨款", "0.00 10000.00 -10000.00"),
        ("available", "可用", "12500.01 4000.00 8500.01"),
        ("reserved", "已预留", "4000.00 4000.00 0.00"),
        ("paid", "已支付", "4000.00 0.00 4000.00"),
        ("returned", "退回", "0.00 2000.00 -2000.00"),
        ("recovered", "已追回", "0.00 500.01 -500.01"),
        ("due", "应追回", "1500.00 500.01 999.99"),
        ("claims", "追回债权", "500.01 1500.00 -999.99"),
    ];
    assert_eq!(rows, expected.map(|it| (it.0, it.1, it.2.to_owned())));
    assert_eq!((text(&it.debits), it.debits == it.credits), ("22500.02".into(), true));
    for (format, golden) in [
        (JournalFormat::Hledger, include_str!("hledger.journal")),
        (JournalFormat::Beancount, include_str!("beancount.journal")),
    ] {
        assert_eq!(journal(on, "2022", format).await.unwrap(), golden);
        assert_eq!(journal(on, "", format).await.unwrap(), golden);
    }
    let none = journal(on, "2021", JournalFormat::Hledger).await.unwrap();
    assert_eq!(none, "; Steelyard 衡: amounts in yuan\ncommodity 1000.00 CNY\n\n");
    let unsaid = journal(on, "2022", JournalFormat::Unspecified).await.unwrap_err();
    assert_eq!(reason(&unsaid), "ENUM_UNSPECIFIED");
}
