//! Organizations and their members.

use crate::id::{OrganizationId, OrganizationMembershipId, UserId};
use crate::users::{MemberFilter, MemberSort};
use crate::value::{DeletedObject, File, Metadata, Page, Patch, Sort};

resource! {
    /// A group of users that share resources.
    struct Organization "organization" {
        /// The id of the organization.
        id: OrganizationId,
        /// Its name.
        name: String,
        /// Its name in URLs; unique in the instance.
        slug: String,
        /// Where its logo is.
        image_url: String,
        /// Whether a logo was uploaded.
        has_image: bool,
        /// How many members it has. Only when asked for in a list.
        #[serde(skip_serializing_if = "Option::is_none")]
        members_count: Option<u64>,
        /// How many invitations wait for an answer.
        #[serde(skip_serializing_if = "Option::is_none")]
        pending_invitations_count: Option<u64>,
        /// Whether none of its members may manage it. Only when asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        missing_member_with_elevated_permissions: Option<bool>,
        /// How many members it may have; 0 for no limit.
        max_allowed_memberships: u64,
        /// Whether its administrators may delete it.
        admin_delete_enabled: bool,
        /// Data that front end and back end read.
        public_metadata: Metadata,
        /// Data that only the back end reads.
        private_metadata: Metadata,
        /// The user who created it.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_by: Option<UserId>,
        /// When it was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// A user's membership of an organization.
    struct OrganizationMembership "organization_membership" {
        /// The id of the membership.
        id: OrganizationMembershipId,
        /// The key of the member's role, such as `org:admin`.
        role: String,
        /// The name of the role.
        role_name: String,
        /// What the role permits, such as `org:sys_memberships:read`.
        permissions: Vec<String>,
        /// Data that front end and back end read.
        public_metadata: Metadata,
        /// Data that only the back end reads.
        private_metadata: Metadata,
        /// The organization.
        organization: Option<Organization>,
        /// The member, as other members see them.
        public_user_data: Option<PublicUserData>,
        /// When the membership began, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// An organization, as everybody sees it. JavaScript: `PublicOrganizationData`.
    struct PublicOrganizationData {
        /// The organization.
        id: OrganizationId,
        /// Its name.
        name: String,
        /// Its name in URLs.
        slug: Option<String>,
        /// Where its logo is.
        image_url: String,
        /// Whether a logo was uploaded.
        has_image: bool,
    }
}

resource! {
    /// A member, as other members see them. JavaScript: `OrganizationMembershipPublicUserData`.
    struct PublicUserData {
        /// The user.
        user_id: UserId,
        /// Their first name.
        first_name: Option<String>,
        /// Their last name.
        last_name: Option<String>,
        /// The old name of `image_url`.
        profile_image_url: Option<String>,
        /// Where their image is.
        image_url: String,
        /// Whether an image was uploaded.
        has_image: bool,
        /// Their main identifier: email address, phone number or username.
        identifier: Option<String>,
        /// Their username.
        username: Option<String>,
        /// Whether they are banned.
        banned: bool,
    }
}

sort_keys! {
    /// What organizations can be sorted by.
    enum OrganizationSort {
        /// When it was created.
        CreatedAt = "created_at",
        /// Its name.
        Name = "name",
        /// How many members it has.
        MembersCount = "members_count",
    }
}

endpoints! {
    /// Lists organizations, newest first.
    GET "/v1/organizations" => Page<Organization>,
    as Organizations::list(request) = "getOrganizationList",
    struct ListOrganizations {
        /// Whether to count the members of each.
        include_members_count: Option<bool>,
        /// Whether to tell of each if none of its members may manage it.
        include_missing_member_with_elevated_permissions: Option<bool>,
        /// Only those with this id, or with a name or slug that contains this.
        query: Option<String>,
        /// Only those that these users are members of; `-user_…` for all others.
        user_id: Vec<String>,
        /// Only these; `-org_…` for all others.
        organization_id: Vec<String>,
        /// How to sort.
        order_by: Option<Sort<OrganizationSort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Creates an organization. Its creator becomes its first administrator.
    POST "/v1/organizations" => Organization,
    as Organizations::create(request) = "createOrganization",
    struct CreateOrganization {
        /// Its name, 1 to 256 characters.
        name: String,
        /// The user who creates it.
        created_by: Option<UserId>,
        /// Its name in URLs; made from the name when absent.
        slug: Option<String>,
        /// How many members it may have; 0 for no limit. 5 when absent.
        max_allowed_memberships: Option<u64>,
        /// Data that front end and back end read.
        public_metadata: Option<Metadata>,
        /// Data that only the back end reads.
        private_metadata: Option<Metadata>,
        /// When it was created elsewhere (RFC 3339).
        created_at: Option<String>,
        /// The key of its role set.
        role_set_key: Option<String>,
    }

    /// Fetches an organization by its id or its slug.
    GET "/v1/organizations/{organization_id}" => Organization,
    as Organizations::get(organization_id: OrganizationId) = "getOrganization",
    struct GetOrganization {
        /// The id or the slug.
        organization_id: OrganizationId,
        /// Whether to count the members.
        include_members_count: Option<bool>,
        /// Whether to tell if none of its members may manage it.
        include_missing_member_with_elevated_permissions: Option<bool>,
    }

    /// Changes an organization.
    PATCH "/v1/organizations/{organization_id}" => Organization,
    as Organizations::update(request) = "updateOrganization",
    struct UpdateOrganization {
        /// The organization.
        organization_id: OrganizationId,
        /// Its name, 1 to 256 characters.
        name: Option<String>,
        /// Its name in URLs.
        slug: Option<String>,
        /// How many members it may have; 0 for no limit.
        max_allowed_memberships: Option<u64>,
        /// Whether its administrators may delete it.
        admin_delete_enabled: Option<bool>,
        /// Replaces the data that front end and back end read.
        public_metadata: Patch<Metadata>,
        /// Replaces the data that only the back end reads.
        private_metadata: Patch<Metadata>,
        /// When it was created elsewhere (RFC 3339).
        created_at: Option<String>,
        /// The key of its role set.
        role_set_key: Option<String>,
    }

    /// Deletes an organization with its memberships, invitations and domains.
    DELETE "/v1/organizations/{organization_id}" => DeletedObject,
    as Organizations::delete(organization_id: OrganizationId) = "deleteOrganization",
    struct DeleteOrganization {
        /// The organization.
        organization_id: OrganizationId,
    }

    /// Merges data into an organization's. A key with the value null is taken out.
    PATCH "/v1/organizations/{organization_id}/metadata" => Organization,
    as Organizations::update_metadata(request) = "updateOrganizationMetadata",
    struct MergeOrganizationMetadata {
        /// The organization.
        organization_id: OrganizationId,
        /// Merged into the data that front end and back end read.
        public_metadata: Option<Metadata>,
        /// Merged into the data that only the back end reads.
        private_metadata: Option<Metadata>,
    }

    /// Replaces an organization's data. What is absent stays as it is.
    PUT "/v1/organizations/{organization_id}/metadata" => Organization,
    as Organizations::replace_metadata(request),
    struct ReplaceOrganizationMetadata {
        /// The organization.
        organization_id: OrganizationId,
        /// In place of the data that front end and back end read.
        public_metadata: Option<Metadata>,
        /// In place of the data that only the back end reads.
        private_metadata: Option<Metadata>,
    }

    /// Gives an organization a logo: a PNG, JPEG, GIF or WebP file of 10 MiB at the most.
    PUT "/v1/organizations/{organization_id}/logo" => Organization,
    as Organizations::set_logo(organization_id: OrganizationId, file: File) = "updateOrganizationLogo",
    struct UploadOrganizationLogo {
        /// The organization.
        organization_id: OrganizationId,
        /// The user who uploads it.
        uploader_user_id: Option<UserId>,
        /// The picture.
        file: File,
    }

    /// Takes an organization's logo away.
    DELETE "/v1/organizations/{organization_id}/logo" => Organization,
    as Organizations::delete_logo(organization_id: OrganizationId) = "deleteOrganizationLogo",
    struct DeleteOrganizationLogo {
        /// The organization.
        organization_id: OrganizationId,
    }

    /// Lists the memberships of all organizations, newest first.
    GET "/v1/organization_memberships" => Page<OrganizationMembership>,
    as Organizations::list_all_memberships(request) = "getInstanceOrganizationMembershipList",
    struct ListInstanceOrganizationMemberships {
        /// How to sort.
        order_by: Option<Sort<MemberSort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Lists the members of an organization, newest first.
    GET "/v1/organizations/{organization_id}/memberships" => Page<OrganizationMembership>,
    as Organizations::list_memberships(request) = "getOrganizationMembershipList",
    struct ListOrganizationMemberships {
        /// The organization.
        organization_id: OrganizationId,
        /// How to sort.
        order_by: Option<Sort<MemberSort>>,
        /// Only members with one of these roles.
        role: Vec<String>,
        /// Only the members that are such users.
        filter: MemberFilter,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Makes a user a member.
    POST "/v1/organizations/{organization_id}/memberships" => OrganizationMembership,
    as Organizations::create_membership(request) = "createOrganizationMembership",
    struct CreateOrganizationMembership {
        /// The organization.
        organization_id: OrganizationId,
        /// The user.
        user_id: UserId,
        /// The key of the role, such as `org:member`.
        role: String,
        /// Data that front end and back end read.
        public_metadata: Option<Metadata>,
        /// Data that only the back end reads.
        private_metadata: Option<Metadata>,
    }

    /// Gives a member another role.
    PATCH "/v1/organizations/{organization_id}/memberships/{user_id}" => OrganizationMembership,
    as Organizations::update_membership(request) = "updateOrganizationMembership",
    struct UpdateOrganizationMembership {
        /// The organization.
        organization_id: OrganizationId,
        /// The member.
        user_id: UserId,
        /// The key of the role, such as `org:member`.
        role: String,
    }

    /// Merges data into a membership's. A key with the value null is taken out.
    PATCH "/v1/organizations/{organization_id}/memberships/{user_id}/metadata"
        => OrganizationMembership,
    as Organizations::update_membership_metadata(request) = "updateOrganizationMembershipMetadata",
    struct UpdateOrganizationMembershipMetadata {
        /// The organization.
        organization_id: OrganizationId,
        /// The member.
        user_id: UserId,
        /// Merged into the data that front end and back end read.
        public_metadata: Option<Metadata>,
        /// Merged into the data that only the back end reads.
        private_metadata: Option<Metadata>,
    }

    /// Ends a membership, and answers it as it was.
    DELETE "/v1/organizations/{organization_id}/memberships/{user_id}" => OrganizationMembership,
    as Organizations::delete_membership(organization_id: OrganizationId, user_id: UserId) = "deleteOrganizationMembership",
    struct DeleteOrganizationMembership {
        /// The organization.
        organization_id: OrganizationId,
        /// The member.
        user_id: UserId,
    }

    /// Lists the organizations of a user, newest membership first.
    GET "/v1/users/{user_id}/organization_memberships" => Page<OrganizationMembership>,
    as Users::list_organization_memberships(request) = "getOrganizationMembershipList",
    struct ListUserOrganizationMemberships {
        /// The user.
        user_id: UserId,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }
}
