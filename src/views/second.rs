//! The second step: codes of an authenticator app and recovery codes, asked for, set up
//! and shown.

use askama::Template;
use qrcode::{Color, EcLevel, QrCode};

use super::{Chrome, filters};

/// A code of the app, or a recovery code.
#[derive(Template)]
#[template(path = "pages/second.html")]
pub struct SecondPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the form posts to.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// Open flow.
    pub flow: String,
    /// A recovery code, not the app's.
    pub recovery: bool,
    /// There is another way.
    pub can_choose: bool,
    /// What went wrong.
    pub error: Option<String>,
}

/// Setting up an authenticator app, in a flow or on the account.
#[derive(Template)]
#[template(path = "pages/enrol_totp.html")]
pub struct EnrolTotpPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the form posts to.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// Open flow; none on the account page.
    pub flow: Option<String>,
    /// The address with the secret.
    pub otpauth_uri: String,
    /// A passkey could be added instead.
    pub passkey_instead: bool,
    /// What went wrong.
    pub error: Option<String>,
}

impl EnrolTotpPage {
    /// The secret alone, in groups that are easy to type.
    fn secret(&self) -> String {
        let query = self.otpauth_uri.split_once("secret=");
        let secret = query.and_then(|(_, rest)| rest.split('&').next());
        let letters: Vec<char> = secret.unwrap_or_default().chars().collect();
        let groups: Vec<String> = letters
            .chunks(4)
            .map(|four| four.iter().collect())
            .collect();
        groups.join(" ")
    }

    fn qr(&self) -> String {
        qr(&self.otpauth_uri)
    }
}

/// A QR code as the shape of its dark squares. Dark on light in every colour scheme: that is
/// what cameras read. Empty where it does not fit, and then the secret is typed.
fn qr(text: &str) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else {
        return String::new();
    };
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|c| **c == Color::Dark).count();
            if run > 0 {
                path.push_str(&format!("M{x} {y}h{run}v1h-{run}z"));
            }
            x += run.max(1);
        }
    }
    let size = width + 8;
    format!(
        r##"<svg class="qr" viewBox="-4 -4 {size} {size}" shape-rendering="crispEdges" aria-hidden="true"><rect x="-4" y="-4" width="{size}" height="{size}" fill="#fff"/><path d="{path}" fill="#000"/></svg>"##
    )
}

/// Recovery codes, the one time that they are shown.
#[derive(Template)]
#[template(path = "pages/recovery_codes.html")]
pub struct RecoveryCodesPage {
    /// Frame.
    pub chrome: Chrome,
    /// The codes.
    pub codes: Vec<String>,
    /// Back.
    pub done_href: String,
}

impl RecoveryCodesPage {
    fn all(&self) -> String {
        self.codes.join("\n")
    }
}

#[cfg(test)]
impl SecondPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = |recovery| Self {
            chrome: Chrome::sample(),
            action: "/login".into(),
            csrf: "t0ken".into(),
            flow: "f1".into(),
            recovery,
            can_choose: true,
            error: None,
        };
        vec![
            plain(false),
            plain(true),
            Self {
                error: Some("That code does not match.".into()),
                can_choose: false,
                ..plain(false)
            },
        ]
    }
}

#[cfg(test)]
impl EnrolTotpPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = || {
            Self {
            chrome: Chrome::sample(),
            action: "/signup".into(),
            csrf: "t0ken".into(),
            flow: Some("f1".into()),
            otpauth_uri: "otpauth://totp/Quay:ana%40a.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Quay".into(),
            passkey_instead: true,
            error: None,
        }
        };
        vec![
            plain(),
            Self {
                flow: None,
                passkey_instead: false,
                error: Some("That code does not match.".into()),
                ..plain()
            },
        ]
    }
}

#[cfg(test)]
impl RecoveryCodesPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            chrome: Chrome::sample(),
            codes: (0..10).map(|n| format!("7k2m-9xq{n}-ab4d")).collect(),
            done_href: "/account".into(),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_has_the_three_corner_marks() {
        let svg = qr("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ");
        let finder = "h7v1h-7z";
        assert!(svg.contains(&format!("M0 0{finder}")), "{svg}");
        assert!(svg.matches(finder).count() >= 6, "two bars of each mark");
        assert_eq!(qr(&"x".repeat(5000)), "", "what does not fit is typed");
    }

    #[test]
    fn the_secret_is_shown_in_groups() {
        let pages = EnrolTotpPage::samples();
        assert_eq!(pages[0].secret(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    }
}
