//! The line icons of the pages: 20 × 20, drawn with the text's own colour. Each stands
//! beside words and is silent for screen readers.

/// The icon as an inline `svg` element. An unknown name shows itself, and a test refuses it.
pub fn svg(name: &str) -> String {
    let Some(shape) = shape(name) else {
        return format!("⟦icon {name}⟧");
    };
    let class = if name == "arrow" {
        "icon turns"
    } else {
        "icon"
    };
    format!(r#"<svg class="{class}" viewBox="0 0 20 20" aria-hidden="true">{shape}</svg>"#)
}

fn shape(name: &str) -> Option<&'static str> {
    Some(match name {
        "alert" => r#"<path d="M10 3.2 2.6 16.4h14.8z"/><path d="M10 8.3v3.5M10 14.1v.1"/>"#,
        "arrow" => r#"<path d="M4 10h11.6M11 5.4l4.6 4.6-4.6 4.6"/>"#,
        "bang" => r#"<path d="M10 4.5v7M10 15.3v.2"/>"#,
        "building" => {
            r#"<path d="M5 17V4.4C5 3.6 5.6 3 6.4 3h7.2c.8 0 1.4.6 1.4 1.4V17M3 17h14M8.6 17v-2.9h2.8V17"/><path d="M8 6.6v.1M12 6.6v.1M8 10v.1M12 10v.1"/>"#
        }
        "check" => r#"<path d="m4.4 10.6 3.6 3.5 7.6-8.2"/>"#,
        "chevron" => r#"<path d="m6 8 4 4 4-4"/>"#,
        "clock" => r#"<circle cx="10" cy="10" r="7.2"/><path d="M10 5.9v4.3l2.9 1.7"/>"#,
        "copy" => {
            r#"<rect x="7" y="7" width="9.6" height="9.6" rx="2"/><path d="M13 4.6C13 3.7 12.3 3 11.4 3H4.9C4 3 3.4 3.7 3.4 4.6v6.5c0 .8.6 1.5 1.5 1.5"/>"#
        }
        "cross" => r#"<path d="m5.4 5.4 9.2 9.2M14.6 5.4l-9.2 9.2"/>"#,
        "download" => r#"<path d="M10 3.4V12M6.6 8.9 10 12.3l3.4-3.4M4 16.2h12"/>"#,
        "envelope" => {
            r#"<rect x="3" y="4.6" width="14" height="10.8" rx="2"/><path d="m3.6 6.2 6.4 4.9 6.4-4.9"/>"#
        }
        "globe" => {
            r#"<circle cx="10" cy="10" r="7.2"/><path d="M2.9 10h14.2M10 2.8c2.2 2.1 3.3 4.5 3.3 7.2s-1.1 5.1-3.3 7.2c-2.2-2.1-3.3-4.5-3.3-7.2s1.1-5.1 3.3-7.2z"/>"#
        }
        "home" => r#"<path d="M3.5 9.3 10 3.6l6.5 5.7M5 8.1v8.4h10V8.1"/>"#,
        "info" => r#"<circle cx="10" cy="10" r="7.2"/><path d="M10 9.2v4.3M10 6.5v.1"/>"#,
        "key" => {
            r#"<circle cx="7" cy="12.6" r="3.7"/><path d="m9.7 9.9 6.4-6.4M13.3 6.3l2.5 2.5"/>"#
        }
        "laptop" => r#"<rect x="4" y="4" width="12" height="8.6" rx="1.5"/><path d="M2 15.6h16"/>"#,
        "leave" => {
            r#"<path d="M8 3.6H5.1c-.8 0-1.5.6-1.5 1.5v9.8c0 .9.7 1.5 1.5 1.5H8M12.5 13.4 15.9 10l-3.4-3.4M15.9 10H7.6"/>"#
        }
        "link" => {
            r#"<path d="M8.6 11.4c1.1 1.2 3 1.2 4.2 0l2.6-2.5c1.1-1.2 1.1-3.1 0-4.2-1.2-1.2-3.1-1.2-4.3 0l-1 .9"/><path d="M11.4 8.6c-1.1-1.2-3-1.2-4.2 0l-2.6 2.5c-1.1 1.2-1.1 3.1 0 4.2 1.2 1.2 3.1 1.2 4.3 0l1-.9"/>"#
        }
        "list" => r#"<path d="M7.4 5.4h9M7.4 10h9M7.4 14.6h9M3.6 5.4v.1M3.6 10v.1M3.6 14.6v.1"/>"#,
        "lock" => {
            r#"<rect x="4.5" y="8.7" width="11" height="8" rx="2"/><path d="M7 8.7V6.2a3 3 0 0 1 6 0v2.5"/>"#
        }
        "people" => {
            r#"<circle cx="7.8" cy="7.2" r="2.9"/><path d="M2.6 16c.5-2.7 2.5-4.2 5.2-4.2S12.5 13.3 13 16M13 4.7a2.8 2.8 0 0 1 0 5.1M14.6 12.2c1.6.6 2.5 1.9 2.8 3.8"/>"#
        }
        "person" => {
            r#"<circle cx="10" cy="6.9" r="3.2"/><path d="M3.7 16.6c.8-3 3.3-4.7 6.3-4.7s5.5 1.7 6.3 4.7"/>"#
        }
        "phone" => {
            r#"<rect x="5.8" y="2.6" width="8.4" height="14.8" rx="2"/><path d="M9 14.9h2"/>"#
        }
        "plug" => {
            r#"<path d="M7 2.8v3.7M13 2.8v3.7M4.8 6.5h10.4v2.7a5.2 5.2 0 0 1-10.4 0zM10 14.4v3"/>"#
        }
        "plus" => r#"<path d="M10 4.4v11.2M4.4 10h11.2"/>"#,
        "repeat" => r#"<path d="M16 10a6 6 0 1 1-1.9-4.4L16 7.4M16 3.5v3.9h-3.9"/>"#,
        "search" => r#"<circle cx="9" cy="9" r="5.2"/><path d="m12.9 12.9 3.8 3.8"/>"#,
        "sliders" => {
            r#"<path d="M3.5 6.5h6.9M14.6 6.5h1.9M3.5 13.5h1.9M9.6 13.5h6.9"/><circle cx="12.5" cy="6.5" r="2"/><circle cx="7.5" cy="13.5" r="2"/>"#
        }
        _ => return None,
    })
}
