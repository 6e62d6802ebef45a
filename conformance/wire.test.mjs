// What the client cannot show: the bytes, the headers, and requests that the client never sends.
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { after, before, describe, it } from 'node:test';
import {
  apiUrl, assertError, assertSchema, call, cleanUp, clerk, decoded, later, newOrganization, newSession, newUser, secretKey, unique,
} from './support.mjs';

const json = { 'content-type': 'application/json' };
const unknownId = prefix => `${prefix}_2aaaaaaaaaaaaaaaaaaaaaaaaaa`;

async function succeeds(method, path, options) {
  const reply = await call(method, path, options);
  assert.equal(reply.status, 200, `${method} ${path}: ${reply.status} ${reply.text}`);
  assert.equal(reply.type, 'application/json', `content type of ${method} ${path}`);
  return reply.json;
}

/** Sends a large body only if the server wants to see it, so that its answer cannot get lost. */
const callWithLargeBody = (path, body) =>
  new Promise((resolve, reject) => {
    const headers = {
      ...json, authorization: `Bearer ${secretKey}`, 'content-length': Buffer.byteLength(body), expect: '100-continue',
    };
    const { request } = apiUrl.startsWith('https:') ? https : http;
    const sent = request(apiUrl + path, { method: 'POST', headers }, async response => {
      let text = '';
      for await (const chunk of response) text += chunk;
      sent.destroy();
      resolve(decoded(response.statusCode, response.headers['content-type'], text));
    });
    sent.on('continue', () => sent.end(body));
    sent.on('error', reject);
    sent.flushHeaders();
  });

