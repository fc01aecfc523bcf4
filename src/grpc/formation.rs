//! What compounds, streets and communities should have of party organisations, over gRPC.

mod units;

use std::collections::BTreeSet;

use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX, admit::Call, decode::Faults, encode::text, page::page, registry_encode,
    registry_scope::absent, status,
};
use crate::{
    app::{
        App, AppError,
        access::{Node, Permit, Placed, places},
        formation::{
            Bounds, Due, Finding, Form, Formation, Organisation, Registered, Rule, Standing,
        },
        registry::{BranchForm, Listing, Record, RecordKind, RecordRef, as_of},
    },
    proto::v1::{self, formation_service_server::FormationServiceServer},
    store::{AsOf, ReadTx},
};

/// How many compounds are looked through for one page.
const LOOKED_AT_MAX: usize = 2_000;

pub(super) fn service(
    app: &App,
) -> FormationServiceServer<impl v1::formation_service_server::FormationService + use<>> {
    FormationServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::formation_service_server::FormationService for Service {
    async fn get_formation(
        &self,
        request: Request<v1::GetFormationRequest>,
    ) -> Result<Response<v1::GetFormationResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.get(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_formations(
        &self,
        request: Request<v1::ListFormationsRequest>,
    ) -> Result<Response<v1::ListFormationsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_unit_formations(
        &self,
        request: Request<v1::ListUnitFormationsRequest>,
    ) -> Result<Response<v1::ListUnitFormationsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list_units(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

/// What a list asks for.
struct Asked {
    community: Option<String>,
    standings: Vec<Standing>,
    as_of: AsOf,
}

impl Service {
    async fn get(
        &self,
        call: &Call,
        raw: &v1::GetFormationRequest,
    ) -> Result<v1::GetFormationResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let compound = faults.id("compound_id", &raw.compound_id);
        let day = faults.day("as_of_day", raw.as_of_day.as_ref());
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let read = (|| Some((permit?, county?, compound?, day?, known?)))();
        let (permit, county, compound, day, known) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, known).await?.moment()?;
        let as_of = as_of(day.map_or_else(|| self.app.today(), Ok)?, known);
        let of = RecordRef::new(RecordKind::Compound, &compound);
        let found = self.app.record(&mut *tx, &county, &of, as_of).await;
        let record = absent(&permit, RecordKind::Compound, found)?.record;
        let at = (county.as_str(), as_of);
        if self.covered(&mut *tx, at, &permit, vec![record.clone()]).await?.is_empty() {
            return Err(AppError::Denied);
        }
        let registered = self.app.registered_organisations(&mut *tx, &county, as_of).await?;
        let formation = self.app.formation(&mut *tx, &county, &record, &registered).await?;
        Ok(v1::GetFormationResponse { formation: Some(encode(&formation)) })
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListFormationsRequest,
    ) -> Result<v1::ListFormationsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let community = faults.optional_id("community_id", &raw.community_id);
        let standings = standings(&mut faults, &raw.standings);
        let day = faults.day("as_of_day", raw.as_of_day.as_ref());
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("FormationService.ListFormations", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, community?, standings?, day?, known?, page?)))();
        let (permit, county, community, standings, day, known, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        let as_of = as_of(day.map_or_else(|| self.app.today(), Ok)?, known);
        let asked = Asked { community, standings, as_of };
        let registered = self.app.registered_organisations(&mut *tx, &county, as_of).await?;
        let from = (page.after.clone(), page.size);
        let (found, next) =
            self.page_of(&mut *tx, (&county, &permit), (&asked, &registered), from).await?;
        let (formations, more) = page.fit::<v1::Formation>(found.iter().map(encode).collect());
        let last = formations.last().map(|it| it.compound_id.clone()).filter(|_| more);
        let next = last.or(next).map(|it| page.next(&it, Some(known)));
        Ok(v1::ListFormationsResponse { formations, next_page_token: next.unwrap_or_default() })
    }

    /// The next compounds that are asked for, and after which to go on where some were not looked at.
    async fn page_of(
        &self,
        tx: &mut dyn ReadTx,
        (county, permit): (&str, &Permit),
        (asked, registered): (&Asked, &Registered),
        (mut after, limit): (String, i64),
    ) -> Result<(Vec<Formation>, Option<String>), AppError> {
        let parent = asked.community.as_deref();
        let parent = parent.map(|it| RecordRef::new(RecordKind::Community, it));
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut found, mut looked_at) = (Vec::new(), 0_usize);
        loop {
            let (kind, parent) = (RecordKind::Compound, parent.clone());
            let listing =
                Listing { kind, parent, as_of: asked.as_of, after: after.clone(), limit: 100 };
            let compounds = self.app.records(tx, county, &listing).await?;
            let whole = compounds.len() == 100;
            let compounds: Vec<Record> = compounds.into_iter().map(|it| it.record).collect();
            let Some(last) = compounds.last().map(|it| it.id.clone()) else {
                return Ok((found, None));
            };
            let last_seen = last.clone();
            for compound in self.covered(tx, (county, asked.as_of), permit, compounds).await? {
                let formation = self.app.formation(tx, county, &compound, registered).await?;
                if formation.has_any(&asked.standings) {
                    found.push(formation);
                }
                if found.len() == most {
                    let end = compound.id == last_seen && !whole;
                    return Ok((found, (!end).then_some(compound.id)));
                }
            }
            looked_at = looked_at.saturating_add(100);
            if !whole || looked_at >= LOOKED_AT_MAX {
                return Ok((found, whole.then_some(last)));
            }
            after = last;
        }
    }

    /// Those of these compounds that the caller may see, with the members who live there.
    async fn covered(
        &self,
        tx: &mut dyn ReadTx,
        (county, as_of): (&str, AsOf),
        permit: &Permit,
        mut compounds: Vec<Record>,
    ) -> Result<Vec<Record>, AppError> {
        if permit.whole_kind(RecordKind::Compound) && permit.whole_kind(RecordKind::Member) {
            return Ok(compounds);
        }
        let nodes: BTreeSet<Node> = compounds.iter().map(Record::reference).collect();
        let placed = places(tx, county, as_of, &nodes).await?;
        compounds.retain(|it| {
            let placed = placed.get(&it.reference());
            placed.is_some_and(|it| {
                let members = Placed { kind: RecordKind::Member, nodes: it.nodes.clone() };
                permit.covers(it) && permit.covers(&members)
            })
        });
        Ok(compounds)
    }
}

