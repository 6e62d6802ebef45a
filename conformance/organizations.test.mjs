import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { File } from 'node:buffer';
import { assertRecent, assertSchema, cleanUp, clerk, email, ids, newOrganization, newUser, rejects, unique } from './support.mjs';

const { organizations, users } = clerk;
const unknown = 'org_2aaaaaaaaaaaaaaaaaaaaaaaaaa';

describe('organizations', () => {
  let creator, member, slug, organization;

  before(async () => {
    creator = await newUser({ firstName: 'Olga', lastName: 'Owner' });
    member = await newUser({ firstName: 'Max' });
    slug = unique('acme-');
    organization = await newOrganization({
      name: 'Acme & Söhne',
      slug,
      createdBy: creator.id,
      maxAllowedMemberships: 7,
      publicMetadata: { camelCase: { innerKey: [1] } },
      privateMetadata: { taxNumber: '42' },
    });
  });
  after(cleanUp);

  describe('createOrganization', () => {
    it('stores what it is given and answers with the whole organization', () => {
      const { id, createdAt, updatedAt, ...rest } = organization;
      assert.match(id, /^org_[0-9A-Za-z]{27}$/);
      assert.equal(rest.name, 'Acme & Söhne');
      assert.equal(rest.slug, slug);
      assert.equal(rest.createdBy, creator.id);
      assert.equal(rest.maxAllowedMemberships, 7);
      assert.deepEqual(rest.publicMetadata, { camelCase: { innerKey: [1] } });
      assert.deepEqual(rest.privateMetadata, { taxNumber: '42' });
      assert.equal(rest.hasImage, false);
      assert.equal(typeof rest.adminDeleteEnabled, 'boolean');
      assertRecent(createdAt, 'createdAt');
      assertRecent(updatedAt, 'updatedAt');
    });

    it('makes up a slug, metadata and no members if nothing is given', async () => {
      const { id, slug, publicMetadata } = await newOrganization({ name: `${unique('Big')} Name!` });
      assert.match(slug, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.deepEqual(publicMetadata, {});
      assert.equal((await organizations.getOrganizationMembershipList({ organizationId: id })).totalCount, 0);
    });

    it('refuses a taken slug and an unknown creator', async () => {
      await rejects(organizations.createOrganization({ name: 'X', slug }), 422, 'form_identifier_exists', 'slug');
      await rejects(
        organizations.createOrganization({ name: 'X', createdBy: 'user_2aaaaaaaaaaaaaaaaaaaaaaaaaa' }),
        400, 'organization_creator_not_found',
      );
    });
  });

  describe('getOrganization', () => {
    it('finds it by id and by slug', async () => {
      const byId = await organizations.getOrganization({ organizationId: organization.id });
      const bySlug = await organizations.getOrganization({ slug });
      assert.equal(byId.id, organization.id);
      assert.equal(byId.name, organization.name);
      assert.deepEqual(byId.publicMetadata, organization.publicMetadata);
      assert.deepEqual(bySlug.raw, byId.raw);
    });

    it('counts the members if asked to', async () => {
      const { membersCount } = await organizations.getOrganization({ slug, includeMembersCount: true });
      assert.equal(membersCount, (await organizations.getOrganizationMembershipList({ organizationId: organization.id })).totalCount);
      assert.ok(membersCount >= 1);
    });

    it('fails for an unknown id and an unknown slug', async () => {
      await rejects(organizations.getOrganization({ organizationId: unknown }), 404, 'resource_not_found');
      await rejects(organizations.getOrganization({ slug: unique('nobody-') }), 404, 'resource_not_found');
    });
  });

  describe('getOrganizationList', () => {
    const word = unique('list');
    let made; // oldest first

    before(async () => {
      made = [];
      for (const name of ['Cc', 'Aa', 'Bb']) made.push(await newOrganization({ name: `${name} ${word}`, createdBy: creator.id }));
    });

    it('gives a page', async () => {
      const { data, totalCount } = await organizations.getOrganizationList({ limit: 1, offset: 1, query: word });
      assert.deepEqual(ids(data), [made[1].id]);
      assertRecent(data[0].createdAt, 'createdAt of an Organization');
      assert.equal(totalCount, 3);
      assert.ok((await organizations.getOrganizationList()).totalCount >= 4);
    });

    for (const [orderBy, expected] of [[undefined, [2, 1, 0]], ['name', [1, 2, 0]], ['-name', [0, 2, 1]], ['+created_at', [0, 1, 2]]])
      it(`orders by ${orderBy ?? 'age, newest first,'}${orderBy ? '' : ' by default'}`, async () => {
        const { data } = await organizations.getOrganizationList({ query: word, orderBy });
        assert.deepEqual(ids(data), expected.map(i => made[i].id));
      });

    it('filters by id', async () => {
      const { data, totalCount } = await organizations.getOrganizationList({ organizationId: [made[0].id, made[2].id, unknown] });
      assert.deepEqual(ids(data), [made[2].id, made[0].id]);
      assert.equal(totalCount, 2);
    });

    it('includes the number of members if asked to', async () => {
      const { data } = await organizations.getOrganizationList({ query: word, includeMembersCount: true });
      assert.deepEqual(data.map(o => o.membersCount), [1, 1, 1]);
    });

    it('refuses a limit and an order that do not exist', async () => {
      await rejects(organizations.getOrganizationList({ limit: 501 }), 422, 'form_param_value_invalid', 'limit');
      await rejects(organizations.getOrganizationList({ orderBy: 'nonsense' }), 422, 'form_param_value_invalid', 'order_by');
    });
  });

  describe('memberships', () => {
    const list = params => organizations.getOrganizationMembershipList({ organizationId: organization.id, ...params });
    let membership;

    before(async () => {
      membership = await organizations.createOrganizationMembership({
        organizationId: organization.id, userId: member.id, role: 'org:member',
      });
    });

    it('makes the creator an admin', async () => {
      const { data, totalCount } = await list({ userId: [creator.id] });
      assert.equal(totalCount, 1);
      assert.equal(data[0].role, 'org:admin');
      assert.ok(data[0].permissions.includes('org:sys_memberships:manage'), `permissions ${data[0].permissions}`);
    });

    it('createOrganizationMembership answers with role, permissions, organization and user', () => {
      assert.match(membership.id, /^orgmem_[0-9A-Za-z]{27}$/);
      assert.equal(membership.role, 'org:member');
      assert.ok(Array.isArray(membership.permissions), 'permissions');
      assert.ok(!membership.permissions.includes('org:sys_memberships:manage'), 'a member may not manage members');
      assert.deepEqual([membership.organization.id, membership.organization.slug], [organization.id, slug]);
      assert.deepEqual(membership.publicMetadata, {});
      const { userId, firstName, lastName, identifier, hasImage } = membership.publicUserData;
      assert.deepEqual(
        { userId, firstName, lastName, identifier, hasImage },
        { userId: member.id, firstName: 'Max', lastName: null, identifier: member.emailAddresses[0].emailAddress, hasImage: false },
      );
      assertRecent(membership.createdAt, 'createdAt');
    });

    it('lists them newest first, in pages', async () => {
      const all = await list();
      assert.deepEqual(all.data.map(m => m.publicUserData.userId), [member.id, creator.id]);
      assert.equal(all.totalCount, 2);
      const second = await list({ limit: 1, offset: 1 });
      assert.deepEqual(second.data.map(m => m.publicUserData.userId), [creator.id]);
      assert.equal(second.totalCount, 2);
    });

    for (const [name, filter, expected] of [
      ['role', () => ({ role: ['org:admin'] }), () => creator],
      ['userId', () => ({ userId: [member.id] }), () => member],
      ['emailAddress', () => ({ emailAddress: [creator.emailAddresses[0].emailAddress] }), () => creator],
      ['query', () => ({ query: 'Owner' }), () => creator],
    ])
      it(`filters by ${name}`, async () => {
        const { data, totalCount } = await list(filter());
        assert.deepEqual(data.map(m => m.publicUserData.userId), [expected().id]);
        assert.equal(totalCount, 1);
      });

    it('are found from the user and from the list of users', async () => {
      const { data, totalCount } = await users.getOrganizationMembershipList({ userId: member.id });
      assert.equal(totalCount, 1);
      assert.equal(data[0].id, membership.id);
      assert.equal(data[0].role, 'org:member');
      assert.equal(data[0].organization.id, organization.id);
      const found = await users.getUserList({ organizationId: [organization.id] });
      assert.deepEqual(ids(found.data), [member.id, creator.id]);
      assert.equal(found.totalCount, 2);
    });

    it('cannot exist twice', () =>
      rejects(
        organizations.createOrganizationMembership({ organizationId: organization.id, userId: member.id, role: 'org:admin' }),
        400, 'already_a_member_in_organization',
      ));

    it('need an organization and a user that exist', async () => {
      const add = params => organizations.createOrganizationMembership({ role: 'org:member', ...params });
      await rejects(add({ organizationId: unknown, userId: member.id }), 404, 'resource_not_found');
      await rejects(add({ organizationId: organization.id, userId: 'user_2aaaaaaaaaaaaaaaaaaaaaaaaaa' }), 404, 'resource_not_found');
      await rejects(organizations.getOrganizationMembershipList({ organizationId: unknown }), 404, 'resource_not_found');
      await rejects(users.getOrganizationMembershipList({ userId: 'user_2aaaaaaaaaaaaaaaaaaaaaaaaaa' }), 404, 'resource_not_found');
    });

    it('end with their user', async () => {
      const guest = await newUser();
      await organizations.createOrganizationMembership({ organizationId: organization.id, userId: guest.id, role: 'org:member' });
      assert.equal((await list()).totalCount, 3);
      await users.deleteUser(guest.id);
      assert.equal((await list()).totalCount, 2);
    });
  });

  describe('updateOrganization, metadata and deletion', () => {
    it('changes what is given and leaves the rest', async () => {
      const { id, createdAt } = await newOrganization({ createdBy: creator.id, publicMetadata: { a: 1 } });
      const changed = await organizations.updateOrganization(id, { name: 'New', slug: unique('new-'), maxAllowedMemberships: 3 });
      assert.equal(changed.name, 'New');
      assert.equal(changed.maxAllowedMemberships, 3);
      assert.deepEqual(changed.publicMetadata, { a: 1 });
      assert.equal(changed.createdAt, createdAt);
      assertSchema(changed.raw, 'Organization');
      await rejects(organizations.updateOrganization(id, { slug }), 422, 'form_identifier_exists', 'slug');
      await rejects(organizations.updateOrganization(unknown, { name: 'X' }), 404, 'resource_not_found');
    });

    it('merges metadata on all levels', async () => {
      const { id } = await newOrganization({ publicMetadata: { a: { b: 1, camelCase: 2 } }, privateMetadata: { x: 1 } });
      const merged = await organizations.updateOrganizationMetadata(id, { publicMetadata: { a: { b: null }, c: [3] } });
      assert.deepEqual(merged.publicMetadata, { a: { camelCase: 2 }, c: [3] });
      assert.deepEqual(merged.privateMetadata, { x: 1 });
    });

    it('deletes it with its members', async () => {
      const { id, slug } = await newOrganization({ createdBy: creator.id });
      const deleted = await organizations.deleteOrganization(id);
      assert.deepEqual([deleted.object, deleted.id, deleted.slug, deleted.deleted], ['organization', id, slug, true]);
      await rejects(organizations.getOrganization({ organizationId: id }), 404, 'resource_not_found');
      const { data } = await users.getOrganizationMembershipList({ userId: creator.id, limit: 100 });
      assert.ok(!data.some(m => m.organization.id === id));
      await rejects(organizations.deleteOrganization(unknown), 404, 'resource_not_found');
    });

    it('stores a logo, shows it and takes it away', async () => {
      const { id, imageUrl } = await newOrganization();
      const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
      const file = new File([png], 'logo.png', { type: 'image/png' });
      const changed = await organizations.updateOrganizationLogo(id, { file, uploaderUserId: creator.id });
      assert.equal(changed.hasImage, true);
      assert.notEqual(changed.imageUrl, imageUrl);
      const shown = await fetch(changed.imageUrl);
      assert.equal(shown.headers.get('content-type'), 'image/png');
      assert.deepEqual(Buffer.from(await shown.arrayBuffer()), png);
      const text = new File(['text'], 'logo.png', { type: 'image/png' });
      await rejects(organizations.updateOrganizationLogo(id, { file: text }), 400, 'request_body_invalid');
      const without = await organizations.deleteOrganizationLogo(id);
      assert.equal(without.hasImage, false);
      assert.equal(without.imageUrl, imageUrl);
    });
  });

  describe('changes of a membership', () => {
    let id, guest;

    before(async () => {
      id = (await newOrganization({ createdBy: creator.id })).id;
      guest = await newUser();
      await organizations.createOrganizationMembership({ organizationId: id, userId: guest.id, role: 'org:member' });
    });

    it('updateOrganizationMembership gives another role', async () => {
      const changed = await organizations.updateOrganizationMembership({ organizationId: id, userId: guest.id, role: 'org:admin' });
      assert.equal(changed.role, 'org:admin');
      assert.ok(changed.permissions.includes('org:sys_memberships:manage'));
      assertSchema(changed.raw, 'OrganizationMembership');
      await rejects(
        organizations.updateOrganizationMembership({ organizationId: id, userId: guest.id, role: 'org:king' }),
        404, 'resource_not_found', 'role',
      );
    });

    it('updateOrganizationMembershipMetadata merges', async () => {
      const update = params => organizations.updateOrganizationMembershipMetadata({ organizationId: id, userId: guest.id, ...params });
      await update({ publicMetadata: { a: 1, camelCase: { b: 2 } }, privateMetadata: { p: 1 } });
      const merged = await update({ publicMetadata: { a: null } });
      assert.deepEqual(merged.publicMetadata, { camelCase: { b: 2 } });
      assert.deepEqual(merged.privateMetadata, { p: 1 });
    });

    it('getInstanceOrganizationMembershipList has those of all organizations', async () => {
      const { data, totalCount } = await organizations.getInstanceOrganizationMembershipList({ limit: 100, orderBy: '-created_at' });
      assert.ok(totalCount >= 2);
      assert.ok(data.some(m => m.organization.id === id && m.publicUserData.userId === guest.id));
    });

    it('deleteOrganizationMembership ends it, but never the last administrator', async () => {
      const ended = await organizations.deleteOrganizationMembership({ organizationId: id, userId: guest.id });
      assert.equal(ended.publicUserData.userId, guest.id);
      const { data } = await organizations.getOrganizationMembershipList({ organizationId: id });
      assert.deepEqual(data.map(m => m.publicUserData.userId), [creator.id]);
      await rejects(
        organizations.deleteOrganizationMembership({ organizationId: id, userId: creator.id }),
        400, 'organization_minimum_permissions_needed',
      );
      await rejects(organizations.deleteOrganizationMembership({ organizationId: id, userId: guest.id }), 404, 'resource_not_found');
    });
  });

  describe('invitations', () => {
    let id, invitation;
    const address = email();

    before(async () => {
      id = (await newOrganization({ createdBy: creator.id, maxAllowedMemberships: 50 })).id;
      invitation = await organizations.createOrganizationInvitation({
        organizationId: id, emailAddress: address, role: 'org:member', inviterUserId: creator.id,
        redirectUrl: 'https://example.com/welcome', publicMetadata: { camelCase: 1 },
      });
    });

    it('have a ticket and an end', async () => {
      assert.match(invitation.id, /^orginv_[0-9A-Za-z]{27}$/);
      assert.equal(invitation.emailAddress, address);
      assert.deepEqual([invitation.role, invitation.roleName, invitation.status], ['org:member', 'Member', 'pending']);
      assert.equal(invitation.organizationId, id);
      assert.deepEqual(invitation.publicMetadata, { camelCase: 1 });
      assert.match(invitation.url, /\/v1\/tickets\/accept\?.*ticket=ey/);
      assert.ok(invitation.expiresAt > Date.now());
      assertSchema(invitation.raw, 'OrganizationInvitation');
      const same = await organizations.getOrganizationInvitation({ organizationId: id, invitationId: invitation.id });
      assert.deepEqual(same.raw, invitation.raw);
    });

    it('are sent once to an address, by those who may', async () => {
      const again = params => organizations.createOrganizationInvitation({ organizationId: id, emailAddress: email(), role: 'org:member', ...params });
      await rejects(again({ emailAddress: address }), 400, 'organization_invitation_not_unique');
      await rejects(again({ emailAddress: creator.emailAddresses[0].emailAddress }), 400, 'already_a_member_in_organization');
      await rejects(again({ inviterUserId: member.id }), 403, 'not_a_member_in_organization');
      await rejects(again({ role: 'org:king' }), 404, 'resource_not_found');
    });

    it('are made in bulk, all or none', async () => {
      const made = await organizations.createOrganizationInvitationBulk(id, [
        { emailAddress: email(), role: 'org:admin', inviterUserId: creator.id },
        { emailAddress: email(), role: 'org:member' },
      ]);
      assert.deepEqual(made.data.map(i => i.role), ['org:admin', 'org:member']);
      const one = { emailAddress: email(), role: 'org:member' };
      await rejects(organizations.createOrganizationInvitationBulk(id, [one, one]), 400, 'organization_invitation_not_unique');
      const list = await organizations.getOrganizationInvitationList({ organizationId: id, status: ['pending'] });
      assert.equal(list.totalCount, 3);
    });

    it('are found from the invited user', async () => {
      const bob = await newUser();
      await organizations.createOrganizationInvitation({ organizationId: id, emailAddress: bob.emailAddresses[0].emailAddress, role: 'org:member' });
      const { data, totalCount } = await users.getOrganizationInvitationList({ userId: bob.id, status: 'pending' });
      assert.equal(totalCount, 1);
      assert.equal(data[0].publicOrganizationData.id, id);
    });

    it('are revoked once', async () => {
      const revoke = () => organizations.revokeOrganizationInvitation({ organizationId: id, invitationId: invitation.id, requestingUserId: creator.id });
      assert.equal((await revoke()).status, 'revoked');
      await rejects(revoke(), 404, 'organization_invitation_not_pending');
      const { data } = await organizations.getOrganizationInvitationList({ organizationId: id, status: ['revoked'] });
      assert.deepEqual(ids(data), [invitation.id]);
    });
  });

  describe('domains', () => {
    let id;
    const name = `${unique()}.example`;

    before(async () => {
      id = (await newOrganization()).id;
    });

    it('are added, listed, changed and removed', async () => {
      const domain = await organizations.createOrganizationDomain({ organizationId: id, name, enrollmentMode: 'automatic_invitation' });
      assertSchema(domain, 'OrganizationDomain');
      assert.deepEqual([domain.name, domain.enrollment_mode, domain.verification.status], [name, 'automatic_invitation', 'verified']);
      const list = await organizations.getOrganizationDomainList({ organizationId: id });
      assert.deepEqual(ids(list.data), [domain.id]);
      assert.equal(list.totalCount, 1);
      const changed = await organizations.updateOrganizationDomain({
        organizationId: id, domainId: domain.id, enrollmentMode: 'manual_invitation', verified: false,
      });
      assert.deepEqual([changed.enrollment_mode, changed.verification.status], ['manual_invitation', 'unverified']);
      await rejects(
        organizations.createOrganizationDomain({ organizationId: id, name, enrollmentMode: 'manual_invitation' }),
        422, 'organization_domain_already_exists_same_organization', 'name',
      );
      const deleted = await organizations.deleteOrganizationDomain({ organizationId: id, domainId: domain.id });
      assert.deepEqual([deleted.object, deleted.id, deleted.deleted], ['organization_domain', domain.id, true]);
      await rejects(
        organizations.updateOrganizationDomain({ organizationId: id, domainId: domain.id, verified: true }),
        404, 'resource_not_found',
      );
    });
  });
});
