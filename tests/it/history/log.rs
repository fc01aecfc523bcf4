//! What the clients did and were told, written down outside the service as it happens: in memory and,
//! a line of JSON each, in a file that judges a failure again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
    sync::Mutex,
    time::Instant,
};

use serde::{Deserialize, Serialize};

/// One thing that a write is to leave behind, with what marks it out from every other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Effect {
    /// A fact under its own record of the source; one that is not good is refused by itself.
    Fact { marker: String, subject: String, amount: i64, good: bool },
    /// The reversal of a fact, with the marker as its reason.
    Reversal { of: i64, marker: String },
    /// A record of the registry with the marker as its id.
    Record { marker: String },
    /// A role of a principal that is the marker.
    Grant { marker: String },
    /// A scheme.
    Scheme,
    /// A run; its request marks it.
    Run,
    /// The publication of a run.
    Publish { run: String },
    /// A run in the place of another.
    Supersede { old: String, new: String },
}

/// What one request id stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) request_id: String,
    pub(super) effects: Vec<Effect>,
}

/// One call as it was sent: several parts are the messages of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) method: String,
    /// SHA-256 over what was sent.
    pub(super) body: String,
    pub(super) parts: Vec<Part>,
}

/// What a reader was shown of the published run. Empty in all: none is published.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Sighting {
    /// When it began to ask and when it had everything, in microseconds.
    pub(super) from: u64,
    pub(super) until: u64,
    pub(super) run: String,
    pub(super) state: String,
    /// The digest and the number of subjects that the run states of itself.
    pub(super) digest: String,
    pub(super) subjects: i64,
    /// Subjects and the digests of their results.
    pub(super) results: Vec<(String, String)>,
}

/// One line of the log. Times are microseconds from its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Event {
    Invoke {
        at: u64,
        call: Call,
    },
    /// The same call again, byte for byte.
    Again {
        at: u64,
        call: u64,
    },
    /// The answer: its digest, the ids it gives to items, and the run it names.
    Ok {
        at: u64,
        call: u64,
        answer: String,
        ids: Vec<String>,
        run: String,
    },
    Fail {
        at: u64,
        call: u64,
        code: String,
        reason: String,
    },
    /// No answer, or one that leaves open whether it was done.
    Unknown {
        at: u64,
        call: u64,
        code: String,
    },
    Saw(Sighting),
    /// A process was killed while so many calls were under way.
    Kill {
        at: u64,
        in_flight: usize,
    },
}

/// Whether a call was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Done {
    /// Nothing is known of it yet: it may have been.
    #[default]
    Maybe,
    Yes,
    No,
}

/// What is known of a call's outcome.
#[derive(Debug, Clone, Default)]
pub(super) struct Fate {
    pub(super) invoked: u64,
    pub(super) done: Done,
    /// When it was first acknowledged.
    pub(super) acknowledged: Option<u64>,
    /// Whether an attempt ended in the unknown.
    pub(super) doubted: bool,
    /// The digests of its answers: one, if replays give the same bytes.
    pub(super) answers: BTreeSet<String>,
    pub(super) ids: Vec<String>,
    pub(super) run: String,
    /// The reason of the last refusal.
    pub(super) reason: String,
    /// A refusal that came after the acknowledgement.
    pub(super) denied: Option<String>,
}

/// The log, read call by call.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    pub(super) calls: BTreeMap<u64, (Call, Fate)>,
    pub(super) sightings: Vec<Sighting>,
    pub(super) kills: Vec<usize>,
}

impl History {
    pub(super) fn of(events: &[Event]) -> Self {
        let mut history = Self::default();
        events.iter().for_each(|it| history.take(it));
        history
    }