fn standings(faults: &mut Faults, raw: &[i32]) -> Option<Vec<Standing>> {
    let named = raw.iter().enumerate().map(|(index, standing)| {
        let named = v1::FormationStanding::try_from(*standing);
        faults.said(&format!("standings[{index}]"), named, |it| match it {
            v1::FormationStanding::Unspecified => None,
            v1::FormationStanding::NotDue => Some(Standing::NotDue),
            v1::FormationStanding::Met => Some(Standing::Met),
            v1::FormationStanding::Advised => Some(Standing::Advised),
            v1::FormationStanding::Lacking => Some(Standing::Lacking),
            v1::FormationStanding::Undecided => Some(Standing::Undecided),
        })
    });
    let named: Vec<Option<Standing>> = named.collect();
    named.into_iter().collect()
}

const fn rule(rule: Rule) -> v1::FormationRule {
    match rule {
        Rule::Settled => v1::FormationRule::SettledMembers,
        Rule::DirectlyManaged => v1::FormationRule::DirectlyManaged,
        Rule::CommitteeSize => v1::FormationRule::CommitteeSize,
        Rule::Secretary => v1::FormationRule::Secretary,
        Rule::Deputies => v1::FormationRule::Deputies,
        Rule::Building => v1::FormationRule::Building,
        Rule::WorkingCommittee => v1::FormationRule::WorkingCommittee,
        Rule::BigCommitteeSize => v1::FormationRule::BigCommitteeSize,
        Rule::FirstSecretary => v1::FormationRule::FirstSecretary,
        Rule::BigCommitteeSecretary => v1::FormationRule::BigCommitteeSecretary,
        Rule::BigCommitteeDeputies => v1::FormationRule::BigCommitteeDeputies,
        Rule::OwnMembers => v1::FormationRule::OwnMembers,
    }
}

const fn standing(standing: Standing) -> v1::FormationStanding {
    match standing {
        Standing::NotDue => v1::FormationStanding::NotDue,
        Standing::Met => v1::FormationStanding::Met,
        Standing::Advised => v1::FormationStanding::Advised,
        Standing::Lacking => v1::FormationStanding::Lacking,
        Standing::Undecided => v1::FormationStanding::Undecided,
    }
}

const fn form(form: Form) -> BranchForm {
    match form {
        Form::Own => BranchForm::CompoundBranch,
        Form::Joint => BranchForm::JointBranch,
        Form::Group => BranchForm::PartyGroup,
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn count(of: Bounds) -> v1::FormationCount {
    v1::FormationCount { least: number(of.least), most: number(of.most) }
}

pub(super) fn finding(of: &Finding) -> v1::FormationFinding {
    let (due_form, due_post) = match of.due {
        Some(Due::Organisation(of)) => (registry_encode::form(form(of)), ""),
        Some(Due::BuildingHead) => (v1::BranchForm::Unspecified, "building_head"),
        Some(Due::Persons(..)) | None => (v1::BranchForm::Unspecified, ""),
    };
    v1::FormationFinding {
        rule: rule(of.rule).into(),
        standing: standing(of.standing).into(),
        building_id: of.building.clone().unwrap_or_default(),
        due_form: due_form.into(),
        due_post: due_post.to_owned(),
        count: Some(count(of.count)),
        met_by: of.met_by.clone(),
        text: Some(text(of.en.clone(), of.zh.clone())),
    }
}

fn serving(of: &Organisation) -> v1::ServingBranch {
    v1::ServingBranch {
        branch_id: of.id.clone(),
        form: registry_encode::form(form(of.form)).into(),
        anchor: Some(registry_encode::reference(of.anchor.clone())),
    }
}

fn encode(of: &Formation) -> v1::Formation {
    let known = &of.known;
    let community_form = known.community_form.map(registry_encode::form);
    v1::Formation {
        compound_id: known.compound.clone(),
        community_id: known.community.clone().unwrap_or_default(),
        community_form: community_form.unwrap_or(v1::BranchForm::Unspecified).into(),
        residents: number(known.residents),
        formal: Some(count(known.formal)),
        settled: Some(count(known.settled)),
        directly_managed: number(known.directly_managed),
        branches: known.organisations.iter().map(serving).collect(),
        findings: of.findings.iter().map(finding).collect(),
    }
}
