import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { apiUrl, assertRecent, assertSchema, call, cleanUp, clerk, email, ids, later, newUser, publishableKey, rejects, secretKey, unique } from './support.mjs';

after(cleanUp);

describe('redirectUrls', () => {
  it('are added, found, listed and removed', async () => {
    const url = `myapp://${unique()}`;
    const added = await clerk.redirectUrls.createRedirectUrl({ url });
    later(() => clerk.redirectUrls.deleteRedirectUrl(added.id));
    assert.equal(added.url, url);
    assertRecent(added.createdAt, 'createdAt');
    assert.deepEqual(await clerk.redirectUrls.getRedirectUrl(added.id), added);
    const list = await clerk.redirectUrls.getRedirectUrlList();
    assert.ok(ids(list.data).includes(added.id));
    assert.ok(list.totalCount >= 1);
    await rejects(clerk.redirectUrls.createRedirectUrl({ url }), 422, 'form_identifier_exists', 'url');
    await rejects(clerk.redirectUrls.createRedirectUrl({ url: 'nonsense' }), 422, 'form_param_format_invalid', 'url');
    assert.equal((await clerk.redirectUrls.deleteRedirectUrl(added.id)).deleted, true);
    await rejects(clerk.redirectUrls.getRedirectUrl(added.id), 404, 'resource_not_found');
  });
});

for (const [name, list, create, remove] of [
  ['allowlistIdentifiers', 'getAllowlistIdentifierList', 'createAllowlistIdentifier', 'deleteAllowlistIdentifier'],
  ['blocklistIdentifiers', 'getBlocklistIdentifierList', 'createBlocklistIdentifier', 'deleteBlocklistIdentifier'],
])
  describe(name, () => {
    it('are added, listed in pages and removed', async () => {
      const api = clerk[name];
      const identifier = email();
      const added = await api[create]({ identifier });
      later(() => api[remove](added.id));
      assert.equal(added.identifier, identifier);
      assert.equal(added.identifierType, 'email_address');
      assertRecent(added.createdAt, 'createdAt');
      const domain = await api[create]({ identifier: `*@${unique()}.example` });
      later(() => api[remove](domain.id));
      const { data, totalCount } = await api[list]({ limit: 1 });
      assert.equal(data.length, 1);
      assert.ok(totalCount >= 2);
      await rejects(api[create]({ identifier }), 400, 'duplicate_record', 'identifier');
      await rejects(api[create]({ identifier: 'nonsense' }), 422, 'form_param_format_invalid', 'identifier');
      const deleted = await api[remove](added.id);
      assert.deepEqual([deleted.id, deleted.deleted], [added.id, true]);
      await rejects(api[remove](added.id), 404, 'resource_not_found');
    });
  });

describe('domains and proxyChecks', () => {
  it('has a primary domain, and satellites are added, changed and removed', async () => {
    const primary = (await clerk.domains.list()).data.find(domain => !domain.isSatellite);
    assert.ok(primary, 'a primary domain');
    const name = `${unique()}.example`;
    const added = await clerk.domains.add({ name, is_satellite: true });
    later(() => clerk.domains.delete(added.id));
    assert.deepEqual([added.name, added.isSatellite], [name, true]);
    await rejects(clerk.domains.add({ name, is_satellite: true }), 422, 'form_identifier_exists', 'name');
    const changed = await clerk.domains.update({ domainId: added.id, proxy_url: `https://${name}/clerk` });
    assert.equal(changed.proxyUrl, `https://${name}/clerk`);
    assert.ok(ids((await clerk.domains.list()).data).includes(added.id));
    assert.equal((await clerk.domains.deleteDomain(added.id)).deleted, true);
    const other = await clerk.domains.add({ name, is_satellite: true });
    const deleted = await clerk.domains.delete(other.id);
    assert.deepEqual([deleted.object, deleted.id, deleted.deleted], ['domain', other.id, true]);
    assert.ok(!ids((await clerk.domains.list()).data).includes(other.id));
    await rejects(clerk.domains.delete(primary.id), 403, 'operation_not_allowed_on_primary_domain');
  });

  it('tells whether a proxy leads to the Frontend API', async () => {
    const primary = (await clerk.domains.list()).data.find(domain => !domain.isSatellite);
    const check = await clerk.proxyChecks.verify({ domainId: primary.id, proxyUrl: apiUrl });
    assert.deepEqual([check.domainId, check.proxyUrl, check.successful], [primary.id, apiUrl, true]);
    const failed = await clerk.proxyChecks.verify({ domainId: primary.id, proxyUrl: 'http://127.0.0.1:9' });
    assert.equal(failed.successful, false);
  });
});