    fn fate(&mut self, call: u64) -> &mut Fate {
        &mut self.calls.get_mut(&call).expect("a call is invoked first").1
    }

    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::Invoke { at, call } => {
                let fate = Fate { invoked: *at, ..Fate::default() };
                assert!(self.calls.insert(call.number, (call.clone(), fate)).is_none());
            }
            Event::Again { .. } => (),
            Event::Ok { at, call, answer, ids, run } => {
                let fate = self.fate(*call);
                fate.done = Done::Yes;
                fate.acknowledged.get_or_insert(*at);
                fate.answers.insert(answer.clone());
                fate.ids.clone_from(ids);
                fate.run.clone_from(run);
            }
            Event::Fail { call, code, reason, .. } => {
                let several = self.calls[call].0.parts.len() > 1;
                let fate = self.fate(*call);
                // Contention ends a call before it is looked up; a stream that is refused may have
                // stored its first messages.
                let settles = code != "Aborted" && !several;
                match fate.done {
                    Done::Yes if code != "Aborted" => fate.denied = Some(reason.clone()),
                    Done::Yes => (),
                    Done::Maybe if fate.doubted && !settles => (),
                    Done::Maybe | Done::No if several => fate.doubted = true,
                    Done::Maybe | Done::No => fate.done = Done::No,
                }
                fate.reason.clone_from(reason);
            }
            Event::Unknown { call, .. } => {
                let fate = self.fate(*call);
                fate.doubted = true;
                if fate.done == Done::No {
                    fate.done = Done::Maybe;
                }
            }
            Event::Saw(sighting) => self.sightings.push(sighting.clone()),
            Event::Kill { in_flight, .. } => self.kills.push(*in_flight),
        }
    }

    /// The calls of which nobody knows whether they were done.
    pub(super) fn open(&self) -> Vec<u64> {
        let open = self.calls.iter().filter(|it| it.1.1.done == Done::Maybe);
        open.map(|it| *it.0).collect()
    }

    /// How many facts and other effects are acknowledged.
    pub(super) fn acknowledged(&self) -> usize {
        let all = self.calls.values().filter(|it| it.1.done == Done::Yes);
        all.flat_map(|it| &it.0.parts).map(|it| it.effects.len()).sum()
    }
}

/// The log under way.
#[derive(Debug)]
pub(super) struct Log {
    began: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    next: u64,
    history: History,
    counts: BTreeMap<&'static str, usize>,
    file: BufWriter<File>,
}

impl Log {
    pub(super) fn to(file: &Path) -> Self {
        let file = BufWriter::new(File::create(file).unwrap());
        let (history, counts) = (History::default(), BTreeMap::new());
        let inner = Inner { next: 1, history, counts, file };
        Self { began: Instant::now(), inner: Mutex::new(inner) }
    }

    /// Microseconds since the log began.
    pub(super) fn now(&self) -> u64 {
        self.began.elapsed().as_micros().try_into().unwrap()
    }

    /// A number for a call.
    pub(super) fn number(&self) -> u64 {
        let mut inner = self.inner.lock().unwrap();
        inner.next += 1;
        inner.next - 1
    }

    pub(super) fn write(&self, event: &Event) {
        let mut inner = self.inner.lock().unwrap();
        let word = match event {
            Event::Invoke { .. } => "invoke",
            Event::Again { .. } => "again",
            Event::Ok { .. } => "ok",
            Event::Fail { .. } => "fail",
            Event::Unknown { .. } => "unknown",
            Event::Saw(_) => "saw",
            Event::Kill { .. } => "kill",
        };
        *inner.counts.entry(word).or_default() += 1;
        inner.history.take(event);
        serde_json::to_writer(&mut inner.file, event).unwrap();
        inner.file.write_all(b"\n").unwrap();
    }

    /// Looks at what is known so far.
    pub(super) fn look<T>(&self, at: impl FnOnce(&History) -> T) -> T {
        at(&self.inner.lock().unwrap().history)
    }

    /// How many lines there are of each sort.
    pub(super) fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut inner = self.inner.lock().unwrap();
        inner.file.flush().unwrap();
        inner.counts.clone()
    }
}

/// A log read back from its file.
pub(super) fn read(file: &Path) -> Vec<Event> {
    let lines = BufReader::new(File::open(file).unwrap()).lines();
    lines.map(|it| serde_json::from_str(&it.unwrap()).unwrap()).collect()
}
