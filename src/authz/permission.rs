//! The permissions, and what each role of an operator holds: the one table.

macro_rules! permissions {
    ($($variant:ident $text:literal $kind:ident $about:literal;)+) => {
        /// One thing that somebody may do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission { $(#[doc = $about] $variant),+ }

        impl Permission {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that roles and scopes of tokens use.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Reads such a word.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }

            /// One line for people.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),+ }
            }

            fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind),+ }
            }
        }
    };
}

/// How far a permission reaches.
#[derive(PartialEq, Eq)]
enum Kind {
    /// Looks and changes nothing.
    Read,
    /// Changes.
    Write,
    /// Decides who administers, or what exists beside the own tenant.
    Own,
    /// A person's own account; no role of an operator has to do with it.
    Account,
}

permissions! {
    TenantsRead "tenants:read" Read "Read a tenant, its settings and its hosts";
    TenantsCreate "tenants:create" Own "Create tenants";
    TenantsWrite "tenants:write" Write "Change a tenant's settings";
    HostsWrite "hosts:write" Write "Add and remove hosts";
    UsageRead "usage:read" Read "See how much is used: people, organizations, sessions, sign-ins";
    UsersRead "users:read" Read "Find and read people and their identities";
    UsersWrite "users:write" Write "Create, change, invite, disable and delete people, link identities";
    InvitationsSend "invitations:send" Write "Send an open invitation to the tenant again";
    FactorsReset "factors:reset" Write "Take the second factor off somebody who has lost it, end a lock-out, have a password mail sent";
    TokensWrite "tokens:write" Write "Take over API keys from elsewhere";
    SessionsRead "sessions:read" Read "See who is signed in";
    SessionsWrite "sessions:write" Write "End sessions";
    InvalidationsRead "invalidations:read" Read "Follow what ends or changes, to judge tokens elsewhere";
    UpstreamsRead "upstreams:read" Read "Read and probe identity providers";
    UpstreamsWrite "upstreams:write" Write "Add, change, activate and retire identity providers";
    AppsRead "apps:read" Read "Read registered apps";
    AppsWrite "apps:write" Write "Register, change and delete apps, make their secrets";
    AuditRead "audit:read" Read "Read and export the audit log";
    OrganizationsRead "organizations:read" Read "List all organizations";
    OrganizationsWrite "organizations:write" Write "Create and delete organizations";
    OperatorsRead "operators:read" Read "See who administers";
    OperatorsWrite "operators:write" Own "Appoint and dismiss operators";
    OrgRead "org:read" Read "Read one organization";
    OrgWrite "org:write" Write "Change one organization";
    MembersRead "members:read" Read "Read the members of an organization";
    MembersWrite "members:write" Write "Add, change, invite and remove members";
    OwnersWrite "owners:write" Write "Appoint and dismiss owners of an organization";
    ConnectionsRead "connections:read" Read "Read an organization's single sign-on";
    ConnectionsWrite "connections:write" Write "Set up an organization's single sign-on";
    AccountRead "account:read" Account "Read the own account";
    AccountWrite "account:write" Account "Change the own account";
}

impl Permission {
    /// The wider one that includes this one: a token with that scope needs no other.
    pub fn part_of(self) -> Option<Self> {
        match self {
            Self::UsageRead => Some(Self::TenantsRead),
            Self::InvitationsSend | Self::FactorsReset | Self::TokensWrite => {
                Some(Self::UsersWrite)
            }
            _ => None,
        }
    }
}

macro_rules! operator_roles {
    ($($variant:ident $text:literal $about:literal;)+) => {
        /// What an operator is, at the scope of their grant.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum OperatorRole { $(#[doc = $about] $variant),+ }

        impl OperatorRole {
            /// All of them, highest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// One line for people.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),+ }
            }
        }
    };
}

operator_roles! {
    Owner "owner" "Everything, and who else administers";
    Admin "admin" "Everything but who administers";
    SecurityAdmin "security_admin" "How people get in: sign-in, apps, policy, keys, sessions";
    Support "support" "See people, end sessions, reset second factors, send invitations again";
    Auditor "auditor" "Read everything, the audit log included";
    Viewer "viewer" "The same as auditor, under its older name";
    Billing "billing" "See tenants, organizations and how much is used";
}

/// What security admins change: how people get in, and whatever holds somebody out. Who decides
/// how an organization signs in can be anybody in it, so its members and owners are among them.
const OF_SECURITY: &[Permission] = &[
    Permission::TenantsWrite,
    Permission::HostsWrite,
    Permission::SessionsWrite,
    Permission::InvitationsSend,
    Permission::FactorsReset,
    Permission::TokensWrite,
    Permission::UpstreamsWrite,
    Permission::AppsWrite,
    Permission::OrgWrite,
    Permission::MembersWrite,
    Permission::OwnersWrite,
    Permission::ConnectionsWrite,
];

