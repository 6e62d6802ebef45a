// The Backend API of `ironclerk serve` beside that of emulate 0.12.2 (npm, service clerk), driven by the same
// @clerk/backend 1.34.0: how many checks of conformance/ pass, and how many requests are answered in a second.
// Takes emulate from npm into a temporary folder.
//
//   cargo build --release
//   node benches/backend-api.mjs target/release/ironclerk
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createPublicKey } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = resolve(process.argv[2] ?? 'target/release/ironclerk');
const suite = fileURLToPath(new URL('../conformance', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ironclerk-bench-'));
const secretKey = 'sk_test_bench00000000000000000000000000000000';
const [ROUNDS, SECONDS, CONCURRENT] = [5, 2, 16];

const processes = [];
process.on('exit', () => {
  for (const started of processes) started.kill();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const npm = (cwd, ...args) => {
  const { status } = spawnSync('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`);
};
if (!existsSync(join(suite, 'node_modules'))) npm(suite, 'ci');
npm(folder, 'install', '--prefix', folder, 'emulate@0.12.2');
const { createClerkClient } = await import(join(suite, 'node_modules/@clerk/backend/dist/index.mjs'));

/** Starts a server and answers the first line that it writes. */
async function start(program, args, stream) {
  const started = spawn(program, args, { cwd: folder, stdio: ['ignore', stream === 'stdout' ? 'pipe' : 'ignore', stream === 'stderr' ? 'pipe' : 'inherit'] });
  processes.push(started);
  const lines = createInterface({ input: started[stream] });
  const [line] = await once(lines, 'line');
  return JSON.parse(line);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function ironclerk() {
  const { fields } = await start(
    command,
    ['serve', '--listen', '127.0.0.1:0', '--log-format', 'json', '--database-url', join(folder, 'clerk.db'), '--secret-key', secretKey],
    'stderr',
  );
  return { url: `http://${fields.address}`, publishableKey: fields.publishable_key, jwtKey: fields.jwt_key };
}

async function emulate() {
  const port = await freePort();
  writeFileSync(join(folder, 'emulate.mjs'), `
    import { createEmulator } from 'emulate';
    await createEmulator({ service: 'clerk', port: ${port}, baseUrl: 'http://127.0.0.1:${port}' });
    console.log('{}');
  `);
  await start(process.execPath, ['emulate.mjs'], 'stdout');
  const url = `http://127.0.0.1:${port}`;
  const { keys } = await (await fetch(`${url}/v1/jwks`, { headers: { authorization: `Bearer ${secretKey}` } })).json();
  return { ...keysOf(url), jwtKey: createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' }) };
}

const keysOf = url => ({ url, publishableKey: `pk_test_${btoa(`${new URL(url).host}$`)}` });

/** The same server, with the content type that the official client insists on. */
async function mended(server) {
  const proxy = createServer((incoming, outgoing) => {
    const forwarded = request(server.url + incoming.url, { method: incoming.method, headers: incoming.headers }, answer => {
      const headers = { ...answer.headers };
      if (headers['content-type']?.startsWith('application/json')) headers['content-type'] = 'application/json';
      outgoing.writeHead(answer.statusCode, headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return { ...server, ...keysOf(`http://127.0.0.1:${proxy.address().port}`), close: () => proxy.close().closeAllConnections() };
}

/** How many checks of the suite there are, and how many of them pass. */
async function checks({ url, publishableKey, jwtKey }) {
  const files = readdirSync(suite).filter(file => file.endsWith('.test.mjs'));
  const run = spawn(process.execPath, ['--test', '--test-reporter=tap', ...files], {
    cwd: suite,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, CLERK_API_URL: url, CLERK_SECRET_KEY: secretKey, CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_JWT_KEY: jwtKey },
  });
  let report = '';
  for await (const chunk of run.stdout) report += chunk;
  const count = name => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(report)[1]);
  return { passed: count('pass'), of: count('tests') };
}

/** What is asked of a server, each as a function that sends one request by a client. */
async function calls({ url }) {
  // The client cannot read what emulate answers, so that ids are taken from the answers themselves.
  const post = async (path, body) => {
    const headers = { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' };
    return (await fetch(`${url}/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  let made = 0;
  const emailAddress = () => [`bench${made++}@example.com`];
  const users = [];
  for (let i = 0; i < 20; i++) users.push(await post('/users', { email_address: emailAddress(), skip_password_requirement: true }));
  const session = await post('/sessions', { user_id: users[0].id });
  return {
    'users.getUser': clerk => clerk.users.getUser(users[made % 20].id),
    'users.getCount': clerk => clerk.users.getCount(),
    'users.createUser': clerk => clerk.users.createUser({ emailAddress: emailAddress(), skipPasswordRequirement: true }),
    'sessions.getToken': clerk => clerk.sessions.getToken(session.id),
  };
}

/** How many times a second a call succeeds, when as many as CONCURRENT are under way. */
async function rate(call, url, key) {
  const clerk = createClerkClient({ apiUrl: url, secretKey: key, telemetry: { disabled: true } });
  const end = performance.now() + SECONDS * 1000;
  let done = 0;
  const started = performance.now();
  await Promise.all(Array.from({ length: CONCURRENT }, async () => {
    for (; performance.now() < end; done++) await call(clerk);
  }));
  return done / ((performance.now() - started) / 1000);
}

const median = values => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const [ours, theirs] = [await ironclerk(), await emulate()];
const through = await mended(theirs);
for (const [name, server] of [['ironclerk', ours], ['emulate', theirs], ['emulate, its content type mended', through]]) {
  const { passed, of } = await checks(server);
  console.log(`${name}: ${passed} of ${of} checks passed`);
}
through.close();

const [own, other] = [await calls(ours), await calls(theirs)];
for (const name of Object.keys(own)) {
  const rates = { own: [], other: [] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.own.push(await rate(own[name], ours.url, secretKey));
    // emulate takes any key, and 5,000 requests with each.
    rates.other.push(await rate(other[name], theirs.url, `sk_test_${name}_${round}`));
  }
  const [a, b] = [median(rates.own), median(rates.other)];
  console.log(`${name}: ironclerk ${a.toFixed(0)}/s, emulate ${b.toFixed(0)}/s, ratio ${(a / b).toFixed(2)}`);
}
process.exit();
