// The SDKs that protect Express applications, each in a process of its own that is configured by CLERK_* alone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  apiUrl, assertSuffixed, claimsOf, cleanUp, clerk, forged, frontendApi, jwtKey, later, newMember, newOrganization, newSession, newUser, publishableKey,
  secretKey, unique,
} from '../support.mjs';
import { Browser } from '../browser.mjs';

const signInUrl = 'https://example.com/sign-in';
/** How each SDK answers who is not signed in, and whether its handshakes can stay on http. */
const sdks = [
  { name: '@clerk/clerk-sdk-node 5.1.6', file: 'clerk-sdk-node.mjs', refusal: [401, null], keepsScheme: false },
  { name: '@clerk/express 1.5.2', file: 'clerk-express.mjs', packageName: 'clerk-express-1.5', refusal: [302, signInUrl], keepsScheme: false },
  { name: '@clerk/express 1.7.83', file: 'clerk-express.mjs', packageName: '@clerk/express', refusal: [302, signInUrl], keepsScheme: true },
];
const configurations = [
  { how: 'with the two keys', env: {}, keepsScheme: false },
  { how: 'with a proxy URL and the JWT key', env: { CLERK_PROXY_URL: apiUrl, CLERK_JWT_KEY: jwtKey }, keepsScheme: true },
];

/** Starts an application, and answers its address and what stops it. */
async function start(file, packageName, env) {
  const keys = { CLERK_API_URL: apiUrl, CLERK_SECRET_KEY: secretKey, CLERK_PUBLISHABLE_KEY: publishableKey };
  const application = spawn(process.execPath, [file], {
    cwd: new URL('.', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH, ...keys, ...env, CLERK_SIGN_IN_URL: signInUrl, CLERK_TELEMETRY_DISABLED: '1',
      NODE_NO_WARNINGS: '1', ...(packageName ? { CONFORMANCE_EXPRESS: packageName } : {}),
    },
  });
  const lines = createInterface({ input: application.stdout });
  const [address] = await Promise.race([
    once(lines, 'line'),
    once(application, 'exit').then(([code]) => assert.fail(`${file} ended with ${code}`)),
  ]);
  return { address, stop: () => application.kill() };
}

