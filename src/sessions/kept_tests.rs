//! What lies in memory comes back as it was.

use super::*;

const AT: AsOf = AsOf {
    epoch: 4,
    position: 9,
};

fn sample(user: &str) -> Whole {
    let session = Session {
        sid: Sid("0199aaaa-0000-7000-8000-000000000000".into()),
        tenant: TenantId("t1".into()),
        user: UserId(user.into()),
        org: Some(OrgId("o1".into())),
        acr: Acr::Aal2,
        amr: vec!["pwd".into(), "otp".into()],
        auth_time: 1,
        upstream: Some(SessionUpstream {
            id: UpstreamId("kc".into()),
            slug: "corp".into(),
            subject: "f:1:ana".into(),
            sid: None,
            within: Some(OrgId("o1".into())),
        }),
        device: None,
        app: Some(SessionApp {
            id: AppId("laneway-cli".into()),
            name: "Laneway CLI".into(),
        }),
        ip: "2001:db8::1".into(),
        user_agent: "Mozilla/5.0".into(),
        created_at: 2,
        last_seen_at: 3,
        idle_ms: 600,
        expires_at: 4_000,
        checked_at: Some(70),
    };
    let user = User {
        id: UserId(user.into()),
        email: Some("ana@x.test".into()),
        email_verified: true,
        name: Some("Ana \u{1f33b}".into()),
        locale: Some(Lang::De),
        state: UserState::Active,
        version: 7,
        created_at: 5,
    };
    let org = Membership {
        org: OrgId("o1".into()),
        slug: "acme".into(),
        name: "Acme".into(),
        roles: vec!["admin".into()],
        permissions: vec!["members:read".into()],
        max_staleness: None,
    };
    Whole {
        session,
        host: "app.test".into(),
        user,
        org: Some(org),
        token: None,
    }
}

#[test]
fn what_is_packed_comes_back_whole() {
    let kept = Packer::default()
        .pack(sample("u1"), 900, AT)
        .expect("packed");
    let (back, expected) = (kept.whole().expect("read back"), sample("u1"));
    assert_eq!(back.session, expected.session);
    assert_eq!(back.user, expected.user);
    assert_eq!(back.host, expected.host);
    assert_eq!(back.org, expected.org);
    assert_eq!((kept.idle_until(), kept.epoch), (1_500, 4));
    assert_eq!(kept.position, 9);
    assert!(!kept.is_over(1_499) && kept.is_over(1_500));
}

#[test]
fn a_glance_tells_what_the_whole_tells() {
    for verified in [true, false] {
        let mut read = sample("u1");
        read.user.email_verified = verified;
        let kept = Packer::default().pack(read, 0, AT).expect("packed");
        let (glance, whole) = (kept.glance().expect("read"), kept.whole().expect("read"));
        assert_eq!(glance.sid, whole.session.sid);
        assert_eq!(glance.user, whole.user.id);
        assert_eq!(glance.acr, whole.session.acr);
        assert_eq!(glance.name, whole.user.name.as_deref());
        assert_eq!(glance.org, whole.org.as_ref());
        assert_eq!(
            glance.email,
            whole.user.email.as_deref().filter(|_| verified)
        );
        assert_eq!(kept.tenant(), &whole.session.tenant);
        assert_eq!(kept.host(), whole.host);
    }
}

#[test]
fn what_sessions_say_alike_is_kept_once_and_forgotten_with_the_last() {
    let packer = Packer::default();
    let one = packer.pack(sample("u1"), 0, AT).expect("packed");
    let two = packer.pack(sample("u2"), 0, AT).expect("packed");
    assert!(Arc::ptr_eq(&one.user_agent, &two.user_agent));
    assert!(Arc::ptr_eq(&one.alike, &two.alike));
    let mut other = sample("u3");
    other.org = None;
    let other = packer.pack(other, 0, AT).expect("packed");
    assert!(!Arc::ptr_eq(&one.alike, &other.alike));
    drop((one, two, other));
    for number in 0..100 {
        packer.text(&number.to_string());
    }
    let texts = packer.texts.lock().expect("a lock");
    assert!(texts.len() < 100 && !texts.contains("Mozilla/5.0"));
}

#[test]
fn names_tell_scopes_and_ids_apart() {
    let packer = Packer::default();
    let kept = packer.pack(sample("u1"), 0, AT).expect("packed");
    for (scope, id) in [
        (Scope::Session, "0199aaaa-0000-7000-8000-000000000000"),
        (Scope::User, "u1"),
        (Scope::Org, "o1"),
        (Scope::Upstream, "kc"),
        (Scope::Tenant, "t1"),
    ] {
        assert!(kept.names().contains(&packer.name(scope, id)), "{scope:?}");
    }
    assert!(!kept.names().contains(&packer.name(Scope::User, "o1")));
}
