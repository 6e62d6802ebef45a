// Prints the nanoseconds that the official SDK needs for one token.
import { createPublicKey } from 'node:crypto';
import { verifyJwt } from '@clerk/backend/jwt';

const key = { ...createPublicKey(process.env.PEM).export({ format: 'jwk' }), alg: 'RS256' };
const times = [];
for (let round = 0; round < 60; round += 1) {
  const start = process.hrtime.bigint();
  for (let run = 0; run < 50; run += 1) {
    const { errors } = await verifyJwt(process.env.TOKEN, { key });
    if (errors) throw errors[0];
  }
  times.push(Number(process.hrtime.bigint() - start) / 50);
}
times.sort((a, b) => a - b);
console.log(times[times.length / 2]);
