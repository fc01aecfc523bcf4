//! What holds for every stream of bulk messages: one county, bounded messages, a bounded whole;
//! and the task behind a stream of answers.

use std::future::Future;

use tracing::Instrument as _;

use super::decode::Faults;
use crate::app::AppError;

/// The most items of one message.
pub(crate) const ITEMS_MAX: usize = 500;
/// The most items of a stream.
const STREAM_ITEMS_MAX: usize = 100_000;
/// The most bytes of a stream.
const STREAM_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Starts the task that makes a stream of answers, as a part of its call's trace.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task.in_current_span());
}

/// Notes a batch that is empty or too large.
pub(crate) fn batch(faults: &mut Faults, path: &str, items: usize) {
    if items == 0 {
        faults.add(path, "BATCH_EMPTY", "a message carries at least one", "至少须有一条");
    }
    if items > ITEMS_MAX {
        let en = format!("a message carries at most {ITEMS_MAX}, and these are {items}");
        let zh = format!("每条消息至多 {ITEMS_MAX} 条，现有 {items} 条");
        faults.add(path, "BATCH_TOO_LARGE", en, zh);
    }
}

/// What a stream has carried so far.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    county: Option<String>,
    items: usize,
    bytes: usize,
}

impl Carried {
    /// Takes a further message in, if the stream may carry it.
    pub(crate) fn take(
        &mut self,
        county: &str,
        items: usize,
        bytes: usize,
    ) -> Result<(), AppError> {
        let first = self.county.get_or_insert_with(|| county.to_owned());
        if first != county {
            let en = format!("the first message of the stream was about `{first}`");
            let zh = "同一数据流的各条消息须属同一县";
            return Err(AppError::invalid("county", "COUNTY_MIXED", en, zh));
        }
        self.items = self.items.saturating_add(items);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.items <= STREAM_ITEMS_MAX && self.bytes <= STREAM_BYTES_MAX {
            return Ok(());
        }
        Err(AppError::Exhausted {
            reason: "STREAM_TOO_LONG",
            en: "a stream carries at most 100000 items and 64 MiB: go on in another".to_owned(),
            zh: "每个数据流至多 10 万条、64 MiB，请另开数据流继续".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_bounded_in_items_and_in_bytes() {
        let too_long = |carried: &mut Carried, items, bytes| {
            matches!(
                carried.take("a", items, bytes),
                Err(AppError::Exhausted { reason: "STREAM_TOO_LONG", .. })
            )
        };
        let mut carried = Carried::default();
        assert!(!too_long(&mut carried, STREAM_ITEMS_MAX, 1));
        assert!(too_long(&mut carried, 1, 1));
        let mut carried = Carried::default();
        assert!(!too_long(&mut carried, 1, STREAM_BYTES_MAX));
        assert!(too_long(&mut carried, 1, 1));
    }
}
