//! What a caller asks of members' own affairs: the adoption of point schedules (M2), late check-ins
//! (M3), negative conduct (M6), and of the organisations that compounds should have (I1 to I3).

use std::sync::Arc;

use super::{CallError, Client, STREAMS, Tell, wire};
use crate::{
    proto::{
        google::r#type::Date,
        v1::{
            self, formation_service_client::FormationServiceClient,
            member_service_client::MemberServiceClient,
            schedule_service_client::ScheduleServiceClient,
        },
    },
    sample::Adoption,
};

/// Members of one page.
const PAGE: i32 = 1_000;

/// A day of the API.
const fn day(year: i32, month: i32, day: i32) -> Date {
    Date { year, month, day }
}

impl Client {
    /// Records the adoptions of point schedules, compounds side by side, each compound's versions one
    /// after the other.
    ///
    /// # Errors
    /// What the service says.
    pub async fn adopt_schedules(&self, all: &[Adoption], tell: Tell) -> Result<usize, CallError> {
        let mut compounds: Vec<Vec<Adoption>> = Vec::new();
        for adoption in all {
            match compounds.last_mut() {
                Some(last) if last.iter().any(|it| it.compound_id == adoption.compound_id) => {
                    last.push(adoption.clone());
                }
                _ => compounds.push(vec![adoption.clone()]),
            }
        }
        let mut side_by_side = tokio::task::JoinSet::new();
        for part in compounds.chunks(compounds.len().div_ceil(STREAMS).max(1)) {
            let (client, part, tell) = (self.clone(), part.concat(), Arc::clone(&tell));
            side_by_side.spawn(async move { client.adopt(part, tell).await });
        }
        while let Some(done) = side_by_side.join_next().await {
            done??;
        }
        Ok(all.len())
    }

    async fn adopt(&self, adoptions: Vec<Adoption>, tell: Tell) -> Result<(), CallError> {
        let mut client = ScheduleServiceClient::new(self.calls.clone());
        for adoption in &adoptions {
            client.adopt_schedule(wire::adoption(&self.county, adoption)).await?;
            tell(1);
        }
        Ok(())
    }

    fn members(&self) -> MemberServiceClient<super::Calls> {
        let client = MemberServiceClient::new(self.calls.clone());
        client.max_decoding_message_size(super::ANSWER_MAX)
    }

    /// The check-ins that were late or lacking in a year, by a scheme's rule.
    ///
    /// # Errors
    /// What the service says.
    pub async fn late_check_ins(
        &self,
        scheme: &str,
        year: i32,
    ) -> Result<Vec<v1::LateCheckIn>, CallError> {
        let mut late = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListLateCheckInsRequest {
                county: self.county.clone(),
                scheme_id: scheme.to_owned(),
                from_day: Some(day(year, 1, 1)),
                until_day: Some(day(year, 12, 31)),
                page_size: PAGE,
                page_token,
                ..Default::default()
            };
            let answer = self.members().list_late_check_ins(request).await?.into_inner();
            late.extend(answer.late);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return Ok(late);
            }
        }
    }

    /// The county's compounds against the rules of formation (I1 to I3), on a day.
    ///
    /// # Errors
    /// What the service says.
    pub async fn formations(
        &self,
        (year, month, of_month): (i32, i32, i32),
    ) -> Result<Vec<v1::Formation>, CallError> {
        let mut client = FormationServiceClient::new(self.calls.clone())
            .max_decoding_message_size(super::ANSWER_MAX);
        let mut formations = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListFormationsRequest {
                county: self.county.clone(),
                as_of_day: Some(day(year, month, of_month)),
                page_size: PAGE,
                page_token,
                ..Default::default()
            };
            let answer = client.list_formations(request).await?.into_inner();
            formations.extend(answer.formations);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return Ok(formations);
            }
        }
    }

    /// The cases of negative conduct, as they stand today.
    ///
    /// # Errors
    /// What the service says.
    pub async fn conduct(&self) -> Result<Vec<v1::ConductCase>, CallError> {
        let mut cases = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListConductRequest {
                county: self.county.clone(),
                page_size: PAGE,
                page_token,
                ..Default::default()
            };
            let answer = self.members().list_conduct(request).await?.into_inner();
            cases.extend(answer.cases);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return Ok(cases);
            }
        }
    }
}
