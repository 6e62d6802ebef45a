import { clerk } from './client';
import type { ExternalAccount, Organization } from '@clerk/backend';

export interface Card {
  profileImageUrl: string;
  logoUrl: string | null;
}

export async function card(userId: string, organization: Organization): Promise<Card> {
  const user = await clerk.users.getUser(userId);
  const { profileImageUrl } = user;
  return { profileImageUrl, logoUrl: organization.logoUrl };
}

export const pictures = (accounts: ExternalAccount[]) => accounts.map((account) => account.picture);

export async function size(organizationId: string): Promise<number> {
  const organization = await clerk.organizations.getOrganization({ organizationId });
  return organization.members_count ?? 0;
}

// A card is ours, and so are its names.
export const shown = (card: Card) => [card.profileImageUrl, card.logoUrl];
