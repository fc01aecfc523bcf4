//! Alternating rounds and their medians.

use std::{fs, time::Duration};

/// Something that is measured: one call does a round and answers how long it took, per piece of work.
pub struct Contender<'a> {
    pub name: &'static str,
    pub round: Box<dyn FnMut() -> Result<Duration, Failure> + 'a>,
    /// Pieces of work of a round: the time of a round is divided by it.
    pub pieces: u32,
}

pub type Failure = Box<dyn std::error::Error>;

/// What came of a contender: nanoseconds a piece, the median of its rounds and the two ends.
#[derive(Clone, Copy)]
pub struct Figure {
    pub name: &'static str,
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

/// Lets all contenders take turns: one round that does not count, then as many as asked for.
pub fn alternate(
    mut contenders: Vec<Contender<'_>>,
    rounds: usize,
) -> Result<Vec<Figure>, Failure> {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let took = (contender.round)().map_err(|why| format!("{}: {why}", contender.name))?;
            let each = took.as_nanos() as f64 / f64::from(contender.pieces);
            eprintln!("  round {round}, {}: {}", contender.name, shown(each));
            if round > 0 {
                times.push(each);
            }
        }
    }
    let figures = contenders.iter().zip(times).map(|(contender, mut times)| {
        times.sort_by(f64::total_cmp);
        let median = (times[(times.len() - 1) / 2] + times[times.len() / 2]) / 2.0;
        let (least, most) = (times[0], times[times.len() - 1]);
        Figure { name: contender.name, median, least, most }
    });
    Ok(figures.collect())
}

/// A time for people.
pub fn shown(nanos: f64) -> String {
    if nanos < 1_000.0 { format!("{nanos:.1} ns") } else { format!("{:.2} µs", nanos / 1_000.0) }
}

/// The processor time that this thread has used.
pub fn thread_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or(0);
    Duration::from_nanos(nanos)
}
