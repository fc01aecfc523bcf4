//! Results as a file.

use tokio_stream::wrappers::ReceiverStream;

use super::{
    super::{admit::Call, decode::Faults, result_scope::Sight, status, stream::spawn},
    Service, Streamed,
    results::{STREAM_PAGE, filter, selector},
};
use crate::{
    app::{AppError, run::Table},
    proto::v1,
};

/// The most bytes of one message.
const CHUNK: usize = 512 * 1024;

/// The formats that are written.
const fn format(raw: v1::ExportFormat) -> Option<()> {
    match raw {
        v1::ExportFormat::Unspecified => None,
        v1::ExportFormat::Csv => Some(()),
    }
}

impl Service {
    pub(super) async fn export(
        &self,
        call: &Call,
        raw: v1::ExportResultsRequest,
    ) -> Result<Streamed<v1::ExportResultsResponse>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let csv = faults.said("format", v1::ExportFormat::try_from(raw.format), format);
        let run = selector(&mut faults, raw.run);
        let filter = filter(&mut faults, raw.filter);
        let asked = (|| csv.and(Some((permit?, county?, run?, filter?))))();
        let (permit, county, run, filter) = faults.finish(asked)?;
        let shown = self.app.shown(&county, &run).await?;
        let sight = Sight::of(&self.app, call, &county, permit, &shown).await?;
        let table = Table::new(shown.clone(), sight.money());
        let mut bytes = table.head()?;
        let (app, call) = (self.app.clone(), call.clone());
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        spawn(async move {
            let mut after = Some(-1_i64);
            loop {
                for chunk in bytes.chunks(CHUNK) {
                    let run_id = table.run_id().to_owned();
                    let message = v1::ExportResultsResponse { chunk: chunk.to_vec(), run_id };
                    if sender.send(Ok(message)).await.is_err() {
                        return;
                    }
                }
                let Some(from) = after else { return };
                let page = async {
                    // What was taken away since the last message ends the stream.
                    let permit = call.permit(&app, &county).await?;
                    let sight = Sight::of(&app, &call, &county, permit, &shown).await?;
                    let seen = |it: &_| sight.sees(it);
                    let from = (from, STREAM_PAGE);
                    let page = app.list_results(&county, &shown.run, &filter, from, seen).await?;
                    after = page.next;
                    let results = page.results.into_iter().filter_map(|it| sight.shown(it));
                    table.lines(&results.collect::<Vec<_>>())
                };
                let page: Result<_, AppError> = page.await;
                bytes = match page {
                    Ok(bytes) => bytes,
                    Err(error) => {
                        // Whoever reads may have gone away: there is nobody else to tell.
                        let _ = sender.send(Err(status::from(error))).await;
                        return;
                    }
                };
            }
        });
        Ok(Box::pin(ReceiverStream::new(receiver)))
    }
}
