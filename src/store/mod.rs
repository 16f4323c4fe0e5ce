//! The core's tables. SQL lives here (and in the embedded provider for its own tables).
//!
//! Owns: statements, row → domain, what is sealed at rest, the order of writes inside a
//! transaction.
//! Must not know: policy, providers, HTTP.

pub mod admissions;
pub mod api_tokens;
pub mod apps;
pub mod assertions;
pub mod audit;
pub mod audit_search;
pub mod authorization_codes;
pub mod authorization_requests;
pub mod belongings;
pub mod break_glass;
pub mod brokered;
pub mod connection_health;
pub mod connections;
pub mod consents;
pub mod device_grants;
pub mod devices;
pub mod domains;
pub mod email_changes;
pub mod erasure;
pub mod failures;
pub mod feed;
pub mod figures;
pub mod flows;
pub mod groups;
pub mod hosts;
pub mod initial_access_tokens;
pub mod installation;
pub mod invalidations;
pub mod invitations;
pub mod keys;
pub mod links;
pub mod login_hours;
pub mod logos;
pub mod logout_notices;
pub mod members;
pub mod nodes;
pub mod noted_ids;
pub mod operators;
pub mod orgs;
pub mod outbox;
pub mod over;
pub mod profiles;
pub mod public_keys;
pub mod pushed_requests;
pub mod rate;
pub mod refresh_families;
pub mod registered;
pub mod reseal;
pub mod restored;
pub mod revisions;
pub mod role_mappings;
pub mod roles;
pub mod seal;
pub mod secrets;
pub mod service_accounts;
pub mod sessions;
pub mod setup_links;
pub mod tenants;
pub mod test_logins;
pub mod upstream_feeds;
pub mod upstream_revocations;
pub mod upstream_sessions;
pub mod upstream_states;
pub mod upstreams;
pub mod user_search;
pub mod users;
mod write;

use laneway_sqlkit::{DbError, Migration, MigrationSet};

use crate::domain::{Code, Problem};

pub use laneway_sqlkit::Source;
pub use write::Write;

