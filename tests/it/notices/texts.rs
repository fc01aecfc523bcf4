//! The text of a notice.

use steelyard::proto::v1::{self, RecordKind};

use super::{grant, on_both, post, run};
use crate::harness::{COUNTY, Served, by, date, member, reason};

on_both!(the_text_lists_the_subjects_and_escapes_what_was_entered);

async fn generate(
    on: &Served,
    who: Option<&str>,
    run_id: &str,
    format: v1::NoticeFormat,
) -> Result<v1::GenerateNoticeResponse, tonic::Status> {
    let request = v1::GenerateNoticeRequest {
        county: COUNTY.into(),
        run_id: run_id.into(),
        format: format.into(),
        filter: None,
    };
    let request = match who {
        Some(who) => by(who, request),
        None => tonic::Request::new(request),
    };
    on.notices().generate_notice(request).await.map(tonic::Response::into_inner)
}

async fn the_text_lists_the_subjects_and_escapes_what_was_entered(on: &Served) {
    use v1::NoticeFormat::{Html, Markdown};
    let named = v1::RegistryRecord {
        name: "<i>李</i>|*".into(),
        effective_from: date("2022-03-01"),
        ..member("m2")
    };
    assert_eq!(on.upsert("named", vec![named]).await.items, []);
    let run_id = run(on, "test.working", "first").await;
    let none = generate(on, None, &run_id, Markdown).await.unwrap_err();
    assert_eq!(reason(&none), "NOTICE_NOT_FOUND");
    post(on, "n", &run_id, "2026-02-12").await.unwrap();
    let text = generate(on, None, &run_id, Markdown).await.unwrap();
    assert_eq!(text.subjects, 2);
    for words in [
        "# 关于测试\\<办法\\>（2022）评价结果的公示",
        "公示时间：2026年2月12日至2026年2月26日（5个工作日，张贴当日不计）。",
        "受理：县委组织部 电话 0877-\\<1\\>。",
        "| 序号 | 名称 | 编号 | 得分 | 等次 | 备注 |",
        "| 1 | 名称 m1 | m1 | 52.00 | 优秀 |  |",
        "| 2 | \\<i\\>李\\</i\\>\\|\\* | m2 | 50.00 | 一般 |  |",
        &run_id,
    ] {
        assert!(text.document.contains(words), "{words}\n{}", text.document);
    }
    let page = generate(on, None, &run_id, Html).await.unwrap().document;
    for words in [
        "<h1>关于测试&lt;办法&gt;（2022）评价结果的公示</h1>",
        "<td>&lt;i&gt;李&lt;/i&gt;|*</td>",
        "电话 0877-&lt;1&gt;",
        "@page { size: A4",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("<i>") && !page.contains("<script"));
    assert_eq!(generate(on, None, &run_id, Html).await.unwrap().document, page, "the same again");
    // Who sees no names gets ids.
    let role = v1::DefineRoleRequest {
        county: COUNTY.into(),
        request_id: "role".into(),
        role: Some(v1::Role {
            role_id: "poster".into(),
            title: "公示员".into(),
            permissions: vec![v1::Permission::NoticePost.into()],
            kinds: vec![RecordKind::Member.into()],
            ..Default::default()
        }),
        reason: "测试".into(),
    };
    on.accesses().define_role(role).await.unwrap();
    grant(on, "poster-1", "poster", RecordKind::County, COUNTY).await;
    let text = generate(on, Some("poster-1"), &run_id, Markdown).await.unwrap().document;
    assert!(text.contains("| 2 |  | m2 | 50.00 | 一般 |  |"), "{text}");
}
