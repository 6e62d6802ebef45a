import { clerk } from './client';
import type { User } from '@clerk/backend';

export async function names(): Promise<string[]> {
  const users = await clerk.users.getUserList({ limit: 10 });
  return users.map((user: User) => `${user.firstName} ${user.profileImageUrl}`);
}

export async function first(name: string): Promise<string | undefined> {
  const [user] = await clerk.users.getUserList({ username: [name] });
  return user?.id;
}

export async function count(organizationId: string): Promise<number> {
  return (await clerk.organizations.getOrganizationMembershipList({ organizationId })).length;
}

export async function googleToken(userId: string): Promise<string> {
  const tokens = await clerk.users.getUserOauthAccessToken(userId, 'oauth_google');
  return tokens[0].token;
}

export async function invited(): Promise<string[]> {
  const emails: string[] = [];
  for (const invitation of await clerk.invitations.getInvitationList()) {
    emails.push(invitation.emailAddress);
  }
  return emails;
}

export function identifiers(): Promise<string[]> {
  return clerk.allowlistIdentifiers
    .getAllowlistIdentifierList()
    .then((list) => list.map((entry) => entry.identifier));
}

export async function overview(userId: string) {
  const [memberships, sessions, urls] = await Promise.all([
    clerk.users.getOrganizationMembershipList({ userId }),
    clerk.sessions.getSessionList({ userId, status: 'active' }),
    clerk.redirectUrls.getRedirectUrlList(),
  ]);
  let organizations = await clerk.organizations.getOrganizationList();
  organizations = await clerk.organizations.getOrganizationList({ limit: 5, offset: 5 });
  return {
    memberships: memberships.map((membership) => membership.organization.name),
    sessions: sessions.length,
    urls: urls.map((url) => url.url),
    logos: organizations.map((organization) => organization.logoUrl),
  };
}

export async function clients() {
  const all = await clerk.clients.getClientList();
  return all.filter((client) => client.sessions.length > 0);
}
