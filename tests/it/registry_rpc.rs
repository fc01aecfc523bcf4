//! The registry as a caller sees it.

use steelyard::proto::v1::{self, BranchForm, ItemState, RecordKind, registry_record::Detail};
use tonic::Code;

use crate::harness::{
    COUNTY, date, decimal, member, reason, record, reference, served, unit, units, violations,
};

fn get(kind: RecordKind, id: &str) -> v1::GetRecordRequest {
    v1::GetRecordRequest {
        county: COUNTY.into(),
        kind: kind.into(),
        id: id.into(),
        ..Default::default()
    }
}

fn branch(id: &str, form: BranchForm, anchor: Option<v1::RecordRef>) -> v1::RegistryRecord {
    record(
        RecordKind::Branch,
        id,
        Detail::Branch(v1::Branch { form: form.into(), anchor, ..Default::default() }),
    )
}

fn reasons(answer: &v1::UpsertRecordsResponse) -> Vec<(i32, &str)> {
    answer.items.iter().map(|it| (it.item_index, it.reason.as_str())).collect()
}

#[tokio::test]
async fn every_kind_is_recorded_and_read_as_it_was_sent() {
    let served = served().await;
    let mut records = units();
    let post = v1::Post {
        person_id: "m1".into(),
        title: "branch_secretary".into(),
        unit: reference(RecordKind::Compound, "k-01"),
    };
    let project = v1::Project {
        company_id: "p-1".into(),
        compound_id: "k-01".into(),
        project_class: "commercial".into(),
        households: Some(0),
        floor_area: decimal("1200.5"),
    };
    let mut building = unit(RecordKind::Building, "b-1", reference(RecordKind::Compound, "k-01"));
    building.attributes.insert("lifts".into(), "2".into());
    building.detail = Some(Detail::OrgUnit(v1::OrgUnit {
        households: Some(40),
        site_area: None,
        floor_area: decimal("9000"),
    }));
    records.extend([
        building,
        branch("z-1", BranchForm::CompoundBranch, reference(RecordKind::Compound, "k-01")),
        member("m1"),
        record(RecordKind::Post, "s-1", Detail::Post(post)),
        record(RecordKind::Company, "p-1", Detail::Company(v1::Company {})),
        record(RecordKind::Project, "x-1", Detail::Project(project)),
    ]);
    let answer = served.upsert("1", records.clone()).await;
    assert_eq!(answer.items, []);
    let counts = answer.counts.unwrap();
    assert_eq!((counts.recorded, counts.messages), (10, 1));
    for sent in records {
        let found = served.registry().get_record(get(sent.kind(), &sent.id)).await.unwrap();
        let mut found = found.into_inner().record.unwrap();
        assert!(found.record_time.take().is_some());
        let implied = found.parent.take();
        assert!(sent.parent.is_none() || sent.parent == implied);
        assert_eq!(found, v1::RegistryRecord { parent: None, ..sent });
    }
    let again = served.upsert("2", units()).await.counts.unwrap();
    assert_eq!((again.unchanged, again.recorded), (4, 0));
}

#[tokio::test]
async fn items_are_judged_one_by_one_with_all_faults_of_each() {
    let served = served().await;
    let mut bad = member("m 1");
    bad.name = "a\u{200b}".into();
    bad.effective_from = date("2022-02-30");
    bad.attributes.insert("status".into(), "retired".into());
    let mut reserved = member("m2");
    reserved.attributes.insert("status".into(), "retired".into());
    let mut until = member("m3");
    until.effective_until = date("2021-12-31");
    let mut elsewhere = member("m4");
    elsewhere.parent = reference(RecordKind::Compound, "k-02");
    let mismatch = record(RecordKind::Member, "m5", Detail::Company(v1::Company {}));
    let under = unit(RecordKind::Compound, "k-09", reference(RecordKind::Street, "guishan"));
    let orphan = unit(RecordKind::Compound, "k-08", reference(RecordKind::Community, "c-99"));
    let below = unit(RecordKind::Building, "b-8", reference(RecordKind::Compound, "k-08"));
    let mut records = units();
    records.extend([bad, reserved, until, elsewhere, mismatch, under, orphan, below]);
    records.extend([member("m6"), member("m6"), member("m7")]);
    let answer = served.upsert("1", records).await;
    assert_eq!(
        reasons(&answer),
        [
            (4, "ID_INVALID"),
            (5, "ATTRIBUTE_RESERVED"),
            (6, "INTERVAL_REVERSED"),
            (7, "PARENT_MISMATCH"),
            (8, "DETAIL_MISMATCH"),
            (9, "PARENT_KIND_INVALID"),
            (10, "PARENT_UNKNOWN"),
            (11, "PARENT_UNKNOWN"),
            (12, "DUPLICATE_IN_BATCH"),
            (13, "DUPLICATE_IN_BATCH"),
        ]
    );
    let faults: Vec<_> = answer.items[0].faults.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(faults, ["id", "name", "effective_from"]);
    let text = answer.items[9].faults[0].text.clone().unwrap();
    assert!(text.en.contains("records[12], records[13]") && !text.zh.is_empty(), "{text:?}");
    let counts = answer.counts.unwrap();
    assert_eq!((counts.recorded, counts.refused), (5, 10));
}

