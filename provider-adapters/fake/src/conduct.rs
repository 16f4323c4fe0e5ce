//! How a software authenticator, and the browser around it, behaves in one ceremony.

/// How one ceremony is run. The default is what an honest authenticator in an honest
/// browser does.
#[derive(Debug, Clone)]
pub struct Conduct {
    /// Sets the user-verified flag.
    pub user_verified: bool,
    /// Sets the user-present flag.
    pub user_present: bool,
    /// A synced passkey (backup eligible and backed up) instead of a device-bound one.
    pub synced: bool,
    /// Reports this signature counter instead of counting up. Synced passkeys report 0.
    pub counter: Option<u32>,
    /// Signs for this RP ID whatever the options say.
    pub rp_id: Option<String>,
    /// Claims to run inside a frame of another origin.
    pub cross_origin: bool,
    /// Returns this user handle: `Some(None)` leaves it out.
    pub user_handle: Option<Option<Vec<u8>>>,
    /// Uses this credential (base64url id) whatever the options allow.
    pub credential: Option<String>,
    /// Signs something else.
    pub broken_signature: bool,
    /// Reports that the credential is not discoverable (`credProps.rk = false`).
    pub not_resident: bool,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            user_verified: true,
            user_present: true,
            synced: false,
            counter: None,
            rp_id: None,
            cross_origin: false,
            user_handle: None,
            credential: None,
            broken_signature: false,
            not_resident: false,
        }
    }
}
