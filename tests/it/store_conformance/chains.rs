//! Appraisal chains and their events.

use steelyard::store::{ChainEvent, ChainEventKind, ChainRecord, Mark, StoreError, StoreTx};

use super::{
    backend::Backend,
    sample::{COUNTY, at, begin},
};

fn mark(now: i64) -> Mark {
    Mark { recorded: at(now), by: "office “一”".to_owned(), request_id: "q".to_owned() }
}

fn chain(id: &str, period: &str, now: i64) -> ChainRecord {
    ChainRecord {
        chain_id: id.to_owned(),
        period: period.to_owned(),
        steps: r#"[["s.书记",2,"community"]]"#.to_owned(),
        opened: mark(now),
    }
}

fn event(number: i64, kind: ChainEventKind, now: i64) -> ChainEvent {
    ChainEvent {
        event: number,
        kind,
        scheme_id: "s.书记".to_owned(),
        unit: "c-01".to_owned(),
        subject: String::new(),
        item: String::new(),
        cases: 7,
        reason: "核实“有误”".to_owned(),
        mark: mark(now),
    }
}

/// A chain with a closing and a reopening.
pub(super) async fn fill(tx: &mut dyn StoreTx) {
    let recorded = 0;
    tx.insert_chain(COUNTY, &chain("y", "2022", recorded)).await.unwrap();
    let reopening = ChainEvent {
        subject: "p-1".to_owned(),
        item: "leaders".to_owned(),
        ..event(2, ChainEventKind::Reopening, recorded)
    };
    let events = [event(1, ChainEventKind::Closing, recorded), reopening];
    tx.insert_chain_events(COUNTY, "y", &events).await.unwrap();
}

pub(crate) async fn chains_come_back_exactly_and_once(on: &Backend) {
    let mut tx = begin(&*on.store, 20).await.unwrap();
    let recorded = 20;
    for (id, period) in [("b", "2022"), ("a", "2022"), ("c", "2023")] {
        tx.insert_chain(COUNTY, &chain(id, period, recorded)).await.unwrap();
    }
    let events = [
        event(1, ChainEventKind::Closing, recorded),
        event(2, ChainEventKind::Reopening, recorded),
    ];
    tx.insert_chain_events(COUNTY, "a", &events).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.chain(COUNTY, "a").await.unwrap(), Some(chain("a", "2022", recorded)));
    assert_eq!(tx.chain(COUNTY, "d").await.unwrap(), None);
    assert_eq!(tx.chain("other", "a").await.unwrap(), None);
    assert_eq!(tx.chain_events(COUNTY, "a").await.unwrap(), events);
    assert_eq!(tx.chain_events(COUNTY, "b").await.unwrap(), []);
    assert_eq!(tx.chain_events("other", "a").await.unwrap(), []);
    for (period, after, limit, found) in [
        ("", "", 9, ["a", "b", "c"].as_slice()),
        ("", "a", 1, &["b"]),
        ("2022", "", 9, &["a", "b"]),
        ("2022", "b", 9, &[]),
    ] {
        let page = tx.chain_page(COUNTY, period, after, limit).await.unwrap();
        let ids: Vec<_> = page.iter().map(|it| it.chain_id.as_str()).collect();
        assert_eq!(ids, found, "{period} {after}");
    }
    drop(tx);
    // Nothing twice, and nothing of a chain that is not there.
    for again in 0..3 {
        let mut tx = begin(&*on.store, 30).await.unwrap();
        let refused = match again {
            0 => tx.insert_chain(COUNTY, &chain("a", "2024", 1)).await,
            1 => tx.insert_chain_events(COUNTY, "a", &events[..1]).await,
            _ => tx.insert_chain_events(COUNTY, "none", &events[..1]).await,
        };
        let refused = refused.unwrap_err();
        assert_eq!(matches!(refused, StoreError::AlreadyRecorded), again < 2, "{refused:?}");
    }
}
