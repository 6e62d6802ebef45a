//! Clerk's error shape, its codes and their statuses.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decode::{ParameterError, Problem};
use crate::value::Metadata;

/// A refusal of the API: an HTTP status and at least one error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} (HTTP {})", self.summary(), status.as_u16())]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// What was wrong. More than one when several parameters are at fault.
    pub errors: Vec<ErrorItem>,
    /// The id of the request, for the server's log.
    pub clerk_trace_id: Option<String>,
    /// For how long to wait before another try, in seconds, when the server says so.
    pub retry_after: Option<u64>,
}

impl ApiError {
    /// Whether one of the errors has this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.errors.iter().any(|error| error.code == code)
    }

    /// The body that carries the error.
    pub fn body(&self) -> ErrorBody {
        ErrorBody {
            errors: self.errors.clone(),
            meta: None,
            clerk_trace_id: self.clerk_trace_id.clone(),
        }
    }

    fn summary(&self) -> String {
        let texts: Vec<_> = self
            .errors
            .iter()
            .map(|error| {
                if error.long_message.is_empty() {
                    &error.message
                } else {
                    &error.long_message
                }
            })
            .map(String::as_str)
            .collect();
        match texts.as_slice() {
            [] => "the API refused the request".to_owned(),
            texts => texts.join("; "),
        }
    }
}

/// The body of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What was wrong.
    #[serde(default)]
    pub errors: Vec<ErrorItem>,
    /// What else the caller should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Value>,
    /// The id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clerk_trace_id: Option<String>,
}

/// One error of a refusal. JavaScript: `ClerkAPIError`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorItem {
    /// What went wrong, for programs, such as `form_param_missing`.
    pub code: String,
    /// What went wrong, in a few words.
    #[serde(default)]
    pub message: String,
    /// What went wrong, in a sentence.
    #[serde(default)]
    pub long_message: String,
    /// Which parameter, which identifiers.
    #[serde(default)]
    pub meta: Metadata,
}

impl ErrorItem {
    /// The parameter at fault. JavaScript: `meta.paramName`.
    #[doc(alias = "paramName")]
    pub fn parameter(&self) -> Option<&str> {
        self.meta.get("param_name")?.as_str()
    }
}

/// Declares the error codes: name, status, code and short text.
macro_rules! error_codes {
    ($( $(#[$meta:meta])* $name:ident = $status:ident $code:literal $message:literal, )*) => {
        /// An error that the API answers, with its status. The codes are Clerk's, the texts ours.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode { $( $(#[$meta])* $name, )* }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$name => $code, )* }
            }

            /// The status that goes with it.
            pub fn status(self) -> StatusCode {
                match self { $( Self::$name => StatusCode::$status, )* }
            }

            /// The short text.
            pub fn message(self) -> &'static str {
                match self { $( Self::$name => $message, )* }
            }
        }
    };
}

