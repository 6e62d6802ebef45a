import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRecent, cleanUp, claimsOf, clerk, ids, newOrganization, newSession, newUser, rejects } from './support.mjs';

const { sessions, users } = clerk;
const unknown = 'sess_2aaaaaaaaaaaaaaaaaaaaaaaaaa';

describe('sessions', () => {
  let user;
  before(async () => {
    user = await newUser();
  });
  after(cleanUp);

  it('createSession answers with an active session of the user', async () => {
    const session = await sessions.createSession({ userId: user.id });
    assert.match(session.id, /^sess_[0-9A-Za-z]{27}$/);
    assert.match(session.clientId, /^client_[0-9A-Za-z]{27}$/);
    assert.equal(session.userId, user.id);
    assert.equal(session.status, 'active');
    assert.equal(session.actor, null);
    for (const key of ['createdAt', 'updatedAt', 'lastActiveAt']) assertRecent(session[key], key);
    for (const key of ['expireAt', 'abandonAt'])
      assert.ok(session[key] > session.createdAt, `${key} ${session[key]} is not after createdAt ${session.createdAt}`);
    assert.deepEqual(await sessions.getSession(session.id), session);
  });

  it('creation fails for an unknown user', () =>
    rejects(sessions.createSession({ userId: 'user_2aaaaaaaaaaaaaaaaaaaaaaaaaa' }), 404, 'resource_not_found'));

  it('getSession and getToken fail for an unknown session', async () => {
    await rejects(sessions.getSession(unknown), 404, 'resource_not_found');
    await rejects(sessions.getToken(unknown), 404, 'resource_not_found');
    await rejects(sessions.revokeSession(unknown), 404, 'resource_not_found');
  });

  it('can have an active organization', async () => {
    const organization = await newOrganization({ createdBy: user.id });
    const created = await newSession(user.id, organization.id);
    assert.equal(created.last_active_organization_id, organization.id);
    assert.equal((await sessions.getSession(created.id)).lastActiveOrganizationId, organization.id);
  });

  it('getToken answers with a Token for this session', async () => {
    const session = await sessions.createSession({ userId: user.id });
    const token = await sessions.getToken(session.id);
    assert.equal(typeof token.jwt, 'string', JSON.stringify(token));
    const { sid, sub } = claimsOf(token.jwt);
    assert.deepEqual({ sid, sub }, { sid: session.id, sub: user.id });
  });

  describe('of one user', () => {
    let owner, made, revoked;
    before(async () => {
      owner = await newUser();
      made = [];
      for (let i = 0; i < 3; i++) made.push(await sessions.createSession({ userId: owner.id }));
      revoked = await sessions.revokeSession(made[1].id);
    });

    it('revokeSession answers with the revoked session', async () => {
      assert.deepEqual([revoked.id, revoked.userId, revoked.status], [made[1].id, owner.id, 'revoked']);
      assert.equal((await sessions.getSession(revoked.id)).status, 'revoked');
    });

    it('a revoked session gives no tokens', async () => {
      const error = await sessions.getToken(revoked.id).then(() => assert.fail('it gave one'), error => error);
      assert.ok(error.status >= 400 && error.status < 500, String(error));
    });

    it('are listed as a page', async () => {
      const { data, totalCount } = await sessions.getSessionList({ userId: owner.id });
      assert.deepEqual(ids(data).sort(), ids(made).sort());
      assertRecent(data[0].createdAt, 'createdAt of a Session');
      assert.equal(totalCount, 3);
    });

    it('are listed by status', async () => {
      const byStatus = async status => {
        const { data, totalCount } = await sessions.getSessionList({ userId: owner.id, status });
        assert.equal(totalCount, data.length);
        return ids(data).sort();
      };
      assert.deepEqual(await byStatus('active'), [made[0].id, made[2].id].sort());
      assert.deepEqual(await byStatus('revoked'), [made[1].id]);
      assert.deepEqual(await byStatus('ended'), []);
    });

    it('are listed by client', async () => {
      const { data } = await sessions.getSessionList({ clientId: made[0].clientId });
      assert.ok(ids(data).includes(made[0].id), `${ids(data)}`);
      assert.ok(data.every(session => session.clientId === made[0].clientId));
    });

    it('are listed in pages', async () => {
      const seen = [];
      for (let offset = 0; offset < 4; offset++) {
        const { data, totalCount } = await sessions.getSessionList({ userId: owner.id, limit: 1, offset });
        assert.equal(totalCount, 3);
        seen.push(...ids(data));
      }
      assert.deepEqual(seen.sort(), ids(made).sort());
    });

    it('the list refuses a limit and a status that do not exist', async () => {
      await rejects(sessions.getSessionList({ limit: 501 }), 422, 'form_param_value_invalid', 'limit');
      await rejects(sessions.getSessionList({ userId: owner.id, status: 'nonsense' }), 422, 'form_param_value_invalid', 'status');
    });

    it('no session outlives the user', async () => {
      await users.deleteUser(owner.id);
      const status = await sessions.getSession(made[0].id).then(session => session.status, error => error.status);
      assert.notEqual(status, 'active');
    });
  });
});
