import { ClerkProvider, OrganizationSwitcher, SignOutButton, UserButton, useMagicLink, useOrganizationList, useSignIn, useUser } from '@clerk/nextjs';
import { isMagicLinkError, MagicLinkErrorCode } from '@clerk/nextjs';
import { useRouter } from 'next/navigation';

export function Layout({ children }: { children: React.ReactNode }) {
  const router = useRouter();
  return (
    <ClerkProvider navigate={(to) => router.push(to)} appearance={{ variables: { colorAlphaShade: 'red' } }}>
      <OrganizationSwitcher afterSwitchOrganizationUrl="/home" />
      <UserButton userProfileProps={{}} />
      <SignOutButton />
      {children}
    </ClerkProvider>
  );
}

export function SignIn() {
  const { signIn, setSession } = useSignIn();
  const { setActive } = useOrganizationList();
  const { user } = useUser();
  const { startMagicLinkFlow } = useMagicLink(signIn!);
  async function start(emailAddressId: string) {
    try {
      await startMagicLinkFlow({ emailAddressId, redirectUrl: '/done' });
      await setSession!('sess_1');
      await setActive!({ organization: null });
    } catch (error) {
      if (isMagicLinkError(error as Error)) return MagicLinkErrorCode.Expired;
    }
    return user?.profileImageUrl;
  }
  return <button onClick={() => start('idn_1')}>{user?.externalAccounts[0]?.avatarUrl}</button>;
}
