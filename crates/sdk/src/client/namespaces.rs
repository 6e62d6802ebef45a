//! The operations under the names that Clerk gives them: `clerk.users().get("user_1")`.

use ironclerk_api::accountless_applications::*;
use ironclerk_api::actor_tokens::*;
use ironclerk_api::allowlist_identifiers::*;
use ironclerk_api::clients::{GetClient, GetHandshakePayload, ListClients, VerifyClient};
use ironclerk_api::domains::*;
use ironclerk_api::email_addresses::*;
use ironclerk_api::id::*;
use ironclerk_api::instance::{
    ChangeDomain, ChangeDomainBeta, GetInstance, GetInstanceOrganizationSettings, UpdateInstance,
    UpdateInstanceOrganizationSettings, UpdateInstanceRestrictions,
};
use ironclerk_api::invitations::*;
use ironclerk_api::jwks::{GetJwks, JsonWebKeySet};
use ironclerk_api::jwt_templates::*;
use ironclerk_api::oauth_applications::*;
use ironclerk_api::organization_domains::*;
use ironclerk_api::organization_invitations::*;
use ironclerk_api::organization_roles::*;
use ironclerk_api::organizations::*;
use ironclerk_api::phone_numbers::*;
use ironclerk_api::redirect_urls::*;
use ironclerk_api::role_sets::*;
use ironclerk_api::saml_connections::*;
use ironclerk_api::sessions::*;
use ironclerk_api::sign_in_tokens::*;
use ironclerk_api::sign_ups::*;
use ironclerk_api::testing_tokens::*;
use ironclerk_api::users::*;
use ironclerk_api::waitlist_entries::*;
use ironclerk_api::webhooks::*;
use ironclerk_api::{Array, Endpoint, File, Page, Secret};

use super::{Client, ClientError};

/// Declares namespaces. A method takes either the whole request, or the ids that it consists of.
macro_rules! namespaces {
    ($(
        $(#[$meta:meta])*
        $accessor:ident: $name:ident {
            $( $method:ident($($id:ident: $type:ty),*) => $request:ident $({ $($more:ident),* })?; )*
        }
    )*) => {
        impl Client {
            $(
                $(#[$meta])*
                pub fn $accessor(&self) -> $name<'_> {
                    $name(self)
                }
            )*
        }

        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name<'client>(&'client Client);

            impl $name<'_> {
                $(
                    #[doc = concat!("Sends [`", stringify!($request), "`], which see.")]
                    ///
                    /// # Errors
                    /// When the API refuses, cannot be reached, or answers something else.
                    pub async fn $method(
                        &self,
                        $($id: $type),*
                    ) -> Result<<$request as Endpoint>::Response, ClientError> {
                        #![allow(clippy::needless_update)]
                        namespaces!(@send self, $request, ($($id),*) $(, { $($more),* })?)
                    }
                )*
            }
        )*
    };
    (@send $self:ident, $request:ident, ($($id:ident),*), { $($field:ident),* }) => {
        $self.0.send(&$request { $($field: $field.into(),)* ..Default::default() }).await
    };
    (@send $self:ident, $request:ident, ($whole:ident)) => {
        $self.0.send($whole).await
    };
}