const OF_SUPPORT: &[Permission] = &[
    Permission::TenantsRead,
    Permission::UsersRead,
    Permission::InvitationsSend,
    Permission::FactorsReset,
    Permission::SessionsRead,
    Permission::SessionsWrite,
    Permission::OrganizationsRead,
    Permission::OrgRead,
    Permission::MembersRead,
];

const OF_BILLING: &[Permission] = &[
    Permission::TenantsRead,
    Permission::UsageRead,
    Permission::OrganizationsRead,
    Permission::OrgRead,
];

impl OperatorRole {
    /// Reads the stored word; a word that nobody defined grants nothing.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }

    /// Does this role hold the permission, where its grant reaches?
    pub fn holds(self, permission: Permission) -> bool {
        let kind = permission.kind();
        match self {
            Self::Owner => kind != Kind::Account,
            Self::Admin => matches!(kind, Kind::Read | Kind::Write),
            Self::SecurityAdmin => kind == Kind::Read || OF_SECURITY.contains(&permission),
            Self::Auditor | Self::Viewer => kind == Kind::Read,
            Self::Support => OF_SUPPORT.contains(&permission),
            Self::Billing => OF_BILLING.contains(&permission),
        }
    }
}

/// What a role can permit: whatever is about one organization.
pub const IN_ORGANIZATIONS: &[Permission] = &[
    Permission::OrgRead,
    Permission::OrgWrite,
    Permission::MembersRead,
    Permission::MembersWrite,
    Permission::OwnersWrite,
    Permission::ConnectionsRead,
    Permission::ConnectionsWrite,
    Permission::AuditRead,
];

/// A role that every tenant has and nobody changes.
pub struct BuiltIn {
    /// Short name.
    pub slug: &'static str,
    /// Name.
    pub name: &'static str,
    /// What it permits inside an organization.
    pub permissions: &'static [&'static str],
}

/// All of them.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        slug: "owner",
        name: "Owner",
        permissions: &[
            "org:read",
            "org:write",
            "members:read",
            "members:write",
            "owners:write",
            "connections:read",
            "connections:write",
            "audit:read",
        ],
    },
    BuiltIn {
        slug: "admin",
        name: "Admin",
        permissions: &[
            "org:read",
            "org:write",
            "members:read",
            "members:write",
            "connections:read",
            "connections:write",
            "audit:read",
        ],
    },
    BuiltIn {
        slug: "viewer",
        name: "Viewer",
        permissions: &["org:read", "members:read", "connections:read"],
    },
    BuiltIn {
        slug: "member",
        name: "Member",
        permissions: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::{BUILT_IN, IN_ORGANIZATIONS, OperatorRole, Permission};

    #[test]
    fn words_are_read_back_and_built_in_roles_use_only_those_of_organizations() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(*permission));
        }
        for role in BUILT_IN {
            for word in role.permissions {
                let known = Permission::parse(word).filter(|one| IN_ORGANIZATIONS.contains(one));
                assert!(known.is_some(), "{}: {word}", role.slug);
            }
        }
        assert_eq!(OperatorRole::parse("root"), None);
    }

    #[test]
    fn who_reads_changes_nothing_and_only_an_owner_appoints() {
        for permission in Permission::ALL {
            let word = permission.as_str();
            for role in [OperatorRole::Viewer, OperatorRole::Auditor] {
                let reads = word.ends_with(":read") && word != "account:read";
                assert_eq!(role.holds(*permission), reads, "{word}");
            }
            let billing = OperatorRole::Billing.holds(*permission);
            assert!(!billing || word.ends_with(":read"), "{word}");
        }
        for role in OperatorRole::ALL {
            let owner = *role == OperatorRole::Owner;
            for own in [Permission::OperatorsWrite, Permission::TenantsCreate] {
                assert_eq!(role.holds(own), owner, "{}", role.as_str());
            }
        }
    }

    #[test]
    fn each_role_is_within_those_that_may_hand_it_out() {
        use OperatorRole::{Admin, Auditor, Billing, Owner, SecurityAdmin, Support};
        let within = |low: OperatorRole, high: OperatorRole| {
            Permission::ALL
                .iter()
                .all(|one| !low.holds(*one) || high.holds(*one))
        };
        for (low, high) in [
            (Admin, Owner),
            (SecurityAdmin, Admin),
            (Support, SecurityAdmin),
            (Auditor, SecurityAdmin),
            (Billing, Auditor),
        ] {
            assert!(within(low, high), "{} in {}", low.as_str(), high.as_str());
            assert!(!within(high, low), "{} in {}", high.as_str(), low.as_str());
        }
        assert!(!within(Support, Auditor) && !within(Auditor, Support));
    }
}
