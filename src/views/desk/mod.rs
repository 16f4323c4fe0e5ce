//! Pages of the administration: what an operator looks at, and the forms with which they
//! act.

mod about;
mod activate;
mod apps;
mod chart;
mod company;
mod frame;
mod invite;
mod organizations;
mod overview;
mod people;
mod person;
mod settings;
mod social;
mod trail;
mod upstreams;

pub use about::{AboutFields, Fixed};
pub use activate::ActivatePage;
pub use apps::{AppForm, AppLine, AppPage, AppsPage};
pub use chart::{Bar, Chart, MethodSeries};
pub use company::{CompanyPage, CompanyPart, ConnectionLine, EmergencyLine, SetupLinkLine};
pub use frame::{DeskFrame, OrgFrame, StateWord};
pub use invite::{InvitationLine, InvitePage};
pub use organizations::{MemberLine, OrganizationLine, OrganizationPage, OrganizationsPage};
pub use overview::{
    ChangeRow, FindingRow, NodeLine, OverviewPage, RangeLink, ReasonRow, StripCell, UpstreamLine,
};
pub use people::{PeoplePage, PersonLine};
pub use person::{
    BelongingRow, DeletePersonPage, EventLine, LinkRow, LockLine, OperatesRow, PersonPage,
    PersonPasskey, PersonSession,
};
pub use settings::{HostLine, SettingsPage};
pub use social::{SocialCard, SocialChoice, SocialField, SocialNewPage, SocialPage};
pub use trail::{ChangedMember, TrailChoice, TrailDetail, TrailLine, TrailPage};
pub use upstreams::{UpstreamCard, UpstreamsPage};
