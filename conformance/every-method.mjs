// Runs after all other files (run.mjs does that), and fails if a method has never succeeded.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as backend from '@clerk/backend';
import { methodsOf, succeededInRun } from './calls.mjs';
import { clerk, isSeeded, sdkVersion } from './support.mjs';

/** The methods that cannot succeed, because only seed.yaml has what they take away. */
const exceptions = isSeeded ? [] : ['users.deleteUserPasskey', 'users.deleteUserExternalAccount'];

const required = methodsOf(backend.createClerkClient({ secretKey: 'sk_test_none' }));

it('@clerk/backend 1.34.0 has 121 methods in 25 namespaces', () => {
  assert.equal(required.length, 121);
  assert.equal(new Set(required.map(name => name.split('.')[0])).size, 25);
});

it(`@clerk/backend ${sdkVersion} has them all`, () => {
  const own = methodsOf(clerk);
  assert.deepEqual(required.filter(name => !own.includes(name)), []);
});

it('every one of them has succeeded in this run', () => {
  const succeeded = succeededInRun();
  assert.deepEqual(required.filter(name => !succeeded.has(name) && !exceptions.includes(name)), [], 'never succeeded');
  assert.deepEqual(exceptions.filter(name => succeeded.has(name)), [], 'no longer an exception');
});
