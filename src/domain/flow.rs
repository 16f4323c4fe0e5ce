//! A stored attempt to sign in, sign up, verify, link or step up, or an errand.

use laneway_contract::{Acr, AdapterState, MethodKind, Prompt, UpstreamIdentity};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::errand::Errand;
use super::ids::{FlowId, OrgId, Sid, TenantId, UpstreamId, UserId};
use super::invitation::Invited;
use super::ladder::{self, Rung};
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
    /// A new password, for who has lost the old one.
    Recover,
    /// To change what their provider keeps of them, on its page.
    Errand,
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
            Self::Recover => "recover",
            Self::Errand => "errand",
        }
    }

    /// Needs a session to begin?
    pub fn needs_session(self) -> bool {
        matches!(
            self,
            Self::Verify | Self::StepUp | Self::Link | Self::Errand
        )
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
    /// A password is asked for.
    Password(Typed),
    /// A code of an authenticator app is asked for.
    Totp(Typed),
    /// A recovery code is asked for.
    RecoveryCode(Typed),
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
        url: Private,
        /// Only this `state` value comes back to this step.
        nonce: Private,
    },
    /// Add a passkey or an authenticator app, or not now.
    Enrol {
        /// Where it is stored.
        upstream: UpstreamId,
        /// The adapter's memory.
        state: AdapterState,
        /// What the browser needs for it.
        offer: EnrolOffer,
    },
    /// Choose a password.
    NewPassword {
        /// Where it is stored.
        upstream: UpstreamId,
        /// Whose it will be.
        subject: UserId,
        /// There is another way in, so it may be left out.
        skippable: bool,
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

/// What waits for something typed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Typed {
    /// Who judges it.
    pub upstream: UpstreamId,
    /// The adapter's memory.
    pub state: AdapterState,
}

/// A factor that can be added.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnrolOffer {
    /// A passkey, by these options for the browser.
    Passkey(Value),
    /// An authenticator app, by this address with the secret in it.
    Totp(Private),
}

/// A text for one person's eyes, which a log never shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(pub String);

impl std::fmt::Debug for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Private")
    }
}

impl Step {
    /// The word in paths and JSON (CONTRACT §6).
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Choose => "choose",
            Self::EmailCode { .. } => "email-code",
            Self::Password(_) => "password",
            Self::Totp(_) => "totp",
            Self::RecoveryCode(_) => "recovery-code",
            Self::NewPassword { .. } => "new-password",
            Self::Passkey { .. } => "passkey",
            Self::Redirect { .. } => "redirect",
            Self::Enrol { .. } => "enrol",
            Self::Profile => "profile",
            Self::Organization { .. } => "organization",
            Self::Done => "done",
        }
    }

    /// What is waited for, where it is something typed that a provider judges at once.
    pub fn typed(&self, kind: MethodKind) -> Option<&Typed> {
        match (self, kind) {
            (Self::Password(typed), MethodKind::Password)
            | (Self::Totp(typed), MethodKind::Totp)
            | (Self::RecoveryCode(typed), MethodKind::RecoveryCode) => Some(typed),
            _ => None,
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

/// A proof was given and is not enough yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct More {
    /// Who was found by it: no other may come out of this flow.
    pub user: UserId,
    /// What is wanted.
    pub wanted: Acr,
}

/// Why a password is not enough by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Too many wrong ones came from devices that are not known: a code must follow.
    Open,
    /// The same, and it is not told that this one was right.
    HiddenRight,
    /// It was wrong, which is not told either.
    HiddenWrong,
}

