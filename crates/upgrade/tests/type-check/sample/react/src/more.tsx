import { useMagicLink, useOrganization, useOrganizationList, useSession, useSignUp, useClerk, useUser, isMagicLinkError, MagicLinkErrorCode, isClerkAPIResponseError } from '@clerk/clerk-react';
import { OrganizationSwitcher, ClerkProvider } from '@clerk/clerk-react';
import type { OrganizationResource, UserResource } from '@clerk/types';

export async function lists(organization: OrganizationResource, user: UserResource) {
  const domains = await organization.getDomains({ pageSize: 5 });
  const suggestions = await user.getOrganizationSuggestions({ initialPage: 1 });
  await organization.getPendingInvitations();
  return [domains.total_count, suggestions.data.length, organization.logoUrl, user.profileImageUrl];
}

export function Panel() {
  const { signUp, setSession } = useSignUp();
  const { createOrganization } = useOrganizationList();
  const { membership } = useOrganization();
  const { session } = useSession();
  const { user } = useUser();
  const clerk = useClerk();
  const flow = useMagicLink(signUp!);
  const begin = async () => {
    try {
      await flow.startMagicLinkFlow({ redirectUrl: '/x' });
      await setSession!(session ?? null);
      await createOrganization!({ name: 'one' });
    } catch (error) {
      return isMagicLinkError(error as Error) ? MagicLinkErrorCode.Failed : isClerkAPIResponseError(error);
    } finally {
      flow.cancelMagicLinkFlow();
    }
  };
  return (
    <ClerkProvider publishableKey="pk_test_Y2xlcmsuZXhhbXBsZS5jb20k">
      <OrganizationSwitcher afterSwitchOrganizationUrl="/x" />
      <img src={membership?.publicUserData.profileImageUrl ?? user?.externalAccounts[0].avatarUrl} onClick={begin} alt={clerk.version} />
    </ClerkProvider>
  );
}
