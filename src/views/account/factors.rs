//! A person's password, authenticator app and recovery codes.

/// What there is and what can be done about it. Times are epoch milliseconds.
#[derive(Debug, Clone, Default)]
pub struct FactorsSection {
    /// Passwords are kept here.
    pub passwords: bool,
    /// When the password was changed, if there is one.
    pub password_changed: Option<i64>,
    /// Authenticator apps are kept here.
    pub apps: bool,
    /// When the app was set up, if there is one.
    pub app_since: Option<i64>,
    /// When it was used last.
    pub app_used: Option<i64>,
    /// Unused recovery codes.
    pub codes: u32,
}

#[cfg(test)]
impl FactorsSection {
    pub(super) fn samples() -> [Self; 2] {
        [
            Self {
                passwords: true,
                password_changed: Some(super::DAY),
                apps: true,
                app_since: Some(super::DAY),
                app_used: Some(super::DAY),
                codes: 7,
            },
            Self {
                passwords: true,
                apps: true,
                ..Self::default()
            },
        ]
    }
}
