import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { assertRecent, cleanUp, clerk, email, ids, isSeeded, newUser, password, rejects, unique } from './support.mjs';

const { users } = clerk;
const digests = readFileSync(new URL('../testdata/password_digests.tsv', import.meta.url), 'utf8')
  .trimEnd().split('\n').slice(1).map(line => line.split('\t'));
const unknown = 'user_2aaaaaaaaaaaaaaaaaaaaaaaaaa';

describe('users', () => {
  after(cleanUp);

  describe('createUser', () => {
    it('stores what it is given and answers with the whole user', async () => {
      const emails = [email(), email()];
      const given = {
        emailAddress: emails,
        username: unique('name'),
        externalId: unique('ext'),
        firstName: 'Ada',
        lastName: 'Lovelace',
        publicMetadata: { camelCase: { innerKey: [1, { deepKey: null }] }, snake_case: 'x', 'dash-ed': true },
        privateMetadata: { stripeId: 'cus_1' },
        unsafeMetadata: { birthDay: '1815-12-10', ünï: '✓' },
      };
      const user = await newUser({ ...given, password: password() });

      assert.match(user.id, /^user_[0-9A-Za-z]{27}$/);
      for (const key of ['username', 'externalId', 'firstName', 'lastName', 'publicMetadata', 'privateMetadata', 'unsafeMetadata'])
        assert.deepEqual(user[key], given[key], key);
      assert.equal(user.fullName, 'Ada Lovelace');
      assert.deepEqual(user.emailAddresses.map(e => e.emailAddress), emails);
      for (const address of user.emailAddresses) {
        assert.match(address.id, /^idn_[0-9A-Za-z]{27}$/);
        assert.equal(address.verification?.status, 'verified', address.emailAddress);
        assert.deepEqual(address.linkedTo, []);
      }
      assert.equal(user.primaryEmailAddressId, user.emailAddresses[0].id);
      assert.equal(user.primaryEmailAddress.emailAddress, emails[0]);
      assert.equal(user.passwordEnabled, true);
      assert.doesNotMatch(JSON.stringify(user.raw), /Pw-|password_digest/, 'the password came back');
      assertRecent(user.createdAt, 'createdAt');
      assertRecent(user.updatedAt, 'updatedAt');
    });

    it('fills the rest with defaults', async () => {
      const user = await newUser();
      for (const key of ['username', 'externalId', 'firstName', 'lastName', 'fullName', 'lastSignInAt', 'primaryPhoneNumberId', 'primaryWeb3WalletId', 'legalAcceptedAt'])
        assert.equal(user[key], null, key);
      for (const key of ['passwordEnabled', 'twoFactorEnabled', 'totpEnabled', 'backupCodeEnabled', 'banned', 'locked', 'hasImage'])
        assert.equal(user[key], false, key);
      for (const key of ['phoneNumbers', 'web3Wallets', 'externalAccounts', 'samlAccounts'])
        assert.deepEqual(user[key], [], key);
      for (const key of ['publicMetadata', 'privateMetadata', 'unsafeMetadata']) assert.deepEqual(user[key], {}, key);
    });

    it('takes the creation time of a migrated user', async () => {
      const createdAt = new Date('2020-02-03T04:05:06.789Z');
      const user = await newUser({ createdAt });
      assert.equal(user.createdAt, createdAt.getTime());
    });

    it('refuses an identifier that is taken', async () => {
      const given = { emailAddress: [email()], username: unique('name'), externalId: unique('ext') };
      await newUser(given);
      const again = params => users.createUser({ emailAddress: [email()], skipPasswordRequirement: true, ...params });
      await rejects(again({ emailAddress: given.emailAddress }), 422, 'form_identifier_exists', 'email_address');
      await rejects(again({ username: given.username }), 422, 'form_identifier_exists', 'username');
      await rejects(again({ externalId: given.externalId }), 422, 'form_identifier_exists', 'external_id');
    });

    it('refuses a malformed e-mail address and a short password', async () => {
      await rejects(users.createUser({ emailAddress: ['not-an-address'] }), 422, 'form_param_format_invalid', 'email_address');
      await rejects(
        users.createUser({ emailAddress: [email()], password: 'aB3$' }),
        422, 'form_password_length_too_short', 'password',
      );
    });
  });

  describe('getUser', () => {
    it('answers with the same user as createUser', async () => {
      const user = await newUser({ firstName: 'Grace', publicMetadata: { someKey: 1 } });
      assert.deepEqual((await users.getUser(user.id)).raw, user.raw);
    });

    it('fails for an unknown id with everything that ClerkAPIResponseError carries', async () => {
      const error = await rejects(users.getUser(unknown), 404, 'resource_not_found');
      assert.ok(error.errors[0].message && error.errors[0].longMessage, JSON.stringify(error.errors));
      assert.match(error.clerkTraceId, /^[0-9a-f]{32}$/);
    });
  });

  describe('updateUser', () => {
    it('changes what is given and nothing else', async () => {
      const user = await newUser({ firstName: 'Old', lastName: 'Kept', unsafeMetadata: { kept: true } });
      const changes = {
        firstName: 'New', username: unique('name'), externalId: unique('ext'),
        publicMetadata: { newKey: { innerKey: 1 } }, privateMetadata: { secretKey: 2 },
      };
      const changed = await users.updateUser(user.id, { ...changes, password: password() });
      for (const [key, value] of Object.entries(changes)) assert.deepEqual(changed[key], value, key);
      assert.equal(changed.lastName, 'Kept');
      assert.deepEqual(changed.unsafeMetadata, { kept: true });
      assert.equal(changed.passwordEnabled, true);
      assert.equal(changed.createdAt, user.createdAt);
      assert.ok(changed.updatedAt > user.updatedAt, 'updatedAt did not advance');
      assert.deepEqual((await users.getUser(user.id)).raw, changed.raw);
    });

    it('clears names and the username with null', async () => {
      const user = await newUser({ firstName: 'A', lastName: 'B', username: unique('name') });
      await users.updateUser(user.id, { firstName: null, lastName: null, username: null });
      const { firstName, lastName, username } = await users.getUser(user.id);
      assert.deepEqual({ firstName, lastName, username }, { firstName: null, lastName: null, username: null });
    });

    it('replaces metadata instead of merging it', async () => {
      const user = await newUser({ publicMetadata: { first: 1, both: 1 } });
      const changed = await users.updateUser(user.id, { publicMetadata: { both: 2 } });
      assert.deepEqual(changed.publicMetadata, { both: 2 });
    });

    it('makes another address of the user the primary one', async () => {
      const user = await newUser({ emailAddress: [email(), email()] });
      const changed = await users.updateUser(user.id, { primaryEmailAddressID: user.emailAddresses[1].id });
      assert.equal(changed.primaryEmailAddress.emailAddress, user.emailAddresses[1].emailAddress);
    });

    it('refuses a username that is taken, but not the own one', async () => {
      const [one, two] = [await newUser({ username: unique('name') }), await newUser({ username: unique('name') })];
      await rejects(users.updateUser(two.id, { username: one.username }), 422, 'form_identifier_exists', 'username');
      assert.equal((await users.updateUser(one.id, { username: one.username })).username, one.username);
    });

    it('fails for an unknown id', () => rejects(users.updateUser(unknown, { firstName: 'X' }), 404, 'resource_not_found'));
  });

  describe('deleteUser', () => {
    it('answers with a DeletedObject; then the user is gone', async () => {
      const user = await newUser();
      const deleted = await users.deleteUser(user.id);
      assert.deepEqual({ ...deleted }, { object: 'user', id: user.id, slug: null, deleted: true });
      await rejects(users.getUser(user.id), 404, 'resource_not_found');
      await rejects(users.deleteUser(user.id), 404, 'resource_not_found');
      assert.equal(await users.getCount({ userId: [user.id] }), 0);
    });

    it('frees the identifiers of the user', async () => {
      const given = { emailAddress: [email()], username: unique('name'), externalId: unique('ext') };
      const first = await newUser(given);
      await users.deleteUser(first.id);
      assert.notEqual((await newUser(given)).id, first.id);
    });
  });

  describe('updateUserMetadata', () => {
    it('merges objects on all levels; null removes a key', async () => {
      const user = await newUser({ publicMetadata: { a: { b: 1, c: 2 }, keepMe: true }, privateMetadata: { p: 1 } });
      const changed = await users.updateUserMetadata(user.id, { publicMetadata: { a: { b: null, dEf: 3 } }, unsafeMetadata: { u: 1 } });
      assert.deepEqual(changed.publicMetadata, { a: { c: 2, dEf: 3 }, keepMe: true });
      assert.deepEqual([changed.privateMetadata, changed.unsafeMetadata], [{ p: 1 }, { u: 1 }]);
    });
  });

  describe('banUser, unbanUser, lockUser, unlockUser', () => {
    it('a ban revokes the sessions', async () => {
      const user = await newUser();
      const session = await clerk.sessions.createSession({ userId: user.id });
      assert.equal((await users.banUser(user.id)).banned, true);
      assert.equal((await clerk.sessions.getSession(session.id)).status, 'revoked');
      assert.equal((await users.unbanUser(user.id)).banned, false);
    });

    it('a lock lasts for a while', async () => {
      const user = await newUser();
      const locked = await users.lockUser(user.id);
      assert.equal(locked.locked, true);
      assert.ok(locked.raw.lockout_expires_in_seconds > 3500, JSON.stringify(locked.raw));
      const { locked: still, raw } = await users.unlockUser(user.id);
      assert.deepEqual([still, raw.lockout_expires_in_seconds], [false, null]);
    });

    for (const method of ['banUser', 'unbanUser', 'lockUser', 'unlockUser'])
      it(`${method} fails for an unknown id`, () => rejects(users[method](unknown), 404, 'resource_not_found'));
  });

  describe('verifyPassword', () => {
    it('tells the right password from others', async () => {
      const secret = password();
      const user = await newUser({ password: secret });
      assert.deepEqual(await users.verifyPassword({ userId: user.id, password: secret }), { verified: true });
      await rejects(users.verifyPassword({ userId: user.id, password: 'wrong' }), 422, 'incorrect_password', 'password');
      const none = await newUser();
      await rejects(users.verifyPassword({ userId: none.id, password: secret }), 400, 'no_password_set');
    });

    for (const [hasher, secret, digest] of digests)
      it(`knows the digests of ${hasher}`, async () => {
        const user = await newUser({ passwordDigest: digest, passwordHasher: hasher });
        assert.equal(user.passwordEnabled, true);
        for (let i = 0; i < 2; i++)
          assert.deepEqual(await users.verifyPassword({ userId: user.id, password: secret }), { verified: true });
        await rejects(users.verifyPassword({ userId: user.id, password: 'wrong' }), 422, 'incorrect_password');
      });
  });

  describe('second factors', () => {
    const totpSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    const codeNow = () => {
      const counter = Buffer.alloc(8);
      counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
      const tag = createHmac('sha1', '12345678901234567890').update(counter).digest();
      return String((tag.readUInt32BE(tag[19] & 0xf) & 0x7fffffff) % 1e6).padStart(6, '0');
    };

    it('verifyTOTP takes codes and backup codes once', async () => {
      const user = await newUser({ totpSecret, backupCodes: ['abcd1234', 'efgh5678'] });
      assert.deepEqual([user.totpEnabled, user.backupCodeEnabled, user.twoFactorEnabled], [true, true, true]);
      const verify = code => users.verifyTOTP({ userId: user.id, code });
      assert.deepEqual(await verify(codeNow()), { verified: true, code_type: 'totp' });
      assert.deepEqual(await verify('abcd1234'), { verified: true, code_type: 'backup_code' });
      await rejects(verify('abcd1234'), 422, 'totp_incorrect_code');
      assert.deepEqual(await users.deleteUserBackupCodes(user.id), { user_id: user.id });
      assert.deepEqual(await users.deleteUserTOTP(user.id), { user_id: user.id });
      await rejects(verify('123456'), 400, 'totp_disabled');
    });

    it('disableUserMFA takes them all away', async () => {
      const user = await newUser({ totpSecret, backupCodes: ['abcd1234'] });
      assert.deepEqual(await users.disableUserMFA(user.id), { user_id: user.id });
      const { totpEnabled, backupCodeEnabled, twoFactorEnabled } = await users.getUser(user.id);
      assert.deepEqual([totpEnabled, backupCodeEnabled, twoFactorEnabled], [false, false, false]);
    });
  });

  describe('profile images', () => {
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

    it('updateUserProfileImage stores what is then served; deleteUserProfileImage takes it away', async () => {
      const user = await newUser();
      const changed = await users.updateUserProfileImage(user.id, { file: new Blob([png], { type: 'image/png' }) });
      assert.equal(changed.hasImage, true);
      const image = await fetch(changed.imageUrl);
      assert.equal(image.headers.get('content-type'), 'image/png');
      assert.deepEqual(Buffer.from(await image.arrayBuffer()), png);
      const { hasImage, imageUrl } = await users.deleteUserProfileImage(user.id);
      assert.deepEqual([hasImage, imageUrl], [false, user.imageUrl]);
      assert.equal((await fetch(changed.imageUrl)).status, 404);
    });

    it('refuses what is no image', async () => {
      const user = await newUser();
      const file = new Blob(['<svg/>'], { type: 'image/svg+xml' });
      await rejects(users.updateUserProfileImage(user.id, { file }), 400, 'request_body_invalid', 'file');
    });
  });

  describe('deleteUserWeb3Wallet', () => {
    it('takes a wallet away, and only that', async () => {
      const wallets = [1, 2].map(() => `0x${randomBytes(20).toString('hex')}`);
      const user = await newUser({ web3Wallet: wallets });
      assert.deepEqual(user.web3Wallets.map(wallet => wallet.web3Wallet), wallets);
      const [{ id }] = user.web3Wallets;
      const deleted = await users.deleteUserWeb3Wallet({ userId: user.id, web3WalletIdentificationId: id });
      assert.deepEqual([deleted.id, deleted.deleted], [id, true]);
      assert.deepEqual((await users.getUser(user.id)).web3Wallets.map(wallet => wallet.web3Wallet), wallets.slice(1));
    });
  });

  describe('what a user does not have', () => {
    it('is not found, or is an empty page', async () => {
      const { id: userId } = await newUser();
      await rejects(users.deleteUserPasskey({ userId, passkeyIdentificationId: 'idn_x' }), 404, 'passkey_not_registered');
      await rejects(users.deleteUserWeb3Wallet({ userId, web3WalletIdentificationId: 'idn_x' }), 404, 'resource_not_found');
      await rejects(users.deleteUserExternalAccount({ userId, externalAccountId: 'eac_x' }), 404, 'external_account_not_found');
      assert.deepEqual(await users.getUserOauthAccessToken(userId, 'google'), { data: [], totalCount: 0 });
      assert.deepEqual(await users.getOrganizationMembershipList({ userId }), { data: [], totalCount: 0 });
    });
  });

  describe('what a user has made in a browser', { skip: !isSeeded && 'the server was not started with seed.yaml' }, () => {
    it('is there, and can be taken away', async () => {
      const { data: [user] } = await users.getUserList({ emailAddress: ['seeded@example.com'] });
      const [account] = user.externalAccounts;
      assert.equal(account.provider, 'oauth_google');
      const { data: [token] } = await users.getUserOauthAccessToken(user.id, 'google');
      assert.equal(token.token, 'ya29.example');
      assert.deepEqual(token.scopes, ['email', 'profile']);
      const gone = await users.deleteUserExternalAccount({ userId: user.id, externalAccountId: account.id });
      assert.deepEqual([gone.id, gone.deleted], [account.id, true]);

      const [passkey] = user.raw.passkeys;
      assert.equal(passkey.name, 'Laptop');
      const removed = await users.deleteUserPasskey({ userId: user.id, passkeyIdentificationId: passkey.id });
      assert.deepEqual([removed.id, removed.deleted], [passkey.id, true]);

      const left = await users.getUser(user.id);
      assert.deepEqual([left.externalAccounts, left.raw.passkeys], [[], []]);
      assert.deepEqual(await users.getUserOauthAccessToken(user.id, 'google'), { data: [], totalCount: 0 });
    });
  });

  describe('getUserList and getCount', () => {
    const word = unique('find');
    let made; // oldest first
    let mine; // a filter for exactly these

    before(async () => {
      made = [];
      for (const firstName of ['Cleo', 'Anna', 'Bert'])
        made.push(await newUser({
          firstName, lastName: word, username: unique(word), externalId: unique('ext'), emailAddress: [email(), email()],
        }));
      mine = { userId: ids(made) };
    });

    it('gives a page of users and the number of all', async () => {
      const { data, totalCount } = await users.getUserList({ limit: 2, offset: 1 });
      assert.equal(data.length, 2);
      assert.ok(totalCount >= 3, `totalCount ${totalCount}`);
      assert.ok(Number.isInteger(data[0].createdAt), 'createdAt of a User');
      assert.ok(data[0].createdAt >= data[1].createdAt, 'not newest first');
    });

    it('pages through newest first', async () => {
      const newestFirst = ids(made).reverse();
      assert.deepEqual(ids((await users.getUserList(mine)).data), newestFirst);
      for (const [offset, id] of newestFirst.entries()) {
        const { data, totalCount } = await users.getUserList({ ...mine, limit: 1, offset });
        assert.deepEqual(ids(data), [id], `offset ${offset}`);
        assert.equal(totalCount, 3);
      }
      assert.deepEqual((await users.getUserList({ ...mine, offset: 3 })).data, []);
    });

    for (const [orderBy, expected] of [
      ['first_name', ['Anna', 'Bert', 'Cleo']],
      ['+first_name', ['Anna', 'Bert', 'Cleo']],
      ['-first_name', ['Cleo', 'Bert', 'Anna']],
      ['created_at', ['Cleo', 'Anna', 'Bert']],
      ['-created_at', ['Bert', 'Anna', 'Cleo']],
    ])
      it(`orders by ${orderBy}`, async () => {
        const { data } = await users.getUserList({ ...mine, orderBy });
        assert.deepEqual(data.map(user => user.firstName), expected);
      });

    for (const [name, filter, expected] of [
      ['emailAddress', () => ({ emailAddress: [made[0].emailAddresses[1].emailAddress, made[2].emailAddresses[0].emailAddress, email()] }), [2, 0]],
      ['userId', () => ({ userId: [made[1].id, unknown] }), [1]],
      ['username', () => ({ username: [made[0].username, made[1].username] }), [1, 0]],
      ['externalId', () => ({ externalId: [made[2].externalId] }), [2]],
      ['query, a part of a name', () => ({ query: word.slice(0, -1) }), [2, 1, 0]],
      ['query, a part of an address', () => ({ query: made[1].emailAddresses[1].emailAddress.split('@')[0] }), [1]],
      ['query, an id', () => ({ query: made[0].id }), [0]],
      ['two filters together', () => ({ userId: [made[0].id, made[1].id], username: [made[1].username, made[2].username] }), [1]],
      ['a filter that matches nothing', () => ({ username: [unique('nobody')] }), []],
    ])
      it(`filters by ${name}`, async () => {
        const { data, totalCount } = await users.getUserList(filter());
        assert.deepEqual(data.map(user => made.findIndex(m => m.id === user.id)), expected);
        assert.equal(totalCount, expected.length);
        assert.equal(await users.getCount(filter()), expected.length);
      });

    for (const params of [{ limit: 501 }, { limit: -1 }, { offset: -1 }, { orderBy: '-nonsense' }])
      it(`refuses ${JSON.stringify(params)}`, () => {
        const name = { limit: 'limit', offset: 'offset', orderBy: 'order_by' }[Object.keys(params)[0]];
        return rejects(users.getUserList(params), 422, 'form_param_value_invalid', name);
      });

    it('accepts the greatest limit', async () => {
      assert.ok((await users.getUserList({ limit: 500 })).data.length >= 3);
    });

    it('counts one more after a user is created', async () => {
      const name = unique('count');
      assert.equal(await users.getCount({ query: name }), 0);
      const user = await newUser({ lastName: name });
      assert.equal(await users.getCount({ query: name }), 1);
      assert.ok((await users.getCount()) >= 4);
    });
  });
});