describe('instance', () => {
  it('is read and changed', async () => {
    const { id, environmentType } = await clerk.instance.get();
    assert.match(id, /^ins_/);
    assert.equal(environmentType, 'development');
    await clerk.instance.update({ testMode: true, hibp: true, supportEmail: 'help@example.com', allowedOrigins: ['http://localhost:1420'] });
    assert.deepEqual((await clerk.instance.get()).allowedOrigins, ['http://localhost:1420']);
    await rejects(clerk.instance.update({ supportEmail: 'nonsense' }), 422, 'form_param_format_invalid', 'support_email');
  });

  it('answers its restrictions and the settings of organizations', async () => {
    later(() => clerk.instance.updateRestrictions({ blockDisposableEmailDomains: false, ignoreDotsForGmailAddresses: false }));
    const restrictions = await clerk.instance.updateRestrictions({ blockDisposableEmailDomains: true, ignoreDotsForGmailAddresses: true });
    assert.equal(restrictions.blockDisposableEmailDomains, true);
    assert.equal(restrictions.ignoreDotsForGmailAddresses, true);
    assert.equal(restrictions.allowlist, false);
    await clerk.instance.updateRestrictions({ blockEmailSubaddresses: true });
    const name = unique();
    await newUser({ emailAddress: [`${name}@example.com`] });
    for (const address of [`${name}+1@example.com`, `${name}@mailinator.com`])
      await rejects(clerk.users.createUser({ emailAddress: [address] }), 403, 'not_allowed_access');
    await clerk.instance.updateRestrictions({
      blockEmailSubaddresses: false, blockDisposableEmailDomains: false, ignoreDotsForGmailAddresses: false,
    });
    const settings = await clerk.instance.updateOrganizationSettings({ maxAllowedMemberships: 5 });
    assert.deepEqual(
      [settings.enabled, settings.maxAllowedMemberships, settings.creatorRole, settings.domainsDefaultRole],
      [true, 5, 'org:admin', 'org:member'],
    );
  });

  it('moves to another domain', async () => {
    const primary = async () => (await clerk.domains.list()).data.find(domain => !domain.isSatellite).name;
    const before = await primary();
    const name = `${unique()}.example`;
    await clerk.betaFeatures.changeDomain({ homeUrl: `https://${name}` });
    assert.equal(await primary(), name);
    await clerk.betaFeatures.changeDomain({ homeUrl: `http://${before}` });
    assert.equal(await primary(), before);
  });

  it('is an accountless application to who has its key', async () => {
    for (const method of ['createAccountlessApplication', 'completeAccountlessApplicationOnboarding']) {
      const application = await clerk.__experimental_accountlessApplications[method]();
      assert.deepEqual([application.publishableKey, application.secretKey], [publishableKey, secretKey]);
    }
  });
});

describe('waitlistEntries', () => {
  it('are made once and listed', async () => {
    const emailAddress = email();
    const entry = await clerk.waitlistEntries.create({ emailAddress, notify: false });
    assert.deepEqual([entry.emailAddress, entry.status], [emailAddress, 'pending']);
    assert.deepEqual(await clerk.waitlistEntries.create({ emailAddress }), entry);
    const { data, totalCount } = await clerk.waitlistEntries.list({ query: emailAddress, status: 'pending', orderBy: '-created_at' });
    assert.deepEqual(ids(data), [entry.id]);
    assert.equal(totalCount, 1);
    const raw = await call('GET', `/v1/waitlist_entries?query=${entry.id}`);
    assertSchema(raw.json.data[0], 'WaitlistEntry');
    await rejects(clerk.waitlistEntries.create({ emailAddress: 'x' }), 422, 'form_param_format_invalid', 'email_address');
  });
});

