//! Flow rows: begin, load, save.

use laneway_contract::{Acr, MethodKind, Prompt};
use subtle::ConstantTimeEq;

use super::{Visit, account, factors, limits, methods};
use crate::authz::FRESH_S;
use crate::core::Core;
use crate::domain::flow::{Bound, Carried, Demand, Flow, FlowPurpose, FlowState, Step};
use crate::domain::invitation::Invited;
use crate::domain::return_to::ReturnTo;
use crate::domain::{Code, Email, FlowId, Problem, TenantId, UpstreamId, UserId};
use crate::providers::EMBEDDED;
use crate::store::Write;
use crate::store::flows::{self as rows, FlowRow};
use crate::store::seal::Place;

/// What a flow is begun with.
#[derive(Debug, Clone)]
pub struct Begin {
    /// Purpose.
    pub purpose: FlowPurpose,
    /// Who, if they said so.
    pub username: Option<String>,
    /// Where to go when done.
    pub return_to: ReturnTo,
    /// What is demanded.
    pub demand: Demand,
    /// Target of a link flow.
    pub link_to: Option<UpstreamId>,
    /// Hash of the owner link it came by.
    pub owner_link: Option<Vec<u8>>,
    /// The invitation it came by.
    pub invitation: Option<Invited>,
}

impl Begin {
    /// A plain login.
    pub fn login(return_to: ReturnTo) -> Self {
        Self {
            purpose: FlowPurpose::Login,
            username: None,
            return_to,
            demand: Demand::default(),
            link_to: None,
            owner_link: None,
            invitation: None,
        }
    }

    /// With what the query of `/bff/login` demands.
    #[must_use]
    pub fn demanding(
        mut self,
        acr: Option<Acr>,
        max_age: Option<u64>,
        prompt: Option<Prompt>,
    ) -> Self {
        self.demand.acr = acr;
        self.demand.max_age = max_age;
        self.demand.prompt = prompt;
        self
    }
}

/// Creates a flow for this browser.
///
/// # Errors
/// `unauthenticated` where the purpose needs a session, `denied` for signup where it is
/// not open, `not_supported_by_upstream` for a step-up without a path, `rate_limited`.
pub async fn begin(visit: &Visit<'_>, begin: Begin) -> Result<Flow, Problem> {
    let core = visit.core;
    limits::flow_begun(visit).await?;
    let mut demand = begin.demand;
    let mut username = begin.username.map(|text| normal_name(&text));
    // Whoever signs in on an organization's own host signs in to it, however they begin.
    if begin.purpose == FlowPurpose::Login && demand.org.is_none() {
        demand.org = visit.site.org.as_ref().map(|org| org.id.0.clone());
    }
    let mut bound = None;
    let mut carried = None;
    if begin.purpose == FlowPurpose::Recover && factors::password_home(visit).await?.is_none() {
        return Err(Problem::new(
            Code::NotSupportedByUpstream,
            "There is no password to recover here.",
        ));
    }
    if begin.purpose.needs_session() {
        let live = visit.session()?;
        if matches!(
            begin.purpose,
            FlowPurpose::Verify | FlowPurpose::Link | FlowPurpose::Errand
        ) {
            account::require_own_way(visit)?;
        }
        bound = Some(Bound {
            sid: live.session.sid.clone(),
            user: live.session.user.clone(),
        });
        if begin.purpose == FlowPurpose::StepUp {
            let reachable = methods::reachable(visit, &live.session.user).await?;
            let wanted = match demand.acr {
                Some(acr) => acr,
                None => methods::expected(visit, &live.session).await?,
            };
            if wanted > reachable {
                return Err(no_path(wanted));
            }
            demand.acr = Some(wanted);
            carried = carry(visit, &demand).await?;
            username = live.user.email.clone();
        }
        if begin.purpose == FlowPurpose::Verify {
            if username.is_none() {
                username.clone_from(&live.user.email);
            }
            // The account's own address may be proven at any time. Another one becomes a
            // way in, and that is a change of factors.
            if username != live.user.email {
                account::require_fresh(visit, "/account").await?;
            }
        }
    }
    let step = if username.is_some() || bound.is_some() {
        Step::Choose
    } else {
        Step::Identify
    };
    let flow = Flow {
        id: FlowId(core.new_id()),
        tenant: visit.site.tenant.id.clone(),
        purpose: begin.purpose,
        version: 1,
        attempts: 0,
        over: false,
        expires_at: core.now() + i64::try_from(core.config.flow.ttl.as_millis()).unwrap_or(600_000),
        state: FlowState {
            return_to: begin.return_to,
            demand,
            username,
            candidate: UserId(core.new_id()),
            bound,
            proofs: Vec::new(),
            name: None,
            enrol_offered: false,
            enrolled: false,
            app_enrolled: false,
            recovery_codes: Vec::new(),
            password_settled: false,
            more: None,
            doubt: None,
            carried,
            org: None,
            invited: begin.owner_link.is_some() || begin.invitation.is_some(),
            owner_link: begin.owner_link,
            invitation: begin.invitation,
            link_to: begin.link_to,
            errand: None,
            step,
        },
    };
    let mut write = core.begin().await?;
    let row = to_row(core, &flow, visit.browser.to_vec())?;
    let now = write.now();
    rows::create(&mut write.tx, &flow.tenant, &row, now).await?;
    core.commit(write).await?;
    Ok(flow)
}

