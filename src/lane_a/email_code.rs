//! The email-code step: a code or its link, sent to an address.

use laneway_contract::{
    Answer, BeginHeadless, Challenge, Delivery, Denial, LoginStep, MethodKind, SubjectHint,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::submit::{Submitted, judge, may_start, text, wrong_answer, wrong_step};
use super::{Visit, flow, mail, methods, settle, sso, throttle};
use crate::domain::flow::{Doubt, Flow, FlowPurpose, Proof, Step};
use crate::domain::tenant::Signup;
use crate::domain::user::LinkKind;
use crate::domain::{Code, Email, FlowId, Problem, UserId};
use crate::providers::Offer;
use crate::store::links;
use crate::store::seal::Place;
use crate::store::secrets::{self, SecretPurpose};

pub(super) async fn submit(
    visit: &Visit<'_>,
    mut flow: Flow,
    body: &Value,
) -> Result<Submitted, Problem> {
    if let Some(code) = text(body, "code") {
        return answer(visit, flow, code).await;
    }
    let resend = body.get("resend").is_some_and(|v| *v == Value::Bool(true));
    let open = matches!(flow.state.step, Step::EmailCode { .. });
    if resend && !open {
        return Err(wrong_step(&flow));
    }
    // An invitation is for one address.
    let fixed = flow.state.person().is_some() || flow.state.invitation.is_some();
    if let Some(name) = text(body, "username").filter(|_| !fixed && !open) {
        flow.state.username = Some(flow::normal_name(name));
    }
    if open {
        send_again(visit, &mut flow).await?;
    } else {
        flow.state.forget_hidden();
        start(visit, &mut flow).await?;
    }
    Ok(Submitted::Pending(Box::new(flow)))
}

/// Starts the challenge: the same motions whether or not the address is known.
pub(super) async fn start(visit: &Visit<'_>, flow: &mut Flow) -> Result<(), Problem> {
    may_start(flow)?;
    let offers = match flow.state.doubt {
        // The code must follow whatever else the person could do.
        Some(_) => visit.core.providers.offers(&visit.site.tenant).await?,
        None => methods::of_flow(visit, flow).await?,
    };
    let Some(offer) = methods::pick(&offers, MethodKind::EmailCode, None) else {
        return Err(sso::not_on_offer(visit, flow, MethodKind::EmailCode).await);
    };
    if let Some(more) = flow.state.more.clone()
        && !flow.state.is_hidden()
    {
        // What was typed at first may be a name; the code goes where it is expected.
        let own = own_address(visit, &more.user, flow.state.username.as_deref()).await?;
        flow.state.username = own.or(flow.state.username.take());
    }
    let name = flow.state.username.clone().ok_or_else(|| {
        Problem::field("/username", "required", "Enter your email address first.")
    })?;
    // Asked first, and for every name alike: a code that is not sent must not be there to
    // be guessed, or the limit would allow silent guessing without end.
    let allowed = throttle::mail_allowed(visit, flow, &name).await?;
    let target = target(visit, flow, offer, &name).await?;
    let provider = offer.upstream.provider()?;
    let headless = provider.headless_login().ok_or_else(|| wrong_step(flow))?;
    let request = BeginHeadless {
        method: MethodKind::EmailCode,
        relying_party: visit.relying_party(),
        login_name: Some(name.clone()),
        subject: target.subject,
        deliver: target.deliver && allowed,
    };
    let step = visit
        .core
        .providers
        .call(&offer.upstream, "begin", headless.begin(request))
        .await?;
    let LoginStep::Challenge(challenge) = step else {
        return Err(Problem::new(
            Code::Denied,
            "Sign-in by email is not possible now.",
        ));
    };
    let notice = (target.notice && allowed).then_some(name);
    open(visit, flow, &offer.upstream.row.id, *challenge, notice).await
}

struct Target {
    subject: SubjectHint,
    deliver: bool,
    /// Send "you already have an account" instead of a code.
    notice: bool,
}

async fn target(
    visit: &Visit<'_>,
    flow: &Flow,
    offer: &Offer,
    name: &str,
) -> Result<Target, Problem> {
    let target = |subject, deliver, notice| Target {
        subject,
        deliver,
        notice,
    };
    let candidate = || SubjectHint::Candidate(flow.state.candidate.0.clone());
    let Some(email) = Email::parse(name) else {
        return Ok(target(candidate(), false, false));
    };
    let tenant = &visit.site.tenant;
    let linked = links::find_by_email(&visit.core.db, &tenant.id, &email).await?;
    if flow.state.doubt == Some(Doubt::HiddenWrong) {
        return Ok(target(candidate(), false, false));
    }
    // Who gave a password that was right and does not show is known here, and only here.
    let hidden = flow.state.more.as_ref().map(|more| &more.user);
    if let Some(user) = flow.state.person().or(hidden) {
        return Ok(target(known(user), true, false));
    }
    let open = tenant.signup == Signup::Open || flow.state.invited;
    // Looked up for every name, or the time would tell which of them need no look.
    let waiting = match flow.purpose {
        FlowPurpose::Signup => false,
        _ => has_account(visit, offer, name).await?,
    };
    Ok(match (linked, flow.purpose) {
        (Some(user), FlowPurpose::Signup) if !flow.state.invited => {
            target(known(&user), false, true)
        }
        (Some(user), _) => target(known(&user), true, false),
        (None, FlowPurpose::Recover) => target(candidate(), waiting, false),
        (None, _) => target(candidate(), open || waiting, false),
    })
}

/// An address that this person has proven to us: the typed one, if it is one.
async fn own_address(
    visit: &Visit<'_>,
    user: &UserId,
    typed: Option<&str>,
) -> Result<Option<String>, Problem> {
    let all = links::list(&visit.core.db, &visit.site.tenant.id, user).await?;
    let own = all.into_iter().filter(|link| link.kind == LinkKind::Email);
    let own: Vec<String> = own.map(|link| link.subject).collect();
    let typed = own.iter().find(|address| Some(address.as_str()) == typed);
    Ok(typed.or(own.first()).cloned())
}

fn known(user: &UserId) -> SubjectHint {
    SubjectHint::Known(user.0.clone())
}

/// An account that an administrator made at the provider: its owner has not proven the
/// address to us yet, and does so now.
async fn has_account(visit: &Visit<'_>, offer: &Offer, name: &str) -> Result<bool, Problem> {
    let Some(directory) = offer.upstream.provider()?.user_directory() else {
        return Ok(false);
    };
    let found = visit
        .core
        .providers
        .call(&offer.upstream, "find", directory.find(name))
        .await?;
    Ok(found.is_some())
}

async fn send_again(visit: &Visit<'_>, flow: &mut Flow) -> Result<(), Problem> {
    let Step::EmailCode {
        upstream,
        state,
        resend_at,
    } = flow.state.step.clone()
    else {
        return Err(wrong_step(flow));
    };
    if visit.core.now() < resend_at {
        return Ok(());
    }
    let name = flow.state.username.clone().unwrap_or_default();
    // The code that is out stays valid then.
    if !throttle::mail_allowed(visit, flow, &name).await? {
        return Ok(());
    }
    let configured = visit
        .core
        .providers
        .get(&visit.site.tenant, &upstream)
        .await?;
    let provider = configured.provider()?;
    let headless = provider.headless_login().ok_or_else(|| wrong_step(flow))?;
    let work = headless.answer(&state, Answer::Resend);
    match visit
        .core
        .providers
        .call(&configured, "resend", work)
        .await?
    {
        LoginStep::Challenge(challenge) => open(visit, flow, &upstream, *challenge, None).await,
        _ => restart(visit, flow).await,
    }
}

/// The challenge is over (too many tries or too late): another may be started.
async fn restart(visit: &Visit<'_>, flow: &mut Flow) -> Result<(), Problem> {
    flow.state.step = Step::Choose;
    flow::save(visit.core, flow).await
}

/// Keeps the open challenge and queues its message, in one transaction.
async fn open(
    visit: &Visit<'_>,
    flow: &mut Flow,
    upstream: &crate::domain::UpstreamId,
    challenge: Challenge,
    notice: Option<String>,
) -> Result<(), Problem> {
    let core = visit.core;
    let now = core.now();
    let resend_at = now + i64::from(challenge.resend_in.unwrap_or(0)) * 1000;
    flow.state.step = Step::EmailCode {
        upstream: upstream.clone(),
        state: challenge.state,
        resend_at,
    };
    let tenant = &visit.site.tenant;
    // Where nothing is to be sent the same rows are written, for nobody: the time that an
    // answer takes must not tell whether the address is known.
    let sent = challenge.delivery.is_some() || notice.is_some();
    let delivery = challenge.delivery.unwrap_or_else(|| Delivery {
        to: flow.state.username.clone().unwrap_or_default(),
        code: SecretString::from("000000"),
        expires_in: u32::try_from(core.config.flow.code_ttl.as_secs()).unwrap_or(600),
    });
    let (link, hash) = core.new_token();
    let payload = json!({ "flow": flow.id, "code": delivery.code.expose_secret() });
    let sealed = core.sealer.seal(
        link_place(tenant.id.as_str()),
        payload.to_string().as_bytes(),
    );
    let url = tenant.address(&format!("/login/link/{}", link.expose()));
    let expires = now + i64::from(delivery.expires_in) * 1000;
    let purpose = SecretPurpose::MagicLink;
    let mut write = core.begin().await?;
    flow::save_in(core, &mut write, flow, "pending").await?;
    secrets::create(
        &mut write.tx,
        &tenant.id,
        purpose,
        &hash,
        sealed,
        now,
        expires,
    )
    .await?;
    let to = notice.as_ref().unwrap_or(&delivery.to);
    let lang = mail::lang_of(&mut write, &tenant.id, to, visit.lang).await?;
    let message = match &notice {
        Some(to) => mail::existing_account_message(visit, to, lang),
        None => mail::code_message(visit, &delivery, url, lang),
    };
    mail::enqueue(core, &mut write, tenant, &message, sent).await?;
    core.commit(write).await?;
    Ok(())
}

async fn answer(visit: &Visit<'_>, mut flow: Flow, code: &str) -> Result<Submitted, Problem> {
    let Step::EmailCode {
        upstream, state, ..
    } = flow.state.step.clone()
    else {
        return Err(wrong_step(&flow));
    };
    let configured = visit
        .core
        .providers
        .get(&visit.site.tenant, &upstream)
        .await?;
    let provider = configured.provider()?;
    let headless = provider.headless_login().ok_or_else(|| wrong_step(&flow))?;
    // People type spaces and dashes; the code itself has none.
    let digits: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(64)
        .collect();
    let work = headless.answer(&state, Answer::Code(SecretString::from(digits)));
    match judge(visit, &mut flow, &configured, work).await? {
        LoginStep::Authenticated(identity) => {
            let proof = Proof {
                upstream,
                method: MethodKind::EmailCode,
                identity: *identity,
            };
            flow.state.proofs.push(proof);
            settle::settle(visit, flow).await
        }
        LoginStep::Denied(Denial::WrongAnswer(_)) => Err(wrong_answer(
            visit,
            flow,
            "email-code",
            "That code does not match. Check the newest mail.",
        )
        .await),
        LoginStep::Denied(Denial::Disabled) => {
            Err(Problem::new(Code::Denied, "Sign-in was refused."))
        }
        _ => Err(wrong_answer(
            visit,
            flow,
            "email-code",
            "That code is over. Ask for a new one.",
        )
        .await),
    }
}

/// What a magic link stands for: its flow and the code.
///
/// # Errors
/// `expired` when the link is unknown, used or too old.
pub async fn read_link(visit: &Visit<'_>, token: &str) -> Result<(FlowId, String), Problem> {
    let over = || Problem::new(Code::Expired, "This link is over. Ask for a new one.");
    let tenant = &visit.site.tenant.id;
    let hash = crate::core::hash_token(token);
    let now = visit.core.now();
    let sealed = secrets::peek(&visit.core.db, tenant, SecretPurpose::MagicLink, &hash, now)
        .await?
        .ok_or_else(over)?;
    let plain = visit
        .core
        .sealer
        .open(link_place(tenant.as_str()), &sealed)?;
    let value: Value = serde_json::from_slice(&plain).map_err(|_| over())?;
    match (text(&value, "flow"), text(&value, "code")) {
        (Some(flow), Some(code)) => Ok((FlowId(flow.to_owned()), code.to_owned())),
        _ => Err(over()),
    }
}

fn link_place(tenant: &str) -> Place<'_> {
    Place {
        tenant,
        table: "one_time_secrets",
        column: "sealed",
        row: "magic_link",
    }
}
