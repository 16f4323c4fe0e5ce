//! Devices that are known.

/// One device. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct DeviceRow {
    /// Id.
    pub id: String,
    /// The one that looks at this page.
    pub current: bool,
    /// Name, or what its browser calls itself.
    pub title: String,
    /// What its owner called it, for the field.
    pub label: String,
    /// Browser, in words.
    pub browser: String,
    /// Network at its last sign-in.
    pub ip: String,
    /// First sign-in.
    pub created: i64,
    /// Last use.
    pub last_seen: i64,
    /// Its owner trusts it.
    pub trusted: bool,
    /// Somebody is signed in on it.
    pub live: bool,
}

/// Every browser that has signed in.
#[derive(Debug, Clone)]
pub struct DevicesSection {
    /// Newest first.
    pub rows: Vec<DeviceRow>,
}

#[cfg(test)]
impl DevicesSection {
    pub(super) fn samples() -> [Self; 2] {
        let row = |id: &str, title: &str| DeviceRow {
            id: id.into(),
            current: false,
            title: title.into(),
            label: String::new(),
            browser: "Firefox on macOS".into(),
            ip: "203.0.113.24".into(),
            created: super::DAY,
            last_seen: super::DAY + 7_200_000,
            trusted: false,
            live: true,
        };
        let named = DeviceRow {
            current: true,
            trusted: true,
            label: "My <own> laptop".into(),
            ..row("d1", "My <own> laptop")
        };
        let away = DeviceRow {
            live: false,
            ..row("d2", "Chrome on Windows")
        };
        [
            Self {
                rows: vec![named, away],
            },
            Self { rows: Vec::new() },
        ]
    }
}
