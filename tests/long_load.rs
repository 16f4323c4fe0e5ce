//! A steady mixture of everything against one node, for as long as `dev/soak --load` says: its memory
//! is flat, and more at once than the database has connections for makes answers slower, not wrong.

mod crowd;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::harness::soak::{Spread, measured};
use crate::harness::{Node, new_database, postgres_url};
use crowd::{Crowd, Seen};

/// Connections to PostgreSQL (`provider-adapters/sqlkit`).
const POOL: usize = 16;
/// The last third may have so much more memory than the second sixth, in percent.
const GROWTH: u64 = 115;

struct Scale {
    lasts: Duration,
    per_second: u32,
    sample: Duration,
    surge: Duration,
}

/// `LANEWAY_SOAK_LOAD` in minutes and `LANEWAY_SOAK_RATE` a second; a moment without them.
fn scale() -> Scale {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u32>().expect("a number"))
    };
    let minutes = number("LANEWAY_SOAK_LOAD");
    Scale {
        lasts: minutes.map_or(Duration::from_secs(6), |minutes| {
            Duration::from_secs(60) * minutes
        }),
        per_second: number("LANEWAY_SOAK_RATE").unwrap_or(20),
        sample: Duration::from_secs(if minutes.is_some() { 10 } else { 1 }),
        surge: Duration::from_secs(if minutes.is_some() { 10 } else { 2 }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_flat_and_more_at_once_than_connections_is_slower_not_wrong() {
    let Some(server) = postgres_url() else { return };
    let mut node = Node::on(new_database(&server).await).await;
    node.kill();
    node.configure(&configuration(&node));
    node.set("LANEWAY_LIMITS_MAILS_PER_ADDRESS", "1000");
    node.start().await;
    let crowd = Arc::new(Crowd::at(&node).await);
    let scale = scale();
    let samples = steady(&crowd, &node, &scale).await;
    tell(&samples, &scale);
    if scale.lasts >= Duration::from_secs(60) {
        assert_flat(&samples);
    }
    // In the end: what it leaves in the allocator's hand is no growth.
    surge(&crowd, &scale).await;
}

fn configuration(node: &Node) -> String {
    format!(
        "trusted_proxies = [\"127.0.0.1/32\"]\n[[app]]\nhost = \"{}\"\nheader_sets = [\"laneway\"]\n",
        crowd::app_host(node)
    )
}

/// As many at once as there are connections, then four times as many.
async fn surge(crowd: &Arc<Crowd>, scale: &Scale) {
    let mut each_second = Vec::new();
    for at_once in [POOL, 4 * POOL] {
        let begun = Instant::now();
        let mut workers = tokio::task::JoinSet::new();
        for place in 0..at_once {
            let (crowd, lasts) = (Arc::clone(crowd), scale.surge);
            workers.spawn(async move {
                let mut seen = Vec::new();
                let mut number = place;
                while begun.elapsed() < lasts {
                    seen.push(crowd.does(number).await);
                    number += at_once;
                }
                seen
            });
        }
        let all: Vec<Seen> = workers.join_all().await.into_iter().flatten().collect();
        let told = all.iter().filter(|seen| seen.come_back).count();
        judge(&all);
        let done = u32::try_from(all.len()).expect("not so many");
        let rate = f64::from(done) / begun.elapsed().as_secs_f64();
        let spread = Spread::of(all.iter().map(|seen| seen.took).collect());
        measured(&format!(
            "{at_once} at once, {POOL} connections to the database: {rate:.0} a second, {}, {told} told to come back",
            spread.told()
        ));
        each_second.push(rate);
    }
    // No cliff: who waits for a connection costs those nothing who have one.
    let (full, over) = (each_second[0], each_second[1]);
    // A short look on a busy machine says less.
    let allowed = if scale.surge > Duration::from_secs(5) {
        2.0
    } else {
        4.0
    };
    assert!(
        over * allowed > full,
        "{over:.1} a second instead of {full:.1}"
    );
}

/// What a stretch of the steady load looked like.
struct Sample {
    rss_kib: u64,
    spread: Spread,
    done: usize,
}

async fn steady(crowd: &Arc<Crowd>, node: &Node, scale: &Scale) -> Vec<Sample> {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / scale.per_second);
    let (begun, mut samples, mut number) = (Instant::now(), Vec::new(), 0);
    while begun.elapsed() < scale.lasts {
        let from = Instant::now();
        let mut all = tokio::task::JoinSet::new();
        while from.elapsed() < scale.sample {
            ticks.tick().await;
            let crowd = Arc::clone(crowd);
            all.spawn(async move { crowd.does(number).await });
            number += 1;
        }
        let all = all.join_all().await;
        judge(&all);
        samples.push(Sample {
            rss_kib: resident_kib(node.process()),
            spread: Spread::of(all.iter().map(|seen| seen.took).collect()),
            done: all.len(),
        });
    }
    samples
}

/// Right, or told to come back with the time to wait; nothing else, ever.
fn judge(all: &[Seen]) {
    let wrong: Vec<_> = all.iter().filter_map(|seen| seen.wrong.as_ref()).collect();
    assert!(
        wrong.is_empty(),
        "{} of {}: {:?}",
        wrong.len(),
        all.len(),
        wrong.first()
    );
}

fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("procfs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.expect("a line").parse().expect("a number")
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

fn memory(samples: &[Sample]) -> (u64, u64) {
    let of = |part: &[Sample]| median(part.iter().map(|sample| sample.rss_kib).collect());
    let count = samples.len();
    (
        of(&samples[count / 6..(count / 3).max(count / 6 + 1)]),
        of(&samples[count - count.div_ceil(3)..]),
    )
}

fn tell(samples: &[Sample], scale: &Scale) {
    let (early, late) = memory(samples);
    let highest = samples.iter().map(|sample| sample.rss_kib).max();
    let done: usize = samples.iter().map(|sample| sample.done).sum();
    let all = |of: fn(&Sample) -> Duration| Spread::of(samples.iter().map(of).collect());
    let middle = all(|sample| sample.spread.p50).p50.as_millis();
    let slow = all(|sample| sample.spread.p99);
    let (slow, slowest) = (slow.p50.as_millis(), slow.max.as_millis());
    measured(&format!(
        "{} s of load, {} a second, {done} done, none wrong: RSS {early} KiB in the second sixth, {late} KiB in the \
         last third, at most {} KiB; p50 {middle} ms, p99 {slow} ms (medians of samples), slowest sample's p99 {slowest} ms",
        scale.lasts.as_secs(),
        scale.per_second,
        highest.unwrap_or_default()
    ));
}

fn assert_flat(samples: &[Sample]) {
    let (early, late) = memory(samples);
    assert!(
        late * 100 <= early * GROWTH,
        "memory grows: {early} KiB, then {late} KiB"
    );
}
