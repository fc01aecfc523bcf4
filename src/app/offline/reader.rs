//! Lines of facts, read one by one and in chunks that are worked on together.

use std::{
    io::{BufRead, Read},
    ops::Range,
};

use super::{CHUNK_BYTES, CHUNK_LINES, LINE_MAX, Lines, OfflineError, refused};
use crate::domain::facts::FactsFault;

/// Reads lines one by one, numbered from 1.
pub(super) struct Reader<'a> {
    source: Box<dyn BufRead + 'a>,
    bytes: Vec<u8>,
    number: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn open(lines: &'a (impl Lines + ?Sized)) -> Result<Self, OfflineError> {
        Ok(Self { source: lines.open()?, bytes: Vec::new(), number: 0 })
    }

    /// The next line, trimmed: empty where it is blank.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &str)>, OfflineError> {
        self.bytes.clear();
        let read = (&mut self.source).take(LINE_MAX).read_until(b'\n', &mut self.bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let too_long = self.bytes.last() != Some(&b'\n') && u64::try_from(read) == Ok(LINE_MAX);
        match std::str::from_utf8(&self.bytes) {
            Ok(text) if !too_long => {
                Ok(Some((self.number, text.trim_start_matches('\u{feff}').trim())))
            }
            Ok(_) | Err(_) => Err(refused(FactsFault {
                line: self.number,
                path: "$".to_owned(),
                code: "FACTS_TEXT_ENCODING",
                wrong: "a line is UTF-8 text of at most 16 MiB".to_owned(),
                wrong_zh: "每行应为不超过 16 MiB 的 UTF-8 文本".to_owned(),
            })),
        }
    }

    /// The next chunk, and how the lines ended if they did.
    pub(super) fn chunk(&mut self, work: bool) -> (Chunk, Option<Result<(), OfflineError>>) {
        let mut chunk = Chunk { text: String::new(), lines: Vec::new(), work };
        while chunk.lines.len() < CHUNK_LINES && chunk.text.len() < CHUNK_BYTES {
            match self.next() {
                Ok(Some((_, ""))) => (),
                Ok(Some((number, text))) => {
                    let start = chunk.text.len();
                    chunk.text.push_str(text);
                    chunk.lines.push((number, start..chunk.text.len()));
                }
                Ok(None) => return (chunk, Some(Ok(()))),
                Err(why) => return (chunk, Some(Err(why))),
            }
        }
        (chunk, None)
    }
}

/// Lines that are worked on together.
pub(super) struct Chunk {
    pub(super) text: String,
    /// The number of each line, and where it stands in the text.
    pub(super) lines: Vec<(u64, Range<usize>)>,
    /// Whether facts are worked on: not once any are refused.
    pub(super) work: bool,
}
