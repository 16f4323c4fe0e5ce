//! Which words stand for which state, role, reason and finding.

use crate::authz::OperatorRole;
use crate::domain::api_token::API;
use crate::domain::connection::{Rollout, State};
use crate::domain::tenant::Purpose;
use crate::domain::upstream::Role;
use crate::domain::user::UserState;
use crate::lane_a::desk::acts::Permission;
use crate::lane_a::desk::{Finding, Trust, UpstreamView};
use crate::lane_b::setup_links::{self, LinkState};
use crate::store::setup_links::SetupLink;
use crate::views::Words;
use crate::views::desk::{FindingRow, StateWord};

pub(super) fn of_user(state: UserState) -> StateWord {
    match state {
        UserState::Active => StateWord::new("ok", "desk-active"),
        UserState::Disabled | UserState::Deleted => StateWord::new("bad", "desk-disabled"),
    }
}

pub(super) fn of_membership(state: &str, org_state: &str) -> Option<StateWord> {
    if org_state != "active" {
        Some(StateWord::new("idle", "desk-organization-off"))
    } else if state == "suspended" {
        Some(StateWord::new("warn", "desk-suspended"))
    } else {
        None
    }
}

pub(super) fn of_org(state: &str) -> StateWord {
    if state == "active" {
        StateWord::new("ok", "desk-active")
    } else {
        StateWord::new("bad", "desk-disabled")
    }
}

pub(super) fn of_connection(state: State) -> StateWord {
    match state {
        State::Draft => StateWord::new("idle", "desk-connection-draft"),
        State::Tested => StateWord::new("warn", "desk-connection-tested"),
        State::Active => StateWord::new("ok", "desk-connection-active"),
        State::Disabled => StateWord::new("bad", "desk-connection-off"),
    }
}

pub(super) fn of_rollout(rollout: Rollout) -> &'static str {
    match rollout {
        Rollout::Admins => "rollout-admins",
        Rollout::Some => "rollout-some",
        Rollout::All => "rollout-all",
    }
}

pub(super) fn of_setup_link(link: &SetupLink, now: i64) -> StateWord {
    match setup_links::state(link, None, now) {
        LinkState::Revoked => StateWord::new("bad", "desk-link-revoked"),
        LinkState::Expired => StateWord::new("bad", "desk-link-expired"),
        LinkState::Fresh => StateWord::new("warn", "desk-link-waiting"),
        LinkState::Own | LinkState::Taken => StateWord::new("ok", "desk-link-opened"),
    }
}

pub(super) fn of_outcome(outcome: &str) -> StateWord {
    match outcome {
        "success" => StateWord::new("ok", "desk-outcome-success"),
        "denied" => StateWord::new("bad", "desk-outcome-denied"),
        _ => StateWord::new("warn", "desk-outcome-failure"),
    }
}

pub(super) fn of_trust(trust: Trust) -> (StateWord, Option<&'static str>) {
    match trust {
        Trust::Yes => (StateWord::new("ok", "desk-trust-yes"), None),
        Trust::CatchingUp => (
            StateWord::new("warn", "desk-trust-catching-up"),
            Some("desk-trust-catching-up-more"),
        ),
        Trust::Missed => (
            StateWord::new("idle", "desk-trust-missed"),
            Some("desk-trust-missed-more"),
        ),
    }
}

pub(super) fn of_upstream(view: &UpstreamView) -> StateWord {
    if view.fault.is_some() {
        StateWord::new("bad", "desk-unusable")
    } else if view.probe.is_none() {
        StateWord::new("idle", "desk-not-probed-yet")
    } else if view.is_silent() {
        StateWord::new("bad", "desk-not-answering")
    } else if view.is_failing() {
        StateWord::new("warn", "desk-drifted")
    } else {
        StateWord::new("ok", "desk-answering")
    }
}

pub(super) fn of_role(role: Role) -> &'static str {
    match role {
        Role::Primary => "desk-use-primary",
        Role::Companion => "desk-use-companion",
        Role::Secondary => "desk-use-secondary",
        Role::Retired => "desk-use-retired",
    }
}

