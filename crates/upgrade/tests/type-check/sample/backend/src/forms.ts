import * as backend from '@clerk/backend';
import type { SignedInAuthObject, RequestState, VerifyJwtOptions } from '@clerk/backend';
import { Clerk as makeClient, hasValidSignature, createAuthenticateRequest, signedOutAuthObject } from '@clerk/backend';

export { signJwt, decodeJwt as readJwt } from '@clerk/backend';
export type { AuthenticateRequestOptions } from '@clerk/backend';

const client = makeClient({ apiKey: process.env.CLERK_API_KEY } as Parameters<typeof makeClient>[0]);
const spaced = backend.Clerk({ secretKey: 'sk_test_example' });

export const check = (token: string, options: VerifyJwtOptions) => backend.verifyJwt(token, options);
export const signature = (jwt: ReturnType<typeof backend.decodeJwt>, key: JsonWebKey) => hasValidSignature(jwt, key);
export const user = (auth: SignedInAuthObject) => auth.userId;
export const isIn = (state: RequestState) => state.isSignedIn;
export const nobody = () => signedOutAuthObject().userId;
export const authenticator = createAuthenticateRequest;

export async function later(token: string) {
  const { signJwt: write } = await import('@clerk/backend');
  const module = await import('@clerk/backend');
  return [write, module.decodeJwt(token)] as const;
}

export async function invitations(organizationId: string): Promise<string[]> {
  const open = await client.organizations.getPendingOrganizationInvitationList({ organizationId });
  const all = await spaced.organizations.getOrganizationInvitationList({ organizationId });
  return [...open, ...all].map((invitation) => invitation.emailAddress);
}

export async function members(organizationId: string): Promise<string[]> {
  const list = await spaced.organizations.getOrganizationMembershipList({ organizationId });
  const found: string[] = [];
  for (const member of list) {
    found.push(member.publicUserData?.profileImageUrl ?? '');
  }
  const { members_count: count } = await spaced.organizations.getOrganization({ organizationId });
  return [...found, String(count)];
}

export type Role = import('@clerk/types').MembershipRole;