describe('samlConnections', () => {
  it('are made, found, changed and deleted', async () => {
    const api = clerk.samlConnections;
    const domain = `${unique()}.example`;
    const made = await api.createSamlConnection({
      name: 'Okta', provider: 'saml_okta', domain, idpEntityId: 'https://idp.example',
      attributeMapping: { userId: 'uid', emailAddress: 'mail', firstName: 'given', lastName: 'sn' },
    });
    later(() => api.deleteSamlConnection(made.id));
    assert.deepEqual([made.name, made.provider, made.domain, made.active], ['Okta', 'saml_okta', domain, false]);
    assert.deepEqual({ ...made.attributeMapping }, { userId: 'uid', emailAddress: 'mail', firstName: 'given', lastName: 'sn' });
    assert.match(made.acsUrl, /^https?:\/\//);
    await rejects(api.createSamlConnection({ name: 'X', provider: 'saml_custom', domain }), 422, 'form_identifier_exists', 'domain');
    await rejects(api.updateSamlConnection(made.id, { active: true }), 422, 'saml_connection_cant_be_activated');
    const changed = await api.updateSamlConnection(made.id, {
      name: 'New', active: true, idpSsoUrl: 'https://idp.example/sso', idpCertificate: 'MIIC', allowSubdomains: true,
    });
    assert.deepEqual([changed.name, changed.active, changed.allowSubdomains], ['New', true, true]);
    assert.deepEqual(await api.getSamlConnection(made.id), changed);
    const { data, totalCount } = await api.getSamlConnectionList({ limit: 100 });
    assert.ok(ids(data).includes(made.id));
    assert.ok(totalCount >= 1);
    const raw = await call('GET', `/v1/saml_connections/${made.id}`);
    assertSchema(raw.json, 'SAMLConnection');
    assert.equal((await api.deleteSamlConnection(made.id)).deleted, true);
    await rejects(api.getSamlConnection(made.id), 404, 'resource_not_found');
  });
});

describe('oauthApplications', () => {
  it('are made, found, changed and deleted; a secret is shown once', async () => {
    const api = clerk.oauthApplications;
    const made = await api.create({ name: 'App', redirectUris: ['https://a.example/cb'], scopes: 'profile email' });
    later(() => api.delete(made.id));
    assert.deepEqual([made.name, made.scopes, made.isPublic], ['App', 'profile email', false]);
    assert.ok(made.clientSecret.length >= 32);
    const found = await api.get(made.id);
    assert.equal(found.clientSecret, undefined);
    assert.equal(found.clientId, made.clientId);
    const rotated = await api.rotateSecret(made.id);
    assert.ok(rotated.clientSecret && rotated.clientSecret !== made.clientSecret);
    const changed = await api.update({ oauthApplicationId: made.id, name: 'Other', redirectUris: ['app://cb'] });
    assert.deepEqual([changed.name, changed.redirectUris], ['Other', ['app://cb']]);
    await rejects(api.update({ oauthApplicationId: made.id, scopes: 'everything' }), 422, 'form_param_value_invalid', 'scopes');
    const { data, totalCount } = await api.list({ limit: 100 });
    assert.ok(ids(data).includes(made.id));
    assert.ok(totalCount >= 1);
    const raw = await call('GET', `/v1/oauth_applications/${made.id}`);
    assertSchema(raw.json, 'OAuthApplication');
    assert.equal((await api.delete(made.id)).deleted, true);
    await rejects(api.get(made.id), 404, 'resource_not_found');
  });
});