#[tokio::test]
async fn a_message_sent_again_is_answered_from_the_first_time() {
    let served = served().await;
    let mut refused = member("m1");
    refused.name = String::new();
    let mut records = units();
    records.push(refused);
    let first = served.upsert("1", records.clone()).await;
    let again = served.upsert("1", records).await;
    assert_eq!(first.items, again.items);
    let (first, again) = (first.counts.unwrap(), again.counts.unwrap());
    assert_eq!((first.recorded, first.replayed_messages), (4, 0));
    assert_eq!((again.recorded, again.replayed_messages), (4, 1));
    let message = v1::UpsertRecordsRequest {
        county: COUNTY.into(),
        request_id: "1".into(),
        records: vec![member("m1")],
    };
    let mut client = served.registry();
    let status = client.upsert_records(tokio_stream::once(message)).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::AlreadyExists, "REQUEST_ID_REUSED")
    );
}

#[tokio::test]
async fn a_stream_is_about_one_county_and_its_messages_are_bounded() {
    let served = served().await;
    let message = |county: &str, request_id: &str, records| v1::UpsertRecordsRequest {
        county: county.into(),
        request_id: request_id.into(),
        records,
    };
    let mut client = served.registry();
    let two = tokio_stream::iter([
        message(COUNTY, "1", units()),
        message("yuxi", "2", vec![unit(RecordKind::County, "yuxi", None)]),
    ]);
    let status = client.upsert_records(two).await.unwrap_err();
    assert_eq!(reason(&status), "COUNTY_MIXED");
    assert!(client.get_record(get(RecordKind::County, COUNTY)).await.is_ok(), "the first stays");
    let empty = message("a b", "", vec![]);
    let status = client.upsert_records(tokio_stream::once(empty)).await.unwrap_err();
    let expected = [
        ("county", "ID_INVALID"),
        ("request_id", "REQUEST_ID_INVALID"),
        ("records", "BATCH_EMPTY"),
    ];
    assert_eq!(violations(&status), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let many = message(COUNTY, "3", vec![member("m1"); 501]);
    let status = client.upsert_records(tokio_stream::once(many)).await.unwrap_err();
    assert_eq!(reason(&status), "BATCH_TOO_LARGE");
}

#[tokio::test]
async fn a_move_that_closes_a_circle_is_refused_on_whatever_day_it_would() {
    use BranchForm::{CompoundBranch, PartyGroup};
    let served = served().await.with_a_county().await;
    let compound = || reference(RecordKind::Compound, "k-01");
    let below = |id: &str| reference(RecordKind::Branch, id);
    let groups = vec![
        branch("z", CompoundBranch, compound()),
        branch("a", PartyGroup, below("z")),
        branch("b", PartyGroup, below("a")),
    ];
    assert_eq!(served.upsert("groups", groups).await.items, []);
    let mut moved = branch("a", PartyGroup, below("b"));
    moved.effective_from = date("2022-06-01");
    assert_eq!(reasons(&served.upsert("move", vec![moved]).await), [(0, "TREE_CYCLE")]);
    let own = branch("c", PartyGroup, below("c"));
    assert_eq!(reasons(&served.upsert("own", vec![own]).await), [(0, "TREE_CYCLE")]);
    // `b` leaves `a` from July on; `a` may go below it then, and not a day earlier.
    let mut leaves = branch("b", PartyGroup, below("z"));
    leaves.effective_from = date("2022-07-01");
    assert_eq!(served.upsert("leaves", vec![leaves]).await.items, []);
    let mut early = branch("a", PartyGroup, below("b"));
    early.effective_from = date("2022-06-30");
    assert_eq!(reasons(&served.upsert("early", vec![early]).await), [(0, "TREE_CYCLE")]);
    let mut late = branch("a", PartyGroup, below("b"));
    late.effective_from = date("2022-07-01");
    assert_eq!(served.upsert("late", vec![late]).await.items, []);
    // Only groups lie below branches.
    let wrong = branch("y", CompoundBranch, below("z"));
    assert_eq!(reasons(&served.upsert("wrong", vec![wrong]).await), [(0, "PARENT_KIND_INVALID")]);
}

#[tokio::test]
async fn a_tree_has_sixteen_levels_at_most() {
    use BranchForm::{CompoundBranch, PartyGroup};
    let served = served().await.with_a_county().await;
    // Compounds are on level 4, so the chain may have twelve branches.
    let mut chain = vec![branch("g05", CompoundBranch, reference(RecordKind::Compound, "k-01"))];
    for level in 6..=17 {
        let above = reference(RecordKind::Branch, &format!("g{:02}", level - 1));
        chain.push(branch(&format!("g{level:02}"), PartyGroup, above));
    }
    let answer = served.upsert("chain", chain).await;
    assert_eq!(reasons(&answer), [(12, "TREE_TOO_DEEP")]);
    let request =
        v1::GetTreeRequest { county: COUNTY.into(), include_branches: true, ..Default::default() };
    let tree = served.registry().get_tree(request).await.unwrap().into_inner();
    assert_eq!(tree.nodes.last().unwrap().depth, 15);
}

#[tokio::test]
async fn a_record_is_read_as_of_a_day_and_a_moment() {
    let served = served().await.with_a_county().await;
    let mut client = served.registry();
    served.clock.set("2023-02-01T00:00:00Z");
    let mut renamed = unit(RecordKind::Compound, "k-01", reference(RecordKind::Community, "c-01"));
    renamed.effective_from = date("2022-07-01");
    renamed.name = "新名".into();
    served.upsert("renamed", vec![renamed]).await;
    let mut read = async |day: &str, known: Option<&str>| {
        let known_at = known.map(|it| it.parse().unwrap());
        let request = v1::GetRecordRequest {
            as_of_day: date(day),
            known_at,
            ..get(RecordKind::Compound, "k-01")
        };
        client.get_record(request).await.map(|it| it.into_inner().record.unwrap().name)
    };
    assert_eq!(read("2022-06-30", None).await.unwrap(), "名称 k-01");
    assert_eq!(read("2022-07-01", None).await.unwrap(), "新名");
    assert_eq!(read("2022-07-01", Some("2023-01-31T00:00:00Z")).await.unwrap(), "名称 k-01");
    let status = read("2021-12-31", None).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "NOT_FOUND"));
    let status = read("2022-07-01", Some("2030-01-01T00:00:00Z")).await.unwrap_err();
    assert_eq!(reason(&status), "KNOWN_AT_IN_FUTURE");
}

