//! The demonstration and the sample's files, as a person at a terminal gets them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use serde_json::Value;

use steelyard::{
    app::{
        App,
        offline::{self, Terms},
        run,
    },
    client::{Client, Tell},
    domain::{
        engine::{Plan, honours},
        exact::{Money, RoundingMode},
        scheme::{Schedule, Schedules, Scheme},
        time::Moment,
    },
    proto::v1,
    sample::{self, Adoption, Fact, Line, SCHEMES, Sample, Size},
    server, store,
};
use tonic::transport::Endpoint;

use crate::harness::Named;

use crate::postgres;

fn steelyard(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_steelyard")).args(arguments).output().unwrap()
}

/// A folder of this case's own, not there yet.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

fn shown(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {errors}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn demo_on(store: &str) -> Value {
    let keys = folder(if store.starts_with("postgres") { "demo-keys-server" } else { "demo-keys" });
    let keys = ["--keys", keys.to_str().unwrap()];
    let words = [&["demo", "--little", "--json", "--store", store], keys.as_slice()].concat();
    shown(&steelyard(&words))
}

fn fen(text: &Value) -> i64 {
    Money::parse(text.as_str().unwrap()).unwrap().fen()
}

fn count(map: &Value) -> i64 {
    map.as_object().unwrap().values().map(|it| it.as_i64().unwrap()).reduce(|a, b| a + b).unwrap()
}

/// What every demonstration of the little county says, whatever the store.
fn is_the_little_county(told: &Value) {
    // The two that are equal in every key share the second place of their street (F11).
    let ranked = told["ranked"].as_array().unwrap();
    assert_eq!(ranked[0]["county_place"], 1);
    assert_eq!(ranked[0]["place"], 1);
    let of_street = |place: i64| {
        let of = ranked.iter().filter(|it| it["street"] == "gucheng" && it["place"] == place);
        of.count()
    };
    assert_eq!([of_street(1), of_street(2), of_street(3)], [1, 2, 0]);
    let ties = told["ties_open"].as_array().unwrap();
    let tied: Vec<_> =
        ties.iter().map(|it| (&it["grade"], it["subjects"].as_array().unwrap().len())).collect();
    assert_eq!(tied, [(&Value::from("excellent"), 2)]);
    assert!(told["quotas"].as_array().unwrap().iter().all(|it| it["for"] == "excellent"));
    let graded = &told["grades"]["xinping.red-flag-compound"];
    assert!(graded["meets_line"].as_i64() > Some(8), "{graded}");
    // All projects but the excluded one and the incomplete one have stars.
    assert_eq!(count(&told["ratings"]), 18);
    assert_eq!(told["vetoed"].as_array().unwrap().len(), 8);
    let awards = told["awards"].as_object().unwrap();
    let given = awards.values().map(|it| fen(&it["amount"])).reduce(|a, b| a + b).unwrap();
    assert_eq!(given, fen(&told["total"]));
    assert_eq!(given + fen(&told["left"]), fen(&told["budget"]));
    assert_eq!(told["budget"], "300000.00");
    assert_eq!(told["explained"]["root"]["children"].as_array().unwrap().len(), 2);
    is_the_little_dual_score(told);
    let callers = told["trust"]["callers"].as_array().unwrap();
    let seen =
        |it: &Value| (it["members"].as_u64(), it["projects"].as_u64(), it["awards"].as_u64());
    let member = callers.iter().find(|it| it["role"] == "member").unwrap();
    assert_eq!(seen(member).0, Some(1), "a member sees itself");
    let hr = callers.iter().find(|it| it["role"] == "hr_reader").unwrap();
    assert_eq!((seen(hr).1, seen(hr).2), (Some(0), Some(0)), "HR: no projects, no money");
    let all = callers.iter().find(|it| it["role"] == "organization_department").unwrap();
    assert_eq!(seen(hr).0, seen(all).0);
    let street = callers.iter().find(|it| it["role"] == "street").unwrap();
    assert!(seen(street).0 > Some(1) && seen(street).0 < seen(all).0);
    assert!(told["trust"]["audit_entries"].as_u64() > Some(40));
}

/// The round of sheets of three projects, and the notice of the half-year after (P2, F8).
fn is_the_little_round(told: &Value) {
    let of = &told["round"];
    assert_eq!((&of["sheets"], &of["assessors"]), (&12.into(), &6.into()), "{of}");
    assert_eq!(of["facts"], 57, "four items of the bureau's sheets, five of the others'");
    assert!(of["refused"].as_str().unwrap().contains("3 required"), "{of}");
    assert_eq!(of["notice_days"], 5);
}

/// Every post through the chain of the year, from below (S1, S2).
fn is_the_little_chain(told: &Value) {
    let follows = &told["follows"];
    assert!(follows["commended"].as_i64() >= follows["preferred_when_equal"].as_i64(), "{follows}");
    assert!(follows["adjust"].as_i64() > Some(0), "{follows}");
    let of = &told["chain"];
    let graded = |scheme: &str| count(&told["statuses"][scheme]);
    let (branch, community) =
        (graded("xinping.secretary-appraisal"), graded("xinping.community-secretary-appraisal"));
    assert_eq!(of["posts"], branch + community, "{of}");
    assert_eq!(of["values"], 3 * branch + 2 * community, "{of}");
    assert_eq!((&of["communities"], &of["streets"]), (&community.into(), &4.into()), "{of}");
    assert!(of["beyond_band"].as_i64() > Some(0), "{of}");
    assert!(of["refused"].as_str().unwrap().contains("a cohort below is not closed"), "{of}");
}

/// What each rule of formation comes to (I1 to I3).
fn is_the_little_formation(told: &Value) {
    let of = &told["formations"];
    let sum = |rule: &str| {
        let counts = of[rule].as_object().unwrap().values();
        counts.map(|it| it.as_u64().unwrap()).sum::<u64>()
    };
    for rule in ["settled_members", "directly_managed", "committee_size", "secretary", "deputies"] {
        assert_eq!(sum(rule), 25, "{of}");
    }
    for rule in ["settled_members", "committee_size", "secretary"] {
        assert_eq!(of[rule]["met"], 25, "{of}");
    }
    assert_eq!(of["deputies"]["lacking"], 3, "{of}");
    let (met, lacking) = (&of["building"]["met"], &of["building"]["lacking"]);
    assert!(met.as_u64() > Some(100) && lacking.as_u64() > Some(10), "{of}");
    assert_eq!(sum("building"), met.as_u64().unwrap() + lacking.as_u64().unwrap());
}

/// The dual score's year: who moved, who was late, whose honours are lost, and one of them explained.
fn is_the_little_dual_score(told: &Value) {
    let dual = &told["dual"];
    let number = |it: &Value| it.as_u64().unwrap();
    assert_eq!(dual["schedules"]["compounds"], 25);
    assert!((30..=36).contains(&number(&dual["schedules"]["versions"])), "{dual}");
    assert_eq!(dual["grades"], told["grades"]["xinping.member-dual-score"]);
    assert_eq!(dual["moved"], 8, "{dual}");
    assert!((3..=6).contains(&number(&dual["late_check_ins"])), "{dual}");
    assert_eq!(dual["incomplete"]["points"], 0, "every branch has a schedule");
    let incomplete = &told["statuses"]["xinping.member-dual-score"]["incomplete"];
    assert_eq!(&dual["incomplete"]["unit"], incomplete);
    assert_eq!(dual["conduct"], serde_json::json!({"put_right": 2, "established": 3}));
    assert_eq!(dual["honours"]["barred"], 3);
    let told = told["explained"]["root"].to_string();
    for word in ["by its share of 365 days", "late_days = ", "version 1 of its point schedule"] {
        assert!(told.contains(word), "{word} is lacking in {told}");
    }
}

#[test]
fn the_demonstration_tells_the_same_over_every_store() {
    let told = demo_on("sqlite::memory:");
    is_the_little_county(&told);
    is_the_little_formation(&told);
    is_the_little_round(&told);
    is_the_little_chain(&told);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = runtime.block_on(postgres::schema("demo"));
    assert_eq!(demo_on(&url), told);
}

#[test]
fn the_folder_is_made_anew_and_a_foreign_one_is_left_alone() {
    let mine = folder("demo-mine");
    let path = mine.to_str().unwrap();
    for _ in 0..2 {
        let out = steelyard(&["demo", "--little", "--dir", path]);
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(out.status.success(), "{text}");
        for word in [
            "25 point schedules adopted by general meetings",
            "红旗小区 by its criteria",
            "Ties left open",
            "incomplete: no 小区积分细则 (points)",
            "300000.00",
            "steelyard serve --store",
        ] {
            assert!(text.contains(word), "{word} is lacking in {text}");
        }
        assert!(mine.join("steelyard.db").is_file());
    }
    let foreign = folder("demo-foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("letters.txt"), "mine").unwrap();
    let out = steelyard(&["demo", "--little", "--dir", foreign.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(73));
    assert_eq!(fs::read_to_string(foreign.join("letters.txt")).unwrap(), "mine");
}

/// Every file of `sample` is the same for the same seed, and `evaluate` takes each offline file.
#[test]
fn a_sample_is_written_byte_for_byte_and_evaluates() {
    let (one, two) = (folder("sample-one"), folder("sample-two"));
    for out in [&one, &two] {
        let done =
            steelyard(&["sample", "--little", "--seed", "7", "--out", out.to_str().unwrap()]);
        assert!(done.status.success());
    }
    let names = ["registry.jsonl", "adoptions.jsonl", "facts.jsonl", "README.md"];
    let names = names.into_iter().map(PathBuf::from);
    // What another sample left there is not taken for this one's.
    let left = two.join("schedules/k-999.v1.yaml");
    fs::write(&left, "left").unwrap();
    let mine = two.join("schedules/mine.txt");
    fs::write(&mine, "mine").unwrap();
    let again = steelyard(&["sample", "--little", "--seed", "7", "--out", two.to_str().unwrap()]);
    assert!(again.status.success() && !left.exists() && mine.exists());
    let listed = fs::read_dir(one.join("schedules")).unwrap();
    let schedules: Vec<PathBuf> =
        listed.map(|it| Path::new("schedules").join(it.unwrap().file_name())).collect();
    assert!(schedules.len() > 25, "every compound has a version, and some have two");
    let schemes = [
        ("xinping", "red-flag-compound"),
        ("xinping", "member-dual-score"),
        ("xinping", "secretary-appraisal"),
        ("xinping", "community-secretary-appraisal"),
        ("xuancheng", "property-rating"),
    ];
    let offline =
        |(county, name): (&str, &str)| Path::new("offline").join(format!("{county}.{name}.jsonl"));
    for name in names.chain(schedules).chain(schemes.map(offline)) {
        assert_eq!(
            fs::read(one.join(&name)).unwrap(),
            fs::read(two.join(&name)).unwrap(),
            "{name:?}"
        );
    }
    for (county, name) in schemes {
        let scheme = format!("{}/schemes/{county}/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let facts = one.join(offline((county, name)));
        let facts = facts.to_str().unwrap();
        let mut words = vec!["evaluate", "--scheme", &scheme, "--facts", facts, "--json"];
        let schedules = one.join("schedules");
        if name == "member-dual-score" {
            words.extend(["--schedules", schedules.to_str().unwrap()]);
        }
        let out = steelyard(&words);
        assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
        assert!(out.stderr.is_empty(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
    }
}

/// A clock of the machine.
#[derive(Debug)]
pub(crate) struct Clock;

impl steelyard::app::Clock for Clock {
    fn now(&self) -> Moment {
        #[expect(clippy::disallowed_methods, reason = "the tests' own clock")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Moment::from_micros(i64::try_from(now.as_micros()).unwrap())
    }
}

/// What a result is, whoever computed it.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: &'static str,
    score: Option<String>,
    grade: Option<String>,
    honours: Option<bool>,
    ranks: BTreeMap<String, u32>,
    awards: BTreeMap<String, String>,
}

fn offline(plan: &Arc<Plan>, schedules: &Arc<Schedules>, lines: &[Line]) -> BTreeMap<String, Told> {
    let text: String = lines.iter().map(|it| serde_json::to_string(it).unwrap() + "\n").collect();
    let mut told = BTreeMap::new();
    let terms = Terms { schedules: Arc::clone(schedules), ..Terms::default() };
    let done = offline::evaluate(plan, text.as_bytes(), &terms, |it| {
        let awards = it.awards.iter().map(|it| (it.id.clone(), it.amount.to_string()));
        let one = Told {
            status: it.status.name(),
            score: it.score.map(|it| it.text(2, RoundingMode::HalfUp)),
            grade: it.grade,
            honours: honours(plan.scheme(), it.status, &it.reasons),
            ranks: it.ranks.into_iter().collect(),
            awards: awards.collect(),
        };
        told.insert(it.subject, one);
        Ok(())
    });
    done.unwrap();
    told
}

fn served(results: Vec<v1::Result>) -> BTreeMap<String, Told> {
    let told = results.into_iter().map(|it| {
        let status = match it.status() {
            v1::ResultStatus::Final => "final",
            v1::ResultStatus::Incomplete => "incomplete",
            v1::ResultStatus::Excluded => "excluded",
            v1::ResultStatus::TieOpen => "tie_open",
            v1::ResultStatus::Unspecified => "",
        };
        let honours = match it.honours() {
            v1::Honours::Unspecified => None,
            v1::Honours::Eligible => Some(true),
            v1::Honours::Barred => Some(false),
        };
        let ranks = it.ranks.into_iter().map(|(k, it)| (k, u32::try_from(it).unwrap())).collect();
        let award = |it: v1::Award| (it.award_id, format!("{}.00", it.amount.unwrap().units));
        let awards = it.awards.into_iter().map(award).collect();
        let score = it.score.map(|it| it.value);
        let one = Told { status, score, grade: it.grade, honours, ranks, awards };
        (it.subject.unwrap().id, one)
    });
    told.collect()
}

/// One path computes for the service and offline: every published result of every scheme is what
/// the same facts give as lines.
#[tokio::test(flavor = "multi_thread")]
async fn the_service_and_the_offline_lines_agree_on_everybody() {
    let store = store::open("sqlite::memory:").await.unwrap();
    let app = App::new(store, Arc::new(Clock), "of the tests");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let grace = std::time::Duration::from_secs(5);
    let serving = server::Serving::new(grace, &[run::background], Named);
    tokio::spawn(server::serve(app, listener.into(), serving, std::future::pending()));
    let endpoint = Endpoint::from_shared(format!("http://{at}")).unwrap();
    let client = Client::new(endpoint.connect().await.unwrap(), sample::COUNTY, None).unwrap();
    let sample = Sample::make(5, &Size::LITTLE);
    let tell: Tell = Arc::new(|_| ());
    client.load_records(&sample.records, tell.clone()).await.unwrap();
    for document in &SCHEMES {
        client.publish_scheme(document).await.unwrap();
    }
    client.adopt_schedules(&sample.schedules, tell.clone()).await.unwrap();
    let read = |it: &Adoption| Arc::new(Schedule::read(it.document.as_bytes()).unwrap());
    let schedules = Arc::new(Schedules::of(sample.schedules.iter().map(read)));
    let (mistakes, facts): (Vec<Fact>, Vec<Fact>) =
        sample.facts.iter().cloned().partition(|it| it.reversed_because.is_some());
    assert!(!mistakes.is_empty());
    client.load_facts(facts.into(), tell.clone()).await.unwrap();
    client.record_and_reverse(&mistakes).await.unwrap();
    let become_caller = async |principal: &str| {
        let channel = endpoint.connect().await.unwrap();
        Client::new(channel, sample::COUNTY, Some(&format!("as-{principal}")))
    };
    client.carry_chain(&sample, become_caller).await.unwrap();
    let mut compounds = Vec::new();
    for document in SCHEMES {
        let scheme = Scheme::read(document.text.as_bytes()).unwrap();
        let plan = Arc::new(Plan::compile(Arc::new(scheme)));
        client.evaluate(&document, tell.clone()).await.unwrap();
        let of_service = served(client.results(&document).await.unwrap());
        let of_lines = offline(&plan, &schedules, &sample.lines(&document, &compounds));
        assert!(of_lines.len() >= 7);
        assert_eq!(of_service.len(), of_lines.len(), "{}", document.id);
        for (subject, told) in &of_lines {
            assert_eq!(&of_service[subject], told, "{} {subject}", document.id);
        }
        if document.id == "xinping.red-flag-compound" {
            let with = of_lines.into_iter().filter_map(|(id, told)| Some((id, told.score?)));
            compounds.extend(with);
        }
    }
}
