//! What holds after each step, whatever happened.

use laneway_sqlkit::q;

use super::world::World;

const NONE: &[(&str, &str)] = &[
    (
        "a session without its person",
        "SELECT COUNT(*) AS n FROM sessions s WHERE NOT EXISTS \
        (SELECT 1 FROM users u WHERE u.tenant_id = s.tenant_id AND u.id = s.user_id)",
    ),
    (
        "a session without a cookie",
        "SELECT COUNT(*) AS n FROM sessions s WHERE s.app_id IS NULL AND NOT EXISTS \
        (SELECT 1 FROM session_cookies c WHERE c.tenant_id = s.tenant_id AND c.sid = s.sid)",
    ),
    (
        "a cookie without its session",
        "SELECT COUNT(*) AS n FROM session_cookies c WHERE NOT EXISTS \
        (SELECT 1 FROM sessions s WHERE s.tenant_id = c.tenant_id AND s.sid = c.sid)",
    ),
    (
        "a person without a link",
        "SELECT COUNT(*) AS n FROM users u WHERE NOT EXISTS \
        (SELECT 1 FROM identity_links l WHERE l.tenant_id = u.tenant_id AND l.user_id = u.id)",
    ),
    (
        "two people of one address",
        "SELECT COUNT(*) - COUNT(DISTINCT email) AS n FROM users",
    ),
    (
        "a person without exactly one event",
        "SELECT COUNT(*) AS n FROM users u WHERE 1 <> \
        (SELECT COUNT(*) FROM audit_events e WHERE e.type = 'user.created' AND e.target = 'user:' || u.id)",
    ),
    (
        "a sign-in without exactly one event",
        "SELECT ABS((SELECT COUNT(*) FROM sessions WHERE app_id IS NULL) - \
        (SELECT COUNT(*) FROM audit_events WHERE type = 'login.completed')) AS n",
    ),
    (
        "a code of an app without exactly one event",
        "SELECT ABS((SELECT COUNT(*) FROM authorization_codes) - \
        (SELECT COUNT(*) FROM audit_events WHERE type = 'authorization.granted')) AS n",
    ),
    (
        "a family without its spent code",
        "SELECT COUNT(*) AS n FROM refresh_families f WHERE NOT EXISTS \
        (SELECT 1 FROM authorization_codes c WHERE c.family_id = f.id AND c.used_at IS NOT NULL)",
    ),
    (
        "a live family without exactly one unused token",
        "SELECT COUNT(*) AS n FROM refresh_families f WHERE f.revoked_at IS NULL AND 1 <> \
        (SELECT COUNT(*) FROM refresh_tokens t WHERE t.family_id = f.id AND t.used_at IS NULL)",
    ),
    (
        "a reuse without exactly one event",
        "SELECT ABS((SELECT COUNT(*) FROM refresh_families WHERE revoke_reason IN ('reused', 'code_reused')) - \
        (SELECT COUNT(*) FROM audit_events WHERE type = 'token.reused')) AS n",
    ),
    (
        "a change of keys without exactly one event",
        "SELECT ABS((SELECT COUNT(*) FROM signing_keys WHERE alg = 'ES256' AND signs_from > created_at) - \
        (SELECT COUNT(*) FROM audit_events WHERE type = 'signing_key.rotated')) AS n",
    ),
    (
        "a gap in the log of changes",
        "SELECT (SELECT seq FROM invalidation_counter) - COALESCE((SELECT MAX(seq) FROM invalidations), 0) AS n",
    ),
];

/// Fails with the rule that is broken.
pub async fn hold(world: &World) {
    for (what, sql) in NONE {
        let row = q(sql).one(&world.nodes[0].core().db).await;
        let count: i64 = row.expect("an answer").get("n").expect("a number");
        assert_eq!(count, 0, "{what}");
    }
}
