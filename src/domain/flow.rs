//! A stored attempt to sign in, sign up, verify, link or step up.

use laneway_contract::{Acr, AdapterState, MethodKind, Prompt, UpstreamIdentity};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ids::{FlowId, OrgId, Sid, TenantId, UpstreamId, UserId};
use super::return_to::ReturnTo;

/// What the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowPurpose {
    /// A session.
    Login,
    /// An account and a session.
    Signup,
    /// To prove an address.
    Verify,
    /// More proof on an existing session.
    StepUp,
    /// Another identity on this account.
    Link,
}

impl FlowPurpose {
    /// The word in JSON and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Signup => "signup",
            Self::Verify => "verify",
            Self::StepUp => "step_up",
            Self::Link => "link",
        }
    }

    /// Needs a session to begin?
    pub fn needs_session(self) -> bool {
        matches!(self, Self::Verify | Self::StepUp | Self::Link)
    }
}

/// The open step, with what only the server remembers about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Step {
    /// Who are you?
    Identify,
    /// How do you want to prove it?
    Choose,
    /// A code is on its way.
    EmailCode {
        /// Who judges it.
        upstream: UpstreamId,
        /// The adapter's memory.
        state: AdapterState,
        /// Epoch ms from which another may be asked for.
        resend_at: i64,
    },
    /// A passkey ceremony is open.
    Passkey {
        /// Who judges it.
        upstream: UpstreamId,
        /// The adapter's memory.
        state: AdapterState,
        /// Options for the browser.
        public_key: Value,
    },
    /// The browser is at the provider.
    Redirect {
        /// Which.
        upstream: UpstreamId,
        /// The adapter's memory.
        state: AdapterState,
        /// Where it was sent.
        url: String,
        /// Only this `state` value comes back to this step.
        nonce: String,
    },
    /// Add a passkey, or not now.
    Enrol {
        /// Where it is stored.
        upstream: UpstreamId,
        /// The adapter's memory.
        state: AdapterState,
        /// Options for the browser.
        public_key: Value,
    },
    /// What shall we call you?
    Profile,
    /// Which organization?
    Organization {
        /// To choose from: id, slug, name.
        organizations: Vec<(OrgId, String, String)>,
    },
    /// Over, well.
    Done,
}

impl Step {
    /// The word in paths and JSON (CONTRACT §6).
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Choose => "choose",
            Self::EmailCode { .. } => "email-code",
            Self::Passkey { .. } => "passkey",
            Self::Redirect { .. } => "redirect",
            Self::Enrol { .. } => "enrol",
            Self::Profile => "profile",
            Self::Organization { .. } => "organization",
            Self::Done => "done",
        }
    }
}

/// A factor that was proven in this flow.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proof {
    /// Who judged it.
    pub upstream: UpstreamId,
    /// Which method.
    pub method: MethodKind,
    /// What it proved.
    pub identity: UpstreamIdentity,
}

/// The session a flow works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// Session.
    pub sid: Sid,
    /// Person: no other may come out of this flow.
    pub user: UserId,
}

/// What is demanded of the outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// Rung.
    pub acr: Option<Acr>,
    /// Oldest acceptable proof in seconds.
    pub max_age: Option<u64>,
    /// Interaction.
    pub prompt: Option<Prompt>,
    /// Organization to enter (id or slug).
    pub org: Option<String>,
}

/// The sealed part of a flow row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FlowState {
    /// Where to go when done.
    pub return_to: ReturnTo,
    /// What is demanded.
    pub demand: Demand,
    /// As typed, in normal form where it is an address.
    pub username: Option<String>,
    /// The id a new person would get; allocated at the start so that providers and
    /// retries agree on it.
    pub candidate: UserId,
    /// Set for verify, step-up, link.
    pub bound: Option<Bound>,
    /// Factors proven so far.
    pub proofs: Vec<Proof>,
    /// Name given in the profile step.
    pub name: Option<String>,
    /// Enrolment was offered (done or skipped).
    pub enrol_offered: bool,
    /// Organization chosen.
    pub org: Option<OrgId>,
    /// Begun by the owner link: whoever finishes becomes owner. Holds the link's hash.
    pub owner_link: Option<Vec<u8>>,
    /// May create an account even where signup is not open (owner link, invitation).
    pub invited: bool,
    /// The target upstream of a link flow.
    pub link_to: Option<UpstreamId>,
    /// The open step.
    pub step: Step,
}

/// A flow row.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Id.
    pub id: FlowId,
    /// Tenant.
    pub tenant: TenantId,
    /// Purpose.
    pub purpose: FlowPurpose,
    /// Moves with every accepted answer: two answers to one step cannot both count.
    pub version: i64,
    /// Wrong answers so far.
    pub attempts: i64,
    /// Over, well or not.
    pub over: bool,
    /// Epoch ms.
    pub expires_at: i64,
    /// The rest.
    pub state: FlowState,
}

impl FlowState {
    /// The strongest rung among the proofs.
    pub fn acr(&self) -> Option<Acr> {
        self.proofs
            .iter()
            .map(|proof| proof.identity.evidence.acr)
            .max()
    }

    /// Union of the proofs' `amr`, in order of first appearance.
    pub fn amr(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for value in self
            .proofs
            .iter()
            .flat_map(|proof| &proof.identity.evidence.amr)
        {
            if !all.contains(value) {
                all.push(value.clone());
            }
        }
        all
    }
}