pub(super) fn of_source(source: &str) -> &'static str {
    match source {
        "mapping" => "desk-source-mapping",
        "scim" => "desk-source-scim",
        "invitation" => "desk-source-invitation",
        "group" => "desk-source-group",
        _ => "desk-source-manual",
    }
}

/// What an operator is called.
pub(super) fn of_operator(role: OperatorRole) -> &'static str {
    match role {
        OperatorRole::Owner => "desk-role-owner",
        OperatorRole::Admin => "desk-role-admin",
        OperatorRole::SecurityAdmin => "desk-role-security-admin",
        OperatorRole::Support => "desk-role-support",
        OperatorRole::Auditor => "desk-role-auditor",
        OperatorRole::Viewer => "desk-role-viewer",
        OperatorRole::Billing => "desk-role-billing",
    }
}

/// What an operator of that role may do, where one is chosen. The older name of another one is
/// not offered any more.
pub(super) fn of_offer(role: OperatorRole) -> Option<&'static str> {
    match role {
        OperatorRole::Owner => Some("desk-invite-owner"),
        OperatorRole::Admin => Some("desk-invite-admin"),
        OperatorRole::SecurityAdmin => Some("desk-invite-security-admin"),
        OperatorRole::Support => Some("desk-invite-support"),
        OperatorRole::Auditor => Some("desk-invite-auditor"),
        OperatorRole::Viewer => None,
        OperatorRole::Billing => Some("desk-invite-billing"),
    }
}

/// Does a scope mean something to ourselves, and not to an application alone?
pub(in crate::http) fn is_ours(scope: &str) -> bool {
    scope == API || Permission::parse(scope).is_some()
}

/// What a scope lets a token do.
pub(in crate::http) fn of_scope(scope: &str) -> &'static str {
    match Permission::parse(scope) {
        None => "token-scope-api",
        Some(Permission::AccountRead) => "token-scope-account",
        Some(permission) => match of_permission(permission) {
            "org-may-else" => "token-scope-operator",
            key => key,
        },
    }
}

/// What a permission lets somebody do in an organization.
pub(super) fn of_permission(permission: Permission) -> &'static str {
    match permission {
        Permission::OrgRead => "org-may-see",
        Permission::OrgWrite => "org-may-change",
        Permission::MembersRead => "org-may-see-members",
        Permission::MembersWrite => "org-may-change-members",
        Permission::OwnersWrite => "org-may-change-owners",
        Permission::ConnectionsRead => "org-may-see-sign-in",
        Permission::ConnectionsWrite => "org-may-change-sign-in",
        Permission::AuditRead => "org-may-see-record",
        _ => "org-may-else",
    }
}

/// What a host is for; an organization's own has its sign-in pages and nothing else of the tenant.
pub(super) fn of_purpose(purpose: Purpose, of_org: bool) -> &'static str {
    match purpose {
        Purpose::Login if of_org => "desk-host-login-org",
        Purpose::Login => "desk-host-login",
        Purpose::App => "desk-host-app",
    }
}

/// Why a sign-in failed: the reason where one was recorded, else the method.
pub(super) fn of_reason(method: &str, reason: &str) -> Words {
    let key = match (reason, method) {
        ("cancelled", _) => "desk-why-cancelled",
        ("login_required", _) => "desk-why-login-required",
        ("unknown_person", _) => "desk-why-unknown",
        ("disabled", _) => "desk-why-disabled",
        ("other_person", _) => "desk-why-other-person",
        ("linked_elsewhere", _) => "desk-why-linked-elsewhere",
        ("too_weak", _) => "desk-why-too-weak",
        ("no_member", _) => "desk-why-no-member",
        ("upstream_unavailable" | "upstream_timeout", _) => "desk-why-unavailable",
        ("upstream_invalid", _) => "desk-why-invalid",
        ("", "email-code") => "desk-why-code",
        ("", "passkey") => "desk-why-passkey",
        ("", "password") => "desk-why-password",
        ("", "totp") => "desk-why-totp",
        ("", "recovery-code") => "desk-why-recovery",
        _ => {
            let words = Words::new("desk-why-else").text("method", method);
            return words.text("reason", reason);
        }
    };
    Words::new(key)
}