namespaces! {
    /// Users. JavaScript: `clerkClient.users`.
    users: Users {
        count(request: &CountUsers) => CountUsers;
        create(request: &CreateUser) => CreateUser;
        get(user_id: impl Into<UserId>) => GetUser { user_id };
        update(request: &UpdateUser) => UpdateUser;
        set_profile_image(user_id: impl Into<UserId>, file: impl Into<File>)
            => SetUserProfileImage { user_id, file };
        delete_profile_image(user_id: impl Into<UserId>) => DeleteUserProfileImage { user_id };
        merge_metadata(request: &MergeUserMetadata) => MergeUserMetadata;
        replace_metadata(request: &ReplaceUserMetadata) => ReplaceUserMetadata;
        ban(user_id: impl Into<UserId>) => BanUser { user_id };
        unban(user_id: impl Into<UserId>) => UnbanUser { user_id };
        ban_many(user_ids: impl Into<Vec<UserId>>) => BanUsers { user_ids };
        unban_many(user_ids: impl Into<Vec<UserId>>) => UnbanUsers { user_ids };
        lock(user_id: impl Into<UserId>) => LockUser { user_id };
        unlock(user_id: impl Into<UserId>) => UnlockUser { user_id };
        verify_password(user_id: impl Into<UserId>, password: impl Into<Secret>)
            => VerifyPassword { user_id, password };
        remove_password(request: &RemovePassword) => RemovePassword;
        verify_totp(user_id: impl Into<UserId>, code: impl Into<Secret>)
            => VerifyTotp { user_id, code };
        disable_mfa(user_id: impl Into<UserId>) => DisableUserMfa { user_id };
        delete_totp(user_id: impl Into<UserId>) => DeleteUserTotp { user_id };
        delete_backup_codes(user_id: impl Into<UserId>) => DeleteUserBackupCodes { user_id };
        delete_passkey(
            user_id: impl Into<UserId>,
            passkey_identification_id: impl Into<IdentificationId>
        ) => DeleteUserPasskey { user_id, passkey_identification_id };
        delete_web3_wallet(
            user_id: impl Into<UserId>,
            web3_wallet_identification_id: impl Into<IdentificationId>
        ) => DeleteUserWeb3Wallet { user_id, web3_wallet_identification_id };
        delete_external_account(
            user_id: impl Into<UserId>,
            external_account_id: impl Into<ExternalAccountId>
        ) => DeleteUserExternalAccount { user_id, external_account_id };
        list_oauth_access_tokens(user_id: impl Into<UserId>, provider: impl Into<String>)
            => ListUserOAuthAccessTokens { user_id, provider };
        delete(user_id: impl Into<UserId>) => DeleteUser { user_id };
        list_organization_memberships(request: &ListUserOrganizationMemberships)
            => ListUserOrganizationMemberships;
        list_organization_invitations(request: &ListUserOrganizationInvitations)
            => ListUserOrganizationInvitations;
    }

    /// Organizations, their members, invitations and domains.
    /// JavaScript: `clerkClient.organizations`.
    organizations: Organizations {
        list(request: &ListOrganizations) => ListOrganizations;
        create(request: &CreateOrganization) => CreateOrganization;
        get(organization_id: impl Into<OrganizationId>) => GetOrganization { organization_id };
        update(request: &UpdateOrganization) => UpdateOrganization;
        update_metadata(request: &MergeOrganizationMetadata) => MergeOrganizationMetadata;
        replace_metadata(request: &ReplaceOrganizationMetadata) => ReplaceOrganizationMetadata;
        set_logo(organization_id: impl Into<OrganizationId>, file: impl Into<File>)
            => UploadOrganizationLogo { organization_id, file };
        delete_logo(organization_id: impl Into<OrganizationId>)
            => DeleteOrganizationLogo { organization_id };
        delete(organization_id: impl Into<OrganizationId>)
            => DeleteOrganization { organization_id };
        list_memberships(request: &ListOrganizationMemberships) => ListOrganizationMemberships;
        list_all_memberships(request: &ListInstanceOrganizationMemberships)
            => ListInstanceOrganizationMemberships;
        create_membership(request: &CreateOrganizationMembership) => CreateOrganizationMembership;
        update_membership(request: &UpdateOrganizationMembership) => UpdateOrganizationMembership;
        update_membership_metadata(request: &UpdateOrganizationMembershipMetadata)
            => UpdateOrganizationMembershipMetadata;
        delete_membership(
            organization_id: impl Into<OrganizationId>,
            user_id: impl Into<UserId>
        ) => DeleteOrganizationMembership { organization_id, user_id };
        list_invitations(request: &ListOrganizationInvitations) => ListOrganizationInvitations;
        list_pending_invitations(request: &ListPendingOrganizationInvitations)
            => ListPendingOrganizationInvitations;
        list_all_invitations(request: &ListInstanceOrganizationInvitations)
            => ListInstanceOrganizationInvitations;
        create_invitation(request: &CreateOrganizationInvitation) => CreateOrganizationInvitation;
        create_invitations(request: &CreateOrganizationInvitationBulk)
            => CreateOrganizationInvitationBulk;
        get_invitation(
            organization_id: impl Into<OrganizationId>,
            invitation_id: impl Into<OrganizationInvitationId>
        ) => GetOrganizationInvitation { organization_id, invitation_id };
        revoke_invitation(request: &RevokeOrganizationInvitation) => RevokeOrganizationInvitation;
        list_domains(request: &ListOrganizationDomains) => ListOrganizationDomains;
        list_all_domains(request: &ListInstanceOrganizationDomains)
            => ListInstanceOrganizationDomains;
        create_domain(request: &CreateOrganizationDomain) => CreateOrganizationDomain;
        update_domain(request: &UpdateOrganizationDomain) => UpdateOrganizationDomain;
        delete_domain(
            organization_id: impl Into<OrganizationId>,
            domain_id: impl Into<OrganizationDomainId>
        ) => DeleteOrganizationDomain { organization_id, domain_id };
        verify_domain_ownership(
            organization_id: impl Into<OrganizationId>,
            domain_id: impl Into<OrganizationDomainId>
        ) => VerifyOrganizationDomainOwnership { organization_id, domain_id };
    }

    /// The roles of members of organizations, and what they permit.
    organization_roles: OrganizationRoles {
        list(request: &ListOrganizationRoles) => ListOrganizationRoles;
        create(request: &CreateOrganizationRole) => CreateOrganizationRole;
        get(organization_role_id: impl Into<RoleId>)
            => GetOrganizationRole { organization_role_id };
        update(request: &UpdateOrganizationRole) => UpdateOrganizationRole;
        delete(organization_role_id: impl Into<RoleId>)
            => DeleteOrganizationRole { organization_role_id };
        assign_permission(
            organization_role_id: impl Into<RoleId>,
            permission_id: impl Into<PermissionId>
        ) => AssignPermissionToOrganizationRole { organization_role_id, permission_id };
        remove_permission(
            organization_role_id: impl Into<RoleId>,
            permission_id: impl Into<PermissionId>
        ) => RemovePermissionFromOrganizationRole { organization_role_id, permission_id };
        list_permissions(request: &ListOrganizationPermissions) => ListOrganizationPermissions;
        create_permission(request: &CreateOrganizationPermission) => CreateOrganizationPermission;
        get_permission(permission_id: impl Into<PermissionId>)
            => GetOrganizationPermission { permission_id };
        update_permission(request: &UpdateOrganizationPermission) => UpdateOrganizationPermission;
        delete_permission(permission_id: impl Into<PermissionId>)
            => DeleteOrganizationPermission { permission_id };
    }

    /// Role sets: which roles the members of organizations can have.
    role_sets: RoleSets {
        list(request: &ListRoleSets) => ListRoleSets;
        create(request: &CreateRoleSet) => CreateRoleSet;
        get(role_set_key_or_id: impl Into<String>) => GetRoleSet { role_set_key_or_id };
        update(request: &UpdateRoleSet) => UpdateRoleSet;
        replace(request: &ReplaceRoleSet) => ReplaceRoleSet;
        add_roles(request: &AddRolesToRoleSet) => AddRolesToRoleSet;
        replace_role(request: &ReplaceRoleInRoleSet) => ReplaceRoleInRoleSet;
    }

    /// Sessions and their tokens. JavaScript: `clerkClient.sessions`.
    sessions: Sessions {
        list(request: &ListSessions) => ListSessions;
        create(request: &CreateSession) => CreateSession;
        get(session_id: impl Into<SessionId>) => GetSession { session_id };
        revoke(session_id: impl Into<SessionId>) => RevokeSession { session_id };
        verify(session_id: impl Into<SessionId>, token: impl Into<Secret>)
            => VerifySession { session_id, token };
        refresh(request: &RefreshSession) => RefreshSession;
        create_token(request: &CreateSessionToken) => CreateSessionToken;
        create_token_from_template(request: &CreateSessionTokenFromTemplate)
            => CreateSessionTokenFromTemplate;
    }

    /// Clients: browsers and devices. JavaScript: `clerkClient.clients`.
    clients: Clients {
        list(request: &ListClients) => ListClients;
        get(client_id: impl Into<ClientId>) => GetClient { client_id };
        verify(token: impl Into<Secret>) => VerifyClient { token };
        handshake_payload(nonce: impl Into<String>) => GetHandshakePayload { nonce };
    }

    /// Email addresses of users. JavaScript: `clerkClient.emailAddresses`.
    email_addresses: EmailAddresses {
        create(request: &CreateEmailAddress) => CreateEmailAddress;
        get(email_address_id: impl Into<IdentificationId>)
            => GetEmailAddress { email_address_id };
        update(request: &UpdateEmailAddress) => UpdateEmailAddress;
        delete(email_address_id: impl Into<IdentificationId>)
            => DeleteEmailAddress { email_address_id };
    }

    /// Phone numbers of users. JavaScript: `clerkClient.phoneNumbers`.
    phone_numbers: PhoneNumbers {
        create(request: &CreatePhoneNumber) => CreatePhoneNumber;
        get(phone_number_id: impl Into<IdentificationId>) => GetPhoneNumber { phone_number_id };
        update(request: &UpdatePhoneNumber) => UpdatePhoneNumber;
        delete(phone_number_id: impl Into<IdentificationId>)
            => DeletePhoneNumber { phone_number_id };
    }

    /// Invitations to sign up. JavaScript: `clerkClient.invitations`.
    invitations: Invitations {
        list(request: &ListInvitations) => ListInvitations;
        create(request: &CreateInvitation) => CreateInvitation;
        create_many(invitations: impl Into<Array<CreateInvitation>>)
            => CreateInvitations { invitations };
        revoke(invitation_id: impl Into<InvitationId>) => RevokeInvitation { invitation_id };
    }

    /// Tokens that sign users in. JavaScript: `clerkClient.signInTokens`.
    sign_in_tokens: SignInTokens {
        create(request: &CreateSignInToken) => CreateSignInToken;
        revoke(sign_in_token_id: impl Into<SignInTokenId>)
            => RevokeSignInToken { sign_in_token_id };
    }

    /// Tokens with which one user acts in the place of another.
    /// JavaScript: `clerkClient.actorTokens`.
    actor_tokens: ActorTokens {
        create(request: &CreateActorToken) => CreateActorToken;
        revoke(actor_token_id: impl Into<ActorTokenId>) => RevokeActorToken { actor_token_id };
    }

    /// Testing tokens. JavaScript: `clerkClient.testingTokens`.
    testing_tokens: TestingTokens {
        create() => CreateTestingToken {};
    }

    /// JWT templates. JavaScript: `clerkClient.jwtTemplates`.
    jwt_templates: JwtTemplates {
        list(request: &ListJwtTemplates) => ListJwtTemplates;
        create(request: &CreateJwtTemplate) => CreateJwtTemplate;
        get(template_id: impl Into<JwtTemplateId>) => GetJwtTemplate { template_id };
        update(request: &UpdateJwtTemplate) => UpdateJwtTemplate;
        delete(template_id: impl Into<JwtTemplateId>) => DeleteJwtTemplate { template_id };
    }

    /// Addresses to which native applications may be sent back.
    /// JavaScript: `clerkClient.redirectUrls`.
    redirect_urls: RedirectUrls {
        list(request: &ListRedirectUrls) => ListRedirectUrls;
        create(url: impl Into<String>) => CreateRedirectUrl { url };
        get(id: impl Into<RedirectUrlId>) => GetRedirectUrl { id };
        delete(id: impl Into<RedirectUrlId>) => DeleteRedirectUrl { id };
    }

    /// Who may sign up. JavaScript: `clerkClient.allowlistIdentifiers`.
    allowlist_identifiers: AllowlistIdentifiers {
        list(request: &ListAllowlistIdentifiers) => ListAllowlistIdentifiers;
        create(request: &CreateAllowlistIdentifier) => CreateAllowlistIdentifier;
        delete(identifier_id: impl Into<AllowlistIdentifierId>)
            => DeleteAllowlistIdentifier { identifier_id };
    }

    /// Who may not sign up. JavaScript: `clerkClient.blocklistIdentifiers`.
    blocklist_identifiers: BlocklistIdentifiers {
        list(request: &ListBlocklistIdentifiers) => ListBlocklistIdentifiers;
        create(identifier: impl Into<String>) => CreateBlocklistIdentifier { identifier };
        delete(identifier_id: impl Into<BlocklistIdentifierId>)
            => DeleteBlocklistIdentifier { identifier_id };
    }

    /// The domains of the instance. JavaScript: `clerkClient.domains`.
    domains: Domains {
        list() => ListDomains {};
        add(request: &AddDomain) => AddDomain;
        update(request: &UpdateDomain) => UpdateDomain;
        delete(domain_id: impl Into<DomainId>) => DeleteDomain { domain_id };
    }

    /// Whether the Frontend API can be reached through a proxy.
    /// JavaScript: `clerkClient.proxyChecks`.
    proxy_checks: ProxyChecks {
        verify(request: &VerifyDomainProxy) => VerifyDomainProxy;
    }

    /// The instance and its settings. JavaScript: `clerkClient.instance`.
    instance: Instance {
        get() => GetInstance {};
        update(request: &UpdateInstance) => UpdateInstance;
        update_restrictions(request: &UpdateInstanceRestrictions) => UpdateInstanceRestrictions;
        get_organization_settings() => GetInstanceOrganizationSettings {};
        update_organization_settings(request: &UpdateInstanceOrganizationSettings)
            => UpdateInstanceOrganizationSettings;
        change_domain(request: &ChangeDomain) => ChangeDomain;
    }

    /// What Clerk may change at any time. JavaScript: `clerkClient.betaFeatures`.
    beta_features: BetaFeatures {
        change_domain(request: &ChangeDomainBeta) => ChangeDomainBeta;
    }

    /// Who waits for being let in. JavaScript: `clerkClient.waitlistEntries`.
    waitlist_entries: WaitlistEntries {
        list(request: &ListWaitlistEntries) => ListWaitlistEntries;
        create(request: &CreateWaitlistEntry) => CreateWaitlistEntry;
        create_many(entries: impl Into<Array<CreateWaitlistEntry>>)
            => CreateBulkWaitlistEntries { entries };
        invite(request: &InviteWaitlistEntry) => InviteWaitlistEntry;
        reject(waitlist_entry_id: impl Into<WaitlistEntryId>)
            => RejectWaitlistEntry { waitlist_entry_id };
        delete(waitlist_entry_id: impl Into<WaitlistEntryId>)
            => DeleteWaitlistEntry { waitlist_entry_id };
    }

    /// Sign-ups. JavaScript: `clerkClient.signUps`.
    sign_ups: SignUps {
        get(id: impl Into<SignUpId>) => GetSignUp { id };
        update(request: &UpdateSignUp) => UpdateSignUp;
    }

    /// Whether the instance sends webhooks, and where they are managed.
    /// JavaScript: `clerkClient.webhooks`.
    webhooks: Webhooks {
        create_svix_app() => CreateSvixApp {};
        delete_svix_app() => DeleteSvixApp {};
        generate_svix_auth_url() => GenerateSvixAuthUrl {};
    }

    /// Connections to identity providers that speak SAML.
    /// JavaScript: `clerkClient.samlConnections`.
    saml_connections: SamlConnections {
        list(request: &ListSamlConnections) => ListSamlConnections;
        create(request: &CreateSamlConnection) => CreateSamlConnection;
        get(saml_connection_id: impl Into<SamlConnectionId>)
            => GetSamlConnection { saml_connection_id };
        update(request: &UpdateSamlConnection) => UpdateSamlConnection;
        delete(saml_connection_id: impl Into<SamlConnectionId>)
            => DeleteSamlConnection { saml_connection_id };
    }

    /// Applications that sign their users in with ours. JavaScript: `clerkClient.oauthApplications`.
    oauth_applications: OAuthApplications {
        list(request: &ListOAuthApplications) => ListOAuthApplications;
        create(request: &CreateOAuthApplication) => CreateOAuthApplication;
        get(oauth_application_id: impl Into<OAuthApplicationId>)
            => GetOAuthApplication { oauth_application_id };
        update(request: &UpdateOAuthApplication) => UpdateOAuthApplication;
        delete(oauth_application_id: impl Into<OAuthApplicationId>)
            => DeleteOAuthApplication { oauth_application_id };
        rotate_secret(oauth_application_id: impl Into<OAuthApplicationId>)
            => RotateOAuthApplicationSecret { oauth_application_id };
    }

    /// Applications that nobody has claimed.
    /// JavaScript: `clerkClient.__experimental_accountlessApplications`.
    accountless_applications: AccountlessApplications {
        create() => CreateAccountlessApplication {};
        complete() => CompleteAccountlessApplication {};
    }
}

impl Users<'_> {
    /// A page of users, with the number of all that match: [`ListUsers`] and [`CountUsers`] at
    /// once. Send [`ListUsers`] itself where the number is of no interest.
    ///
    /// JavaScript: `users.getUserList`.
    ///
    /// # Errors
    /// When the API refuses, cannot be reached, or answers something else.
    #[doc(alias = "getUserList")]
    pub async fn list(&self, request: &ListUsers) -> Result<Page<User>, ClientError> {
        let count = CountUsers {
            filter: request.filter.clone(),
        };
        let (data, count) = tokio::try_join!(self.0.send(request), self.0.send(&count))?;
        Ok(Page {
            data,
            total_count: count.total_count,
        })
    }
}

impl Client {
    /// The keys that verify the instance's tokens. JavaScript: `jwks.getJwks`.
    ///
    /// # Errors
    /// When the API refuses, cannot be reached, or answers something else.
    #[doc(alias = "getJwks")]
    pub async fn jwks(&self) -> Result<JsonWebKeySet, ClientError> {
        self.send(&GetJwks {}).await
    }
}
