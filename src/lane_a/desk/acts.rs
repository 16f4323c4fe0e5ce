//! What operators do at their pages: the same acts as through the API.

pub use super::super::operator::{
    Act, ChangeUser, GroupChange, Invite, Kept, Lock, Made, NewGrant, NewRole, OrgChange,
    RoleChange, ServiceChange, add_host, add_public_key, appoint, change_group, change_member,
    change_operator, change_org, change_role, change_service_account, change_tenant, change_user,
    check_color, check_tenant_name, create_group, create_key, create_org, create_role,
    create_service_account, delete_group, delete_identity, delete_role, delete_service_account,
    delete_user, dismiss, end_sessions, get_group, get_role, get_service_account, invite,
    list_group_members, list_groups, list_keys, list_public_keys, list_roles,
    list_service_accounts, lock_outs, mails_by, may_set_sender, patch_settings, put_identity,
    put_into_group, put_logo, put_member, put_org_logo, remove_host, remove_logo, remove_member,
    remove_org_logo, remove_public_key, resend_invitation, reset_second_factor, revoke_invitation,
    revoke_key, send_account_mail, set_in_file, take_from_group, unlock,
};
pub use super::super::swap::set_role;
pub use crate::authz::Permission;
