//! What every page shows around its subject.

use super::brand;
use crate::domain::tenant::Brand;

/// The frame of a page: whose it is and how it looks.
#[derive(Debug, Clone, Default)]
pub struct Chrome {
    /// Name of the tenant, as people know it.
    pub tenant_name: String,
    /// `#rrggbb`. Anything else is ignored.
    pub brand_color: Option<String>,
    /// Own path or https address of a square picture; without one the tile has a letter.
    pub logo_url: Option<String>,
    /// Request id, shown as "Reference" where something failed.
    pub reference: String,
    /// Where people find help.
    pub help_url: Option<String>,
    /// Where it says what happens to their data.
    pub privacy_url: Option<String>,
    /// Whom people write to when something fails.
    pub support_email: Option<String>,
    /// Where somebody goes who does not want to prove anything now.
    pub leave_href: Option<String>,
}

impl Chrome {
    /// The address of the tenant's colour sheet, where it has a usable colour.
    pub fn brand_href(&self) -> Option<String> {
        let digits = brand::plain(self.brand_color.as_deref()?)?;
        Some(format!("/assets/brand.css?c={digits}"))
    }

    /// The picture, unless its address is one that a page must not load.
    pub fn logo(&self) -> Option<&str> {
        let url = self.logo_url.as_deref()?;
        Brand::may_be_logo(url).then_some(url)
    }
}

#[cfg(test)]
impl Chrome {
    pub(super) fn sample() -> Self {
        Self {
            tenant_name: "Tidewell".into(),
            brand_color: None,
            logo_url: None,
            reference: "7QK-4M2".into(),
            help_url: None,
            privacy_url: None,
            support_email: None,
            leave_href: None,
        }
    }

    pub(super) fn branded_sample() -> Self {
        Self {
            tenant_name: "Quay & <Nine>".into(),
            brand_color: Some("#7B2D5B".into()),
            logo_url: Some("/assets/img/mark.svg".into()),
            reference: "9TB-1X7".into(),
            help_url: Some("https://quay.example/help".into()),
            privacy_url: Some("https://quay.example/privacy".into()),
            support_email: Some("help@quay.example".into()),
            leave_href: Some("/account".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chrome;

    #[test]
    fn only_usable_colours_and_pictures() {
        let chrome = |color: &str, logo: &str| Chrome {
            brand_color: Some(color.into()),
            logo_url: Some(logo.into()),
            ..Chrome::default()
        };
        let good = chrome("#7B2D5B", "https://cdn.test/a.png");
        assert_eq!(
            good.brand_href().as_deref(),
            Some("/assets/brand.css?c=7b2d5b")
        );
        assert_eq!(good.logo(), Some("https://cdn.test/a.png"));
        for bad in [
            "javascript:alert(1)",
            "//evil.test/a.png",
            "/\\evil.test",
            "http://a.test/b.png",
        ] {
            assert_eq!(chrome("blue", bad).logo(), None, "{bad}");
        }
        assert_eq!(chrome("blue", "").brand_href(), None);
    }
}
