//! The payment list of a batch as a file.

use super::Service;
use crate::{
    app::{AppError, hex},
    grpc::{admit::Call, award_encode::sees_names, decode::Faults, result_encode::money},
    proto::v1,
};

impl Service {
    pub(super) async fn payment_list(
        &self,
        call: &Call,
        raw: v1::GetPaymentListRequest,
    ) -> Result<v1::GetPaymentListResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("batch_id", &raw.batch_id);
        let of = |it: v1::PaymentListFormat| match it {
            v1::PaymentListFormat::Unspecified => None,
            v1::PaymentListFormat::Csv => Some(Format::Csv),
            v1::PaymentListFormat::Xlsx => Some(Format::Xlsx),
        };
        let format = faults.said("format", v1::PaymentListFormat::try_from(raw.format), of);
        let read = (|| Some((permit?, county?, id?, format?)))();
        let (permit, county, id, format) = faults.finish(read)?;
        let list = self.app.payment_list(&county, &id, sees_names(&permit)).await?;
        let content = match format {
            Format::Csv => list.csv()?,
            Format::Xlsx => list.xlsx()?,
        };
        let total = list.total()?;
        Ok(v1::GetPaymentListResponse {
            digest: digest(&content),
            content,
            file_name: file_name((&county, &id), list.year, format),
            media_type: format.media_type().to_owned(),
            lines: i32::try_from(list.lines.len()).unwrap_or(i32::MAX),
            total: Some(money(total)),
            total_words: total.in_words(),
        })
    }
}

/// SHA-256 over the file, as digits.
fn digest(file: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex(&Sha256::digest(file))
}

/// What a list is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Xlsx,
}

impl Format {
    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// A name that every file system takes: an id may have a colon.
fn file_name((county, batch): (&str, &str), year: i64, format: Format) -> String {
    format!("{county}-{year}-{batch}.{}", format.ending()).replace(':', "_")
}
