//! Indicators of compounds and the monthly report, over gRPC.

mod encode;

use std::collections::BTreeSet;

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::Faults,
    encode::timestamp,
    page::{BYTES_MAX, page},
    registry_decode,
    registry_scope::absent,
    status,
};
use crate::{
    app::{
        App, AppError,
        access::{Node, Permit, Placed, places},
        indicator::end_of,
        registry::{Listing, Record, RecordKind, RecordRef, as_of},
    },
    domain::time::{Moment, Period, PeriodKind},
    proto::v1::{self, indicator_service_server::IndicatorServiceServer},
    store::{AsOf, ReadTx},
};

/// How many compounds are looked through for one page.
const LOOKED_AT_MAX: usize = 2_000;
/// How many are read at once.
const TOGETHER: i64 = 100;

pub(super) fn service(
    app: &App,
) -> IndicatorServiceServer<impl v1::indicator_service_server::IndicatorService + use<>> {
    IndicatorServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::indicator_service_server::IndicatorService for Service {
    async fn get_indicators(
        &self,
        request: Request<v1::GetIndicatorsRequest>,
    ) -> Result<Response<v1::GetIndicatorsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.get(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_indicators(
        &self,
        request: Request<v1::ListIndicatorsRequest>,
    ) -> Result<Response<v1::ListIndicatorsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn get_monthly_report(
        &self,
        request: Request<v1::GetMonthlyReportRequest>,
    ) -> Result<Response<v1::GetMonthlyReportResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.report(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

impl Service {
    async fn get(
        &self,
        call: &Call,
        raw: &v1::GetIndicatorsRequest,
    ) -> Result<v1::GetIndicatorsResponse, AppError> {
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
        let covered = covered(&mut *tx, (&county, as_of), (&permit, None), vec![record]).await?;
        let found = self.app.indicators(&mut *tx, &county, covered, as_of).await?;
        let indicators = Some(encode::compound(found.first().ok_or(AppError::Denied)?));
        Ok(v1::GetIndicatorsResponse { indicators, known_at: Some(timestamp(known)) })
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListIndicatorsRequest,
    ) -> Result<v1::ListIndicatorsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let unit = registry_decode::reference(&mut faults, "unit", raw.unit.as_ref());
        let day = faults.day("as_of_day", raw.as_of_day.as_ref());
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("IndicatorService.ListIndicators", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, unit?, day?, known?, page?)))();
        let (permit, county, unit, day, known, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        let as_of = as_of(day.map_or_else(|| self.app.today(), Ok)?, known);
        let from = (page.after.clone(), page.size);
        let asked = (&permit, unit.as_ref());
        let (found, next) = self.page_of(&mut *tx, (&county, as_of), asked, from).await?;
        let found = self.app.indicators(&mut *tx, &county, found, as_of).await?;
        let (compounds, more) =
            page.fit::<v1::CompoundIndicators>(found.iter().map(encode::compound).collect());
        let last = compounds.last().map(|it| it.compound_id.clone()).filter(|_| more);
        let next = last.or(next).map(|it| page.next(&it, Some(known)));
        let known_at = Some(timestamp(known));
        let next_page_token = next.unwrap_or_default();
        Ok(v1::ListIndicatorsResponse { compounds, next_page_token, known_at })
    }

    /// The next compounds that are asked for, and after which to go on where some are left.
    async fn page_of(
        &self,
        tx: &mut dyn ReadTx,
        (county, as_of): (&str, AsOf),
        asked: (&Permit, Option<&RecordRef>),
        (mut after, limit): (String, i64),
    ) -> Result<(Vec<Record>, Option<String>), AppError> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut found, mut looked_at) = (Vec::new(), 0_usize);
        loop {
            let kind = RecordKind::Compound;
            let listing =
                Listing { kind, parent: None, as_of, after: after.clone(), limit: TOGETHER };
            let read = self.app.records(tx, county, &listing).await?;
            let whole = i64::try_from(read.len()).is_ok_and(|it| it == TOGETHER);
            let read: Vec<Record> = read.into_iter().map(|it| it.record).collect();
            let Some(last) = read.last().map(|it| it.id.clone()) else { return Ok((found, None)) };
            for compound in covered(tx, (county, as_of), asked, read).await? {
                if found.len() == most {
                    let after = found.last().map(|it: &Record| it.id.clone());
                    return Ok((found, after));
                }
                found.push(compound);
            }
            looked_at = looked_at.saturating_add(100);
            if !whole || looked_at >= LOOKED_AT_MAX {
                return Ok((found, whole.then_some(last)));
            }
            after = last;
        }
    }

    async fn report(
        &self,
        call: &Call,
        raw: &v1::GetMonthlyReportRequest,
    ) -> Result<v1::GetMonthlyReportResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let month = self.month(&mut faults, &raw.month);
        let unit = registry_decode::reference(&mut faults, "unit", raw.unit.as_ref());
        let unit = unit.and_then(|it| with_compounds(&mut faults, it));
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let format = faults.said("format", v1::ReportFormat::try_from(raw.format), |it| match it {
            v1::ReportFormat::Unspecified => Some(false),
            v1::ReportFormat::Markdown => Some(true),
        });
        let read = (|| Some((permit?, county?, month?, unit?, known?, format?)))();
        let (permit, county, month, unit, known, written) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.known(&mut *tx, &county, (month, known)).await?;
        let as_of = as_of(month.last_day(), known);
        let of = unit.unwrap_or_else(|| RecordRef::new(RecordKind::County, &county));
        let found = self.app.record(&mut *tx, &county, &of, as_of).await;
        let unit = absent(&permit, of.kind, found)?.record;
        holds(&mut *tx, (&county, as_of), &permit, &of).await?;
        let report = self.app.monthly_report(&mut *tx, &county, &unit, (month, known)).await?;
        let mut answer = encode::report(&report);
        if written {
            answer.document = report.markdown();
        }
        if answer.encoded_len() > BYTES_MAX {
            return Err(AppError::Exhausted {
                reason: "REPORT_TOO_LARGE",
                en: "the report is larger than 3 MiB: ask for one unit after the other".to_owned(),
                zh: "报告超过 3 MiB，请逐个单位查询".to_owned(),
            });
        }
        Ok(answer)
    }

    /// A month that has begun.
    fn month(&self, faults: &mut Faults, raw: &str) -> Option<Period> {
        let period = faults.period("month", raw)?;
        if period.kind() != PeriodKind::Month {
            let en = "a report is of a month, as `2022-07`";
            faults.add("month", "PERIOD_INVALID", en, "报告按月生成，月份写作 2022-07");
            return None;
        }
        let begun = self.app.today().is_ok_and(|today| period.first_day() <= today);
        if !begun {
            let (en, zh) = ("the month has not begun", "该月尚未开始");
            faults.add("month", "MONTH_IN_FUTURE", en, zh);
        }
        begun.then_some(period)
    }

    /// The moment that is asked for; else the month's last where it is over, and nothing more can be
    /// recorded before it; else the present one.
    async fn known(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (month, asked): (Period, Option<Moment>),
    ) -> Result<Moment, AppError> {
        // A moment that is over stays as it is asked for: nothing is recorded before it any more.
        let over = asked.or_else(|| end_of(month)).filter(|it| *it < self.app.clock.now());
        match over {
            Some(moment) => Ok(moment),
            None => self.app.known(tx, county, asked).await?.moment(),
        }
    }
}

