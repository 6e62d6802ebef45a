// Runs the parts of the suite that are named, or one after the other all that any server passes. Options go to `node --test`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const calls = readdirSync(here).filter(file => file.endsWith('.test.mjs'));
/** The files of each part, what is run after them, and the client that they use. */
const parts = {
  'backend-1': [calls, ['every-method.mjs'], '@clerk/backend'],
  'backend-2': [calls, ['every-method.mjs'], 'clerk-backend-2'],
  middleware: [[join('middleware', 'middleware.test.mjs')], [], '@clerk/backend'],
  operator: [['operator.mjs'], [], '@clerk/backend'],
};

const options = process.argv.slice(2).filter(argument => argument.startsWith('-'));
const named = process.argv.slice(2).filter(argument => !argument.startsWith('-'));

for (const name of named.length ? named : ['backend-1', 'backend-2', 'middleware']) {
  const [first, last, packageName] = parts[name] ?? [];
  if (!first) throw new Error(`There is no part ${name}, only ${Object.keys(parts).join(', ')}.`);
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const env = { ...process.env, CONFORMANCE_BACKEND: packageName, CONFORMANCE_CALLS: folder };
  for (const files of [first, last]) {
    if (files.length === 0 || process.exitCode) continue;
    const { status } = spawnSync(process.execPath, ['--test', ...options, ...files], { cwd: here, stdio: 'inherit', env });
    process.exitCode ||= status ?? 1;
  }
  rmSync(folder, { recursive: true });
}
