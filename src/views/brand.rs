//! A tenant's one colour as a stylesheet of its own: pages carry no inline styles.

use crate::domain::tenant::Brand;

/// The stylesheet for a colour given as `rrggbb` or `#rrggbb`; `None` for anything else,
/// so that nothing a tenant types can become a rule.
///
/// Sets the colour and the ink that reads best on it (WCAG 2.2 contrast); the rest of the
/// palette follows from the colour in `tokens.css`.
pub fn brand_css(color: &str) -> Option<String> {
    let (color, ink) = pair(color)?;
    Some(format!(":root{{--brand:#{color};--brand-ink:#{ink}}}\n"))
}

/// A colour and the ink that reads on it, as digits.
pub(super) fn pair(color: &str) -> Option<(String, &'static str)> {
    let color = plain(color)?;
    let ink = if contrast_with_white(&color) >= 4.5 {
        "fff"
    } else {
        "101415"
    };
    Some((color, ink))
}

/// The six digits in lower case.
pub(super) fn plain(color: &str) -> Option<String> {
    let digits = color.strip_prefix('#').unwrap_or(color);
    Brand::is_color(color).then(|| digits.to_ascii_lowercase())
}

fn contrast_with_white(digits: &str) -> f64 {
    let channel = |at: usize| {
        let value = u8::from_str_radix(&digits[at..at + 2], 16).unwrap_or(0);
        let share = f64::from(value) / 255.0;
        if share <= 0.040_45 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    let luminance = 0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4);
    1.05 / (luminance + 0.05)
}

#[cfg(test)]
mod tests {
    use super::brand_css;

    #[test]
    fn colours_get_the_ink_that_reads_on_them() {
        assert_eq!(
            brand_css("#0C5C66").as_deref(),
            Some(":root{--brand:#0c5c66;--brand-ink:#fff}\n")
        );
        assert_eq!(
            brand_css("f5c518").as_deref(),
            Some(":root{--brand:#f5c518;--brand-ink:#101415}\n")
        );
        assert!(brand_css("777777").is_some_and(|css| css.contains("#101415")));
        assert!(brand_css("767676").is_some_and(|css| css.contains("#fff")));
    }

    #[test]
    fn nothing_else_becomes_a_rule() {
        for bad in [
            "",
            "#",
            "red",
            "#fff",
            "#12345g",
            "##12345",
            "123456}",
            "１２３４５６",
            "12345 ",
            "#1234567",
        ] {
            assert_eq!(brand_css(bad), None, "{bad}");
        }
    }
}
