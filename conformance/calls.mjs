// Which methods a client has, and which of them have succeeded: every-method.mjs compares the two.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const notMethods = ['constructor', 'requireId'];

/** The methods that the namespaces of a client inherit, such as `users.getUser`. */
export function methodsOf(client) {
  const names = [];
  for (const [namespace, api] of Object.entries(client)) {
    if (!isNamespace(api)) continue;
    for (let type = Object.getPrototypeOf(api); type !== Object.prototype; type = Object.getPrototypeOf(type))
      for (const name of Object.getOwnPropertyNames(type))
        if (typeof api[name] === 'function' && !notMethods.includes(name)) names.push(`${namespace}.${name}`);
  }
  return names;
}

/** Everything that sends requests has a `request`; telemetry and the plain functions do not. */
const isNamespace = value => typeof value?.request === 'function';

const succeeded = new Set();
const folder = process.env.CONFORMANCE_CALLS;

/** The same client, which notes the methods that succeed. */
export function noted(client) {
  const notedNamespace = (namespace, api) =>
    new Proxy(api, {
      get(target, name) {
        const method = target[name];
        if (typeof method !== 'function') return method;
        return (...args) => {
          const answer = method.apply(target, args);
          answer?.then?.(() => succeeded.add(`${namespace}.${String(name)}`), () => {});
          return answer;
        };
      },
    });
  return new Proxy(client, {
    get: (target, name) => (isNamespace(target[name]) ? notedNamespace(name, target[name]) : target[name]),
  });
}

if (folder)
  process.on('exit', () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify([...succeeded]));
  });

/** The methods that have succeeded in any process of the run. */
export const succeededInRun = () =>
  new Set(readdirSync(folder).flatMap(file => JSON.parse(readFileSync(join(folder, file), 'utf8'))));
