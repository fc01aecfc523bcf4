//! Companies from their projects (P6), and a year from its halves.

use steelyard::{
    app::run::{self, RunSelector},
    proto::v1::{self, RatingPartStanding, ResultStatus},
};

use super::world::{
    WEIGHED, address, county, figure, half, listed, of, published, rating, subject, text, veto,
};
use crate::harness::{COUNTY, Served, date};

/// The rating of a company, in short: score, stars, and each project with its share.
fn short(it: &v1::Rating) -> String {
    let part = |it: &v1::RatingPart| {
        let weight = it.weight.as_ref().map(|it| it.exact.clone()).unwrap_or_default();
        let standing = it.standing().as_str_name().trim_start_matches("RATING_PART_STANDING_");
        format!("{}={}*{weight} {standing}", it.subject_id, text(it.counts.as_ref()))
    };
    let parts: Vec<String> = it.parts.iter().map(part).collect();
    let grade = it.grade.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    format!("{} {grade} [{}]", text(it.score.as_ref()), parts.join(", "))
}

async fn companies(served: &Served, scheme: &str) -> Vec<(String, v1::Rating)> {
    let request = v1::ListRatingsRequest {
        county: COUNTY.into(),
        of: of(scheme, "2022-H1", ""),
        ..Default::default()
    };
    let all = listed(served, None, request).await;
    all.into_iter().map(|it| (subject(&it).to_owned(), it)).collect()
}

/// The shares of a rating add up to one, as fractions.
fn add_up(parts: &[v1::RatingPart]) {
    let (mut num, mut den) = (0_i128, 1_i128);
    for part in parts.iter().filter_map(|it| it.weight.as_ref()) {
        let (p, q) = part.exact.split_once('/').unwrap_or((&part.exact, "1"));
        let (p, q): (i128, i128) = (p.parse().unwrap(), q.parse().unwrap());
        (num, den) = (num * q + p * den, den * q);
    }
    assert!(den > 1 && num == den || num == 1 && den == 1, "{num}/{den}");
}

async fn by_each_weight(on_postgres: bool, reversed: bool) -> Vec<String> {
    let url = address(on_postgres, &format!("weights{}", i32::from(reversed))).await;
    let mut facts = half();
    if reversed {
        facts.reverse();
    }
    let served = county(&url, facts).await;
    published(&served, "rate.project", "2022-H1").await;
    let mut digests = Vec::new();
    for (name, _) in WEIGHED {
        let scheme = format!("rate.{name}");
        let run = published(&served, &scheme, "2022-H1").await;
        let all = companies(&served, &scheme).await;
        let a = "p-1=94*A COUNTED, p-2=59.99*B HELD, p-3=81.5*C COUNTED";
        let shares = |a: &str, shares: [&str; 3]| {
            let [x, y, z] = shares;
            a.replace('A', x).replace("*B", &format!("*{y}")).replace("*C ", &format!("*{z} "))
        };
        let expected = match name {
            // (94x400 + 59.99x300 + 81.5x300)/1000 = 80.047; four stars but for the veto
            "households" => [
                format!("80.05 star_3 [{}]", shares(a, ["2/5", "3/10", "3/10"])),
                "72.50 star_3 [p-4=72.5*1 COUNTED]".to_owned(),
            ],
            // (94x40000.5 + 59.99x30000 + 81.5x10000)/80000.5 = 79.68384...
            "area" => [
                format!(
                    "79.68 star_3 [{}]",
                    shares(a, ["80001/160001", "60000/160001", "20000/160001"])
                ),
                "  [p-4=* UNWEIGHED]".to_owned(),
            ],
            // (94 + 59.99 + 81.5)/3 = 78.49666...
            _ => [
                format!("78.50 star_3 [{}]", shares(a, ["1/3", "1/3", "1/3"])),
                "72.50 star_3 [p-4=72.5*1 COUNTED]".to_owned(),
            ],
        };
        let told: Vec<String> = all.iter().map(|it| short(&it.1)).collect();
        assert_eq!(told[..2], expected, "{name}");
        assert_eq!(told[2], "  []", "a company without a project has no rating, and not zero");
        let none = &all[2].1;
        assert_eq!((all[2].0.as_str(), none.status()), ("co-none", ResultStatus::Incomplete));
        assert_eq!(none.reasons[0].params["node"], "projects", "and is told what is missing");
        assert_eq!(none.no_advice.as_ref().unwrap().code, "advice_incomplete");
        add_up(&all[0].1.parts);
        let taken_over: Vec<_> = all[0].1.parts.iter().map(|it| it.taken_over).collect();
        assert_eq!(taken_over, [None, None, date("2022-04-12")]);
        assert_eq!(all[0].1.parts[1].vetoes, ["fund_misuse"]);
        digests.extend(all.iter().map(|it| it.1.digest.clone()));
        // Computed again from the facts and the registry, it is the same to the last byte.
        let proof = run::verify(&*served.app.store, COUNTY, &RunSelector::Id(run)).await.unwrap();
        assert!(proof.findings.is_empty(), "{:?}", proof.findings);
    }
    digests
}

