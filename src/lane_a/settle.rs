//! After every proof: gather the facts, let `advance` decide, carry it out.

use laneway_contract::MethodKind;

use super::submit::{Submitted, count_login};
use super::{
    Visit, door, email_code, enrol, factors, finish, flow, invitation, methods, new_password,
    social, sso, typed,
};
use crate::audit::{Event, Outcome, kind};
use crate::domain::advance::{Advanced, Decision, Door, Facts, Found, Refusal, advance, wanted};
use crate::domain::flow::{Flow, FlowPurpose, More, Proof, Step};
use crate::domain::tenant::Signup;
use crate::domain::upstream::Role;
use crate::domain::user::{LinkKind, User};
use crate::domain::{Code, Email, Problem, UpstreamId, UserId};
use crate::providers::{Configured, EMBEDDED};
use crate::store::{links, orgs, users};

/// Moves a flow on.
///
/// # Errors
/// `denied`, `conflict`, and those of stores and providers.
pub(super) async fn settle(visit: &Visit<'_>, flow: Flow) -> Result<Submitted, Problem> {
    // Apart, so that every step does not carry the room for all of it.
    Box::pin(carry_out(visit, flow)).await
}

async fn carry_out(visit: &Visit<'_>, mut flow: Flow) -> Result<Submitted, Problem> {
    let facts = gather(visit, &mut flow).await?;
    let Advanced { decision, trace } = advance(&flow, &facts);
    match decision {
        Decision::Choose => {
            ask_for_more(&mut flow, &facts);
            flow.state.step = Step::Choose;
        }
        Decision::Second(MethodKind::EmailCode) => {
            ask_for_more(&mut flow, &facts);
            flow.state.step = Step::Choose;
            email_code::start(visit, &mut flow).await?;
            return Ok(Submitted::Pending(Box::new(flow)));
        }
        Decision::Second(kind) => {
            ask_for_more(&mut flow, &facts);
            flow.state.step = Step::Choose;
            flow.state.step = typed::start(visit, &flow, kind).await?;
        }
        Decision::NewPassword { skippable } => {
            let user = person(&flow, &facts);
            match new_password::open(visit, user, skippable).await? {
                Some(step) => flow.state.step = step,
                // Switched off since: a sign-up goes on without, a recovery cannot.
                None if skippable => {
                    flow.state.password_settled = true;
                    return Box::pin(carry_out(visit, flow)).await;
                }
                None => return Err(deny(visit, flow, (Refusal::TooWeak, &facts), &trace).await),
            }
        }
        Decision::Profile => flow.state.step = Step::Profile,
        Decision::Enrol(kind) => {
            let user = person(&flow, &facts);
            if let Some(step) = enrol::open(visit, &flow, &user, kind).await {
                flow.state.step = step;
            } else {
                // The offer is a courtesy: where it fails the sign-up still succeeds.
                flow.state.enrol_offered = true;
                return Box::pin(carry_out(visit, flow)).await;
            }
        }
        Decision::Organization => {
            let list = facts
                .memberships
                .into_iter()
                .map(|m| (m.org, m.slug, m.name))
                .collect();
            flow.state.step = Step::Organization {
                organizations: list,
            };
        }
        Decision::Done {
            user,
            create,
            acr,
            org,
        } => {
            let outcome = finish::Outcome {
                user,
                create,
                acr,
                org,
                trace,
                emergency: facts.sso,
            };
            return finish::finish(visit, flow, outcome).await;
        }
        Decision::Denied(refusal) => {
            let of_door = facts.door.as_ref().is_some_and(|door| door.bar.is_some());
            if of_door || facts.barred.is_some() {
                let main = flow.state.main_proof().map(|proof| proof.upstream.clone());
                count_bar(visit, main.as_ref(), refusal).await;
            }
            let back = sso::back(&flow).map(ToOwned::to_owned);
            let problem = deny(visit, flow, (refusal, &facts), &trace).await;
            return Err(match facts.sso {
                Some(sso) if refusal == Refusal::SsoRequired => {
                    sso::told(visit, problem, &sso, back.as_deref())
                }
                _ => problem,
            });
        }
    }
    flow::save(visit.core, &mut flow).await?;
    Ok(Submitted::Pending(Box::new(flow)))
}

/// Whom a door keeps out is counted at its connection.
async fn count_bar(visit: &Visit<'_>, upstream: Option<&UpstreamId>, refusal: Refusal) {
    let Some(id) = upstream else { return };
    let found = visit.core.providers.get(&visit.site.tenant, id).await;
    if let Some(attached) = found.ok().as_ref().and_then(|one| one.attached.as_ref()) {
        door::count_failure(visit, attached, refusal.as_str()).await;
    }
}

fn person(flow: &Flow, facts: &Facts) -> crate::domain::UserId {
    match &facts.found {
        Found::User { id, .. } => id.clone(),
        Found::Nobody => flow.state.candidate.clone(),
    }
}

