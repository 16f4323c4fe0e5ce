//! Pages of one organization, for its own people; what they share with operators is in `desk`.

mod connection;
mod domains;
mod groups;
mod home;
mod member;
mod people;
mod roles;
mod services;
mod settings;
mod tick;

pub use connection::ConnectionPage;
pub use domains::{DomainLine, DomainsPage, Looked};
pub use groups::{GroupLine, GroupMemberLine, GroupPage, GroupsPage};
pub use home::HomePage;
pub use member::{MemberPage, RoleChoice};
pub use people::MembersPage;
pub use roles::{RoleLine, RolePage, RolesPage};
pub use services::{KeyLine, PublicKeyLine, ServiceLine, ServicePage, ServicesPage};
pub use settings::OrgSettingsPage;
pub use tick::Tick;
