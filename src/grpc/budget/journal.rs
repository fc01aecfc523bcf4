//! The books as a file.

use tokio_stream::wrappers::ReceiverStream;

use super::{Service, Streamed};
use crate::{
    app::{
        AppError,
        award::{Journal, JournalFormat},
    },
    grpc::{admit::Call, award_decode, decode::Faults, status, stream::spawn},
    proto::v1,
};

/// The most bytes of one message.
const CHUNK: usize = 512 * 1024;

const fn format(raw: v1::JournalFormat) -> Option<JournalFormat> {
    match raw {
        v1::JournalFormat::Unspecified => None,
        v1::JournalFormat::Hledger => Some(JournalFormat::Hledger),
        v1::JournalFormat::Beancount => Some(JournalFormat::Beancount),
    }
}

impl Service {
    pub(super) async fn journal(
        &self,
        call: &Call,
        raw: v1::ExportJournalRequest,
    ) -> Result<Streamed<v1::ExportJournalResponse>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let year = award_decode::optional_year(&mut faults, "year", &raw.year);
        let format = faults.said("format", v1::JournalFormat::try_from(raw.format), format);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let read = (|| permit.and(Some((county?, year?, format?, known?))))();
        let (county, year, format, known) = faults.finish(read)?;
        let known = {
            let mut tx = self.app.read().await?;
            self.app.known(&mut *tx, &county, known).await?.moment()?
        };
        let mut journal = Journal::of(format, &year, known);
        let (app, call) = (self.app.clone(), call.clone());
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        spawn(async move {
            loop {
                let part = async {
                    // What was taken away since the last message ends the stream.
                    call.permit(&app, &county).await?;
                    app.journal_part(&county, &mut journal).await
                };
                let part: Result<_, AppError> = part.await;
                let text = match part {
                    Ok(Some(text)) => text,
                    Ok(None) => return,
                    Err(error) => {
                        // Whoever reads may have gone away: there is nobody else to tell.
                        let _ = sender.send(Err(status::from(error))).await;
                        return;
                    }
                };
                for chunk in text.as_bytes().chunks(CHUNK) {
                    let message = v1::ExportJournalResponse { chunk: chunk.to_vec() };
                    if sender.send(Ok(message)).await.is_err() {
                        return;
                    }
                }
            }
        });
        Ok(Box::pin(ReceiverStream::new(receiver)))
    }
}