/// What this session has proven within the time that a fresh proof may be old: it need not
/// be proven again beside the other factor.
async fn carry(visit: &Visit<'_>, demand: &Demand) -> Result<Option<Carried>, Problem> {
    let session = &visit.session()?.session;
    // Half of it, or the new proof would be too old as soon as it is given.
    let fresh = demand.max_age.unwrap_or(FRESH_S).min(FRESH_S) / 2;
    if !session.satisfies(None, Some(fresh), visit.core.now()) {
        return Ok(None);
    }
    let own = match &session.upstream {
        Some(tie) => {
            let found = visit.core.providers.get(&visit.site.tenant, &tie.id).await;
            found.is_ok_and(|upstream| upstream.row.kind == EMBEDDED)
        }
        None => false,
    };
    let kinds = if own {
        session.amr.iter().filter_map(|amr| kind_of(amr)).collect()
    } else {
        // Which factors a provider asked for is its own affair.
        vec![MethodKind::Redirect]
    };
    Ok(Some(Carried {
        kinds,
        amr: session.amr.clone(),
    }))
}

fn kind_of(amr: &str) -> Option<MethodKind> {
    match amr {
        "pwd" => Some(MethodKind::Password),
        "email" => Some(MethodKind::EmailCode),
        "otp" => Some(MethodKind::Totp),
        _ => None,
    }
}

fn no_path(wanted: Acr) -> Problem {
    Problem::new(
        Code::NotSupportedByUpstream,
        "There is no way for this account to give the proof that is wanted. Add a passkey first.",
    )
    .with("acr_values", vec![wanted.as_str()])
}

/// An address in normal form, or what was typed, cut to a sane length.
pub fn normal_name(text: &str) -> String {
    Email::parse(text).map_or_else(
        || {
            // A control character is in no name, and PostgreSQL keeps no NUL.
            text.trim()
                .chars()
                .filter(|c| !c.is_control())
                .take(254)
                .collect::<String>()
                .to_lowercase()
        },
        |email| email.as_str().to_owned(),
    )
}

/// Loads this browser's pending flow.
///
/// # Errors
/// `not_found` for ids of other browsers as for those that never were; `expired`.
pub async fn load(visit: &Visit<'_>, id: &FlowId) -> Result<Flow, Problem> {
    let (flow, browser) = read(visit.core, &visit.site.tenant.id, id).await?;
    if !bool::from(browser.ct_eq(&visit.browser)) {
        return Err(Problem::not_found());
    }
    // What is attached to or proven for a person ends with the session it was begun in:
    // the flow cookie alone authenticates nobody.
    if let Some(bound) = &flow.state.bound {
        let same = visit
            .live
            .as_ref()
            .is_some_and(|live| live.session.sid == bound.sid);
        if !same {
            return Err(Problem::new(
                Code::Expired,
                "The session this was begun in has ended. Sign in and start again.",
            ));
        }
    }
    alive(visit.core, flow)
}

