// What the operator of a server decides, as applications see it: the signing keys that `ironclerk keys` rotates, and
// Clerk's rate limits. Run alone, against a server of its own with `--rate-limits clerk`: after it nobody is let in for
// ten seconds. Needs IRONCLERK (the program) and IRONCLERK_DATABASE_URL besides the variables of README.md.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiUrl, cleanUp, clerk, headerOf, newUser, rejects, secretKey, verifyToken } from './support.mjs';

const keys = (...command) => execFileSync(process.env.IRONCLERK, ['keys', ...command], { encoding: 'utf8' });
const verify = token => verifyToken(token, { secretKey, apiUrl, skipJwksCache: true });

describe('the operator', () => {
  after(cleanUp);

  it('rotates the signing keys without a restart', async () => {
    const user = await newUser();
    const session = await clerk.sessions.createSession({ userId: user.id });
    const token = async () => (await clerk.sessions.getToken(session.id)).jwt;
    const old = await token();
    const printed = keys('rotate', '--sign-after', '0');
    const [first] = printed.match(/^ins_\S+(?=  signs$)/m);
    let fresh;
    for (let tries = 0; tries < 40; tries++) {
      fresh = await token();
      if (headerOf(fresh).kid === first) break;
      await sleep(250);
    }
    assert.equal(headerOf(fresh).kid, first, 'the new key does not sign');
    assert.notEqual(headerOf(old).kid, first);
    assert.equal((await clerk.jwks.getJwks()).keys.length, 2);
    for (const one of [old, fresh]) assert.equal((await verify(one)).sid, session.id);

    const [jwtKey] = printed.match(/(?<=^CLERK_JWT_KEY=).+$/m);
    assert.equal((await verifyToken(fresh, { jwtKey })).sid, session.id);
    keys('remove', headerOf(old).kid);
    const published = async () => (await clerk.jwks.getJwks()).keys.map(({ kid }) => kid);
    for (let tries = 0; tries < 40 && (await published()).length > 1; tries++) await sleep(250);
    // The client itself does not forget a key that it has seen.
    assert.deepEqual(await published(), [first]);
    assert.equal((await verify(fresh)).sid, session.id);
  });

  it('limits how often the API is called', async () => {
    const count = () => clerk.users.getCount();
    // At once, so that a slow machine makes them in one window of 10 s.
    const calls = await Promise.allSettled(Array.from({ length: 300 }, count));
    const refused = calls.find(({ status }) => status === 'rejected');
    assert.ok(refused, 'nobody was turned away');
    const error = await rejects(Promise.reject(refused.reason), 429, 'too_many_requests');
    assert.ok(error.retryAfter >= 1 && error.retryAfter <= 10, `retryAfter ${error.retryAfter}`);
    // Tokens are verified all the same.
    assert.ok((await clerk.jwks.getJwks()).keys.length > 0);
    await sleep(error.retryAfter * 1000);
    assert.ok((await count()) >= 0);
  });
});
