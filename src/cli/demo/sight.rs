//! Who sees what: roles are granted, each caller asks by itself, and a result is proved without the
//! service.

use serde_json::{Value, json};

use super::service::Serving;
use crate::{
    cli::Failure,
    client::Client,
    proto::v1::{self, RecordKind},
    sample::{COUNTY, Document, SCHEMES},
    sign::jws::{KeySet, check_detached},
};

/// The schemes whose results the callers ask for.
const MEMBERS: &str = "xinping.member-dual-score";
const PROJECTS: &str = super::report::RATING;
const POSTS: &str = "xinping.secretary-appraisal";

/// One caller, what it holds, and what it is shown.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) principal: &'static str,
    pub(super) role: &'static str,
    pub(super) over: &'static str,
    /// Results of members; none where the caller may ask for none.
    pub(super) members: Option<usize>,
    /// Results of projects.
    pub(super) projects: Option<usize>,
    /// Results of posts.
    pub(super) posts: Option<usize>,
    /// Awards among them.
    pub(super) awards: usize,
}

/// What was asked about trust.
#[derive(Debug)]
pub(super) struct Sight {
    pub(super) callers: Vec<Seen>,
    /// How many entries the audit trail has.
    pub(super) audit_entries: i64,
    /// Whose result was fetched with its signature and checked by the keys alone.
    pub(super) proved: String,
}

/// Who calls, as what, over what.
const CALLERS: [(&str, &str, RecordKind, &str); 6] = [
    ("department", "organization_department", RecordKind::County, COUNTY),
    ("street-gucheng", "street", RecordKind::Street, "gucheng"),
    ("hr-system", "hr_reader", RecordKind::County, COUNTY),
    ("credit-system", "credit_reader", RecordKind::County, COUNTY),
    ("member-1", "member", RecordKind::Member, "m-00001"),
    ("auditor", "auditor", RecordKind::County, COUNTY),
];

fn document(id: &str) -> Result<Document, Failure> {
    let found = SCHEMES.iter().find(|it| it.id == id).copied();
    found.ok_or_else(|| Failure::software(&format!("there is no scheme {id}")))
}

/// Grants the roles, asks as each of the callers, and checks one signed result.
pub(super) async fn look(
    service: &Serving,
    administrator: &Client,
    subject: &str,
) -> Result<Sight, Failure> {
    let failed = |why: crate::client::CallError| Failure::software(&why);
    let (members, projects) = (document(MEMBERS)?, document(PROJECTS)?);
    let posts = document(POSTS)?;
    let mut callers = Vec::new();
    let mut audit_entries = 0;
    for (principal, role, kind, over) in CALLERS {
        let unit = v1::RecordRef { kind: kind.into(), id: over.to_owned() };
        administrator.grant_role(principal, role, unit).await.map_err(failed)?;
        let token = service.token_for(principal)?;
        let client = Client::new(service.connect().await?, COUNTY, Some(&token)).map_err(failed)?;
        let of_members = client.results_seen(&members).await.map_err(failed)?;
        let of_projects = client.results_seen(&projects).await.map_err(failed)?;
        let of_posts = client.appraisals(&posts).await.map_err(failed)?;
        let shown = of_members.iter().chain(&of_projects).flatten().map(|it| it.awards.len());
        let shown = shown.chain(of_posts.iter().flatten().map(|it| it.awards.len()));
        let awards = shown.fold(0_usize, usize::saturating_add);
        if role == "auditor" {
            audit_entries = client.audit_entries().await.map_err(failed)?;
        }
        let many = |it: Option<Vec<_>>| it.map(|it| it.len());
        let (members, projects) = (many(of_members), many(of_projects));
        let posts = of_posts.map(|it| it.len());
        callers.push(Seen { principal, role, over, members, projects, posts, awards });
    }
    let (signed, jwks) = administrator.signed_result(&members, subject).await.map_err(failed)?;
    let keys = KeySet::from_json(&jwks).map_err(|why| Failure::software(&why))?;
    check_detached(&signed.jws, &signed.payload, &keys).map_err(|why| Failure::software(&why))?;
    Ok(Sight { callers, audit_entries, proved: subject.to_owned() })
}

impl Sight {
    /// The same for machines.
    pub(super) fn json(&self) -> Value {
        let callers = self.callers.iter().map(|it| {
            json!({
                "principal": it.principal, "role": it.role, "over": it.over,
                "members": it.members, "projects": it.projects, "posts": it.posts, "awards": it.awards,
            })
        });
        json!({
            "callers": callers.collect::<Vec<_>>(),
            "audit_entries": self.audit_entries,
            "signed_result_checked": self.proved,
        })
    }
}
