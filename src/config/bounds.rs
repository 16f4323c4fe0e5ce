//! Lifetimes, tries, rates and sizes: the numbers of the product, each within bounds that
//! keep its protection switched on.

use std::net::SocketAddr;
use std::time::Duration;

use super::section::Section;

/// Lifetimes of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sessions {
    /// From sign-in, whatever happens.
    pub absolute: Duration,
    /// Without use.
    pub idle: Duration,
    /// Of what an app keeps while somebody is away, from its beginning.
    pub offline_absolute: Duration,
    /// The same, without use.
    pub offline_idle: Duration,
    /// How old a provider's word may become before it is asked again, where a session is used.
    pub revalidate_after: Duration,
}

/// How fast an ended session is refused on every node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// A node that has not heard the log for this long trusts no cache.
    pub bound: Duration,
    /// How often it listens.
    pub poll: Duration,
}

/// Login flows and codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// Life of a flow and its cookie.
    pub ttl: Duration,
    /// Life of a code.
    pub code_ttl: Duration,
    /// Wait before another code may be asked for.
    pub resend: Duration,
    /// Wrong answers to one code.
    pub code_tries: u32,
    /// Wrong answers in one flow.
    pub flow_tries: u32,
}

/// Rate limits. Those per network are multiplied by `network_factor` already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What the per-network limits were multiplied by.
    pub network_factor: u32,
    /// Flows started per minute and network.
    pub flows_per_network: u32,
    /// Answers in flows per minute and network.
    pub answers_per_network: u32,
    /// Callbacks, tickets and one-time pages per minute and network.
    pub callbacks_per_network: u32,
    /// Wrong answers per hour and network.
    pub failures_per_network: u32,
    /// Wrong answers per hour and account from devices that it does not know.
    pub failures_per_account: u32,
    /// Wrong answers per hour and known device.
    pub failures_per_device: u32,
    /// Wrong passwords in a row after which no verdict is told any more.
    pub failures_in_a_row: u32,
    /// Mails per hour and address.
    pub mails_per_address: u32,
    /// Bytes of a request body at our own endpoints.
    pub body: usize,
}

/// How long a browser that somebody signed in with is recognised, from its last sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Devices {
    /// Any.
    pub known: Duration,
    /// One that its owner trusts.
    pub trusted: Duration,
}

/// Bounds of outgoing calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outbound {
    /// From resolving the name to the last byte.
    pub deadline: Duration,
    /// Bytes of an answer's body.
    pub max_bytes: usize,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            deadline: SECOND * 10,
            max_bytes: 1 << 20,
        }
    }
}

/// Rules for addresses that tenants name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Federation {
    /// Whether they may be private or plain http: for tests only.
    pub allow_private: bool,
    /// Whom to ask for names, instead of the machine's own resolver.
    pub dns_server: Option<SocketAddr>,
}

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

pub(super) fn sessions(root: &mut Section<'_>) -> Sessions {
    let mut section = root.section("sessions");
    let absolute = section.duration("absolute", DAY * 30, MINUTE * 5..=DAY * 400);
    // Use is noted once a minute at most; anything near that would end sessions in use.
    let idle_given = section.has("idle");
    let mut idle = section.duration("idle", HOUR * 12, MINUTE * 5..=DAY * 400);
    if idle > absolute && idle_given {
        section.fault(
            "idle",
            "more than sessions.absolute",
            "write at most sessions.absolute",
        );
    }
    idle = idle.min(absolute);
    let offline_absolute = section.duration("offline_absolute", DAY * 90, MINUTE * 5..=DAY * 400);
    let offline_idle = section.duration("offline_idle", DAY * 30, MINUTE * 5..=DAY * 400);
    let revalidate_after = section.duration("revalidate_after", MINUTE * 15, MINUTE..=DAY);
    section.finish();
    Sessions {
        absolute,
        idle,
        offline_absolute,
        offline_idle: offline_idle.min(offline_absolute),
        revalidate_after,
    }
}

pub(super) fn revocation(root: &mut Section<'_>) -> Revocation {
    let mut section = root.section("revocation");
    let bound = section.duration("bound", SECOND * 5, SECOND..=MINUTE);
    // Two polls must fit, or one slow query makes every node distrust its cache.
    let poll = section.duration("poll", MS * 200, MS * 20..=bound / 2);
    section.finish();
    Revocation { bound, poll }
}

pub(super) fn flow(root: &mut Section<'_>) -> Flow {
    let mut section = root.section("flow");
    let flow = Flow {
        ttl: section.duration("ttl", MINUTE * 10, MINUTE..=MINUTE * 10),
        code_ttl: section.duration("code_ttl", MINUTE * 10, MINUTE..=MINUTE * 10),
        resend: section.duration("resend", SECOND * 30, SECOND..=MINUTE * 10),
        code_tries: section.number("code_tries", 5, 1..=10),
        flow_tries: section.number("flow_tries", 20, 1..=100),
    };
    section.finish();
    flow
}

pub(super) fn limits(root: &mut Section<'_>) -> Limits {
    let mut section = root.section("limits");
    let factor = section.number("network_factor", 1, 1..=1_000);
    let mut per_network = |name, default| factor * section.number(name, default, 1..=100_000);
    let flows_per_network = per_network("flows_per_network", 30);
    let answers_per_network = per_network("answers_per_network", 60);
    let callbacks_per_network = per_network("callbacks_per_network", 60);
    let failures_per_network = per_network("failures_per_network", 100);
    let limits = Limits {
        network_factor: factor,
        flows_per_network,
        answers_per_network,
        callbacks_per_network,
        failures_per_network,
        failures_per_account: section.number("failures_per_account", 20, 1..=1_000),
        failures_per_device: section.number("failures_per_device", 20, 1..=100),
        // NIST SP 800-63B-4 §3.2.2: no more than 100.
        failures_in_a_row: section.number("failures_in_a_row", 100, 1..=100),
        mails_per_address: section.number("mails_per_address", 10, 1..=1_000),
        body: section.size("body", 256 << 10, 4 << 10..=16 << 20),
    };
    section.finish();
    limits
}

pub(super) fn devices(root: &mut Section<'_>) -> Devices {
    let mut section = root.section("devices");
    let devices = Devices {
        known: section.duration("known", DAY * 60, DAY..=DAY * 400),
        // Browsers keep no cookie for longer.
        trusted: section.duration("trusted", DAY * 400, DAY..=DAY * 400),
    };
    section.finish();
    devices
}

pub(super) fn outbound(root: &mut Section<'_>) -> Outbound {
    let default = Outbound::default();
    let mut section = root.section("outbound");
    let outbound = Outbound {
        deadline: section.duration("deadline", default.deadline, MS * 100..=MINUTE),
        max_bytes: section.size("max_bytes", default.max_bytes, 4 << 10..=64 << 20),
    };
    section.finish();
    outbound
}

pub(super) fn federation(root: &mut Section<'_>) -> Federation {
    let dns_server = root.parsed("dns_server", |text| {
        text.parse()
            .map_err(|_| "write IP address and port, like 192.0.2.53:53".to_owned())
    });
    let mut section = root.section("federation");
    let federation = Federation {
        allow_private: section.flag("allow_private", false),
        dns_server,
    };
    section.finish();
    federation
}