error_codes! {
    /// An actor token that was used or revoked cannot be revoked.
    ActorTokenCannotBeRevoked = BAD_REQUEST "actor_token_cannot_be_revoked_code" "no longer pending",
    /// The user is a member already.
    AlreadyMember = BAD_REQUEST "already_a_member_in_organization" "already a member",
    /// The request names an API version that does not exist.
    ApiVersionInvalid = BAD_REQUEST "api_version_invalid" "unknown API version",
    /// There are no credentials.
    AuthenticationInvalid = UNAUTHORIZED "authentication_invalid" "not authenticated",
    /// The `Authorization` header is not `Bearer …`.
    AuthorizationHeaderFormatInvalid = UNAUTHORIZED "authorization_header_format_invalid" "malformed Authorization header",
    /// Whoever calls may not do this.
    AuthorizationInvalid = FORBIDDEN "authorization_invalid" "not allowed",
    /// The request cannot be carried out as it is.
    BadRequest = BAD_REQUEST "bad_request" "bad request",
    /// More was asked for in one request than it can have.
    BulkSizeExceeded = BAD_REQUEST "bulk_size_exceeded" "too many at once",
    /// The secret key is not one of this instance.
    ClerkKeyInvalid = UNAUTHORIZED "clerk_key_invalid" "unknown secret key",
    /// Organizations for which no role set is named need this one.
    CannotDeleteInitialRoleSet = FORBIDDEN "cannot_delete_initial_role_set" "initial role set",
    /// The request names no client.
    ClientNotFound = BAD_REQUEST "client_not_found" "no client",
    /// There is such an object already.
    DuplicateRecord = BAD_REQUEST "duplicate_record" "exists already",
    /// The expired token is not a session token of this instance.
    ExpiredSessionTokenInvalid = UNAUTHORIZED "expired_session_token_invalid" "not a session token",
    /// The expired token does not say for which application it was made.
    ExpiredSessionTokenMissingAzp = UNAUTHORIZED "expired_session_token_missing_azp" "no azp claim",
    /// The expired token has no session.
    ExpiredSessionTokenMissingSid = UNAUTHORIZED "expired_session_token_missing_sid" "no sid claim",
    /// The user has no such account at another service.
    ExternalAccountNotFound = NOT_FOUND "external_account_not_found" "external account not found",
    /// The server does not have this operation yet.
    FeatureNotImplemented = FORBIDDEN "feature_not_implemented" "not implemented",
    /// A parameter needs another that is not there.
    FormConditionalParameterMissing = UNPROCESSABLE_ENTITY "form_conditional_param_missing" "missing",
    /// Nothing was given where something is needed.
    FormDataMissing = UNPROCESSABLE_ENTITY "form_data_missing" "missing data",
    /// The identifier belongs to another user.
    FormIdentifierExists = UNPROCESSABLE_ENTITY "form_identifier_exists" "already taken",
    /// A parameter is given twice.
    FormParameterDuplicate = UNPROCESSABLE_ENTITY "form_param_duplicate" "given more than once",
    /// A parameter does not have the form of what it should be.
    FormParameterFormatInvalid = UNPROCESSABLE_ENTITY "form_param_format_invalid" "malformed",
    /// A date is not one.
    FormParameterInvalidTime = UNPROCESSABLE_ENTITY "form_param_invalid_time" "not a time",
    /// A parameter is too long.
    FormParameterMaxLengthExceeded = UNPROCESSABLE_ENTITY "form_param_max_length_exceeded" "too long",
    /// A required parameter is not there.
    FormParameterMissing = UNPROCESSABLE_ENTITY "form_param_missing" "missing",
    /// A parameter is null.
    FormParameterNull = UNPROCESSABLE_ENTITY "form_param_nil" "must not be null",
    /// A parameter has another type.
    FormParameterTypeInvalid = UNPROCESSABLE_ENTITY "form_param_type_invalid" "wrong type",
    /// The request has no such parameter.
    FormParameterUnknown = UNPROCESSABLE_ENTITY "form_param_unknown" "unknown parameter",
    /// A parameter has a value that is not allowed.
    FormParameterValueInvalid = UNPROCESSABLE_ENTITY "form_param_value_invalid" "not allowed",
    /// The password digest is not one that its hasher makes.
    FormPasswordDigestInvalid = UNPROCESSABLE_ENTITY "form_password_digest_invalid_code" "malformed password digest",
    /// The password is too long.
    FormPasswordLengthTooLong = UNPROCESSABLE_ENTITY "form_password_length_too_long" "password too long",
    /// The password is too short.
    FormPasswordLengthTooShort = UNPROCESSABLE_ENTITY "form_password_length_too_short" "password too short",
    /// The username has a character that is not allowed.
    FormUsernameInvalidCharacter = UNPROCESSABLE_ENTITY "form_username_invalid_character" "character not allowed",
    /// The username is too short or too long.
    FormUsernameInvalidLength = UNPROCESSABLE_ENTITY "form_username_invalid_length" "wrong length",
    /// The username is nothing but digits.
    FormUsernameNeedsNonNumber = UNPROCESSABLE_ENTITY "form_username_needs_non_number_char" "needs a character that is no digit",
    /// An identifier that is not verified cannot be the primary one.
    FormVerificationNeeded = UNPROCESSABLE_ENTITY "form_verification_needed" "not verified",
    /// The image is too large.
    ImageTooLarge = PAYLOAD_TOO_LARGE "image_too_large" "image too large",
    /// The password is wrong.
    IncorrectPassword = UNPROCESSABLE_ENTITY "incorrect_password" "incorrect password",
    /// The server failed.
    Internal = INTERNAL_SERVER_ERROR "internal_clerk_error" "internal error",
    /// The session's status does not allow this.
    InvalidActionForSession = BAD_REQUEST "invalid_action_for_session" "not possible for this session",
    /// The way back from a handshake is not an address.
    InvalidHandshake = BAD_REQUEST "invalid_handshake" "malformed handshake",
    /// The token is none of the session.
    InvalidSessionToken = BAD_REQUEST "invalid_session_token" "invalid session token",
    /// The authenticator's secret is none.
    InvalidTotpSecret = UNPROCESSABLE_ENTITY "invalid_totp_secret_code" "invalid secret",
    /// The invitation was accepted.
    InvitationAlreadyAccepted = BAD_REQUEST "invitation_already_accepted" "accepted already",
    /// The invitation was revoked.
    InvitationAlreadyRevoked = BAD_REQUEST "invitation_already_revoked" "revoked already",
    /// A template sets a claim that is the server's to set.
    JwtTemplateReservedClaim = BAD_REQUEST "jwt_template_reserved_claim" "reserved claim",
    /// The query or the path cannot be read.
    MalformedRequestParameters = BAD_REQUEST "malformed_request_parameters" "malformed parameters",
    /// The member does not have the permission.
    MissingOrganizationPermission = FORBIDDEN "missing_organization_permission" "permission missing",
    /// The user has no password.
    NoPasswordSet = BAD_REQUEST "no_password_set" "no password",
    /// The user is not a member.
    NotAMember = FORBIDDEN "not_a_member_in_organization" "not a member",
    /// The identifier may not be used to sign up.
    NotAllowedAccess = FORBIDDEN "not_allowed_access" "access not allowed",
    /// This cannot be done to the primary domain.
    OperationNotAllowedOnPrimaryDomain = FORBIDDEN "operation_not_allowed_on_primary_domain" "primary domain",
    /// The user has created as many organizations as they may.
    OrganizationCreationLimitExceeded = FORBIDDEN "org_creation_limit_exceeded" "too many organizations",
    /// There is no such creator.
    OrganizationCreatorNotFound = BAD_REQUEST "organization_creator_not_found" "creator not found",
    /// The domain is verified for another organization.
    OrganizationDomainAlreadyExists = UNPROCESSABLE_ENTITY "organization_domain_already_exists" "domain taken",
    /// The organization has the domain already.
    OrganizationDomainAlreadyExistsSameOrganization = UNPROCESSABLE_ENTITY "organization_domain_already_exists_same_organization" "domain exists",
    /// By the domain, users join an organization already.
    OrganizationDomainExistsForEnterpriseConnection = UNPROCESSABLE_ENTITY "organization_domain_exists_for_enterprise_connection" "domain in use by an organization",
    /// Everybody can have an email address of the domain.
    OrganizationDomainCommon = UNPROCESSABLE_ENTITY "organization_domain_common" "common domain",
    /// The instance does not have this enrollment mode.
    OrganizationDomainEnrollmentModeNotEnabled = FORBIDDEN "organization_domain_enrollment_mode_not_enabled" "enrollment mode turned off",
    /// The organization has as many domains as it may.
    OrganizationDomainQuotaExceeded = FORBIDDEN "organization_domain_quota_exceeded" "too many domains",
    /// The instance has no domains of organizations.
    OrganizationDomainsNotEnabled = FORBIDDEN "organization_domains_not_enabled" "domains turned off",
    /// The instance has as many role sets as it may.
    OrganizationInstanceRoleSetsQuotaExceeded = FORBIDDEN "organization_instance_role_sets_quota_exceeded" "too many role sets",
    /// The instance has as many roles as it may.
    OrganizationInstanceRolesQuotaExceeded = FORBIDDEN "organization_instance_roles_quota_exceeded" "too many roles",
    /// The invitation does not wait for an answer.
    OrganizationInvitationNotPending = NOT_FOUND "organization_invitation_not_pending" "not pending",
    /// An invitation to this address waits for an answer.
    OrganizationInvitationNotUnique = BAD_REQUEST "organization_invitation_not_unique" "already invited",
    /// The organization is full.
    OrganizationMembershipQuotaExceeded = FORBIDDEN "organization_membership_quota_exceeded" "organization full",
    /// No member would be left who may manage the organization.
    OrganizationMinimumPermissionsNeeded = BAD_REQUEST "organization_minimum_permissions_needed" "nobody would manage it",
    /// The creator's role lacks what a creator needs.
    OrganizationMissingCreatorRolePermissions = UNPROCESSABLE_ENTITY "organization_missing_creator_role_permissions" "permissions missing",
    /// The instance has no organizations.
    OrganizationNotEnabledInInstance = FORBIDDEN "organization_not_enabled_in_instance" "organizations turned off",
    /// Members have the role.
    OrganizationRoleAssignedMembers = UNPROCESSABLE_ENTITY "organization_role_assigned_members" "role in use",
    /// The role is that of creators.
    OrganizationRoleDefaultCreatorRole = UNPROCESSABLE_ENTITY "organization_role_default_creator_role" "role in use",
    /// The role is that of those who join because of a domain.
    OrganizationRoleDomainDefaultRole = UNPROCESSABLE_ENTITY "organization_role_domain_default_role" "role in use",
    /// Invitations are for the role.
    OrganizationRoleExistsInInvitations = UNPROCESSABLE_ENTITY "organization_role_exists_in_invitations" "role in use",
    /// Members have a role that the role set does not have.
    OrganizationRoleOnSetAssignedToUser = UNPROCESSABLE_ENTITY "organization_role_on_set_assigned_to_user" "role in use",
    /// The role has the permission already.
    OrganizationRolePermissionAssociationExists = CONFLICT "organization_role_permission_association_exists" "already permitted",
    /// The role does not have the permission.
    OrganizationRolePermissionAssociationNotFound = NOT_FOUND "organization_role_permission_association_not_found" "not permitted",
    /// A role is to become one that the other role set does not have.
    OrganizationRoleSetReassignmentMappingsInvalid = UNPROCESSABLE_ENTITY "organization_role_set_reassignment_mappings_invalid" "not a role of the other role set",
    /// It is not said what becomes of those who have a role.
    OrganizationRoleSetReassignmentMappingsMissing = UNPROCESSABLE_ENTITY "organization_role_set_reassignment_mappings_missing" "role without another in its place",
    /// The instance has no slugs.
    OrganizationSlugsDisabled = FORBIDDEN "organization_slugs_disabled" "slugs turned off",
    /// The permission is one of the system.
    OrganizationSystemPermissionNotModifiable = FORBIDDEN "organization_system_permission_not_modifiable" "system permission",
    /// The user has no such passkey.
    PasskeyNotRegistered = NOT_FOUND "passkey_not_registered" "no such passkey",
    /// The instance has a primary domain.
    PrimaryDomainAlreadyExists = UNPROCESSABLE_ENTITY "primary_domain_already_exists" "primary domain exists",
    /// The session token was made for another application.
    RefreshRequestOriginAzpMismatch = UNAUTHORIZED "refresh_request_origin_azp_mismatch" "made for another origin",
    /// The origin of the request is not one.
    RefreshRequestOriginInvalid = UNAUTHORIZED "refresh_request_origin_invalid" "not an origin",
    /// The session token is of another session.
    RefreshSidMismatch = UNAUTHORIZED "refresh_sid_mismatch" "of another session",
    /// The refresh token is unknown or used up.
    RefreshTokenNotFound = UNAUTHORIZED "refresh_token_not_found" "unknown refresh token",
    /// The body is not JSON, or not an object.
    RequestBodyInvalid = BAD_REQUEST "request_body_invalid" "malformed body",
    /// The body is too large.
    RequestBodyTooLarge = PAYLOAD_TOO_LARGE "request_body_too_large" "body too large",
    /// There is no file in the request.
    RequestWithoutImage = BAD_REQUEST "form_param_missing" "missing image",
    /// There is no such object, or no such path.
    ResourceNotFound = NOT_FOUND "resource_not_found" "not found",
    /// The connection lacks what it needs to be active.
    SamlConnectionCannotBeActivated = UNPROCESSABLE_ENTITY "saml_connection_cant_be_activated" "connection incomplete",
    /// A phone number that is not verified cannot become a second factor.
    SecondFactorUnverified = BAD_REQUEST "identification_create_second_factor_unverified" "not verified",
    /// A phone number that is not verified cannot become a second factor.
    SecondFactorUpdateUnverified = BAD_REQUEST "identification_update_second_factor_unverified" "not verified",
    /// The database cannot be reached or is full.
    ServiceUnavailable = SERVICE_UNAVAILABLE "service_unavailable" "try again later",
    /// The session has ended.
    SessionRefreshInactive = UNAUTHORIZED "session_refresh_inactive_session" "not active",
    /// The session token does not say when it was made.
    SessionRefreshMissingIat = UNAUTHORIZED "session_refresh_expired_session_token_missing_iat" "no iat claim",
    /// There is no such session.
    SessionRefreshNotFound = UNAUTHORIZED "session_refresh_session_not_found" "session not found",
    /// The session token expired too long ago.
    SessionRefreshTooOld = UNAUTHORIZED "session_refresh_expired_session_token_too_old" "too old",
    /// The session's user is gone or banned.
    SessionRefreshUserNotFound = UNAUTHORIZED "session_refresh_user_not_found" "user not found",
    /// A sign-in token that was used or revoked cannot be revoked.
    SignInTokenCannotBeRevoked = BAD_REQUEST "sign_in_token_cannot_be_revoked_code" "no longer pending",
    /// The sign-up is over.
    SignUpCannotBeUpdated = FORBIDDEN "sign_up_cannot_be_updated" "sign-up over",
    /// The instance sends webhooks already.
    SvixAppExists = BAD_REQUEST "svix_app_exists" "webhooks turned on already",
    /// The instance sends no webhooks.
    SvixAppMissing = BAD_REQUEST "svix_app_missing" "webhooks turned off",
    /// The time of the ticket is over.
    TicketExpired = BAD_REQUEST "ticket_expired_code" "ticket expired",
    /// The ticket is not one of this instance, or cannot be used.
    TicketInvalid = BAD_REQUEST "ticket_invalid_code" "invalid ticket",
    /// More requests than are allowed.
    TooManyRequests = TOO_MANY_REQUESTS "too_many_requests" "too many requests",
    /// The user has no authenticator app.
    TotpDisabled = BAD_REQUEST "totp_disabled" "no authenticator",
    /// The code is wrong.
    TotpIncorrect = UNPROCESSABLE_ENTITY "totp_incorrect_code" "incorrect code",
    /// The code has another length.
    TotpInvalidLength = UNPROCESSABLE_ENTITY "totp_invalid_length" "wrong length",
    /// The body is of a type that the endpoint does not read.
    UnsupportedContentType = UNSUPPORTED_MEDIA_TYPE "unsupported_content_type" "unsupported content type",
    /// The user may not sign in.
    UserBanned = FORBIDDEN "user_banned" "user banned",
    /// The user may not sign in for a while.
    UserLocked = FORBIDDEN "user_locked" "user locked",
    /// Who waited has signed up.
    WaitlistEntryAlreadyCompleted = CONFLICT "waitlist_entry_already_completed" "already signed up",
    /// Who waits was invited.
    WaitlistEntryAlreadyInvited = CONFLICT "waitlist_entry_already_invited" "already invited",
    /// Who waits was rejected.
    WaitlistEntryAlreadyRejected = CONFLICT "waitlist_entry_already_rejected" "already rejected",
}

