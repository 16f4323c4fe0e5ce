//! The behavioural suite of the provider seam: one set of behaviours, seen through
//! Laneway's HTTP API, for every provider: embedded, scripted, and two live ones.
//!
//! Owns: which behaviour is run against which provider. A provider's declaration decides
//! what a behaviour expects; what it does not declare is proven to be refused.
//! Must not know: how a provider does anything.
//!
//! The live providers are named by the environment (`dev/test` starts them).

mod abilities;
mod answers;
mod embedded;
mod ending;
mod fake;
mod frozen;
pub mod keycloak;
pub mod live;
mod login;
pub mod oidc_provider;
mod outage;
mod probe;
mod rig;
mod stage;
mod step_up;
pub mod web;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, resume_unwind};

use embedded::EmbeddedRig;
use fake::FakeRig;
use futures::FutureExt as _;
use keycloak::KeycloakRig;
use oidc_provider::OidcProviderRig;
use rig::Rig;
use stage::Stage;

/// The providers.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Embedded,
    Fake,
    Keycloak,
    KeycloakHeadless,
    OidcProvider,
}

/// One Laneway with this provider; `None` where the provider is not there.
async fn stage(kind: Kind, alone: bool) -> Option<Stage> {
    let (rig, adapters): (Box<dyn Rig>, _) = match kind {
        Kind::Embedded => (Box::new(EmbeddedRig::default()), HashMap::new()),
        Kind::Fake => {
            let (rig, adapters) = FakeRig::new();
            (Box::new(rig), adapters)
        }
        Kind::Keycloak => (Box::new(KeycloakRig::new(alone).await?), HashMap::new()),
        Kind::KeycloakHeadless => (Box::new(KeycloakRig::headless().await?), HashMap::new()),
        Kind::OidcProvider => (Box::new(OidcProviderRig::new(alone).await?), HashMap::new()),
    };
    Some(Stage::open(rig, adapters).await)
}

/// Runs one behaviour. Whatever becomes of it, the provider is left as it was found.
async fn run<B>(kind: Kind, alone: bool, behaviour: B)
where
    B: AsyncFnOnce(&Stage),
{
    let Some(stage) = stage(kind, alone).await else {
        return;
    };
    let outcome = AssertUnwindSafe(behaviour(&stage)).catch_unwind().await;
    stage.rig.start().await;
    stage.close().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// One test per behaviour. `alone` behaviours take the provider away from all others.
macro_rules! behaviours {
    ($kind:ident: $($room:ident::$name:ident)+; alone: $($alone_room:ident::$alone_name:ident)*) => {
        $(#[tokio::test]
        async fn $name() {
            super::run(super::Kind::$kind, false, super::$room::$name).await;
        })+
        $(#[tokio::test]
        async fn $alone_name() {
            super::run(super::Kind::$kind, true, super::$alone_room::$alone_name).await;
        })*
    };
}

/// What every provider must do.
macro_rules! every_provider {
    ($kind:ident; also: $($room:ident::$name:ident)*; alone: $($alone_room:ident::$alone_name:ident)*) => {
        behaviours! { $kind:
            login::offers_what_it_declares
            login::a_person_keeps_their_id
            login::a_wrong_answer_gives_no_session
            login::a_disabled_person_stays_out
            login::no_silent_sign_in_without_a_session_there
            abilities::people_are_created_there_or_not_at_all
            abilities::people_are_managed_there_or_here_only
            abilities::lock_outs_are_seen_there_or_not_at_all
            abilities::passkeys_are_added_here_or_not_at_all
            abilities::passwords_and_apps_are_kept_here_or_not_at_all
            abilities::ways_in_are_changed_there_or_not_at_all
            abilities::other_methods_are_refused
            step_up::the_demanded_rung_is_reached
            step_up::without_a_path_it_is_refused
            step_up::another_person_raises_nothing
            ending::a_logout_ends_both_sides
            ending::a_logout_leads_on
            ending::only_its_own_word_ends_sessions
            probe::all_is_well
            $($room::$name)*;
            alone: $($alone_room::$alone_name)*
        }
    };
}

/// What every provider with a page of its own must do besides.
macro_rules! redirecting_provider {
    ($kind:ident; also: $($room:ident::$name:ident)*) => {
        every_provider! { $kind; also:
            login::a_session_there_signs_in_silently
            answers::an_answer_works_once
            answers::an_answer_belongs_to_its_browser
            answers::a_forged_answer_is_refused
            answers::turning_back_is_a_refusal
            ending::a_session_ended_there_is_dead_here
            $($room::$name)*;
            alone: outage::sessions_live_on_and_logins_come_back
        }
    };
}

mod at_embedded {
    every_provider! { Embedded; also: abilities::there_is_no_page_to_go_to; alone: }
}

mod at_fake {
    redirecting_provider! { Fake; also:
        abilities::who_is_switched_off_is_out_although_it_is_away
        ending::a_person_disabled_there_is_out_here
        ending::a_person_deleted_there_is_out_here
        ending::a_new_password_there_ends_sessions_here
    }
}

mod at_keycloak {
    redirecting_provider! { Keycloak; also:
        probe::a_wrong_secret_is_named
        probe::a_wrong_address_is_named
        ending::a_person_disabled_there_is_out_here
        ending::a_person_deleted_there_is_out_here
        ending::a_new_password_there_ends_sessions_here
    }
}

mod at_keycloak_by_password {
    // Without those about a session of the browser's at Keycloak: there is none.
    behaviours! { KeycloakHeadless:
        login::offers_what_it_declares
        login::a_person_keeps_their_id
        login::a_wrong_answer_gives_no_session
        login::a_disabled_person_stays_out
        abilities::people_are_created_there_or_not_at_all
        abilities::people_are_managed_there_or_here_only
        abilities::lock_outs_are_seen_there_or_not_at_all
        abilities::passkeys_are_added_here_or_not_at_all
        abilities::passwords_and_apps_are_kept_here_or_not_at_all
        abilities::ways_in_are_changed_there_or_not_at_all
        abilities::other_methods_are_refused
        step_up::the_demanded_rung_is_reached
        step_up::without_a_path_it_is_refused
        step_up::another_person_raises_nothing
        ending::a_logout_leads_on
        ending::only_its_own_word_ends_sessions
        probe::all_is_well
        ending::a_session_ended_there_is_dead_here
        ending::a_person_disabled_there_is_out_here
        ending::a_person_deleted_there_is_out_here
        ending::a_new_password_there_ends_sessions_here;
        alone:
    }
}

mod at_oidc_provider {
    redirecting_provider! { OidcProvider; also: probe::a_wrong_secret_is_named probe::a_wrong_address_is_named }
}
