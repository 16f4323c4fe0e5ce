//! Pages and mails: typed values in, HTML or text out.
//!
//! Owns layout, wording, stylesheets and scripts. Must not know the rest of the program:
//! of its rooms only `domain` may be named, for the languages; nothing is fetched, no clock
//! is read. Whatever a page shows is a public field of its struct; every struct has samples
//! that a test renders in every language. Who reads it ([`Reader`]) comes with the rendering.

mod account;
pub mod agent;
mod api_reference;
pub mod assets;
mod between;
mod brand;
mod change_email;
mod checks;
mod chrome;
mod code;
mod consent;
mod deletion;
pub mod desk;
mod device;
mod filters;
mod flow;
mod help;
mod icons;
mod invitation;
mod login;
mod magic_link;
pub mod mail;
pub mod org;
mod organization;
mod outcome;
mod owner;
mod passkey;
mod password;
mod profile;
mod reader;
mod second;
pub mod setup;
mod test_result;
#[cfg(test)]
mod tests;
mod text;
mod upstream;
mod when;
mod words;

pub use account::{
    AccountPage, AppRow, AppSignIn, AppsSection, DeviceRow, DevicesSection, ElsewhereSection,
    FactorsSection, IdentitiesSection, IdentityRow, KeptRow, MembershipRow, OrganizationsSection,
    PasskeyRow, PasskeysSection, ProfileSection, SessionRow, SessionsSection, TokenRow,
    TokensSection,
};
pub use api_reference::{ApiGroup, ApiMember, ApiOperation, ApiReferencePage};
pub use between::{ConfirmLogoutPage, ContinueLogoutPage, ContinueSignInPage, LoggedOutPage};
pub use brand::brand_css;
pub use change_email::{ChangeEmailPage, PendingCode};
pub use checks::{CheckRow, Checks, explanation};
pub use chrome::Chrome;
pub use code::CodePage;
pub use consent::{ConsentOrg, ConsentPage, ConsentRow, ReturnToAppPage};
pub use deletion::{AccountDeletedPage, DeleteAccountPage};
pub use device::{DeviceDonePage, DeviceEnterPage, DevicePage};
pub use flow::{ChoosePage, MethodChoice};
pub use help::HelpChecksPage;
pub use invitation::{InvitationPage, InvitationStep};
pub use login::{LoginPage, RedirectChoice};
pub use magic_link::MagicLinkPage;
pub use organization::{OrganizationChoice, OrganizationPage};
pub use outcome::{DeniedPage, ErrorPage, SsoRequiredPage, UpstreamDownPage};
pub use owner::OwnerPage;
pub use passkey::{EnrolPage, PasskeyPage};
pub use password::{NewPasswordPage, PasswordPage, RecoverPage};
pub use profile::{ProfilePage, SignupPage};
pub use reader::{Reader, Switch};
pub use second::{EnrolTotpPage, RecoveryCodesPage, SecondPage};
pub use test_result::TestResultPage;
pub use text::{FluentArgs, has_text, text, translate, translate_value};
pub use upstream::{ConnectUpstreamPage, UpstreamValues};
pub use words::{Value, Words, grouped};
