//! Pages and mails: typed values in, HTML or text out.
//!
//! Owns layout, wording, stylesheets and scripts. Must not know the rest of the program:
//! no room of the crate is imported here, nothing is fetched, no clock is read. Whatever a
//! page shows is a public field of its struct; every struct has samples that a test renders.

mod account;
pub mod assets;
mod brand;
mod chrome;
mod code;
mod filters;
mod flow;
mod icons;
mod login;
mod logout;
mod magic_link;
pub mod mail;
mod organization;
mod outcome;
mod owner;
mod passkey;
mod profile;
#[cfg(test)]
mod tests;
mod text;
mod upstream;
mod when;

pub use account::{AccountPage, IdentityRow, PasskeyRow, SessionRow};
pub use brand::brand_css;
pub use chrome::Chrome;
pub use code::CodePage;
pub use flow::{ChoosePage, MethodChoice};
pub use login::{LoginPage, RedirectChoice};
pub use logout::{ConfirmLogoutPage, ContinueLogoutPage, LoggedOutPage};
pub use magic_link::MagicLinkPage;
pub use organization::{OrganizationChoice, OrganizationPage};
pub use outcome::{DeniedPage, ErrorPage, UpstreamDownPage};
pub use owner::OwnerPage;
pub use passkey::{EnrolPage, PasskeyPage};
pub use profile::{ProfilePage, SignupPage};
pub use text::{FluentArgs, has_text, text};
pub use upstream::{CheckRow, ConnectUpstreamPage, UpstreamValues};