describe('wire', () => {
  let user, session, organization, template;

  before(async () => {
    user = await newUser({ firstName: 'Wilma', username: unique('name') });
    organization = await newOrganization({ createdBy: user.id });
    session = await newSession(user.id, organization.id);
    template = await clerk.jwtTemplates.create({ name: unique('tmpl-'), claims: { a: 1 } });
    later(() => clerk.jwtTemplates.delete(template.id));
  });
  after(cleanUp);

  describe('answers', () => {
    it('are objects as the API description has them', async () => {
      const wireUser = await succeeds('GET', `/v1/users/${user.id}`);
      assertSchema(wireUser, 'User');
      for (const address of wireUser.email_addresses) assertSchema(address, 'EmailAddress');
      assertSchema(await succeeds('GET', `/v1/sessions/${session.id}`), 'Session');
      assertSchema(await succeeds('GET', `/v1/organizations/${organization.id}`), 'Organization');
      assertSchema(await succeeds('GET', `/v1/jwt_templates/${template.id}`), 'JWTTemplate');
      const { data } = await succeeds('GET', `/v1/organizations/${organization.id}/memberships`);
      assertSchema(data[0], 'OrganizationMembership');
      assertSchema(data[0].organization, 'Organization');
      const token = await succeeds('POST', `/v1/sessions/${session.id}/tokens`);
      assert.deepEqual(Object.keys(token).sort(), ['jwt', 'object']);
      assert.equal(token.object, 'token');
      assertSchema(await succeeds('GET', '/v1/users/count'), 'TotalCount');
      assertSchema(await succeeds('DELETE', `/v1/users/${(await newUser()).id}`), 'DeletedObject');
      assert.ok(Array.isArray((await succeeds('GET', '/v1/jwks')).keys), 'keys');
    });

    it('are arrays or pages as the endpoint and paginated=true decide', async () => {
      const page = value => Array.isArray(value.data) && Number.isInteger(value.total_count);
      for (const path of ['/v1/users?limit=1', '/v1/users?limit=1&paginated=true', `/v1/sessions?user_id=${user.id}`, '/v1/jwt_templates'])
        assert.ok(Array.isArray(await succeeds('GET', path)), `${path} is not an array`);
      for (const path of [
        `/v1/sessions?user_id=${user.id}&paginated=true`, '/v1/jwt_templates?paginated=true', '/v1/organizations?limit=1',
        `/v1/organizations/${organization.id}/memberships`, `/v1/users/${user.id}/organization_memberships`,
      ])
        assert.ok(page(await succeeds('GET', path)), `${path} is not a page`);
      assert.deepEqual(
        await succeeds('GET', `/v1/users/count?user_id=${user.id}`),
        { object: 'total_count', total_count: 1 },
      );
    });

    it('without content do not claim to be JSON', async () => {
      for (const [method, path, body] of [['PATCH', '/v1/instance', {}], ['OPTIONS', '/v1/users']]) {
        const { text, type, status } = await call(method, path, { body });
        if (text === '') assert.notEqual(type, 'application/json', `${method} ${path}: ${status} with an empty body`);
      }
    });

    it('are the same for every API version and for none', async () => {
      const one = await succeeds('GET', `/v1/users/${user.id}`);
      for (const version of ['2021-02-05', '2024-10-01', '2025-04-10', '2025-11-10', null])
        assert.deepEqual(await succeeds('GET', `/v1/users/${user.id}`, { headers: { 'clerk-api-version': version } }), one, version);
    });
  });

  describe('requests', () => {
    it('may have no body where all parameters are optional', async () => {
      for (const headers of [{}, json]) {
        const { id } = await newSession(user.id, organization.id);
        assert.equal((await succeeds('POST', `/v1/sessions/${id}/revoke`, { headers })).status, 'revoked');
      }
      await succeeds('GET', `/v1/users/${user.id}`, { headers: json });
    });

    it('may give the content type with a charset', async () => {
      const reply = await call('PATCH', `/v1/users/${user.id}`, {
        raw: '{"last_name":"Wire"}', headers: { 'content-type': 'application/json; charset=utf-8' },
      });
      assert.deepEqual([reply.status, reply.json?.last_name], [200, 'Wire'], reply.text);
    });

    it('may write the plus of order_by in any way', async () => {
      const other = await newUser({ firstName: 'Wim' });
      for (const orderBy of ['created_at', '+created_at', '%2Bcreated_at'])
        assert.deepEqual(
          (await succeeds('GET', `/v1/users?user_id=${other.id}&user_id=${user.id}&order_by=${orderBy}`)).map(u => u.first_name),
          ['Wilma', 'Wim'],
          orderBy,
        );
    });

    it('may name metadata in any case', async () => {
      const public_metadata = { camelCase: { innerKey: 1 }, snake_case: [{ twoWords: null }], 'ключ': 1e21, '': '\u2028' };
      assert.deepEqual((await succeeds('PATCH', `/v1/users/${user.id}`, { body: { public_metadata } })).public_metadata, public_metadata);
    });

    it('of nothing that exists get 404', async () => {
      for (const [path, prefix] of [['users', 'user'], ['sessions', 'sess'], ['organizations', 'org'], ['jwt_templates', 'jtmp']])
        assertError(await call('GET', `/v1/${path}/${unknownId(prefix)}`), 404, 'resource_not_found');
      assertError(await call('GET', '/v1/no_such_thing'), 404);
    });
  });

  describe('a request is refused if', () => {
    const withKey = authorization => call('GET', '/v1/users?limit=1', { headers: { authorization } });
    const create = options => call('POST', '/v1/users', options);

    it('its secret key is unknown', async () => {
      for (const key of ['sk_test_unknown', `${secretKey}x`, secretKey.slice(0, -1)])
        assertError(await withKey(`Bearer ${key}`), 401, 'clerk_key_invalid');
      assertError(await call('GET', '/v1/jwks', { headers: { authorization: 'Bearer sk_test_unknown' } }), 401, 'clerk_key_invalid');
    });

    it('its Authorization header is not a bearer token', async () => {
      for (const value of [`Basic ${btoa(`${secretKey}:`)}`, secretKey])
        assertError(await withKey(value), 401, 'authorization_header_format_invalid');
    });

    it('it has no Authorization header', async () => {
      const codes = ['authentication_invalid', 'authorization_header_format_invalid', 'clerk_key_invalid'];
      for (const path of ['/v1/users', '/v1/jwks']) assertError(await call('GET', path, { headers: { authorization: null } }), 401, codes);
    });

    it('its API version is unknown', async () => {
      for (const version of ['1999-01-01', 'latest'])
        assertError(await call('GET', '/v1/users', { headers: { 'clerk-api-version': version } }), 400, 'api_version_invalid');
    });

    it('its body is not JSON', async () => {
      for (const raw of ['{"first_name":', 'first_name=A', '{"first_name":"A"} x'])
        assertError(await create({ raw, headers: json }), 400, 'request_body_invalid');
    });

    it('its content type is not supported', async () => {
      assertError(await create({ raw: '{}', headers: { 'content-type': 'text/plain' } }), 415, 'unsupported_content_type');
    });

    it('its body is too large', async () => {
      const body = JSON.stringify({ first_name: 'x'.repeat(16 << 20) });
      assertError(await callWithLargeBody('/v1/users', body), 413, 'request_body_too_large');
    });

    it('a parameter has the wrong type', async () => {
      for (const [name, value] of [['first_name', 5], ['email_address', 'a@example.com'], ['public_metadata', 'x'], ['username', ['x']]])
        assertError(await create({ body: { [name]: value } }), 422, 'form_param_type_invalid', name);
      assertError(await call('POST', '/v1/sessions', { body: { user_id: 1 } }), 422, 'form_param_type_invalid', 'user_id');
    });

    it('a parameter is missing', async () => {
      assertError(await call('POST', '/v1/sessions', { body: {} }), 422, 'form_param_missing', 'user_id');
      assertError(await call('POST', '/v1/organizations', { body: {} }), 422, 'form_param_missing', 'name');
      assertError(await call('POST', '/v1/jwt_templates', { body: { name: 'x' } }), 422, 'form_param_missing', 'claims');
    });

    it('a parameter is unknown', async () => {
      assertError(await create({ body: { no_such_parameter: 1 } }), 422, 'form_param_unknown', 'no_such_parameter');
    });

    it('limit or offset is out of range', async () => {
      for (const [name, value] of [['limit', '0'], ['limit', '501'], ['limit', '-1'], ['offset', '-1']])
        for (const path of ['users', 'organizations', 'sessions'])
          assertError(await call('GET', `/v1/${path}?${name}=${value}`), 422, 'form_param_value_invalid', name);
    });
  });
});