/// Migrations of the core, applied at every start.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    table: "core_migrations",
    steps: &[
        Migration {
            version: 1,
            name: "core",
            sqlite: include_str!("../../migrations/sqlite/0001_core.sql"),
            postgres: include_str!("../../migrations/postgres/0001_core.sql"),
        },
        Migration {
            version: 2,
            name: "devices_mail",
            sqlite: include_str!("../../migrations/sqlite/0002_devices_mail.sql"),
            postgres: include_str!("../../migrations/postgres/0002_devices_mail.sql"),
        },
        Migration {
            version: 3,
            name: "people",
            sqlite: include_str!("../../migrations/sqlite/0003_people.sql"),
            postgres: include_str!("../../migrations/postgres/0003_people.sql"),
        },
        Migration {
            version: 4,
            name: "language_and_settings",
            sqlite: include_str!("../../migrations/sqlite/0004_language_and_settings.sql"),
            postgres: include_str!("../../migrations/postgres/0004_language_and_settings.sql"),
        },
        Migration {
            version: 5,
            name: "authority",
            sqlite: include_str!("../../migrations/sqlite/0005_authority.sql"),
            postgres: include_str!("../../migrations/postgres/0005_authority.sql"),
        },
        Migration {
            version: 6,
            name: "desk",
            sqlite: include_str!("../../migrations/sqlite/0006_desk.sql"),
            postgres: include_str!("../../migrations/postgres/0006_desk.sql"),
        },
        Migration {
            version: 9,
            name: "device_names",
            sqlite: include_str!("../../migrations/sqlite/0009_device_names.sql"),
            postgres: include_str!("../../migrations/postgres/0009_device_names.sql"),
        },
        Migration {
            version: 10,
            name: "connections",
            sqlite: include_str!("../../migrations/sqlite/0010_connections.sql"),
            postgres: include_str!("../../migrations/postgres/0010_connections.sql"),
        },
        Migration {
            version: 11,
            name: "lane_b",
            sqlite: include_str!("../../migrations/sqlite/0011_lane_b.sql"),
            postgres: include_str!("../../migrations/postgres/0011_lane_b.sql"),
        },
        Migration {
            version: 12,
            name: "assertions",
            sqlite: include_str!("../../migrations/sqlite/0012_assertions.sql"),
            postgres: include_str!("../../migrations/postgres/0012_assertions.sql"),
        },
        Migration {
            version: 13,
            name: "break_glass",
            sqlite: include_str!("../../migrations/sqlite/0013_break_glass.sql"),
            postgres: include_str!("../../migrations/postgres/0013_break_glass.sql"),
        },
        Migration {
            version: 14,
            name: "connection_health",
            sqlite: include_str!("../../migrations/sqlite/0014_connection_health.sql"),
            postgres: include_str!("../../migrations/postgres/0014_connection_health.sql"),
        },
        Migration {
            version: 15,
            name: "roles",
            sqlite: include_str!("../../migrations/sqlite/0015_roles.sql"),
            postgres: include_str!("../../migrations/postgres/0015_roles.sql"),
        },
        Migration {
            version: 16,
            name: "connections_of_tenants",
            sqlite: include_str!("../../migrations/sqlite/0016_connections_of_tenants.sql"),
            postgres: include_str!("../../migrations/postgres/0016_connections_of_tenants.sql"),
        },
        Migration {
            version: 17,
            name: "brokered_connections",
            sqlite: include_str!("../../migrations/sqlite/0017_brokered_connections.sql"),
            postgres: include_str!("../../migrations/postgres/0017_brokered_connections.sql"),
        },
        Migration {
            version: 19,
            name: "groups",
            sqlite: include_str!("../../migrations/sqlite/0019_groups.sql"),
            postgres: include_str!("../../migrations/postgres/0019_groups.sql"),
        },
        Migration {
            version: 20,
            name: "organization_record",
            sqlite: include_str!("../../migrations/sqlite/0020_organization_record.sql"),
            postgres: include_str!("../../migrations/postgres/0020_organization_record.sql"),
        },
        Migration {
            version: 21,
            name: "admission",
            sqlite: include_str!("../../migrations/sqlite/0021_admission.sql"),
            postgres: include_str!("../../migrations/postgres/0021_admission.sql"),
        },
        Migration {
            version: 22,
            name: "connection_watch",
            sqlite: include_str!("../../migrations/sqlite/0022_connection_watch.sql"),
            postgres: include_str!("../../migrations/postgres/0022_connection_watch.sql"),
        },
        Migration {
            version: 23,
            name: "setup_link_mail",
            sqlite: include_str!("../../migrations/sqlite/0023_setup_link_mail.sql"),
            postgres: include_str!("../../migrations/postgres/0023_setup_link_mail.sql"),
        },
        Migration {
            version: 24,
            name: "organization_sign_in",
            sqlite: include_str!("../../migrations/sqlite/0024_organization_sign_in.sql"),
            postgres: include_str!("../../migrations/postgres/0024_organization_sign_in.sql"),
        },
        Migration {
            version: 25,
            name: "apps",
            sqlite: include_str!("../../migrations/sqlite/0025_apps.sql"),
            postgres: include_str!("../../migrations/postgres/0025_apps.sql"),
        },
        Migration {
            version: 26,
            name: "oauth",
            sqlite: include_str!("../../migrations/sqlite/0026_oauth.sql"),
            postgres: include_str!("../../migrations/postgres/0026_oauth.sql"),
        },
        Migration {
            version: 27,
            name: "device_grants",
            sqlite: include_str!("../../migrations/sqlite/0027_device_grants.sql"),
            postgres: include_str!("../../migrations/postgres/0027_device_grants.sql"),
        },
        Migration {
            version: 28,
            name: "offline",
            sqlite: include_str!("../../migrations/sqlite/0028_offline.sql"),
            postgres: include_str!("../../migrations/postgres/0028_offline.sql"),
        },
        Migration {
            version: 29,
            name: "registered_addresses",
            sqlite: include_str!("../../migrations/sqlite/0029_registered_addresses.sql"),
            postgres: include_str!("../../migrations/postgres/0029_registered_addresses.sql"),
        },
        Migration {
            version: 30,
            name: "app_proofs",
            sqlite: include_str!("../../migrations/sqlite/0030_app_proofs.sql"),
            postgres: include_str!("../../migrations/postgres/0030_app_proofs.sql"),
        },
        Migration {
            version: 31,
            name: "pushed_requests",
            sqlite: include_str!("../../migrations/sqlite/0031_pushed_requests.sql"),
            postgres: include_str!("../../migrations/postgres/0031_pushed_requests.sql"),
        },
        Migration {
            version: 32,
            name: "registration",
            sqlite: include_str!("../../migrations/sqlite/0032_registration.sql"),
            postgres: include_str!("../../migrations/postgres/0032_registration.sql"),
        },
        Migration {
            version: 33,
            name: "api_tokens",
            sqlite: include_str!("../../migrations/sqlite/0033_api_tokens.sql"),
            postgres: include_str!("../../migrations/postgres/0033_api_tokens.sql"),
        },
        Migration {
            version: 36,
            name: "invalidation_feed",
            sqlite: include_str!("../../migrations/sqlite/0036_invalidation_feed.sql"),
            postgres: include_str!("../../migrations/postgres/0036_invalidation_feed.sql"),
        },
        Migration {
            version: 37,
            name: "profiles_and_logout",
            sqlite: include_str!("../../migrations/sqlite/0037_profiles_and_logout.sql"),
            postgres: include_str!("../../migrations/postgres/0037_profiles_and_logout.sql"),
        },
        Migration {
            version: 38,
            name: "ended_sessions",
            sqlite: include_str!("../../migrations/sqlite/0038_ended_sessions.sql"),
            postgres: include_str!("../../migrations/postgres/0038_ended_sessions.sql"),
        },
        Migration {
            version: 39,
            name: "public_keys",
            sqlite: include_str!("../../migrations/sqlite/0039_public_keys.sql"),
            postgres: include_str!("../../migrations/postgres/0039_public_keys.sql"),
        },
        Migration {
            version: 40,
            name: "over",
            sqlite: include_str!("../../migrations/sqlite/0040_over.sql"),
            postgres: include_str!("../../migrations/postgres/0040_over.sql"),
        },
        Migration {
            version: 41,
            name: "upstream_feeds",
            sqlite: include_str!("../../migrations/sqlite/0041_upstream_feeds.sql"),
            postgres: include_str!("../../migrations/postgres/0041_upstream_feeds.sql"),
        },
        Migration {
            version: 42,
            name: "lost_upstream_sessions",
            sqlite: include_str!("../../migrations/sqlite/0042_lost_upstream_sessions.sql"),
            postgres: include_str!("../../migrations/postgres/0042_lost_upstream_sessions.sql"),
        },
        Migration {
            version: 43,
            name: "code_keys",
            sqlite: include_str!("../../migrations/sqlite/0043_code_keys.sql"),
            postgres: include_str!("../../migrations/postgres/0043_code_keys.sql"),
        },
        Migration {
            version: 44,
            name: "acknowledged",
            sqlite: include_str!("../../migrations/sqlite/0044_acknowledged.sql"),
            postgres: include_str!("../../migrations/postgres/0044_acknowledged.sql"),
        },
        Migration {
            version: 45,
            name: "staleness",
            sqlite: include_str!("../../migrations/sqlite/0045_staleness.sql"),
            postgres: include_str!("../../migrations/postgres/0045_staleness.sql"),
        },
        Migration {
            version: 48,
            name: "upstream_revocations",
            sqlite: include_str!("../../migrations/sqlite/0048_upstream_revocations.sql"),
            postgres: include_str!("../../migrations/postgres/0048_upstream_revocations.sql"),
        },
    ],
};

/// The one place where a database error becomes an answer: down is 503, a broken rule of
/// uniqueness is 409, the rest is ours to look at.
impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) => {
                Self::new(Code::StoreUnavailable, "Try again in a few seconds.").because(error)
            }
            DbError::Conflict(_) => {
                Self::new(Code::Duplicate, "A record with this value exists already.")
                    .because(error)
            }
            DbError::NewerSchema(_) | DbError::Broken(_) => Self::new(
                Code::Internal,
                "The incident is logged under the reference below.",
            )
            .because(error),
        }
    }
}