/// A unit that has compounds below it: a street or a community. An absent one is the county.
#[expect(clippy::option_option, reason = "a fault, and no unit")]
fn with_compounds(faults: &mut Faults, unit: Option<RecordRef>) -> Option<Option<RecordRef>> {
    let reports = |it: &RecordRef| {
        matches!(it.kind, RecordKind::County | RecordKind::Street | RecordKind::Community)
    };
    if unit.as_ref().is_none_or(reports) {
        return Some(unit);
    }
    let en = "a report is of the county, a street or a community";
    faults.add("unit.kind", "UNIT_WITHOUT_COMPOUNDS", en, "报告只按县、街道或社区生成");
    None
}

/// Whether a caller may read the facts of these compounds and of the members who live there.
fn reads(permit: &Permit, nodes: &BTreeSet<Node>) -> bool {
    let of = |kind| permit.covers(&Placed { kind, nodes: nodes.clone() });
    of(RecordKind::Compound) && of(RecordKind::Member)
}

/// Those of these compounds whose facts and members' facts the caller may read, of one unit if it is
/// named.
async fn covered(
    tx: &mut dyn ReadTx,
    (county, as_of): (&str, AsOf),
    (permit, unit): (&Permit, Option<&RecordRef>),
    mut compounds: Vec<Record>,
) -> Result<Vec<Record>, AppError> {
    let nodes: BTreeSet<Node> = compounds.iter().map(Record::reference).collect();
    let placed = places(tx, county, as_of, &nodes).await?;
    compounds.retain(|it| {
        placed.get(&it.reference()).is_some_and(|it| {
            let inside = |of: &RecordRef| of.kind == RecordKind::County || it.nodes.contains(of);
            reads(permit, &it.nodes) && unit.is_none_or(inside)
        })
    });
    Ok(compounds)
}

/// Refuses a report of a unit whose compounds the caller does not all hold.
async fn holds(
    tx: &mut dyn ReadTx,
    (county, as_of): (&str, AsOf),
    permit: &Permit,
    unit: &RecordRef,
) -> Result<(), AppError> {
    if permit.whole_kind(RecordKind::Compound) && permit.whole_kind(RecordKind::Member) {
        return Ok(());
    }
    let placed = places(tx, county, as_of, &BTreeSet::from([unit.clone()])).await?;
    let held = placed.get(unit).is_some_and(|it| reads(permit, &it.nodes));
    if held { Ok(()) } else { Err(AppError::Denied) }
}
