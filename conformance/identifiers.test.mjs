import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRecent, assertSchema, call, cleanUp, clerk, email, newUser, rejects } from './support.mjs';

const { emailAddresses, phoneNumbers, users } = clerk;
const unknown = 'idn_2aaaaaaaaaaaaaaaaaaaaaaaaaa';
let numbers = Math.floor(Math.random() * 9e7);
const phone = () => `+1555${String(numbers++ % 1e7).padStart(7, '0')}`;

describe('emailAddresses', () => {
  let user;
  before(async () => {
    user = await newUser();
  });
  after(cleanUp);

  it('createEmailAddress, getEmailAddress, updateEmailAddress, deleteEmailAddress', async () => {
    const emailAddress = email();
    const created = await emailAddresses.createEmailAddress({ userId: user.id, emailAddress, verified: true });
    assert.equal(created.emailAddress, emailAddress);
    assert.equal(created.verification.status, 'verified');
    assert.deepEqual(await emailAddresses.getEmailAddress(created.id), created);
    assertSchema((await call('GET', `/v1/email_addresses/${created.id}`)).json, 'EmailAddress');

    assert.equal((await users.getUser(user.id)).primaryEmailAddressId, user.primaryEmailAddressId);
    await emailAddresses.updateEmailAddress(created.id, { primary: true });
    assert.equal((await users.getUser(user.id)).primaryEmailAddress.emailAddress, emailAddress);

    const deleted = await emailAddresses.deleteEmailAddress(created.id);
    assert.deepEqual({ ...deleted }, { object: 'email_address', id: created.id, slug: null, deleted: true });
    assert.equal((await users.getUser(user.id)).primaryEmailAddressId, user.primaryEmailAddressId);
    await rejects(emailAddresses.getEmailAddress(created.id), 404, 'resource_not_found');
  });

  it('an address that is not verified has no verification and cannot be primary', async () => {
    const created = await emailAddresses.createEmailAddress({ userId: user.id, emailAddress: email() });
    assert.equal(created.verification, null);
    await rejects(emailAddresses.updateEmailAddress(created.id, { primary: true }), 422, 'form_verification_needed');
    const verified = await emailAddresses.updateEmailAddress(created.id, { verified: true, primary: true });
    assert.equal(verified.verification.status, 'verified');
    assert.equal((await users.getUser(user.id)).primaryEmailAddressId, created.id);
  });

  it('refuses what is taken, malformed or of nobody', async () => {
    const { emailAddress } = user.emailAddresses[0];
    const create = params => emailAddresses.createEmailAddress({ userId: user.id, emailAddress: email(), ...params });
    await rejects(create({ emailAddress }), 422, 'form_identifier_exists', 'email_address');
    await rejects(create({ emailAddress: 'nobody' }), 422, 'form_param_format_invalid', 'email_address');
    await rejects(create({ userId: 'user_2aaaaaaaaaaaaaaaaaaaaaaaaaa' }), 404, 'resource_not_found');
    for (const method of ['getEmailAddress', 'updateEmailAddress', 'deleteEmailAddress'])
      await rejects(emailAddresses[method](unknown), 404, 'resource_not_found');
  });
});

describe('phoneNumbers', () => {
  let user;
  before(async () => {
    user = await newUser();
  });
  after(cleanUp);

  it('createPhoneNumber, getPhoneNumber, updatePhoneNumber, deletePhoneNumber', async () => {
    const phoneNumber = phone();
    const created = await phoneNumbers.createPhoneNumber({ userId: user.id, phoneNumber, verified: true });
    assert.equal(created.phoneNumber, phoneNumber);
    assert.equal(created.reservedForSecondFactor, false);
    assert.deepEqual(await phoneNumbers.getPhoneNumber(created.id), created);
    assertSchema((await call('GET', `/v1/phone_numbers/${created.id}`)).json, 'PhoneNumber');
    assert.equal((await users.getUser(user.id)).primaryPhoneNumberId, created.id);

    const factor = await phoneNumbers.updatePhoneNumber(created.id, { reservedForSecondFactor: true });
    assert.deepEqual([factor.reservedForSecondFactor, factor.defaultSecondFactor], [true, true]);
    const protectedUser = await users.getUser(user.id);
    assert.equal(protectedUser.twoFactorEnabled, true);
    assertRecent(protectedUser.raw.mfa_enabled_at, 'mfa_enabled_at');

    const deleted = await phoneNumbers.deletePhoneNumber(created.id);
    assert.deepEqual({ ...deleted }, { object: 'phone_number', id: created.id, slug: null, deleted: true });
    const left = await users.getUser(user.id);
    assert.deepEqual([left.twoFactorEnabled, left.phoneNumbers, left.primaryPhoneNumberId], [false, [], null]);
  });

  it('refuses an unverified second factor and unknown numbers', async () => {
    await rejects(
      phoneNumbers.createPhoneNumber({ userId: user.id, phoneNumber: phone(), reservedForSecondFactor: true }),
      400, 'identification_create_second_factor_unverified', 'reserved_for_second_factor',
    );
    await rejects(phoneNumbers.createPhoneNumber({ userId: user.id, phoneNumber: '555' }), 422, 'form_param_format_invalid');
    for (const method of ['getPhoneNumber', 'updatePhoneNumber', 'deletePhoneNumber'])
      await rejects(phoneNumbers[method](unknown), 404, 'resource_not_found');
  });
});
