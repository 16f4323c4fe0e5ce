//! What attackers send: names in all spellings, paths that two may read differently,
//! cookies that are none.

/// Every identity header of the contract.
pub(super) const IDENTITY: &[&str] = &[
    "X-Laneway-User",
    "X-Laneway-Email",
    "X-Laneway-Name",
    "X-Laneway-Org",
    "X-Laneway-Roles",
    "X-Laneway-Acr",
    "X-Laneway-Sid",
    "X-Laneway-Jwt",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Preferred-Username",
    "X-Auth-Request-Groups",
    "Remote-User",
    "Remote-Email",
    "Remote-Name",
    "Remote-Groups",
];

/// The one of each set that says who it is.
pub(super) const USERS: &[&str] = &["X-Laneway-User", "X-Auth-Request-User", "Remote-User"];

/// A name with dashes, in cases that a proxy may not fold.
pub(super) fn dashed(name: &str) -> Vec<String> {
    vec![
        name.to_owned(),
        name.to_ascii_lowercase(),
        name.to_ascii_uppercase(),
    ]
}

/// A name as CGI-style applications fold it into the one with dashes.
pub(super) fn underscored(name: &str) -> Vec<String> {
    let all = name.replace('-', "_");
    let last = name
        .rsplit_once('-')
        .map_or_else(|| all.clone(), |(front, back)| format!("{front}_{back}"));
    let first = name.replacen('-', "_", 1);
    let mut names = vec![
        all.clone(),
        all.to_ascii_lowercase(),
        all.to_ascii_uppercase(),
    ];
    for mixed in [last, first] {
        if !names.contains(&mixed) {
            names.push(mixed);
        }
    }
    names
}

/// Ways to write a path so that two readers may see two. `page` is one that is protected.
pub(super) fn paths(page: &str) -> Vec<String> {
    let rest = page.trim_start_matches('/');
    [
        "/.laneway/../{}",
        "/.laneway/start/../../{}",
        "/.laneway/%2e%2e/{}",
        "/.laneway/..%2f{}",
        "/.laneway/%2e%2e%2f{}",
        "/.laneway/%252e%252e/{}",
        "/.laneway/..;/{}",
        "/.laneway/;/../{}",
        "/.laneway/..\\{}",
        "/.laneway/..%5c{}",
        "/.laneway//../{}",
        "/.laneway/callback/..%2f..%2f{}",
        "/.laneway%2f..%2f{}",
        "/oauth2/../{}",
        "/oauth2/..%2f{}",
        "//{}",
        "///{}",
        "/./{}",
        "/%2e/{}",
        "/%2f{}",
        "/;/{}",
        "/;x=/.laneway/start/{}",
        "/{}?/.laneway/start",
        "/{}#/.laneway/start",
        "/{};/.laneway/start",
        "/{}%00/.laneway/start",
        "/{}%3f/.laneway/start",
        "/{}/.css",
        "/{}%20",
        "/{}/favicon.ico",
        "/{}/healthz",
        "/laneway-check",
        "/laneway-unavailable",
    ]
    .iter()
    .map(|form| form.replace("{}", rest))
    .collect()
}

/// Cookie headers that are no session. `good` is one that is, where we have one.
pub(super) fn cookies(good: Option<&str>) -> Vec<String> {
    let made_up = "A".repeat(43);
    let mut all = vec![
        String::new(),
        "__Host-lw".into(),
        "__Host-lw=".into(),
        "__Host-lw=x".into(),
        format!("__Host-lw={made_up}"),
        format!("__Host-lw=\"{made_up}\""),
        format!("__Host-lw={made_up}; __Host-lw={made_up}"),
        format!("__Host-lw={}", "A".repeat(4000)),
        "__Host-lw=%00%0d%0a".into(),
        "__Host-lw=../../etc/passwd".into(),
        "__Host-lw=' OR 1=1 --".into(),
        "; =; ;;__Host-lw".into(),
    ];
    if let Some(good) = good {
        let cut = good.get(..good.len().saturating_sub(1)).unwrap_or_default();
        all.extend([
            format!("__Host-lw={good}; __Host-lw={good}"),
            format!("__Host-lw={good}; __Host-lw={made_up}"),
            format!("__Host-lw={cut}"),
            format!("__Host-lw={good}A"),
            format!("__host-lw={good}"),
            format!("__Host-lw-flow={good}"),
        ]);
    }
    all
}

/// Headers from which frameworks take the address that they serve, before the real one.
pub(super) const SERVED: &[&str] = &["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Host"];

/// Headers by which a client would choose what the proxy asks about.
pub(super) const ORIGINAL: &[(&str, &str)] = &[
    ("X-Original-URL", "https://forged.invalid/"),
    ("X-Original-Method", "OPTIONS"),
    ("X-Forwarded-Host", "forged.invalid"),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Uri", "/forged"),
    ("X-Forwarded-Method", "OPTIONS"),
    ("X-Forwarded-Prefix", "/forged"),
    ("X-Rewrite-URL", "/forged"),
    ("Forwarded", "host=forged.invalid;proto=http"),
    ("X-Laneway-Require", "role=forged"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_are_there_once() {
        let names = underscored("X-Laneway-User");
        for want in [
            "X_Laneway_User",
            "x_laneway_user",
            "X_LANEWAY_USER",
            "X-Laneway_User",
            "X_Laneway-User",
        ] {
            assert_eq!(
                names.iter().filter(|name| *name == want).count(),
                1,
                "{want}"
            );
        }
        assert_eq!(underscored("Remote-User").len(), 3);
    }
}