/// Remembers whom the next proof must come from, and what it must reach.
fn ask_for_more(flow: &mut Flow, facts: &Facts) {
    let wanted = wanted(flow, facts, &mut Vec::new());
    if let (Found::User { id, .. }, Some(wanted)) = (&facts.found, wanted) {
        flow.state.more = Some(More {
            user: id.clone(),
            wanted,
        });
    }
}

async fn gather(visit: &Visit<'_>, flow: &mut Flow) -> Result<Facts, Problem> {
    let now = visit.core.now();
    let Some(proof) = flow.state.proofs.last().cloned() else {
        return Ok(Facts {
            found: Found::Nobody,
            found_by: "nothing is proven".into(),
            may_create: false,
            stronger: Vec::new(),
            second_factor: false,
            enrol: Vec::new(),
            passwords: false,
            memberships: Vec::new(),
            door: None,
            barred: None,
            elsewhere: false,
            sso: None,
            now,
        });
    };
    let tenant = &visit.site.tenant;
    let configured = visit.core.providers.get(tenant, &proof.upstream).await?;
    if configured.row.role == Role::Retired {
        return Err(Problem::new(
            Code::Denied,
            "This way to sign in was switched off meanwhile.",
        )
        .with("refusal", "off"));
    }
    let (user, found_by) = find(visit, flow, &configured, &proof).await?;
    let (stronger, memberships) = match &user {
        Some(user) => (
            methods::open_to(visit, &user.id).await?,
            orgs::memberships(&visit.core.db, &tenant.id, &user.id).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let (enrol, passwords) = match flow.purpose {
        FlowPurpose::Signup => (
            enrol::offered(visit).await,
            factors::password_home(visit).await?.is_some(),
        ),
        _ => (Vec::new(), false),
    };
    let doors = door(visit, flow, &proof, &configured, user.as_ref()).await?;
    let (door, barred, elsewhere) = doors;
    let invited = invitation::lets_in(visit, flow, &proof);
    let sso = sso::required(visit, flow, &proof, user.as_ref(), door.as_ref()).await?;
    let second_factor = stronger.iter().any(|(kind, _)| *kind == MethodKind::Totp);
    Ok(Facts {
        found: user.map_or(Found::Nobody, |user| Found::User {
            id: user.id,
            state: user.state,
            named: user.name.is_some(),
        }),
        found_by,
        may_create: if configured.is_social() {
            social::lets_in(visit, &proof, invited)
        } else {
            may_create(visit, &configured, proof.method) || invited
        },
        stronger,
        second_factor,
        enrol,
        passwords,
        memberships,
        door,
        barred,
        elsewhere,
        sso,
        now,
    })
}

/// The organization's door, where the proof that the session will hang on came through one; what
/// a connection of the tenant itself holds against them, and whether it came through such a one.
async fn door(
    visit: &Visit<'_>,
    flow: &Flow,
    last: &Proof,
    configured: &Configured,
    user: Option<&User>,
) -> Result<(Option<Door>, Option<Refusal>, bool), Problem> {
    let tenant = &visit.site.tenant;
    let main = flow.state.main_proof().unwrap_or(last);
    let own = main.upstream == last.upstream && main.method == last.method;
    if !own && configured.attached.is_some() {
        return Err(Problem::new(
            Code::Denied,
            "Your organization's own sign-in cannot be the second step of another one. Start again.",
        ));
    }
    let of_main = visit.core.providers.get(tenant, &main.upstream).await?;
    let Some(attached) = &of_main.attached else {
        return Ok((None, None, false));
    };
    let known = user.map(|user| &user.id);
    let mut db = &visit.core.db;
    let policy = door::may_link(visit, flow, attached, known).await?;
    if of_main.is_social() {
        let bar = social::bar(&mut db, tenant, attached, &main.identity).await?;
        let shut = social::is_shut(visit, flow).await?;
        let bar = bar.or(shut.then_some(Refusal::NotTaken));
        return Ok((None, bar.or(policy), true));
    }
    let found = door::look(&mut db, tenant, attached, &main.identity, known).await?;
    Ok((Some(found.into_fact(policy)), None, false))
}

/// Finds the person behind a proof: by link, never by a mere e-mail claim.
async fn find(
    visit: &Visit<'_>,
    flow: &mut Flow,
    configured: &Configured,
    proof: &Proof,
) -> Result<(Option<User>, String), Problem> {
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let identity = &proof.identity;
    if let Some(attached) = &configured.attached {
        let (issuer, subject) = identity.origin();
        let id = &attached.connection;
        let linked = links::find_by_connection(db, tenant, id, issuer, subject).await?;
        return Ok(match linked {
            Some(user) => (
                users::find(db, tenant, &user).await?,
                format!("link of {}", configured.row.slug),
            ),
            None => (None, "nobody is linked".into()),
        });
    }
    let linked = links::find_user(
        db,
        tenant,
        LinkKind::Upstream,
        &identity.issuer,
        &identity.subject,
    )
    .await?;
    if let Some(id) = linked {
        return Ok((
            users::find(db, tenant, &id).await?,
            format!("link of {}", configured.row.slug),
        ));
    }
    if configured.row.kind == EMBEDDED {
        // The embedded provider's subjects are our user ids, as primary and companion alike.
        let id = UserId(identity.subject.clone());
        if let Some(user) = users::find(db, tenant, &id).await? {
            return Ok((Some(user), "own id".into()));
        }
        let address = identity.email.as_deref().and_then(Email::parse);
        if proof.method == MethodKind::EmailCode
            && let Some(address) = address
            && let Some(id) = links::find_by_email(db, tenant, &address).await?
        {
            return Ok((
                users::find(db, tenant, &id).await?,
                "verified address".into(),
            ));
        }
        // The account exists there since an earlier attempt that did not finish: it keeps
        // its id, so that a retry finds what a crash left behind.
        flow.state.candidate = id;
    }
    Ok((None, "nobody is linked".into()))
}

fn may_create(visit: &Visit<'_>, configured: &Configured, method: MethodKind) -> bool {
    let tenant = &visit.site.tenant;
    match method {
        // Whom an organization's own provider vouches for, its door judges.
        _ if configured.attached.is_some() => true,
        MethodKind::Password | MethodKind::Redirect if configured.row.kind != EMBEDDED => {
            tenant.jit && configured.row.role == Role::Primary
        }
        _ => tenant.signup == Signup::Open,
    }
}

async fn deny(
    visit: &Visit<'_>,
    mut flow: Flow,
    (refusal, facts): (Refusal, &Facts),
    trace: &[crate::domain::advance::TraceLine],
) -> Problem {
    let (method, slug) = match flow.state.proofs.last() {
        Some(proof) => (proof.method.as_str(), proof.upstream.0.clone()),
        None => ("none", String::new()),
    };
    let outcome = async {
        let mut write = visit.core.begin().await?;
        flow::save_in(visit.core, &mut write, &mut flow, "denied").await?;
        let mut event = Event::new(
            kind::LOGIN_DENIED,
            Outcome::Denied,
            ("flow", flow.id.as_str()),
        )
        .detail(serde_json::json!({
            "purpose": flow.purpose, "method": method, "reason": refusal.as_str(), "trace": trace,
        }));
        // Whose door it was sees it on their own page.
        let of_door = facts.door.as_ref().map(|door| &door.org);
        let refusing = facts
            .sso
            .as_ref()
            .map(|sso| &sso.org)
            .filter(|_| refusal == Refusal::SsoRequired);
        if let Some(org) = of_door.or(refusing) {
            event = event.org(org.as_str());
        }
        visit
            .core
            .audit(&mut write, &visit.site.tenant.id, visit.meta, event)
            .await?;
        visit.core.commit(write).await?;
        Ok::<(), Problem>(())
    };
    count_login(method, "denied", &slug);
    match outcome.await {
        Ok(()) => denied_problem(refusal),
        Err(problem) => problem,
    }
}

fn denied_problem(refusal: Refusal) -> Problem {
    let detail = match refusal {
        Refusal::UnknownPerson => "No account is open to this sign-in. Ask for an invitation.",
        Refusal::Disabled => "This account is switched off. Ask your administrator.",
        Refusal::OtherPerson => "Somebody else signed in than the one who is signed in here.",
        Refusal::LinkedElsewhere => "This identity belongs to another account already.",
        Refusal::TooWeak => "A stronger proof is needed than this account can give.",
        Refusal::NoMember => "This account is not a member of that organization.",
        Refusal::UnmetClaim => "This account is not one of those that this connection lets in.",
        Refusal::Suspended => {
            "This membership is suspended. Ask your organization's administrator."
        }
        Refusal::KeptOut => "Your organization does not let this account in.",
        Refusal::NotRolledOut => "Single sign-on is not open to you yet. Sign in as before.",
        Refusal::NotLinkable => "An identity of this provider cannot be added to your account.",
        Refusal::NotTaken => "This organization does not take this way in. Sign in another way.",
        Refusal::SsoRequired => return sso::refusal(),
    };
    let problem = Problem::new(Code::Denied, detail);
    match refusal {
        // It is no lack of access: they can choose another account or another way.
        Refusal::LinkedElsewhere
        | Refusal::NotLinkable
        | Refusal::NotRolledOut
        | Refusal::UnmetClaim
        | Refusal::TooWeak => problem.with("refusal", refusal.as_str()),
        Refusal::Disabled => problem.with("refusal", "off"),
        _ => problem,
    }
}
