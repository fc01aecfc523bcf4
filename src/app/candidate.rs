//! Whether a person may be a candidate for a post (S5): the items of the negative lists that bar them
//! on a day, and what the branch would be like with them (I1 to I4). Nothing is kept of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    App, AppError, Missing, Refusal,
    formation::Finding,
    registry::{Record, RecordKind, RecordRef, as_of},
    scheme::{headers, headers_in_force},
    timeline::{Held, timelines_of_all},
    veto::{VetoStanding, case, vetoes_about},
};
use crate::{
    app::registry::Detail,
    domain::{
        engine::Plan,
        scheme::{SubjectKind, Veto},
        time::{Day, Moment},
    },
    store::{ReadTx, StoreError, StoredFact},
};

/// Who is to be a candidate for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidacy {
    /// The person.
    pub person: String,
    /// The post's title.
    pub title: String,
    /// The unit in which it would be held.
    pub unit: RecordRef,
    /// The post whose holder would be followed.
    pub replaces: Option<String>,
    /// The schemes that are asked; empty for all.
    pub scheme_ids: Vec<String>,
    /// The day.
    pub on: Day,
    /// As known at this moment.
    pub known: Moment,
}

/// An item that bars from candidacy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidacyItem {
    /// The scheme.
    pub scheme_id: String,
    /// Its version.
    pub version: u32,
    /// The item.
    pub veto: Veto,
}

/// A record that bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The position of its item among those looked at.
    pub item: usize,
    /// The veto.
    pub veto: StoredFact,
    /// The first day in force.
    pub from: Day,
    /// The last day in force; none while it is.
    pub until: Option<Day>,
    /// How it stands on the day.
    pub standing: VetoStanding,
}

/// What speaks to a candidacy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The items looked at.
    pub items: Vec<CandidacyItem>,
    /// What bars on the day.
    pub bars: Vec<Bar>,
    /// What will bar from a later day on.
    pub later: Vec<Bar>,
    /// The member's record on the day.
    pub member: Option<Record>,
    /// The posts that the person holds on the day, by id.
    pub posts: Vec<Record>,
    /// Of the posts that the person ever held, the last day of it that is not after the day asked
    /// for: where the post lay.
    pub held_until: BTreeMap<String, Day>,
    /// How the unit stands.
    pub now: Vec<Finding>,
    /// How it would stand.
    pub with: Vec<Finding>,
}

