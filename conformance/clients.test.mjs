import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { application, signIn, visit } from './browser.mjs';
import {
  apiUrl, assertRecent, assertSchema, call, claimsOf, cleanUp, clerk, newUser, publishableKey, rejects, secretKey, verifyToken,
} from './support.mjs';

const { actorTokens, clients, sessions, signInTokens, testingTokens } = clerk;

describe('clients', () => {
  let session;
  before(async () => {
    session = await sessions.createSession({ userId: (await newUser()).id });
  });
  after(cleanUp);

  it('getClient answers with the sessions of the client', async () => {
    const client = await clients.getClient(session.clientId);
    assert.equal(client.id, session.clientId);
    assert.deepEqual(client.sessionIds, [session.id]);
    assert.deepEqual(client.sessions, [session]);
    assert.equal(client.lastActiveSessionId, session.id);
    assertRecent(client.createdAt, 'createdAt');
    assertSchema((await call('GET', `/v1/clients/${client.id}`)).json, 'Client');
  });

  it('getClientList answers with a page, newest first', async () => {
    const { data, totalCount } = await clients.getClientList({ limit: 100 });
    assert.ok(totalCount >= 1);
    assert.ok(data.every((client, i) => i === 0 || client.createdAt <= data[i - 1].createdAt), 'not newest first');
  });

  it('verifyClient answers with the client of a token', async () => {
    const { jwt } = await sessions.getToken(session.id);
    assert.equal((await clients.verifyClient(jwt)).id, session.clientId);
    await rejects(clients.verifyClient('a.b.c'), 400, 'client_not_found');
  });

  it('fails for an unknown client', () => rejects(clients.getClient('client_2aaaaaaaaaaaaaaaaaaaaaaaaaa'), 404, 'resource_not_found'));

  it('getHandshakePayload fetches what a nonce stands for, once', async () => {
    const back = await visit(`${apiUrl}/v1/client/handshake?redirect_url=${application}&format=nonce`);
    const nonce = back.searchParams.get('__clerk_handshake_nonce');
    const { directives } = await clients.getHandshakePayload({ nonce });
    assert.ok(directives.some(directive => directive.startsWith('__client_uat=0')), String(directives));
    await rejects(clients.getHandshakePayload({ nonce }), 404, 'resource_not_found');
  });
});

describe('verifySession', () => {
  after(cleanUp);
  it('answers with the session of a token', async () => {
    const { id: userId } = await newUser();
    const [one, two] = [await sessions.createSession({ userId }), await sessions.createSession({ userId })];
    const { jwt } = await sessions.getToken(one.id);
    assert.equal((await sessions.verifySession(one.id, jwt)).id, one.id);
    await rejects(sessions.verifySession(two.id, jwt), 400, 'invalid_session_token');
  });
});

describe('tickets', () => {
  let user;
  before(async () => {
    user = await newUser();
  });
  after(cleanUp);

  it('createSignInToken makes a ticket that signs a browser in', async () => {
    const token = await signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 600 });
    assert.match(token.id, /^sit_[0-9A-Za-z]{27}$/);
    assert.deepEqual([token.userId, token.status], [user.id, 'pending']);
    assertRecent(token.createdAt, 'createdAt');
    const cookies = await signIn(token.url);
    const claims = await verifyToken(cookies.__session, { secretKey, apiUrl, skipJwksCache: true });
    assert.deepEqual([claims.sub, claims.azp], [user.id, application]);
    await rejects(signInTokens.revokeSignInToken(token.id), 400, 'sign_in_token_cannot_be_revoked_code');
  });

  it('revokeSignInToken revokes a pending one', async () => {
    const token = await signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 600 });
    const revoked = await signInTokens.revokeSignInToken(token.id);
    assert.deepEqual([revoked.id, revoked.status], [token.id, 'revoked']);
    assert.equal((await fetch(token.url, { redirect: 'manual' })).status, 400);
    await rejects(signInTokens.revokeSignInToken('sit_2aaaaaaaaaaaaaaaaaaaaaaaaaa'), 404, 'resource_not_found');
  });

  it('actorTokens.create makes a session with an actor, revoke revokes', async () => {
    const actor = { sub: 'user_admin', additionalProperties: { fooBar: 1 } };
    const token = await actorTokens.create({ userId: user.id, actor, expiresInSeconds: 600, sessionMaxDurationInSeconds: 120 });
    assert.match(token.id, /^act_[0-9A-Za-z]{27}$/);
    assert.deepEqual(token.actor, actor);
    const cookies = await signIn(token.url);
    assert.deepEqual(claimsOf(cookies.__session).act, actor);
    const other = await actorTokens.create({ userId: user.id, actor });
    assert.equal((await actorTokens.revoke(other.id)).status, 'revoked');
    await rejects(actorTokens.revoke(other.id), 400, 'actor_token_cannot_be_revoked_code');
  });

  it('refreshSession gives cookies with a new token, and authenticateRequest uses it', async () => {
    const { url } = await signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 600 });
    const cookies = await signIn(url);
    const { sid } = claimsOf(cookies.__session);
    const [name] = Object.keys(cookies).filter(name => name.startsWith('__refresh_'));
    const params = { expired_token: cookies.__session, refresh_token: cookies[name], request_origin: application };
    const refreshed = await sessions.refreshSession(sid, { ...params, format: 'cookie', suffixed_cookies: true });
    assert.ok(Array.isArray(refreshed.cookies), JSON.stringify(refreshed));
    const token = refreshed.cookies.findLast(cookie => cookie.startsWith('__session')).split('=')[1].split(';')[0];
    assert.equal(claimsOf(token).sid, sid);
    assert.ok((await sessions.refreshSession(sid, { ...params, format: 'token' })).jwt);
    await rejects(sessions.refreshSession(sid, { ...params, refresh_token: 'x' }), 401, 'refresh_token_not_found');

    const request = new Request(`${application}/page`, {
      headers: { cookie: `__session=${token}; __client_uat=${cookies.__client_uat}; __clerk_db_jwt=dvb_x`, 'sec-fetch-dest': 'document' },
    });
    const state = await clerk.authenticateRequest(request, { publishableKey, secretKey, skipJwksCache: true });
    assert.equal(state.toAuth()?.userId, user.id, `${state.status} ${state.reason} ${state.message}`);
  });

  it('createTestingToken answers with a token for an hour', async () => {
    const token = await testingTokens.createTestingToken();
    assert.equal(token.object, 'testing_token');
    assert.ok(token.token.length > 20);
    assert.ok(token.expires_at > Date.now() / 1000 + 600, 'expires_at is not a time in seconds');
  });
});
