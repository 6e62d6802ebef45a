// The ways in which a server breaks the official clients, numbered as in README.md, which says where the others are.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { application, handshake, signIn, visit } from './browser.mjs';
import {
  apiUrl, assertSuffixed, call, claimsOf, cleanUp, clerk, email, frontendApi, ids, jwtKey, newOrganization, newSession, newUser,
  publishableKey, unique,
} from './support.mjs';

const succeeds = async (method, path, options) => {
  const reply = await call(method, path, options);
  assert.equal(reply.status, 200, `${method} ${path}: ${reply.status} ${reply.text}`);
  return reply.json;
};

describe('trap', () => {
  let user, organization, session, cookies;

  before(async () => {
    user = await newUser({ firstName: 'Trap', publicMetadata: { camelCase: { innerKey: 1 } } });
    organization = await newOrganization({ createdBy: user.id });
    session = await newSession(user.id, organization.id);
    cookies = await signIn((await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 600 })).url);
  });
  after(cleanUp);

  it('1: JSON comes as application/json, and nothing else', async () => {
    for (const [method, path, body] of [
      ['GET', `/v1/users/${user.id}`], ['GET', '/v1/users'], ['GET', '/v1/jwks'], ['POST', `/v1/sessions/${session.id}/tokens`],
      ['POST', '/v1/users', {}], ['GET', '/v1/users/user_none'], ['GET', '/v1/nothing'],
    ])
      assert.equal((await call(method, path, { body })).type, 'application/json', `${method} ${path}`);
    assert.equal((await clerk.users.getUser(user.id)).id, user.id, 'the client reads it');
  });

  it('3: a handshake sets every cookie twice, with the suffix of the instance and without', async () => {
    for (const name of ['__session', '__client_uat', '__clerk_db_jwt']) assertSuffixed(cookies, name, value => value.length > 0);
    const lines = await handshake('dvb_2aaaaaaaaaaaaaaaaaaaaaaaaaa');
    for (const name of ['__session', '__client_uat', '__clerk_db_jwt'])
      assert.equal(lines.filter(line => line.startsWith(`${name}=`) || line.startsWith(`${name}_`)).length, 2, `${name} in ${lines}`);
  });

  it('4: __client_uat is in seconds and not after the session token', () => {
    const { iat } = claimsOf(cookies.__session);
    const since = Number(cookies.__client_uat);
    assert.ok(since <= iat && since > iat - 600, `__client_uat ${since}, iat ${iat}`);
  });

  it('5: the publishable key has three parts, and in it a host with a dot and one $', () => {
    const parts = publishableKey.split('_');
    assert.deepEqual([parts.length, parts[0]], [3, 'pk']);
    assert.match(parts[1], /^(test|live)$/);
    assert.match(parts[2], /^[A-Za-z0-9+/]+=*$/);
    assert.match(Buffer.from(parts[2], 'base64').toString(), /^[^$]*\.[^$]*\$$/);
  });

  it('6: users are a bare array, and their number is an object', async () => {
    assert.deepEqual((await succeeds('GET', `/v1/users?user_id=${user.id}`)).map(({ id }) => id), [user.id]);
    assert.deepEqual(await succeeds('GET', `/v1/users/count?user_id=${user.id}`), { object: 'total_count', total_count: 1 });
    const { data, totalCount } = await clerk.users.getUserList({ userId: [user.id] });
    assert.deepEqual([ids(data), totalCount], [[user.id], 1]);
  });

  it('7: lists are pages only where paginated=true asks for that', async () => {
    for (const path of [
      `/v1/sessions?user_id=${user.id}`, '/v1/clients?limit=1', '/v1/jwt_templates?limit=1', '/v1/invitations?limit=1',
      '/v1/allowlist_identifiers?limit=1', '/v1/redirect_urls?limit=1', `/v1/users/${user.id}/oauth_access_tokens/google?limit=1`,
    ]) {
      assert.ok(Array.isArray(await succeeds('GET', path)), `${path} is an array`);
      const { data, total_count } = await succeeds('GET', `${path}&paginated=true`);
      assert.ok(Array.isArray(data) && Number.isInteger(total_count), `${path} is a page`);
    }
  });

  it('8: a plus is a plus however it is written, and lists repeat their key', async () => {
    const other = await newUser();
    const both = `user_id=${user.id}&user_id=${other.id}`;
    for (const plus of ['', '+', ' ', '%20', '%2B']) {
      const found = await succeeds('GET', `/v1/users?${both}&order_by=${plus}created_at`);
      assert.deepEqual(ids(found), [user.id, other.id], `order_by=${plus}created_at`);
      assert.deepEqual(ids(await succeeds('GET', `/v1/users?user_id=${plus}${other.id}`)), [other.id], `user_id=${plus}user_…`);
    }
    const { data } = await clerk.users.getUserList({ userId: [user.id, other.id], orderBy: '+created_at', offset: 0 });
    assert.deepEqual(ids(data), [user.id, other.id]);
  });

  it('9: bodies may be empty, arrays or forms, and a path may have no template', async () => {
    await succeeds('GET', `/v1/users/${user.id}`, { headers: { 'content-type': 'application/json' } });
    for (const headers of [{}, { 'content-type': 'application/json' }]) {
      assert.ok((await succeeds('POST', `/v1/sessions/${session.id}/tokens`, { headers })).jwt);
      await succeeds('POST', `/v1/users/${user.id}/lock`, { headers });
      await succeeds('DELETE', `/v1/users/${user.id}/totp`, { headers });
    }
    await clerk.users.unlockUser(user.id);
    assert.ok((await clerk.sessions.getToken(session.id, '')).jwt);
    const made = await clerk.organizations.createOrganizationInvitationBulk(organization.id, [{ emailAddress: email(), role: 'org:member' }]);
    assert.equal(made.data.length, 1);
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    const file = new Blob([png], { type: 'image/png' });
    assert.equal((await clerk.users.updateUserProfileImage(user.id, { file })).hasImage, true);
    assert.equal((await clerk.organizations.updateOrganizationLogo(organization.id, { file, uploaderUserId: user.id })).hasImage, true);
  });

  it('10: the keys of metadata stay as they are', async () => {
    const publicMetadata = { camelCase: { innerKey: 1 }, snake_case: { other_key: 2 } };
    assert.deepEqual((await clerk.users.updateUser(user.id, { publicMetadata })).publicMetadata, publicMetadata);
    assert.deepEqual((await succeeds('GET', `/v1/users/${user.id}`)).public_metadata, publicMetadata);
    assert.deepEqual((await clerk.users.updateUserMetadata(user.id, { publicMetadata })).publicMetadata, publicMetadata);
  });

  it('14: the keys are RSA of 2048 bits with the exponent 65537', async () => {
    const { keys } = await clerk.jwks.getJwks();
    const der = Buffer.from(jwtKey.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
    for (const key of [...keys.map(key => createPublicKey({ key, format: 'jwk' })), createPublicKey({ key: der, format: 'der', type: 'spki' })])
      assert.deepEqual(key.asymmetricKeyDetails, { modulusLength: 2048, publicExponent: 65537n });
    // What the client cuts off from both ends of the key.
    const text = der.toString('base64');
    assert.ok(text.startsWith('MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA') && text.endsWith('IDAQAB'), text);
  });

  it('15: a handshake answers with a nonce only if it is asked for one', async () => {
    const page = `${apiUrl}/v1/client/handshake?redirect_url=${application}`;
    for (const [format, expected] of [['', '__clerk_handshake'], ['&format=token', '__clerk_handshake'], ['&format=nonce', '__clerk_handshake_nonce']])
      assert.deepEqual([...(await visit(page + format)).searchParams.keys()], [expected], format);
  });

  it('17: pictures are on the server, also those of who has none', async () => {
    const other = await newUser({ username: unique('name') });
    const { imageUrl } = await newOrganization({ createdBy: other.id });
    for (const address of [other.imageUrl, imageUrl]) {
      assert.equal(new URL(address).host, frontendApi);
      const image = await fetch(address);
      assert.equal(image.status, 200, address);
      assert.match(image.headers.get('content-type'), /^image\//);
    }
  });
});
