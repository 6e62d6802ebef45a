import node, { clerkClient, Clerk as make, createClerkClient, invitations, organizations, sessions, users } from '@clerk/clerk-sdk-node';
import { createClerkExpressRequireAuth, verifyToken, decodeJwt } from '@clerk/clerk-sdk-node';
import type { Request } from 'express';

export const clients = [make({ secretKey: 'sk_test_example' }), createClerkClient({ secretKey: 'sk_test_example' }), clerkClient, node];

export async function everything(userId: string): Promise<number> {
  const [people, open, own] = await Promise.all([
    users.getUserList({ limit: 5 }),
    invitations.getInvitationList(),
    sessions.getSessionList({ userId }),
  ]);
  const groups = await organizations.getOrganizationList();
  const [first] = await users.getUserOauthAccessToken(userId, 'oauth_google');
  groups.forEach((group) => console.log(group.logoUrl, group.members_count, first.token));
  return people.filter((one) => one.profileImageUrl).length + open.filter(Boolean).length + own.filter(Boolean).length;
}

export const guard = createClerkExpressRequireAuth({ clerkClient, secretKey: process.env.CLERK_API_KEY });
export const check = (token: string) => verifyToken(token, { jwtKey: 'x', issuer: null, clockSkewInSeconds: 1_000 });
export const read = (token: string) => decodeJwt(token).payload.sub;
export const email = (request: Request & { auth: { claims: { email?: string } } }) => request.auth.claims.email;
