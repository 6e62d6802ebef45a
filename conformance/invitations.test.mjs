import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { assertRecent, assertSchema, call, cleanUp, clerk, email, ids, later, newUser, rejects, unique } from './support.mjs';

const { invitations } = clerk;

async function invite(params) {
  const invitation = await invitations.createInvitation({ emailAddress: email(), ...params });
  later(() => invitations.revokeInvitation(invitation.id));
  return invitation;
}

describe('invitations', () => {
  after(cleanUp);

  it('createInvitation answers with a pending invitation and its link', async () => {
    const emailAddress = email();
    const publicMetadata = { camelCase: { innerKey: 1 } };
    const invitation = await invite({ emailAddress, publicMetadata, redirectUrl: 'https://example.com/join' });
    assert.match(invitation.id, /^inv_[0-9A-Za-z]{27}$/);
    assert.deepEqual([invitation.emailAddress, invitation.status], [emailAddress, 'pending']);
    assert.deepEqual(invitation.publicMetadata, publicMetadata);
    assertRecent(invitation.createdAt, 'createdAt');
    assertSchema(invitation.raw, 'Invitation');
    const page = await fetch(invitation.url, { redirect: 'manual' });
    assert.equal(page.status, 307);
    const location = new URL(page.headers.get('location'));
    assert.equal(location.origin + location.pathname, 'https://example.com/join');
    assert.ok(location.searchParams.get('__clerk_ticket'), location.href);
  });

  it('getInvitationList finds by status and query, as a page', async () => {
    const word = unique('inv');
    const made = [];
    for (const name of ['a', 'b', 'c']) made.push(await invite({ emailAddress: `${word}-${name}@example.com` }));
    await invitations.revokeInvitation(made[1].id);
    const list = params => invitations.getInvitationList({ query: word, ...params });
    const all = await list();
    assert.deepEqual(ids(all.data).sort(), [made[0].id, made[2].id].sort());
    assert.equal(all.totalCount, 2);
    assert.deepEqual(ids((await list({ status: 'revoked' })).data), [made[1].id]);
    assert.deepEqual((await list({ status: 'accepted' })).data, []);
    assert.equal((await list({ limit: 1 })).data.length, 1);
    const bare = await call('GET', `/v1/invitations?query=${word}`);
    assert.equal(bare.json.length, 2);
  });

  it('revokeInvitation revokes once', async () => {
    const invitation = await invite();
    const revoked = await invitations.revokeInvitation(invitation.id);
    assert.deepEqual([revoked.id, revoked.status, revoked.revoked], [invitation.id, 'revoked', true]);
    await rejects(invitations.revokeInvitation(invitation.id), 400, 'invitation_already_revoked');
    await rejects(invitations.revokeInvitation('inv_2aaaaaaaaaaaaaaaaaaaaaaaaaa'), 404, 'resource_not_found');
  });

  it('refuses a second invitation and one to a user, unless told otherwise', async () => {
    const { emailAddress } = await invite();
    await rejects(invitations.createInvitation({ emailAddress }), 400, 'duplicate_record');
    assert.equal((await invite({ emailAddress, ignoreExisting: true })).status, 'pending');
    const user = await newUser();
    const taken = { emailAddress: user.emailAddresses[0].emailAddress };
    await rejects(invitations.createInvitation(taken), 422, 'form_identifier_exists');
  });
});
