//! Pages: how many, where to go on, and tokens that hold for one request only.

use prost::Message;

use super::{admit::Call, decode::Faults};
use crate::{
    app::{App, digest, unhex},
    domain::time::Moment,
};

const DEFAULT: i64 = 100;
const MAX: i64 = 1_000;
/// The most bytes of one page, well below the largest message that is sent.
pub(crate) const BYTES_MAX: usize = 3 * 1024 * 1024;
/// How many bytes of the digest a token carries.
const TAG: usize = 16;

/// A page, as it is asked for.
#[derive(Debug)]
pub(crate) struct Page {
    /// At most so many.
    pub(crate) size: i64,
    /// After this; empty from the start.
    pub(crate) after: String,
    /// The moment of the first page, on the pages after it.
    pub(crate) known: Option<Moment>,
    bound_to: [u8; 32],
}

/// Reads page size and token. `request` is the message without them: another one makes the token
/// invalid.
pub(crate) fn page(
    faults: &mut Faults,
    app: &App,
    (method, call): (&str, &Call),
    request: &impl Message,
    (size, token): (i32, &str),
) -> Option<Page> {
    let secret = app.page_secret.as_bytes();
    let principal = call.caller.principal.as_bytes();
    let bound_to = digest(&[secret, principal, method.as_bytes(), &request.encode_to_vec()]);
    let size = self::size(faults, size);
    let first = Page { size: DEFAULT, after: String::new(), known: None, bound_to };
    let page = if token.is_empty() { Some(first) } else { read(token, bound_to) };
    if page.is_none() {
        let en = "the token belongs to no answer to this request";
        faults.add("page_token", "PAGE_TOKEN_INVALID", en, "翻页标记与该请求不符");
    }
    Some(Page { size: size?, ..page? })
}

/// How many entries a page has at most.
pub(crate) fn size(faults: &mut Faults, size: i32) -> Option<i64> {
    match size {
        ..0 => {
            let en = "a page has 1 to 1000 entries; 0 leaves it to the service";
            faults.add("page_size", "PAGE_SIZE_INVALID", en, "每页 1 至 1000 条，0 为默认");
            None
        }
        0 => Some(DEFAULT),
        size => Some(i64::from(size).min(MAX)),
    }
}

impl Page {
    /// The token of the page after.
    pub(crate) fn next(&self, after: &str, known: Option<Moment>) -> String {
        let mut payload = known.map_or(i64::MIN, Moment::micros).to_be_bytes().to_vec();
        payload.extend_from_slice(after.as_bytes());
        let tag = digest(&[&self.bound_to, &payload]);
        let bytes = tag.iter().take(TAG).chain(&payload);
        bytes.map(|it| format!("{it:02x}")).collect()
    }

    /// The entries that fit into one message, and whether some are left for the next. `items` are
    /// one more than the page's size where there are more.
    pub(crate) fn fit<M: Message>(&self, items: Vec<M>) -> (Vec<M>, bool) {
        let total = items.len();
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut left = BYTES_MAX;
        let mut kept = Vec::with_capacity(total.min(size));
        for item in items.into_iter().take(size) {
            let Some(rest) = left.checked_sub(item.encoded_len()) else { break };
            left = rest;
            kept.push(item);
        }
        let more = kept.len() < total;
        (kept, more)
    }
}

/// How many of these fit into one message; at least one, where there is one.
pub(crate) fn fitting(items: &[impl Message]) -> usize {
    let mut left = BYTES_MAX;
    let fits = |size: usize| match left.checked_sub(size) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let count = items.iter().map(Message::encoded_len).map(fits).take_while(|it| *it).count();
    count.max(items.len().min(1))
}

fn read(token: &str, bound_to: [u8; 32]) -> Option<Page> {
    let bytes = unhex(token)?;
    let (tag, payload) = bytes.split_at_checked(TAG)?;
    let (known, after) = payload.split_first_chunk::<8>()?;
    if !digest(&[&bound_to, payload]).starts_with(tag) {
        return None;
    }
    let known = Some(i64::from_be_bytes(*known)).filter(|it| *it != i64::MIN);
    let after = String::from_utf8(after.to_vec()).ok()?;
    Some(Page { size: DEFAULT, after, known: known.map(Moment::from_micros), bound_to })
}
