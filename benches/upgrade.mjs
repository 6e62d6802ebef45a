// What `ironclerk upgrade` costs on trees of many files, as a ratio to reading the same files and to
// the official tool. Linux; needs ripgrep and GNU time, and for the comparison Python and
// @clerk/upgrade@1.2.4 (npm, with an override of marked-terminal to a release from npm).
//
//   cargo build --profile dist -p ironclerk-cli --no-default-features --features upgrade
//   node benches/upgrade.mjs target/dist/ironclerk [folder with node_modules/@clerk/upgrade]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const [command, official] = process.argv.slice(2).map((path) => resolve(path));
const ROUNDS = 7;

// A generator of its own, so that every tree is the same everywhere.
let state = 1;
const random = (limit) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};

const plain = (index) => {
  const lines = [`import { helper${index % 97} } from '../helpers/module-${index % 97}';`, ''];
  for (let part = 0, parts = 8 + random(40); part < parts; part += 1) {
    lines.push(
      `export async function task${part}(input: Record<string, number>): Promise<number> {`,
      `  const { limit = ${random(100)}, offset = 0 } = input;`,
      `  return helper${index % 97}(limit + offset * ${random(1000)});`,
      '}',
      '',
    );
  }
  return lines.join('\n');
};

const clerk = (index) => `import { Clerk, verifyJwt } from '@clerk/backend';
const client = Clerk({ apiKey: process.env.CLERK_API_KEY });
export async function people${index}() {
  const users = await client.users.getUserList({ limit: 10 });
  return users.map((user) => user.profileImageUrl);
}
export const check = (token: string) => verifyJwt(token, { clockSkewInSeconds: 5_000 });
${plain(index)}`;

/** Every `every`th file uses Clerk. */
function tree(files, every) {
  state = 1;
  const root = mkdtempSync(join(tmpdir(), 'ironclerk-bench-'));
  const put = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put('package.json', JSON.stringify({ dependencies: { '@clerk/backend': '^0.38.15' } }));
  for (let index = 0; index < files; index += 1) {
    const folder = `packages/p${index % 50}/src/m${Math.floor(index / 50) % 20}`;
    const extension = ['ts', 'tsx', 'js', 'mjs'][index % 4];
    const text = index % every === 0 ? clerk(index) : plain(index);
    const isTyped = index % 4 < 2;
    put(`${folder}/file-${index}.${extension}`, isTyped ? text : text.replace(/: (Record<[^>]*>|Promise<[^>]*>|string)/g, ''));
  }
  return root;
}

const printed = join(mkdtempSync(join(tmpdir(), 'ironclerk-bench-')), 'printed');

/** Times a command whose output goes to a file, by the shell, whose own cost is not in it. */
function run(program, args, cwd) {
  const script = `TIMEFORMAT='%3R %3U %3S'; time "$0" "$@" > ${printed}`;
  const result = spawnSync('bash', ['-c', script, program, ...args], { cwd, encoding: 'utf8' });
  const [real, user, system] = result.stderr.trim().split('\n').pop().split(' ').map(Number);
  return { milliseconds: real * 1000, processor: (user + system) * 1000 };
}

function megabytes(program, args, cwd) {
  const result = spawnSync('/usr/bin/time', ['-f', '%M', program, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  return Number(result.stderr.trim().split('\n').pop()) / 1024;
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const shown = (milliseconds) => `${milliseconds < 100 ? milliseconds.toFixed(1) : milliseconds.toFixed(0)} ms`;

/** Each of them in turn, round after round: whatever else the machine does slows all of them. */
function compare(name, root) {
  const read = () => run('sh', ['-c', "rg --files | tr '\\n' '\\0' | xargs -0 cat > /dev/null"], root);
  const upgradeCommand = [command, ['upgrade', '--from', 'core-1', '--format', 'json'], root];
  const upgrade = () => run(...upgradeCommand);
  read();
  upgrade();
  const runs = { read: [], upgrade: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    runs.read.push(read());
    runs.upgrade.push(upgrade());
  }
  const { summary } = JSON.parse(readFileSync(printed, 'utf8'));
  const of = (name, figure) => median(runs[name].map((run) => run[figure]));
  const [reading, upgrading] = [of('read', 'milliseconds'), of('upgrade', 'milliseconds')];
  const processor = of('upgrade', 'processor');
  console.log(
    `${name}: ${shown(upgrading)}, reading the files ${shown(reading)}: ${(upgrading / reading).toFixed(2)} times; ` +
      `processor ${shown(processor)}, ${shown(of('read', 'processor'))}; peak ${megabytes(...upgradeCommand).toFixed(0)} MB; ${summary.files} files, ${summary.findings} findings`,
  );
}

const roots = [];
const made = (...args) => {
  const root = tree(...args);
  roots.push(root);
  return root;
};
try {
  compare('50 files', made(50, 5));
  const large = made(15_000, 50);
  compare('15,000 files, 2 % with Clerk', large);
  if (official) {
    const tool = join(official, 'node_modules/@clerk/upgrade/dist/cli.js');
    const driver = join(import.meta.dirname, 'official-upgrade.py');
    const rounds = Array.from({ length: 3 }, () => {
      const [time, processor] = execFileSync('python3', [driver, tool, large], { encoding: 'utf8' }).split(' ').map(Number);
      const ours = Array.from({ length: ROUNDS }, () => run(command, ['upgrade', '--from', 'core-1', '--format', 'json'], large));
      const of = (figure) => median(ours.map((run) => run[figure]));
      return { time, times: time / of('milliseconds'), ofProcessor: processor / of('processor') };
    });
    const of = (figure) => median(rounds.map((round) => round[figure]));
    const least = Math.min(...rounds.map((round) => round.times));
    console.log(`official 1.2.4 on the same tree: ${shown(of('time'))}, ${of('times').toFixed(0)} times ours (at least ${least.toFixed(0)}); of the processor ${of('ofProcessor').toFixed(0)} times`);
  }
  compare('15,000 files, 33 % with Clerk', made(15_000, 3));
  compare('50,000 files, 2 % with Clerk', made(50_000, 50));

  const big = made(1, 1);
  const text = Array.from({ length: 2_000 }, (_, index) => clerk(index).replace(/import .*\n/g, '').replace('client =', `client${index} =`)).join('\n');
  writeFileSync(join(big, 'big.js'), `import { Clerk } from '@clerk/backend';\n${text.slice(0, 2_000_000).replace(/: (Record<[^>]*>|Promise<[^>]*>|string)/g, '')}`);
  const readBig = Array.from({ length: ROUNDS }, () => run(command, ['upgrade', 'big.js', '--format', 'json'], big));
  console.log('one 2 MB file full of Clerk:', shown(median(readBig.map((run) => run.milliseconds))));
} finally {
  [dirname(printed), ...roots].forEach((root) => rmSync(root, { recursive: true }));
}