#[tokio::test]
async fn projects_roll_up_by_households_by_floor_area_and_equally() {
    let one = by_each_weight(false, false).await;
    assert_eq!(one, by_each_weight(false, true).await, "whichever order the facts came in");
    assert_eq!(one, by_each_weight(true, false).await, "and whichever the store");
}

async fn explained(on_postgres: bool) {
    let url = address(on_postgres, "explained").await;
    let served = county(&url, half()).await;
    published(&served, "rate.project", "2022-H1").await;
    let run = published(&served, "rate.households", "2022-H1").await;
    let explain = async |subject: &str| {
        let request = v1::ExplainResultRequest {
            county: COUNTY.into(),
            run: crate::receipts::year::by_id(&run),
            subject_id: subject.into(),
        };
        let told = served.evaluations().explain_result(request).await.unwrap().into_inner();
        let node = told.root.unwrap().children.remove(0);
        let tried = node.tried_not_held.into_iter().filter_map(|it| it.text);
        let how = node.how.into_iter().chain(tried);
        how.map(|it| format!("{} {}", it.en, it.zh)).collect::<Vec<_>>().join("; ")
    };
    let a = explain("co-a").await;
    for word in [
        "p-2 2022-H1: under the veto fund_misuse it counts with 59.99 (score 89 of 100)",
        "300 weighs 3/10; taken over on 2022-04-12: it counts whole for who has it on the last day",
        "2022-04-12 起接管：按期末所属企业全额计入",
    ] {
        assert!(a.contains(word), "{word:?} in {a}");
    }
    let none = explain("co-none").await;
    for word in ["no project that is its own", "期末在管项目中没有已公布的结果"] {
        assert!(none.contains(word), "{word:?} in {none}");
    }
}

#[tokio::test]
async fn a_company_is_told_what_each_project_weighs_and_since_when_it_has_it() {
    explained(false).await;
    explained(true).await;
}

async fn excluded_and_unscored(on_postgres: bool) {
    let url = address(on_postgres, "unscored").await;
    let mut facts = half();
    // p-1 is out by its contract's end; p-3 has one sheet only; p-2 handed nothing in but a veto.
    facts.push(veto("p-1", "ended", ("2022-06-01", ""), "doc:1"));
    let metric = |it: &v1::Fact| matches!(it.fact, Some(v1::fact::Fact::Metric(_)));
    let id = |it: &v1::Fact| it.subject.as_ref().unwrap().id.clone();
    facts.retain(|it| !(metric(it) && (id(it) == "p-2" || id(it) == "p-4")));
    let served = county(&url, facts).await;
    published(&served, "rate.project", "2022-H1").await;
    published(&served, "rate.households", "2022-H1").await;
    let told: Vec<String> =
        companies(&served, "rate.households").await.iter().map(|it| short(&it.1)).collect();
    // (0x300 + 81.5x300)/600
    let expected = "40.75 star_3 [p-1=* EXCLUDED, p-2=0*1/2 HELD, p-3=81.5*1/2 COUNTED]";
    assert_eq!(told, [expected, "  [p-4=* UNSCORED]", "  []"]);
}

#[tokio::test]
async fn nobody_escapes_a_veto_and_what_is_missing_is_not_zero() {
    excluded_and_unscored(false).await;
    excluded_and_unscored(true).await;
}

async fn a_year_of_halves(on_postgres: bool) {
    let url = address(on_postgres, "year").await;
    let mut facts = half();
    facts.push(figure("p-1", "2022-H2", "party", "88.01"));
    facts.push(figure("p-1", "2022-H2", "service", "90"));
    let served = county(&url, facts).await;
    published(&served, "rate.project", "2022-H1").await;
    published(&served, "rate.project", "2022-H2").await;
    published(&served, "rate.year", "2022").await;
    let year = async |id: &str| {
        rating(&served, None, of("rate.year", "", ""), id).await.unwrap().rating.unwrap()
    };
    // 94 and 89.005, which is published as 89.01: (94 + 89.01)/2 = 91.505
    let first = year("p-1").await;
    assert_eq!(text(first.score.as_ref()), "91.51");
    let halves: Vec<_> =
        first.parts.iter().map(|it| (it.period.as_str(), text(it.score.as_ref()))).collect();
    assert_eq!(halves, [("2022-H1", "94".to_owned()), ("2022-H2", "89.01".to_owned())]);
    add_up(&first.parts);
    let one_half = year("p-4").await;
    assert_eq!(one_half.status(), ResultStatus::Incomplete, "one half is not a year");
    let standings: Vec<_> = one_half.parts.iter().map(v1::RatingPart::standing).collect();
    assert_eq!(standings, [RatingPartStanding::Counted, RatingPartStanding::Unscored]);
}

#[tokio::test]
async fn a_year_is_made_of_two_halves_and_of_no_less() {
    a_year_of_halves(false).await;
    a_year_of_halves(true).await;
}
