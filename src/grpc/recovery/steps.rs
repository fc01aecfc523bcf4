//! Demanding money back, and what becomes of it.

use prost::Message;

use super::{Service, encode};
use crate::{
    app::{
        AppError,
        award::{DemandRecovery, Names, Recovering, StepRecovery},
    },
    grpc::{
        admit::Call,
        award_decode::{self, amount, papers},
        award_encode::purpose,
        decode::Faults,
        write_call,
    },
    proto::v1,
    store::MovementRecord,
};

impl Service {
    pub(super) async fn demand(
        &self,
        call: &Call,
        mut raw: v1::DemandRecoveryRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let batch_id = faults.id("batch_id", &raw.batch_id);
        let line = award_decode::line(&mut faults, raw.line);
        let amount = amount(&mut faults, "amount", raw.amount.as_ref());
        let text = faults.why("reason", &raw.reason);
        let decided_by = faults.id("decided_by", &raw.decided_by);
        let papers = papers(&mut faults, &raw.papers);
        let asked = (|| {
            let (batch_id, line, amount) = (batch_id?, line?, amount?);
            let (text, decided_by, papers) = (text?, decided_by?, papers?);
            Some(DemandRecovery { batch_id, line, amount, text, decided_by, papers })
        })();
        let read = (|| permit.and(Some((county?, request_id?, asked?))))();
        let (county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "RecoveryService.DemandRecovery", county, request_id, &raw);
        let encode = |it: &Recovering| {
            let recovery = Some(encode::recovery(it, &Names::new())?);
            Ok(v1::DemandRecoveryResponse { recovery }.encode_to_vec())
        };
        self.app.demand_recovery(of, asked, encode).await
    }

    pub(super) async fn collect(
        &self,
        call: &Call,
        mut raw: v1::RecordRecoveredRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let number = award_decode::recovery(&mut faults, raw.recovery);
        let amount = amount(&mut faults, "amount", raw.amount.as_ref());
        let on = faults.some_day("on", raw.on.as_ref());
        let reference = award_decode::reference(&mut faults, "reference", &raw.reference);
        let step = (|| {
            let (amount, on, reference) = (amount?, on?, reference?);
            Some(StepRecovery::Collect { amount, on, reference })
        })();
        let read = (|| permit.and(Some((county?, request_id?, number?, step?))))();
        let (county, request_id, number, step) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "RecoveryService.RecordRecovered", county, request_id, &raw);
        let encode = |it: &Recovering, newest: &MovementRecord| {
            let recovery = Some(encode::recovery(it, &Names::new())?);
            let budget = Some(purpose(newest));
            Ok(v1::RecordRecoveredResponse { recovery, budget }.encode_to_vec())
        };
        self.app.step_recovery(of, (number, step), encode).await
    }

    pub(super) async fn waive(
        &self,
        call: &Call,
        mut raw: v1::WaiveRecoveryRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let number = award_decode::recovery(&mut faults, raw.recovery);
        let text = faults.why("reason", &raw.reason);
        let decided_by = faults.id("decided_by", &raw.decided_by);
        let papers = papers(&mut faults, &raw.papers);
        let step = (|| {
            let (text, decided_by, papers) = (text?, decided_by?, papers?);
            Some(StepRecovery::Waive { text, decided_by, papers })
        })();
        let read = (|| permit.and(Some((county?, request_id?, number?, step?))))();
        let (county, request_id, number, step) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "RecoveryService.WaiveRecovery", county, request_id, &raw);
        let encode = |it: &Recovering, _: &MovementRecord| {
            let recovery = Some(encode::recovery(it, &Names::new())?);
            Ok(v1::WaiveRecoveryResponse { recovery }.encode_to_vec())
        };
        self.app.step_recovery(of, (number, step), encode).await
    }
}
