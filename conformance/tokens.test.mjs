import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  apiUrl, call, cleanUp, claimsOf, clerk, forged, frontendApi, headerOf, jwtKey, later, newOrganization, newSession, newUser,
  rejects, secretKey, unique, verifyToken,
} from './support.mjs';

const { jwtTemplates, sessions } = clerk;

const tokenOf = async (session, template) => (await sessions.getToken(session.id, template)).jwt;
/** Verifies through the server's key set, which the client would else keep for five minutes. */
const verifyRemotely = (token, options) => verifyToken(token, { secretKey, apiUrl, skipJwksCache: true, ...options });
const authenticate = (token, headers = {}) =>
  clerk.authenticateRequest(
    new Request('http://127.0.0.1:3000/api/things', { headers: token ? { authorization: `Bearer ${token}`, ...headers } : headers }),
    { skipJwksCache: true },
  );
const assertIssued = (claims, lifetime) => {
  assert.equal(claims.exp - claims.iat, lifetime, 'lifetime');
  assert.ok(Math.abs(Date.now() / 1000 - claims.iat) < 60, `iat ${claims.iat} is not now`);
  assert.ok(claims.nbf <= claims.iat && claims.nbf > claims.iat - 60, `nbf ${claims.nbf}, iat ${claims.iat}`);
  assert.match(claims.iss, /^https?:\/\//);
  assert.equal(claims.iss.replace(/^https?:\/\//, ''), frontendApi, 'iss');
};

describe('tokens', () => {
  let user, session, organization, orgSession;

  before(async () => {
    user = await newUser({
      firstName: 'Tess', lastName: 'Token', username: unique('name'), externalId: unique('ext'),
      publicMetadata: { plan: 'gold', nested: { innerKey: [1, 2] } }, unsafeMetadata: { theme: 'dark' },
    });
    session = await sessions.createSession({ userId: user.id });
    organization = await newOrganization({ slug: unique('tok-'), createdBy: user.id });
    orgSession = await newSession(user.id, organization.id);
  });
  after(cleanUp);

  describe('jwks', () => {
    it('has the keys that sign, and CLERK_JWT_KEY is one of them', async () => {
      const { keys } = await clerk.jwks.getJwks();
      for (const key of keys) {
        const { use, kty, alg, e, kid } = key;
        assert.deepEqual({ use, kty, alg, e }, { use: 'sig', kty: 'RSA', alg: 'RS256', e: 'AQAB' });
        assert.ok(kid, 'kid');
        assert.match(key.n, /^[0-9A-Za-z_-]{342}$/, 'n is not 2048 bits, base64url');
        for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) assert.equal(key[secret], undefined, `private ${secret}`);
      }
      const { kid } = headerOf(await tokenOf(session));
      assert.ok(keys.some(key => key.kid === kid), `${kid} is not in ${keys.map(key => key.kid)}`);
      const der = Buffer.from(jwtKey.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
      const { n } = createPublicKey({ key: der, format: 'der', type: 'spki' }).export({ format: 'jwk' });
      assert.ok(keys.some(key => key.n === n), 'CLERK_JWT_KEY is not in the key set');
    });
  });

  describe('a session token', () => {
    it('has the header and the version 2 claims', async () => {
      const token = await tokenOf(session);
      const { alg, typ } = headerOf(token);
      assert.deepEqual({ alg, typ }, { alg: 'RS256', typ: 'JWT' });
      const claims = claimsOf(token);
      assertIssued(claims, 60);
      const { v, sts, sub, sid } = claims;
      assert.deepEqual({ v, sts, sub, sid }, { v: 2, sts: 'active', sub: user.id, sid: session.id });
      assert.ok(Array.isArray(claims.fva) && claims.fva.length === 2 && claims.fva.every(Number.isInteger), `fva ${claims.fva}`);
      for (const old of ['org_id', 'org_role', 'org_slug', 'org_permissions']) assert.equal(claims[old], undefined, old);
    });

    it('is another one each time', async () => {
      const [one, two] = [claimsOf(await tokenOf(session)), claimsOf(await tokenOf(session))];
      assert.ok(one.jti, 'jti');
      assert.notEqual(one.jti, two.jti);
    });

    it('carries the active organization in o', async () => {
      const { o } = claimsOf(await tokenOf(orgSession));
      assert.equal(o?.id, organization.id);
      assert.equal(o.slg, organization.slug);
      assert.equal(o.rol, 'admin');
      assert.doesNotMatch(JSON.stringify(o), /sys_/, 'system permissions do not belong in a token');
    });

    it('carries no organization if none is active', async () => {
      const loner = await newUser();
      assert.equal('o' in claimsOf(await tokenOf(await sessions.createSession({ userId: loner.id }))), false);
    });

    it('has the version 1 claims for a client of API version 2024-10-01', async () => {
      const reply = await call('POST', `/v1/sessions/${orgSession.id}/tokens`, { headers: { 'clerk-api-version': '2024-10-01' } });
      const { v, o, sub, sid, org_id, org_slug, org_role } = claimsOf(reply.json.jwt);
      assert.deepEqual(
        { v, o, sub, sid, org_id, org_slug, org_role },
        { v: undefined, o: undefined, sub: user.id, sid: orgSession.id, org_id: organization.id, org_slug: organization.slug, org_role: 'org:admin' },
      );
    });
  });

  describe('the permissions of the application in a session token', () => {
    it('are known to has(), those of the system are not', async () => {
      const make = async (path, body) => {
        const { status, json, text } = await call('POST', path, { body });
        assert.equal(status, 200, text);
        later(() => call('DELETE', `${path}/${json.id}`));
        return json;
      };
      const feature = unique('f');
      const permissions = [];
      for (const key of [`org:${feature}:manage`, `org:${feature}:read`, `org:${feature}b:read`])
        permissions.push(await make('/v1/organization_permissions', { name: key, key }));
      const key = `org:${unique('r')}`;
      await make('/v1/organization_roles', { name: key, key, permissions: permissions.slice(0, 2).map(({ id }) => id) });
      const member = await newUser();
      await clerk.organizations.createOrganizationMembership({ organizationId: organization.id, userId: member.id, role: key });
      const { id } = await newSession(member.id, organization.id);
      for (const version of ['2024-10-01', '2025-04-10']) {
        const { json } = await call('POST', `/v1/sessions/${id}/tokens`, { headers: { 'clerk-api-version': version } });
        const auth = (await authenticate(json.jwt)).toAuth();
        assert.deepEqual([...auth.orgPermissions].sort(), [`org:${feature}:manage`, `org:${feature}:read`], version);
        for (const [permission, expected] of [
          [`org:${feature}:manage`, true], [`org:${feature}:read`, true], [`org:${feature}b:read`, false],
          ['org:sys_memberships:read', false],
        ])
          assert.equal(auth.has({ permission }), expected, `${version} ${permission}`);
      }
    });
  });

  describe('the JWT template of session tokens', () => {
    it('adds its claims to every session token', async () => {
      const claims = { tier: '{{user.public_metadata.plan}}', greeting: 'Hello {{user.first_name}}!' };
      const template = await jwtTemplates.create({ name: '__session', claims });
      try {
        const auth = (await authenticate(await tokenOf(session))).toAuth();
        assert.deepEqual([auth.sessionClaims.tier, auth.sessionClaims.greeting], ['gold', 'Hello Tess!']);
        assert.deepEqual([auth.userId, auth.sessionId], [user.id, session.id]);
      } finally {
        await jwtTemplates.delete(template.id);
      }
      assert.equal(claimsOf(await tokenOf(session)).tier, undefined);
      await rejects(jwtTemplates.create({ name: '__session', claims: { sid: 'x' } }), 400, 'jwt_template_reserved_claim', 'claims');
    });
  });

  describe('verifyToken', () => {
    it('accepts it through the key set of the server', async () => {
      const token = await tokenOf(session);
      assert.deepEqual(await verifyRemotely(token), claimsOf(token));
    });

    it('accepts it with the JWT key and no network', async () => {
      const token = await tokenOf(session);
      assert.deepEqual(await verifyToken(token, { jwtKey, apiUrl: 'http://127.0.0.1:9' }), claimsOf(token));
    });

    it('refuses a token that the server did not sign', async () => {
      const token = forged(await tokenOf(session), { sub: 'user_2aaaaaaaaaaaaaaaaaaaaaaaaaa' });
      await assert.rejects(verifyRemotely(token), { reason: 'token-invalid-signature' });
      await assert.rejects(verifyToken(token, { jwtKey }), { reason: 'token-invalid-signature' });
    });

    it('is told of an unknown secret key (the client tries five times)', async () => {
      const token = await tokenOf(session);
      await assert.rejects(verifyRemotely(token, { secretKey: 'sk_test_unknown' }), { reason: 'secret-key-invalid' });
    });
  });

  describe('a JWT template', () => {
    const create = params => {
      const made = jwtTemplates.create({ name: unique('tmpl-'), claims: { a: 1 }, ...params });
      later(async () => jwtTemplates.delete((await made).id));
      return made;
    };

    it('is created, found, listed, changed and deleted', async () => {
      const name = unique('tmpl-');
      const claims = { camelCase: { innerKey: '{{user.id}}' }, list: [1, null, 'x'] };
      const made = await create({ name, claims, lifetime: 120, allowedClockSkew: 9 });
      assert.ok(made.id && made.id !== name, 'id');
      assert.deepEqual([made.name, made.claims, made.lifetime, made.allowedClockSkew], [name, claims, 120, 9]);
      assert.deepEqual([made.customSigningKey, made.signingAlgorithm], [false, 'RS256']);
      assert.deepEqual(await jwtTemplates.get(made.id), made);

      const { data, totalCount } = await jwtTemplates.list({ limit: 500 });
      assert.deepEqual(data.find(template => template.id === made.id), made);
      assert.ok(totalCount >= data.length, `totalCount ${totalCount}`);

      const changes = { name: unique('tmpl-'), claims: { other: true }, lifetime: 300 };
      const changed = await jwtTemplates.update({ templateId: made.id, ...changes });
      assert.deepEqual([changed.id, changed.name, changed.claims, changed.lifetime], [made.id, ...Object.values(changes)]);
      assert.deepEqual(await jwtTemplates.get(made.id), changed);

      const deleted = await jwtTemplates.delete(made.id);
      assert.deepEqual([deleted.object, deleted.id, deleted.deleted], ['jwt_template', made.id, true]);
      await rejects(jwtTemplates.get(made.id), 404, 'resource_not_found');
      await rejects(sessions.getToken(session.id, changes.name), 404, 'resource_not_found');
    });

    it('has defaults', async () => {
      const { lifetime, allowedClockSkew } = await create();
      assert.deepEqual({ lifetime, allowedClockSkew }, { lifetime: 60, allowedClockSkew: 5 });
    });

    it('may not set reserved claims or a lifetime out of range', async () => {
      await rejects(create({ claims: { sub: 'someone-else' } }), 400, 'jwt_template_reserved_claim');
      await rejects(create({ lifetime: 29 }), 422, 'form_param_value_invalid', 'lifetime');
      await rejects(create({ allowedClockSkew: 301 }), 422, 'form_param_value_invalid', 'allowed_clock_skew');
    });

    it('decides the claims of a token, next to the ones that every token has', async () => {
      const own = {
        fixed: 'text', number: 7, nestedObject: { keptKey: [true, null] },
        email: '{{user.primary_email_address}}', first: '{{user.first_name}}', external: '{{user.external_id}}',
        greeting: 'Hello {{user.first_name}} {{user.last_name}}!', inner: { deep: ['{{user.username}}'] },
        metadata: '{{user.public_metadata}}', plan: '{{user.public_metadata.plan}}',
        list: '{{user.public_metadata.nested.innerKey}}', theme: '{{user.unsafe_metadata.theme}}',
        verified: '{{user.email_verified}}', missing: '{{user.public_metadata.missing}}',
        fallback: "{{user.public_metadata.missing || 'none'}}", orgs: '{{user.organizations}}',
      };
      const { name } = await create({ claims: own, lifetime: 90 });
      const token = await tokenOf(session, name);
      const claims = claimsOf(token);
      assertIssued(claims, 90);
      assert.equal(claims.sub, user.id);
      for (const absent of ['sid', 'v', 'sts', 'fva', 'o']) assert.equal(claims[absent], undefined, absent);
      assert.deepEqual(
        Object.fromEntries(Object.keys(own).map(key => [key, claims[key]])),
        {
          fixed: 'text', number: 7, nestedObject: { keptKey: [true, null] },
          email: user.emailAddresses[0].emailAddress, first: 'Tess', external: user.externalId,
          greeting: 'Hello Tess Token!', inner: { deep: [user.username] },
          metadata: user.publicMetadata, plan: 'gold', list: [1, 2], theme: 'dark',
          verified: true, missing: null, fallback: 'none', orgs: { [organization.id]: 'org:admin' },
        },
      );
      assert.deepEqual(await verifyRemotely(token), claims);
    });

    it('knows the active organization of the session', async () => {
      const { name } = await create({ claims: { id: '{{org.id}}', slug: '{{org.slug}}', role: '{{org.role}}' } });
      const { id, slug, role } = claimsOf(await tokenOf(orgSession, name));
      assert.deepEqual({ id, slug, role }, { id: organization.id, slug: organization.slug, role: 'org:admin' });
    });
  });

  describe('authenticateRequest', () => {
    it('signs in with a bearer token', async () => {
      const state = await authenticate(await tokenOf(session));
      assert.deepEqual([state.status, state.isSignedIn, state.reason], ['signed-in', true, null]);
      const auth = state.toAuth();
      assert.deepEqual([auth.userId, auth.sessionId, auth.sessionStatus, auth.actor], [user.id, session.id, 'active', undefined]);
    });

    it('knows organization and role, and has() checks them', async () => {
      const auth = (await authenticate(await tokenOf(orgSession))).toAuth();
      assert.deepEqual(
        [auth.userId, auth.sessionId, auth.orgId, auth.orgSlug, auth.orgRole],
        [user.id, orgSession.id, organization.id, organization.slug, 'org:admin'],
      );
      assert.equal(auth.has({ role: 'org:admin' }), true);
      assert.equal(auth.has({ role: 'org:member' }), false);
      assert.equal(auth.has({ permission: 'org:nothing:read' }), false);
    });

    it('getToken of the auth object fetches a template token', async () => {
      const name = unique('tmpl-');
      const { id } = await jwtTemplates.create({ name, claims: { made: 'by-template' } });
      later(() => jwtTemplates.delete(id));
      const auth = (await authenticate(await tokenOf(session))).toAuth();
      assert.equal(claimsOf(await auth.getToken({ template: name })).made, 'by-template');
    });

    it('signs out with garbage and with a token that the server did not sign', async () => {
      for (const [token, reason] of [['garbage', 'token-invalid'], [forged(await tokenOf(session)), 'token-invalid-signature']]) {
        const state = await authenticate(token);
        assert.deepEqual([state.status, state.isSignedIn, state.reason], ['signed-out', false, reason]);
        assert.equal(state.toAuth().userId, null);
      }
    });

    it('signs an API request out that has neither token nor cookies', async () => {
      const state = await authenticate(undefined, { accept: 'application/json' });
      assert.deepEqual([state.status, state.isSignedIn, state.toAuth().userId], ['signed-out', false, null]);
    });
  });
});