/// Loads a flow by the `state` value that a provider sent back: `{flow id}.{nonce}`.
/// The browser is still to be compared by [`load`].
pub fn load_by_state(state: &str) -> Option<FlowId> {
    let (id, nonce) = state.split_once('.')?;
    let plausible = crate::domain::ids::plausible(id) && nonce.len() == 43;
    plausible.then(|| FlowId(id.to_owned()))
}

fn alive(core: &Core, flow: Flow) -> Result<Flow, Problem> {
    let spent = flow.attempts >= i64::from(core.config.flow.flow_tries);
    if flow.over || spent || flow.expires_at <= core.now() {
        return Err(Problem::new(
            Code::Expired,
            "This sign-in is over. Start again.",
        ));
    }
    Ok(flow)
}

async fn read(core: &Core, tenant: &TenantId, id: &FlowId) -> Result<(Flow, Vec<u8>), Problem> {
    let row = rows::find(&core.db, tenant, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let plain = core.sealer.open(place(tenant, id), &row.sealed)?;
    let state: FlowState = serde_json::from_slice(&plain).map_err(garbled)?;
    let purpose =
        serde_json::from_value(serde_json::Value::String(row.purpose)).map_err(garbled)?;
    let flow = Flow {
        id: row.id,
        tenant: tenant.clone(),
        purpose,
        version: row.version,
        attempts: row.attempts,
        over: row.state != "pending",
        expires_at: row.expires_at,
        state,
    };
    Ok((flow, row.browser))
}

/// Saves a moved flow in its own transaction.
///
/// # Errors
/// `conflict` when another answer was faster.
pub(super) async fn save(core: &Core, flow: &mut Flow) -> Result<(), Problem> {
    let mut write = core.begin().await?;
    save_in(core, &mut write, flow, "pending").await?;
    core.commit(write).await?;
    Ok(())
}

/// Saves a moved flow inside a transaction.
///
/// # Errors
/// `conflict` when another answer was faster; the transaction must then be given up.
pub(super) async fn save_in(
    core: &Core,
    write: &mut Write,
    flow: &mut Flow,
    state: &str,
) -> Result<(), Problem> {
    let row = to_row(core, flow, Vec::new())?;
    if !rows::advance(&mut write.tx, &flow.tenant, &row, state).await? {
        return Err(Problem::new(
            Code::Conflict,
            "Another answer to this step was faster.",
        ));
    }
    flow.version += 1;
    flow.over = state != "pending";
    Ok(())
}

/// Counts a wrong answer.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn count_wrong(core: &Core, flow: &mut Flow) -> Result<(), Problem> {
    let mut write = core.begin().await?;
    flow.attempts = rows::count_attempt(&mut write.tx, &flow.tenant, &flow.id).await?;
    core.commit(write).await?;
    Ok(())
}

fn to_row(core: &Core, flow: &Flow, browser: Vec<u8>) -> Result<FlowRow, Problem> {
    let plain = serde_json::to_vec(&flow.state).map_err(garbled)?;
    Ok(FlowRow {
        id: flow.id.clone(),
        browser,
        purpose: flow.purpose.as_str().to_owned(),
        state: "pending".into(),
        version: flow.version,
        attempts: flow.attempts,
        sealed: core.sealer.seal(place(&flow.tenant, &flow.id), &plain),
        answer: None,
        expires_at: flow.expires_at,
    })
}

/// Where a flow's state is sealed for.
pub(super) fn place<'a>(tenant: &'a TenantId, id: &'a FlowId) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "login_flows",
        column: "sealed",
        row: id.as_str(),
    }
}

fn garbled(source: serde_json::Error) -> Problem {
    Problem::new(
        Code::Internal,
        "The incident is logged under the reference below.",
    )
    .because(source)
}