describe('middleware', () => {
  const permission = `org:${unique('feature')}:read`;
  let user, organization, session, memberSession;

  before(async () => {
    user = await newUser({ firstName: 'Mira' });
    organization = await newOrganization({ slug: unique('mid-'), createdBy: user.id });
    session = await newSession(user.id, organization.id);
    memberSession = await newSession((await newMember(organization.id, permission)).id, organization.id);
  });
  after(cleanUp);

  for (const { name, file, packageName, refusal, keepsScheme } of sdks)
    for (const { how, env, ...configuration } of configurations)
      describe(`${name} ${how}`, () => {
        let application, token;
        const staysOnHttp = keepsScheme && configuration.keepsScheme;

        before(async () => {
          application = await start(file, packageName, env);
        });
        after(() => application?.stop());
        // One for each test, as it lives a minute only.
        beforeEach(async () => {
          token = (await clerk.sessions.getToken(session.id)).jwt;
        });

        const bearer = { get authorization() { return `Bearer ${token}`; } };
        const get = (path, headers = {}) => fetch(application.address + path, { redirect: 'manual', headers: { ...headers } });
        const json = async response => {
          assert.equal(response.status, 200, `${response.status} ${JSON.stringify([...response.headers])}`);
          return response.json();
        };

        it('knows who sends a bearer token', async () => {
          for (const path of ['/open', '/closed']) {
            const response = await get(path, bearer);
            assert.equal(response.headers.get('x-clerk-auth-status'), null, path);
            const { sessionClaims, ...auth } = await json(response);
            assert.deepEqual(auth, {
              userId: user.id, sessionId: session.id, orgId: organization.id, orgSlug: organization.slug, orgRole: 'org:admin',
              ...(auth.orgPermissions ? { orgPermissions: [] } : {}),
            });
            assert.deepEqual(sessionClaims, claimsOf(token));
          }
        });

        it('has() checks roles and permissions', async () => {
          for (const [query, expected] of [
            ['role=org:admin', true], ['role=org:member', false], [`permission=${permission}`, false],
          ])
            assert.equal(await json(await get(`/open/has?${query}`, bearer)), expected, query);
          const { jwt } = await clerk.sessions.getToken(memberSession.id);
          for (const [query, expected] of [['role=org:admin', false], [`permission=${permission}`, true]])
            assert.equal(await json(await get(`/open/has?${query}`, { authorization: `Bearer ${jwt}` })), expected, query);
          assert.equal(await json(await get('/open/has?role=org:admin')), false, 'of nobody');
        });

        it('getToken() and clerkClient ask the server', async () => {
          const template = await clerk.jwtTemplates.create({ name: unique('tmpl-'), claims: { made: '{{user.first_name}}' } });
          later(() => clerk.jwtTemplates.delete(template.id));
          const made = await json(await get(`/closed/token?template=${template.name}`, bearer));
          assert.equal(claimsOf(made).made, 'Mira');
          assert.equal(await json(await get('/closed/token', bearer)), token);
          assert.deepEqual(await json(await get('/closed/user', bearer)), { id: user.id, firstName: 'Mira' });
        });

        for (const [whom, headers, reason] of [
          ['nobody', () => ({}), 'session-token-and-uat-missing'],
          ['who sends garbage', () => ({ authorization: 'Bearer garbage' }), 'token-invalid'],
          ['who sends a token of another signer', () => ({ authorization: `Bearer ${forged(token)}` }), 'token-invalid-signature'],
        ])
          it(`lets ${whom} see the open page only`, async () => {
            const open = await get('/open', headers());
            assert.equal((await json(open)).userId, null);
            const closed = await get('/closed', headers());
            assert.deepEqual([closed.status, closed.headers.get('location')], refusal);
            for (const response of [open, closed]) {
              assert.equal(response.headers.get('x-clerk-auth-status'), 'signed-out');
              // A production instance says this reason, a development instance that it knows no browser.
              const expected = reason === 'session-token-and-uat-missing' ? 'dev-browser-missing' : reason;
              assert.equal(response.headers.get('x-clerk-auth-reason'), expected);
            }
          });

        describe('in a browser', () => {
          const handshake = '/v1/client/handshake';
          let browser;
          beforeEach(() => {
            browser = new Browser(frontendApi);
          });
          /** Where the application finds its cookies. */
          const cookies = () => browser.cookies(application.address);
          const visit = async (path, headers) => json(await browser.visit(application.address + path, headers));
          /** The paths that the last visit led through. */
          const way = () => browser.visited.map(url => url.pathname);
          /** Opens the link that signs a browser in and then leads to the closed page. */
          const signIn = async (params = {}) => {
            const ticket = await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 600, ...params });
            return json(await browser.visit(`${ticket.url}&redirect_url=${application.address}/closed`));
          };

          it('learns by a handshake that it is nobody', async () => {
            assert.equal((await visit('/open')).userId, null);
            assert.deepEqual(way(), ['/open', handshake, '/open', '/open']);
            assert.equal(browser.wasSentToHttps, !staysOnHttp);
            assertSuffixed(cookies(), '__client_uat', '0');
            assertSuffixed(cookies(), '__clerk_db_jwt', /^dvb_/);
            assert.equal((await visit('/open')).userId, null);
            assert.deepEqual(way(), ['/open']);
          });

          it('is signed in by a ticket, and stays so', async () => {
            const auth = await signIn({ orgId: organization.id });
            assert.deepEqual([auth.userId, auth.orgId, auth.orgRole], [user.id, organization.id, 'org:admin']);
            assert.deepEqual(way(), ['/v1/tickets/accept', '/closed', handshake, '/closed', '/closed']);
            const { azp, iat, sid } = auth.sessionClaims;
            assert.deepEqual([azp, sid], [application.address, auth.sessionId]);
            assertSuffixed(cookies(), '__session', jwt => claimsOf(jwt).sid === sid);
            assertSuffixed(cookies(), '__client_uat', since => since > 0 && since <= iat);
            assert.deepEqual(await visit('/closed'), auth);
            assert.deepEqual(way(), ['/closed']);
            assert.equal((await visit('/closed/user')).firstName, 'Mira');
          });

          it('gets a lost session token back by a handshake', async () => {
            const { sessionId } = await signIn();
            forget('__session');
            assert.equal((await visit('/closed')).sessionId, sessionId);
            assert.deepEqual(way(), ['/closed', handshake, '/closed', '/closed']);
          });

          it('gets another session token when the time of one is over', async () => {
            const { sessionId, sessionClaims } = await signIn();
            const late = await visit('/closed', { 'x-seconds-late': '120' });
            assert.deepEqual(way(), ['/closed'], 'it was refreshed without a handshake');
            assert.equal(late.sessionId, sessionId);
            assert.notEqual(late.sessionClaims.jti, sessionClaims.jti);
            assertSuffixed(cookies(), '__session', jwt => claimsOf(jwt).jti === late.sessionClaims.jti);
            assert.deepEqual(await visit('/closed'), late);
          });

          it('gets it by a handshake if it has no refresh token', async () => {
            const { sessionId } = await signIn();
            forget('__refresh');
            assert.equal((await visit('/closed', { 'x-seconds-late': '120' })).sessionId, sessionId);
            assert.deepEqual(way(), ['/closed', handshake, '/closed', '/closed']);
          });

          it('is nobody once the session is revoked and the time of its token is over', async () => {
            const { sessionId } = await signIn();
            await clerk.sessions.revokeSession(sessionId);
            assert.equal((await visit('/open')).userId, user.id, 'a token is good for its minute');
            assert.equal((await visit('/open', { 'x-seconds-late': '120' })).userId, null);
            assert.deepEqual(way(), ['/open', handshake, '/open', '/open']);
            assertSuffixed(cookies(), '__client_uat', '0');
            assertSuffixed(cookies(), '__session', undefined);
          });

          it('says who acts for whom', async () => {
            const actor = { sub: 'user_admin' };
            const { url } = await clerk.actorTokens.create({ userId: user.id, actor, expiresInSeconds: 600 });
            const auth = await json(await browser.visit(`${url}&redirect_url=${application.address}/closed`));
            assert.deepEqual([auth.userId, auth.actor], [user.id, actor]);
          });

          /** Loses the cookies of this name, with and without the suffix. */
          const forget = name => {
            for (const key of Object.keys(cookies())) if (key.startsWith(name)) delete cookies()[key];
          };
        });
      });
});
