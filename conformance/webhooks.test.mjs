import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { call, clerk, cleanUp, email, newUser, rejects, verifyWebhook } from './support.mjs';

// There is one state for the whole instance, so one test walks through it.
describe('webhooks', () => {
  const received = [];
  let waiting = () => {};
  const receiver = createServer((request, response) => {
    const chunks = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.end();
      waiting();
    });
  });
  const next = async type => {
    for (;;) {
      const index = received.findIndex(({ body }) => JSON.parse(body).type === type);
      if (index >= 0) return received.splice(index, 1)[0];
      await new Promise(resolve => (waiting = resolve));
    }
  };

  before(() => new Promise(resolve => receiver.listen(0, '127.0.0.1', resolve)));
  after(async () => {
    receiver.close();
    await cleanUp();
  });

  it('are turned on, sent, verified and turned off', { timeout: 60_000 }, async () => {
    await clerk.webhooks.deleteSvixApp().catch(() => {});
    await rejects(clerk.webhooks.generateSvixAuthURL(), 400, 'svix_app_missing');
    await rejects(clerk.webhooks.deleteSvixApp(), 400, 'svix_app_missing');
    const made = await clerk.webhooks.createSvixApp();
    assert.match(made.svix_url, /^https?:/);
    await rejects(clerk.webhooks.createSvixApp(), 400, 'svix_app_exists');
    const { svix_url } = await clerk.webhooks.generateSvixAuthURL();

    const url = `http://127.0.0.1:${receiver.address().port}/hook`;
    const page = await fetch(svix_url, { method: 'POST', body: new URLSearchParams({ add: url }) });
    assert.equal(page.status, 200);
    const signingSecret = /whsec_[A-Za-z0-9+/=]+/.exec(await page.text())[0];

    const user = await newUser({ firstName: 'Ada' });
    const { headers, body } = await next('user.created');
    const request = () => new Request(url, { method: 'POST', headers: { ...headers }, body });
    const event = await verifyWebhook(request(), { signingSecret });
    // Other tests make users at the same time.
    assert.equal(event.type, 'user.created');
    assert.equal(event.object, 'event');
    assert.equal(event.data.object, 'user');
    const other = `whsec_${Buffer.from('another secret of some length').toString('base64')}`;
    await assert.rejects(verifyWebhook(request(), { signingSecret: other }));

    await clerk.users.deleteUser(user.id);
    for (;;) {
      const { headers, body } = await next('user.deleted');
      const gone = await verifyWebhook(new Request(url, { method: 'POST', headers, body }), { signingSecret });
      if (gone.data.id === user.id) break;
    }
    await clerk.webhooks.deleteSvixApp();
    assert.equal((await fetch(svix_url)).status, 400);
  });
});

describe('signUps', () => {
  it('are begun by the link of an invitation, read and changed', async () => {
    const invitation = await clerk.invitations.createInvitation({ emailAddress: email(), redirectUrl: 'http://localhost:3000/join' });
    assert.equal((await fetch(invitation.url, { redirect: 'manual' })).status, 307);
    const clients = await call('GET', '/v1/clients?limit=100');
    const of = async ({ sign_up_id }) => (sign_up_id ? clerk.signUps.get(sign_up_id) : undefined);
    const all = await Promise.all(clients.json.map(of));
    const signUp = all.find(one => one?.emailAddress === invitation.emailAddress);
    assert.deepEqual([signUp.status, signUp.missingFields, signUp.customAction], ['missing_requirements', ['password'], false]);
    const changed = await clerk.signUps.update({ signUpAttemptId: signUp.id, externalId: 'x', customAction: true });
    assert.deepEqual([changed.id, changed.externalId, changed.customAction], [signUp.id, 'x', true]);
    await rejects(clerk.signUps.get('sua_nobody'), 404, 'resource_not_found');
  });
});