impl ErrorCode {
    /// The error, explained in a sentence.
    pub fn because(self, long_message: impl Into<String>) -> ApiError {
        self.with_meta(long_message, Metadata::new())
    }

    /// The error, for one parameter.
    pub fn for_parameter(self, name: &str, long_message: impl Into<String>) -> ApiError {
        self.with_meta(
            long_message,
            Metadata::from_iter([("param_name".into(), name.into())]),
        )
    }

    /// The error, with a fact for programs in its `meta`.
    pub fn with(self, name: &str, value: Value, long_message: impl Into<String>) -> ApiError {
        self.with_meta(long_message, Metadata::from_iter([(name.into(), value)]))
    }

    fn with_meta(self, long_message: impl Into<String>, meta: Metadata) -> ApiError {
        ApiError {
            status: self.status(),
            errors: vec![ErrorItem {
                code: self.as_str().to_owned(),
                message: self.message().to_owned(),
                long_message: long_message.into(),
                meta,
            }],
            clerk_trace_id: None,
            retry_after: None,
        }
    }
}

impl From<ParameterError> for ApiError {
    fn from(error: ParameterError) -> Self {
        let code = match error.problem {
            Problem::Missing => ErrorCode::FormParameterMissing,
            Problem::Null => ErrorCode::FormParameterNull,
            Problem::Unknown => ErrorCode::FormParameterUnknown,
            Problem::Type(_) => ErrorCode::FormParameterTypeInvalid,
            Problem::Value(_) => ErrorCode::FormParameterValueInvalid,
            Problem::NoFile => ErrorCode::RequestWithoutImage,
            Problem::Repeated => ErrorCode::FormParameterDuplicate,
        };
        let text = format!("{} {}.", error.parameter, error.problem);
        code.for_parameter(&error.parameter, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_are_in_the_catalogue() {
        let catalogue = include_str!("../../../testdata/error_codes.tsv");
        for code in ErrorCode::ALL {
            let line = format!("{}\t{}", code.status().as_u16(), code.as_str());
            assert!(catalogue.lines().any(|known| known == line), "{line}");
        }
    }
}