/// Is that reason ours or the provider's to mend, rather than a person's slip?
pub(super) fn is_trouble(reason: &str) -> bool {
    reason.starts_with("upstream_")
}

/// A finding as a row.
pub(super) fn of_finding(finding: &Finding) -> FindingRow {
    let (title, detail, go) = of_provider(finding).unwrap_or_else(|| of_machine(finding));
    FindingRow {
        tone: finding.tone(),
        title,
        detail,
        go,
    }
}

type Said = (Words, Words, Option<(String, &'static str)>);

fn of_provider(finding: &Finding) -> Option<Said> {
    let (Finding::UpstreamFault { label, slug, .. }
    | Finding::UpstreamSilent { label, slug, .. }
    | Finding::UpstreamDrift { label, slug, .. }
    | Finding::UpstreamRecovered { label, slug, .. }) = finding
    else {
        return None;
    };
    let titled = |key| Words::new(key).text("label", label);
    let (title, detail) = match finding {
        Finding::UpstreamFault { fault, .. } => (
            titled("desk-find-fault"),
            Words::new("desk-find-fault-more").text("fault", sentence(fault)),
        ),
        Finding::UpstreamSilent { since, in_use, .. } => {
            let more = if *in_use {
                "desk-find-silent-more"
            } else {
                "desk-find-silent-idle-more"
            };
            let detail = Words::new(more).instant("since", *since);
            (titled("desk-find-silent"), detail)
        }
        Finding::UpstreamDrift { since, failed, .. } => (
            titled("desk-find-drift"),
            Words::new("desk-find-drift-more")
                .number("failed", i64::try_from(*failed).unwrap_or(i64::MAX))
                .instant("since", *since),
        ),
        Finding::UpstreamRecovered { from, to, .. } => (
            titled("desk-find-recovered").number("minutes", (to - from) / 60_000),
            Words::new("desk-find-recovered-more")
                .instant("from", *from)
                .instant("to", *to),
        ),
        _ => return None,
    };
    let go = (format!("/admin/upstreams#{slug}"), "desk-open-upstream");
    Some((title, detail, Some(go)))
}

fn of_machine(finding: &Finding) -> Said {
    match finding {
        Finding::NoPrimary => (
            Words::new("desk-find-no-primary"),
            Words::new("desk-find-no-primary-more"),
            Some(("/admin/upstreams".to_owned(), "desk-open-upstream")),
        ),
        Finding::MailLate { count, since } => (
            Words::new("desk-find-mail-late").number("count", *count),
            Words::new("desk-find-mail-late-more").instant("since", *since),
            None,
        ),
        Finding::MailFailed { count } => (
            Words::new("desk-find-mail-failed").number("count", *count),
            Words::new("desk-find-mail-failed-more"),
            None,
        ),
        Finding::NodeMissed { name, since } => (
            Words::new("desk-find-node-missed").text("name", name),
            Words::new("desk-find-node-missed-more").instant("since", *since),
            None,
        ),
        Finding::NodeStale { name } => (
            Words::new("desk-find-node-stale").text("name", name),
            Words::new("desk-find-node-stale-more"),
            None,
        ),
        Finding::KeyWaits { kid, signs_from } => (
            Words::new("desk-find-key-waits"),
            Words::new("desk-find-key-waits-more")
                .text("kid", kid)
                .instant("from", *signs_from),
            None,
        ),
        _ => (
            Words::new("desk-find-no-mail"),
            Words::new("desk-find-no-mail-more"),
            None,
        ),
    }
}

/// What a program says, made to stand among sentences.
fn sentence(text: &str) -> String {
    let mut text = text.trim().to_owned();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
