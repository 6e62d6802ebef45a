import { decodeJwt, signJwt as sign, verifyJwt, verifyToken } from '@clerk/backend';
import type { Jwt } from '@clerk/types';

export async function readToken(token: string, jwtKey: string): Promise<string> {
  const payload = await verifyToken(token, { jwtKey, clockSkewInSeconds: 10_000, issuer: null });
  return payload.sub;
}

export function tokenId(token: string): string {
  const decoded: Jwt = decodeJwt(token);
  return decoded.header.kid;
}

export async function isValid(token: string, key: JsonWebKey): Promise<boolean> {
  const payload = await verifyJwt(token, { key, issuer: null, clockSkewInSeconds: 5_000 });
  return payload.sub !== '';
}

export const sessionToken = (key: string) => sign({ sub: 'user_1' }, key, { algorithm: 'RS256' });
