//! The keys that an environment variable can set: every single value outside of lists of
//! tables. The name of the variable follows from the path.
//!
//! Must not know defaults or bounds.

/// How a variable's text becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The text itself.
    One,
    /// Separated by commas or white space.
    Many,
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// Dotted path in the file.
    pub(super) path: &'static str,
    /// Also readable from a file named by `…_FILE`, and never shown.
    pub(super) secret: bool,
    /// One value or several.
    pub(super) shape: Shape,
}

impl Key {
    /// `sessions.idle` → `LANEWAY_SESSIONS_IDLE`
    pub(super) fn variable(&self) -> String {
        format!(
            "LANEWAY_{}",
            self.path.replace('.', "_").to_ascii_uppercase()
        )
    }
}

const fn one(path: &'static str) -> Key {
    Key {
        path,
        secret: false,
        shape: Shape::One,
    }
}

const fn many(path: &'static str) -> Key {
    Key {
        path,
        secret: false,
        shape: Shape::Many,
    }
}

const fn secret(path: &'static str) -> Key {
    Key {
        path,
        secret: true,
        shape: Shape::One,
    }
}

/// Every key with a variable.
pub(super) const KEYS: &[Key] = &[
    one("listen"),
    one("ops_listen"),
    one("public_url"),
    many("trusted_proxies"),
    one("keep_alive"),
    one("stop_delay"),
    one("tls.certificate"),
    one("tls.key"),
    one("dns_server"),
    secret("database_url"),
    secret("master_key"),
    Key {
        path: "previous_master_keys",
        secret: true,
        shape: Shape::Many,
    },
    secret("mail_url"),
    one("mail_from"),
    one("mail_ca"),
    one("upstream.kind"),
    one("upstream.name"),
    one("upstream.issuer"),
    one("upstream.client_id"),
    secret("upstream.client_secret"),
    one("upstream.audience"),
    one("upstream.role"),
    one("passwords.breached_list"),
    one("log.level"),
    one("log.format"),
    one("traces.otlp_endpoint"),
    secret("traces.otlp_headers"),
    one("traces.sample_ratio"),
    one("traces.service_name"),
    one("tenant.slug"),
    one("tenant.name"),
    one("tenant.signup"),
    one("tenant.jit"),
    many("tenant.origins"),
    one("tenant.brand.color"),
    one("tenant.brand.logo_url"),
    one("tenant.settings.locale"),
    one("tenant.settings.help_url"),
    one("tenant.settings.privacy_url"),
    one("tenant.settings.support_email"),
    one("tenant.settings.mail_from_name"),
    one("tenant.settings.mail_from_address"),
    many("tenant.settings.auth_methods"),
    one("tenant.settings.default_method"),
    one("sessions.absolute"),
    one("sessions.idle"),
    one("sessions.offline_absolute"),
    one("sessions.offline_idle"),
    one("sessions.revalidate_after"),
    one("revocation.bound"),
    one("revocation.poll"),
    one("flow.ttl"),
    one("flow.code_ttl"),
    one("flow.resend"),
    one("flow.code_tries"),
    one("flow.flow_tries"),
    one("devices.known"),
    one("devices.trusted"),
    one("limits.network_factor"),
    one("limits.flows_per_network"),
    one("limits.answers_per_network"),
    one("limits.callbacks_per_network"),
    one("limits.failures_per_network"),
    one("limits.failures_per_account"),
    one("limits.failures_per_device"),
    one("limits.failures_in_a_row"),
    one("limits.mails_per_address"),
    one("limits.body"),
    one("outbound.deadline"),
    one("outbound.max_bytes"),
    one("federation.allow_private"),
];

/// Variables that are ours but no key: the file's own place, the log filter, test rigs.
pub(super) fn is_free(variable: &str) -> bool {
    const FREE: &[&str] = &[
        "LANEWAY_CONFIG",
        "LANEWAY_LOG",
        // Of the commands of whoever signs in: docs/cli.md.
        "LANEWAY_SERVER",
        "LANEWAY_PROFILE",
        "LANEWAY_PASSPHRASE",
        // Of the commands of whoever sets an upstream up: docs/operators.md.
        "LANEWAY_SETUP_SECRET",
    ];
    FREE.contains(&variable) || variable.starts_with("LANEWAY_TEST_")
}

/// Whether the value at a path may be shown.
pub(super) fn is_secret(path: &str) -> bool {
    KEYS.iter().any(|key| key.secret && key.path == path)
}
