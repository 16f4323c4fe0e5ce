//! The migrations of the `embedded_*` tables.

use laneway_sqlkit::{Migration, MigrationSet};

const STEPS: &[Migration] = &[
    Migration {
        version: 1,
        name: "accounts passkeys challenges",
        sqlite: include_str!("../migrations/sqlite/0001_accounts_passkeys_challenges.sql"),
        postgres: include_str!("../migrations/postgres/0001_accounts_passkeys_challenges.sql"),
    },
    Migration {
        version: 2,
        name: "passwords totp recovery",
        sqlite: include_str!("../migrations/sqlite/0002_passwords_totp_recovery.sql"),
        postgres: include_str!("../migrations/postgres/0002_passwords_totp_recovery.sql"),
    },
    Migration {
        version: 3,
        name: "imported passwords",
        sqlite: include_str!("../migrations/sqlite/0003_imported_passwords.sql"),
        postgres: include_str!("../migrations/postgres/0003_imported_passwords.sql"),
    },
];

/// The tables of this crate, with a history of their own. Apply before use.
pub fn migrations() -> MigrationSet {
    MigrationSet {
        table: "embedded_migrations",
        steps: STEPS,
    }
}
