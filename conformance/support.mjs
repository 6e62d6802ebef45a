// What every test file needs: the client under test, raw HTTP, unique names, error and schema assertions, cleaning up.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { noted } from './calls.mjs';

/** The official client under test: another name in node_modules, such as clerk-backend-2, for another version of it. */
const packageName = process.env.CONFORMANCE_BACKEND ?? '@clerk/backend';
const { createClerkClient, verifyToken } = await import(packageName);
const { verifyWebhook } = await import(`${packageName}/webhooks`);
const { version: sdkVersion } = JSON.parse(readFileSync(new URL(`node_modules/${packageName}/package.json`, import.meta.url)));
/** What the client sends as Clerk-API-Version. */
const apiVersion = sdkVersion.startsWith('1.') ? '2025-04-10' : '2025-11-10';
export { apiVersion, createClerkClient, sdkVersion, verifyToken, verifyWebhook };

const setting = name => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set (see README.md)`);
  return value;
};

export const apiUrl = setting('CLERK_API_URL').replace(/\/+$/, '');
export const secretKey = setting('CLERK_SECRET_KEY');
export const publishableKey = setting('CLERK_PUBLISHABLE_KEY');
export const jwtKey = setting('CLERK_JWT_KEY');
/** Whether the server was started with seed.yaml. */
export const isSeeded = process.env.CONFORMANCE_SEEDED === '1';
export const frontendApi = Buffer.from(publishableKey.split('_')[2], 'base64').toString().replace(/\$$/, '');

export const clerk = noted(createClerkClient({ apiUrl, secretKey, publishableKey, telemetry: { disabled: true } }));

// --- unique names: the instance is not assumed to be empty, and test files run in parallel ---

const run = randomBytes(5).toString('hex');
let count = 0;
export const unique = (prefix = 'c') => `${prefix}${run}${(count++).toString(36)}`;
export const email = () => `${unique()}+clerk_test@example.com`;
export const password = () => `Pw-${randomBytes(12).toString('base64url')}!7a`;

// --- things that are removed after the file; a server that cannot remove them (yet) is tolerated ---

const undo = [];
export const later = step => undo.push(step);
export async function cleanUp() {
  for (const step of undo.splice(0).reverse()) await step().catch(() => {});
}

export async function newUser(params = {}) {
  const user = await clerk.users.createUser({
    emailAddress: [email()],
    ...('password' in params ? {} : { skipPasswordRequirement: true }),
    ...params,
  });
  later(() => clerk.users.deleteUser(user.id));
  await sleep(3); // so that no two users are created within one millisecond
  return user;
}

export async function newOrganization(params) {
  const organization = await clerk.organizations.createOrganization({ name: unique('Org '), ...params });
  later(() => clerk.organizations.deleteOrganization(organization.id));
  await sleep(3);
  return organization;
}

/** A session with an active organization. */
export const newSession = (user_id, active_organization_id) => make('/v1/sessions', { user_id, active_organization_id });

/** A member of an organization, with a role that the application has made and that permits just this. */
export async function newMember(organizationId, permission) {
  const key = unique('org:role');
  const { id } = await make('/v1/organization_permissions', { name: permission, key: permission });
  later(() => call('DELETE', `/v1/organization_permissions/${id}`));
  const role = await make('/v1/organization_roles', { name: key, key, permissions: [id] });
  later(() => call('DELETE', `/v1/organization_roles/${role.id}`));
  const user = await newUser();
  await clerk.organizations.createOrganizationMembership({ organizationId, userId: user.id, role: key });
  return user;
}

/** What the client has no method for. */
async function make(path, body) {
  const reply = await call('POST', path, { body });
  assert.equal(reply.status, 200, `POST ${path}: ${reply.text}`);
  return reply.json;
}

// --- raw HTTP ---

/** Options: `body` (sent as JSON), `raw` (sent as it is), `headers` (added; null removes one). */
export async function call(method, path, { body, raw, headers = {} } = {}) {
  const all = { authorization: `Bearer ${secretKey}`, 'clerk-api-version': apiVersion };
  if (body !== undefined) all['content-type'] = 'application/json';
  Object.assign(all, headers);
  for (const name of Object.keys(all)) if (all[name] === null) delete all[name];
  const response = await fetch(apiUrl + path, {
    method,
    headers: all,
    body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
  });
  return decoded(response.status, response.headers.get('content-type'), await response.text());
}

export function decoded(status, type, text) {
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status, type, text, json };
}

// --- assertions ---

/** Asserts that a raw reply is the error `code`, in the form that the client understands. */
export function assertError(reply, status, code, paramName) {
  const seen = `${reply.status} ${reply.type} ${reply.text}`;
  assert.equal(reply.status, status, seen);
  assert.equal(reply.type, 'application/json', seen);
  assert.match(reply.json?.clerk_trace_id ?? '', /^[0-9a-f]{32}$/, `clerk_trace_id in ${seen}`);
  assert.ok(Array.isArray(reply.json.errors) && reply.json.errors.length > 0, `errors in ${seen}`);
  for (const error of reply.json.errors) {
    for (const key of ['code', 'message', 'long_message'])
      assert.ok(typeof error[key] === 'string' && error[key] !== '', `errors[].${key} in ${seen}`);
    assert.ok(kinds.object(error.meta), `errors[].meta in ${seen}`);
  }
  const [first] = reply.json.errors;
  if (code !== undefined) assert.ok([code].flat().includes(first.code), `expected code ${code}: ${seen}`);
  if (paramName !== undefined) assert.equal(first.meta.param_name, paramName, seen);
}

/** Asserts that a call of the client fails with a ClerkAPIResponseError of this kind, and returns the error. */
export async function rejects(promise, status, code, paramName) {
  const error = await promise.then(
    value => assert.fail(`expected ${status} ${code ?? ''}, but the call succeeded: ${JSON.stringify(value)}`),
    error => error,
  );
  const seen = error.clerkError ? `${error.status} ${JSON.stringify(error.errors)}` : error.stack;
  assert.equal(error.clerkError, true, seen);
  assert.equal(error.status, status, seen);
  if (code !== undefined) assert.equal(error.errors[0]?.code, code, seen);
  if (paramName !== undefined) assert.equal(error.errors[0].meta?.paramName, paramName, seen);
  return error;
}

const kinds = {
  string: v => typeof v === 'string',
  boolean: v => typeof v === 'boolean',
  number: v => typeof v === 'number',
  integer: Number.isInteger,
  array: Array.isArray,
  object: v => typeof v === 'object' && v !== null && !Array.isArray(v),
};

const schemas = {};
const facts = readFileSync(new URL('../testdata/openapi/objects.tsv', import.meta.url), 'utf8');
for (const line of facts.trimEnd().split('\n').slice(1)) {
  const [schema, object, field, type, required, nullable] = line.split('\t');
  (schemas[schema] ??= []).push({ object, field, type, required: required === 'yes', nullable: nullable === 'yes' });
}

/** Asserts that a JSON object has the fields that the official API description requires, with their types. */
export function assertSchema(value, schema) {
  const wrong = [];
  for (const { object, field, type, required, nullable } of schemas[schema]) {
    const v = value?.[field];
    if (v === undefined) {
      if (required) wrong.push(`${field} is missing`);
    } else if (v === null ? !nullable : !type.split('|').some(t => kinds[t]?.(v) ?? true)) {
      wrong.push(`${field} is ${JSON.stringify(v)}, not ${type}${nullable ? ' or null' : ''}`);
    } else if (field === 'object' && object && !object.split('|').includes(v)) {
      wrong.push(`object is ${JSON.stringify(v)}, not ${object}`);
    }
  }
  assert.deepEqual(wrong, [], `${schema}: ${JSON.stringify(value)}`);
}

export const ids = list => list.map(item => item.id);
export const claimsOf = jwt => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
export const headerOf = jwt => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));

/** The same token with other claims, and with a signature that the server has not made. */
export function forged(token, claims) {
  const payload = Buffer.from(JSON.stringify({ ...claimsOf(token), ...claims })).toString('base64url');
  return `${token.split('.')[0]}.${payload}.${randomBytes(256).toString('base64url')}`;
}

/** What the names of cookies end with if they are for this instance only. */
const suffix = createHash('sha1').update(publishableKey).digest('base64url').slice(0, 8);

/** Asserts that a cookie is there under both of its names, with this value, or one that this pattern or function accepts. */
export function assertSuffixed(cookies, name, expected) {
  for (const key of [name, `${name}_${suffix}`]) {
    const value = cookies[key];
    const seen = `${key} is ${value} in ${Object.keys(cookies)}`;
    if (expected instanceof RegExp) assert.match(value ?? '', expected, seen);
    else if (typeof expected === 'function') assert.ok(value && expected(value), seen);
    else assert.equal(value, expected, seen);
  }
}

/** A time in milliseconds, not before the tests began (the clocks may differ by 5 s) and not in the future. */
export function assertRecent(ms, what) {
  const age = Date.now() - ms;
  assert.ok(Number.isInteger(ms) && age > -5_000 && age < 600_000, `${what} is not a current time in ms: ${ms}`);
}