impl App {
    /// What speaks to a candidacy for a post in a unit that is registered on the day.
    ///
    /// # Errors
    /// `SCHEME_NOT_FOUND`, `SCHEME_NOT_IN_FORCE`, `CANDIDACY_NOT_SAID`, that there is no such post to
    /// follow in, and those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn candidate(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        asked: &Candidacy,
        unit: &Record,
    ) -> Result<Candidate, AppError> {
        let items = self.candidacy_items(tx, county, asked).await?;
        let held = self.held_by(tx, county, asked).await?;
        let posts: Vec<String> = held.keys().cloned().collect();
        let person = std::slice::from_ref(&asked.person);
        let mut vetoes =
            vetoes_about(tx, county, (SubjectKind::Member, person), asked.known).await?;
        let on_posts = vetoes_about(tx, county, (SubjectKind::Post, &posts), asked.known).await?;
        // A record about a post is about whoever held it when it began.
        vetoes.extend(on_posts.into_iter().filter(|(it, _)| {
            let own = held.get(&it.fact.subject).into_iter().flatten();
            it.fact.on_day.is_some_and(|day| own.into_iter().any(|it| it.days.contains(day)))
        }));
        let (bars, later) = bars(&items, &vetoes, asked.on)?;
        let at = as_of(asked.on, asked.known);
        let member = tx.registered(county, RecordKind::Member.word(), person, at).await?;
        let member = member.first().map(|it| Record::from_version(&it.version)).transpose()?;
        let (now, with) = self.formation_with(tx, county, asked, unit).await?;
        let on_day = |held: &Vec<Held>| {
            held.iter().find(|it| it.days.contains(asked.on)).map(|it| it.record.clone())
        };
        let last = |held: &Vec<Held>| {
            let begun = held.iter().filter(|it| it.days.from <= asked.on);
            begun.map(|it| it.days.until.unwrap_or(asked.on).min(asked.on)).max()
        };
        Ok(Candidate {
            items,
            bars,
            later,
            member,
            posts: held.values().filter_map(on_day).collect(),
            held_until: held.iter().filter_map(|(id, it)| Some((id.clone(), last(it)?))).collect(),
            now,
            with,
        })
    }

    /// The items that bar from candidacy, of the schemes asked for that are in force on the day.
    async fn candidacy_items(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        asked: &Candidacy,
    ) -> Result<Vec<CandidacyItem>, AppError> {
        let kind = SubjectKind::Post.name();
        let mut plans: BTreeMap<String, Arc<Plan>> = BTreeMap::new();
        for header in headers_in_force(headers(tx, county).await?, asked.on) {
            let named = asked.scheme_ids.contains(&header.scheme_id);
            if named || (asked.scheme_ids.is_empty() && header.subject_kind == kind) {
                let published = tx.scheme(county, &header.scheme_id, header.version).await?;
                let missing = || AppError::not_found(Missing::Scheme, header.scheme_id.clone());
                let plan = self.plans.plan(&published.ok_or_else(missing)?)?;
                plans.insert(header.scheme_id, plan);
            }
        }
        let lacking = asked.scheme_ids.iter().find(|it| !plans.contains_key(*it));
        if let Some(id) = lacking {
            let there = tx.scheme(county, id, 0).await?.is_some();
            let what = if there { Missing::SchemeInForce } else { Missing::Scheme };
            return Err(AppError::not_found(what, id.clone()));
        }
        let mut items = Vec::new();
        for (id, plan) in plans {
            let before = items.len();
            let scheme = plan.scheme();
            items.extend(scheme.vetoes.iter().filter(|it| it.candidacy).map(|it| CandidacyItem {
                scheme_id: id.clone(),
                version: scheme.version,
                veto: it.clone(),
            }));
            if !asked.scheme_ids.is_empty() && items.len() == before {
                return Err(not_said(&id).into());
            }
        }
        if items.is_empty() {
            return Err(not_said("").into());
        }
        Ok(items)
    }

    /// What the person ever held, by post.
    async fn held_by(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        asked: &Candidacy,
    ) -> Result<BTreeMap<String, Vec<Held>>, AppError> {
        let mut all = timelines_of_all(tx, county, RecordKind::Post, asked.known).await?;
        for held in all.values_mut() {
            held.retain(|it| it.record.person() == Some(&asked.person));
        }
        all.retain(|_, held| !held.is_empty());
        Ok(all)
    }

    /// How the unit stands by the rules, and how it would with the person in the post.
    async fn formation_with(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        asked: &Candidacy,
        unit: &Record,
    ) -> Result<(Vec<Finding>, Vec<Finding>), AppError> {
        let at = as_of(asked.on, asked.known);
        let mut compound = None;
        match unit.kind {
            RecordKind::Compound => compound = Some(unit.clone()),
            RecordKind::Building => {
                if let Some(parent) = &unit.parent {
                    compound = Some(self.record(tx, county, parent, at).await?.record);
                }
            }
            RecordKind::County
            | RecordKind::Street
            | RecordKind::Community
            | RecordKind::Branch
            | RecordKind::Member
            | RecordKind::Post
            | RecordKind::Company
            | RecordKind::Project => (),
        }
        let mut registered = self.registered_organisations(tx, county, at).await?;
        let mut all = Vec::new();
        for supposed in [false, true] {
            if supposed {
                let replaced = registered.suppose(post_of(asked), asked.replaces.as_deref());
                if let Some(id) = asked.replaces.as_ref().filter(|_| !replaced) {
                    return Err(AppError::not_found(Missing::Record, id));
                }
            }
            all.push(match &compound {
                Some(it) => self.formation(tx, county, it, &registered).await?.findings,
                None => registered.unit_formation(unit).findings,
            });
        }
        let with = all.pop().unwrap_or_default();
        Ok((all.pop().unwrap_or_default(), with))
    }
}

fn not_said(id: &str) -> Refusal {
    let (en, zh) = if id.is_empty() {
        (
            "no scheme about posts in force on that day says what bars from candidacy".to_owned(),
            "当日有效的职务考核办法均未规定限制候选的事项".to_owned(),
        )
    } else {
        (
            format!("`{id}` does not say what bars from candidacy"),
            format!("评分办法 {id} 未规定限制候选的事项"),
        )
    };
    Refusal::new("CANDIDACY_NOT_SAID", en, zh)
}

/// The post as if it were registered.
fn post_of(asked: &Candidacy) -> Record {
    let (person, title, unit) = (asked.person.clone(), asked.title.clone(), asked.unit.clone());
    Record {
        kind: RecordKind::Post,
        id: String::new(),
        name: String::new(),
        erased: false,
        parent: Some(unit.clone()),
        from: asked.on,
        until: None,
        attributes: BTreeMap::new(),
        detail: Detail::Post { person, title, unit },
    }
}

/// Which records bar on a day, and which will, by item and record.
fn bars(
    items: &[CandidacyItem],
    vetoes: &[(StoredFact, Vec<StoredFact>)],
    on: Day,
) -> Result<(Vec<Bar>, Vec<Bar>), StoreError> {
    let (mut bars, mut later) = (Vec::new(), Vec::new());
    let mut seen: BTreeSet<(usize, i64)> = BTreeSet::new();
    for (index, of) in items.iter().enumerate() {
        let list = std::slice::from_ref(&of.veto);
        for (veto, steps) in vetoes {
            let named = veto.fact.item == of.veto.id;
            if !named || !of.veto.may_raise(Some(&veto.fact.by_whom)) {
                continue;
            }
            let from = veto.fact.on_day;
            let from =
                from.ok_or_else(|| StoreError::corrupt("on_day", "a veto without its day"))?;
            let told = case(veto.clone(), steps.clone(), list, on)?;
            let begins = case(veto.clone(), steps.clone(), list, from.max(on))?;
            if !begins.in_force || !seen.insert((index, veto.seq)) {
                continue;
            }
            let (until, standing, veto) = (told.until, told.standing, told.veto);
            let bar = Bar { item: index, veto, from, until, standing };
            if from <= on { bars.push(bar) } else { later.push(bar) }
        }
    }
    Ok((bars, later))
}
