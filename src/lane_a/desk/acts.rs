//! What operators do at their pages: the same acts as through the API.

pub use super::super::operator::{
    Act, ChangeUser, Invite, Made, add_host, change_tenant, change_user, check_color,
    check_tenant_name, create_org, delete_identity, delete_user, end_sessions, invite,
    may_set_sender, patch_settings, put_identity, put_logo, put_member, remove_host, remove_logo,
    resend_invitation, revoke_invitation, set_in_file,
};
pub use super::super::swap::set_role;
pub use crate::authz::Permission;
