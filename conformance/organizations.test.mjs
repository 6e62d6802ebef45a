import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRecent, cleanUp, clerk, ids, newOrganization, newUser, rejects, unique } from './support.mjs';

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
});