#[tokio::test]
async fn pages_of_any_size_give_the_whole_list_of_the_first_moment() {
    let served = served().await.with_a_county().await;
    served.upsert("more", (10..35).map(|it| member(&format!("m{it}"))).collect()).await;
    let mut client = served.registry();
    for size in [1, 7, 1_000] {
        let mut request = v1::ListRecordsRequest {
            county: COUNTY.into(),
            kind: RecordKind::Member.into(),
            parent: reference(RecordKind::Compound, "k-01"),
            page_size: size,
            ..Default::default()
        };
        let mut ids = Vec::new();
        loop {
            let page = client.list_records(request.clone()).await.unwrap().into_inner();
            assert!(page.records.len() <= usize::try_from(size).unwrap());
            ids.extend(page.records.into_iter().map(|it| it.id));
            // A writer in between is not seen.
            served
                .upsert(&format!("w{size}-{}", ids.len()), vec![member(&format!("n{size}"))])
                .await;
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        ids.retain(|it| it.starts_with('m'));
        let mut expected: Vec<_> = (10..35).map(|it| format!("m{it}")).collect();
        expected.extend(["m1".to_owned(), "m2".to_owned()]);
        expected.sort();
        assert_eq!(ids, expected);
    }
}

#[tokio::test]
async fn a_token_holds_for_its_request_only() {
    let served = served().await.with_a_county().await;
    let mut client = served.registry();
    let request = v1::ListRecordsRequest {
        county: COUNTY.into(),
        kind: RecordKind::Member.into(),
        page_size: 1,
        ..Default::default()
    };
    let token = client.list_records(request.clone()).await.unwrap().into_inner().next_page_token;
    assert!(!token.is_empty());
    let mut forged = token.clone();
    let last = if forged.pop() == Some('0') { '1' } else { '0' };
    forged.push(last);
    let cut = token.get(..20).unwrap().to_owned();
    let others = [
        v1::ListRecordsRequest { page_token: forged, ..request.clone() },
        v1::ListRecordsRequest { page_token: cut, ..request.clone() },
        v1::ListRecordsRequest { page_token: "é".into(), ..request.clone() },
        v1::ListRecordsRequest {
            page_token: token.clone(),
            kind: RecordKind::Post.into(),
            ..request.clone()
        },
        v1::ListRecordsRequest {
            page_token: token.clone(),
            county: "yuxi".into(),
            ..request.clone()
        },
    ];
    for other in others {
        let status = client.list_records(other).await.unwrap_err();
        assert_eq!(reason(&status), "PAGE_TOKEN_INVALID");
    }
    let larger = v1::ListRecordsRequest { page_token: token, page_size: 5, ..request.clone() };
    assert_eq!(client.list_records(larger).await.unwrap().into_inner().records.len(), 1);
    let wrong = v1::ListRecordsRequest { page_size: -1, kind: 99, ..request };
    let status = client.list_records(wrong).await.unwrap_err();
    let expected = [("kind", "ENUM_UNSPECIFIED"), ("page_size", "PAGE_SIZE_INVALID")];
    assert_eq!(violations(&status), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[tokio::test]
async fn the_tree_is_read_whole_and_below_a_unit() {
    let served = served().await.with_a_county().await;
    let compound = reference(RecordKind::Compound, "k-01");
    served.upsert("b", vec![branch("z", BranchForm::JointBranch, compound)]).await;
    let mut client = served.registry();
    let mut read = async |root: Option<v1::RecordRef>, include_branches| {
        let request = v1::GetTreeRequest {
            county: COUNTY.into(),
            root,
            include_branches,
            ..Default::default()
        };
        let nodes = client.get_tree(request).await.map(|it| it.into_inner().nodes)?;
        let line =
            |it: v1::TreeNode| (it.record.unwrap().id, it.depth, it.child_count, it.branch_form);
        Ok::<_, tonic::Status>(nodes.into_iter().map(line).collect::<Vec<_>>())
    };
    let node = |id: &str, depth, children| (id.to_owned(), depth, children, 0);
    assert_eq!(
        read(None, false).await.unwrap(),
        [node(COUNTY, 0, 1), node("guishan", 1, 1), node("c-01", 2, 1), node("k-01", 3, 0)]
    );
    let joint = ("z".to_owned(), 2, 0, i32::from(BranchForm::JointBranch));
    assert_eq!(
        read(reference(RecordKind::Community, "c-01"), true).await.unwrap(),
        [node("c-01", 0, 1), node("k-01", 1, 1), joint]
    );
    let status = read(reference(RecordKind::Street, "none"), false).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let status = read(reference(RecordKind::Member, "m1"), false).await.unwrap_err();
    assert_eq!(reason(&status), "ROOT_NOT_A_UNIT");
}

#[tokio::test]
async fn a_refused_item_says_so_with_its_state() {
    let served = served().await;
    let answer = served.upsert("1", vec![member("m1")]).await;
    let item = &answer.items[0];
    assert_eq!(item.state(), ItemState::Refused);
    assert_eq!((item.code, item.reason.as_str(), item.id.as_str()), (9, "PARENT_UNKNOWN", "m1"));
}