/// What the session had proven so shortly before a step-up began that it still counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Its kinds of proof.
    pub kinds: Vec<MethodKind>,
    /// As the session told it.
    pub amr: Vec<String>,
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
    /// New tokens for a session that is good as it is: the provider is asked without a page first.
    #[serde(default)]
    pub renews: bool,
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
    /// Set for verify, step-up, link and errands.
    pub bound: Option<Bound>,
    /// Factors proven so far.
    pub proofs: Vec<Proof>,
    /// Name given in the profile step.
    pub name: Option<String>,
    /// Enrolment was offered (done or skipped).
    pub enrol_offered: bool,
    /// A factor was added on the way.
    #[serde(default)]
    pub enrolled: bool,
    /// An authenticator app was added on the way: a password need not stand alone.
    #[serde(default)]
    pub app_enrolled: bool,
    /// Made on the way and shown once, with the answer that follows; never stored here.
    #[serde(skip)]
    pub recovery_codes: Vec<Private>,
    /// A password was set or declined.
    #[serde(default)]
    pub password_settled: bool,
    /// Set when a proof is not enough.
    #[serde(default)]
    pub more: Option<More>,
    /// Set where a password was typed on a device that is not known, too late.
    #[serde(default)]
    pub doubt: Option<Doubt>,
    /// Set for a step-up on a fresh session.
    #[serde(default)]
    pub carried: Option<Carried>,
    /// Organization chosen.
    pub org: Option<OrgId>,
    /// Begun by the owner link: whoever finishes becomes owner. Holds the link's hash.
    pub owner_link: Option<Vec<u8>>,
    /// May create an account even where signup is not open (owner link, invitation).
    pub invited: bool,
    /// The invitation that it began with.
    #[serde(default)]
    pub invitation: Option<Invited>,
    /// The target upstream of a link flow.
    pub link_to: Option<UpstreamId>,
    /// What they went for, in an errand; boxed, because most flows are none.
    #[serde(default)]
    pub errand: Option<Box<Errand>>,
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
    /// The rung that the proofs reach together; none before the first.
    pub fn acr(&self) -> Option<Acr> {
        self.proofs.first()?;
        ladder::combined(self.rungs())
    }

    /// The rung that would be reached with one more proof.
    pub fn acr_with(&self, rung: Rung) -> Option<Acr> {
        ladder::combined(self.rungs().chain([rung]))
    }

    fn rungs(&self) -> impl Iterator<Item = Rung> {
        let own = self
            .proofs
            .iter()
            .map(|proof| (proof.method, proof.identity.evidence.acr));
        // What a session brings along adds a factor; it never stands for a passkey.
        let carried = self.carried.iter().flat_map(|carried| &carried.kinds);
        own.chain(carried.map(|kind| (*kind, Acr::Aal1)))
    }

    /// Union of the proofs' `amr`, in order of first appearance.
    pub fn amr(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let own = self
            .proofs
            .iter()
            .flat_map(|proof| &proof.identity.evidence.amr);
        let carried = self.carried.iter().flat_map(|carried| &carried.amr);
        for value in own.chain(carried) {
            if !all.contains(value) {
                all.push(value.clone());
            }
        }
        let single = ladder::combined(
            self.proofs
                .iter()
                .map(|proof| (proof.method, proof.identity.evidence.acr))
                .take(1),
        );
        // RFC 8176: several factors, none of which says so by itself.
        if self.acr() == Some(Acr::Aal2) && single < Some(Acr::Aal2) {
            all.push("mfa".to_owned());
        }
        all
    }

    /// A password was typed whose verdict must not show.
    pub fn is_hidden(&self) -> bool {
        matches!(self.doubt, Some(Doubt::HiddenRight | Doubt::HiddenWrong))
    }

    /// A code by mail must follow the password, and has not yet.
    pub fn code_must_follow(&self) -> bool {
        let given = |proof: &Proof| proof.method != MethodKind::Password;
        self.doubt.is_some() && !self.proofs.iter().any(given)
    }

    /// The proof that says who it is: not one that only adds to another.
    pub fn main_proof(&self) -> Option<&Proof> {
        let first = self
            .proofs
            .iter()
            .find(|proof| !proof.method.is_second_only());
        first.or(self.proofs.last())
    }

    /// Whom the answers must come from, where that is settled and may show.
    pub fn person(&self) -> Option<&UserId> {
        let bound = self.bound.as_ref().map(|bound| &bound.user);
        let found = self.more.as_ref().filter(|_| !self.is_hidden());
        bound.or(found.map(|more| &more.user))
    }

    /// Another way instead of a password whose verdict must not show: from the beginning,
    /// whatever that was.
    pub fn forget_hidden(&mut self) {
        if self.is_hidden() {
            self.doubt = None;
            self.more = None;
            self.proofs.clear();
        }
    }
}
